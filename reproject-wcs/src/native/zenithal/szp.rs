//! SZP, slant zenithal perspective (paper II §5.1.2): from the point (x_p, y_p, −z_p), x_p = −μ cos θ_c sin φ_c,
//! y_p = μ cos θ_c cos φ_c, z_p = μ sin θ_c + 1 (eqs. 30–32),
//! x = (z_p cos θ sin φ − x_p(1 − sin θ))/(z_p − (1 − sin θ)), y = −(z_p cos θ cos φ + y_p(1 − sin θ))/(z_p − (1 − sin θ)) (eqs. 33, 34).

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

/// The slant zenithal perspective: from a point off the axis onto the plane that touches the pole.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Szp {
    mu: f64,
    phi_c: f64,
    theta_c: f64,
    point: [f64; 3],
}

impl Szp {
    /// The projection with μ = PVi_1, φ_c = PVi_2 and θ_c = PVi_3 in degrees; μ sin θ_c ≠ −1.
    pub fn new(mu: f64, phi_c: f64, theta_c: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("SZP", &[None, Some(mu), Some(phi_c), Some(theta_c)]))
    }
}

impl Code for Szp {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let (mu, phi_c, theta_c) = (pv.or(1, 0.0)?, pv.or(2, 0.0)?, pv.or(3, 90.0)?);
        let ((sp, cp), (st, ct)) = (sin_cosd(phi_c), sin_cosd(theta_c));
        let point = [-mu * ct * sp, mu * ct * cp, mu * st + 1.0];
        if point[2] == 0.0 {
            return Err(broken(
                "SZP",
                1,
                mu,
                "mu sin(theta_c) must not be -1, where the point of projection lies on the plane",
            ));
        }
        Ok(Self { mu, phi_c, theta_c, point })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        vec![(1, self.mu), (2, self.phi_c), (3, self.theta_c)]
    }
    fn reference(&self) -> (f64, f64) {
        POLE
    }
}

impl Projection for Szp {
    /// NaN where no latitude projects here; of two the larger.
    fn lift(&self, points: &mut Points<'_, 3>) {
        let [xp, yp, zp] = self.point;
        each!(points, |[x, y, _]| {
            // With w = 1 − sin θ, eqs. 36–39 read a w² − 2b w + r² = 0, of which the smaller root counts. (e, f) is the plane
            // point divided by z_p, as seen from the point of projection, less the point itself: what is left of b and of
            // the discriminant once their large parts have cancelled.
            let (e, f) = ((x * (1.0 - zp) - xp) / zp, (y * (1.0 - zp) - yp) / zp);
            let dot = x.mul_add(e, y * f);
            let cross = y.mul_add(xp, -x * yp) / zp;
            let r2 = x.mul_add(x, y * y);
            let b = 1.0 + r2 + dot;
            let d = 2.0f64.mul_add(dot, 1.0 + r2) - cross * cross;
            // Rounding may push the limb itself outside.
            let d = if d < 0.0 && d > -1e-13 * (1.0 + r2 + cross * cross) { 0.0 } else { d };
            let root = d.sqrt();
            let whole = 1.0 / (b + root);
            let [vx, vy] =
                [x * cross - y * (1.0 + root), x.mul_add(1.0 + root, y * cross)].map(|c| c * whole);
            let valid = d >= 0.0 && b > 0.0 && r2 * whole <= 2.0 && r2 < 1e150;
            vector::only_if(valid, [vx, vy, (1.0 + dot + root) * whole])
        });
    }

    /// NaN beyond the horizon of the point of projection, and where the line of sight misses the plane.
    fn project(&self, points: &mut Points<'_, 3>) {
        let [xp, yp, zp] = self.point;
        let outside = self.mu.abs() > 1.0;
        // Below it the line of sight leaves away from the plane.
        let lowest = if (1.0 - zp).abs() < 1.0 { 1.0 - zp } else { -1.0 };
        each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            let w = vector::one_minus(vz, rho);
            // Along this meridian the limb is at θ = ψ − ω or ψ + ω + 180° (eqs. 41–43). WCSLIB has z_p² − z_p − 1 in sin ω where
            // the geometry has (z_p − 1)², and puts the limb up to some degrees higher; so does this.
            let (sin_phi, cos_phi) = if rho > 0.0 { (vy / rho, vx / rho) } else { (0.0, 1.0) };
            let s = xp.mul_add(sin_phi, -yp * cos_phi);
            let psi = trig::atan2(s, zp - 1.0);
            let edge = lower_limit(psi, 1.0 / s.mul_add(s, zp * (zp - 1.0) - 1.0).sqrt());
            let shown = !(outside && trig::atan2(vz, rho) < edge);
            let t = zp - w;
            let k = if t != 0.0 && vz >= lowest && shown { 1.0 / t } else { f64::NAN };
            [zp.mul_add(vy, -xp * w) * k, -zp.mul_add(vx, yp * w) * k, vz]
        });
    }
}
