//! SFL, Sanson–Flamsteed (paper II §5.3.1): x = φ cos θ, y = θ (eqs. 90, 91). GLS is SFL about another fiducial point.

use super::{EQUATOR, on_parallel};
use crate::math::trig;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::FRAC_PI_2;

/// The sinusoidal projection of Sanson and Flamsteed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sfl;

impl Code for Sfl {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Sfl)
    }
    fn reference(&self) -> (f64, f64) {
        EQUATOR
    }
}

impl Projection for Sfl {
    /// NaN where |φ| > 180° or |y| > 90°.
    fn lift(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[x, y, _]| {
            let (s, c) = trig::sin_cos(y);
            on_parallel(y.abs() <= FRAC_PI_2 + vector::EDGE_12, x, c, vector::EDGE_12, s, c)
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            [trig::atan2(vy, vx) * rho, trig::atan2(vz, rho), vz]
        });
    }
}
