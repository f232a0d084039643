//! TAN, gnomonic (paper II §5.1.3): R = cot θ (eq. 54).

use super::POLE;
use crate::native::{Code, params::Pv};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};

/// The gnomonic projection: the sphere seen from its centre. Half the sphere fills the plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tan;

impl Code for Tan {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Tan)
    }
    fn reference(&self) -> (f64, f64) {
        POLE
    }
}

impl Projection for Tan {
    /// NaN only beyond 10¹⁵⁰ rad, where the square overflows.
    fn lift(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[x, y, _]| {
            let square = x.mul_add(x, y.mul_add(y, 1.0));
            let w = if square < f64::INFINITY { 1.0 / square.sqrt() } else { f64::NAN };
            [-y * w, x * w, w]
        });
    }

    /// NaN for θ ≤ 0.
    fn project(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[vx, vy, vz]| {
            let w = if vz > 0.0 { 1.0 / vz } else { f64::NAN };
            [vy * w, -vx * w, vz]
        });
    }
}
