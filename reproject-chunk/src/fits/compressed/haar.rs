//! The inverse of the H-transform (White, Postman and Lattanzi 1992; Fritze et al. 1977): a two-dimensional Haar transform of
//! whole numbers in which nothing is lost, and White's smoothing of a lossy one.
//!
//! Four pixels become h0, their sum, hx, the difference of the lower and the upper two, hy, that of the right and the left two,
//! and hc, that of the diagonals; at the next level h0 is a pixel. Bits that follow from others are left out on the way there,
//! and put back here.

use std::num::Wrapping;

type Number = Wrapping<i64>;

/// An array of coefficients or pixels; `numbers` goes row by row.
pub(super) struct Plane {
    pub(super) numbers: Vec<Number>,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// How often the longer side is halved, rounding up, until it is 1.
pub(super) fn levels(rows: usize, columns: usize) -> u32 {
    rows.max(columns).max(1).next_power_of_two().trailing_zeros()
}

/// Turns coefficients into pixels, smoothing by at most half of `scale`.
pub(super) fn invert(plane: &mut Plane, scale: i64) -> Result<(), String> {
    let levels = levels(plane.rows, plane.columns);
    let Some(first) = plane.numbers.first_mut().filter(|_| levels > 0) else { return Ok(()) };
    *first = rounded(*first, levels + 1);
    let mut spare = super::room(plane.numbers.len() / 2 + plane.columns, Wrapping(0))?;
    for level in (0..levels).rev() {
        let rows = plane.rows.div_ceil(1 << level);
        let columns = plane.columns.div_ceil(1 << level);
        interleave(plane, rows, columns, &mut spare);
        smooth(plane, rows, columns, scale >> 1);
        expand(plane, rows, columns, level);
    }
    Ok(())
}

/// To a multiple of 2ⁿ; halves go away from 0 for positive numbers, towards it for negative ones.
#[inline(always)]
fn rounded(x: Number, n: u32) -> Number {
    let half = (1i64 << n) >> 1;
    let up = if x.0 >= 0 { half } else { (half - 1).max(0) };
    (x + Wrapping(up)) & Wrapping(-1 << n)
}

/// Brings the four coefficients of every square side by side: the second half of the rows goes between those of the first, and
/// so do the columns.
fn interleave(plane: &mut Plane, rows: usize, columns: usize, spare: &mut [Number]) {
    let stride = plane.columns;
    let half = columns.div_ceil(2);
    for row in plane.numbers.chunks_mut(stride).take(rows) {
        spare[..columns - half].copy_from_slice(&row[half..columns]);
        (1..half).rev().for_each(|k| row[2 * k] = row[k]);
        row[1..columns].iter_mut().step_by(2).zip(&*spare).for_each(|(to, from)| *to = *from);
    }
    let half = rows.div_ceil(2);
    for (k, to) in spare.chunks_mut(columns).take(rows - half).enumerate() {
        to.copy_from_slice(&plane.numbers[(half + k) * stride..][..columns]);
    }
    for k in (1..half).rev() {
        plane.numbers.copy_within(k * stride..k * stride + columns, 2 * k * stride);
    }
    for (k, from) in spare.chunks(columns).take(rows - half).enumerate() {
        plane.numbers[(2 * k + 1) * stride..][..columns].copy_from_slice(from);
    }
}

/// Squares of coefficients to squares of pixels, those of the next level.
fn expand(plane: &mut Plane, rows: usize, columns: usize, level: u32) {
    let stride = plane.columns;
    // Sums of four are halved at each level, and once more at the last.
    let shift: usize = if level == 0 { 2 } else { 1 };
    let (low, mid) = (Wrapping(1i64 << level), Wrapping(2i64 << level));
    let away = |x: Number, by: Number| if x.0 >= 0 { x + by } else { x - by };
    // The lowest bit of h0 is that of the only difference there is.
    let pair = |h0: Number, difference: Number| {
        let d = rounded(difference, level + 1);
        let h0 = away(h0, -(d & mid));
        ((h0 - d) >> shift, (h0 + d) >> shift)
    };
    for row in (0..rows).step_by(2) {
        let (upper, lower) = plane.numbers[row * stride..].split_at_mut(stride);
        let upper = &mut upper[..columns];
        if row + 1 == rows {
            for square in upper.chunks_mut(2) {
                match square {
                    [h0, hy] => (*h0, *hy) = pair(*h0, *hy),
                    [h0] => *h0 >>= shift,
                    _ => {}
                }
            }
            continue;
        }
        for (above, below) in upper.chunks_mut(2).zip(lower[..columns].chunks_mut(2)) {
            let ([h0, hy], [hx, hc]) = (&mut *above, &mut *below) else {
                (above[0], below[0]) = pair(above[0], below[0]);
                continue;
            };
            let c = rounded(*hc, level);
            let bit = c & low;
            let (x, y) = (away(rounded(*hx, level + 1), -bit), away(rounded(*hy, level + 1), -bit));
            let next = (c ^ x ^ y) & mid;
            let sum = match () {
                () if h0.0 >= 0 => *h0 + bit - next,
                () if bit.0 == 0 => *h0 + next,
                () => *h0 + bit - next,
            };
            (*h0, *hy) = ((sum - x - y + c) >> shift, (sum - x + y - c) >> shift);
            (*hx, *hc) = ((sum + x - y - c) >> shift, (sum + x + y + c) >> shift);
        }
    }
}

/// Differences that quantisation made coarse are brought nearer to the slope between the neighbouring sums, by at most `most`
/// each and never beyond what keeps the pixels between them; those at the rim stay.
fn smooth(plane: &mut Plane, rows: usize, columns: usize, most: i64) {
    if most <= 0 {
        return;
    }
    let (stride, a) = (plane.columns, &mut plane.numbers);
    let inner = |n: usize| (2..n.saturating_sub(2)).step_by(2);
    let all = |n: usize| (0..n).step_by(2);
    let slope = |before: Number, here: Number, after: Number| {
        let steps = [after - here, here - before];
        Bounds {
            wanted: after - before,
            most: steps[0].min(steps[1]).max(Wrapping(0)) << 2,
            least: steps[0].max(steps[1]).min(Wrapping(0)) << 2,
        }
    };
    for row in inner(rows) {
        let at = row * stride;
        for column in all(columns).map(|c| at + c) {
            let bounds = slope(a[column - 2 * stride], a[column], a[column + 2 * stride]);
            a[column + stride] = bounds.nearer(a[column + stride], 3, most);
        }
    }
    for row in all(rows) {
        for at in inner(columns).map(|c| row * stride + c) {
            let bounds = slope(a[at - 2], a[at], a[at + 2]);
            a[at + 1] = bounds.nearer(a[at + 1], 3, most);
        }
    }
    let zero = Wrapping(0);
    for row in inner(rows) {
        for at in inner(columns).map(|c| row * stride + c) {
            let (up, down) = (at - 2 * stride, at + 2 * stride);
            let (before_up, after_up, before_down, after_down) =
                (a[up - 2], a[up + 2], a[down - 2], a[down + 2]);
            let (h0, x, y) = (a[at], a[at + stride] << 1, a[at + 1] << 1);
            // What the pixel in each corner may differ by from the sum there.
            let corners = [
                (after_down - h0, -x - y),
                (h0 - before_down, x - y),
                (h0 - after_up, y - x),
                (before_up - h0, x + y),
            ];
            let bounds = Bounds {
                wanted: after_down + before_up - after_up - before_down,
                most: corners.iter().map(|(d, s)| (*d).max(zero) + s).min().unwrap_or(zero) << 4,
                least: corners.iter().map(|(d, s)| (*d).min(zero) + s).max().unwrap_or(zero) << 4,
            };
            a[at + stride + 1] = bounds.nearer(a[at + stride + 1], 6, most);
        }
    }
}

/// A difference times 8 (64 for hc): the one that would be smooth, and how large and small it may be.
struct Bounds {
    wanted: Number,
    most: Number,
    least: Number,
}

impl Bounds {
    fn nearer(&self, old: Number, power: usize, most: i64) -> Number {
        if self.least >= self.most {
            return old;
        }
        let step = self.wanted.min(self.most).max(self.least) - (old << power);
        // Towards 0.
        let step = step.0 / (1 << power);
        old + Wrapping(step.clamp(-most, most))
    }
}
