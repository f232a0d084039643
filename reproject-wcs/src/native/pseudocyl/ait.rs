//! AIT, Hammer–Aitoff (paper II §5.3.4): x = 2γ cos θ sin(φ/2), y = γ sin θ, γ = √(2/(1 + cos θ cos(φ/2))) (eqs. 102, 103).

use super::EQUATOR;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};

/// The projection of Hammer and Aitoff: equal area, the sphere in an ellipse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ait;

impl Code for Ait {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Ait)
    }
    fn reference(&self) -> (f64, f64) {
        EQUATOR
    }
}

impl Projection for Ait {
    /// NaN outside the ellipse.
    fn lift(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[x, y, _]| {
            // Z² of eq. 104; c and s are cos θ times the cosine and sine of φ/2 (eq. 105), doubled by their own formulae.
            let z2 = (-0.0625 * x).mul_add(x, (-0.25 * y).mul_add(y, 1.0));
            let c = 2.0f64.mul_add(z2, -1.0);
            let c = if c > 0.0 { c } else { 0.0 };
            let z = z2.sqrt();
            let s = 0.5 * z * x;
            let rho = vector::length(c, s);
            let w = if rho > 0.0 { 1.0 / rho } else { 0.0 };
            vector::only_if(z2 >= 0.5 - 1e-13, [(c - s) * (c + s) * w, 2.0 * s * c * w, y * z])
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[vx, vy, vz]| {
            // cos θ times the cosine and sine of φ/2: the larger from the half-angle formula, the other from
            // their product.
            let rho = vector::length(vx, vy);
            let large = (0.5 * rho * (rho + vx.abs())).sqrt();
            let small = if large > 0.0 { 0.5 * rho * vy.abs() / large } else { large };
            let (c, s) = if vx >= 0.0 { (large, small) } else { (small, large) };
            let gamma = (2.0 / (1.0 + c)).sqrt();
            [2.0 * gamma * s.copysign(vy), gamma * vz, vz]
        });
    }
}
