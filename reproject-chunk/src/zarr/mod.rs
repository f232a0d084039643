//! Zarr arrays, version 2 and 3, in folders and zip files: as sources and as sinks.

mod bounds;
mod shards;
mod sink;
mod source;
mod store;
mod stored;
mod writer;

pub use sink::{ZarrOptions, ZarrSink};
pub use source::{ZarrArray, ZarrHandle};
pub use writer::{ZarrSinkHandle, ZarrWriter};

use crate::element::Format;
use reproject_core::{Error, Region, Why};
use std::path::Path;
use zarrs::array::{ArrayError, CodecOptions, DataType, data_type};
use zarrs::storage::StorageError;

/// Decoding and encoding happen on the caller's thread: the callers are the parallelism.
fn options() -> CodecOptions {
    CodecOptions::default().with_concurrent_target(1).with_store_empty_chunks(true)
}

fn type_of(format: Format) -> DataType {
    match format {
        Format::U8 => data_type::uint8(),
        Format::I8 => data_type::int8(),
        Format::U16 => data_type::uint16(),
        Format::I16 => data_type::int16(),
        Format::U32 => data_type::uint32(),
        Format::I32 => data_type::int32(),
        Format::U64 => data_type::uint64(),
        Format::I64 => data_type::int64(),
        Format::F32 => data_type::float32(),
        Format::F64 => data_type::float64(),
    }
}

fn format_of(data_type: &DataType) -> Option<Format> {
    use Format::*;
    // Booleans are bytes, 0 or 1.
    if *data_type == data_type::bool() {
        return Some(U8);
    }
    [U8, I8, U16, I16, U32, I32, U64, I64, F32, F64].into_iter().find(|f| type_of(*f) == *data_type)
}

fn error(path: &Path, doing: &str, why: impl Into<Why>) -> Error {
    Error::file(path, Why::said(doing, why))
}

/// Why the library failed.
fn why(e: ArrayError) -> Why {
    match e {
        ArrayError::StorageError(e) => stored(e),
        other => other.to_string().into(),
    }
}

/// The same, of its store.
fn stored(e: StorageError) -> Why {
    match e {
        StorageError::IOError(said) => Why::from(&*said),
        other => other.to_string().into(),
    }
}

/// The numbers of the chunks, of side `chunk`, that a region touches along every axis: first and one past the last.
fn touched(region: &Region, chunk: &[usize]) -> Vec<std::ops::Range<usize>> {
    (0..region.ndim()).map(|k| region.start[k] / chunk[k]..region.stop(k).div_ceil(chunk[k])).collect()
}
