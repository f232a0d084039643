//! What tests of the interpolators share: maps made of tables, and images made of numbers.
#![allow(dead_code, reason = "every test file uses its own part of it")]

use ndarray::{ArrayD, IxDyn};
use reproject_core::{Points, Transform};

/// Sends pixel `x` of the only output row to the position listed for it.
#[derive(Clone)]
pub(crate) struct Table<const N: usize>(Vec<[f64; N]>);

impl<const N: usize> Table<N> {
    /// Positions in array order.
    pub(crate) fn new(positions: &[Vec<f64>]) -> Self {
        Self(positions.iter().map(|p| std::array::from_fn(|k| p[N - 1 - k])).collect())
    }
}

impl<const N: usize> Transform<N> for Table<N> {
    fn forward(&self, points: &mut Points<'_, N>) {
        points.each(|p| self.0[p[0] as usize]);
    }
    fn inverse(&self, _: &mut Points<'_, N>) {}
}

/// The image of the fixtures: numbers between −50 and 76 that no polynomial fits.
pub(crate) fn numbered(shape: &[usize]) -> ArrayD<f64> {
    let count: usize = shape.iter().product();
    let value = |k: usize| ((k * 7919 + (k * k) % 1013) % 1009) as f64 / 8.0 - 50.0;
    ArrayD::from_shape_vec(IxDyn(shape), (0..count).map(value).collect()).unwrap()
}
