//! COO, conic orthomorphic (paper II §5.4.4): R = ψ tan^C((90° − θ)/2), ψ = cos θ₁/(C tan^C((90° − θ₁)/2)),
//! C = ln(cos θ₂/cos θ₁)/ln(tan((90° − θ₂)/2)/tan((90° − θ₁)/2)), or sin θ₁ where θ₁ = θ₂ (eqs. 132–135).

use super::{Cone, Parallels};
use crate::math::angle::sin_cosd;
use crate::math::trig;
use crate::native::{
    Code,
    params::{Pv, broken},
    vector,
};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};

/// The conic orthomorphic projection of Lambert: conformal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coo {
    parallels: Parallels,
    cone: Cone,
    psi: f64,
}

impl Coo {
    /// The projection with θ_a = PVi_1 and η = PVi_2 in degrees, with neither parallel at a pole and C ≠ 0.
    pub fn new(theta_a: f64, eta: f64) -> Result<Self> {
        Self::from_pv(&Pv::new("COO", &[None, Some(theta_a), Some(eta)]))
    }
}

/// uᶜ for u ≥ 0.
#[inline(always)]
fn power(u: f64, c: f64) -> f64 {
    trig::exp(c * trig::ln(u))
}

impl Code for Coo {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let parallels = Parallels::from_pv(pv)?;
        let Parallels { theta_a, eta } = parallels;
        let half_tan = |theta: f64| trig::tan(((90.0 - theta) / 2.0).to_radians());
        let (one, two) = (theta_a - eta, theta_a + eta);
        let ((s1, c1), c2) = (sin_cosd(one), sin_cosd(two).1);
        // A parallel at a pole, whose cosine is 6e-17: in the north C = 0, in the south a cone, as in WCSLIB.
        let c = if one == two { s1 } else { trig::ln(c2 / c1) / trig::ln(half_tan(two) / half_tan(one)) };
        if c == 0.0 {
            return Err(broken(
                "COO",
                1,
                theta_a,
                "the standard parallels theta_a -+ eta must not be symmetric to the equator, nor one of them the north pole",
            ));
        }
        let psi = c1 / (c * power(half_tan(one), c));
        if psi == 0.0 {
            return Err(broken("COO", 1, theta_a, "the standard parallel theta_a - eta must not be a pole"));
        }
        let y0 = psi * power(half_tan(theta_a), c);
        Ok(Self { parallels, cone: Cone::new(c, y0, theta_a), psi })
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        self.parallels.list()
    }
    fn reference(&self) -> (f64, f64) {
        self.parallels.reference()
    }
}

impl Projection for Coo {
    /// NaN where |φ| > 180°.
    fn lift(&self, points: &mut Points<'_, 3>) {
        let Self { cone, psi, .. } = *self;
        each!(points, |[x, y, _]| {
            // u = tan((90° − θ)/2); its reciprocal below the equator, so that neither overflows.
            let log = trig::ln(cone.radius(x, y) / psi) / cone.c;
            let u = trig::exp(-log.abs());
            let w = 1.0 / u.mul_add(u, 1.0);
            let s = (1.0 - u) * (1.0 + u) * w;
            cone.unroll(
                !log.is_nan() && x.abs() + y.abs() < 1e150,
                [x, y],
                if log > 0.0 { -s } else { s },
                2.0 * u * w,
            )
        });
    }

    /// NaN at the pole that lies at infinity.
    fn project(&self, points: &mut Points<'_, 3>) {
        let Self { cone, psi, .. } = *self;
        each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            let u = if vz > 0.0 { rho / (1.0 + vz) } else { (1.0 - vz) / rho };
            let r = psi * power(u, cone.c);
            cone.roll([vx, vy, vz], if r.abs() < f64::INFINITY { r } else { f64::NAN })
        });
    }
}
