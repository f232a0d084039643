//! Pixel maps between two headers.

mod arraymap;
mod wcsmap;

pub use arraymap::ArrayMap;
pub use wcsmap::{WcsGroup, WcsMap};
