//! Zarr arrays, where a build has them.

#[cfg(not(feature = "zarr"))]
mod absent;

#[cfg(not(feature = "zarr"))]
pub(crate) use absent::{ZarrArray, ZarrOptions, ZarrSink};
#[cfg(feature = "zarr")]
pub(crate) use reproject_chunk::{ZarrArray, ZarrOptions, ZarrSink};
