//! HPX, the HEALPix family (Calabretta & Roukema 2007, MNRAS 381, 865): H gores, K rows.
//! Equatorial, |sin θ| ≤ (K − 1)/K: x = φ, y = (π K/2H) sin θ. Polar: σ = √(K(1 − |sin θ|)), x = φ_c + (φ − φ_c) σ,
//! y = ±(π/H)((K + 1)/2 − σ) (eqs. 1–6, and eq. 17 for the gore's φ_c).

use crate::math::trig;
use crate::native::{
    Code,
    params::{Pv, broken},
    vector,
};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_PI_2, PI};

/// The HEALPix projection; (H, K) = (4, 3) is that of HEALPix itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hpx {
    h: f64,
    k: f64,
    /// Whether K is odd: northern and southern gores then stand in line.
    odd: bool,
}

impl Hpx {
    /// The projection with H = PVi_1 and K = PVi_2, both positive.
    pub fn new(h: f64, k: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("HPX", &[None, Some(h), Some(k)]))
    }

    /// The central longitude of the gore that holds `phi`.
    #[inline(always)]
    fn gore(&self, phi: f64, south: bool) -> f64 {
        // ω = 1 where K is odd or θ > 0, else 0.
        let omega = if south && !self.odd { 0.0 } else { 1.0 };
        let number = ((phi + PI) * self.h / (2.0 * PI) + 0.5 * (1.0 - omega)).floor();
        // φ = 180° belongs to the last gore that lies within the map.
        let number = if omega > 0.0 { number.min(self.h.ceil() - 1.0) } else { number };
        (2.0 * number + omega) * (PI / self.h) - PI
    }
}

impl Code for Hpx {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let (h, k) = (pv.or(1, 4.0)?, pv.or(2, 3.0)?);
        for (m, value) in [(1, h), (2, k)] {
            if value <= 0.0 {
                return Err(broken("HPX", m, value, "H and K must be positive"));
            }
        }
        Ok(Self { h, k, odd: (k + 0.5).floor() % 2.0 == 1.0 })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        vec![(1, self.h), (2, self.k)]
    }
    fn reference(&self) -> (f64, f64) {
        (0.0, 0.0)
    }
}

impl Projection for Hpx {
    /// NaN outside the gores.
    fn lift(&self, points: &mut Points<'_, 3>) {
        let this = *self;
        let Self { h, k, .. } = this;
        let (belt, half) = (FRAC_PI_2 * (k - 1.0) / h, PI / h);
        each!(points, |[x, y, _]| {
            let height = y.abs();
            let polar = height > belt;
            let sigma = 0.5 * (k + 1.0) - height * h / PI;
            let sigma = if sigma < 0.0 && sigma > -1e-12 { 0.0 } else { sigma };
            // t = 1 − |sin θ|
            let t = if polar { sigma * sigma / k } else { 1.0 - height * (2.0 * h / PI) / k };
            let centre = this.gore(x, y < 0.0);
            let off = if sigma > 0.0 { (x - centre) / sigma } else { 0.0 };
            let within =
                if sigma > 0.0 { off.abs() <= half + vector::EDGE_12 } else { (x - centre).abs() <= 1e-12 };
            let phi = if polar { centre + off } else { x };
            let valid = (!polar || (within && sigma >= 0.0))
                && (0.0..=2.0).contains(&t)
                && phi.abs() <= PI + vector::EDGE_12;
            let (s, c) = trig::sin_cos(phi);
            let rho = (t * (2.0 - t)).sqrt();
            vector::only_if(
                valid && x.abs() <= PI + vector::EDGE_12,
                [rho * c, rho * s, (1.0 - t).copysign(y)],
            )
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        let this = *self;
        let Self { h, k, .. } = this;
        let limit = (k - 1.0) / k;
        each!(points, |[vx, vy, vz]| {
            let phi = trig::atan2(vy, vx);
            let polar = vz.abs() > limit;
            let sigma = (k * vector::one_minus(vz.abs(), vector::length(vx, vy))).sqrt();
            let centre = this.gore(phi, vz < 0.0);
            let x = if polar { (phi - centre).mul_add(sigma, centre) } else { phi };
            let cap = (PI / h * (0.5 * (k + 1.0) - sigma)).copysign(vz);
            [x, if polar { cap } else { FRAC_PI_2 * k / h * vz }, vz]
        });
    }
}
