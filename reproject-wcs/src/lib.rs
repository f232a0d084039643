//! FITS world coordinate systems in direction cosines.

pub mod native;
pub mod trig;
pub mod units;
