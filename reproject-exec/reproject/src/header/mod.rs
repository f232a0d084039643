//! Meaning of the cards of a header: which describe coordinates, which the Sun, which go along and which stay behind.

pub(crate) mod axes;
pub(crate) mod cards;
mod keywords;
pub(crate) mod leftovers;
pub(crate) mod solar;

pub use keywords::keywords;

use cards::{Kind, kind};
use reproject_chunk::Header;

/// The cards of a header that say where the pixels of its first axes lie, of the primary description.
pub(crate) fn coordinates(header: &Header, count: usize) -> Header {
    let mut out = Header::new();
    for record in header.records() {
        if let Kind::Wcs { axes: [i, j], primary: true } = kind(record.keyword())
            && i <= count
            && j <= count
            && record.keyword() != "WCSAXES"
        {
            out.push(record.clone());
        }
    }
    out
}
