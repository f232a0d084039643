//! CEA, cylindrical equal area (paper II §5.2.2): x = φ, y = sin θ/λ (eqs. 84, 85).

use super::{EQUATOR, longest, on_parallel};
use crate::math::trig;
use crate::native::{
    Code,
    params::{Pv, broken},
};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// The cylindrical equal-area projection, conformal at the latitudes with cos²θ = λ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cea {
    lambda: f64,
}

impl Cea {
    /// The projection with λ = PVi_1, in (0, 1].
    pub fn new(lambda: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("CEA", &[None, Some(lambda)]))
    }

    fn unroll(&self, points: &mut Points<'_, 3>, bounded: bool) {
        let (longest, lambda) = (longest(bounded), self.lambda);
        reproject_core::each!(points, |[x, y, _]| {
            let s = lambda * y;
            let c2 = (1.0 - s) * (1.0 + s);
            let valid = x.abs() <= longest && s.abs() <= 1.0 + 1e-13;
            on_parallel(valid, x, s.clamp(-1.0, 1.0), (if c2 > 0.0 { c2 } else { 0.0 }).sqrt())
        });
    }
}

impl Code for Cea {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let lambda = pv.or(1, 1.0)?;
        if !(lambda > 0.0 && lambda <= 1.0) {
            return Err(broken("CEA", 1, lambda, "lambda must lie in (0, 1]"));
        }
        Ok(Self { lambda })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        vec![(1, self.lambda)]
    }
    fn reference(&self) -> (f64, f64) {
        EQUATOR
    }
    fn lift_unbounded(&self, points: &mut Points<'_, 3>) {
        self.unroll(points, false);
    }
}

impl Projection for Cea {
    /// NaN where |x| > 180° or |y| > 1/λ.
    fn lift(&self, points: &mut Points<'_, 3>) {
        self.unroll(points, true);
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        let lambda = self.lambda;
        reproject_core::each!(points, |[vx, vy, vz]| [trig::atan2(vy, vx), vz / lambda, vz]);
    }

    fn period(&self) -> [Option<f64>; 2] {
        [Some(TAU), None]
    }
}
