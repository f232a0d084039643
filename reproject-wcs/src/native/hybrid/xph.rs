//! XPH, the HEALPix "butterfly" (Calabretta & Lowe 2013, PASA 30, e050): the four gores of HPX turned by 45° and joined at
//! the north pole, which is the reference point.

use crate::math::trig;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, FRAC_PI_4, PI, SQRT_2};

/// The polar butterfly form of the HEALPix projection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Xph;

impl Code for Xph {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Xph)
    }
    fn reference(&self) -> (f64, f64) {
        (0.0, FRAC_PI_2)
    }
}

/// |sin θ| up to which HPX with K = 3 is cylindrical.
const BELT: f64 = 2.0 / 3.0;

impl Projection for Xph {
    /// NaN outside the four wings.
    fn lift(&self, points: &mut Points<'_, 3>) {
        each!(points, |[x, y, _]| {
            // The wing: (ξ, η) has its origin at the pole, η falls along the wing, φ starts at its western edge.
            let (a, b) = (x * FRAC_1_SQRT_2, y * FRAC_1_SQRT_2);
            let (xi, eta, west) = if a <= 0.0 && b > 0.0 {
                (-a - b, a - b, -PI)
            } else if a < 0.0 && b <= 0.0 {
                (a - b, a + b, -FRAC_PI_2)
            } else if a >= 0.0 && b < 0.0 {
                (a + b, b - a, 0.0)
            } else {
                (b - a, -a - b, FRAC_PI_2)
            };
            // As in HPX: y is the height above the equator, measured from the pole; ξ from the middle of the gore.
            let height = eta + FRAC_PI_2;
            let polar = height.abs() > FRAC_PI_4;
            let sigma = (FRAC_PI_2 - height.abs()) / FRAC_PI_4;
            let sigma = if height > 0.0 { -eta / FRAC_PI_4 } else { sigma };
            let off = if polar { if sigma > 0.0 { xi / sigma } else { 0.0 } } else { xi };
            let t = if polar { sigma * sigma / 3.0 } else { 1.0 - height.abs() * (8.0 / (3.0 * PI)) };
            let (s, c) = trig::sin_cos(west + FRAC_PI_4 + off);
            let rho = (t * (2.0 - t)).sqrt();
            let within = off.abs() <= FRAC_PI_4 + 1e-12 && sigma >= 0.0;
            vector::only_if(
                within && height.abs() <= FRAC_PI_2,
                [rho * c, rho * s, (1.0 - t).copysign(height)],
            )
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            let phi = trig::atan2(vy, vx);
            let quarter = ((phi + PI) / FRAC_PI_2).floor();
            let quarter = if quarter > 3.0 { 3.0 } else { quarter };
            let off = phi + PI - quarter * FRAC_PI_2 - FRAC_PI_4;
            let polar = vz.abs() > BELT;
            let sigma = (3.0 * vector::one_minus(vz.abs(), rho)).sqrt();
            let xi = if polar { off * sigma } else { off };
            // η from the pole down.
            let cap = if vz > 0.0 { -FRAC_PI_4 * sigma } else { FRAC_PI_4 * sigma - PI };
            let eta = if polar { cap } else { (3.0 * PI / 8.0).mul_add(vz, -FRAC_PI_2) };
            let (u, v) = (xi - eta, xi + eta);
            let (x, y) = if quarter < 1.0 {
                (-u, -v)
            } else if quarter < 2.0 {
                (v, -u)
            } else if quarter < 3.0 {
                (u, v)
            } else {
                (-v, u)
            };
            [x * (0.5 * SQRT_2), y * (0.5 * SQRT_2), vz]
        });
    }
}
