//! PCO, polyconic (paper II §5.5.2): x = cot θ sin(φ sin θ), y = θ + cot θ [1 − cos(φ sin θ)] (eqs. 142, 143).

use crate::math::lanes::{LANES, Lanes, Step, ZERO, abreast};
use crate::math::trig;
use crate::native::{
    Code,
    params::Pv,
    solve::{self, Rising},
    vector,
};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_PI_2, PI};

/// The polyconic projection of Hassler: every parallel is a standard one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pco;

impl Code for Pco {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Pco)
    }
    fn reference(&self) -> (f64, f64) {
        (0.0, 0.0)
    }
}

impl Projection for Pco {
    /// NaN where |φ| > 180° or |θ| > 90°.
    fn lift(&self, points: &mut Points<'_, 3>) {
        abreast(points, Lift);
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            let phi = trig::atan2(vy, vx);
            let e = phi * vz;
            let (s, _) = trig::sin_cos(e);
            let (h, _) = trig::sin_cos(0.5 * e);
            let theta = trig::atan2(vz, rho);
            // cot θ sin E and cot θ (1 − cos E), by ratios that have a limit on the equator.
            let (sinc, versine) = if vz != 0.0 { (s / vz, 2.0 * h * h / vz) } else { (phi, 0.0 * phi) };
            [rho * sinc, rho.mul_add(versine, theta), vz]
        });
    }
}

struct Lift;

impl Step<3> for Lift {
    #[inline(always)]
    fn run(&self, [mut x, mut y, mut z]: [Lanes; 3]) -> [Lanes; 3] {
        let (mut height, mut end, mut start) = (ZERO, ZERO, ZERO);
        for l in 0..LANES {
            height[l] = y[l].abs();
            let sane = x[l].abs() < 10.0 && height[l] < 10.0;
            end[l] = if sane { FRAC_PI_2 } else { 0.0 };
            let guess = height[l] / (1.0 + 0.25 * x[l] * x[l]);
            start[l] = guess.min(end[l]);
        }
        let theta = solve::root(&Latitude { x: &x, y: &height }, ZERO, end, start);
        for l in 0..LANES {
            let valid = end[l] > 0.0;
            // On the axis the latitude is y; at the pole it is a double root there, which takes half of the digits.
            let on_axis = x[l].abs() < 1e-13 && height[l] <= FRAC_PI_2;
            let theta = if on_axis { height[l] } else { theta[l] };
            let rest = height[l] - theta;
            let (s, c) = trig::sin_cos(theta);
            let c = if c > 0.0 { c } else { 0.0 };
            // E = φ sin θ from its sine x tan θ and cosine 1 − (y − θ) tan θ, both times cos θ.
            let e = trig::atan2(x[l] * s, (-rest).mul_add(s, c));
            let phi = if s > 1e-300 { e / s } else { x[l] };
            let (sp, cp) = trig::sin_cos(phi);
            let valid = valid && phi.abs() <= PI + vector::EDGE_12;
            [x[l], y[l], z[l]] = vector::only_if(valid, [c * cp, c * sp, s.copysign(y[l])]);
        }
        [x, y, z]
    }
}

/// sin θ [x² + (y − θ)²] − 2(y − θ) cos θ, which vanishes at the latitude (from eq. 144) and increases with it.
struct Latitude<'a> {
    x: &'a Lanes,
    y: &'a Lanes,
}

impl Rising for Latitude<'_> {
    #[inline(always)]
    fn at(&self, theta: &Lanes) -> [Lanes; 2] {
        let (mut f, mut slope) = (ZERO, ZERO);
        for l in 0..LANES {
            let (s, c) = trig::sin_cos(theta[l]);
            let rest = self.y[l] - theta[l];
            let q = self.x[l].mul_add(self.x[l], rest * rest);
            f[l] = s.mul_add(q, -2.0 * rest * c);
            slope[l] = c * (q + 2.0);
        }
        [f, slope]
    }
}
