//! QSC, quadrilateralised spherical cube (paper II §5.6.3): equal area on each face.
//! With ω = η/ξ where |ξ| > |η|: u = S √((1 − ζ)/(1 − 1/√(2 + ω²))), v = (u/15°)[arctan ω − arcsin(ω/√(2(1 + ω²)))]; elsewhere
//! the roles are exchanged (eqs. 166–171, in units of 45°).

use super::{FRONT, face_of, find, on_face, place};
use crate::math::trig;
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_4, PI};

/// The quadrilateralised spherical cube.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Qsc;

impl Code for Qsc {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Qsc)
    }
    fn reference(&self) -> (f64, f64) {
        FRONT
    }
}

impl Projection for Qsc {
    /// NaN outside the six faces.
    fn lift(&self, points: &mut Points<'_, 3>) {
        each!(points, |[x, y, _]| {
            let (face, u, v, valid) = find(x / FRAC_PI_4, y / FRAC_PI_4);
            let direct = u.abs() > v.abs();
            let (a, b) = if direct { (u, v) } else { (v, u) };
            // ω = sin(15° b/a)/(cos(15° b/a) − 1/√2) (eqs. 174, 176)
            let (s, c) = trig::sin_cos(if a != 0.0 { PI / 12.0 * b / a } else { 0.0 });
            let omega = s / (c - FRAC_1_SQRT_2);
            let depth = a * a * (1.0 - 1.0 / omega.mul_add(omega, 2.0).sqrt());
            let zeta = 1.0 - depth;
            let p = (depth * (2.0 - depth) / omega.mul_add(omega, 1.0)).sqrt().copysign(a);
            let q = omega * p;
            let (xi, eta) = if direct { (p, q) } else { (q, p) };
            vector::only_if(valid, on_face(face, [xi, eta, zeta]))
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        each!(points, |w| {
            let (face, [xi, eta, zeta]) = face_of(w);
            let direct = xi.abs() > eta.abs();
            let (p, q) = if direct { (xi, eta) } else { (eta, xi) };
            let omega = if p != 0.0 { q / p } else { 0.0 };
            // 1 − ζ without cancellation: the faces end at ζ = 1/√3.
            let depth = xi.mul_add(xi, eta * eta) / (1.0 + zeta);
            let a = (depth / (1.0 - 1.0 / omega.mul_add(omega, 2.0).sqrt())).sqrt().copysign(p);
            let angle =
                trig::atan2(omega, 1.0) - trig::asin(omega / (2.0 * omega.mul_add(omega, 1.0)).sqrt());
            let b = a * angle * (12.0 / PI);
            let (u, v) = if direct { (a, b) } else { (b, a) };
            let [x, y] = place(face, u, v);
            [x, y, w[2]]
        });
    }
}
