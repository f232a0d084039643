//! Cylindrical projections, paper II §5.2: x is proportional to φ, y a function of θ. The plane repeats along x.

mod car;
mod cea;
mod cyp;
mod mer;

pub use car::Car;
pub use cea::Cea;
pub use cyp::Cyp;
pub use mer::Mer;

use crate::math::trig;
use crate::native::vector::{self, EDGE};
use std::f64::consts::PI;

/// (φ₀, θ₀): on the native equator.
const EQUATOR: (f64, f64) = (0.0, 0.0);

/// The largest |φ| that the plane holds.
fn longest(bounded: bool) -> f64 {
    if bounded { PI + EDGE } else { f64::INFINITY }
}

/// The vector at longitude `phi`, where the parallel has radius `cos` and height `sin`.
#[inline(always)]
fn on_parallel(valid: bool, phi: f64, sin: f64, cos: f64) -> [f64; 3] {
    let (s, c) = trig::sin_cos(phi);
    // NaN in s stands for a longitude that has no direction any more (trig.rs), or for none at all.
    vector::only_if(valid && !s.is_nan(), [cos * c, cos * s, sin])
}
