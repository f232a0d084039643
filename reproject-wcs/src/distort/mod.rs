//! Distortions: maps of the plane on top of the linear part of a WCS, each with its inverse.
//!
//! Those of pixels ([`Sip`], look-up tables) act before the matrix, those of intermediate coordinates ([`Tpv`] and its
//! kin) after it. Inverses solve the forward map by Newton's method with the analytic Jacobian, from the point alone;
//! only the root on the sheet of the reference point counts, and NaN says that there is none.

mod newton;
mod polynomial;
mod sip;
mod tpv;

pub use sip::Sip;
pub use tpv::Tpv;

use reproject_core::{Points, Transform};
use serde::{Deserialize, Serialize};

/// A distortion of one kind or another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Distortion {
    /// Of 0-based pixels: the Simple Imaging Polynomial.
    Sip(Sip),
    /// Of intermediate coordinates: the TPV polynomial.
    Tpv(Tpv),
}

impl Transform for Distortion {
    fn forward(&self, points: &mut Points<'_>) {
        match self {
            Distortion::Sip(d) => d.forward(points),
            Distortion::Tpv(d) => d.forward(points),
        }
    }
    fn inverse(&self, points: &mut Points<'_>) {
        match self {
            Distortion::Sip(d) => d.inverse(points),
            Distortion::Tpv(d) => d.inverse(points),
        }
    }
}
