//! CSC, COBE quadrilateralised spherical cube (paper II §5.6.2; Chan & O'Neill 1975): two independent polynomial fits, one for
//! each direction, so that a round trip closes to some 24 arcsec only. The coefficients are those published for COBE.
//!
//! Like the COBE software and WCSLIB, face coordinates are rounded to single precision: published positions are.

use super::{CENTRES, FRONT, face_of, find, on_face};
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};
use std::f64::consts::FRAC_PI_4;

/// The COBE quadrilateralised spherical cube.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Csc;

impl Code for Csc {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Csc)
    }
    fn reference(&self) -> (f64, f64) {
        FRONT
    }
}

/// F(α, β) of eq. 157: the face coordinate along α.
#[inline(always)]
fn warp(a: f32, b: f32) -> f32 {
    const GAMMA_STAR: f32 = 1.374_848_5;
    const M: f32 = 0.004_869_492;
    const GAMMA: f32 = -0.131_616_71;
    const OMEGA_1: f32 = -0.159_596_23;
    const C: [f32; 6] = [0.141_189_63, 0.080_970_13, -0.281_528_53, 0.153_841_13, -0.178_251_2, 0.106_959_47];
    const D: [f32; 2] = [0.075_919_62, -0.021_776_25];
    let (a2, b2) = (a * a, b * b);
    let rest = 1.0 - a2;
    let sum = C[0] + C[1] * a2 + C[2] * b2 + C[3] * (a2 * b2) + C[4] * (a2 * a2) + C[5] * (b2 * b2);
    let middle = GAMMA * rest + M * a2 + (1.0 - b2) * sum;
    let edge = OMEGA_1 - rest * (D[0] + D[1] * a2);
    a * (a2 + rest * (GAMMA_STAR + b2 * middle + a2 * edge))
}

/// f(x, y) of eq. 160: the tangent coordinate along x.
#[inline(always)]
#[allow(clippy::excessive_precision, reason = "coefficients as published")]
fn unwarp(x: f32, y: f32) -> f32 {
    let (x2, y2) = (x * x, y * y);
    let rows = [
        horner(
            x2,
            [
                -0.272_926_96,
                -0.076_299_69,
                -0.227_970_56,
                0.548_523_84,
                -0.629_300_65,
                0.257_957_94,
                0.025_843_75,
            ],
        ),
        horner(x2, [-0.028_194_52, -0.014_715_65, 0.480_515_09, -1.741_144_54, 1.715_475_08, -0.530_223_37]),
        horner(x2, [0.270_581_60, -0.568_009_38, 0.308_033_17, 0.989_381_02, -0.831_804_69]),
        horner(x2, [-0.604_415_60, 1.508_800_86, -0.936_785_76, 0.086_938_41]),
        horner(x2, [0.934_120_77, -1.416_019_20, 0.338_874_46]),
        horner(x2, [-0.639_153_06, 0.520_322_38]),
        0.143_815_85,
    ];
    x + x * (1.0 - x2) * horner(y2, rows)
}

/// In single precision, with both operations rounded.
#[inline(always)]
fn horner<const N: usize>(z: f32, c: [f32; N]) -> f32 {
    let mut p = c[N - 1];
    for k in (0..N - 1).rev() {
        p = c[k] + z * p;
    }
    p
}

impl Projection for Csc {
    /// NaN outside the six faces.
    fn lift(&self, points: &mut Points<'_, 3>) {
        each!(points, |[x, y, _]| {
            let (u, v) = ((x / FRAC_PI_4) as f32, (y / FRAC_PI_4) as f32);
            // Faces west of the front one are reached eastwards, at the cost of one more rounding.
            let u = if u < -1.0 { f64::from(u + 8.0) - 8.0 } else { f64::from(u) };
            let (face, u, v, valid) = find(u, f64::from(v));
            let (u, v) = (u as f32, v as f32);
            let (chi, psi) = (f64::from(unwarp(u, v)), f64::from(unwarp(v, u)));
            let zeta = 1.0 / chi.mul_add(chi, psi.mul_add(psi, 1.0)).sqrt();
            vector::only_if(valid, on_face(face, [chi * zeta, psi * zeta, zeta]))
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        each!(points, |w| {
            let (face, [xi, eta, zeta]) = face_of(w);
            let (chi, psi) = ((xi / zeta) as f32, (eta / zeta) as f32);
            let clip = |c: f32| if c.abs() > 1.0 { c.signum() } else { c };
            let [cx, cy] = CENTRES[face].map(|c| c as f32);
            let (x, y) = (clip(warp(chi, psi)) + cx, clip(warp(psi, chi)) + cy);
            [FRAC_PI_4 * f64::from(x), FRAC_PI_4 * f64::from(y), w[2]]
        });
    }
}
