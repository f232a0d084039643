//! Splines at positions: the weighted sums of coefficients, and which values a hole in the input takes away.

use super::axis::Axis;
use super::basis;
use super::prefilter::Coefficients;
use crate::resample::walk::{self, Row, Rows, STRIP as RUN, Walk};
use crate::resample::{Blanks, Interpolate, store, store_all, taps::MOST_AXES};
use crate::{
    Kernel, Pixel, Watch, dispatch,
    simd::{prefetch, squares, whole},
};

/// Rows handled together.
const ROWS: usize = 8;
/// Pixels that weigh no more than this do not blank a value.
const LEAST: f64 = 1e-15;

/// Everything that the planes of a block have in common.
pub(super) struct Values<'a> {
    pub(super) options: &'a Interpolate,
    pub(super) walk: &'a Walk<'a>,
    pub(super) axes: &'a [Axis],
    pub(super) watch: &'a dyn Watch,
}

impl Values<'_> {
    /// Computes plane `number`, whose pixels lie `strides` apart.
    pub(super) fn plane<const K: usize, I: Pixel, O: Pixel>(
        &self,
        coefficients: &Coefficients,
        pixels: &[I],
        strides: &[usize],
        number: usize,
        out: &mut Rows<'_, O>,
    ) {
        let values = &coefficients.values;
        let holes = coefficients.holes.then(|| holes(self.axes, pixels, strides));
        let holes = holes.as_deref().map(|holes| Holes { holes, options: self.options });
        let mut work = Work::default();
        self.walk.strips(self.watch, ROWS, |rows| {
            if let [y, x] = self.axes {
                out.fetch(number, rows);
                dispatch(Image::<K, O> { axes: [x, y], rows, values, holes, number, out, work: &mut work });
                return;
            }
            for at in rows {
                let (data, weight) = out.of(number, at);
                for i in 0..data.len() {
                    if let Some((value, valid)) = point::<K>(self.axes, |k| at.get(k, i), values, holes) {
                        (data[i], weight[i]) = (store(value, data[i]), valid);
                    }
                }
            }
        });
    }
}

/// Which coefficients belong to pixels that are not finite, and what that means.
#[derive(Clone, Copy)]
struct Holes<'a> {
    holes: &'a [bool],
    options: &'a Interpolate,
}

impl Holes<'_> {
    /// A value and its footprint, given its taps: their places and [shares](basis::shares).
    #[inline(never)]
    fn judge(&self, value: f64, taps: impl Iterator<Item = (usize, f64)>) -> (f64, f64) {
        let (mut valid, mut all, mut heavy) = (0.0, 0.0, false);
        for (place, weight) in taps {
            let hole = self.holes[place];
            heavy |= hole && weight > LEAST;
            all += weight;
            valid += if hole { 0.0 } else { weight };
        }
        let valid = valid / all;
        let value = match self.options.blanks() {
            Blanks::Propagate if heavy => f64::NAN,
            Blanks::Ignore { least } if valid < least => f64::NAN,
            _ => value,
        };
        (value, self.options.weight(value, valid))
    }
}

/// Where a wanted coefficient belongs to a pixel that is not finite.
fn holes<I: Pixel>(axes: &[Axis], pixels: &[I], strides: &[usize]) -> Vec<bool> {
    let last = axes.len() - 1;
    let continued: Vec<Vec<(i64, bool)>> =
        axes.iter().map(|axis| (axis.low..axis.stop).map(|i| axis.continued(i)).collect()).collect();
    let widths: Vec<usize> = axes.iter().map(Axis::width).collect();
    let mut holes = Vec::with_capacity(widths.iter().product());
    for row in 0..widths[..last].iter().product() {
        let row = walk::unravel(row, &widths[..last]);
        for column in 0..widths[last] {
            let mut index = [0; MOST_AXES];
            let places = row.iter().chain([&column]);
            for (k, &place) in places.clone().enumerate() {
                index[k] = continued[k][place].0;
            }
            for (k, _) in places.enumerate().filter(|&(k, &place)| continued[k][place].1) {
                let turn = axes[k].ends.turn;
                let size = axes[turn].ends.size as i64;
                index[turn] = (index[turn] + size / 2).rem_euclid(size);
            }
            // Coefficients that nothing was asked of may lie outside of the view.
            let places = axes.iter().zip(index).map(|(axis, i)| (axis.in_view(i), axis.len));
            let place: usize = places.clone().zip(strides).map(|((i, _), s)| i * s).sum();
            let seen = places.into_iter().all(|(i, len)| i < len);
            holes.push(seen && !pixels[place].to_f64().is_finite());
        }
    }
    holes
}

/// A position brought onto the axis; `None` if it lies off it.
#[inline(always)]
fn bring(axis: &Axis, x: f64) -> Option<f64> {
    let ([first, last], [low, high]) = (axis.ends.reach(), held(axis));
    (x >= first && x <= last).then(|| x.max(low).min(high))
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
    holes: Option<Holes<'_>>,
) -> Option<(f64, f64)> {
    let (mut origin, mut fractions) = (0, [0.0; MOST_AXES]);
    let mut steps = [0; MOST_AXES];
    for (k, axis) in axes.iter().enumerate() {
        let (first, t) = basis::split::<K>(bring(axis, at(k))?);
        let place = axis.in_box(first as i64);
        let width = axis.width();
        origin = origin * width + place;
        steps[..k].iter_mut().for_each(|s| *s *= width);
        (steps[k], fractions[k]) = (1, t);
    }
    let n = axes.len();
    let centre = values[origin + steps[..n].iter().sum::<usize>()];
    let taps = |along: fn(f64) -> [f64; K]| {
        let weights = fractions.map(along);
        (0..K.pow(n as u32)).map(move |tap| {
            let (mut rest, mut place, mut weight) = (tap, origin, 1.0);
            for k in (0..n).rev() {
                weight *= weights[k][rest % K];
                place += rest % K * steps[k];
                rest /= K;
            }
            (place, weight)
        })
    };
    let deviations = taps(basis::weights).map(|(place, weight)| weight * (values[place] - centre));
    let value = centre + deviations.sum::<f64>();
    Some(holes.map_or((value, 1.0), |holes| holes.judge(value, taps(basis::shares))))
}

/// Pieces of rows of plane `number` of an image: axes in the order x, y.
struct Image<'a, 'o, const K: usize, O> {
    axes: [&'a Axis; 2],
    rows: &'a [Row<'a>],
    values: &'a [f64],
    holes: Option<Holes<'a>>,
    number: usize,
    out: &'a mut Rows<'o, O>,
    work: &'a mut Work<K>,
}

/// Intermediate results, in memory used again for all rows: to clear it takes time.
struct Work<const K: usize> {
    tables: Vec<Table>,
    /// Weights along y.
    weights: [[f64; RUN]; K],
    centre: [f64; RUN],
    sums: [[f64; K]; RUN],
}

impl<const K: usize> Default for Work<K> {
    fn default() -> Self {
        let mut tables = Vec::new();
        tables.resize_with(ROWS, Table::default);
        Self { tables, weights: [[0.0; RUN]; K], centre: [0.0; RUN], sums: [[0.0; K]; RUN] }
    }
}

impl<const K: usize, O: Pixel> Kernel for Image<'_, '_, K, O> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Work { tables, weights, centre, sums } = self.work;
        for (table, at) in tables.iter_mut().zip(self.rows) {
            at.fetch_below(ROWS);
            table.prepare::<K>(self.axes, at);
            // The lowest taps are those that no row above has asked for.
            let lowest = self.values.get((K - 1) * self.axes[0].width()..).unwrap_or_default();
            table.first.iter().step_by(2).for_each(|&first| prefetch(lowest, &[first]));
        }
        for (table, at) in tables.iter().zip(self.rows).filter(|(table, _)| table.inside.contains(&1)) {
            let (data, weight) = self.out.of(self.number, at);
            table.weigh(weights);
            table.sum(self.axes[0].width(), self.values, weights, centre, sums);
            table.store(self.axes[0].width(), self.holes, centre, sums, data, weight);
        }
    }
}

/// Where the points of a piece of a row lie.
struct Table {
    /// 1 for points on the input.
    inside: [u64; RUN],
    /// The place of the first tap.
    first: [usize; RUN],
    /// The arguments of the weights along x and y.
    fraction: [[f64; RUN]; 2],
}

impl Default for Table {
    fn default() -> Self {
        Self { inside: [0; RUN], first: [0; RUN], fraction: [[0.0; RUN]; 2] }
    }
}

impl Table {
    #[inline(always)]
    fn prepare<const K: usize>(&mut self, axes: [&Axis; 2], at: &Row<'_>) {
        let step = axes[0].width();
        let Self { inside, first, fraction } = self;
        let mut element = [0.0f64; RUN];
        *inside = [1; RUN];
        for (k, (axis, scale)) in axes.iter().zip([1.0, step as f64]).enumerate() {
            let mut spare = [0.0; RUN];
            let p = at.along(1 - k, &mut spare);
            let (size, low, joined) = (axis.ends.size as f64, axis.low as f64, axis.ends.joined);
            let ([least, most], reach) = (held(axis), axis.ends.reach());
            for l in 0..RUN {
                inside[l] &= u64::from(p[l] >= reach[0]) & u64::from(p[l] <= reach[1]);
                let (first, t) = basis::split::<K>(p[l].max(least).min(most));
                let place = first - low;
                let place = if place < 0.0 && joined { place + size } else { place };
                element[l] += place * scale;
                fraction[k][l] = t;
            }
        }
        for l in 0..RUN {
            first[l] = if inside[l] == 1 { whole(element[l]) } else { 0 };
        }
    }

    /// The weights along y.
    #[inline(always)]
    fn weigh<const K: usize>(&self, weights: &mut [[f64; RUN]; K]) {
        for l in 0..RUN {
            let w = basis::weights::<K>(self.fraction[1][l]);
            for j in 0..K {
                weights[j][l] = w[j];
            }
        }
    }

    /// The value at one of the taps, and the weighted deviations from it summed over rows, from coefficients in rows of `step`.
    #[inline(always)]
    fn sum<const K: usize>(
        &self,
        step: usize,
        values: &[f64],
        weights: &[[f64; RUN]; K],
        centre: &mut [f64; RUN],
        sums: &mut [[f64; K]; RUN],
    ) {
        // The sums over rows are stored: what ends in a store of K numbers is computed K at a time.
        squares(
            values,
            &self.first,
            step,
            #[inline(always)]
            |l, taps: [&[f64; K]; K]| {
                let x = basis::weights::<K>(self.fraction[0][l]);
                centre[l] = taps[1][1];
                let mut sum = [0.0; K];
                for j in 0..K {
                    sum = std::array::from_fn(|i| weights[j][l].mul_add(taps[j][i] - centre[l], sum[i]));
                }
                sums[l] = std::array::from_fn(|i| x[i] * sum[i]);
            },
        );
    }

    /// Values and their footprint, from those sums.
    #[inline(always)]
    fn store<const K: usize, O: Pixel>(
        &self,
        step: usize,
        holes: Option<Holes<'_>>,
        centre: &[f64; RUN],
        sums: &[[f64; K]; RUN],
        data: &mut [O],
        weight: &mut [f64],
    ) {
        let Self { inside, first, fraction } = self;
        let (mut value, mut valid) = ([0.0; RUN], [1.0; RUN]);
        for l in 0..RUN {
            let s = sums[l];
            let outer = if K == 4 { s[1] + s[K - 1] } else { s[1] };
            value[l] = centre[l] + ((s[0] + s[2]) + outer);
        }
        if let Some(holes) = holes {
            for l in (0..RUN).filter(|&l| inside[l] == 1) {
                let [x, y] = [0, 1].map(|k| basis::shares::<K>(fraction[k][l]));
                let first = first[l];
                let taps = (0..K * K).map(|tap| (first + tap / K * step + tap % K, y[tap / K] * x[tap % K]));
                (value[l], valid[l]) = holes.judge(value[l], taps);
            }
        }
        store_all(inside, &value, &valid, data, weight);
    }
}
