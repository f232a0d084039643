//! Reading CTYPE: the 4-3 form of paper I §3.1, the celestial types of paper II table 8, the codes that stand for others.

use super::cards::Raw;
use crate::native::Native;
use reproject_core::Error;

/// The kind of one world axis, as far as CTYPE alone tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Anything that is not recognised, and what is recognised as linear.
    Linear,
    /// One of a celestial pair.
    Celestial(Half),
    /// A spectral type, alone or with an algorithm code.
    Spectral,
    /// `xxxx-LOG` of any type.
    Logarithmic,
    /// `xxxx-TAB` of any type.
    Table,
}

/// One axis of a celestial pair.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Half {
    pub(crate) latitude: bool,
    /// `RA`, `G` of GLON, `HP` of HPLN …: what pairs it with its partner.
    pub(crate) system: String,
    /// The projection code; `None` for plain RA and DEC, which are linear.
    pub(crate) code: Option<String>,
}

impl Half {
    /// The name of the longitude type without padding: RA, GLON, HPLN.
    pub(crate) fn longitude_type(&self) -> String {
        match self.system.len() {
            _ if self.system == "RA" => "RA".to_owned(),
            1 => format!("{}LON", self.system),
            _ => format!("{}LN", self.system),
        }
    }
}

/// Types of paper III table 1.
const SPECTRAL: [&str; 11] =
    ["FREQ", "AFRQ", "ENER", "WAVN", "VRAD", "WAVE", "VOPT", "ZOPT", "AWAV", "VELO", "BETA"];

/// Whether a CTYPE without its algorithm code is a spectral type.
pub(crate) fn is_spectral(ctype: &str) -> bool {
    SPECTRAL.contains(&ctype)
}

/// Codes that stand for a projection with a rule of its own.
pub(crate) const OTHER_CODES: [&str; 5] = ["NCP", "GLS", "TPV", "TNX", "ZPX"];

/// The code that WCSLIB reports for a code of another name.
pub(crate) fn translated(code: &str) -> &str {
    match code {
        "GLS" => "SFL",
        "NCP" => "SIN",
        "TPV" | "TNX" => "TAN",
        "ZPX" => "ZPN",
        _ => code,
    }
}

/// The kinds of all axes.
///
/// # Errors
/// A code that nobody knows.
pub(super) fn kinds(raw: &Raw) -> reproject_core::Result<Vec<Kind>> {
    let one = |(i, ctype): (usize, &String)| {
        let keyword = || raw.named("CTYPE", i);
        classify(ctype, is_known).map_err(|why| Error::invalid(keyword(), format!("{ctype:?}: {why}")))
    };
    raw.axes.iter().map(|axis| &axis.ctype).enumerate().map(one).collect()
}

/// Whether a CTYPE is one of a celestial pair.
pub(super) fn is_celestial(ctype: &str) -> bool {
    matches!(classify(ctype, is_known), Ok(Kind::Celestial(_)))
}

fn is_known(code: &str) -> bool {
    Native::CODES.contains(&code) || OTHER_CODES.contains(&code)
}

/// Sorts a CTYPE. `known` says which projection codes there are.
///
/// # Errors
/// The algorithm code of a 4-3 form that nobody knows.
fn classify(ctype: &str, known: impl Fn(&str) -> bool) -> Result<Kind, String> {
    let celestial = |stem: &str, code: Option<&str>| {
        let (latitude, system) = system(stem)?;
        Some(Kind::Celestial(Half { latitude, system, code: code.map(str::to_owned) }))
    };
    if !(ctype.is_ascii() && ctype.len() >= 8 && ctype.as_bytes()[4] == b'-') {
        let plain = if matches!(ctype, "RA" | "DEC") { celestial(ctype, None) } else { None };
        let spectral = is_spectral(ctype).then_some(Kind::Spectral);
        return Ok(plain.or(spectral).unwrap_or(Kind::Linear));
    }
    let (stem, code) = (ctype[..4].trim_end_matches('-'), &ctype[5..8]);
    match code {
        "LOG" => Ok(Kind::Logarithmic),
        "TAB" => Ok(Kind::Table),
        _ if is_spectral(stem) && is_algorithm(code) => Ok(Kind::Spectral),
        _ if known(code) => celestial(stem, Some(code)).ok_or_else(|| {
            format!("projection {code} needs a celestial type such as RA, DEC, GLON or HPLT, not {stem}")
        }),
        _ => Err(format!("no projection or algorithm is called {code}")),
    }
}

/// X2P of paper III, and the grisms.
fn is_algorithm(code: &str) -> bool {
    let letter = |c: &u8| b"FWVA".contains(c);
    match code.as_bytes() {
        [x, b'2', p] => letter(x) && letter(p),
        _ => matches!(code, "GRI" | "GRA"),
    }
}

/// `RA` → (false, "RA"), `GLAT` → (true, "G"), `HPLN` → (false, "HP").
fn system(stem: &str) -> Option<(bool, String)> {
    match stem {
        "RA" => return Some((false, "RA".to_owned())),
        "DEC" => return Some((true, "RA".to_owned())),
        _ => {}
    }
    let ends = [("LON", 1, false), ("LAT", 1, true), ("LN", 2, false), ("LT", 2, true)];
    ends.into_iter().find_map(|(end, most, latitude)| {
        let system = stem.strip_suffix(end)?;
        (system.len() == most).then(|| (latitude, system.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(ctype: &str) -> Result<Kind, String> {
        classify(ctype, |code| matches!(code, "TAN" | "CAR"))
    }

    #[test]
    fn the_four_three_form_is_taken_apart() {
        let half = |latitude, system: &str, code: Option<&str>| {
            Ok(Kind::Celestial(Half { latitude, system: system.into(), code: code.map(str::to_owned) }))
        };
        assert_eq!(kind("RA---TAN"), half(false, "RA", Some("TAN")));
        assert_eq!(kind("DEC--TAN-SIP"), half(true, "RA", Some("TAN")));
        assert_eq!(kind("GLAT-CAR"), half(true, "G", Some("CAR")));
        assert_eq!(kind("HPLN-TAN"), half(false, "HP", Some("TAN")));
        assert_eq!(kind("RA"), half(false, "RA", None));
        assert_eq!(kind("WAVE-TAB"), Ok(Kind::Table));
        assert_eq!(kind("FREQ-LOG"), Ok(Kind::Logarithmic));
        assert_eq!(kind("VOPT-F2W"), Ok(Kind::Spectral));
        for linear in ["", "RA--TAN", "DEC-TAN", "Solar-X", "STOKES", "photon energy", "CRN-CEA", "ra"] {
            assert_eq!(kind(linear), Ok(Kind::Linear), "{linear}");
        }
        for bad in ["RA---XYZ", "ra---tan", "FREQ-WAV", "DEC---AR", "FREQ-OHEL", "ABCD-TAN", "GLON-ATF"] {
            assert!(kind(bad).is_err(), "{bad}");
        }
    }
}
