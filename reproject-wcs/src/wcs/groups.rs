//! From intermediate to world coordinates, one group of axes at a time: linear axes, celestial pairs,
//! and the others.

use super::{SingleAxis, Tabular};
use crate::native::Native;
use crate::sky::lonlat;
use crate::stages::{self, Stage};
use reproject_core::{Mat3, Points, Projection};
use serde::{Deserialize, Serialize};

/// World axes that belong together, and what turns their rows of the linear part into world values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Group {
    /// world = CRVAL + CDELT · q.
    Linear { axis: usize, scale: f64, value: f64 },
    /// A spectral or logarithmic axis.
    Single(SingleAxis),
    /// Axes that share a coordinate table.
    Tabular(Box<Tabular>),
    /// A celestial pair.
    Celestial(Box<CelestialPair>),
}

/// A celestial pair among other axes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CelestialPair {
    /// World axes of longitude and latitude.
    pub(crate) axes: [usize; 2],
    /// From their rows to the native plane in radians.
    pub(crate) plane: Vec<Stage>,
    /// And back.
    pub(crate) back: Vec<Stage>,
    /// Stages in the place of `plane` and `back`, from the first two rows of all: as WCSLIB reads TPV among other axes.
    pub(crate) first_rows: Option<[Vec<Stage>; 2]>,
    pub(crate) native: Native,
    pub(crate) rotation: Mat3,
    /// Whether longitudes are written as [0, 360).
    pub(crate) positive: bool,
}

impl Group {
    /// The world axes in it.
    pub(crate) fn axes(&self) -> &[usize] {
        match self {
            Group::Linear { axis, .. } => std::slice::from_ref(axis),
            Group::Single(single) => std::slice::from_ref(&single.axis),
            Group::Tabular(tabular) => &tabular.axes,
            Group::Celestial(pair) => &pair.axes,
        }
    }

    /// The same, to be renumbered in their order.
    pub(crate) fn axes_mut(&mut self) -> &mut [usize] {
        match self {
            Group::Linear { axis, .. } => std::slice::from_mut(axis),
            Group::Single(single) => std::slice::from_mut(&mut single.axis),
            Group::Tabular(tabular) => &mut tabular.axes,
            Group::Celestial(pair) => &mut pair.axes,
        }
    }

    /// Makes a pair use its own rows: for maps from pixel to pixel, which have to lead back.
    pub(crate) fn keep_to_own_rows(&mut self) {
        if let Group::Celestial(pair) = self {
            pair.first_rows = None;
        }
    }

    /// Intermediate rows to world values, in place. Columns are the axes.
    pub(crate) fn forward(&self, columns: &mut [Vec<f64>]) {
        match self {
            Group::Linear { axis, scale, value } => {
                columns[*axis].iter_mut().for_each(|v| *v = *v * scale + value);
            }
            Group::Single(single) => single.forward(columns),
            Group::Tabular(tabular) => tabular.forward(columns),
            Group::Celestial(pair) => pair.forward(columns),
        }
    }

    /// The converse.
    pub(crate) fn inverse(&self, columns: &mut [Vec<f64>]) {
        match self {
            Group::Linear { axis, scale, value } => {
                columns[*axis].iter_mut().for_each(|v| *v = (*v - value) / scale);
            }
            Group::Single(single) => single.inverse(columns),
            Group::Tabular(tabular) => tabular.inverse(columns),
            Group::Celestial(pair) => pair.inverse(columns),
        }
    }
}

impl CelestialPair {
    fn forward(&self, columns: &mut [Vec<f64>]) {
        if self.first_rows.is_some() {
            // The rows that count are read before the pair's own are written.
            let rows = [columns[0].clone(), columns[1].clone()];
            for (axis, row) in self.axes.into_iter().zip(rows) {
                columns[axis] = row;
            }
        }
        let plane = self.first_rows.as_ref().map_or(&self.plane, |[plane, _]| plane);
        Points::new(two(columns, self.axes)).with_third(|batch| {
            plane.iter().for_each(|stage| stage.run(batch));
            self.native.lift(batch);
            reproject_core::each!(batch, |v| self.rotation * v);
            lonlat::degrees(batch, self.positive);
        });
    }

    fn inverse(&self, columns: &mut [Vec<f64>]) {
        let back = self.rotation.transpose();
        let mut points = Points::new(two(columns, self.axes));
        points.with_third(|batch| {
            lonlat::vectors(batch);
            reproject_core::each!(batch, |v| back * v);
            self.native.project(batch);
        });
        match &self.first_rows {
            None => stages::run(&self.back, &mut points),
            Some(stages) => self.retrace(columns, stages),
        }
    }

    /// The way back where it is the first two rows that make the plane: those of other axes are known and must agree; a row of the
    /// pair beyond the second has no say in the position, and is that of CRPIX.
    fn retrace(&self, columns: &mut [Vec<f64>], [plane, back]: &[Vec<Stage>; 2]) {
        let [x, y] = self.axes.map(|axis| columns[axis].clone());
        let (mut first, mut second) = (x.clone(), y.clone());
        stages::run(back, &mut Points::new([&mut first, &mut second]));
        for (axis, row) in [&mut first, &mut second].into_iter().enumerate() {
            if !self.axes.contains(&axis) {
                row.clone_from(&columns[axis]);
            }
        }
        let (mut u, mut v) = (first.clone(), second.clone());
        stages::run(plane, &mut Points::new([&mut u, &mut v]));
        for axis in self.axes {
            let row = [&first, &second].get(axis).copied();
            for (k, value) in columns[axis].iter_mut().enumerate() {
                let off = (u[k] - x[k]).abs() + (v[k] - y[k]).abs();
                let reached = off <= REACHED * (1.0 + x[k].abs() + y[k].abs());
                *value = if reached { row.map_or(0.0, |row| row[k]) } else { f64::NAN };
            }
        }
    }
}

/// How near to a position the rows of a root come, in radians: 6e-10 degrees.
const REACHED: f64 = 1e-11;

/// The columns of two axes.
fn two(columns: &mut [Vec<f64>], axes: [usize; 2]) -> [&mut [f64]; 2] {
    let (low, high) = (axes[0].min(axes[1]), axes[0].max(axes[1]));
    let (head, tail) = columns.split_at_mut(high);
    let mut pair: [&mut [f64]; 2] = [&mut head[low], &mut tail[0]];
    if axes[0] > axes[1] {
        pair.reverse();
    }
    pair
}
