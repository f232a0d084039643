//! PAR, parabolic (paper II §5.3.2): x = φ(2 cos(2θ/3) − 1), y = π sin(θ/3) (eqs. 92, 93).

use super::{EQUATOR, on_parallel};
use crate::math::trig;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The parabolic projection of Craster: equal area, meridians are parabolas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Par;

impl Code for Par {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Par)
    }
    fn reference(&self) -> (f64, f64) {
        EQUATOR
    }
}

impl Projection for Par {
    /// NaN outside the limb.
    fn lift(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[x, y, _]| {
            // s = sin(θ/3); the rest are the formulae for three times an angle.
            let s = y / PI;
            let scale = (-2.0f64).mul_add(s, 1.0) * 2.0f64.mul_add(s, 1.0);
            let sin = s * (-4.0 * s).mul_add(s, 3.0);
            let cos = if scale > 0.0 { scale * ((1.0 - s) * (1.0 + s)).sqrt() } else { 0.0 };
            on_parallel(s.abs() <= 0.5 + vector::EDGE_12, x, scale, vector::EDGE_12, sin, cos)
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[vx, vy, vz]| {
            let s = trig::sin(trig::atan2(vz, vector::length(vx, vy)) / 3.0);
            [trig::atan2(vy, vx) * (-4.0 * s).mul_add(s, 1.0), PI * s, vz]
        });
    }
}
