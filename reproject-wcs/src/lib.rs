//! FITS world coordinate systems in direction cosines.

mod angle;
mod axes;
mod celestial;
mod ctype;
mod footprint;
mod frame;
mod fuse;
mod grid;
mod groups;
mod header;
mod keywords;
mod lanes;
mod linear;
pub mod native;
mod parse;
mod part;
mod pole;
mod radesys;
pub mod spectral;
mod stages;
pub mod tab;
mod tables;
pub mod trig;
pub mod units;
mod wcs;
mod wcsmap;
mod world;

pub use celestial::{Celestial, pixel_map};
pub use frame::{Frame, Route};
pub use grid::{Fit, fit};
pub use keywords::{Keywords, Value};
pub use stages::{Stage, StageMap};
pub use tables::{TableColumn, TableImage, Tables};
pub use wcs::{Axis, Wcs};
pub use wcsmap::{WcsGroup, WcsMap};
