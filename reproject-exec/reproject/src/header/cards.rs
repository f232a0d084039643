//! Kinds of header keywords: FITS 4.0 (tables 7, 9, 10, C.1 and appendix J), WCS papers I–IV, SIP, TPV, TNX and DSS plates.

use super::{leftovers, solar};

/// The kind of a card, which decides what becomes of it when pixels move to another grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// How the array is stored, or where it lies in its file.
    Structure,
    /// Coordinates of the pixel grid. Axes are counted from 1; 0 where the card is about none.
    Wcs { axes: [usize; 2], primary: bool },
    /// The observer, part of the frame of solar coordinates.
    Observer,
    /// When it was observed, part of the frame of solar coordinates.
    Time,
    /// True of the old pixel grid only: sections, pixel sizes and orientations outside the WCS.
    Grid,
    /// Everything else: what was observed, when, how.
    Other,
}

/// Keywords with one axis number.
const AXIS: [&str; 16] = [
    "CTYPE", "CUNIT", "CRPIX", "CRVAL", "CDELT", "CROTA", "CNAME", "CRDER", "CSYER", "CZPHS", "CPERI",
    "CPDIS", "CQDIS", "CPERR", "CQERR", "DQ",
];
/// Keywords with two numbers: both axes, or axis and parameter.
const PAIRS: [(&str, bool); 4] = [("PC", true), ("CD", true), ("PV", false), ("PS", false)];
/// Keywords without a number.
const GLOBAL: [&str; 10] = [
    "WCSAXES", "WCSNAME", "LONPOLE", "LATPOLE", "RADESYS", "RADECSYS", "EQUINOX", "EPOCH", "DVERR", "WCSDIM",
];
/// Keywords of spectral axes; those of the primary description stay with the planes of a cube.
const SPECTRAL: [&str; 9] =
    ["RESTFRQ", "RESTFREQ", "RESTWAV", "SPECSYS", "SSYSOBS", "SSYSSRC", "VELOSYS", "ZSOURCE", "VELANGL"];
/// Plate solutions of the Digitized Sky Survey.
const PLATE: [&str; 8] =
    ["XPIXELSZ", "YPIXELSZ", "PLTRAH", "PLTRAM", "PLTRAS", "PLTDECSN", "PLTDECD", "PLTDECM"];
const STRUCTURE: [&str; 32] = [
    "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "EXTEND", "PCOUNT", "GCOUNT", "GROUPS", "BSCALE", "BZERO",
    "BLANK", "CHECKSUM", "DATASUM", "DATAMIN", "DATAMAX", "END", "EXTNAME", "EXTVER", "EXTLEVEL", "INHERIT",
    "TFIELDS", "THEAP", "ZIMAGE", "ZSIMPLE", "ZEXTEND", "ZBITPIX", "ZNAXIS", "ZCMPTYPE", "ZQUANTIZ",
    "ZDITHER0", "ZHECKSUM", "ZDATASUM",
];
const NUMBERED_STRUCTURE: [&str; 9] =
    ["NAXIS", "ZNAXIS", "ZTILE", "ZNAME", "ZVAL", "TTYPE", "TFORM", "TUNIT", "TDIM"];

/// Sorts a keyword.
pub(crate) fn kind(keyword: &str) -> Kind {
    if STRUCTURE.contains(&keyword) || NUMBERED_STRUCTURE.iter().any(|s| number(keyword, s)) {
        return Kind::Structure;
    }
    if let Some((axes, primary)) = wcs(keyword) {
        return Kind::Wcs { axes, primary };
    }
    match keyword {
        _ if solar::is_observer(keyword) => Kind::Observer,
        _ if solar::is_time(keyword) => Kind::Time,
        _ if leftovers::is(keyword) => Kind::Grid,
        _ => Kind::Other,
    }
}

/// Whether a card points to a look-up table in another HDU.
pub(crate) fn is_lookup(keyword: &str, text: &str) -> bool {
    let named = ["CPDIS", "CQDIS", "D2IMDIS"].iter().any(|s| number(keyword, s));
    (named && text.trim().eq_ignore_ascii_case("LOOKUP"))
        || keyword == "AXISCORR"
        || (number(keyword, "CTYPE") && text.contains("-TAB"))
}

/// The axes of a WCS keyword, and whether it belongs to the primary description.
fn wcs(keyword: &str) -> Option<([usize; 2], bool)> {
    let plain = |axes| Some((axes, true));
    if GLOBAL.contains(&keyword) || PLATE.contains(&keyword) || distortion(keyword) {
        return plain([0, 0]);
    }
    if ["AMDX", "AMDY", "PPO", "CNPIX"].iter().any(|s| number(keyword, s)) {
        return plain([0, 0]);
    }
    if let Some((stem, _)) = split_letter(keyword)
        && (GLOBAL.contains(&stem) || SPECTRAL.contains(&stem))
    {
        return Some(([0, 0], false));
    }
    if let Some(rest) = keyword.strip_prefix("WAT")
        && let Some((axis, number)) = rest.split_once('_')
    {
        number.parse::<u16>().ok()?;
        return plain([axis.parse().ok()?, 0]);
    }
    for stem in AXIS.into_iter().chain(["DP"]) {
        let Some(rest) = keyword.strip_prefix(stem) else { continue };
        let (digits, primary) = letter(rest);
        if let Some(axis) = count(digits) {
            return Some(([axis, 0], primary));
        }
    }
    for (stem, both) in PAIRS {
        let Some(rest) = keyword.strip_prefix(stem) else { continue };
        let (numbers, primary) = letter(rest);
        let (i, j) = match numbers.split_once('_') {
            Some(pair) => pair,
            // The spelling before the papers: PC001002.
            None if both && numbers.len() == 6 => numbers.split_at(3),
            None => continue,
        };
        let (Some(i), Some(j)) = (count(i), j.parse::<usize>().ok()) else { continue };
        return Some(([i, if both { j } else { 0 }], primary));
    }
    None
}

/// SIP coefficients and the corrections of detector images (paper IV and its predecessors).
fn distortion(keyword: &str) -> bool {
    let sip = |rest: &str| {
        matches!(rest, "ORDER" | "DMAX")
            || rest.split_once('_').is_some_and(|(i, j)| i.parse::<u8>().is_ok() && j.parse::<u8>().is_ok())
    };
    ["A_", "B_", "AP_", "BP_"].iter().any(|s| keyword.strip_prefix(s).is_some_and(sip))
        || ["D2IMDIS", "D2IMERR", "D2IM"].iter().any(|s| number(keyword, s))
        || matches!(keyword, "AXISCORR" | "D2IMARR" | "D2IMEXT" | "NPOLEXT")
}

/// Whether a keyword is a stem and a number, with the letter of a description at most.
fn number(keyword: &str, stem: &str) -> bool {
    keyword.strip_prefix(stem).is_some_and(|rest| count(letter(rest).0).is_some())
}

/// An axis number.
fn count(digits: &str) -> Option<usize> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|&n| plain && n > 0)
}

/// Takes the letter of a description off the end; whether there was none.
fn letter(text: &str) -> (&str, bool) {
    match split_letter(text) {
        Some((rest, _)) => (rest, false),
        None => (text, true),
    }
}

fn split_letter(text: &str) -> Option<(&str, char)> {
    let last = text.chars().next_back().filter(char::is_ascii_uppercase)?;
    Some((&text[..text.len() - 1], last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn primary(axes: [usize; 2]) -> Kind {
        Kind::Wcs { axes, primary: true }
    }

    #[test]
    fn every_family_of_the_wcs_is_known() {
        for (keyword, axes) in [
            ("CTYPE1", [1, 0]),
            ("CRPIX12", [12, 0]),
            ("CD1_2", [1, 2]),
            ("PC003001", [3, 1]),
            ("PV2_15", [2, 0]),
            ("PV1_0", [1, 0]),
            ("PS3_0", [3, 0]),
            ("LONPOLE", [0, 0]),
            ("RADECSYS", [0, 0]),
            ("A_ORDER", [0, 0]),
            ("BP_2_10", [0, 0]),
            ("A_DMAX", [0, 0]),
            ("DP1", [1, 0]),
            ("DQ2", [2, 0]),
            ("CPDIS1", [1, 0]),
            ("D2IMDIS2", [0, 0]),
            ("D2IM1", [0, 0]),
            ("WAT1_001", [1, 0]),
            ("WCSDIM", [0, 0]),
            ("AMDX13", [0, 0]),
            ("CROTA2", [2, 0]),
        ] {
            assert_eq!(kind(keyword), primary(axes), "{keyword}");
        }
        for keyword in ["CTYPE1A", "CD2_1B", "WCSAXESC", "PV1_3Z", "RADESYSA", "RESTFRQA", "LATPOLEB"] {
            assert!(matches!(kind(keyword), Kind::Wcs { primary: false, .. }), "{keyword}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_left_alone() {
        for keyword in [
            "OBJECT", "DATE", "EXPTIME", "CDELTX", "PCOUNTS", "PVT", "A_FACTOR", "CD", "PC1", "BUNIT",
            "EQUIPMNT", "WATER", "DPI", "RESTFRQ", "SPECSYS", "OBSERVER", "CTYPE", "CRPIX0", "HISTORY", "",
            "AIRMASS", "LTMAX",
        ] {
            assert_eq!(kind(keyword), Kind::Other, "{keyword}");
        }
    }

    #[test]
    fn structure_and_grid() {
        for keyword in ["NAXIS", "NAXIS2", "BZERO", "CHECKSUM", "EXTNAME", "ZTILE1", "TFORM1", "DATAMAX"] {
            assert_eq!(kind(keyword), Kind::Structure, "{keyword}");
        }
        for keyword in ["LTV1", "LTM1_1", "DATASEC", "PIXSCALE", "SECPIX1"] {
            assert_eq!(kind(keyword), Kind::Grid, "{keyword}");
        }
        assert_eq!((kind("DSUN_OBS"), kind("DATE-OBS")), (Kind::Observer, Kind::Time));
    }

    #[test]
    fn tables_elsewhere_are_found() {
        assert!(
            is_lookup("CPDIS1", "LOOKUP")
                && is_lookup("CTYPE3", "WAVE-TAB")
                && is_lookup("D2IMDIS1", "Lookup")
        );
        assert!(
            !is_lookup("CPDIS1", "TPD") && !is_lookup("CTYPE1", "RA---TAN") && !is_lookup("OBJECT", "LOOKUP")
        );
    }
}
