//! BON, Bonne (paper II §5.5.1): x = R sin A, y = Y₀ − R cos A, A = φ cos θ/R, R = Y₀ − θ, Y₀ = cot θ₁ + θ₁ (eqs. 137–141).
//! With θ₁ = 0 it is SFL.

use crate::math::angle::sin_cosd;
use crate::math::trig;
use crate::native::{Code, params::Pv, pseudocyl::Sfl, vector};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_PI_2, PI};

/// The projection of Bonne: equal area, true along the parallel θ₁ and the central meridian.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bon {
    theta_1: f64,
    y0: f64,
}

impl Bon {
    /// The projection with θ₁ = PVi_1 in degrees.
    pub fn new(theta_1: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("BON", &[None, Some(theta_1)]))
    }
}

impl Code for Bon {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let theta_1 = pv.need(1, "theta_1, the standard parallel, in degrees")?;
        let (s, c) = sin_cosd(theta_1);
        Ok(Self { theta_1, y0: c / s + theta_1.to_radians() })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        vec![(1, self.theta_1)]
    }
    fn reference(&self) -> (f64, f64) {
        (0.0, 0.0)
    }
}

impl Projection for Bon {
    /// NaN where |φ| > 180° or |θ| > 90°.
    fn lift(&self, points: &mut Points<'_, 3>) {
        if self.theta_1 == 0.0 {
            return Sfl.lift(points);
        }
        let (y0, side) = (self.y0, self.theta_1.signum());
        each!(points, |[x, y, _]| {
            let down = y0 - y;
            let r = vector::length(x, down) * side;
            let a = trig::atan2(x * side, down * side);
            let theta = y0 - r;
            let (s, c) = trig::sin_cos(theta);
            let c = if c > 0.0 { c } else { 0.0 };
            let phi = if c > 0.0 && r != 0.0 { a * r / c } else { 0.0 };
            let (sp, cp) = trig::sin_cos(phi);
            let valid = theta.abs() <= FRAC_PI_2 + vector::EDGE_11
                && phi.abs() <= PI + vector::EDGE_11
                && !x.is_nan();
            vector::only_if(valid, [c * cp, c * sp, s])
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        if self.theta_1 == 0.0 {
            return Sfl.project(points);
        }
        let y0 = self.y0;
        each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            let r = y0 - trig::atan2(vz, rho);
            let a = if r != 0.0 { trig::atan2(vy, vx) * rho / r } else { 0.0 };
            let (s, c) = trig::sin_cos(a);
            [r * s, (-r).mul_add(c, y0), vz]
        });
    }
}
