//! ARC, zenithal equidistant (paper II §5.1.6): R = 90° − θ (eq. 67).

use super::POLE;
use crate::math::trig;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The zenithal equidistant projection: true distances from the pole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arc;

impl Code for Arc {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Arc)
    }
    fn reference(&self) -> (f64, f64) {
        POLE
    }
}

impl Projection for Arc {
    /// NaN where R > 180°.
    fn lift(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[x, y, _]| {
            let r = vector::length(x, y);
            let (s, c) = trig::sin_cos(r);
            let k = if r > 0.0 { s / r } else { 1.0 };
            vector::only_if(r <= PI + vector::EDGE, [-y * k, x * k, c])
        });
    }

    /// The whole sphere; of the circle that is θ = −90° the point φ = 0.
    fn project(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            let r = trig::atan2(rho, vz);
            let k = r / rho;
            if rho > 0.0 { [vy * k, -vx * k, vz] } else { [rho, -r - rho, vz] }
        });
    }
}
