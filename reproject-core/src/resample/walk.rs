//! The walk that interpolators share: over strips of output rows, with each row's positions, and over broadcast planes,
//! for which everything that depends on positions alone is prepared once.

use crate::{
    Coords, Kernel, Patch, Pixel, View, Watch, dispatch,
    simd::{prefetch, prefetch_all},
};
use ndarray::{ArrayViewMutD, Ix2};
use std::marker::PhantomData;

/// Points handled together, and output columns walked down together: neighbouring rows find the input in the cache.
pub(super) const STRIP: usize = 64;
/// Tables prepared before the planes are visited: for one plane just so many that its pixels arrive meanwhile.
const TABLES: [usize; 2] = [8, 32];

/// An interpolator, cut into what depends on positions and what depends on pixels. Both are to be inlined.
pub(super) trait Interpolator<I, O> {
    /// Where up to [`STRIP`] points lie and what their pixels weigh.
    type Table: Default;
    /// Fills a table from positions. `false` if no point lies on the input.
    fn prepare(&self, at: &Row<'_>, table: &mut Self::Table) -> bool;
    /// The elements that `apply` will begin at, to be fetched into the cache ahead of it.
    fn elements<'t>(&self, _table: &'t Self::Table) -> &'t [usize] {
        &[]
    }
    /// Computes one plane's values; `at` is as in `prepare`.
    fn apply(&self, table: &Self::Table, at: &Row<'_>, plane: &[I], data: &mut [O], weight: &mut [f64]);
}

/// Interpolates every broadcast plane of a block. Stops early when cancelled.
pub(super) fn walk<I: Pixel, O: Pixel, R: Interpolator<I, O>>(
    at: &Coords,
    src: &View<'_, I>,
    out: Patch<'_, O>,
    watch: &dyn Watch,
    how: &R,
) {
    let planes = planes(at, src);
    let walk = Walk::new(at);
    let mut out = Rows::new(out, walk.rows);
    let mut tables: Vec<(R::Table, bool)> = Vec::new();
    tables.resize_with(TABLES[usize::from(planes.len() > 1)], Default::default);
    walk.strips(watch, tables.len(), |rows| {
        for ((table, any), at) in tables.iter_mut().zip(rows) {
            *any = dispatch(Prepare { how, at, table, types: PhantomData::<fn(I) -> O> });
        }
        for (number, offset) in planes.iter().enumerate() {
            let plane = &src.data[*offset..];
            tables.iter().filter(|(_, any)| *any).for_each(|(table, _)| prefetch(plane, how.elements(table)));
            for ((table, _), at) in tables.iter().zip(rows).filter(|((_, any), _)| *any) {
                let (data, weight) = out.of(number, at);
                dispatch(Apply { how, table, at, plane, data, weight });
            }
        }
    });
}

/// Where the first pixel of every broadcast plane lies in the view.
pub(super) fn planes<I: Pixel>(at: &Coords, src: &View<'_, I>) -> Vec<usize> {
    let shape = &at.block.shape[..at.leading()];
    let offset = |plane| unravel(plane, shape).iter().zip(&src.strides).map(|(i, s)| i * s).sum();
    (0..shape.iter().product()).map(offset).collect()
}

/// The rows of a patch: planes one after another.
pub(super) struct Rows<'a, O> {
    data: Vec<&'a mut [O]>,
    weight: Vec<&'a mut [f64]>,
    rows: usize,
}

impl<'a, O> Rows<'a, O> {
    /// The rows of a patch that has `rows` of them in every plane.
    pub(super) fn new(out: Patch<'a, O>, rows: usize) -> Self {
        fn cut<'a, T>(array: ArrayViewMutD<'a, T>) -> Vec<&'a mut [T]> {
            let mut parts = vec![array];
            while parts.first().is_some_and(|part| part.ndim() > 2) {
                parts = parts.into_iter().flat_map(ArrayViewMutD::into_outer_iter_mut).collect();
            }
            let dense = "rows are dense";
            let image = |part: ArrayViewMutD<'a, T>| match part.into_dimensionality::<Ix2>() {
                Ok(image) => image.into_outer_iter_mut().map(|row| row.into_slice().expect(dense)).collect(),
                Err(_) => Vec::new(),
            };
            if parts.first().is_some_and(|part| part.ndim() == 2) {
                return parts.into_iter().flat_map(image).collect();
            }
            parts.into_iter().map(|part| part.into_slice().expect(dense)).collect()
        }
        Self { data: cut(out.data), weight: cut(out.weight), rows }
    }

    /// A piece of a row of a plane: values and weights.
    pub(super) fn of(&mut self, plane: usize, row: &Row<'_>) -> (&mut [O], &mut [f64]) {
        let (number, columns) = (plane * self.rows + row.row, row.start..row.start + row.len);
        (&mut self.data[number][columns.clone()], &mut self.weight[number][columns])
    }

    /// Asks for the memory of pieces of rows that are soon to be written: stores wait in line behind the first that misses.
    pub(super) fn fetch(&self, plane: usize, rows: &[Row<'_>]) {
        for row in rows {
            let (number, columns) = (plane * self.rows + row.row, row.start..row.start + row.len);
            prefetch_all(&self.data[number][columns.clone()]);
            prefetch_all(&self.weight[number][columns]);
        }
    }
}

/// The positions of a block, by rows of the output.
pub(super) struct Walk<'a> {
    /// For every mapped axis, in array order: its positions, and its group's number.
    columns: Vec<(&'a [f64], usize)>,
    /// For every group: the site of every row's first point.
    sites: Vec<Vec<usize>>,
    /// Rows of a plane.
    pub(super) rows: usize,
    width: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(at: &'a Coords) -> Self {
        let (leading, ndim) = (at.leading(), at.block.ndim());
        if at.block.is_empty() || leading == ndim {
            return Self { columns: Vec::new(), sites: Vec::new(), rows: 0, width: 0 };
        }
        let width = at.block.shape[ndim - 1];
        let mapped = &at.block.shape[leading..ndim - 1];
        let rows = mapped.iter().product();
        let (mut columns, mut sites) = (Vec::new(), Vec::new());
        for (number, group) in at.groups.iter().enumerate() {
            let n = group.columns.len();
            columns.extend(group.columns.iter().rev().map(|column| (&column[..], number)));
            let axes = group.axis - leading..(group.axis - leading + n).min(mapped.len());
            let along = if number + 1 == at.groups.len() { width } else { 1 };
            let (size, inner): (usize, usize) =
                (mapped[axes.clone()].iter().product(), mapped[axes.end..].iter().product());
            let site = |row: usize| row / inner.max(1) % size.max(1) * along;
            sites.push((0..rows).map(site).collect());
        }
        Self { columns, sites, rows, width }
    }

    /// Calls `f` with up to `count` rows at a time, cut into strips of [`STRIP`] columns, strip by strip.
    pub(super) fn strips(&self, watch: &dyn Watch, count: usize, mut f: impl FnMut(&[Row<'_>])) {
        let mut rows = Vec::with_capacity(count);
        for start in (0..self.width).step_by(STRIP) {
            let len = STRIP.min(self.width - start);
            for first in (0..self.rows).step_by(count) {
                if watch.cancelled() {
                    return;
                }
                rows.clear();
                let last = (first + count).min(self.rows);
                rows.extend((first..last).map(|row| Row { walk: self, row, start, len }));
                f(&rows);
            }
        }
    }
}

/// A piece of one output row.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    walk: &'a Walk<'a>,
    row: usize,
    start: usize,
    /// The number of points.
    pub(super) len: usize,
}

impl Row<'_> {
    /// The positions along a mapped axis (in array order), in `spare` where they do not lie side by side; NaN beyond the
    /// last point.
    #[inline(always)]
    pub(super) fn along<'a>(&'a self, axis: usize, spare: &'a mut [f64; STRIP]) -> &'a [f64; STRIP] {
        let (column, group) = self.walk.columns[axis];
        let site = self.walk.sites[group][self.row];
        if group + 1 == self.walk.sites.len() {
            let positions = &column[site + self.start..][..self.len];
            if let Ok(all) = <&[f64; STRIP]>::try_from(positions) {
                return all;
            }
            *spare = [f64::NAN; STRIP];
            spare[..self.len].copy_from_slice(positions);
        } else {
            *spare = [column[site]; STRIP];
            spare[self.len..].fill(f64::NAN);
        }
        spare
    }

    /// Asks for the positions of the same columns some rows further down.
    #[inline(always)]
    pub(super) fn fetch_below(&self, rows: usize) {
        for &(column, group) in &self.walk.columns {
            if let Some(&site) = self.walk.sites[group].get(self.row + rows) {
                prefetch_all(column.get(site + self.start..site + self.start + self.len).unwrap_or_default());
            }
        }
    }

    /// The position of point `i` along a mapped axis.
    pub(super) fn get(&self, axis: usize, i: usize) -> f64 {
        let (column, group) = self.walk.columns[axis];
        let site = self.walk.sites[group][self.row];
        column[if group + 1 == self.walk.sites.len() { site + self.start + i } else { site }]
    }
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
    at: &'a Row<'a>,
    table: &'a mut R::Table,
    types: PhantomData<fn(I) -> O>,
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
    at: &'a Row<'a>,
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
