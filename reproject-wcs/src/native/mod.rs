//! The projections of Calabretta & Greisen (2002, FITS paper II), Calabretta & Roukema (2007) and Calabretta & Lowe
//! (2013), one file a code: between the projection plane and native unit vectors.
//!
//! The plane's (x, y) are those of paper II in *radians*; the vector is (cos θ cos φ, cos θ sin φ, sin θ) of the native
//! longitude φ and latitude θ. Positions are worked in direction cosines, so that most projections need no sine at all,
//! and 1 ∓ sin θ and cos θ are formed without cancellation. What lies outside a projection becomes NaN, by the rules
//! of WCSLIB with all of its bounds checks on.

pub mod conic;
pub mod cylindrical;
pub mod hybrid;
mod params;
pub mod polyconic;
pub mod pseudocyl;
pub mod quadcube;
mod solve;
mod vector;
pub mod zenithal;

use conic::{Cod, Coe, Coo, Cop};
use cylindrical::{Car, Cea, Cyp, Mer};
use hybrid::{Hpx, Xph};
use params::Pv;
use polyconic::{Bon, Pco};
use pseudocyl::{Ait, Mol, Par, Sfl};
use quadcube::{Csc, Qsc, Tsc};
use reproject_core::{Error, Points, Projection, Result};
use serde::{Deserialize, Serialize};
use zenithal::{Air, Arc, Azp, Sin, Stg, Szp, Tan, Zea, Zpn};

/// Code and parameters of a projection, besides its two directions.
pub(crate) trait Code: Projection + Sized {
    /// Reads the parameters, in the units of paper II, and checks them.
    fn from_pv(pv: &Pv<'_>) -> Result<Self>;
    /// The parameters in force, defaults included: m of PVi_m and the value.
    fn parameters(&self) -> Vec<(usize, f64)> {
        Vec::new()
    }
    /// Native longitude and latitude of the fiducial point, in radians.
    fn reference(&self) -> (f64, f64);
    /// [`Projection::lift`] without the bound on the native longitude, where the plane repeats.
    fn lift_unbounded(&self, points: &mut Points<'_, 3>) {
        self.lift(points);
    }
}

macro_rules! native { ($($code:literal $name:ident),* $(,)?) => {
    /// A native projection, chosen by the three letters of CTYPE.
    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
    pub enum Native {
        $(#[doc = concat!("`", $code, "`")] $name($name),)*
    }

    impl Native {
        /// The codes there are, in the order of paper II.
        pub const CODES: &[&str] = &[$($code),*];

        /// The projection named `code` with `pv[m]` = PVi_m of the latitude axis, in paper II's units (degrees for angles).
        ///
        /// # Errors
        /// A code that is unknown; a parameter that is missing, not finite or out of its range.
        pub fn new(code: &str, pv: &[Option<f64>]) -> Result<Self> {
            match code {
                $($code => $name::from_pv(&Pv::new($code, pv)).map(Native::$name),)*
                _ => Err(Error::invalid(
                    "CTYPE",
                    format!("projection code {code:?} is unknown; it must be one of {}", Self::CODES.join(" ")),
                )),
            }
        }

        /// The three letters of CTYPE.
        pub fn code(&self) -> &'static str {
            match self { $(Native::$name(_) => $code,)* }
        }

        /// The parameters in force, defaults included: m of PVi_m (latitude axis) and the value in paper II's units.
        pub fn parameters(&self) -> Vec<(usize, f64)> {
            match self { $(Native::$name(p) => p.parameters(),)* }
        }

        /// Native longitude and latitude (φ₀, θ₀) of the fiducial point in radians, before PVi_1 and PVi_2 of the
        /// longitude axis replace them.
        pub fn reference(&self) -> (f64, f64) {
            match self { $(Native::$name(p) => p.reference(),)* }
        }

        /// Lifts points as [`Projection::lift`] does, but a cylindrical plane repeats without end instead of stopping at |φ| = π.
        pub fn lift_unbounded(&self, points: &mut Points<'_, 3>) {
            match self { $(Native::$name(p) => p.lift_unbounded(points),)* }
        }
    }

    impl Projection for Native {
        fn lift(&self, points: &mut Points<'_, 3>) {
            match self { $(Native::$name(p) => p.lift(points),)* }
        }
        fn project(&self, points: &mut Points<'_, 3>) {
            match self { $(Native::$name(p) => p.project(points),)* }
        }
        fn period(&self) -> [Option<f64>; 2] {
            match self { $(Native::$name(p) => p.period(),)* }
        }
    }
} }

native! {
    "AZP" Azp, "SZP" Szp, "TAN" Tan, "STG" Stg, "SIN" Sin, "ARC" Arc, "ZPN" Zpn, "ZEA" Zea, "AIR" Air,
    "CYP" Cyp, "CEA" Cea, "CAR" Car, "MER" Mer,
    "SFL" Sfl, "PAR" Par, "MOL" Mol, "AIT" Ait,
    "COP" Cop, "COE" Coe, "COD" Cod, "COO" Coo, "BON" Bon, "PCO" Pco,
    "TSC" Tsc, "CSC" Csc, "QSC" Qsc, "HPX" Hpx, "XPH" Xph,
}
