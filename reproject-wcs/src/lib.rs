//! FITS world coordinate systems in direction cosines.

mod angle;
mod arraymap;
mod axes;
mod celestial;
mod ctype;
pub mod distort;
mod distortions;
mod footprint;
mod frame;
mod fuse;
mod grid;
mod groups;
mod header;
mod inframe;
mod keywords;
mod lanes;
mod linear;
pub mod native;
mod pair;
mod parse;
mod part;
mod pole;
mod radesys;
pub mod spectral;
mod stages;
pub mod tab;
mod tables;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trig;
pub mod units;
mod wcs;
mod wcsmap;
mod world;

pub use arraymap::ArrayMap;
pub use celestial::{Celestial, pixel_map};
pub use frame::{Frame, Route};
pub use grid::{Fit, fit};
pub use inframe::InFrame;
pub use keywords::{Keywords, Value};
pub use stages::{Stage, StageMap};
pub use tables::{TableColumn, TableImage, Tables};
pub use wcs::{Axis, Wcs};
pub use wcsmap::{WcsGroup, WcsMap};
