//! Geometry, resampling and blocks of image reprojection: the traits and the pipeline. Knows no file format, no process
//! and no Python.
//!
//! A reprojection is a value: a pixel map, a resampler and a source. An executor runs its blocks, a sink receives them.

mod array;
mod coords;
mod dense;
mod error;
pub mod executor;
mod job;
mod kept;
pub mod laws;
mod linear;
mod map;
mod masked;
mod opened;
mod pixel;
mod plan;
mod points;
mod pool;
mod region;
mod resample;
mod sampled;
mod simd;
mod size;
#[cfg(feature = "testing")]
pub mod testing;
mod topology;
mod transform;
mod window;

pub use array::{ArraySink, ArraySource, Patch, Place, SharedMap, Strided, Tile, View, Watch};
pub use coords::{Coords, Group, Lattice};
pub use dense::DenseSink;
pub use error::{Error, Result};
pub use executor::{Executor, Serial};
pub use job::{Job, Reproject, reproject};
pub use kept::Kept;
pub use linear::{Affine, Mat3};
pub use map::{Axes, PixelMap, Separable};
pub use masked::Masked;
pub use opened::{Handle, Opened, take_failure};
pub use pixel::Pixel;
pub use plan::{Cost, Plan, PlannedBlock, Room};
pub use points::{BATCH, Points};
pub use region::{Grid, Region};
pub use resample::{
    Adaptive, AdaptiveOptions, BadValues, Bicubic, Bilinear, Biquadratic, Blanks, Boundary, Corners, Exact,
    Filter, Footprint, Interpolate, Nearest, Order, Pointwise, Resampler, Surveyed, Weighted,
};
pub use sampled::Sampled;
pub use simd::{Kernel, dispatch, instruction_set};
pub use size::{addressable, bytes, sides};
pub use topology::{Ends, Topology};
pub use transform::{Between, Chain, Checked, Identity, Inverse, Projection, Transform};
