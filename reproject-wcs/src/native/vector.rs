//! Small pieces that many projections share.

use std::f64::consts::PI;

/// Room for rounding at the edge of a projection, in radians: what WCSLIB allows (10⁻¹³, 10⁻¹² and 10⁻¹¹ degrees).
pub(crate) const EDGE: f64 = 1e-13 * PI / 180.0;
/// The [edge](EDGE) of SFL, PAR, PCO, HPX and XPH.
pub(crate) const EDGE_12: f64 = 1e-12 * PI / 180.0;
/// The [edge](EDGE) of MOL and BON.
pub(crate) const EDGE_11: f64 = 1e-11 * PI / 180.0;

/// `v`, or no point at all.
#[inline(always)]
pub(crate) fn only_if(valid: bool, v: [f64; 3]) -> [f64; 3] {
    v.map(|c| if valid { c } else { f64::NAN })
}

/// The distance of (`x`, `y`) from the origin.
#[inline(always)]
pub(crate) fn length(x: f64, y: f64) -> f64 {
    x.mul_add(x, y * y).sqrt()
}

/// 1 − z of a unit vector at distance `rho` from its axis, without cancellation near z = 1.
#[inline(always)]
pub(crate) fn one_minus(z: f64, rho: f64) -> f64 {
    if z > 0.0 { rho * rho / (1.0 + z) } else { 1.0 - z }
}
