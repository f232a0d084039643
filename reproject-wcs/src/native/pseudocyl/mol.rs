//! MOL, Mollweide (paper II §5.3.3): x = (2√2/π) φ cos γ, y = √2 sin γ, sin θ = (2γ + sin 2γ)/π (eqs. 95–97).
//!
//! With u = π − 2γ the last reads u − sin u = π(1 − sin θ): Kepler's equation for eccentricity one, which stays well
//! conditioned up to the pole. Its solution is s·P(s²) with s³ = 6π(1 − sin θ) and P analytic: no iteration.

use super::{EQUATOR, on_parallel};
use crate::math::trig;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_PI_4, PI, SQRT_2};

/// The projection of Mollweide: equal area, the sphere in an ellipse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mol;

impl Code for Mol {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Mol)
    }
    fn reference(&self) -> (f64, f64) {
        EQUATOR
    }
}

impl Projection for Mol {
    /// NaN outside the ellipse.
    fn lift(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[x, y, _]| {
            let q = y.abs() / SQRT_2;
            let valid = q <= 1.0 + 1e-12;
            let q = if q > 1.0 { 1.0 } else { q };
            let cos_gamma = ((1.0 - q) * (1.0 + q)).sqrt();
            let u = 2.0 * trig::acos(q);
            let far = (-2.0 * cos_gamma).mul_add(q, u);
            // t = 1 − |sin θ|
            let t = if u < FRAC_PI_4 { u * u * u * trig::sin_deficit(u) } else { far } / PI;
            let cos = (t * (2.0 - t)).sqrt();
            let scale = (2.0 * SQRT_2 / PI) * cos_gamma;
            on_parallel(valid, x, scale, vector::EDGE_11, (1.0 - t).copysign(y), cos)
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[vx, vy, vz]| {
            let m = PI * vector::one_minus(vz.abs(), vector::length(vx, vy));
            let s = trig::cbrt(6.0 * m);
            let (cos_gamma, sin_gamma) = trig::sin_cos(0.5 * s * kepler(s * s));
            let x = (2.0 * SQRT_2 / PI) * trig::atan2(vy, vx) * cos_gamma;
            [x, (SQRT_2 * sin_gamma).copysign(vz), vz]
        });
    }
}

/// u/s for u − sin u = s³/6, as a polynomial in s² to 2⁻⁵⁷ on 0 ≤ u ≤ π: interpolation at 25 Chebyshev nodes with 60 digits.
#[inline(always)]
fn kepler(s2: f64) -> f64 {
    trig::poly(
        s2,
        [
            1.0,
            0.01666666666666633,
            0.0007142857142955806,
            3.9682539567765465e-05,
            2.493043379664948e-06,
            1.6830123703876743e-07,
            1.191847310570371e-08,
            8.594186369126744e-10,
            8.175325041193249e-11,
            -1.1610542188864044e-11,
            1.3520468190507732e-11,
            -8.179914830496288e-12,
            4.109922429336225e-12,
            -1.6572328302479087e-12,
            5.420577405635784e-13,
            -1.439308785107938e-13,
            3.099243113057809e-14,
            -5.386052911399936e-15,
            7.487527889936573e-16,
            -8.206611804360515e-17,
            6.9332729794987854e-18,
            -4.356797381452496e-19,
            1.9183850054891514e-20,
            -5.286197421183959e-22,
            6.871072583125972e-24,
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kepler_is_solved_from_pole_to_equator() {
        for i in 1..=1000 {
            let u = PI * f64::from(i) / 1000.0;
            let m = if u < FRAC_PI_4 { u * u * u * trig::sin_deficit(u) } else { u - trig::sin(u) };
            let s = trig::cbrt(6.0 * m);
            assert!((s * kepler(s * s) / u - 1.0).abs() < 1e-15, "u = {u}");
        }
    }
}
