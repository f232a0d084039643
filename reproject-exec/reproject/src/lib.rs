//! Reprojection of astronomical images, from file to file or in memory.
//!
//! ```no_run
//! use reproject::{Grid, Image, Method, Reprojection};
//!
//! let sky = Image::open("m13.fits")?;
//! let grid = Grid::galactic(&sky)?;
//! Reprojection::new(&sky, &grid).method(Method::Bicubic).write("m13_galactic.fits")?;
//! # Ok::<(), reproject::Error>(())
//! ```
//!
//! An [`Image`] is what is read: FITS (packed or not), `.npy` or Zarr, with the coordinates that its header gives. A [`Grid`]
//! is what it is brought onto: the pixels of another image, those that a header describes, or a grid that just holds the image. A
//! [`Reprojection`] of one onto the other goes into a file ([`write`](Reprojection::write)), into memory
//! ([`run`](Reprojection::run)), is computed where it is looked at ([`lazy`](Reprojection::lazy)), or is only looked through
//! ([`plan`](Reprojection::plan)). Results have the same bits whatever the number of threads, processes and blocks.
//!
//! Coordinate systems, kernels, sources and executors of your own are for the crates below this one: `reproject-core` (traits,
//! resamplers, blocks), `reproject-wcs` (FITS coordinates), `reproject-chunk` (files), `reproject-exec` (threads, processes, lazy
//! arrays).
//!
//! # Features
//!
//! - `cli` (default): the command `reproject` and what it stands on (`clap`, `indicatif`, `ctrlc`).
//! - `processes` (default): runs in [worker processes](Reprojection::processes). On Windows it adds nothing.

mod formats;
mod grid;
mod header;
mod image;
mod info;
mod mapping;
pub mod memory;
mod method;
pub mod names;
mod numbers;
mod output;
mod plan;
mod reprojection;
mod resampling;
mod settings;
mod task;
mod workers;

pub use grid::Grid;
pub use header::keywords;
pub use image::{Image, ImageOptions, MaskFile};
pub use info::describe;
pub use method::Method;
pub use numbers::Dtype;
pub use output::{Begun, Listener, Stretch, WriteOptions, Written};
pub use plan::Planned;
pub use reproject_chunk::{Element, Format, HduSelect, Header};
pub use reproject_core::{
    AdaptiveOptions, BadValues, Blanks, Boundary, Error, ErrorKind, Filter, Footprint, Result, Why,
};
pub use reproject_exec::Status;
pub use reprojection::Reprojection;
pub use resampling::Resampling;
pub use task::Typed;
pub use workers::serve_if_worker;

/// The README's examples, which compile as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
