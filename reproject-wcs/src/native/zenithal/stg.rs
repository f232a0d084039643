//! STG, stereographic (paper II §5.1.4): R = 2 tan((90° − θ)/2) (eq. 55).

use super::POLE;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};

/// The stereographic projection: conformal; circles stay circles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stg;

impl Code for Stg {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Stg)
    }
    fn reference(&self) -> (f64, f64) {
        POLE
    }
}

impl Projection for Stg {
    /// NaN only beyond 10¹⁵⁰ rad, where the square overflows.
    fn lift(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[x, y, _]| {
            let q = 0.25 * x.mul_add(x, y * y);
            let w = 1.0 / (1.0 + q);
            vector::only_if(q < f64::INFINITY, [-y * w, x * w, (1.0 - q) * w])
        });
    }

    /// NaN at θ = −90°.
    fn project(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[vx, vy, vz]| {
            let rho2 = vx.mul_add(vx, vy * vy);
            // 2/(1 + sin θ), by cos²θ where 1 + sin θ would cancel.
            let (n, d) = if vz < 0.0 { (2.0 * (1.0 - vz), rho2) } else { (2.0, 1.0 + vz) };
            // Nearer than rounding to the antipode, no direction is left.
            let k = if d > 1e-30 { n / d } else { f64::NAN };
            [vy * k, -vx * k, vz]
        });
    }
}
