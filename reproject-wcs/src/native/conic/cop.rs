//! COP, conic perspective (paper II §5.4.1): C = sin θ_a, R = cos η [cot θ_a − tan(θ − θ_a)], Y₀ = cos η cot θ_a (eqs. 117–119).

use super::{Cone, Parallels};
use crate::math::angle::sin_cosd;
use crate::native::{
    Code,
    params::{Pv, broken},
    vector,
};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};

/// The conic perspective projection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cop {
    parallels: Parallels,
    cone: Cone,
    sin_a: f64,
    cos_a: f64,
    cos_eta: f64,
}

impl Cop {
    /// The projection with θ_a = PVi_1 (sin θ_a ≠ 0) and η = PVi_2 in degrees.
    pub fn new(theta_a: f64, eta: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("COP", &[None, Some(theta_a), Some(eta)]))
    }
}

impl Code for Cop {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let parallels = Parallels::from_pv(pv)?;
        let (sin_a, cos_a) = sin_cosd(parallels.theta_a);
        let cos_eta = sin_cosd(parallels.eta).1;
        if sin_a == 0.0 {
            return Err(broken(
                "COP",
                1,
                parallels.theta_a,
                "sin(theta_a) must not be zero: the cone would be a cylinder",
            ));
        }
        let cone = Cone::new(sin_a, cos_eta * cos_a / sin_a, parallels.theta_a);
        Ok(Self { parallels, cone, sin_a, cos_a, cos_eta })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        self.parallels.list()
    }
    fn reference(&self) -> (f64, f64) {
        self.parallels.reference()
    }
}

impl Projection for Cop {
    /// NaN where |φ| > 180° or |θ| > 90°.
    fn lift(&self, points: &mut Points<'_, 3>) {
        let Self { cone, sin_a, cos_a, cos_eta, .. } = *self;
        each!(points, |[x, y, _]| {
            // t = tan(θ − θ_a)
            let t = cos_a / sin_a - cone.radius(x, y) / cos_eta;
            let w = 1.0 / t.mul_add(t, 1.0).sqrt();
            let (s, c) = (cos_a.mul_add(t, sin_a) * w, (-sin_a).mul_add(t, cos_a) * w);
            cone.unroll(c >= -vector::EDGE && t.abs() < 1e150, [x, y], s, c)
        });
    }

    /// NaN where |θ − θ_a| = 90°, and beyond, where R would change its sign.
    fn project(&self, points: &mut Points<'_, 3>) {
        let Self { cone, sin_a, cos_a, cos_eta, .. } = *self;
        each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            let (s, c) = (cos_a.mul_add(vz, -sin_a * rho), sin_a.mul_add(vz, cos_a * rho));
            // cot θ_a − tan(θ − θ_a) = cos θ/(sin θ_a cos(θ − θ_a)): nothing cancels.
            let r = cos_eta * rho / (sin_a * c);
            let r = if rho == 0.0 { 0.0 * s } else { r };
            let valid = c * cos_eta > 0.0;
            cone.roll([vx, vy, vz], if valid { r } else { f64::NAN })
        });
    }
}
