//! The lines of samples that a prefilter runs along: which of them are wanted, and where they lie.

use super::axis::{Axis, MARGIN};

/// The lines of an array along one axis, and where their samples and coefficients lie.
pub(super) struct Lines<'a> {
    pub(super) axes: &'a [Axis],
    /// The axis they run along.
    pub(super) k: usize,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
    /// Strides of the result, where axis `k` has as many entries as coefficients are wanted.
    pub(super) out: Vec<usize>,
    /// Where the first coefficient lies in the result.
    pub(super) base: usize,
    pub(super) len: usize,
    wanted: &'a [bool],
}

impl<'a> Lines<'a> {
    pub(super) fn new(
        axes: &'a [Axis],
        k: usize,
        shape: &[usize],
        strides: Vec<usize>,
        wanted: &'a [bool],
    ) -> Self {
        let mut result = shape.to_vec();
        result[k] = axes[k].width();
        let len = result.iter().product();
        Self { axes, k, shape: shape.to_vec(), strides, out: dense(&result), base: 0, len, wanted }
    }

    /// For a tile along the axis: every line that is wanted, as offsets of its first sample, of the first sample of the
    /// line across the pole, and of its first coefficient.
    pub(super) fn of(&self, tile: usize) -> Vec<[usize; 3]> {
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
                lines.push([from, across, self.base + offset(&self.out)]);
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

/// The steps through an array in C order.
pub(super) fn dense(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for k in (1..shape.len()).rev() {
        strides[k - 1] = strides[k] * shape[k];
    }
    strides
}

/// Copies coefficients to where taps reach beyond the ends of an axis that is not joined.
pub(super) fn extend(lines: &Lines<'_>, out: &mut [f64]) {
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
