//! Spline coefficients of a part of an input, axis by axis, tile by tile.
//!
//! The recursion runs over every tile with a fixed margin around it, so a coefficient has the same bits whatever else is
//! computed beside it. Samples that are not finite are filled along each line of a tile before the recursion sees them:
//! linearly between the nearest finite neighbours, or with the nearest where there is only one; a line without any takes
//! its coefficients from its neighbours along the next axis, and zero if they have none either.

use super::axis::{Axis, TILE};
use super::basis;
use crate::{Kernel, Pixel, pool};

/// Lines filtered together.
const LANES: usize = 16;
/// The wider of the two margins.
const MARGIN: i64 = basis::margin::<4>() as i64;
/// Samples of a tile's line with both margins.
const LONGEST: usize = TILE as usize + 2 * basis::margin::<4>();

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
}

impl<const K: usize, I: Pixel> Kernel for Prefilter<'_, K, I> {
    type Output = Coefficients;
    #[inline(always)]
    fn run(self) -> Coefficients {
        let Prefilter { axes, plane, strides, wanted } = self;
        let last = axes.len() - 1;
        let shape: Vec<usize> = axes.iter().map(|a| a.len).collect();
        let lines = Lines::new(axes, last, &shape, strides.to_vec(), wanted);
        let mut holes = false;
        let mut values = filter::<K, I>(&lines, plane, &mut holes);
        for k in (0..last).rev() {
            let mut shape: Vec<usize> = axes.iter().map(|a| a.len).collect();
            (k + 1..=last).for_each(|j| shape[j] = axes[j].width());
            let lines = Lines::new(axes, k, &shape, dense(&shape), wanted);
            let next = filter::<K, f64>(&lines, &values, &mut false);
            pool::give(std::mem::replace(&mut values, next));
        }
        Coefficients { values, holes }
    }
}

fn dense(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for k in (1..shape.len()).rev() {
        strides[k - 1] = strides[k] * shape[k];
    }
    strides
}

/// The lines of an array along one axis, and where their samples and coefficients lie.
struct Lines<'a> {
    axes: &'a [Axis],
    /// The axis they run along.
    k: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
    /// Strides of the result, where axis `k` has as many entries as coefficients are wanted.
    out: Vec<usize>,
    len: usize,
    wanted: &'a [bool],
}

impl<'a> Lines<'a> {
    fn new(axes: &'a [Axis], k: usize, shape: &[usize], strides: Vec<usize>, wanted: &'a [bool]) -> Self {
        let mut result = shape.to_vec();
        result[k] = axes[k].width();
        let len = result.iter().product();
        Self { axes, k, shape: shape.to_vec(), strides, out: dense(&result), len, wanted }
    }

    /// For a tile along the axis: every line that is wanted, as offsets of its first sample, of the first sample of the
    /// line across the pole, and of its first coefficient.
    fn of(&self, tile: usize) -> Vec<[usize; 3]> {
        let n = self.shape.len();
        let others: Vec<usize> = (0..n).filter(|&j| j != self.k).collect();
        let count: usize = others.iter().map(|&j| self.shape[j]).product();
        let along = self.along(tile);
        let turn = self.axes[self.k].ends.turn;
        let mut lines = Vec::with_capacity(count);
        let mut index = vec![0; n];
        for _ in 0..count {
            if along.as_ref().is_none_or(|along| along[index[others[0]]]) {
                let offset = |strides: &[usize]| index.iter().zip(strides).map(|(i, s)| i * s).sum::<usize>();
                let from = offset(&self.strides);
                let mut across = from;
                if turn != self.k {
                    let (axis, place) = (&self.axes[turn], index[turn] as i64);
                    let half = axis.ends.size as i64 / 2;
                    // Near a pole the view and the coefficients hold the whole turn.
                    let other = if turn > self.k {
                        axis.in_box((axis.low + place + half).rem_euclid(axis.ends.size as i64))
                    } else {
                        (place + half).rem_euclid(axis.ends.size as i64) as usize
                    };
                    if other < self.shape[turn] {
                        across = across - index[turn] * self.strides[turn] + other * self.strides[turn];
                    }
                }
                lines.push([from, across, offset(&self.out)]);
            }
            for &j in others.iter().rev() {
                index[j] += 1;
                if index[j] < self.shape[j] {
                    break;
                }
                index[j] = 0;
            }
        }
        lines
    }

    /// Of an image: which places along the other axis are wanted in a tile along this one. `None`: all of them.
    fn along(&self, tile: usize) -> Option<Vec<bool>> {
        let [rows, columns] = self.axes else { return None };
        let (row_tiles, column_tiles) = (rows.tiles(), columns.tiles());
        let wanted = |r: usize, c: usize| self.wanted[r * column_tiles.len() + c];
        let mut along;
        if self.k == 1 {
            // The filter along columns will want the margins of its tiles, too.
            along = vec![false; self.shape[0]];
            for (r, [first, stop]) in row_tiles.iter().enumerate().filter(|&(r, _)| wanted(r, tile)) {
                debug_assert!(r < row_tiles.len());
                for i in first - MARGIN..stop + MARGIN {
                    if let Some(place) = along.get_mut(rows.in_view(rows.continued(i).0)) {
                        *place = true;
                    }
                }
            }
            let pole = rows.ends.poles.iter().any(Option::is_some);
            if pole {
                along.fill(true);
            }
        } else {
            along = vec![false; self.shape[1]];
            for (c, [first, stop]) in column_tiles.iter().enumerate().filter(|&(c, _)| wanted(tile, c)) {
                debug_assert!(c < column_tiles.len());
                let [first, stop] = [first - columns.low, stop - columns.low].map(|i| i.max(0) as usize);
                let stop = stop.min(along.len());
                along[first.min(stop)..stop].fill(true);
            }
            // Coefficients beyond the ends are copies.
            let n = along.len();
            let (before, after) =
                ((-columns.low).clamp(0, n as i64) as usize, columns.stop - columns.ends.size as i64);
            if !columns.ends.joined {
                along[..before].fill(true);
                along[n - (after.clamp(0, n as i64) as usize)..].fill(true);
            }
        }
        Some(along)
    }
}

/// Filters every wanted line; the result has coefficients along axis `k`.
#[inline(always)]
fn filter<const K: usize, I: Pixel>(lines: &Lines<'_>, from: &[I], holes: &mut bool) -> Vec<f64> {
    let (axis, k) = (&lines.axes[lines.k], lines.k);
    let margin = basis::margin::<K>() as i64;
    let mut out = pool::take(lines.len);
    let mut buffer = [[0.0; LANES]; LONGEST];
    let mut at = [(0usize, false); LONGEST];
    for (number, [first, stop]) in axis.tiles().into_iter().enumerate() {
        let length = (stop - first + 2 * margin) as usize;
        for (j, at) in at[..length].iter_mut().enumerate() {
            let (i, across) = axis.continued(first - margin + j as i64);
            *at = (axis.in_view(i) * lines.strides[k], across);
        }
        let at = &at[..length];
        // The coefficients of the tile that are wanted, and copies of them beyond the ends.
        let [low, high] = [first.max(axis.low), stop.min(axis.stop)];
        let whole = lines.of(number);
        for group in whole.chunks(LANES) {
            let mut lane = [[0; 3]; LANES];
            for l in 0..LANES {
                lane[l] = group[l.min(group.len() - 1)];
            }
            let buffer = &mut buffer[..length];
            let full = group.len() == LANES;
            load(buffer, from, &lane, full, at);
            *holes |= condition::<K>(buffer, k == 0);
            for i in low..high {
                let coefficients = &buffer[(i - first + margin) as usize];
                let place = (i - axis.low) as usize * lines.out[k];
                if full && lane[LANES - 1][2] == lane[0][2] + LANES - 1 {
                    out[lane[0][2] + place..][..LANES].copy_from_slice(coefficients);
                } else {
                    for l in 0..group.len() {
                        out[lane[l][2] + place] = coefficients[l];
                    }
                }
            }
        }
    }
    extend(lines, &mut out);
    out
}

/// Loads the samples of sixteen lines.
#[inline(always)]
fn load<I: Pixel>(
    buffer: &mut [[f64; LANES]],
    from: &[I],
    lane: &[[usize; 3]; LANES],
    full: bool,
    at: &[(usize, bool)],
) {
    let straight = at.windows(2).all(|w| w[1].0 == w[0].0 + 1) && !at[0].1;
    let side_by_side = full && lane[LANES - 1][0] == lane[0][0] + LANES - 1;
    if straight {
        for l in 0..LANES {
            let line = &from[lane[l][0] + at[0].0..][..at.len()];
            for (samples, value) in buffer.iter_mut().zip(line) {
                samples[l] = (*value).to_f64();
            }
        }
        return;
    }
    for (samples, &(place, across)) in buffer.iter_mut().zip(at) {
        if side_by_side && !across {
            let values = &from[lane[0][0] + place..][..LANES];
            for l in 0..LANES {
                samples[l] = values[l].to_f64();
            }
        } else {
            for l in 0..LANES {
                samples[l] = from[lane[l][usize::from(across)] + place].to_f64();
            }
        }
    }
}

/// Fills holes and runs the recursion on the deviation from one of the samples, which keeps a constant constant to the
/// last bit. Returns whether there were holes.
#[inline(always)]
fn condition<const K: usize>(buffer: &mut [[f64; LANES]], last: bool) -> bool {
    let mut finite = [0.0; LANES];
    for samples in buffer.iter() {
        for l in 0..LANES {
            // 0 for a number, NaN for what is not one.
            finite[l] += samples[l] * 0.0;
        }
    }
    let holes = finite.iter().any(|f| f.is_nan());
    if holes {
        for l in (0..LANES).filter(|&l| finite[l].is_nan()) {
            fill(buffer, l, last);
        }
    }
    let [a, b, c] = [buffer[0], buffer[buffer.len() / 2], buffer[buffer.len() - 1]];
    let mut level = [0.0; LANES];
    for l in 0..LANES {
        // The middle of three: no outlier.
        let (low, high) = if a[l] < b[l] { (a[l], b[l]) } else { (b[l], a[l]) };
        let middle = if c[l] < high { c[l] } else { high };
        level[l] = if middle > low { middle } else { low };
    }
    for samples in buffer.iter_mut() {
        for l in 0..LANES {
            samples[l] -= level[l];
        }
    }
    basis::recurse::<K, LANES>(buffer);
    for samples in buffer.iter_mut() {
        for l in 0..LANES {
            samples[l] += level[l];
        }
    }
    holes
}

/// Fills what is not finite in one lane.
#[inline(never)]
fn fill(buffer: &mut [[f64; LANES]], l: usize, last: bool) {
    let mut before: Option<usize> = None;
    let n = buffer.len();
    let mut j = 0;
    while j < n {
        if buffer[j][l].is_finite() {
            before = Some(j);
            j += 1;
            continue;
        }
        let after = (j..n).find(|&j| buffer[j][l].is_finite());
        let stop = after.unwrap_or(n);
        for i in j..stop {
            buffer[i][l] = match (before, after) {
                (Some(a), Some(b)) => {
                    let t = (i - a) as f64 / (b - a) as f64;
                    t.mul_add(buffer[b][l] - buffer[a][l], buffer[a][l])
                }
                (Some(near), None) | (None, Some(near)) => buffer[near][l],
                (None, None) if last => 0.0,
                (None, None) => f64::NAN,
            };
        }
        j = stop;
    }
}

/// Copies coefficients to where taps reach beyond the ends of an axis that is not joined.
fn extend(lines: &Lines<'_>, out: &mut [f64]) {
    let (axis, k) = (&lines.axes[lines.k], lines.k);
    let n = axis.ends.size as i64;
    let beyond: Vec<i64> =
        (axis.low..axis.stop).filter(|i| !axis.ends.joined && !(0..n).contains(i)).collect();
    if beyond.is_empty() {
        return;
    }
    let turn = axis.ends.turn;
    let (inner, step) = (lines.out[k], lines.out[k] * axis.width());
    for outer in 0..lines.len / step {
        for &i in &beyond {
            let (source, across) = axis.continued(i);
            let to = outer * step + (i - axis.low) as usize * inner;
            let from = outer * step + axis.in_box(source) * inner;
            if !across {
                out.copy_within(from..from + inner, to);
                continue;
            }
            let other = &lines.axes[turn];
            let size = other.ends.size as i64;
            for x in 0..inner {
                let from = if turn > k {
                    let place = x / lines.out[turn] % other.width();
                    let far = other.in_box((other.low + place as i64 + size / 2).rem_euclid(size));
                    from + x + far * lines.out[turn] - place * lines.out[turn]
                } else {
                    let place = (outer * step / lines.out[turn]) % other.len;
                    let far = (place + size as usize / 2) % size as usize;
                    from + x + far * lines.out[turn] - place * lines.out[turn]
                };
                out[to + x] = out[from];
            }
        }
    }
}
