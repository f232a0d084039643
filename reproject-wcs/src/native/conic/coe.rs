//! COE, conic equal area (paper II §5.4.2): γ = sin θ₁ + sin θ₂, C = γ/2,
//! R = (2/γ) √(1 + sin θ₁ sin θ₂ − γ sin θ), Y₀ = R(θ_a) (eqs. 121–124).

use super::{Cone, Parallels};
use crate::math::angle::sin_cosd;
use crate::native::{
    Code,
    params::{Pv, broken},
    vector,
};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};

/// The conic equal-area projection of Albers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coe {
    parallels: Parallels,
    cone: Cone,
    gamma: f64,
    /// 1 + sin θ₁ sin θ₂
    sum: f64,
    /// (1 − sin θ₁)(1 − sin θ₂), by which R²γ²/4 exceeds γ(1 − sin θ).
    gap: f64,
}

impl Coe {
    /// The projection with θ_a = PVi_1 and η = PVi_2 in degrees; sin θ₁ + sin θ₂ ≠ 0.
    pub fn new(theta_a: f64, eta: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("COE", &[None, Some(theta_a), Some(eta)]))
    }
}

impl Code for Coe {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let parallels = Parallels::from_pv(pv)?;
        let Parallels { theta_a, eta } = parallels;
        let (s1, s2) = (sin_cosd(theta_a - eta).0, sin_cosd(theta_a + eta).0);
        let gamma = s1 + s2;
        if gamma == 0.0 {
            return Err(broken(
                "COE",
                1,
                theta_a,
                "sin(theta_a - eta) + sin(theta_a + eta) must not be zero",
            ));
        }
        let sum = 1.0 + s1 * s2;
        let y0 = 2.0 / gamma * (sum - gamma * sin_cosd(theta_a).0).sqrt();
        Ok(Self {
            parallels,
            cone: Cone::new(0.5 * gamma, y0, theta_a),
            gamma,
            sum,
            gap: (1.0 - s1) * (1.0 - s2),
        })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        self.parallels.list()
    }
    fn reference(&self) -> (f64, f64) {
        self.parallels.reference()
    }
}

impl Projection for Coe {
    /// NaN where |φ| > 180°, and beyond the circles that are the poles.
    fn lift(&self, points: &mut Points<'_, 3>) {
        let Self { cone, gamma, sum, gap, .. } = *self;
        each!(points, |[x, y, _]| {
            let q = 0.5 * gamma * cone.radius(x, y);
            let s = (-q).mul_add(q, sum) / gamma;
            let room = 1e-12;
            // 1 − sin θ from its own formula in the north.
            let upper = q.mul_add(q, -gap) / gamma;
            let upper = if s > 0.0 { upper } else { 1.0 - s };
            let c2 = upper * (1.0 + s);
            let c = (if c2 > 0.0 { c2 } else { 0.0 }).sqrt();
            cone.unroll(s.abs() <= 1.0 + room, [x, y], s.clamp(-1.0, 1.0), c)
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        let Self { cone, gamma, sum, gap, .. } = *self;
        each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            // 1 + sin θ₁ sin θ₂ − γ sin θ = gap + γ(1 − sin θ)
            let q = if vz > 0.0 {
                gamma.mul_add(vector::one_minus(vz, rho), gap)
            } else {
                (-gamma).mul_add(vz, sum)
            };
            let r = 2.0 / gamma * (if q < 0.0 { 0.0 } else { q }).sqrt();
            cone.roll([vx, vy, vz], r)
        });
    }
}
