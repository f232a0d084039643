//! One output row of all broadcast planes: filled pixel by pixel, stored plane by plane.

use crate::{Coords, Patch, Pixel, View};
use ndarray::Axis;

/// The results of one output row for every broadcast plane, and where they go.
pub(super) struct Planes<'a, O> {
    out: Patch<'a, O>,
    /// The index of every plane among the broadcast axes, and the offset of its first pixel in the source.
    index: Vec<Vec<usize>>,
    offset: Vec<usize>,
    width: usize,
    value: Vec<f64>,
    weight: Vec<f64>,
}

impl<'a, O: Pixel> Planes<'a, O> {
    pub(super) fn new<I>(at: &Coords, src: &View<'_, I>, out: Patch<'a, O>) -> Self {
        let leading = &at.block.shape[..at.leading()];
        let index: Vec<Vec<usize>> = (0..leading.iter().product()).map(|n| unravel(n, leading)).collect();
        let offset = index.iter().map(|at| at.iter().zip(&src.strides).map(|(i, s)| i * s).sum()).collect();
        let width = at.block.shape.last().copied().unwrap_or(0);
        let size = width * index.len();
        Planes { out, index, offset, width, value: vec![0.0; size], weight: vec![0.0; size] }
    }

    /// The offset of every plane's first pixel in the source.
    pub(super) fn offsets(&self) -> &[usize] {
        &self.offset
    }

    /// Forgets the row: nothing is known of any pixel.
    pub(super) fn clear(&mut self) {
        self.weight.fill(f64::NAN);
    }

    /// Sets one pixel of one plane; `weight` is its coverage.
    #[inline(always)]
    pub(super) fn set(&mut self, plane: usize, column: usize, value: f64, weight: f64) {
        self.value[plane * self.width + column] = value;
        self.weight[plane * self.width + column] = weight;
    }

    /// Stores what is known of the row.
    pub(super) fn store(&mut self, row: usize) {
        for (plane, index) in self.index.iter().enumerate() {
            let (mut data, mut weight) = (self.out.data.view_mut(), self.out.weight.view_mut());
            for &i in index.iter().chain([&row]) {
                data = data.index_axis_move(Axis(0), i);
                weight = weight.index_axis_move(Axis(0), i);
            }
            let here = plane * self.width..(plane + 1) * self.width;
            let known = self.value[here.clone()].iter().zip(&self.weight[here]);
            for ((data, weight), (&value, &known)) in data.iter_mut().zip(weight.iter_mut()).zip(known) {
                if known.is_nan() {
                    continue;
                }
                *weight = known;
                if value.is_nan() {
                    *data = O::BLANK.unwrap_or(*data);
                } else {
                    *data = O::from_f64(value);
                }
            }
        }
    }
}

fn unravel(mut index: usize, shape: &[usize]) -> Vec<usize> {
    let mut at = vec![0; shape.len()];
    for k in (0..shape.len()).rev() {
        at[k] = index % shape[k];
        index /= shape[k];
    }
    at
}
