//! Spectral axes: intermediate world coordinates to spectral values and back (paper III: Greisen, Calabretta, Valdes &
//! Allen 2006).
//!
//! An axis is expressed in one quantity S and sampled evenly in a variable X. S is a linear function of a basic variable P
//! (frequency, wavelength, wavelength in air, velocity); X is another of these, or the grism parameter. Everything
//! between X and P goes through the wavelength in vacuum. Values are SI throughout.

mod basic;
mod convert;
mod grism;
mod kind;

pub use convert::{Convention, Conversion};
pub use kind::{Aips, Basic, Quantity, Sampling, SpectralType, translate_aips};

use crate::math::trig::{exp, ln};
use basic::C;
use grism::Grism;
use reproject_core::{Error, Points, Result, Transform};
use serde::{Deserialize, Serialize};

/// Planck's constant, J s, of CODATA 1986: what WCSLIB relates ENER axes to rest frequencies and to air with.
const PLANCK_1986: f64 = 6.626_075_5e-34;

/// RESTFRQ (Hz) and RESTWAV (m, in vacuum), each where the header has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    /// RESTFRQ, Hz.
    pub frequency: Option<f64>,
    /// RESTWAV, m.
    pub wavelength: Option<f64>,
}

impl Rest {
    /// The values of RESTFRQ and RESTWAV; a zero, infinity or NaN counts as absent.
    pub fn new(frequency: f64, wavelength: f64) -> Rest {
        let given = |x: f64| (x.is_finite() && x != 0.0).then_some(x);
        Rest { frequency: given(frequency), wavelength: given(wavelength) }
    }

    /// The rest wavelength in vacuum, m; RESTFRQ wins over RESTWAV if both are given.
    pub fn wave(&self) -> Option<f64> {
        self.frequency.map(|f| C / f).or(self.wavelength)
    }
}

/// One spectral axis: `forward` takes the intermediate world coordinate (CDELT times the linear part, before CRVAL is
/// added, in SI) to the spectral value in SI, `inverse` the value to the coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spectral {
    kind: SpectralType,
    rest: Rest,
    law: Law,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Law {
    Linear { value: f64 },
    Log { value: f64 },
    Even { from: Basic, start: f64, slope: f64, to: Basic, line: Line, rest: f64 },
    Grism { grism: Grism, air: bool, slope: f64, to: Basic, line: Line, rest: f64 },
}

/// P = at_zero + slope · S.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    at_zero: f64,
    slope: f64,
}

impl Line {
    /// The relation of `quantity` to its basic variable (paper III, table 3), for a rest wavelength
    /// and a value of Planck's constant.
    fn new(quantity: Quantity, rest: f64, planck: f64) -> Line {
        let (at_zero, slope) = match quantity {
            Quantity::Frequency | Quantity::Wavelength | Quantity::AirWavelength | Quantity::Velocity => {
                (0.0, 1.0)
            }
            Quantity::AngularFrequency => (0.0, 1.0 / std::f64::consts::TAU),
            Quantity::Energy => (0.0, 1.0 / planck),
            Quantity::WaveNumber => (0.0, C),
            Quantity::RadioVelocity => (C / rest, -1.0 / rest),
            Quantity::OpticalVelocity => (rest, rest / C),
            Quantity::Redshift => (rest, rest),
            Quantity::Beta => (0.0, C),
        };
        Line { at_zero, slope }
    }

    #[inline(always)]
    fn at(&self, s: f64) -> f64 {
        self.at_zero + self.slope * s
    }

    #[inline(always)]
    fn back(&self, p: f64) -> f64 {
        (p - self.at_zero) / self.slope
    }
}

impl Spectral {
    /// An axis of type `ctype` with the reference value `crval` (CRVAL in SI). `pv` gives PVi_m of this axis by m (only
    /// grisms have any, 0 to 6), `axis` is the 1-based axis number for messages.
    ///
    /// # Errors
    /// If the type is not spectral or is -TAB; if a velocity needs a rest frequency or
    /// wavelength that is absent, or a grism its grooves; if `crval` is a value at which the algorithm has no derivative (zero frequency or
    /// wavelength, the speed of light), or is not positive on a logarithmic axis.
    pub fn new(
        ctype: &str,
        crval: f64,
        rest: Rest,
        pv: impl Fn(usize) -> Option<f64>,
        axis: usize,
    ) -> Result<Self> {
        let fail = |keyword: &str, why: String| Error::invalid(format!("{keyword}{axis}"), why);
        let Some(kind) = SpectralType::parse(ctype)? else {
            return Err(fail("CTYPE", format!("'{ctype}' is no spectral axis type")));
        };
        let to = kind.quantity.basic();
        let from = match kind.sampling {
            Sampling::Linear => return Ok(Spectral { kind, rest, law: Law::Linear { value: crval } }),
            Sampling::Log if crval > 0.0 => {
                return Ok(Spectral { kind, rest, law: Law::Log { value: crval } });
            }
            Sampling::Log => {
                return Err(fail(
                    "CRVAL",
                    format!("{crval} on the logarithmic axis '{ctype}' must be positive"),
                ));
            }
            Sampling::Table => {
                return Err(fail("CTYPE", format!("'{ctype}' is given by a table, not by a formula")));
            }
            Sampling::Even(from) => from,
            Sampling::Grism { air: true } => Basic::Air,
            Sampling::Grism { air: false } => Basic::Wavelength,
        };
        // Where both or neither of the quantity and the even variable refer to a rest value, it cancels.
        let needed = kind.quantity.needs_rest() != (from == Basic::Velocity);
        let rest_wave = match rest.wave() {
            Some(wave) => wave,
            None if needed => {
                let why = format!("'{ctype}' needs a rest value: give RESTFRQ (Hz) or RESTWAV (m)");
                return Err(fail("CTYPE", why));
            }
            None => 1.0,
        };
        let line = Line::new(kind.quantity, rest_wave, PLANCK_1986);
        let p = line.at(crval);
        let wave = to.to_wave(p, rest_wave);
        let start = from.of_wave(wave, rest_wave);
        let slope = line.slope * to.wave_slope(p, wave, rest_wave) / from.wave_slope(start, wave, rest_wave);
        // A value beyond the speed of light gives NaN and a map without points; a pole is a mistake in the header.
        if p == 0.0 && to != Basic::Velocity || wave == 0.0 || wave.is_infinite() {
            let why = format!(
                "{crval} on an axis of type '{ctype}' has no derivative; choose another reference point"
            );
            return Err(fail("CRVAL", why));
        }
        let law = match kind.sampling {
            Sampling::Even(_) if from == to => Law::Linear { value: crval },
            Sampling::Grism { air } => {
                // Paper III, table 6: the refractive index is 1 where it is not given, all else 0.
                let parameters = std::array::from_fn(|m| pv(m).unwrap_or(if m == 3 { 1.0 } else { 0.0 }));
                let grism = Grism::new(parameters, start);
                if grism.is_flat() {
                    let why = format!(
                        "PV{axis}_0 (grooves per metre) and PV{axis}_1 (order) are absent or 0: an axis of type '{ctype}' needs \
                         them, as nothing is diffracted otherwise"
                    );
                    return Err(fail("PV", why));
                }
                Law::Grism { grism, air, slope: slope * grism.slope, to, line, rest: rest_wave }
            }
            _ => Law::Even { from, start, slope, to, line, rest: rest_wave },
        };
        Ok(Spectral { kind, rest, law })
    }

    /// The type that CTYPE says.
    pub fn kind(&self) -> SpectralType {
        self.kind
    }

    /// The meaning of the values, for conversion to those of another axis.
    pub fn convention(&self) -> Convention {
        Convention { quantity: self.kind.quantity, rest: self.rest }
    }
}

impl Transform<1> for Spectral {
    fn forward(&self, points: &mut Points<'_, 1>) {
        match self.law {
            Law::Linear { value } => reproject_core::each!(points, |[x]| [value + x]),
            Law::Log { value } => reproject_core::each!(points, |[x]| [log_forward(value, x)]),
            Law::Even { from, start, slope, to, line, rest } => reproject_core::each!(points, |[x]| {
                let wave = from.to_wave(start + slope * x, rest);
                [finite(line.back(to.of_wave(wave, rest)))]
            }),
            Law::Grism { grism, air, slope, to, line, rest } => reproject_core::each!(points, |[x]| {
                let from = if air { Basic::Air } else { Basic::Wavelength };
                let wave = from.to_wave(grism.wave(slope * x), rest);
                [finite(line.back(to.of_wave(wave, rest)))]
            }),
        }
    }

    fn inverse(&self, points: &mut Points<'_, 1>) {
        match self.law {
            Law::Linear { value } => reproject_core::each!(points, |[s]| [s - value]),
            Law::Log { value } => reproject_core::each!(points, |[s]| [log_inverse(value, s)]),
            Law::Even { from, start, slope, to, line, rest } => reproject_core::each!(points, |[s]| {
                let wave = to.to_wave(line.at(s), rest);
                [finite((from.of_wave(wave, rest) - start) / slope)]
            }),
            Law::Grism { grism, air, slope, to, line, rest } => reproject_core::each!(points, |[s]| {
                let from = if air { Basic::Air } else { Basic::Wavelength };
                let wave = to.to_wave(line.at(s), rest);
                [finite(grism.offset(from.of_wave(wave, rest)) / slope)]
            }),
        }
    }
}

/// A logarithmic axis of any kind (paper III §3.2): `value` · exp(x / `value`).
#[inline(always)]
pub(crate) fn log_forward(value: f64, x: f64) -> f64 {
    value * exp(x / value)
}

/// The converse of [`log_forward`]; NaN for what is not positive.
#[inline(always)]
pub(crate) fn log_inverse(value: f64, s: f64) -> f64 {
    finite(value * ln(s / value))
}

#[inline(always)]
fn finite(x: f64) -> f64 {
    if x.is_finite() { x } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(ctype: &str, crval: f64, rest: Rest) -> Result<Spectral> {
        Spectral::new(ctype, crval, rest, |_| None, 3)
    }

    #[test]
    fn a_rest_value_is_asked_for_where_it_counts() {
        for ctype in [
            "VRAD-F2F", "VRAD-W2F", "VOPT-F2W", "VELO-F2V", "FREQ-V2F", "ZOPT-F2W", "AWAV-V2A", "BETA-W2V",
            "VELO-GRI",
        ] {
            let crval = if ctype == "FREQ-V2F" { 1.4e9 } else { 0.2 };
            let error = axis(ctype, crval, Rest::default()).unwrap_err().to_string();
            assert!(
                error.contains(ctype) && error.contains("RESTFRQ") && error.contains("CTYPE3"),
                "{error}"
            );
            let grooves = |m: usize| [4.5e5, 1.0].get(m).copied();
            assert!(Spectral::new(ctype, crval, Rest::new(1.42e9, 0.0), grooves, 3).is_ok(), "{ctype}");
        }
        let flat = axis("WAVE-GRI", 7e-7, Rest::default()).unwrap_err().to_string();
        assert!(flat.contains("PV3_0") && flat.contains("PV3_1"), "{flat}");
        for ctype in ["VRAD", "VELO", "FREQ-W2F", "VRAD-LOG", "VELO-V2V", "VRAD-V2F", "VOPT-V2W", "ZOPT-V2W"]
        {
            assert!(axis(ctype, 0.01, Rest::default()).is_ok(), "{ctype}");
        }
    }

    #[test]
    fn reference_values_without_a_derivative_are_refused() {
        let rest = Rest::new(1.42e9, 0.0);
        for (ctype, crval) in [
            ("FREQ-W2F", 0.0),
            ("WAVE-F2W", 0.0),
            ("WAVE-A2W", 0.0),
            ("AWAV-F2A", 0.0),
            ("VELO-F2V", C),
            ("VELO-F2V", -C),
            ("BETA-W2V", 1.0),
            ("VOPT-F2W", -C),
            ("FREQ-LOG", -1.0),
            ("FREQ-LOG", 0.0),
            ("FREQ-LOG", f64::NAN),
        ] {
            let error = axis(ctype, crval, rest).unwrap_err().to_string();
            assert!(error.contains("CRVAL3") && error.contains(ctype), "{error}");
        }
    }

    /// Near a pole of the refractive index its iteration has not ended: `astropy.wcs` 8.0.2 one step to
    /// either side of CRPIX.
    #[test]
    fn below_a_hundred_nanometres_the_slope_is_that_of_the_iteration() {
        for (ctype, crval, step, wanted) in [
            ("AWAV-W2A", 8.1e-8, 8.1e-12, [8.100741959784626e-08, 8.09912566461422e-08]),
            ("WAVE-A2W", 8.1e-8, 8.1e-12, [8.100040666223626e-08, 8.098456267889293e-08]),
            ("AWAV-F2A", -8.058843148499005e-8, 1e-10, [-8.048919797920713e-08, -8.068923262248325e-08]),
        ] {
            let mut x = [step, -step];
            axis(ctype, crval, Rest::default()).unwrap().forward(&mut Points::new([&mut x]));
            assert!(x.iter().zip(wanted).all(|(a, b)| (a / b - 1.0).abs() < 1e-14), "{ctype}: {x:?}");
        }
    }

    /// VRAD-V2F does not depend on the rest frequency: both velocities are functions of ν/ν₀.
    #[test]
    fn rest_values_cancel_between_velocities() {
        let run = |rest| {
            let mut x = [0.0, 30000.0, -50000.0];
            axis("VRAD-V2F", 1e6, rest).unwrap().forward(&mut Points::new([&mut x]));
            x
        };
        let (with, without) = (run(Rest::new(1.42e9, 0.0)), run(Rest::default()));
        assert!(with.iter().zip(without).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    /// The speed of light and beyond, zero and infinity: NaN, not a number that looks right.
    #[test]
    fn impossible_values_have_no_point() {
        let mut x = [2.0 * C, f64::INFINITY, f64::NAN];
        axis("VELO-F2V", 0.0, Rest::new(1.42e9, 0.0)).unwrap().inverse(&mut Points::new([&mut x]));
        assert!(x.iter().all(|x| x.is_nan()), "{x:?}");
        let mut s = [0.0, -1e9, f64::NAN];
        axis("FREQ-LOG", 1e9, Rest::default()).unwrap().inverse(&mut Points::new([&mut s]));
        assert!(s.iter().all(|x| x.is_nan()), "{s:?}");
        let mut s = [0.0];
        axis("FREQ-W2F", 1e9, Rest::default()).unwrap().inverse(&mut Points::new([&mut s]));
        assert!(s[0].is_nan());
    }
}
