//! CAR, plate carrée (paper II §5.2.3): x = φ, y = θ (eqs. 86, 87).

use super::{EQUATOR, longest, on_parallel};
use crate::math::trig;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_PI_2, TAU};

/// The plate carrée: longitude and latitude as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Car;

impl Car {
    fn unroll(points: &mut Points<'_, 3>, bounded: bool) {
        let longest = longest(bounded);
        reproject_core::each!(points, |[x, y, _]| {
            let (s, c) = trig::sin_cos(y);
            on_parallel(x.abs() <= longest && y.abs() <= FRAC_PI_2 + vector::EDGE, x, s, c)
        });
    }
}

impl Code for Car {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Car)
    }
    fn reference(&self) -> (f64, f64) {
        EQUATOR
    }
    fn lift_unbounded(&self, points: &mut Points<'_, 3>) {
        Self::unroll(points, false);
    }
}

impl Projection for Car {
    /// NaN where |x| > 180° or |y| > 90°.
    fn lift(&self, points: &mut Points<'_, 3>) {
        Self::unroll(points, true);
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        reproject_core::each!(points, |[vx, vy, vz]| [
            trig::atan2(vy, vx),
            trig::atan2(vz, vector::length(vx, vy)),
            vz
        ]);
    }

    fn period(&self) -> [Option<f64>; 2] {
        [Some(TAU), None]
    }
}
