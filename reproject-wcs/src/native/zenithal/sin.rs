//! SIN, orthographic and its slant generalisation (paper II §5.1.5): x = cos θ sin φ + ξ(1 − sin θ),
//! y = −cos θ cos φ + η(1 − sin θ) (eqs. 59, 60). NCP is the slant with ξ = 0, η = cot δ₀.

use super::POLE;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};

/// The orthographic projection, slanted by (ξ, η): the sphere seen from infinity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sin {
    xi: f64,
    eta: f64,
}

impl Sin {
    /// The projection with the slant ξ = PVi_1, η = PVi_2.
    pub fn new(xi: f64, eta: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("SIN", &[None, Some(xi), Some(eta)]))
    }
}

impl Code for Sin {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        Ok(Self { xi: pv.or(1, 0.0)?, eta: pv.or(2, 0.0)? })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        vec![(1, self.xi), (2, self.eta)]
    }
    fn reference(&self) -> (f64, f64) {
        POLE
    }
}

impl Projection for Sin {
    /// NaN outside the limb; of two latitudes the larger.
    fn lift(&self, points: &mut Points<'_, 3>) {
        let Self { xi, eta } = *self;
        if xi == 0.0 && eta == 0.0 {
            return reproject_core::each!(points, |[x, y, _]| {
                let z2 = (-y).mul_add(y, (-x).mul_add(x, 1.0));
                // Room for a few roundings, or half of the limb itself would not come back.
                vector::only_if(z2 >= -1e-15, [-y, x, (if z2 > 0.0 { z2 } else { 0.0 }).sqrt()])
            });
        }
        // With w = 1 − sin θ, eq. 62 reads a w² − 2b w + r² = 0; the smaller root, in the form that does not cancel.
        let a = 1.0 + xi * xi + eta * eta;
        reproject_core::each!(points, |[x, y, _]| {
            let b = xi.mul_add(x, eta.mul_add(y, 1.0));
            let r2 = x.mul_add(x, y * y);
            let root = b.mul_add(b, -a * r2).sqrt();
            let w = r2 / (b + root);
            vector::only_if(
                root >= 0.0 && b > 0.0 && w <= 2.0,
                [eta.mul_add(w, -y), (-xi).mul_add(w, x), 1.0 - w],
            )
        });
    }

    /// NaN below the (tilted) horizon sin θ < −(ξ sin φ − η cos φ) cos θ.
    fn project(&self, points: &mut Points<'_, 3>) {
        let Self { xi, eta } = *self;
        if xi == 0.0 && eta == 0.0 {
            return reproject_core::each!(points, |[vx, vy, vz]| vector::only_if(vz >= 0.0, [vy, -vx, vz]));
        }
        reproject_core::each!(points, |[vx, vy, vz]| {
            let w = vector::one_minus(vz, vector::length(vx, vy));
            let above = eta.mul_add(-vx, xi.mul_add(vy, vz)) >= 0.0;
            vector::only_if(above, [xi.mul_add(w, vy), eta.mul_add(w, -vx), vz])
        });
    }
}
