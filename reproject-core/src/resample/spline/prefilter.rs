//! Spline coefficients of a part of an input, axis by axis, tile by tile.
//!
//! The recursion runs over every tile with a fixed margin around it, so a coefficient has the same bits whatever else is
//! computed beside it. Samples that are not finite are filled along each line of a tile before the recursion sees them:
//! linearly between the nearest finite neighbours, or with the nearest where there is only one; a line without any takes
//! its coefficients from its neighbours along the next axis, and zero if they have none either.

use super::axis::{Axis, MARGIN, TILE};
use super::basis;
use super::lines::{Lines, dense, extend};
use crate::{Kernel, Pixel, pool, simd::prefetch_all};

/// Lines filtered together.
const LANES: usize = 16;
/// Lines loaded before the first of them is filtered, so that the memory works on all of them at once.
const AHEAD: usize = 8;
/// Samples of a tile's line with both margins.
const LONGEST: usize = (TILE + 2 * MARGIN) as usize;

/// The coefficients of the wanted part of one plane.
pub(super) struct Coefficients {
    /// In C order over the widths of the axes; what lies in tiles that were not wanted is unspecified.
    pub values: Vec<f64>,
    /// Whether a sample was not finite.
    pub holes: bool,
}

impl Drop for Coefficients {
    fn drop(&mut self) {
        pool::give(std::mem::take(&mut self.values));
    }
}

/// Computes the coefficients of a plane whose pixels lie `strides` apart. `wanted` says, for the axes' tiles in C order,
/// which of them are needed.
pub(super) struct Prefilter<'a, const K: usize, I> {
    pub axes: &'a [Axis],
    pub plane: &'a [I],
    pub strides: &'a [usize],
    pub wanted: &'a [bool],
    /// The value of samples that are not finite, instead of what their neighbours say.
    pub fill: Option<f64>,
    /// Whether tiles want samples from across a pole.
    pub across: bool,
}

impl<const K: usize, I: Pixel> Kernel for Prefilter<'_, K, I> {
    type Output = Coefficients;
    #[inline(always)]
    fn run(self) -> Coefficients {
        let Prefilter { axes, plane, strides, wanted, fill, across } = self;
        let mut holes = false;
        if let ([rows, columns], false) = (axes, across) {
            // An image, by columns of tiles: what lies between the two filters stays in the cache.
            let width = columns.width();
            let tiles = columns.tiles();
            let mut values = pool::take(rows.width() * width);
            for (number, [first, stop]) in tiles.iter().enumerate() {
                let part =
                    Axis { low: columns.low.max(*first), stop: columns.stop.min(*stop), ..columns.clone() };
                let wanted: Vec<bool> = wanted.iter().skip(number).step_by(tiles.len()).copied().collect();
                let axes = [rows.clone(), part];
                let lines = Lines::new(&axes, 1, &[rows.len, columns.len], strides.to_vec(), &wanted);
                let mut between = pool::take(lines.len);
                filter::<K, I>(&lines, plane, fill, &mut holes, &mut between);
                let shape = [rows.len, axes[1].width()];
                let mut lines = Lines::new(&axes, 0, &shape, dense(&shape), &wanted);
                (lines.out, lines.base) = (vec![width, 1], (axes[1].low - columns.low) as usize);
                filter::<K, f64>(&lines, &between, None, &mut false, &mut values);
                pool::give(between);
            }
            for (k, shape) in [(0, [rows.len, width]), (1, [rows.width(), columns.len])] {
                extend(&Lines::new(axes, k, &shape, dense(&shape), wanted), &mut values);
            }
            return Coefficients { values, holes };
        }
        let last = axes.len() - 1;
        let mut shape: Vec<usize> = axes.iter().map(|a| a.len).collect();
        let lines = Lines::new(axes, last, &shape, strides.to_vec(), wanted);
        let mut values = pool::take(lines.len);
        filter::<K, I>(&lines, plane, fill, &mut holes, &mut values);
        extend(&lines, &mut values);
        for k in (0..last).rev() {
            shape[k + 1] = axes[k + 1].width();
            let lines = Lines::new(axes, k, &shape, dense(&shape), wanted);
            let mut next = pool::take(lines.len);
            filter::<K, f64>(&lines, &values, None, &mut false, &mut next);
            extend(&lines, &mut next);
            pool::give(std::mem::replace(&mut values, next));
        }
        Coefficients { values, holes }
    }
}

/// Filters every wanted line; the result has coefficients along axis `k`.
#[inline(always)]
fn filter<const K: usize, I: Pixel>(
    lines: &Lines<'_>,
    from: &[I],
    constant: Option<f64>,
    holes: &mut bool,
    out: &mut [f64],
) {
    let (axis, k) = (&lines.axes[lines.k], lines.k);
    let margin = basis::margin::<K>() as i64;
    let mut at = [(0usize, false); LONGEST];
    let (mut ahead, mut buffer) = ([[0.0; LONGEST]; AHEAD], [[0.0; LANES]; LONGEST]);
    for (number, [first, stop]) in axis.tiles().into_iter().enumerate() {
        let length = (stop - first + 2 * margin) as usize;
        for (j, at) in at[..length].iter_mut().enumerate() {
            let (i, across) = axis.continued(first - margin + j as i64);
            *at = (axis.in_view(i) * lines.strides[k], across);
        }
        // The coefficients of the tile that are wanted, in its line and in the result.
        let [low, high] = [first.max(axis.low), stop.min(axis.stop)];
        let part = Part {
            at: &at[..length],
            wanted: [(low - first + margin) as usize, (high - first + margin) as usize],
            place: (low - axis.low) as usize * lines.out[k],
            step: lines.out[k],
            constant,
            last: k == 0,
        };
        let whole = lines.of(number);
        if k + 1 == lines.shape.len() {
            for (number, group) in whole.chunks(AHEAD).enumerate() {
                for line in whole.iter().skip((number + 1) * AHEAD).take(AHEAD) {
                    let start = line[0] + part.at[0].0;
                    prefetch_all(from.get(start..start + length).unwrap_or_default());
                }
                for (line, buffer) in group.iter().zip(&mut ahead) {
                    load(from, *line, part.at, buffer);
                }
                for (line, buffer) in group.iter().zip(&mut ahead) {
                    *holes |= row::<K>(buffer, line[2], &part, out);
                }
            }
        } else {
            let mut rest = &whole[..];
            while !rest.is_empty() {
                // Lines side by side.
                let n = (1..rest.len().min(LANES)).find(|&n| rest[n][2] != rest[0][2] + n);
                let (group, others) = rest.split_at(n.unwrap_or(rest.len().min(LANES)));
                columns::<K, I>(from, group, &part, &mut buffer, out);
                rest = others;
            }
        }
    }
}

/// The part of a line that a tile is made of.
struct Part<'a> {
    /// For every sample, its offset from the line's first, and whether it belongs to the line across the pole.
    at: &'a [(usize, bool)],
    wanted: [usize; 2],
    place: usize,
    step: usize,
    /// The number that replaces samples that are not finite, if their neighbours do not.
    constant: Option<f64>,
    /// Whether no other axis can fill a line that has no finite sample.
    last: bool,
}

/// Loads the samples of one line of the last axis.
#[inline(always)]
fn load<I: Pixel>(
    from: &[I],
    [line, across, _]: [usize; 3],
    at: &[(usize, bool)],
    buffer: &mut [f64; LONGEST],
) {
    let n = at.len();
    let (begin, end) = (at[0], at[n - 1]);
    if end.0 == begin.0 + n - 1 && !begin.1 && !end.1 {
        for (b, s) in buffer.iter_mut().zip(&from[line + begin.0..][..n]) {
            *b = (*s).to_f64();
        }
    } else {
        for (b, at) in buffer.iter_mut().zip(at) {
            *b = from[at.0 + if at.1 { across } else { line }].to_f64();
        }
    }
}

/// Filters one line of the last axis. Returns whether it has holes.
#[inline(always)]
fn row<const K: usize>(buffer: &mut [f64; LONGEST], to: usize, part: &Part<'_>, out: &mut [f64]) -> bool {
    let n = part.at.len();
    let buffer = &mut buffer[..n];
    let mut odd = [0.0; 8];
    let (eights, rest) = buffer.as_chunks::<8>();
    for b in eights {
        for l in 0..8 {
            // 0 for a number, NaN for what is not one.
            odd[l] += b[l] * 0.0;
        }
    }
    for b in rest {
        odd[0] += b * 0.0;
    }
    let holes = odd.iter().any(|o| o.is_nan());
    if holes {
        fill(buffer.as_chunks_mut::<1>().0, 0, part);
    }
    let level = level(buffer[0], buffer[n / 2], buffer[n - 1]);
    basis::along::<K>(buffer, level);
    let [first, stop] = part.wanted;
    let out = &mut out[to + part.place..][..stop - first];
    for (o, c) in out.iter_mut().zip(&buffer[first..stop]) {
        *o = c + level;
    }
    holes
}

/// Filters lines of any other axis that lie side by side.
#[inline(always)]
fn columns<const K: usize, I: Pixel>(
    from: &[I],
    lines: &[[usize; 3]],
    part: &Part<'_>,
    buffer: &mut [[f64; LANES]; LONGEST],
    out: &mut [f64],
) {
    let (buffer, width) = (&mut buffer[..part.at.len()], lines.len());
    let side_by_side = lines[width - 1][0] == lines[0][0] + width - 1;
    let mut odd = [0.0; LANES];
    for (samples, &(place, across)) in buffer.iter_mut().zip(part.at) {
        if side_by_side && !across && width == LANES {
            let values = &from[lines[0][0] + place..][..LANES];
            for l in 0..LANES {
                samples[l] = values[l].to_f64();
            }
        } else {
            for l in 0..width {
                samples[l] = from[lines[l][usize::from(across)] + place].to_f64();
            }
        }
        for l in 0..LANES {
            odd[l] += samples[l] * 0.0;
        }
    }
    for l in (0..width).filter(|&l| odd[l].is_nan()) {
        fill(buffer, l, part);
    }
    let [a, b, c] = [buffer[0], buffer[buffer.len() / 2], buffer[buffer.len() - 1]];
    let mut levels = [0.0; LANES];
    for l in 0..LANES {
        levels[l] = level(a[l], b[l], c[l]);
    }
    basis::across::<K, LANES>(buffer, &levels);
    let [first, stop] = part.wanted;
    for (i, coefficients) in buffer[first..stop].iter().enumerate() {
        let out = &mut out[lines[0][2] + part.place + i * part.step..][..width];
        if let Ok(out) = <&mut [f64; LANES]>::try_from(&mut *out) {
            for l in 0..LANES {
                out[l] = coefficients[l] + levels[l];
            }
        } else {
            for l in 0..width {
                out[l] = coefficients[l] + levels[l];
            }
        }
    }
}

/// The level from which the recursion takes deviations, which keeps a constant constant to the last bit: the middle of three
/// samples, so that it is no outlier.
#[inline(always)]
fn level(a: f64, b: f64, c: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    let middle = if c < high { c } else { high };
    if middle > low { middle } else { low }
}

/// Fills what is not finite in one lane.
#[inline(never)]
fn fill<const L: usize>(buffer: &mut [[f64; L]], l: usize, part: &Part<'_>) {
    let n = buffer.len();
    let mut j = 0;
    while let Some(hole) = (j..n).find(|&j| !buffer[j][l].is_finite()) {
        j = hole;
        let before = j.checked_sub(1);
        let after = (j..n).find(|&j| buffer[j][l].is_finite());
        let stop = after.unwrap_or(n);
        for i in j..stop {
            buffer[i][l] = match (before, after) {
                _ if part.constant.is_some() => part.constant.unwrap_or_default(),
                (Some(a), Some(b)) => {
                    let t = (i - a) as f64 / (b - a) as f64;
                    t.mul_add(buffer[b][l] - buffer[a][l], buffer[a][l])
                }
                (Some(near), None) | (None, Some(near)) => buffer[near][l],
                (None, None) if part.last => 0.0,
                (None, None) => f64::NAN,
            };
        }
        j = stop;
    }
}
