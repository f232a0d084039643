//! Sources and sinks of pixels: FITS, memory maps, chunked stores.

pub mod header;

pub use header::{Header, Record, Value};
