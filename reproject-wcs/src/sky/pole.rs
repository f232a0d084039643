//! The celestial coordinates of the native pole: paper II §2.4, equations 8–10, and the rotation of equation 2.

use crate::math::angle::{acosd, atan2d, sin_cosd};
use crate::math::trig::sin_cos_deg;
use reproject_core::{Error, Mat3, Result};
use serde::{Deserialize, Serialize};

/// Slack in degrees before a latitude counts as beyond the pole, or an equation as insoluble.
const SLACK: f64 = 1e-10;

/// Where the native pole lies on the sky, and the native longitude of the celestial pole. Degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pole {
    /// α_p: celestial longitude of the native pole. Its sign decides how longitudes are written out.
    pub(crate) longitude: f64,
    /// δ_p: celestial latitude of the native pole; what LATPOLE resolves to.
    pub(crate) latitude: f64,
    /// φ_p: LONPOLE as given or by default.
    pub(crate) lonpole: f64,
    /// CRVAL, where it is the reference point that the projection has of itself.
    pub(crate) crval: Option<[f64; 2]>,
}

/// The native system as the header describes it, in degrees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fiducial {
    /// (φ₀, θ₀).
    pub(crate) native: [f64; 2],
    /// (α₀, δ₀): CRVAL.
    pub(crate) celestial: [f64; 2],
    /// Whether (φ₀, θ₀) is what the projection has of itself.
    pub(crate) own: bool,
    pub(crate) lonpole: Option<f64>,
    pub(crate) latpole: Option<f64>,
}

impl Pole {
    /// Solves for the native pole.
    ///
    /// # Errors
    /// Where CRVAL, LONPOLE and LATPOLE contradict each other.
    pub(crate) fn new(f: &Fiducial) -> Result<Pole> {
        let ([phi0, theta0], [lng0, lat0]) = (f.native, f.celestial);
        // 999 is the old spelling of "not given".
        let given = |v: Option<f64>| v.filter(|&v| v != 999.0);
        let lonpole = given(f.lonpole).unwrap_or_else(|| {
            let turn = phi0 + if lat0 < theta0 { 180.0 } else { 0.0 };
            turn - 360.0 * ((turn > 180.0) as u8 as f64) + 360.0 * ((turn < -180.0) as u8 as f64)
        });
        let latpole = given(f.latpole).unwrap_or(90.0);
        // By the functions of WCSLIB and in its order: next to a celestial pole the last bits tell.
        let (s0, c0) = sin_cosd(theta0);
        let (sp, _) = offset(lonpole, phi0);
        let (slat, clat) = sin_cosd(lat0);
        let delta = if theta0 == 90.0 { lat0 } else { latitude(f, lonpole, latpole)? };
        if delta.is_nan() || delta.abs() > 90.0 + SLACK {
            let why = format!(
                "CRVAL {lng0}, {lat0} with LONPOLE {lonpole} puts the native pole at latitude {delta}, beyond 90 degrees; \
                 the latitude has to lie within ±90 and LONPOLE, LATPOLE have to allow a pole"
            );
            return Err(Error::invalid("CRVAL, LONPOLE, LATPOLE", why));
        }
        let delta = delta.clamp(-90.0, 90.0);
        let (sd, cd) = sin_cosd(delta);
        let z = cd * clat;
        let alpha = if theta0 == 90.0 {
            lng0
        } else if z.abs() < SLACK {
            if clat.abs() < SLACK {
                lng0
            } else if delta > 0.0 {
                lng0 + lonpole - phi0 - 180.0
            } else {
                lng0 - lonpole + phi0
            }
        } else {
            // Equation 9: both arguments are multiplied by cos δ₀.
            lng0 - atan2d(sp * c0 / clat, (s0 - sd * slat) / z)
        };
        Ok(Pole {
            longitude: same_sign(alpha, lng0),
            latitude: delta,
            lonpole,
            crval: f.own.then_some(f.celestial),
        })
    }

    /// Native unit vectors to celestial ones: equation 2 as a matrix.
    pub(crate) fn rotation(&self) -> Mat3 {
        let (sa, ca) = sin_cos_deg(self.longitude);
        let (sd, cd) = sin_cos_deg(self.latitude);
        let (sp, cp) = sin_cos_deg(self.lonpole);
        let turn = Mat3([[cp, sp, 0.0], [-sp, cp, 0.0], [0.0, 0.0, 1.0]]);
        let tilt = Mat3([[-sd, 0.0, cd], [0.0, -1.0, 0.0], [cd, 0.0, sd]]);
        let to = Mat3([[ca, -sa, 0.0], [sa, ca, 0.0], [0.0, 0.0, 1.0]]);
        to * (tilt * turn)
    }
}

/// Sine and cosine of φ_p − φ₀, not exact at right angles: that is how WCSLIB has it, and it decides which pole δ₀ = 0 with
/// φ_p − φ₀ = ±90° gets, and the last digits where CRVAL lies next to a celestial pole.
fn offset(lonpole: f64, phi0: f64) -> (f64, f64) {
    sin_cosd(lonpole - phi0)
}

/// δ_p by equation 8, the solution next to LATPOLE where there are two.
fn latitude(f: &Fiducial, lonpole: f64, latpole: f64) -> Result<f64> {
    let ([phi0, theta0], [_, lat0]) = (f.native, f.celestial);
    // Of two solutions alike near to LATPOLE the last bit chooses.
    let (s0, c0) = sin_cosd(theta0);
    let (slat, _) = sin_cosd(lat0);
    let (u, v) = if lonpole == phi0 {
        (theta0, 90.0 - lat0)
    } else {
        let (_, cp) = offset(lonpole, phi0);
        let (x, y) = (c0 * cp, s0);
        let z = (x * x + y * y).sqrt();
        if z == 0.0 {
            if slat != 0.0 {
                let why = format!(
                    "LONPOLE {lonpole} stands 90 degrees from the fiducial longitude {phi0}, which needs a latitude CRVAL \
                     of 0; it is {lat0}"
                );
                return Err(Error::invalid("LONPOLE", why));
            }
            return Ok(latpole);
        }
        let mut ratio = slat / z;
        if ratio.abs() > 1.0 {
            if ratio.abs() - 1.0 >= SLACK {
                let why = format!(
                    "no native pole: with LONPOLE {lonpole} and fiducial point ({phi0}, {theta0}) the latitude CRVAL has \
                     to lie within ±{} degrees; it is {lat0}",
                    90.0 - acosd(z.min(1.0))
                );
                return Err(Error::invalid("LONPOLE", why));
            }
            ratio = ratio.signum();
        }
        (atan2d(y, x), acosd(ratio))
    };
    let wrapped = |angle: f64| {
        if angle > 180.0 {
            angle - 360.0
        } else if angle < -180.0 {
            angle + 360.0
        } else {
            angle
        }
    };
    let (first, second) = (wrapped(u + v), wrapped(u - v));
    let valid = |d: f64| d.abs() < 90.0 + SLACK;
    let nearer = (latpole - first).abs() < (latpole - second).abs();
    Ok(if nearer == valid(if nearer { first } else { second }) { first } else { second })
}

/// The longitude of the native pole takes the sign of the fiducial longitude: that is how longitudes are written out.
fn same_sign(alpha: f64, lng0: f64) -> f64 {
    let mut alpha = alpha;
    if lng0 >= 0.0 {
        if alpha < 0.0 {
            alpha += 360.0;
        } else if alpha > 360.0 {
            alpha -= 360.0;
        }
    } else if alpha > 0.0 {
        alpha -= 360.0;
    } else if alpha < -360.0 {
        alpha += 360.0;
    }
    alpha
}
