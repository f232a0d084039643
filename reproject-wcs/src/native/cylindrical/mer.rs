//! MER, Mercator (paper II §5.2.4): x = φ, y = ln tan((90° + θ)/2) (eqs. 88, 89).

use super::{EQUATOR, longest, on_parallel};
use crate::math::trig;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// The projection of Mercator: conformal; lines of constant bearing are straight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mer;

impl Mer {
    fn unroll(points: &mut Points<'_, 3>, bounded: bool) {
        let longest = longest(bounded);
        reproject_core::each!(points, |[x, y, _]| {
            // sin θ = tanh y and cos θ = 1/cosh y.
            let e = trig::exp(-y.abs());
            let w = 1.0 / e.mul_add(e, 1.0);
            let s = ((1.0 - e) * (1.0 + e) * w).copysign(y);
            on_parallel(x.abs() <= longest && y.abs() < f64::INFINITY, x, s, 2.0 * e * w)
        });
    }
}

impl Code for Mer {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Mer)
    }
    fn reference(&self) -> (f64, f64) {
        EQUATOR
    }
    fn lift_unbounded(&self, points: &mut Points<'_, 3>) {
        Self::unroll(points, false);
    }
}

/// The cosine of a latitude whose float is that of the pole.
const POLE: f64 = 1e-16;

impl Projection for Mer {
    /// NaN where |x| > 180°.
    fn lift(&self, points: &mut Points<'_, 3>) {
        Self::unroll(points, true);
    }

    /// NaN at |θ| = 90°.
    fn project(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            let y = trig::ln((1.0 + vz.abs()) / rho).copysign(vz);
            [trig::atan2(vy, vx), if rho > POLE { y } else { f64::NAN }, vz]
        });
    }

    fn period(&self) -> [Option<f64>; 2] {
        [Some(TAU), None]
    }
}
