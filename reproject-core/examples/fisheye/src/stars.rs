//! A source of its own: an artificial night sky, computed window by window. With the two derives it travels as a few numbers.

use ndarray::ArrayViewMutD;
use reproject_core::{ArraySource, Error, Region, Result};
use serde::{Deserialize, Serialize};

/// One pixel in fifty or so holds a star of brightness up to 100, the others a background of 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stars {
    /// Rows and columns.
    pub shape: [usize; 2],
    /// Another number, another sky.
    pub seed: u32,
}

impl Stars {
    /// A pixel depends on nothing but its place (a multiplicative hash; Knuth, TAOCP 3, section 6.4).
    fn pixel(&self, row: usize, column: usize) -> f32 {
        let mixed = (row * self.shape[1] + column) as u32 ^ self.seed;
        let hash = mixed.wrapping_mul(2_654_435_769);
        if hash >> 24 < 5 { (hash >> 8 & 0xffff) as f32 / 655.36 } else { 1.0 }
    }
}

impl ArraySource<f32> for Stars {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn read(&self, window: &Region, mut out: ArrayViewMutD<'_, f32>) -> Result<()> {
        if !window.fits(&self.shape) || out.shape() != window.shape {
            return Err(Error::invalid("window", format!("{window} of a sky of {:?}", self.shape)));
        }
        for (at, value) in out.indexed_iter_mut() {
            *value = self.pixel(window.start[0] + at[0], window.start[1] + at[1]);
        }
        Ok(())
    }
}
