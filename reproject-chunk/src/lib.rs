//! Sources and sinks of pixels: FITS, memory maps, chunked stores.

mod cache;
mod chunked;
mod decode;
mod element;
mod encode;
pub mod fits;
pub mod header;
mod input;
mod layout;
mod mmap;
mod npy;
mod part;
mod raw;

pub use cache::CacheCounts;
pub use chunked::{ChunkStore, ChunkedSource};
pub use decode::Encoding;
pub use element::{Element, Format};
pub use fits::{FitsFile, FitsHandle, FitsImage, FitsOptions, FitsSink, HduSelect};
pub use header::{Header, Record, Value};
pub use input::INFLATE_IN_MEMORY;
pub use layout::{Layout, SinkHandle, TileWriter};
pub use mmap::{Bytes, Fingerprint, Map};
pub use npy::{NpyOptions, NpySink, RawHandle};
pub use raw::RawSource;
