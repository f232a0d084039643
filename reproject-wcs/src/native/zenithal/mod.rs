//! Zenithal (azimuthal) projections, paper II §5.1: x = R sin φ, y = −R cos φ, with R a function of θ.

mod arc;
mod sin;
mod stg;
mod tan;
mod zea;

pub use arc::Arc;
pub use sin::Sin;
pub use stg::Stg;
pub use tan::Tan;
pub use zea::Zea;

use std::f64::consts::FRAC_PI_2;

/// (φ₀, θ₀): the native pole.
const POLE: (f64, f64) = (0.0, FRAC_PI_2);
