//! Geometry, resampling and blocks of image reprojection: the traits and the pipeline. Knows no file format, no process
//! and no Python.
//!
//! A reprojection is a value: a pixel map, a resampler and a source. An executor runs its blocks, a sink receives them.

mod array;
mod dense;
mod error;
mod linear;
mod pixel;
mod points;
mod region;
mod simd;
mod transform;

pub use array::{ArraySink, ArraySource, Patch, Strided, Tile, View, Watch};
pub use dense::DenseSink;
pub use error::{Error, Result};
pub use linear::{Affine, Mat3};
pub use pixel::Pixel;
pub use points::{BATCH, Points};
pub use region::{Grid, Region};
pub use simd::{Kernel, dispatch, instruction_set};
pub use transform::{Between, Chain, Checked, Identity, Inverse, Projection, Transform};
