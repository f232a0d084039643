//! The units of FITS 4.0, tables 3–5, their prefixes, and the spellings of them that the standard does not know.

use super::Unit;

/// The base quantities; the units that WCSLIB counts in are the factors' reference (deg, C, kg, m, s, …).
pub(super) const BASE: [&str; 14] =
    ["deg", "sr", "C", "mol", "K", "cd", "kg", "m", "s", "count", "pixel", "bin", "mag", "bit"];
const ANGLE: usize = 0;

/// Which prefixes a unit takes.
#[derive(Clone, Copy, PartialEq)]
enum Prefix {
    Any,
    Large,
    Small,
    No,
}
use Prefix::{Any, Large, No, Small};

const PREFIXES: [(&str, f64); 20] = [
    ("da", 1e1),
    ("y", 1e-24),
    ("z", 1e-21),
    ("a", 1e-18),
    ("f", 1e-15),
    ("p", 1e-12),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("c", 1e-2),
    ("d", 1e-1),
    ("h", 1e2),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
    ("Z", 1e21),
    ("Y", 1e24),
];

/// Name, prefixes, factor, and the powers of [`BASE`] by index. Values of the astronomical units as in FITS 4.0, tables 3–5,
/// with the constants that WCSLIB 8 uses, so that scaled keywords agree with it.
const SYMBOLS: &[(&str, Prefix, f64, &[(usize, f64)])] = &[
    ("deg", No, 1.0, &[(ANGLE, 1.0)]),
    ("arcmin", No, 1.0 / 60.0, &[(ANGLE, 1.0)]),
    ("arcsec", Large, 1.0 / 3600.0, &[(ANGLE, 1.0)]),
    ("mas", No, 1.0 / 3600e3, &[(ANGLE, 1.0)]),
    ("rad", Small, 180.0 / std::f64::consts::PI, &[(ANGLE, 1.0)]),
    ("turn", No, 360.0, &[(ANGLE, 1.0)]),
    ("sr", No, 1.0, &[(1, 1.0)]),
    ("C", Any, 1.0, &[(2, 1.0)]),
    ("A", Any, 1.0, &[(2, 1.0), (8, -1.0)]),
    ("mol", Any, 1.0, &[(3, 1.0)]),
    ("K", Any, 1.0, &[(4, 1.0)]),
    ("cd", Any, 1.0, &[(5, 1.0)]),
    ("lm", Any, 1.0, &[(5, 1.0), (1, 1.0)]),
    ("lx", Any, 1.0, &[(5, 1.0), (1, 1.0), (7, -2.0)]),
    ("g", Any, 1e-3, &[(6, 1.0)]),
    ("u", No, 1.6605387e-27, &[(6, 1.0)]),
    ("solMass", No, 1.9891e30, &[(6, 1.0)]),
    ("m", Any, 1.0, &[(7, 1.0)]),
    ("Angstrom", Any, 1e-10, &[(7, 1.0)]),
    ("angstrom", Any, 1e-10, &[(7, 1.0)]),
    ("AU", No, 1.49598e11, &[(7, 1.0)]),
    ("lyr", No, 9460730472580800.0, &[(7, 1.0)]),
    ("pc", Large, 3.0857e16, &[(7, 1.0)]),
    ("solRad", No, 6.9599e8, &[(7, 1.0)]),
    ("barn", Any, 1e-28, &[(7, 2.0)]),
    ("s", Any, 1.0, &[(8, 1.0)]),
    ("min", No, 60.0, &[(8, 1.0)]),
    ("h", No, 3600.0, &[(8, 1.0)]),
    ("d", No, 86400.0, &[(8, 1.0)]),
    ("a", Large, 31557600.0, &[(8, 1.0)]),
    ("yr", Large, 31557600.0, &[(8, 1.0)]),
    ("Hz", Any, 1.0, &[(8, -1.0)]),
    ("N", Any, 1.0, &[(6, 1.0), (7, 1.0), (8, -2.0)]),
    ("Pa", Any, 1.0, &[(6, 1.0), (7, -1.0), (8, -2.0)]),
    ("J", Any, 1.0, &[(6, 1.0), (7, 2.0), (8, -2.0)]),
    ("eV", Any, 1.6021765e-19, &[(6, 1.0), (7, 2.0), (8, -2.0)]),
    ("erg", No, 1e-7, &[(6, 1.0), (7, 2.0), (8, -2.0)]),
    ("Ry", No, 13.605692 * 1.6021765e-19, &[(6, 1.0), (7, 2.0), (8, -2.0)]),
    ("W", Any, 1.0, &[(6, 1.0), (7, 2.0), (8, -3.0)]),
    ("solLum", No, 3.8268e26, &[(6, 1.0), (7, 2.0), (8, -3.0)]),
    ("Jy", Large, 1e-26, &[(6, 1.0), (8, -2.0)]),
    ("V", Any, 1.0, &[(6, 1.0), (7, 2.0), (8, -2.0), (2, -1.0)]),
    ("Ohm", Any, 1.0, &[(6, 1.0), (7, 2.0), (8, -1.0), (2, -2.0)]),
    ("S", Any, 1.0, &[(6, -1.0), (7, -2.0), (8, 1.0), (2, 2.0)]),
    ("F", Any, 1.0, &[(6, -1.0), (7, -2.0), (8, 2.0), (2, 2.0)]),
    ("Wb", Any, 1.0, &[(6, 1.0), (7, 2.0), (8, -1.0), (2, -1.0)]),
    ("T", Any, 1.0, &[(6, 1.0), (8, -1.0), (2, -1.0)]),
    ("G", No, 1e-4, &[(6, 1.0), (8, -1.0), (2, -1.0)]),
    ("H", Any, 1.0, &[(6, 1.0), (7, 2.0), (2, -2.0)]),
    ("D", No, 3.335641e-30, &[(2, 1.0), (7, 1.0)]),
    ("count", No, 1.0, &[(9, 1.0)]),
    ("ct", No, 1.0, &[(9, 1.0)]),
    ("photon", No, 1.0, &[(9, 1.0)]),
    ("ph", No, 1.0, &[(9, 1.0)]),
    ("adu", No, 1.0, &[(9, 1.0)]),
    ("pixel", No, 1.0, &[(10, 1.0)]),
    ("pix", No, 1.0, &[(10, 1.0)]),
    ("beam", No, 1.0, &[(10, 1.0)]),
    ("bin", No, 1.0, &[(11, 1.0)]),
    ("chan", No, 1.0, &[(11, 1.0)]),
    ("mag", Any, 1.0, &[(12, 1.0)]),
    ("bit", No, 1.0, &[(13, 1.0)]),
    ("byte", No, 8.0, &[(13, 1.0)]),
];

/// The unit that `word` names, prefix included.
pub(super) fn symbol(word: &str) -> Option<Unit> {
    let word = alias(word).unwrap_or(word);
    let find = |name: &str| SYMBOLS.iter().find(|s| s.0 == name);
    let (entry, prefix) = match find(word) {
        Some(entry) => (entry, 1.0),
        None => PREFIXES.iter().find_map(|&(prefix, factor)| {
            let entry = find(word.strip_prefix(prefix)?)?;
            let fits =
                entry.1 == Any || (entry.1 == Large && factor > 1.0) || (entry.1 == Small && factor < 1.0);
            fits.then_some((entry, factor))
        })?,
    };
    let mut dimension = [0.0; BASE.len()];
    entry.3.iter().for_each(|&(k, power)| dimension[k] = power);
    Some(Unit { factor: prefix * entry.2, dimension })
}

/// The standard name of a spelling that is none; `S`, `H` and `D` are names of their own and stay.
pub(super) fn alias(word: &str) -> Option<&'static str> {
    Some(match word {
        "DEG" | "Deg" | "DEGREE" | "Degree" | "degree" | "DEGREES" | "Degrees" | "degrees" => "deg",
        "ARCMIN" | "ARCMINS" | "arcmins" => "arcmin",
        "ARCSEC" | "ARCSECS" | "arcsecs" => "arcsec",
        "RAD" | "RADIAN" | "RADIANS" | "radian" | "radians" => "rad",
        "HZ" | "hz" => "Hz",
        "KHZ" => "kHz",
        "MHZ" => "MHz",
        "GHZ" => "GHz",
        "Angstroms" | "angstroms" => "Angstrom",
        "M" | "METER" | "METERS" | "METRE" | "METRES" | "meter" | "meters" | "metre" | "metres" => "m",
        "KM" => "km",
        "SEC" | "SECOND" | "SECONDS" | "sec" | "second" | "seconds" => "s",
        "MIN" | "MINUTE" | "MINUTES" | "minute" | "minutes" => "min",
        "HR" | "HOUR" | "HOURS" | "hr" | "hour" | "hours" => "h",
        "DAY" | "DAYS" | "day" | "days" => "d",
        "YR" | "YEAR" | "YEARS" | "year" | "years" => "yr",
        "JY" => "Jy",
        "KELVIN" | "KELVINS" | "kelvin" | "kelvins" | "Kelvin" | "Kelvins" => "K",
        "PIXEL" | "PIXELS" | "PIX" | "pixels" => "pixel",
        "COUNT" | "COUNTS" | "CTS" | "CT" | "counts" | "cts" => "count",
        "PHOTON" | "PHOTONS" | "photons" => "photon",
        "BEAM" | "BEAMS" | "beams" => "beam",
        "VOLT" | "VOLTS" | "volt" | "volts" => "V",
        _ => return None,
    })
}
