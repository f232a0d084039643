//! TSC, tangential spherical cube (paper II §5.6.1): the gnomonic projection of each face, x = ξ/ζ, y = η/ζ.

use super::{FRONT, face_of, find, on_face, place};
use crate::native::{Code, params::Pv, vector};
use reproject_core::{Points, Projection, Result, each};
use serde::{Deserialize, Serialize};
use std::f64::consts::FRAC_PI_4;

/// The tangential spherical cube.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tsc;

impl Code for Tsc {
    fn from_pv(_: &Pv<'_>) -> Result<Self> {
        Ok(Tsc)
    }
    fn reference(&self) -> (f64, f64) {
        FRONT
    }
}

impl Projection for Tsc {
    /// NaN outside the six faces.
    fn lift(&self, points: &mut Points<'_, 3>) {
        each!(points, |[x, y, _]| {
            let (face, u, v, valid) = find(x / FRAC_PI_4, y / FRAC_PI_4);
            let zeta = 1.0 / u.mul_add(u, v.mul_add(v, 1.0)).sqrt();
            vector::only_if(valid, on_face(face, [u * zeta, v * zeta, zeta]))
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        each!(points, |v| {
            let (face, [xi, eta, zeta]) = face_of(v);
            let [x, y] = place(face, xi / zeta, eta / zeta);
            [x, y, v[2]]
        });
    }
}
