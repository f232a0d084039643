//! Parts that a header may need from the other HDUs of its file: look-up images and coordinate tables.

use serde::{Deserialize, Serialize};

use super::Keywords;

/// A look-up image: values with x fastest, and the cards of its header.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableImage {
    /// Lengths in FITS order.
    pub shape: Vec<usize>,
    /// The pixels, first axis fastest.
    pub data: Vec<f64>,
    /// The header of the HDU.
    pub header: Keywords,
}

/// A cell of a binary table: an array with its first axis fastest, as TDIM tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableColumn {
    /// Lengths in the order of TDIM.
    pub shape: Vec<usize>,
    /// The values, first axis fastest.
    pub data: Vec<f64>,
    /// TUNIT.
    pub unit: String,
}

/// A source of look-up images and coordinate tables: the other HDUs of the file. `()` is a file that has none.
pub trait Tables {
    /// The image extension of this name and version.
    fn image(&self, extname: &str, extver: i64) -> Option<TableImage>;
    /// The first row of a column of a binary table.
    fn column(&self, extname: &str, extver: i64, extlevel: i64, column: &str) -> Option<TableColumn>;
}

impl Tables for () {
    fn image(&self, _: &str, _: i64) -> Option<TableImage> {
        None
    }
    fn column(&self, _: &str, _: i64, _: i64, _: &str) -> Option<TableColumn> {
        None
    }
}
