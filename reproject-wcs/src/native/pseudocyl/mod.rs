//! Pseudo-cylindrical projections and their relatives, paper II §5.3: parallels are straight (or nearly so) and
//! shrink towards the poles. Each has a limb; the plane does not repeat.

mod ait;
mod mol;
mod par;
mod sfl;

pub use ait::Ait;
pub use mol::Mol;
pub use par::Par;
pub use sfl::Sfl;

use crate::math::trig;
use crate::native::vector;
use std::f64::consts::PI;

/// (φ₀, θ₀): on the native equator.
const EQUATOR: (f64, f64) = (0.0, 0.0);

/// The vector at φ = `x`/`scale` on the parallel of radius `cos` and height `sin`; no point where |φ| > π + `edge`.
/// Where the scale is zero, only x = 0 is a point, and the next to nothing that places a fiducial point along its meridian.
#[inline(always)]
fn on_parallel(valid: bool, x: f64, scale: f64, edge: f64, sin: f64, cos: f64) -> [f64; 3] {
    let scale = if scale > 0.0 { scale } else { 0.0 };
    let x = if x.abs() < 1e-17 { 0.0 } else { x };
    let valid = valid && x.abs() <= (PI + edge) * scale;
    let (s, c) = trig::sin_cos(if scale > 0.0 { x / scale } else { 0.0 });
    vector::only_if(valid, [cos * c, cos * s, sin])
}
