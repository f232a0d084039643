//! Celestial reference frames, and the way from one to another: a rotation, with the E-terms of aberration removed before
//! it or added after it where a frame is FK4.

mod epoch;
mod observer;
mod precession;

pub use observer::Observer;

use super::lonlat;
use crate::math::trig::sin_cos_deg;
use crate::stages::Stage;
use observer::Meeting;
use reproject_core::{Error, Mat3, Points, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A celestial reference frame: what longitudes and latitudes belong to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Frame {
    /// The International Celestial Reference System.
    Icrs,
    /// FK5, mean equator and equinox of a Julian year.
    Fk5 {
        /// Julian year.
        equinox: f64,
    },
    /// FK4, mean equator and equinox of a Besselian year, E-terms of aberration included.
    Fk4 {
        /// Besselian year.
        equinox: f64,
    },
    /// FK4 without the E-terms.
    Fk4NoE {
        /// Besselian year.
        equinox: f64,
    },
    /// IAU 1958 galactic coordinates.
    Galactic,
    /// De Vaucouleurs' supergalactic coordinates.
    Supergalactic,
    /// Mean ecliptic and equinox of a Julian year, IAU 2006, barycentric.
    Ecliptic {
        /// Julian year.
        equinox: f64,
    },
    /// A sphere known by its name only (solar, planetary, terrestrial …): positions can be compared within it, and with
    /// no other frame.
    Named {
        /// The sphere: `HPLN`, `CRLN`, `TLON`, `MALN` …
        system: String,
        /// Where it is seen from, as far as that matters and the header says.
        observer: Option<Observer>,
    },
}
use Frame::{Ecliptic, Fk4, Fk4NoE, Fk5, Galactic, Icrs, Named, Supergalactic};

/// A way from one frame to another, for unit vectors: E-terms off, a rotation, E-terms on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// E-terms to be removed from the source's vectors first.
    pub remove: Option<[f64; 3]>,
    /// The rotation.
    pub rotation: Mat3,
    /// E-terms to be added at last.
    pub add: Option<[f64; 3]>,
}

/// Groups of frames: within a group, and between groups, there is one matrix.
enum Family {
    /// Vectors to FK5 J2000.
    Fk5(Mat3),
    /// A Besselian year; vectors without E-terms.
    Fk4(f64),
    /// Vectors to galactic ones.
    Galactic(Mat3),
    Named,
}

impl Frame {
    /// Finds the way to another frame.
    ///
    /// # Errors
    /// If the two share no sphere that is known: a solar frame and an equatorial one, two observers.
    pub fn route(&self, to: &Frame) -> Result<Route> {
        let same = Route { remove: None, rotation: Mat3::IDENTITY, add: None };
        if self.same_as(to) {
            return Ok(same);
        }
        let fk5_to_galactic = galactic([192.8594812065348, 27.12825118085622], 122.9319185680026);
        let fk4_to_galactic = galactic([192.25, 27.4], 123.0);
        let fk5_to_fk4 = |y| precession::newcomb(1950.0, y) * precession::murray(y).transpose();
        let rotation = match (self.family(), to.family()) {
            (Family::Fk5(a), Family::Fk5(b)) => b.transpose() * a,
            (Family::Fk4(a), Family::Fk4(b)) => precession::newcomb(a, b),
            (Family::Galactic(a), Family::Galactic(b)) => b.transpose() * a,
            (Family::Fk5(a), Family::Fk4(y)) => fk5_to_fk4(y) * a,
            (Family::Fk4(y), Family::Fk5(b)) => {
                b.transpose() * (precession::murray(y) * precession::newcomb(y, 1950.0))
            }
            (Family::Fk5(a), Family::Galactic(b)) => b.transpose() * (fk5_to_galactic * a),
            (Family::Galactic(a), Family::Fk5(b)) => b.transpose() * (fk5_to_galactic.transpose() * a),
            (Family::Fk4(y), Family::Galactic(b)) => {
                b.transpose() * (fk4_to_galactic * precession::newcomb(y, 1950.0))
            }
            (Family::Galactic(a), Family::Fk4(y)) => {
                precession::newcomb(1950.0, y) * (fk4_to_galactic.transpose() * a)
            }
            (Family::Named, _) | (_, Family::Named) => return Err(apart(self, to)),
        };
        if !rotation.0.as_flattened().iter().all(|v| v.is_finite()) {
            let why = format!("from {self} to {to}: an equinox so far away has no precession");
            return Err(Error::invalid("EQUINOX", why));
        }
        Ok(Route { remove: self.e_terms(), rotation, add: to.e_terms() })
    }

    /// Tells whether one of two frames of one name leaves its observer out, which is then taken to be the other's.
    pub fn borrows(&self, other: &Frame) -> bool {
        matches!((self, other), (Named { system: a, observer: p }, Named { system: b, observer: q })
            if a == b && p.is_some() != q.is_some())
    }

    /// Whether positions in both are the same numbers. Solar frames of unknown observers count as one.
    fn same_as(&self, other: &Frame) -> bool {
        match (self, other) {
            (Named { system: a, observer: p }, Named { system: b, observer: q }) => {
                a == b && p.iter().zip(q).all(|(p, q)| p.meets(q) == Meeting::Same)
            }
            _ => self == other,
        }
    }

    fn family(&self) -> Family {
        match *self {
            Icrs => Family::Fk5(frame_bias()),
            Fk5 { equinox } => Family::Fk5(precession::iau2006(equinox).transpose()),
            Ecliptic { equinox } => Family::Fk5(frame_bias() * precession::ecliptic(equinox).transpose()),
            Fk4 { equinox } | Fk4NoE { equinox } => Family::Fk4(equinox),
            Galactic => Family::Galactic(Mat3::IDENTITY),
            Supergalactic => {
                // Supergalactic north pole at l = 47.37, b = 6.32; zero of longitude at l = 137.37, b = 0.
                let to = z(90.0) * (y(90.0 - 6.32) * z(47.37));
                Family::Galactic(to.transpose())
            }
            Named { .. } => Family::Named,
        }
    }

    /// The Julian year of a Besselian year.
    pub(crate) fn julian_of_besselian(year: f64) -> f64 {
        epoch::julian_year(epoch::besselian(year))
    }

    fn e_terms(&self) -> Option<[f64; 3]> {
        match *self {
            Fk4 { equinox } => Some(epoch::e_terms(equinox)),
            _ => None,
        }
    }
}

impl Route {
    /// Takes a position `[longitude, latitude]` in degrees to the other frame; longitudes in [0, 360).
    pub fn apply(&self, position: [f64; 2]) -> [f64; 2] {
        let ([mut x, mut y], mut z) = (position.map(|v| [v]), [0.0]);
        let mut point = Points::new([&mut x, &mut y, &mut z]);
        lonlat::vectors(&mut point);
        self.stages().iter().for_each(|stage| stage.run(&mut point));
        lonlat::degrees(&mut point, true);
        [x[0], y[0]]
    }

    /// Takes unit vectors of one frame to the other.
    pub(crate) fn run(&self, vectors: &mut [[f64; 3]]) {
        let [mut x, mut y, mut z]: [Vec<f64>; 3] =
            std::array::from_fn(|k| vectors.iter().map(|v| v[k]).collect());
        let mut points = Points::new([&mut x, &mut y, &mut z]);
        self.stages().iter().for_each(|stage| stage.run(&mut points));
        vectors.iter_mut().enumerate().for_each(|(i, v)| *v = [x[i], y[i], z[i]]);
    }

    /// The steps on the sphere.
    pub(crate) fn stages(&self) -> Vec<Stage> {
        let remove = self.remove.map(Stage::RemoveETerms);
        let add = self.add.map(Stage::AddETerms);
        remove.into_iter().chain([Stage::Rotate(self.rotation)]).chain(add).collect()
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Icrs => f.write_str("ICRS"),
            Fk5 { equinox } => write!(f, "FK5 J{equinox}"),
            Fk4 { equinox } => write!(f, "FK4 B{equinox}"),
            Fk4NoE { equinox } => write!(f, "FK4-NO-E B{equinox}"),
            Galactic => f.write_str("Galactic"),
            Supergalactic => f.write_str("Supergalactic"),
            Ecliptic { equinox } => write!(f, "Ecliptic J{equinox}"),
            Named { system, observer: None } => f.write_str(system),
            Named { system, observer: Some(observer) } => write!(f, "{system} seen from {observer}"),
        }
    }
}

fn apart(from: &Frame, to: &Frame) -> Error {
    let why = match (from, to) {
        (Named { system: a, observer: p }, Named { system: b, observer: q }) if a == b => {
            let unlike = p.iter().zip(q).any(|(p, q)| p.meets(q) == Meeting::Unlike);
            if unlike {
                "one gives Stonyhurst's longitude of the observer (HGLN_OBS), the other Carrington's (CRLN_OBS), and \
                 only a date connects them; give both in one kind"
            } else {
                "the observers differ, so one direction is not the same point for both; give a target that is seen from \
                 where the image is, or go through the Sun's surface: reproject maps of sunpy in Python"
            }
        }
        _ => "nothing fixes one sphere relative to the other; both images need frames of one kind",
    };
    Error::invalid("frames", format!("{from} and {to} share no sphere: {why}"))
}

/// Rotation of the axes by degrees about y.
fn y(angle: f64) -> Mat3 {
    let (s, c) = sin_cos_deg(angle);
    Mat3([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])
}

/// Rotation of the axes by degrees about z.
fn z(angle: f64) -> Mat3 {
    let (s, c) = sin_cos_deg(angle);
    Mat3([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
}

/// Rotation of the axes by degrees about x.
fn x(angle: f64) -> Mat3 {
    let (s, c) = sin_cos_deg(angle);
    Mat3([[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]])
}

/// Equatorial to galactic: the pole, and the galactic longitude of the celestial pole.
fn galactic(pole: [f64; 2], longitude: f64) -> Mat3 {
    z(180.0 - longitude) * (y(90.0 - pole[1]) * z(pole[0]))
}

/// ICRS to FK5 J2000: Mignard & Froeschlé 2000, as in USNO circular 179 (Kaplan 2005), equation 3.6.
fn frame_bias() -> Mat3 {
    let mas = 1.0 / 3_600_000.0;
    x(19.9 * mas) * (y(9.1 * mas) * z(-22.9 * mas))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// erfa.ecm06(2451545, (year - 2000) * 365.25) of pyERFA 2.0.
    const ERFA_ECM06: [(f64, [[f64; 3]; 3]); 3] = [
        (
            2000.0,
            [
                [0.9999999999999941, -7.078368960971556e-08, 8.056213977613186e-08],
                [3.2897004077419646e-08, 0.9174821299149584, 0.39777699944404793],
                [-1.0207044725484355e-07, -0.39777699944404304, 0.9174821299149556],
            ],
        ),
        (
            1975.0,
            [
                [0.9999814273280331, 0.005589569070993029, 0.002429344889133378],
                [-0.0060946675581968306, 0.9174425265894326, 0.3978216502813201],
                [-5.13272085977956e-06, -0.39782906771979154, 0.9174595537956192],
            ],
        ),
        (
            2025.5,
            [
                [0.9999806722930898, -0.005702370706947836, -0.002477500470339113],
                [0.006217315637345018, 0.9174874213060535, 0.39771620124334117],
                [5.1503021673681565e-06, -0.39772391770358584, 0.9175051418166471],
            ],
        ),
    ];

    /// ICRS positions in the mean ecliptic frames of Julian years, from ERFA's ecm06 (IAU 2006).
    #[test]
    fn the_ecliptic_is_that_of_the_standards_library() {
        for (equinox, m) in ERFA_ECM06 {
            let found = Icrs.route(&Ecliptic { equinox }).unwrap().rotation;
            for i in 0..3 {
                for j in 0..3 {
                    assert!((found.0[i][j] - m[i][j]).abs() < 3e-15, "{equinox} {i} {j}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn there_and_back_is_nothing() {
        let frames = [
            Icrs,
            Fk5 { equinox: 1975.0 },
            Fk4NoE { equinox: 1950.0 },
            Galactic,
            Supergalactic,
            Ecliptic { equinox: 2015.5 },
        ];
        for a in &frames {
            for b in &frames {
                let m = b.route(a).unwrap().rotation * a.route(b).unwrap().rotation;
                for i in 0..3 {
                    for j in 0..3 {
                        assert!((m.0[i][j] - Mat3::IDENTITY.0[i][j]).abs() < 1e-15, "{a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn spheres_that_nothing_connects_are_refused() {
        let solar = |observer| Named { system: "HPLN".into(), observer };
        let at = |longitude| {
            let (stonyhurst, latitude, distance) = (Some(longitude), Some(1.0), Some(1.5e11));
            Some(Observer { stonyhurst, carrington: None, latitude, distance })
        };
        let e = solar(None).route(&Icrs).unwrap_err().to_string();
        assert!(e.contains("HPLN and ICRS share no sphere"), "{e}");
        let e = solar(at(0.0)).route(&solar(at(60.0))).unwrap_err().to_string();
        assert!(
            e.contains("HPLN seen from Stonyhurst longitude 60°, latitude 1°, 150000000 km from the Sun"),
            "{e}"
        );
        let carrington = Observer { stonyhurst: None, carrington: Some(0.0), ..at(0.0).unwrap() };
        let e = solar(at(0.0)).route(&solar(Some(carrington))).unwrap_err().to_string();
        assert!(e.contains("in one kind"), "{e}");
        assert_eq!(solar(None).route(&solar(at(0.0))).unwrap().rotation, Mat3::IDENTITY);
    }
}
