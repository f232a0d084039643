//! Spectral CTYPEs: what is expressed and what is sampled evenly (paper III, tables 1 and 2, §8.2 for AIPS).

use reproject_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// One of the four variables that every spectral quantity is a linear function of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Basic {
    /// Frequency, Hz.
    Frequency,
    /// Wavelength in vacuum, m.
    Wavelength,
    /// Wavelength in air, m.
    Air,
    /// Apparent radial velocity of relativity, m/s.
    Velocity,
}

impl Basic {
    fn from_letter(letter: u8) -> Option<Basic> {
        Some(match letter {
            b'F' => Basic::Frequency,
            b'W' => Basic::Wavelength,
            b'A' => Basic::Air,
            b'V' => Basic::Velocity,
            _ => return None,
        })
    }
}

/// The quantity in which a spectral axis is expressed: the first four letters of its CTYPE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quantity {
    /// `FREQ`, Hz.
    Frequency,
    /// `AFRQ`, angular frequency, rad/s.
    AngularFrequency,
    /// `ENER`, photon energy, J.
    Energy,
    /// `WAVN`, wave number, 1/m.
    WaveNumber,
    /// `VRAD`, radio velocity c(1 − ν/ν₀), m/s.
    RadioVelocity,
    /// `WAVE`, wavelength in vacuum, m.
    Wavelength,
    /// `VOPT`, optical velocity c(λ/λ₀ − 1), m/s.
    OpticalVelocity,
    /// `ZOPT`, redshift λ/λ₀ − 1.
    Redshift,
    /// `AWAV`, wavelength in air, m.
    AirWavelength,
    /// `VELO`, apparent radial velocity of relativity, m/s.
    Velocity,
    /// `BETA`, that velocity over c.
    Beta,
}

use Quantity::*;

const QUANTITIES: [(Quantity, &str, &str, Basic); 11] = [
    (Frequency, "FREQ", "Hz", Basic::Frequency),
    (AngularFrequency, "AFRQ", "rad/s", Basic::Frequency),
    (Energy, "ENER", "J", Basic::Frequency),
    (WaveNumber, "WAVN", "/m", Basic::Frequency),
    (RadioVelocity, "VRAD", "m/s", Basic::Frequency),
    (Wavelength, "WAVE", "m", Basic::Wavelength),
    (OpticalVelocity, "VOPT", "m/s", Basic::Wavelength),
    (Redshift, "ZOPT", "", Basic::Wavelength),
    (AirWavelength, "AWAV", "m", Basic::Air),
    (Velocity, "VELO", "m/s", Basic::Velocity),
    (Beta, "BETA", "", Basic::Velocity),
];

impl Quantity {
    fn row(self) -> &'static (Quantity, &'static str, &'static str, Basic) {
        // The table lists the quantities in the order of the enum.
        &QUANTITIES[self as usize]
    }

    /// The four letters of the CTYPE.
    pub fn code(self) -> &'static str {
        self.row().1
    }

    /// The SI unit in which values are given, in FITS syntax; empty for pure numbers.
    pub fn unit(self) -> &'static str {
        self.row().2
    }

    /// The basic variable of which this is a linear function.
    pub fn basic(self) -> Basic {
        self.row().3
    }

    /// Whether values mean nothing in wavelengths without a rest frequency or wavelength.
    pub fn needs_rest(self) -> bool {
        matches!(self, RadioVelocity | OpticalVelocity | Redshift | Velocity | Beta)
    }
}

/// The quantity that is sampled evenly along a spectral axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sampling {
    /// The quantity itself.
    Linear,
    /// Its logarithm (`-LOG`).
    Log,
    /// A basic variable (`F2W`, `V2F`, …), its own included (`F2F`).
    Even(Basic),
    /// The grism parameter, in vacuum (`GRI`) or in air (`GRA`).
    Grism {
        /// Whether the wavelengths of the dispersion relation are those in air.
        air: bool,
    },
    /// The index into a table (`-TAB`).
    Table,
}

/// A spectral CTYPE, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpectralType {
    /// In what the axis is expressed.
    pub quantity: Quantity,
    /// The quantity that is sampled evenly along it.
    pub sampling: Sampling,
}

impl SpectralType {
    /// Reads a CTYPE; `None` if it is not a spectral one (`FREQUENCY`, `freq`: such axes are linear).
    ///
    /// # Errors
    /// For a spectral quantity in 4-3 form with a code that does not exist or does not go with the quantity.
    pub fn parse(ctype: &str) -> Result<Option<SpectralType>> {
        let name = ctype.trim_end();
        let letters = name.as_bytes();
        let known = |q: &&(Quantity, &str, &str, Basic)| name.starts_with(q.1);
        let Some(&(quantity, code, _, basic)) = QUANTITIES.iter().find(known) else {
            return Ok(None);
        };
        if letters.len() == 4 {
            return Ok(Some(SpectralType { quantity, sampling: Sampling::Linear }));
        }
        if letters[4] != b'-' || letters.len() < 8 {
            return Ok(None);
        }
        let sampling = match &letters[5..8] {
            b"LOG" => Sampling::Log,
            b"TAB" => Sampling::Table,
            b"GRI" => Sampling::Grism { air: false },
            b"GRA" => Sampling::Grism { air: true },
            &[x, b'2', p] if Basic::from_letter(p) == Some(basic) => match Basic::from_letter(x) {
                Some(x) => Sampling::Even(x),
                None => return Err(unknown(ctype, code, basic)),
            },
            _ => return Err(unknown(ctype, code, basic)),
        };
        Ok(Some(SpectralType { quantity, sampling }))
    }
}

fn unknown(ctype: &str, code: &str, basic: Basic) -> Error {
    let codes = match basic {
        Basic::Frequency => "W2F, A2F, V2F",
        Basic::Wavelength => "F2W, A2W, V2W",
        Basic::Air => "F2A, W2A, V2A",
        Basic::Velocity => "F2V, W2V, A2V",
    };
    Error::invalid(
        format!("CTYPE '{}'", ctype.trim_end()),
        format!(
            "no spectral algorithm of that name goes with {code}; the codes are {codes}, LOG, GRI, GRA and TAB"
        ),
    )
}

/// An AIPS axis type in the terms of paper III.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aips {
    /// The CTYPE to use instead.
    pub ctype: String,
    /// The SPECSYS that the type or VELREF implies; holds where the header has none.
    pub specsys: Option<&'static str>,
}

/// Translates `FREQ-LSR`, `VELO-HEL`, `FELO` and their like; `None` for every CTYPE that needs no translation.
///
/// `velref` is the VELREF keyword, 0 where there is none: modulo 256 the reference frame, which wins over the suffix,
/// plus 256 for a radio velocity.
///
/// # Errors
/// If `velref` is no AIPS code and the axis cannot be read without it.
pub fn translate_aips(ctype: &str, velref: i64) -> Result<Option<Aips>> {
    const FRAMES: [&str; 7] = ["LSRK", "BARYCENT", "TOPOCENT", "LSRD", "GEOCENTR", "SOURCE", "GALACTOC"];
    let name = ctype.trim_end();
    let suffixed = match name.get(4..8) {
        Some("-LSR") => Some("LSRK"),
        Some("-HEL") => Some("BARYCENT"),
        Some("-OBS") => Some("TOPOCENT"),
        // As in WCSLIB, VELREF makes an axis linear that calls itself logarithmic.
        Some("-LOG") => None,
        _ if name.len() == 4 => None,
        _ => return Ok(None),
    };
    let (frame, radio) = (velref.rem_euclid(256), velref.div_euclid(256));
    let kind = name.get(..4).unwrap_or_default();
    let valid = frame <= 7 && radio >= 0 && (kind != "VELO" || radio <= 1);
    // Frame 0 says that VELREF names none.
    let velref_frame = usize::try_from(frame - 1).ok().and_then(|k| FRAMES.get(k)).copied();
    let specsys = velref_frame.or(suffixed);
    let translated = match kind {
        "FREQ" | "VELO" if suffixed.is_none() && (!valid || specsys.is_none()) => return Ok(None),
        "FREQ" => "FREQ",
        "VELO" if radio == 1 => "VRAD",
        "VELO" => "VOPT",
        "FELO" => "VOPT-F2W",
        _ => return Ok(None),
    };
    if !valid {
        let why = format!(
            "{velref} with CTYPE '{name}' is no AIPS code: a frame 1 to 7, plus 256 for radio velocities"
        );
        return Err(Error::invalid("VELREF", why));
    }
    Ok(Some(Aips { ctype: translated.into(), specsys }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(ctype: &str) -> Option<(Quantity, Sampling)> {
        SpectralType::parse(ctype).unwrap().map(|t| (t.quantity, t.sampling))
    }

    #[test]
    fn the_table_follows_the_enum() {
        assert!(QUANTITIES.iter().enumerate().all(|(k, q)| q.0 as usize == k));
    }

    /// Acceptance as in `astropy.wcs` 8.0.2.
    #[test]
    fn codes_are_read_as_in_wcslib() {
        assert_eq!(parse("FREQ    "), Some((Frequency, Sampling::Linear)));
        assert_eq!(parse("FREQ-F2F"), Some((Frequency, Sampling::Even(Basic::Frequency))));
        assert_eq!(parse("ZOPT-F2W"), Some((Redshift, Sampling::Even(Basic::Frequency))));
        assert_eq!(parse("FREQ-W2FX"), Some((Frequency, Sampling::Even(Basic::Wavelength))));
        assert_eq!(parse("VELO-GRA"), Some((Velocity, Sampling::Grism { air: true })));
        assert_eq!(parse("FREQ-LOG-SIP"), Some((Frequency, Sampling::Log)));
        for linear in
            ["freq", "FREQUENCY", "FREQ-", "FREQ-F2", "FREQ  X", "VELOCITY", "", "LAMBDA", "Wäve-LOG"]
        {
            assert_eq!(parse(linear), None, "{linear}");
        }
        for bad in [
            "FREQ-WAV",
            "FREQ-W2W",
            "FREQ-F2W",
            "AWAV-A2F",
            "WAVE-W2F",
            "ENER-X2F",
            "FREQ----",
            "FREQ-TAN",
            "FREQäää",
        ] {
            if bad == "FREQäää" {
                assert_eq!(parse(bad), None);
            } else {
                let error = SpectralType::parse(bad).unwrap_err().to_string();
                assert!(error.contains(bad) && error.contains("2"), "{error}");
            }
        }
    }

    /// What `astropy.wcs` 8.0.2 makes of them (CTYPE and SPECSYS after `fix`).
    #[test]
    fn aips_types_are_translated_as_in_wcslib() {
        let rows = [
            ("VELO-LSR", 0, "VOPT", Some("LSRK")),
            ("VELO-HEL", 1, "VOPT", Some("LSRK")),
            ("VELO-OBS", 257, "VRAD", Some("LSRK")),
            ("VELO-LSR", 256, "VRAD", Some("LSRK")),
            ("VELO", 3, "VOPT", Some("TOPOCENT")),
            ("VELO", 258, "VRAD", Some("BARYCENT")),
            ("VELO", 7, "VOPT", Some("GALACTOC")),
            ("FELO", 0, "VOPT-F2W", None),
            ("FELO-HEL", 0, "VOPT-F2W", Some("BARYCENT")),
            ("FELO-OBS", 513, "VOPT-F2W", Some("LSRK")),
            ("FREQ-LSRK", 0, "FREQ", Some("LSRK")),
            ("FREQ", 4, "FREQ", Some("LSRD")),
            ("FREQ", 513, "FREQ", Some("LSRK")),
            ("VELO-LOG", 257, "VRAD", Some("LSRK")),
            ("FELO-LOG", 0, "VOPT-F2W", None),
        ];
        for (ctype, velref, to, specsys) in rows {
            let got = translate_aips(ctype, velref).unwrap();
            assert_eq!(got, Some(Aips { ctype: to.into(), specsys }), "{ctype} {velref}");
        }
        for (ctype, velref) in [
            ("VELO-LOG", 0),
            ("FREQ-LOG", 8),
            ("VELO", 0),
            ("VELO", 256),
            ("VELO", 8),
            ("VELO", 513),
            ("VELO", -1),
            ("FREQ", 0),
            ("FREQ", 8),
            ("VRAD", 1),
            ("VELO-F2V", 1),
            ("FREQ-GEO", 1),
            ("VELO-LSD", 1),
            ("RA---TAN", 1),
        ] {
            assert_eq!(translate_aips(ctype, velref).unwrap(), None, "{ctype} {velref}");
        }
        for (ctype, velref) in
            [("VELO-LSR", 8), ("VELO-LSR", 513), ("FELO", 8), ("FREQ-OBS", -1), ("FREQ-HEL", 255)]
        {
            let error = translate_aips(ctype, velref).unwrap_err().to_string();
            assert!(error.contains("VELREF") && error.contains(ctype), "{error}");
        }
    }
}
