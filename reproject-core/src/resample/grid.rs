//! The walk that interpolators share: over strips of output rows, with each row's positions, and over broadcast planes,
//! for which everything that depends on positions alone is prepared once.

use crate::{Coords, Kernel, Patch, Pixel, View, Watch, dispatch};
use ndarray::Axis;
use std::ops::Range;

/// Points handled together, and output columns walked down together: neighbouring rows find the input in the cache.
pub(super) const STRIP: usize = 64;
/// Tables prepared before the planes are visited.
const TABLES: usize = 32;

/// An interpolator, cut into what depends on positions and what depends on pixels.
pub(super) trait Interpolator<I, O> {
    /// Where up to [`STRIP`] points lie and what their pixels weigh.
    type Table: Default;
    /// Fills a table from positions: one slice for every mapped axis, in array order. `false` if no point lies on the
    /// input. To be inlined.
    fn prepare(&self, at: &[&[f64]], table: &mut Self::Table) -> bool;
    /// Computes one plane's values; `at` is as in `prepare`. To be inlined.
    fn apply(&self, table: &Self::Table, at: &[&[f64]], plane: &[I], data: &mut [O], weight: &mut [f64]);
}

/// Interpolates every broadcast plane of a block. Stops early when cancelled.
pub(super) fn walk<I: Pixel, O: Pixel, R: Interpolator<I, O>>(
    at: &Coords,
    src: &View<'_, I>,
    mut out: Patch<'_, O>,
    watch: &dyn Watch,
    how: &R,
) {
    let leading = at.leading();
    let planes: Vec<(Vec<usize>, usize)> = (0..at.block.shape[..leading].iter().product())
        .map(|plane| {
            let first = unravel(plane, &at.block.shape[..leading]);
            let offset = first.iter().zip(&src.strides).map(|(i, s)| i * s).sum();
            (first, offset)
        })
        .collect();
    let tables = if planes.len() > 1 { TABLES } else { 1 };
    let mut tables: Vec<(R::Table, bool)> = (0..tables).map(|_| Default::default()).collect();
    strips(at, watch, tables.len(), |rows| {
        for ((table, any), row) in tables.iter_mut().zip(rows) {
            *any = dispatch(Prepare { how, at: &row.at, table });
        }
        for (first, offset) in &planes {
            for ((table, any), row) in tables.iter().zip(rows) {
                if *any {
                    let (data, weight) = row.of(first, &mut out);
                    let plane = &src.data[*offset..];
                    dispatch(Apply { how, table, at: &row.at, plane, data, weight });
                }
            }
        }
    });
}

/// Calls `f` with up to `count` output rows at a time, cut into strips of [`STRIP`] columns, strip by strip.
pub(super) fn strips(at: &Coords, watch: &dyn Watch, count: usize, mut f: impl FnMut(&[Row<'_>])) {
    let (leading, ndim) = (at.leading(), at.block.ndim());
    if at.block.is_empty() || leading == ndim {
        return;
    }
    let width = at.block.shape[ndim - 1];
    let mapped = &at.block.shape[leading..ndim - 1];
    let all: usize = mapped.iter().product();
    let mut spread = vec![vec![[0.0; STRIP]; ndim - leading]; count];
    for start in (0..width).step_by(STRIP) {
        let columns = start..(start + STRIP).min(width);
        for first in (0..all).step_by(count) {
            if watch.cancelled() {
                return;
            }
            let rows = spread.iter_mut().zip(first..all).map(|(spread, row)| {
                let index = unravel(row, mapped);
                Row { at: positions(at, &index, columns.clone(), spread), index, columns: columns.clone() }
            });
            f(&rows.collect::<Vec<_>>());
        }
    }
}

/// A piece of one output row.
pub(super) struct Row<'a> {
    /// Positions along every mapped axis, in array order: one slice each, of the piece's length.
    pub(super) at: Vec<&'a [f64]>,
    /// The row, along the mapped axes but the last.
    index: Vec<usize>,
    columns: Range<usize>,
}

impl Row<'_> {
    /// The piece in the broadcast plane at `first`: values and weights.
    pub(super) fn of<'o, O>(
        &self,
        first: &[usize],
        out: &'o mut Patch<'_, O>,
    ) -> (&'o mut [O], &'o mut [f64]) {
        let (mut data, mut weight) = (out.data.view_mut(), out.weight.view_mut());
        for &i in first.iter().chain(&self.index) {
            data = data.index_axis_move(Axis(0), i);
            weight = weight.index_axis_move(Axis(0), i);
        }
        let data = data.into_slice().expect("rows are dense");
        let weight = weight.into_slice().expect("rows are dense");
        (&mut data[self.columns.clone()], &mut weight[self.columns.clone()])
    }
}

/// The positions of a piece of a row along every mapped axis: the last group's as they lie, the others' spread along it.
fn positions<'a>(
    at: &'a Coords,
    index: &[usize],
    columns: Range<usize>,
    spread: &'a mut [[f64; STRIP]],
) -> Vec<&'a [f64]> {
    let (leading, width) = (at.leading(), at.block.shape[at.block.ndim() - 1]);
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
                rows.push(&column[site * width..][columns.clone()]);
            } else {
                scratch.fill(column[site]);
                rows.push(&scratch[..columns.len()]);
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

struct Prepare<'a, I, O, R: Interpolator<I, O>> {
    how: &'a R,
    at: &'a [&'a [f64]],
    table: &'a mut R::Table,
}

impl<I, O, R: Interpolator<I, O>> Kernel for Prepare<'_, I, O, R> {
    type Output = bool;
    #[inline(always)]
    fn run(self) -> bool {
        self.how.prepare(self.at, self.table)
    }
}

struct Apply<'a, I, O, R: Interpolator<I, O>> {
    how: &'a R,
    table: &'a R::Table,
    at: &'a [&'a [f64]],
    plane: &'a [I],
    data: &'a mut [O],
    weight: &'a mut [f64],
}

impl<I, O, R: Interpolator<I, O>> Kernel for Apply<'_, I, O, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.how.apply(self.table, self.at, self.plane, self.data, self.weight);
    }
}
