//! From the values of one spectral axis to those of another: frequency, energy, wavelength and the velocity conventions
//! (paper III, equations 1 to 10).
//!
//! Wavelengths in air are taken as they stand, as if they were wavelengths in vacuum: that is what
//! `astropy.coordinates.SpectralCoord` does, with which pixel-to-pixel maps have to agree. No velocity frame is changed.

use super::kind::{Basic, Quantity};
use super::{Line, Rest};
use reproject_core::{Error, Points, Result, Transform};
use serde::{Deserialize, Serialize};

/// Planck's constant, J s (SI 2019, exact), as `astropy.units` has it.
const PLANCK: f64 = 6.626_070_15e-34;

/// The meaning of the values of a spectral axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Convention {
    /// The quantity; values are in its SI unit.
    pub quantity: Quantity,
    /// The rest frequency or wavelength that velocities and redshifts refer to.
    pub rest: Rest,
}

/// A map from values in one convention to values in another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversion(Path);

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Path {
    Same,
    /// Both quantities are linear in one basic variable.
    Linear {
        from: Line,
        to: Line,
    },
    Wave {
        from: End,
        to: End,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct End {
    basic: Basic,
    line: Line,
    rest: f64,
}

impl Convention {
    /// The map from these values to those of `to`.
    ///
    /// # Errors
    /// If a velocity or redshift is involved and the rest value it refers to is not known.
    pub fn convert(&self, to: &Convention) -> Result<Conversion> {
        let same = self.quantity == to.quantity;
        // Two axes of one kind, of which the second has no rest value of its own, share that of the first.
        if same
            && (!self.quantity.needs_rest() || to.rest_wave().is_none() || self.rest_wave() == to.rest_wave())
        {
            return Ok(Conversion(Path::Same));
        }
        let end = |convention: &Convention, role: &str| {
            let rest = match convention.rest_wave() {
                Some(rest) => rest,
                None if convention.quantity.needs_rest() => {
                    let pair = format!("{} → {}", self.quantity.code(), to.quantity.code());
                    let why = format!(
                        "the {role} axis has neither RESTFRQ nor RESTWAV, which its velocities refer to"
                    );
                    return Err(Error::invalid(format!("spectral axes {pair}"), why));
                }
                None => 1.0,
            };
            let basic = match convention.quantity.basic() {
                Basic::Air => Basic::Wavelength,
                basic => basic,
            };
            Ok(End { basic, line: Line::new(convention.quantity, rest, PLANCK), rest })
        };
        let (from, to) = (end(self, "first")?, end(to, "second")?);
        let linear = from.basic == to.basic && from.basic != Basic::Velocity;
        Ok(Conversion(if linear {
            Path::Linear { from: from.line, to: to.line }
        } else {
            Path::Wave { from, to }
        }))
    }

    /// RESTWAV for the quantities that are defined by wavelengths, RESTFRQ for the others; either for want of the other.
    fn rest_wave(&self) -> Option<f64> {
        match self.quantity.basic() {
            Basic::Wavelength => self.rest.wavelength.or(self.rest.wave()),
            _ => self.rest.wave(),
        }
    }
}

impl Conversion {
    /// Whether the map changes no value.
    pub fn is_identity(&self) -> bool {
        self.0 == Path::Same
    }
}

impl Transform<1> for Conversion {
    fn forward(&self, points: &mut Points<'_, 1>) {
        match self.0 {
            Path::Same => {}
            Path::Linear { from, to } => reproject_core::each!(points, |[s]| [to.back(from.at(s))]),
            Path::Wave { from, to } => wave(from, to, points),
        }
    }

    fn inverse(&self, points: &mut Points<'_, 1>) {
        match self.0 {
            Path::Same => {}
            Path::Linear { from, to } => reproject_core::each!(points, |[s]| [from.back(to.at(s))]),
            Path::Wave { from, to } => wave(to, from, points),
        }
    }

    fn injective(&self) -> bool {
        matches!(self.0, Path::Same | Path::Linear { .. })
    }
}

fn wave(from: End, to: End, points: &mut Points<'_, 1>) {
    reproject_core::each!(points, |[s]| {
        let wave = from.basic.to_wave(from.line.at(s), from.rest);
        [super::finite(to.line.back(to.basic.of_wave(wave, to.rest)))]
    });
}

#[cfg(test)]
mod tests {
    use super::super::basic::C;
    use super::*;

    const ALL: [Quantity; 11] = [
        Quantity::Frequency,
        Quantity::AngularFrequency,
        Quantity::Energy,
        Quantity::WaveNumber,
        Quantity::RadioVelocity,
        Quantity::Wavelength,
        Quantity::OpticalVelocity,
        Quantity::Redshift,
        Quantity::AirWavelength,
        Quantity::Velocity,
        Quantity::Beta,
    ];

    fn run(from: Convention, to: Convention, s: f64) -> f64 {
        let mut s = [s];
        from.convert(&to).unwrap().forward(&mut Points::new([&mut s]));
        s[0]
    }

    /// `SpectralCoord(115.1, "GHz").to(…, doppler_rest=115.2712018 GHz)` of astropy 8.0.2, conventions radio, optical and
    /// relativistic, and without velocity.
    #[test]
    fn values_are_those_of_spectral_coord() {
        let rest = Rest::new(115.2712018e9, 0.0);
        let ghz = 115.1e9;
        for (quantity, expected) in EXPECTED {
            let got = run(
                Convention { quantity, rest },
                Convention { quantity: Quantity::Frequency, rest },
                expected,
            );
            assert!((got / ghz - 1.0).abs() < 1e-13, "{quantity:?} back: {got}");
            let got =
                run(Convention { quantity: Quantity::Frequency, rest }, Convention { quantity, rest }, ghz);
            assert!((got / expected - 1.0).abs() < 1e-12, "{quantity:?}: {got} {expected}");
        }
    }
    const EXPECTED: [(Quantity, f64); 6] = [
        (Quantity::RadioVelocity, 445254.38821294956),
        (Quantity::OpticalVelocity, 445916.6675589119),
        (Quantity::Velocity, 445585.0357091577),
        (Quantity::Wavelength, 0.0026046260469157257),
        (Quantity::Energy, 7.626606742649998e-23),
        (Quantity::WaveNumber, 383.93227357307296),
    ];

    #[test]
    fn every_pair_comes_back() {
        let rest = Rest::new(4.568e14, 0.0);
        let start = Convention { quantity: Quantity::Wavelength, rest };
        for a in ALL {
            for b in ALL {
                let (a, b) = (Convention { quantity: a, rest }, Convention { quantity: b, rest });
                let value = run(start, a, 6.6e-7);
                let again = run(b, a, run(a, b, value));
                assert!((again / value - 1.0).abs() < 1e-11, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn rest_values_that_differ_are_honoured_and_missing_ones_named() {
        let radio = |rest| Convention { quantity: Quantity::RadioVelocity, rest };
        let (one, two, none) = (Rest::new(1e9, 0.0), Rest::new(1.1e9, 0.0), Rest::default());
        assert!((run(radio(one), radio(two), 0.0) / (C * (1.0 - 1.0 / 1.1)) - 1.0).abs() < 1e-14);
        assert!(radio(one).convert(&radio(one)).unwrap().is_identity());
        assert!(radio(none).convert(&radio(none)).unwrap().is_identity());
        let wave = Convention { quantity: Quantity::Wavelength, rest: none };
        for error in
            [radio(none).convert(&wave), wave.convert(&radio(none)), radio(none).convert(&radio(one))]
        {
            let error = error.unwrap_err().to_string();
            assert!(error.contains("VRAD") && error.contains("RESTFRQ") && error.contains("axis"), "{error}");
        }
    }
}
