//! Sources and sinks of pixels: FITS, memory maps, chunked stores.

mod decode;
mod element;
mod encode;
pub mod fits;
pub mod header;
mod input;
mod layout;
mod mmap;
mod part;
mod raw;

pub use decode::Encoding;
pub use element::{Element, Format};
pub use fits::{FitsFile, FitsHandle, FitsImage, FitsOptions, FitsSink, HduSelect};
pub use header::{Header, Record, Value};
pub use input::INFLATE_IN_MEMORY;
pub use layout::{Layout, SinkHandle, TileWriter};
pub use mmap::{Bytes, Fingerprint, Map};
pub use raw::RawSource;
