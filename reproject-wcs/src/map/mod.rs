//! Pixel maps between two headers.

mod arraymap;
mod wcsmap;

pub use arraymap::WcsPixelMap;
pub use wcsmap::{WcsGroup, WcsMap};
