//! -TAB: world coordinates by interpolation in a table (paper III §6).
//!
//! A table of M axes holds M coordinates at each of K₁ × … × K_M places. The intermediate coordinates ψ_m of M header axes,
//! CRVAL included, are looked up in index vectors (or are the index themselves), which gives the places Υ_m, counted from 1;
//! between places the coordinates are interpolated linearly along every axis, and half a cell beyond either end.

mod search;

use reproject_core::{Error, Points, Result, Transform, sides};
use search::Tree;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The most axes a table may couple: 2^M neighbours enter every point.
const MOST: usize = 6;

/// A coordinate table: `forward` takes ψ to world coordinates, `inverse` world coordinates to ψ, both with one column for each
/// axis of the table in its order. NaN beyond the half cell at either end, and for worlds that the table does not hold.
///
/// Where several cells hold a world, the first one in the order of the table counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Table {
    /// Held once, however many headers share it.
    parts: Arc<Parts>,
    tree: Arc<Tree>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Parts {
    /// K_m, first axis first.
    lengths: Vec<usize>,
    /// The coordinate array: M coordinates a place, first axis fastest.
    coordinates: Vec<f64>,
    /// Ψ_m; none where ψ_m is the index itself.
    index: Vec<Option<Vec<f64>>>,
}

impl From<Table> for Parts {
    fn from(table: Table) -> Parts {
        Arc::unwrap_or_clone(table.parts)
    }
}

impl TryFrom<Parts> for Table {
    type Error = Error;
    fn try_from(parts: Parts) -> Result<Table> {
        Table::new(parts.lengths, parts.coordinates, parts.index)
    }
}

impl Table {
    /// A table of the axis lengths K₁ … K_M, whose array has M coordinates a place, the first axis fastest (the order in which
    /// FITS stores a cell of TDIM (M, K₁, …, K_M)), and one index vector of K_m values or none for each axis.
    ///
    /// # Errors
    /// If the array does not have M · K₁ ⋯ K_M values, or an index vector is of another length than its axis or not
    /// monotonic.
    pub fn new(lengths: Vec<usize>, coordinates: Vec<f64>, index: Vec<Option<Vec<f64>>>) -> Result<Table> {
        let fail = |why: String| Err(Error::invalid("coordinate table", why));
        let m = lengths.len();
        if !(1..=MOST).contains(&m) {
            return fail(format!("{m} axes; a table has 1 to {MOST}"));
        }
        let places = lengths.iter().try_fold(1usize, |n, &k| n.checked_mul(k)).unwrap_or(0);
        if places == 0 || places.checked_mul(m) != Some(coordinates.len()) {
            let found = coordinates.len();
            return fail(format!(
                "{m} coordinates at each of {} places are needed; the array has {found} values",
                sides(&lengths)
            ));
        }
        if index.len() != m {
            return fail(format!("{} index vectors for {m} axes; give one, or none, for each", index.len()));
        }
        for (axis, (vector, &k)) in index.iter().zip(&lengths).enumerate() {
            let Some(vector) = vector else { continue };
            if vector.len() != k {
                let found = vector.len();
                return fail(format!(
                    "the index vector of axis {} has {found} values for {k} places",
                    axis + 1
                ));
            }
            let rising = vector.windows(2).all(|w| w[0] <= w[1]);
            let falling = vector.windows(2).all(|w| w[0] >= w[1]);
            let flat = k > 1 && vector[0] == vector[k - 1];
            if !(rising || falling) || flat || !vector.iter().all(|v| v.is_finite()) {
                return fail(format!("the index vector of axis {} is not monotonic", axis + 1));
            }
        }
        let parts = Parts { lengths, coordinates, index };
        let tree = Tree::new(&parts);
        Ok(Table { parts: Arc::new(parts), tree: Arc::new(tree) })
    }

    /// Bytes of memory that it takes.
    pub(crate) fn held(&self) -> usize {
        let index = self.parts.index.iter().flatten().map(Vec::len).sum::<usize>();
        size_of::<f64>() * (self.parts.coordinates.len() + index) + self.tree.held()
    }

    /// M, the number of axes that the table couples.
    pub fn axes(&self) -> usize {
        self.parts.lengths.len()
    }

    /// ψ to world coordinates in place, one column an axis. Columns of another number than [`axes`](Table::axes) become NaN.
    pub fn forward(&self, columns: &mut [&mut [f64]]) {
        self.each(columns, |point| {
            let mut place = [0.0; MOST];
            for axis in 0..point.len() {
                place[axis] = self.parts.place(axis, point[axis]);
            }
            if place[..point.len()].iter().any(|p| p.is_nan()) {
                return point.fill(f64::NAN);
            }
            let (cell, fraction) = self.parts.cell(&place);
            self.parts.interpolate(&cell, &fraction, point);
        });
    }

    /// World coordinates to ψ in place; the converse of [`forward`](Table::forward).
    pub fn inverse(&self, columns: &mut [&mut [f64]]) {
        self.each(columns, |point| match self.tree.find(&self.parts, point) {
            Some(place) => {
                for axis in 0..point.len() {
                    point[axis] = self.parts.psi(axis, place[axis]);
                }
            }
            None => point.fill(f64::NAN),
        });
    }

    fn each(&self, columns: &mut [&mut [f64]], f: impl Fn(&mut [f64])) {
        let m = self.axes();
        if columns.len() != m {
            return columns.iter_mut().for_each(|column| column.fill(f64::NAN));
        }
        let length = columns.iter().map(|c| c.len()).min().unwrap_or(0);
        let mut point = [0.0; MOST];
        for k in 0..length {
            (0..m).for_each(|axis| point[axis] = columns[axis][k]);
            f(&mut point[..m]);
            (0..m).for_each(|axis| columns[axis][k] = point[axis]);
        }
    }
}

/// For `N` = [`axes`](Table::axes); with another number of axes there is no point.
impl<const N: usize> Transform<N> for Table {
    fn forward(&self, points: &mut Points<'_, N>) {
        Table::forward(self, &mut points.axes());
    }
    fn inverse(&self, points: &mut Points<'_, N>) {
        Table::inverse(self, &mut points.axes());
    }
}

impl Parts {
    /// Υ − 1, the place counted from 0, of ψ along `axis`; NaN more than half a cell beyond the ends.
    fn place(&self, axis: usize, psi: f64) -> f64 {
        let last = (self.lengths[axis] - 1) as f64;
        let place = match &self.index[axis] {
            None => psi - 1.0,
            Some(vector) if vector.len() == 1 => psi - vector[0],
            Some(vector) => {
                let cell = self.index_cell(vector, psi);
                cell as f64 + (psi - vector[cell]) / (vector[cell + 1] - vector[cell])
            }
        };
        if (-0.5..=last + 0.5).contains(&place) { place } else { f64::NAN }
    }

    /// ψ of a place counted from 0. Along an axis of one place there is only that.
    fn psi(&self, axis: usize, place: f64) -> f64 {
        match &self.index[axis] {
            None => place + 1.0,
            Some(vector) if vector.len() == 1 => vector[0] + place,
            Some(vector) => {
                let cell = place.clamp(0.0, (vector.len() - 2) as f64) as usize;
                vector[cell] + (place - cell as f64) * (vector[cell + 1] - vector[cell])
            }
        }
    }

    /// The interval of a monotonic vector that holds `psi`, or the outermost one; never one of no width. Of a repeated value
    /// the first counts.
    fn index_cell(&self, vector: &[f64], psi: f64) -> usize {
        let rising = vector[0] < vector[vector.len() - 1];
        let after = vector.partition_point(|&v| if rising { v < psi } else { v > psi });
        let mut cell = after.clamp(1, vector.len() - 1) - 1;
        while cell > 0 && vector[cell] == vector[cell + 1] {
            cell -= 1;
        }
        while vector[cell] == vector[cell + 1] {
            cell += 1;
        }
        cell
    }

    /// The cell that a place lies in or is extrapolated from, and where in it.
    fn cell(&self, place: &[f64; MOST]) -> ([usize; MOST], [f64; MOST]) {
        let (mut cell, mut fraction) = ([0; MOST], [0.0; MOST]);
        for (axis, &length) in self.lengths.iter().enumerate() {
            if length > 1 {
                cell[axis] = place[axis].clamp(0.0, (length - 2) as f64) as usize;
                fraction[axis] = place[axis] - cell[axis] as f64;
            }
        }
        (cell, fraction)
    }

    /// The weight of every corner of a cell that has one, and where its coordinates start.
    fn corners(&self, cell: &[usize; MOST], mut visit: impl FnMut(usize, usize)) {
        let m = self.lengths.len();
        'corner: for corner in 0..1usize << m {
            let (mut at, mut stride) = (0, m);
            for axis in 0..m {
                let up = corner >> axis & 1;
                if up == 1 && self.lengths[axis] == 1 {
                    continue 'corner;
                }
                at += stride * (cell[axis] + up);
                stride *= self.lengths[axis];
            }
            visit(corner, at);
        }
    }

    /// Multilinear interpolation; corners of no weight do not count, even if they are NaN.
    fn interpolate(&self, cell: &[usize; MOST], fraction: &[f64; MOST], out: &mut [f64]) {
        out.fill(0.0);
        self.corners(cell, |corner, at| {
            let mut weight = 1.0;
            for axis in 0..out.len() {
                weight *= if corner >> axis & 1 == 1 { fraction[axis] } else { 1.0 - fraction[axis] };
            }
            if weight != 0.0 {
                for (sum, value) in out.iter_mut().zip(&self.coordinates[at..]) {
                    *sum += weight * value;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(table: &Table, mut psi: Vec<f64>, inverse: bool) -> Vec<f64> {
        if inverse {
            table.inverse(&mut [&mut psi])
        } else {
            table.forward(&mut [&mut psi])
        }
        psi
    }

    #[test]
    fn half_a_cell_beyond_the_ends_and_no_further() {
        let table = Table::new(vec![3], vec![1.0, 2.0, 4.0], vec![None]).unwrap();
        let world = run(&table, vec![0.5, 0.49, 1.0, 1.5, 2.25, 3.0, 3.5, 3.51, f64::NAN], false);
        let expected = [0.5, f64::NAN, 1.0, 1.5, 2.5, 4.0, 5.0, f64::NAN, f64::NAN];
        assert!(world.iter().zip(expected).all(|(a, b)| *a == b || a.is_nan() && b.is_nan()), "{world:?}");
        let back = run(&table, world, true);
        let expected = [0.5, f64::NAN, 1.0, 1.5, 2.25, 3.0, 3.5, f64::NAN, f64::NAN];
        assert!(
            back.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15 || a.is_nan() && b.is_nan()),
            "{back:?}"
        );
    }

    #[test]
    fn index_vectors_rise_fall_and_repeat() {
        for index in [vec![10.0, 20.0, 20.0, 40.0], vec![40.0, 20.0, 20.0, 10.0]] {
            let table = Table::new(vec![4], vec![1.0, 2.0, 3.0, 4.0], vec![Some(index.clone())]).unwrap();
            let psi =
                vec![index[0], index[3], (index[0] + index[1]) / 2.0, index[0] + (index[0] - index[1]) / 2.0];
            assert_eq!(run(&table, psi.clone(), false), [1.0, 4.0, 1.5, 0.5]);
            assert_eq!(run(&table, vec![1.0, 4.0, 1.5, 0.5], true), psi);
            assert!(run(&table, vec![60.0, 0.0], false).iter().all(|v| v.is_nan()));
        }
    }

    #[test]
    fn one_place_is_a_constant() {
        let table = Table::new(vec![1], vec![7.0], vec![None]).unwrap();
        assert_eq!(run(&table, vec![0.6, 1.0, 1.5], false), [7.0; 3]);
        assert!(run(&table, vec![1.6], false)[0].is_nan());
        let back = run(&table, vec![7.0, 7.1], true);
        assert!(back[0] == 1.0 && back[1].is_nan());
        let table = Table::new(vec![1], vec![7.0], vec![Some(vec![30.0])]).unwrap();
        assert_eq!(run(&table, vec![30.25], false), [7.0]);
        assert_eq!(run(&table, vec![7.0], true), [30.0]);
    }

    #[test]
    fn arrays_of_the_wrong_size_are_refused() {
        let bad = [
            Table::new(vec![], vec![], vec![]),
            Table::new(vec![2], vec![1.0], vec![None]),
            Table::new(vec![2, 0], vec![], vec![None, None]),
            Table::new(vec![usize::MAX, 2], vec![1.0], vec![None, None]),
            Table::new(vec![2], vec![1.0, 2.0], vec![]),
            Table::new(vec![2], vec![1.0, 2.0], vec![Some(vec![1.0])]),
            Table::new(vec![3], vec![1.0, 2.0, 3.0], vec![Some(vec![1.0, 3.0, 2.0])]),
            Table::new(vec![2], vec![1.0, 2.0], vec![Some(vec![1.0, 1.0])]),
            Table::new(vec![2], vec![1.0, 2.0], vec![Some(vec![1.0, f64::NAN])]),
        ];
        assert!(bad.iter().all(|table| table.is_err()));
    }

    #[test]
    fn columns_of_another_number_have_no_point() {
        let table = Table::new(vec![2], vec![1.0, 2.0], vec![None]).unwrap();
        let (mut x, mut y) = ([1.0], [1.0]);
        Transform::<2>::forward(&table, &mut Points::new([&mut x, &mut y]));
        assert!(x[0].is_nan() && y[0].is_nan());
    }
}
