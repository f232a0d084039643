//! FITS world coordinate systems in direction cosines.

pub mod trig;
pub mod units;
