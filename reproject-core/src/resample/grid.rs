//! The walk that interpolators share: over broadcast planes and output rows, with each row's positions.

use crate::{Coords, Patch, Pixel, View, Watch};
use ndarray::Axis;

/// One output row: where its pixels lie on the input, and where their values go.
pub(super) struct Row<'a, O> {
    /// Positions along every mapped axis, in array order: one slice each, of the row's length.
    pub at: &'a [&'a [f64]],
    pub data: &'a mut [O],
    pub weight: &'a mut [f64],
}

/// Calls `kernel(plane, row)` for every output row of every broadcast plane; `plane` is the offset of the plane's first
/// pixel in `src.data`. Stops early when cancelled.
pub(super) fn rows<I: Pixel, O: Pixel>(
    at: &Coords,
    src: &View<'_, I>,
    mut out: Patch<'_, O>,
    watch: &dyn Watch,
    mut kernel: impl FnMut(usize, Row<'_, O>),
) {
    let (leading, ndim) = (at.leading(), at.block.ndim());
    if at.block.is_empty() || leading == ndim {
        return;
    }
    let width = at.block.shape[ndim - 1];
    let mapped = &at.block.shape[leading..ndim - 1];
    let planes: usize = at.block.shape[..leading].iter().product();
    let mut spread = vec![vec![0.0; width]; ndim - leading];
    // Rows outside, planes inside: the positions of a row are gathered once for all planes.
    for row in 0..mapped.iter().product() {
        if watch.cancelled() {
            return;
        }
        let index = unravel(row, mapped);
        let positions = positions(at, leading, &index, width, &mut spread);
        for plane in 0..planes {
            let first = unravel(plane, &at.block.shape[..leading]);
            let offset = first.iter().zip(&src.strides).map(|(i, s)| i * s).sum();
            let (mut data, mut weight) = (out.data.view_mut(), out.weight.view_mut());
            for &i in first.iter().chain(&index) {
                data = data.index_axis_move(Axis(0), i);
                weight = weight.index_axis_move(Axis(0), i);
            }
            let (data, weight) =
                (data.into_slice().expect("rows are dense"), weight.into_slice().expect("rows are dense"));
            kernel(offset, Row { at: &positions, data, weight });
        }
    }
}

/// Output columns walked down together: neighbouring rows find the input in the cache.
pub(super) const STRIP: usize = 64;

/// Calls `kernel(row)` for every output row of the broadcast plane at `first`, in pieces of [`STRIP`] pixels. Stops early
/// when cancelled.
pub(super) fn strips<O: Pixel>(
    at: &Coords,
    first: &[usize],
    out: &mut Patch<'_, O>,
    watch: &dyn Watch,
    mut kernel: impl FnMut(Row<'_, O>),
) {
    let (leading, ndim) = (at.leading(), at.block.ndim());
    if at.block.is_empty() || leading == ndim {
        return;
    }
    let width = at.block.shape[ndim - 1];
    let mapped = &at.block.shape[leading..ndim - 1];
    let mut spread = vec![vec![0.0; width]; ndim - leading];
    for start in (0..width).step_by(STRIP) {
        let strip = start..(start + STRIP).min(width);
        for row in 0..mapped.iter().product() {
            if watch.cancelled() {
                return;
            }
            let index = unravel(row, mapped);
            let mut positions = positions(at, leading, &index, width, &mut spread);
            positions.iter_mut().for_each(|p| *p = &p[strip.clone()]);
            let (mut data, mut weight) = (out.data.view_mut(), out.weight.view_mut());
            for &i in first.iter().chain(&index) {
                data = data.index_axis_move(Axis(0), i);
                weight = weight.index_axis_move(Axis(0), i);
            }
            let data = &mut data.into_slice().expect("rows are dense")[strip.clone()];
            let weight = &mut weight.into_slice().expect("rows are dense")[strip.clone()];
            kernel(Row { at: &positions, data, weight });
        }
    }
}

/// The positions of one row along every mapped axis: the last group's as they lie, the others' spread along the row.
fn positions<'a>(
    at: &'a Coords,
    leading: usize,
    index: &[usize],
    width: usize,
    spread: &'a mut [Vec<f64>],
) -> Vec<&'a [f64]> {
    let mut rows = Vec::with_capacity(spread.len());
    let mut spread = spread.iter_mut();
    for (number, group) in at.groups.iter().enumerate() {
        let n = group.columns.len();
        let last = number + 1 == at.groups.len();
        let own = &index[group.axis - leading..(group.axis - leading + n).min(index.len())];
        let site = own.iter().zip(&group.shape).fold(0, |site, (i, size)| site * size + i);
        for k in 0..n {
            let column = &group.columns[n - 1 - k];
            let scratch = spread.next().expect("one row an axis");
            if last {
                rows.push(&column[site * width..(site + 1) * width]);
            } else {
                scratch.fill(column[site]);
                rows.push(&scratch[..]);
            }
        }
    }
    rows
}

pub(super) fn unravel(mut index: usize, shape: &[usize]) -> Vec<usize> {
    let mut at = vec![0; shape.len()];
    for k in (0..shape.len()).rev() {
        at[k] = index % shape[k];
        index /= shape[k];
    }
    at
}
