//! Splines at positions: the weighted sums of coefficients, and which values a hole in the input takes away.

use super::axis::Axis;
use super::basis;
use super::prefilter::Coefficients;
use crate::resample::grid;
use crate::{Coords, Kernel, Patch, Pixel, Topology, Watch, dispatch, simd::whole};

/// Points handled together.
const RUN: usize = 64;
/// Pixels that weigh no more than this do not blank a value.
const LEAST: f64 = 1e-15;

/// The tiles of coefficients that positions fall into, in C order over the axes' tiles: of an image, those near the
/// positions; of anything else, all.
pub(super) fn wanted(at: &Coords, axes: &[Axis]) -> Vec<bool> {
    let tiles: Vec<_> = axes.iter().map(Axis::tiles).collect();
    let count = tiles.iter().map(Vec::len).product();
    let ([rows, columns], [group]) = (axes, &at.groups[..]) else { return vec![true; count] };
    let mut wanted = vec![false; count];
    // Coefficients to numbers of tiles.
    let numbers = |axis: &Axis, tiles: &[[i64; 2]]| -> Vec<usize> {
        let clamp = |i: i64| if axis.ends.joined { i } else { i.clamp(0, axis.ends.size as i64 - 1) };
        (axis.low..axis.stop).map(|i| tiles.partition_point(|tile| tile[1] <= clamp(i))).collect()
    };
    let (row_tile, column_tile) = (numbers(rows, &tiles[0]), numbers(columns, &tiles[1]));
    let span = |axis: &Axis, [low, high]: [f64; 2]| {
        let (n, last) = (axis.ends.size as f64, axis.width() - 1);
        if low > high || !axis.ends.joined && (low > n - 0.5 || high < -0.5) {
            return None;
        }
        // Outside of one unwrapped stretch, everything.
        let place = |p: f64, reach: f64| {
            let i = p.floor() + reach - axis.low as f64;
            let i = if i + 2.0 < 0.0 && axis.ends.joined { i + n } else { i };
            i.clamp(0.0, last as f64) as usize
        };
        let [from, to] = [place(low, -1.0), place(high, 3.0)];
        Some(if from <= to { [from, to] } else { [0, last] })
    };
    let ranges = group.columns.iter().map(|column| dispatch(Ranges(column))).collect::<Vec<_>>();
    for (x, y) in ranges[0].iter().zip(&ranges[1]) {
        if let (Some([left, right]), Some([low, high])) = (span(columns, *x), span(rows, *y)) {
            for r in row_tile[low]..=row_tile[high] {
                wanted[r * tiles[1].len()..][column_tile[left]..=column_tile[right]].fill(true);
            }
        }
    }
    wanted
}

/// The smallest and the largest of every sixteen positions.
struct Ranges<'a>(&'a [f64]);

impl Kernel for Ranges<'_> {
    type Output = Vec<[f64; 2]>;
    #[inline(always)]
    fn run(self) -> Self::Output {
        const LANES: usize = 16;
        let mut ranges = Vec::with_capacity(self.0.len().div_ceil(LANES));
        for piece in self.0.chunks(LANES) {
            let mut p = [f64::NAN; LANES];
            p[..piece.len()].copy_from_slice(piece);
            let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
            for l in 0..LANES {
                (low[l], high[l]) = (low[l].min(p[l]), high[l].max(p[l]));
            }
            let mut half = LANES / 2;
            while half > 0 {
                for l in 0..half {
                    (low[l], high[l]) = (low[l].min(low[l + half]), high[l].max(high[l + half]));
                }
                half /= 2;
            }
            ranges.push([low[0], high[0]]);
        }
        ranges
    }
}

/// Computes one plane of the output.
pub(super) fn plane<const K: usize, I: Pixel, O: Pixel>(
    at: &Coords,
    axes: &[Axis],
    topology: &Topology,
    coefficients: &Coefficients,
    pixels: &[I],
    strides: &[usize],
    first: &[usize],
    out: &mut Patch<'_, O>,
    watch: &dyn Watch,
) {
    let holes = coefficients.holes.then(|| holes(axes, topology, pixels, strides));
    grid::strips(at, first, out, watch, |row| match (axes, row.at) {
        ([ay, ax], [y, x]) => dispatch(Image::<K, O> {
            axes: [ax, ay],
            at: [x, y],
            values: &coefficients.values,
            holes: holes.as_deref(),
            data: row.data,
            weight: row.weight,
        }),
        (axes, at) => {
            for i in 0..row.data.len() {
                if let Some(value) = point::<K>(axes, |k| at[k][i], &coefficients.values, holes.as_deref()) {
                    (row.data[i], row.weight[i]) = (O::from_f64(value), 1.0);
                }
            }
        }
    });
}

/// Where a wanted coefficient belongs to a pixel that is not finite.
fn holes<I: Pixel>(axes: &[Axis], topology: &Topology, pixels: &[I], strides: &[usize]) -> Vec<bool> {
    let widths: Vec<usize> = axes.iter().map(Axis::width).collect();
    let mut holes = vec![false; widths.iter().product()];
    for (place, hole) in holes.iter_mut().enumerate() {
        let mut index: Vec<i64> =
            grid::unravel(place, &widths).iter().zip(axes).map(|(i, a)| *i as i64 + a.low).collect();
        if topology.locate(&mut index) {
            let inside = axes.iter().zip(&index).map(|(a, i)| (a.in_view(*i), a.len));
            if inside.clone().all(|(i, len)| i < len) {
                let place: usize = inside.zip(strides).map(|((i, _), s)| i * s).sum();
                *hole = !pixels[place].to_f64().is_finite();
            }
        }
    }
    holes
}

/// A position brought onto the axis; `None` if it lies off it.
#[inline(always)]
fn bring(axis: &Axis, x: f64) -> Option<f64> {
    let n = axis.ends.size as f64;
    let [low, high] = held(axis);
    (axis.ends.joined || (x >= -0.5 && x <= n - 0.5)).then(|| x.max(low).min(high)).filter(|x| !x.is_nan())
}

/// The first and the last position: beyond them the value is held, unless the input goes on.
#[inline(always)]
fn held(axis: &Axis) -> [f64; 2] {
    if axis.ends.joined {
        return [f64::NEG_INFINITY, f64::INFINITY];
    }
    let reach = axis.ends.poles.map(|p| if p.is_some() { 0.5 } else { 0.0 });
    [-reach[0], axis.ends.size as f64 - 1.0 + reach[1]]
}

/// The plain definition, for any number of axes: the sum of K^N weighted coefficients.
fn point<const K: usize>(
    axes: &[Axis],
    at: impl Fn(usize) -> f64,
    values: &[f64],
    holes: Option<&[bool]>,
) -> Option<f64> {
    let (mut origin, mut weights) = (0, [[0.0; K]; 8]);
    let mut steps = [0; 8];
    for (k, axis) in axes.iter().enumerate() {
        let (first, t) = basis::split::<K>(bring(axis, at(k))?);
        let place = axis.in_box(first as i64);
        let width = axis.width();
        origin = origin * width + place;
        steps[..k].iter_mut().for_each(|s| *s *= width);
        (steps[k], weights[k]) = (1, basis::weights::<K>(t));
    }
    let n = axes.len();
    let centre = values[origin + steps[..n].iter().sum::<usize>()];
    let mut sum = 0.0;
    for tap in 0..K.pow(n as u32) {
        let (mut rest, mut place, mut weight) = (tap, origin, 1.0);
        for k in (0..n).rev() {
            weight *= weights[k][rest % K];
            place += rest % K * steps[k];
            rest /= K;
        }
        if holes.is_some_and(|holes| holes[place]) && weight > LEAST {
            return Some(f64::NAN);
        }
        sum += weight * (values[place] - centre);
    }
    Some(centre + sum)
}

/// One row of an image: axes and positions in the order x, y.
struct Image<'a, const K: usize, O> {
    axes: [&'a Axis; 2],
    at: [&'a [f64]; 2],
    values: &'a [f64],
    holes: Option<&'a [bool]>,
    data: &'a mut [O],
    weight: &'a mut [f64],
}

impl<const K: usize, O: Pixel> Kernel for Image<'_, K, O> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Image { axes, at, values, holes, data, weight } = self;
        let step = axes[0].width();
        let n = data.len();
        for start in (0..n).step_by(RUN) {
            let len = RUN.min(n - start);
            let mut inside = [1u64; RUN];
            inside[len..].fill(0);
            let mut element = [0.0f64; RUN];
            let mut fraction = [[0.0; RUN]; 2];
            for (k, (axis, scale)) in axes.iter().zip([1.0, step as f64]).enumerate() {
                let mut p = [f64::NAN; RUN];
                p[..len].copy_from_slice(&at[k][start..start + len]);
                let (size, low, joined) = (axis.ends.size as f64, axis.low as f64, axis.ends.joined);
                let [least, most] = held(axis);
                for l in 0..RUN {
                    inside[l] &= u64::from(p[l] >= -0.5) & u64::from(p[l] <= size - 0.5);
                    let (first, t) = basis::split::<K>(p[l].max(least).min(most));
                    let place = first - low;
                    let place = if place < 0.0 && joined { place + size } else { place };
                    element[l] += place * scale;
                    fraction[k][l] = t;
                }
            }
            if !inside.contains(&1) {
                continue;
            }
            let mut value = [0.0; RUN];
            for l in 0..RUN {
                let first = if inside[l] == 1 { whole(element[l]) } else { 0 };
                let [x, y] = [basis::weights::<K>(fraction[0][l]), basis::weights::<K>(fraction[1][l])];
                let centre = values[first + step + 1];
                let mut sums = [0.0; K];
                for j in 0..K {
                    let taps = values[first + j * step..].first_chunk::<K>().expect("taps lie in the box");
                    for i in 0..K {
                        sums[i] = y[j].mul_add(taps[i] - centre, sums[i]);
                    }
                }
                for i in 0..K {
                    sums[i] *= x[i];
                }
                let outer = if K == 4 { sums[1] + sums[K - 1] } else { sums[1] };
                value[l] = centre + ((sums[0] + sums[2]) + outer);
            }
            if let Some(holes) = holes {
                for l in (0..len).filter(|&l| inside[l] == 1) {
                    let [x, y] = [basis::weights::<K>(fraction[0][l]), basis::weights::<K>(fraction[1][l])];
                    let first = whole(element[l]);
                    let weigh = |tap: usize| {
                        let heavy = y[tap / K] * x[tap % K] > LEAST;
                        heavy && holes[first + tap / K * step + tap % K]
                    };
                    if (0..K * K).any(weigh) {
                        value[l] = f64::NAN;
                    }
                }
            }
            let (data, weight) = (&mut data[start..start + len], &mut weight[start..start + len]);
            for l in 0..len {
                data[l] = if inside[l] == 1 { O::from_f64(value[l]) } else { data[l] };
                weight[l] = if inside[l] == 1 { 1.0 } else { weight[l] };
            }
        }
    }
}
