//! Output rows of all broadcast planes: filled pixel by pixel, stored plane by plane.

use super::walk::unravel;
use crate::{Coords, Patch, Pixel, View};
use ndarray::Axis;

/// The results of some output rows for every broadcast plane, and where they go.
pub(super) struct Planes<'a, O> {
    out: Patch<'a, O>,
    /// The index of every plane among the broadcast axes, and the offset of its first pixel in the source.
    index: Vec<Vec<usize>>,
    offset: Vec<usize>,
    /// Pixels held of every plane, and of every row.
    size: usize,
    width: usize,
    value: Vec<f64>,
    weight: Vec<f64>,
}

impl<'a, O: Pixel> Planes<'a, O> {
    /// Room for `rows` rows at a time.
    pub(super) fn new<I>(at: &Coords, src: &View<'_, I>, out: Patch<'a, O>, rows: usize) -> Self {
        let leading = &at.block.shape[..at.leading()];
        let index: Vec<Vec<usize>> = (0..leading.iter().product()).map(|n| unravel(n, leading)).collect();
        let offset = index.iter().map(|at| at.iter().zip(&src.strides).map(|(i, s)| i * s).sum()).collect();
        let width = at.block.shape.last().copied().unwrap_or(0);
        let (size, all) = (width * rows, width * rows * index.len());
        Planes { out, index, offset, size, width, value: vec![0.0; all], weight: vec![f64::NAN; all] }
    }

    /// The offset of every plane's first pixel in the source.
    pub(super) fn offsets(&self) -> &[usize] {
        &self.offset
    }

    /// Forgets the rows: nothing is known of any pixel.
    pub(super) fn clear(&mut self) {
        self.weight.fill(f64::NAN);
    }

    /// Sets one pixel of one plane, counted in C order over the rows held; `weight` is its coverage.
    #[inline(always)]
    pub(super) fn set(&mut self, plane: usize, pixel: usize, value: f64, weight: f64) {
        self.value[plane * self.size + pixel] = value;
        self.weight[plane * self.size + pixel] = weight;
    }

    /// Stores what is known of the rows; `first` is where they start.
    pub(super) fn store(&mut self, first: usize) {
        let Planes { out, index, size, width, value, weight, .. } = self;
        for (plane, index) in index.iter().enumerate() {
            for row in 0..*size / (*width).max(1) {
                let (mut to, mut cover) = (out.data.view_mut(), out.weight.view_mut());
                for &i in index.iter().chain([&(first + row)]) {
                    to = to.index_axis_move(Axis(0), i);
                    cover = cover.index_axis_move(Axis(0), i);
                }
                let start = plane * *size + row * *width;
                let known = value[start..start + *width].iter().zip(&weight[start..start + *width]);
                let (to, cover) =
                    (to.into_slice().expect("rows are dense"), cover.into_slice().expect("rows are dense"));
                for ((to, cover), (&value, &weight)) in to.iter_mut().zip(cover).zip(known) {
                    if weight.is_nan() {
                        continue;
                    }
                    *cover = weight;
                    *to = if value.is_nan() { O::BLANK.unwrap_or(*to) } else { O::from_f64(value) };
                }
            }
        }
    }
}
