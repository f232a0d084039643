//! AZP, zenithal perspective (paper II §5.1.1): x = R sin φ, y = −R sec γ cos φ,
//! R = (μ + 1) cos θ/((μ + sin θ) + cos θ cos φ tan γ) (eqs. 20–22).

use super::{POLE, lower_limit};
use crate::math::angle::sin_cosd;
use crate::math::trig;
use crate::native::{
    Code,
    params::{Pv, broken},
    vector,
};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};

/// Room for rounding in cos θ at the poles: for μ = 1 every point beyond the vanishing line is the antipode, by formula.
const EDGE: f64 = 1e-12;

/// The zenithal perspective projection: from μ radii behind the centre onto a plane tilted by γ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Azp {
    mu: f64,
    gamma: f64,
    sin_gamma: f64,
    cos_gamma: f64,
    /// The smallest sin θ seen from the point of projection; −1 where all are.
    lowest: f64,
}

impl Azp {
    /// The projection with μ = PVi_1 (not −1) and γ = PVi_2 in degrees.
    pub fn new(mu: f64, gamma: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("AZP", &[None, Some(mu), Some(gamma)]))
    }
}

impl Code for Azp {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let (mu, gamma) = (pv.or(1, 0.0)?, pv.or(2, 0.0)?);
        let (sin_gamma, cos_gamma) = sin_cosd(gamma);
        if mu == -1.0 {
            return Err(broken(
                "AZP",
                1,
                mu,
                "mu must not be -1, where the point of projection lies on the plane",
            ));
        }
        let lowest = if mu.abs() > 1.0 { -1.0 / mu } else { -1.0 };
        Ok(Self { mu, gamma, sin_gamma, cos_gamma, lowest })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        vec![(1, self.mu), (2, self.gamma)]
    }
    fn reference(&self) -> (f64, f64) {
        POLE
    }
}

impl Projection for Azp {
    /// NaN off the sheared disk; of two latitudes the larger.
    fn lift(&self, points: &mut Points<'_, 3>) {
        let Self { mu, sin_gamma, cos_gamma, .. } = *self;
        each!(points, |[x, y, _]| {
            let yc = y * cos_gamma;
            let r = vector::length(x, yc);
            // ψ = arg(ρ, 1) and sin ω = ρμ/√(ρ² + 1) (eqs. 26, 27); θ is ψ − ω or ψ + ω + 180°.
            let rho = r / y.mul_add(sin_gamma, mu + 1.0);
            let sin_psi = 1.0 / rho.mul_add(rho, 1.0).sqrt();
            let cos_psi = rho * sin_psi;
            let so = mu * cos_psi;
            let sin_omega = if so.abs() > 1.0 { so.signum() } else { so };
            let cos_omega = ((1.0 - sin_omega) * (1.0 + sin_omega)).sqrt();
            let (sa, ca) = (
                sin_psi.mul_add(cos_omega, -cos_psi * sin_omega),
                cos_psi.mul_add(cos_omega, sin_psi * sin_omega),
            );
            let (sb, cb) = (
                -sin_psi.mul_add(cos_omega, cos_psi * sin_omega),
                -cos_psi.mul_add(cos_omega, -sin_psi * sin_omega),
            );
            let second = cb >= -EDGE && (ca < -EDGE || sb > sa);
            let (s, c) = if second { (sb, cb) } else { (sa, ca) };
            let k = if r > 0.0 { c / r } else { 0.0 };
            let valid = so.abs() <= 1.0 + 1e-13 && c >= -EDGE && rho.abs() < 1e150;
            vector::only_if(valid, [-yc * k, x * k, s])
        });
    }

    /// NaN beyond the horizon of the point of projection, and where the line of sight misses the plane.
    fn project(&self, points: &mut Points<'_, 3>) {
        let Self { mu, sin_gamma, cos_gamma, lowest, .. } = *self;
        let tan_gamma = sin_gamma / cos_gamma;
        let diverges = (mu * cos_gamma).abs() < 1.0;
        each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            let t = tan_gamma.mul_add(vx, mu + vz);
            // Where the denominator vanishes along this meridian: θ + arctan a = −ω, sin ω = μ/√(1 + a²).
            let a = tan_gamma * if rho > 0.0 { vx / rho } else { 1.0 };
            let edge = lower_limit(trig::atan2(-a, 1.0), mu / a.mul_add(a, 1.0).sqrt());
            let shown = !(diverges && trig::atan2(vz, rho) < edge);
            let k = if t != 0.0 && vz >= lowest && shown { (mu + 1.0) / t } else { f64::NAN };
            [vy * k, -vx * k / cos_gamma, vz]
        });
    }
}
