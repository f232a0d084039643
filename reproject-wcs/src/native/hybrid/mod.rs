//! HEALPix projections: equal area, cylindrical about the equator and in gores towards the poles.

mod hpx;
mod xph;

pub use hpx::Hpx;
pub use xph::Xph;
