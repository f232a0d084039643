//! ZEA, zenithal equal area (paper II §5.1.8): R = √(2(1 − sin θ)) = 2 sin((90° − θ)/2) (eq. 69).

use super::POLE;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};

/// The zenithal equal-area projection of Lambert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Zea;

impl Code for Zea {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Zea)
    }
    fn reference(&self) -> (f64, f64) {
        POLE
    }
}

impl Projection for Zea {
    /// NaN where R > 2, with WCSLIB's 10⁻¹² of room.
    fn lift(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[x, y, _]| {
            let q = 0.25 * x.mul_add(x, y * y);
            let edge = q > 1.0;
            let k = (if edge { 0.0 } else { 1.0 - q }).sqrt();
            let z = if edge { -1.0 } else { (-2.0f64).mul_add(q, 1.0) };
            vector::only_if(q <= 1.0 + 2e-12, [-y * k, x * k, z])
        });
    }

    /// The whole sphere; of the circle that is θ = −90° the point φ = 0.
    fn project(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[vx, vy, vz]| {
            let rho2 = vx.mul_add(vx, vy * vy);
            // R/cos θ = √(2/(1 + sin θ)), by cos²θ where 1 + sin θ would cancel.
            let (n, d) = if vz < 0.0 { (2.0 * (1.0 - vz), rho2) } else { (2.0, 1.0 + vz) };
            let k = (n / d).sqrt();
            if d > 0.0 { [vy * k, -vx * k, vz] } else { [d, -n.sqrt() - d, vz] }
        });
    }
}
