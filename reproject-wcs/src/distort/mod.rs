//! Distortions: maps of the plane on top of the linear part of a WCS, each with its inverse.
//!
//! Those of pixels ([`Sip`], [`Lookup`]) act before the matrix, those of intermediate coordinates ([`Tpv`], [`Tnx`], [`Tpd`])
//! after it; a plate solution ([`Dss`]) takes the matrix's place. Inverses solve the forward map by Newton's method with the
//! analytic Jacobian, from the point alone; only the root on the sheet of the reference point counts, and NaN says that
//! there is none.

mod dss;
mod newton;
mod pair;
mod polynomial;
mod series;
mod sip;
mod table;
mod template;
pub mod tnx;
mod tpd;
mod tpv;

pub use dss::{Dss, Plate};
pub use sip::Sip;
pub use table::{Lookup, Table};
pub use tnx::Tnx;
pub use tpd::{Tpd, TpdAxis};
pub use tpv::Tpv;

use reproject_core::{Points, Transform};
use serde::{Deserialize, Serialize};

/// A distortion of one kind or another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Distortion {
    /// Of 0-based pixels: the Simple Imaging Polynomial.
    Sip(Sip),
    /// Of 0-based pixels: look-up tables, with or without SIP.
    Lookup(Box<Lookup>),
    /// Of intermediate coordinates: the TPV polynomial.
    Tpv(Tpv),
    /// Of intermediate coordinates in degrees: the surfaces of TNX and ZPX.
    Tnx(Box<Tnx>),
    /// Of pixels or intermediate coordinates: the template polynomial.
    Tpd(Box<Tpd>),
    /// 0-based pixels to standard coordinates in degrees: a plate of the Digitized Sky Survey.
    Dss(Box<Dss>),
}

impl Distortion {
    fn transform(&self) -> &dyn Transform {
        match self {
            Distortion::Sip(d) => d,
            Distortion::Lookup(d) => &**d,
            Distortion::Tpv(d) => d,
            Distortion::Tnx(d) => &**d,
            Distortion::Tpd(d) => &**d,
            Distortion::Dss(d) => &**d,
        }
    }
}

impl Transform for Distortion {
    fn forward(&self, points: &mut Points<'_>) {
        self.transform().forward(points);
    }
    fn inverse(&self, points: &mut Points<'_>) {
        self.transform().inverse(points);
    }
}
