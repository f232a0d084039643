//! The linear part of a coordinate system as a value: one matrix, its origin and its inverse.

use serde::{Deserialize, Serialize};

/// q = matrix · (p − origin) of N axes; CDELT is kept apart because some distortions stand between the two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Linear {
    /// CRPIX, 0-based.
    pub(crate) origin: Vec<f64>,
    /// PC or CD, row by row.
    pub(crate) matrix: Vec<f64>,
    /// CDELT; ones where there is CD.
    pub(crate) scale: Vec<f64>,
    /// The inverse of `matrix`; `None` where it is singular: pixels then have a place in the world but no way back.
    pub(crate) inverse: Option<Vec<f64>>,
}

impl Linear {
    pub(crate) fn axes(&self) -> usize {
        self.origin.len()
    }

    /// The element of world axis `i` and pixel axis `j`.
    pub(crate) fn at(&self, i: usize, j: usize) -> f64 {
        self.matrix[i * self.axes() + j]
    }
}
