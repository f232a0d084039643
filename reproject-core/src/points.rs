//! Batches of points: one slice per axis, so that a virtual call is paid once per batch and loops vectorise.

use crate::simd;

/// Points handled at a time: three columns of this length stay in the L1 cache.
pub const BATCH: usize = 512;

/// A batch of points, one slice per axis, all of one length. NaN in any axis means "no such point".
///
/// Axes are in transform order: `x` (the fastest array axis) first.
#[derive(Debug)]
pub struct Points<'a, const N: usize = 2>([&'a mut [f64]; N]);

impl<'a, const N: usize> Points<'a, N> {
    /// Wraps one slice per axis.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn new(axes: [&'a mut [f64]; N]) -> Self {
        assert!(axes.windows(2).all(|w| w[0].len() == w[1].len()), "axes differ in length");
        Self(axes)
    }

    /// The number of points.
    pub fn len(&self) -> usize {
        self.0.first().map_or(0, |axis| axis.len())
    }

    /// Whether there is no point at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The columns, to be read or written directly.
    pub fn axes(&mut self) -> [&mut [f64]; N] {
        self.0.each_mut().map(|s| &mut **s)
    }

    /// The point at `index`.
    pub fn get(&self, index: usize) -> [f64; N] {
        std::array::from_fn(|k| self.0[k][index])
    }

    /// Replaces every point by `f(point)`; the loop is compiled once per instruction set, with the same bits from each.
    ///
    /// `f` should be small, branch-light and free of libm calls; `mul_add` is one instruction on wide machines and gives
    /// the same bits on the others. Use [`each!`](crate::each) where `f` does more than a few operations.
    #[inline]
    pub fn each(&mut self, f: impl Fn([f64; N]) -> [f64; N]) {
        simd::each(self.axes(), f);
    }

    /// Visits the batch in pieces of at most [`BATCH`] points.
    pub fn batches(&mut self, mut f: impl FnMut(&mut Points<'_, N>)) {
        let n = self.len();
        let mut start = 0;
        while start < n {
            let stop = (start + BATCH).min(n);
            f(&mut Points(self.0.each_mut().map(|s| &mut s[start..stop])));
            start = stop;
        }
    }
}

/// `each!(points, |p| ..)` is [`points.each(|p| ..)`](Points::each) with the closure inlined whatever its size.
///
/// The compiler inlines a large closure into none of the loops, one for each instruction set; what is left is a call a
/// point into code for the smallest of them, where every `mul_add` is one more call: 5 times slower for two `atan2`.
#[macro_export]
macro_rules! each {
    ($points:expr, $($closure:tt)+) => { $points.each(#[inline(always)] $($closure)+) };
}

impl Points<'_, 2> {
    /// Visits the batch in pieces that carry a third column of scratch: the door from the plane to the sphere.
    /// The third column is zero on entry and dropped on exit.
    pub fn with_third(&mut self, mut f: impl FnMut(&mut Points<'_, 3>)) {
        self.batches(|batch| {
            let mut z = [0.0; BATCH];
            let n = batch.len();
            let [x, y] = batch.axes();
            f(&mut Points([x, y, &mut z[..n]]));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_point_once() {
        for n in [0, 1, 7, 8, 9, 511, 512, 513, 1300] {
            let mut x: Vec<f64> = (0..n).map(|i| i as f64).collect();
            let mut y = vec![1.0; n];
            Points::new([&mut x, &mut y]).batches(|b| b.each(|[x, y]| [x + y, y]));
            assert!(x.iter().enumerate().all(|(i, &v)| v == i as f64 + 1.0), "{n}");
        }
    }

    #[test]
    #[should_panic(expected = "differ in length")]
    fn columns_of_unequal_length_are_refused() {
        Points::new([&mut [0.0], &mut []]);
    }
}
