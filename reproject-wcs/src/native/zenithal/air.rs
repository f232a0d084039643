//! AIR, Airy (paper II §5.1.9): R = −2[ln cos ξ/tan ξ + tan ξ · ln cos ξ_b/tan²ξ_b], ξ = (90° − θ)/2 (eqs. 70–72).
//!
//! In τ = tan ξ: R = ln(1 + τ²)/τ + 2kτ, k = ln(1 + τ_b²)/(2τ_b²).

use super::POLE;
use crate::math::angle::sin_cosd;
use crate::math::lanes::{LANES, Lanes, Step, ZERO, abreast};
use crate::math::trig;
use crate::native::{
    Code,
    params::{Pv, broken},
    solve::{self, Rising},
    vector,
};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};

/// The projection of Airy: the least error over the cap above θ_b.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Air {
    theta_b: f64,
    k: f64,
}

impl Air {
    /// The projection with θ_b = PVi_1 in degrees, above −90.
    pub fn new(theta_b: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("AIR", &[None, Some(theta_b)]))
    }
}

impl Code for Air {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let theta_b = pv.or(1, 90.0)?;
        if theta_b <= -90.0 {
            return Err(broken("AIR", 1, theta_b, "theta_b must be above -90 degrees"));
        }
        let (s, c) = sin_cosd((90.0 - theta_b) / 2.0);
        let tau = s / c;
        let k = if tau == 0.0 { 0.5 } else { ln_1p(tau * tau) / (2.0 * tau * tau) };
        // Beyond 270 degrees ln cos ξ_b is that of a negative number.
        let k = if c < 0.0 { f64::NAN } else { k };
        Ok(Self { theta_b, k })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        vec![(1, self.theta_b)]
    }
    fn reference(&self) -> (f64, f64) {
        POLE
    }
}

impl Projection for Air {
    fn lift(&self, points: &mut Points<'_, 3>) {
        abreast(points, Lift { k: self.k });
    }

    /// NaN at θ = −90°.
    fn project(&self, points: &mut Points<'_, 3>) {
        let k = self.k;
        each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            // τ = (1 − sin θ)/cos θ, or cos θ/(1 + sin θ).
            let tau = if vz > 0.0 { rho / (1.0 + vz) } else { (1.0 - vz) / rho };
            let r = (ln_1p(tau * tau) / tau).mul_add(1.0, 2.0 * k * tau);
            // Within rounding of the pole, whatever θ_b makes of the rest.
            let r = if tau > 1e-15 || tau.is_nan() { r } else { tau };
            let s = if rho > 0.0 { r / rho } else { 0.0 };
            // Nearer than rounding to the antipode, no direction is left.
            vector::only_if(tau < 1e15, [vy * s, -vx * s, vz])
        });
    }
}

/// ln(1 + u) for u ≥ 0; the rounding of 1 + u is made good by the last factor (Kahan).
#[inline(always)]
fn ln_1p(u: f64) -> f64 {
    let v = 1.0 + u;
    let d = v - 1.0;
    if d > 0.0 { trig::ln(v) * (u / d) } else { u }
}

struct Lift {
    k: f64,
}

/// Below it (θ_b < −76°) R falls again beyond ξ = 60° before it rises: the least of 2/(1 + τ²) − ln(1 + τ²)/τ² is −0.0602.
const BENT: f64 = 0.0302;

impl Lift {
    /// Of several roots WCSLIB takes one between the first two cosines 1, ½, ¼ … of ξ whose R it lies between; after 30 none.
    fn halve(&self, r: &Lanes, [low, high, start]: [&mut Lanes; 3]) {
        let tau = |n: i32| (4f64.powi(n) - 1.0).sqrt();
        let radius = |t: f64| (ln_1p(t * t) / t).mul_add(1.0, 2.0 * self.k * t);
        for l in 0..LANES {
            let first = (1..=30).find(|&n| radius(tau(n)) >= r[l]);
            (low[l], high[l]) = first.map_or((f64::NAN, f64::NAN), |n| (tau(n - 1), tau(n)));
            start[l] = if r[l] == 0.0 { 0.0 } else { 0.5 * (low[l] + high[l]) };
        }
    }
}

impl Step<3> for Lift {
    #[inline(always)]
    fn run(&self, [mut x, mut y, mut z]: [Lanes; 3]) -> [Lanes; 3] {
        let (mut r, mut low, mut high, mut start) = (ZERO, ZERO, ZERO, ZERO);
        for l in 0..LANES {
            r[l] = vector::length(x[l], y[l]);
            // R ≥ 2kτ everywhere, and R = (1 + 2k)τ at the pole.
            high[l] = r[l] / (2.0 * self.k);
            start[l] = r[l] / (1.0 + 2.0 * self.k);
        }
        if self.k < BENT {
            self.halve(&r, [&mut low, &mut high, &mut start]);
        }
        let tau = solve::root(&Radius { k: self.k, r: &r }, low, high, start);
        for l in 0..LANES {
            // The pole is the pole, whatever θ_b makes of the rest.
            let t = if r[l] > 0.0 { tau[l] } else { r[l] };
            let t2 = t * t;
            let w = 1.0 / (1.0 + t2);
            let c = 2.0 * t * w;
            let s = if r[l] > 0.0 { c / r[l] } else { 0.0 };
            [x[l], y[l], z[l]] =
                vector::only_if(r[l] < 1e150 && t2 < 1e300, [-y[l] * s, x[l] * s, (1.0 - t2) * w]);
        }
        [x, y, z]
    }
}

/// R(τ) − R.
struct Radius<'a> {
    k: f64,
    r: &'a Lanes,
}

impl Rising for Radius<'_> {
    #[inline(always)]
    fn at(&self, tau: &Lanes) -> [Lanes; 2] {
        let (mut f, mut slope) = (ZERO, ZERO);
        for l in 0..LANES {
            let t = tau[l];
            let t2 = t * t;
            let h = if t > 0.0 { ln_1p(t2) / t } else { 0.0 };
            f[l] = (2.0 * self.k).mul_add(t, h) - self.r[l];
            let dh = 2.0 / (1.0 + t2) - if t > 0.0 { h / t } else { 1.0 };
            slope[l] = dh + 2.0 * self.k;
        }
        [f, slope]
    }
}
