//! Pixel maps between two headers: two celestial images, all axes, what a reprojection runs on.

mod arraymap;
mod stagemap;
mod wcsmap;

pub use arraymap::WcsPixelMap;
pub use stagemap::{StageMap, sky_map};
pub use wcsmap::{WcsGroup, WcsMap};
