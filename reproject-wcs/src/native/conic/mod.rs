//! Conic projections, paper II §5.4: x = R sin(Cφ), y = Y₀ − R cos(Cφ), with R a function of θ (eqs. 109–113).
//! θ_a is the middle of the two standard parallels θ_a ∓ η.

mod cod;
mod coe;
mod coo;
mod cop;

pub use cod::Cod;
pub use coe::Coe;
pub use coo::Coo;
pub use cop::Cop;

use crate::math::trig;
use crate::native::params::Pv;
use crate::native::vector::{self, EDGE};
use reproject_core::Result;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The parameters that all conics share, in degrees as in the header.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Parallels {
    theta_a: f64,
    eta: f64,
}

impl Parallels {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        Ok(Self {
            theta_a: pv.need(1, "theta_a, the middle of the standard parallels, in degrees")?,
            eta: pv.or(2, 0.0)?,
        })
    }
    fn list(&self) -> Vec<(usize, f64)> {
        vec![(1, self.theta_a), (2, self.eta)]
    }
    /// (φ₀, θ₀) = (0, θ_a).
    fn reference(&self) -> (f64, f64) {
        (0.0, self.theta_a.to_radians())
    }
}

/// The cone unrolled: the constant C, the height Y₀ of its apex, and the side (the sign of θ_a).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Cone {
    c: f64,
    y0: f64,
    side: f64,
}

impl Cone {
    fn new(c: f64, y0: f64, theta_a: f64) -> Self {
        Self { c, y0, side: if theta_a < 0.0 { -1.0 } else { 1.0 } }
    }

    /// R of a point of the plane, with the sign of θ_a.
    #[inline(always)]
    fn radius(&self, x: f64, y: f64) -> f64 {
        vector::length(x, self.y0 - y) * self.side
    }

    /// The vector at a point of the plane whose latitude has sine `sin` and cosine `cos`; no point where |φ| > π.
    #[inline(always)]
    fn unroll(&self, valid: bool, [x, y]: [f64; 2], sin: f64, cos: f64) -> [f64; 3] {
        let down = self.y0 - y;
        // A fiducial point there is placed along its meridian by next to nothing.
        let apex = x.abs() < 1e-17 && down == 0.0;
        let phi = if apex { 0.0 } else { trig::atan2(x * self.side, down * self.side) / self.c };
        let (s, c) = trig::sin_cos(phi);
        vector::only_if(valid && phi.abs() <= PI + EDGE, [cos * c, cos * s, sin])
    }

    /// The plane point at radius `r` in the direction of a vector.
    #[inline(always)]
    fn roll(&self, [vx, vy, vz]: [f64; 3], r: f64) -> [f64; 3] {
        let (s, c) = trig::sin_cos(self.c * trig::atan2(vy, vx));
        [r * s, (-r).mul_add(c, self.y0) + 0.0 * s, vz]
    }
}
