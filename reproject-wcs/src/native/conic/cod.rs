//! COD, conic equidistant (paper II §5.4.3): C = sin θ_a sin η/η, R = θ_a − θ + η cot η cot θ_a, Y₀ = η cot η cot θ_a
//! (eqs. 127–129); with η = 0, C = sin θ_a and Y₀ = cot θ_a.

use super::{Cone, Parallels};
use crate::math::angle::sin_cosd;
use crate::math::trig;
use crate::native::{
    Code,
    params::{Pv, broken},
    vector,
};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};
use std::f64::consts::FRAC_PI_2;

/// The conic equidistant projection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cod {
    parallels: Parallels,
    cone: Cone,
    /// Y₀ + θ_a: R = this − θ.
    far: f64,
}

impl Cod {
    /// The projection with θ_a = PVi_1 and η = PVi_2 in degrees; sin θ_a sin η ≠ 0 unless η = 0.
    pub fn new(theta_a: f64, eta: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("COD", &[None, Some(theta_a), Some(eta)]))
    }
}

impl Code for Cod {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let parallels = Parallels::from_pv(pv)?;
        let Parallels { theta_a, eta } = parallels;
        let ((sa, ca), (se, ce)) = (sin_cosd(theta_a), sin_cosd(eta));
        let (c, y0) = if eta == 0.0 {
            (sa, ca / sa)
        } else {
            ((sa * se / eta).to_degrees(), eta.to_radians() * (ce / se) * (ca / sa))
        };
        if c == 0.0 {
            return Err(broken(
                "COD",
                1,
                theta_a,
                "sin(theta_a) and sin(eta) (PVi_2) must not be zero: the cone would be a cylinder",
            ));
        }
        Ok(Self { parallels, cone: Cone::new(c, y0, theta_a), far: y0 + theta_a.to_radians() })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        self.parallels.list()
    }
    fn reference(&self) -> (f64, f64) {
        self.parallels.reference()
    }
}

impl Projection for Cod {
    /// NaN where |φ| > 180° or |θ| > 90°.
    fn lift(&self, points: &mut Points<'_, 3>) {
        let Self { cone, far, .. } = *self;
        each!(points, |[x, y, _]| {
            let theta = far - cone.radius(x, y);
            let (s, c) = trig::sin_cos(theta);
            cone.unroll(theta.abs() <= FRAC_PI_2 + vector::EDGE, [x, y], s, c)
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        let Self { cone, far, .. } = *self;
        each!(points, |[vx, vy, vz]| {
            let theta = trig::atan2(vz, vector::length(vx, vy));
            cone.roll([vx, vy, vz], far - theta)
        });
    }
}
