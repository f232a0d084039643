//! World axes that are not celestial: logarithmic, spectral (paper III) and tabular ones (paper III §6), as maps of whole
//! columns.

use crate::spectral::{self, Convention, Spectral};
use crate::tab::Table;
use reproject_core::{Points, Transform};
use serde::{Deserialize, Serialize};

/// One world axis that depends on its own row of the linear part alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SingleAxis {
    pub(crate) axis: usize,
    /// CDELT, times the unit in SI on a spectral axis.
    pub(crate) scale: f64,
    pub(crate) law: Law,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Law {
    Log { value: f64 },
    Spectral(Spectral),
}

/// World axes that share a coordinate table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tabular {
    /// The world axis of every axis of the table.
    pub(crate) axes: Vec<usize>,
    /// ψ = value + scale · q for each of them.
    pub(crate) scale: Vec<f64>,
    pub(crate) value: Vec<f64>,
    pub(crate) table: Table,
}

/// The meaning of the values of the spectral axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SpectralAxis {
    /// The world axis, counted from 0.
    pub(crate) axis: usize,
    pub(crate) convention: Convention,
    /// SI units in one unit of its world values: 1 but for tables, whose values are in CUNIT.
    pub(crate) unit: f64,
}

impl SingleAxis {
    /// The row of the linear part to world values, in place. Columns are the axes.
    pub(crate) fn forward(&self, columns: &mut [Vec<f64>]) {
        let column = &mut columns[self.axis];
        column.iter_mut().for_each(|v| *v *= self.scale);
        match &self.law {
            Law::Log { value } => column.iter_mut().for_each(|v| *v = spectral::log_forward(*value, *v)),
            Law::Spectral(spectral) => spectral.forward(&mut Points::new([column])),
        }
    }

    /// The converse.
    pub(crate) fn inverse(&self, columns: &mut [Vec<f64>]) {
        let column = &mut columns[self.axis];
        match &self.law {
            Law::Log { value } => column.iter_mut().for_each(|v| *v = spectral::log_inverse(*value, *v)),
            Law::Spectral(spectral) => spectral.inverse(&mut Points::new([column])),
        }
        column.iter_mut().for_each(|v| *v /= self.scale);
    }
}

impl Tabular {
    /// The rows of the linear part to world values, in place. Columns are the axes.
    pub(crate) fn forward(&self, columns: &mut [Vec<f64>]) {
        for (k, &axis) in self.axes.iter().enumerate() {
            columns[axis].iter_mut().for_each(|v| *v = self.value[k] + self.scale[k] * *v);
        }
        self.lend(columns, |own| self.table.forward(own));
    }

    /// The converse.
    pub(crate) fn inverse(&self, columns: &mut [Vec<f64>]) {
        self.lend(columns, |own| self.table.inverse(own));
        for (k, &axis) in self.axes.iter().enumerate() {
            columns[axis].iter_mut().for_each(|v| *v = (*v - self.value[k]) / self.scale[k]);
        }
    }

    /// Hands the columns of the table's axes to `f` in the order of the table.
    fn lend(&self, columns: &mut [Vec<f64>], f: impl FnOnce(&mut [&mut [f64]])) {
        let mut taken: Vec<Vec<f64>> =
            self.axes.iter().map(|&axis| std::mem::take(&mut columns[axis])).collect();
        f(&mut taken.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
        for (&axis, column) in self.axes.iter().zip(taken) {
            columns[axis] = column;
        }
    }
}
