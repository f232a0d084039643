//! CYP, cylindrical perspective (paper II §5.2.1): x = λφ, y = (μ + λ) sin θ/(μ + cos θ) (eqs. 80, 81).

use super::{EQUATOR, longest, on_parallel};
use crate::math::trig;
use crate::native::{
    Code,
    params::{Pv, broken},
    vector,
};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// The cylindrical perspective projection: from μ radii behind the axis onto a cylinder of λ radii.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cyp {
    mu: f64,
    lambda: f64,
}

impl Cyp {
    /// The projection with μ = PVi_1 and λ = PVi_2; λ ≠ 0 and μ ≠ −λ.
    pub fn new(mu: f64, lambda: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("CYP", &[None, Some(mu), Some(lambda)]))
    }

    fn unroll(&self, points: &mut Points<'_, 3>, bounded: bool) {
        let (longest, Self { mu, lambda }) = (longest(bounded), *self);
        reproject_core::each!(points, |[x, y, _]| {
            // θ = ψ + ω with tan ψ = η = y/(μ + λ) and sin ω = μ sin ψ (eq. 83), by the addition theorems.
            let eta = y / (mu + lambda);
            let cos_psi = 1.0 / eta.mul_add(eta, 1.0).sqrt();
            let sin_psi = eta * cos_psi;
            let sin_omega = mu * sin_psi;
            let cos_omega = ((1.0 - sin_omega) * (1.0 + sin_omega)).sqrt();
            let s = sin_psi.mul_add(cos_omega, cos_psi * sin_omega);
            let c = cos_psi.mul_add(cos_omega, -sin_psi * sin_omega);
            let phi = x / lambda;
            let valid = phi.abs() <= longest && c >= -vector::EDGE && eta.abs() < 1e150;
            on_parallel(valid, phi, s, c)
        });
    }
}

impl Code for Cyp {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let (mu, lambda) = (pv.or(1, 1.0)?, pv.or(2, 1.0)?);
        if lambda == 0.0 {
            return Err(broken("CYP", 2, lambda, "lambda must not be zero"));
        }
        if mu == -lambda {
            return Err(broken("CYP", 1, mu, "mu must not be -lambda (PVi_2)"));
        }
        Ok(Self { mu, lambda })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        vec![(1, self.mu), (2, self.lambda)]
    }
    fn reference(&self) -> (f64, f64) {
        EQUATOR
    }
    fn lift_unbounded(&self, points: &mut Points<'_, 3>) {
        self.unroll(points, false);
    }
}

impl Projection for Cyp {
    /// NaN where |φ| > 180°, where θ would pass a pole, and where no θ projects to y.
    fn lift(&self, points: &mut Points<'_, 3>) {
        self.unroll(points, true);
    }

    /// NaN where μ + cos θ = 0.
    fn project(&self, points: &mut Points<'_, 3>) {
        let Self { mu, lambda } = *self;
        reproject_core::each!(points, |[vx, vy, vz]| {
            let d = mu + vector::length(vx, vy);
            let y = if d != 0.0 { (mu + lambda) * vz / d } else { f64::NAN };
            [lambda * trig::atan2(vy, vx), y, vz]
        });
    }

    fn period(&self) -> [Option<f64>; 2] {
        [Some(self.lambda.abs() * TAU), None]
    }
}
