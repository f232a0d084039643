//! Zenithal (azimuthal) projections, paper II §5.1: x = R sin φ, y = −R cos φ, with R a function of θ.

mod air;
mod arc;
mod azp;
mod sin;
mod stg;
mod szp;
mod tan;
mod zea;
mod zpn;

pub use air::Air;
pub use arc::Arc;
pub use azp::Azp;
pub use sin::Sin;
pub use stg::Stg;
pub use szp::Szp;
pub use tan::Tan;
pub use zea::Zea;
pub use zpn::Zpn;

use crate::math::trig;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// (φ₀, θ₀): the native pole.
const POLE: (f64, f64) = (0.0, FRAC_PI_2);

/// The larger of the latitudes ψ − ω and ψ + ω + 180°, each brought below 90°, where sin ω = `sin`: the limit of what
/// a perspective projection shows along a meridian (eqs. 27, 28 and 43); −∞ where there is none.
#[inline(always)]
fn lower_limit(psi: f64, sin: f64) -> f64 {
    let omega = trig::asin(sin);
    let wrap = |angle: f64| if angle > FRAC_PI_2 { angle - TAU } else { angle };
    let (a, b) = (wrap(psi - omega), wrap(psi + omega + PI));
    let larger = if a > b { a } else { b };
    if larger.is_nan() { f64::NEG_INFINITY } else { larger }
}
