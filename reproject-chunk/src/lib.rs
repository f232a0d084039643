//! Sources and sinks of pixels: FITS, memory maps, chunked stores.
//!
//! A source lends windows of an array, decoded on the way; a sink takes tiles in any order from any thread. What another
//! process is to open again travels as a small handle, which refuses a file that has changed.
//!
//! | what | source | sink | handles |
//! |---|---|---|---|
//! | FITS images, plain or packed by gzip, zip or compress (bzip2, xz: feature `compressed`) | [`FitsImage`] | [`FitsSink`] | [`FitsHandle`], [`SinkHandle`] |
//! | tile-compressed FITS (feature `compressed`) | [`FitsImage`] | | [`FitsHandle`] |
//! | `.npy` and raw files | [`RawHandle::open`] | [`NpySink`] | [`RawHandle`], [`SinkHandle`] |
//! | numbers in memory, of any strides and byte order | [`RawSource`] | | |
//! | Zarr version 2 and 3 (feature `zarr`) | `ZarrArray` | `ZarrSink` (version 3) | `ZarrHandle`, `ZarrSinkHandle` |
//! | a format of your own, in chunks | [`ChunkedSource`] over your [`ChunkStore`], whose law is in [`laws`] | | |
//!
//! Plain files are mapped, never copied: their pages are the system's cache, not memory of the process. Chunks are decoded into
//! a cache of stated size. Files are written as `OUT.part` at their full size and take their name when they are whole; what lies
//! there already is never touched. With a [`Journal`] next to it an interrupted run can be taken up where it was.
//!
//! ```
//! use ndarray::ArrayD;
//! use reproject_chunk::{FitsFile, FitsOptions, FitsSink, Format, HduSelect};
//! use reproject_core::{ArraySink, ArraySource, Region, Tile};
//!
//! # let dir = tempfile::tempdir()?;
//! let path = dir.path().join("out.fits");
//! let mut options = FitsOptions::new(&[4, 6], Format::F32);
//! options.header.set("CRVAL1", 266.4, "[deg] Galactic centre")?;
//! let sink = FitsSink::create(&path, &options)?;
//! let mut tile = Tile::blank(Region::whole(&[4, 6]), f32::NAN);
//! tile.data.fill(1.5);
//! sink.write(&tile)?;
//! sink.finish()?;
//!
//! let image = FitsFile::open(&path)?.image(&HduSelect::FirstImage)?;
//! assert_eq!(image.header().float("CRVAL1")?, Some(266.4));
//! let mut window = ArrayD::<f64>::zeros(vec![2, 3]);
//! image.read(&Region::new([1, 2], [2, 3]), window.view_mut())?;
//! assert!(window.iter().all(|v| *v == 1.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chunked;
mod count;
mod decode;
mod element;
mod encode;
mod files;
pub mod fits;
pub mod header;
mod input;
mod journal;
pub mod laws;
mod layout;
mod mmap;
mod naming;
mod npy;
mod part;
mod raw;
#[cfg(feature = "zarr")]
mod zarr;

pub use chunked::{ChunkStore, ChunkedSource};
pub use decode::Encoding;
pub use element::{Element, Format};
pub use encode::Misfits;
pub use files::{open_file, suffixed};
pub use fits::{FitsFile, FitsHandle, FitsImage, FitsOptions, FitsSink, HduSelect};
pub use header::{Header, Line, Record, Value};
pub use input::INFLATE_IN_MEMORY;
pub use journal::{Found, Journal, Journaled, Resumable};
pub use layout::{Layout, SinkHandle, TileWriter};
pub use mmap::{Bytes, Fingerprint, Map, survive_signals};
pub use npy::{NpyOptions, NpySink, RawHandle};
pub use part::Part;
pub use raw::RawSource;
#[cfg(feature = "zarr")]
pub use zarr::{ZarrArray, ZarrHandle, ZarrOptions, ZarrSink, ZarrSinkHandle, ZarrWriter};
