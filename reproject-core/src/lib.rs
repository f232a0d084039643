//! Image reprojection as values and traits: maps between pixels, resamplers, sources, blocks and executors.
//!
//! A reprojection is a value: a pixel map, a resampler and a source. An executor runs its blocks, a sink receives them. This
//! crate knows no file format, no FITS header, no process and no Python; those are arms of their own that stand on it.
//!
//! ```
//! use reproject_core::ndarray::ArrayD;
//! use reproject_core::{Axes, Bicubic, DenseSink, Executor, Points, Serial, Transform, reproject};
//!
//! /// Output pixels to input pixels and back, x before y: a turn by 30° about pixel (20, 15).
//! struct Turn;
//! impl Transform for Turn {
//!     fn forward(&self, points: &mut Points<'_>) {
//!         let (s, c) = (0.5, 0.75f64.sqrt());
//!         points.each(|[x, y]| [20.0 + c * (x - 20.0) - s * (y - 15.0), 15.0 + s * (x - 20.0) + c * (y - 15.0)]);
//!     }
//!     fn inverse(&self, points: &mut Points<'_>) {
//!         let (s, c) = (-0.5, 0.75f64.sqrt());
//!         points.each(|[x, y]| [20.0 + c * (x - 20.0) - s * (y - 15.0), 15.0 + s * (x - 20.0) + c * (y - 15.0)]);
//!     }
//! }
//!
//! let image = ArrayD::from_shape_fn(vec![30, 40], |i| (i[0] * i[1]) as f32); // rows, columns
//! let job = reproject::<f32, f64>(&[30, 40], Axes::<2, _>::new(Turn), Bicubic, &image)?;
//! let (mut result, mut footprint) = (ArrayD::zeros(vec![30, 40]), ArrayD::zeros(vec![30, 40]));
//! Serial.run(&job, &DenseSink::with_weight(result.view_mut(), footprint.view_mut())?)?;
//! assert!((result[[15, 20]] - 300.0).abs() < 1e-9 && footprint[[15, 20]] == 1.0);
//! assert!(f64::is_nan(result[[0, 0]]) && footprint[[0, 0]] == 0.0);
//! # Ok::<(), reproject_core::Error>(())
//! ```
//!
//! # Conventions
//!
//! - Arrays are in C order: `[.., rows, columns]`. The axes that a map moves are the last ones, those before are broadcast.
//! - Positions are in pixels, 0 at the *centre* of the first pixel; columns of positions come x first, where x is the last array
//!   axis. NaN is "no such point", in every column.
//! - Results have the same bits from every executor, block shape and instruction set.
//!
//! How the crates fit together, what holds everywhere and why it is so is told in [`architecture`]; wrong results that there
//! have been, in [`correctness`].
//!
//! # For callers
//!
//! | what | names |
//! |---|---|
//! | a job | [`reproject`], [`Reproject`] (its types known: to plan, to send), [`Job`] |
//! | maps between pixels | [`PixelMap`]: [`Axes`] of a [`Transform`], [`Separable`], [`Joined`], [`Sampled`], [`Kept`]; [`Between`] two [`Projection`]s, [`Checked`] ([`round_trip`]), [`Chain`], [`Inverse`], [`Identity`], [`Affine`], [`Mat3`] |
//! | resamplers | [`Nearest`], [`Bilinear`], [`Biquadratic`], [`Bicubic`] and, with options, [`Interpolate`]; [`Adaptive`]; [`Exact`], [`Surveyed`]; [`Weighted`] of a [`Pointwise`] |
//! | their options | [`Order`], [`Blanks`], [`Footprint`], [`AdaptiveOptions`] ([`Filter`], [`Boundary`], [`BadValues`]) |
//! | sources and sinks | any `ndarray` array, [`Masked`], [`DenseSink`] |
//! | running | [`Serial`] (threads, processes and lazy arrays are in `reproject-exec`), [`Watch`] |
//! | what a run will read and take | [`Plan`], [`Budget`], [`Cost`], [`PlannedBlock`] |
//! | errors | [`Error`] ([`ErrorKind`], [`Why`]), [`Result`] |
//!
//! # For authors
//!
//! | of | implement | and use |
//! |---|---|---|
//! | a coordinate system | [`Projection`] (pixels to unit vectors) or [`Transform`] (pixels to pixels) | [`Points`], [`BATCH`] |
//! | a kernel | [`Pointwise`] (weights along an axis) | [`Weighted`] |
//! | a resampler of another kind | [`Resampler`] | [`Coords`], [`Group`], [`Lattice`], [`Topology`], [`Ends`], [`View`], [`Patch`] |
//! | a source | [`ArraySource`]; [`Handle`] for one that other processes open | [`Region`], [`Strided`], [`Cache`] ([`CacheCounts`]), [`Opened`], [`take_failure`] |
//! | a sink | [`ArraySink`] | [`Tile`], [`SharedMap`], [`Place`] |
//! | an executor | [`Executor`] | [`executor`], [`Grid`] |
//! | a pixel type | [`Pixel`] | |
//! | fast loops | [`Kernel`] | [`dispatch`], [`instruction_set`]; [`each!`], [`math::trig`] |
//!
//! Whoever implements one of these tests it against the [`laws`].
//!
//! # Features
//!
//! - `testing`: strategies of `proptest` for images, shapes, blocks and maps (`testing`).
//!
//! # Glossary
//!
//! - **block**: a part of the output that is computed at once; **tile**: its results, values and weights.
//! - **window**: the part of the input that a block needs; **chunk**: what a source stores as one.
//! - **pixel map**: from output pixels to input pixels; **round trip**: there and back again to within a pixel.
//! - **resampler**: what turns input pixels into output pixels; **kernel**: its weights around a position.
//! - **footprint**, **weight**: how much of an output pixel lies on the input, or on known pixels of it ([`Footprint`]).
//! - **blank**: not a finite number, or what stands for none; **fill**: the value of output pixels without input.
//! - **seam**: where an image that closes around the sky has its first and last column; **limb**: the border of what a
//!   projection shows; **native pole**: the pole of a projection's own coordinates.

#[doc = include_str!("../ARCHITECTURE.md")]
pub mod architecture {}
mod array;
mod cache;
mod coords;
#[doc = include_str!("../CORRECTNESS.md")]
pub mod correctness {}
mod dense;
mod error;
pub mod executor;
mod grid;
mod job;
mod kept;
pub mod laws;
mod linear;
mod map;
mod masked;
pub mod math;
mod opened;
mod pixel;
mod plan;
mod points;
mod pool;
mod region;
mod resample;
mod roundtrip;
mod sampled;
mod simd;
mod size;
#[cfg(feature = "testing")]
pub mod testing;
mod topology;
mod transform;
mod window;
mod words;

pub use array::{ArraySink, ArraySource, Patch, Place, SharedMap, Strided, Tile, View, Watch};
pub use cache::{Cache, CacheCounts};
pub use coords::{Coords, Group, Lattice};
pub use dense::DenseSink;
pub use error::{Error, ErrorKind, Result, Why};
pub use executor::{Executor, Serial};
pub use grid::Grid;
pub use job::{Job, Reproject, reproject};
pub use kept::Kept;
pub use linear::{Affine, Mat3};
pub use map::{Axes, Joined, PixelMap, Separable};
pub use masked::Masked;
pub use ndarray;
pub use opened::{Handle, Opened, take_failure};
pub use pixel::Pixel;
pub use plan::{Budget, Cost, Plan, PlannedBlock};
pub use points::{BATCH, Points};
pub use region::Region;
pub use resample::{
    Adaptive, AdaptiveOptions, BadValues, Bicubic, Bilinear, Biquadratic, Blanks, Boundary, Corners, Exact,
    Filter, Footprint, Interpolate, Nearest, Order, Pointwise, Resampler, Surveyed, Weighted,
};
pub use roundtrip::round_trip;
pub use sampled::Sampled;
pub use simd::{Kernel, dispatch, instruction_set};
pub use size::addressable;
pub use topology::{Ends, Topology};
pub use transform::{Between, Chain, Checked, Identity, Inverse, Projection, Transform};
pub use words::{angle, bytes, sides};

/// The README's example, which compiles as it stands there.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
