//! Unit strings of CUNIT: the syntax of FITS 4.0 §4.3 (paper I §4), read into a factor and a dimension.
//!
//! Case counts, as the standard says: `S` is siemens and `H` henry, so `M/S` is no velocity. Spellings that many programs
//! write and that cannot mean anything else (`DEG`, `KHZ`, `Angstroms`) are read as what they stand for.

mod symbols;

use reproject_core::Error;
use symbols::{BASE, alias, symbol};

/// How much one unit of `text` is in units of `want`: 1e-3 for `text = "mm"`, `want = "m"`. A blank `text` means `want`.
///
/// `keyword` is the card that held `text` and `axis` says what the axis is; both only serve the error message.
///
/// # Errors
/// If `text` does not follow the syntax, holds a symbol that is not known, or is of another dimension than `want`.
///
/// ```
/// assert_eq!(reproject_wcs::units::scale("km s-1", "m/s", "CUNIT3", "VRAD")?, 1000.0);
/// assert!(reproject_wcs::units::scale("M/S", "m/s", "CUNIT3", "VRAD").is_err());
/// # Ok::<(), reproject_core::Error>(())
/// ```
pub fn scale(text: &str, want: &str, keyword: &str, axis: &str) -> reproject_core::Result<f64> {
    if text.trim().is_empty() {
        return Ok(1.0);
    }
    let name = if want.is_empty() { "no unit" } else { want };
    let fail = |why: String| {
        Error::invalid(keyword, format!("'{text}' on an axis of type {axis}, which takes {name}: {why}"))
    };
    let unit = parse(text).map_err(fail)?;
    let base = parse(want).map_err(fail)?;
    if unit.dimension != base.dimension {
        let hint = if text.contains('S') { " (S is siemens: write s for seconds)" } else { "" };
        return Err(fail(format!("the dimension is {}, not {}{hint}", describe(&unit), describe(&base))));
    }
    let factor = unit.factor / base.factor;
    if factor.is_finite() && factor > 0.0 {
        Ok(factor)
    } else {
        Err(fail(format!("the factor {factor} is no number to scale by")))
    }
}

/// Rewrites the non-standard spellings in `text`: `ARCSECS` becomes `arcsec`, `KM/SEC` becomes `km/s`. The rest is kept.
pub fn fix(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.trim().chars().chain(Some('\0')) {
        if c.is_ascii_alphabetic() {
            word.push(c);
            continue;
        }
        out.push_str(alias(&word).unwrap_or(&word));
        word.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit {
    factor: f64,
    dimension: [f64; BASE.len()],
}

const ONE: Unit = Unit { factor: 1.0, dimension: [0.0; BASE.len()] };

impl Unit {
    fn times(self, other: Unit, power: f64) -> Unit {
        let dimension = std::array::from_fn(|k| self.dimension[k] + power * other.dimension[k]);
        // A quotient is rounded once, a product with the reciprocal twice.
        let factor = if power == 1.0 {
            self.factor * other.factor
        } else if power == -1.0 {
            self.factor / other.factor
        } else if power.fract() == 0.0 && power.abs() < 99.0 {
            self.factor * other.factor.powi(power as i32)
        } else {
            self.factor * other.factor.powf(power)
        };
        Unit { factor, dimension }
    }
}

fn describe(unit: &Unit) -> String {
    let parts: Vec<String> = (0..BASE.len())
        .filter(|&k| unit.dimension[k] != 0.0)
        .map(|k| {
            if unit.dimension[k] == 1.0 {
                BASE[k].into()
            } else {
                format!("{}{}", BASE[k], unit.dimension[k])
            }
        })
        .collect();
    if parts.is_empty() { "a pure number".into() } else { parts.join(" ") }
}

/// A part that was read, or why it cannot be.
type Parsed<T> = Result<T, String>;

fn parse(text: &str) -> Parsed<Unit> {
    let symbols: Vec<char> = text.trim().chars().collect();
    let mut reader = Reader { symbols: &symbols, at: 0, depth: 0 };
    let mut unit = ONE;
    if symbols.starts_with(&['1', '0']) {
        reader.at = 2;
        let power = reader.power()?.ok_or("a leading number must be a power of ten, such as 10**3")?;
        unit.factor = 10f64.powf(power);
        if power.fract() == 0.0 && power.abs() < 300.0 {
            unit.factor = format!("1e{power}").parse().map_err(|_| "exponent out of range")?;
        }
        reader.blanks();
        if reader.at == symbols.len() {
            return Ok(unit);
        }
    }
    let rest = if symbols.is_empty() { ONE } else { reader.product()? };
    if reader.at < symbols.len() {
        return Err(format!("'{}' is not expected", symbols[reader.at]));
    }
    Ok(unit.times(rest, 1.0))
}

struct Reader<'a> {
    symbols: &'a [char],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.symbols.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }

    /// Factors joined by blanks, `*`, `.` and `/`; a solidus divides by the next factor only.
    fn product(&mut self) -> Parsed<Unit> {
        let mut unit = ONE;
        let mut sign = 1.0;
        self.blanks();
        if self.peek() == Some('1') {
            self.at += 1;
            self.blanks();
            if self.peek() != Some('/') {
                return Err("a leading number must be a power of ten, such as 10**3".into());
            }
        }
        if self.peek() == Some('/') {
            (self.at, sign) = (self.at + 1, -1.0);
        }
        loop {
            self.blanks();
            unit = unit.times(self.factor()?, sign);
            self.blanks();
            sign = if self.peek() == Some('/') { -1.0 } else { 1.0 };
            match self.peek() {
                None | Some(')' | ']') => return Ok(unit),
                Some('/' | '*' | '.') => self.at += 1,
                Some(_) => {}
            }
        }
    }

    fn factor(&mut self) -> Parsed<Unit> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
            self.at += 1;
        }
        let word: String = self.symbols[start..self.at].iter().collect();
        let opens = matches!(self.peek(), Some('(' | '['));
        let unit = match word.as_str() {
            "" if opens => self.group()?,
            "sqrt" if opens => ONE.times(self.group()?, 0.5),
            "log" | "ln" | "exp" if opens => return Err(format!("{word}() is no unit to scale by")),
            "" => {
                return Err(self
                    .peek()
                    .map_or("it ends in an operator".into(), |c| format!("'{c}' is not expected")));
            }
            name => symbol(name).ok_or_else(|| format!("'{name}' is no unit of the FITS standard"))?,
        };
        Ok(match self.power()? {
            Some(power) => ONE.times(unit, power),
            None => unit,
        })
    }

    fn group(&mut self) -> Parsed<Unit> {
        let close = if self.peek() == Some('(') { ')' } else { ']' };
        if self.depth > 8 {
            return Err("brackets are nested too deep".into());
        }
        (self.at, self.depth) = (self.at + 1, self.depth + 1);
        let unit = self.product()?;
        if self.peek() != Some(close) {
            return Err(format!("a '{close}' is missing"));
        }
        (self.at, self.depth) = (self.at + 1, self.depth - 1);
        Ok(unit)
    }

    /// An exponent: `2`, `-1`, `+1`, `**-1`, `^2`, `(1/2)`, `**(0.5)`; nothing if what follows is none.
    fn power(&mut self) -> Parsed<Option<f64>> {
        let start = self.at;
        self.blanks();
        let marked = match (self.peek(), self.symbols.get(self.at + 1)) {
            (Some('*'), Some('*')) => 2,
            (Some('^'), _) => 1,
            _ => 0,
        };
        self.at += marked;
        self.blanks();
        let bracket = self.peek() == Some('(');
        let power = if bracket {
            self.at += 1;
            self.number(true).and_then(|top| {
                let slash = self.peek() == Some('/');
                self.at += usize::from(slash);
                let bottom = if slash { self.number(false)? } else { 1.0 };
                let closed = self.peek() == Some(')');
                self.at += 1;
                closed.then_some(top / bottom)
            })
        } else {
            self.number(false)
        };
        match power {
            Some(p) if p != 0.0 && p.is_finite() => Ok(Some(p)),
            Some(p) => Err(format!("the exponent {p} has no meaning")),
            None if marked > 0 => Err("an exponent is missing".into()),
            None => {
                self.at = start;
                Ok(None)
            }
        }
    }

    fn number(&mut self, decimal: bool) -> Option<f64> {
        self.blanks();
        let mut text = String::new();
        if let Some(sign @ ('+' | '-')) = self.peek() {
            text.push(sign);
            self.at += 1;
            self.blanks();
        }
        while let Some(c) = self.peek().filter(|&c| c.is_ascii_digit() || (decimal && c == '.')) {
            text.push(c);
            self.at += 1;
        }
        if decimal {
            self.blanks();
        }
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Factors and refusals as `astropy.wcs` 8.0.2 gives them for these CUNIT strings.
    #[test]
    fn strings_scale_as_in_wcslib() {
        let good: &[(&str, &str, f64)] = &[
            ("deg", "DEG Degrees degree deg1 sqrt(deg2) (deg) [deg]", 1.0),
            ("deg", "arcsec ARCSEC arcsecs", 0.0002777777777777778),
            ("deg", "mas", 2.7777777777777776e-07),
            ("deg", "mrad", 0.057295779513082325),
            (
                "Hz",
                "HZ hz s-1 1/s /s s**(-1) s^-1 s(-1) s.s-2 s**-2.s m/s/m Hz/(m.m-1) s^(-2/2) ((1/s)) sqrt(s-2)",
                1.0,
            ),
            ("Hz", "GHz GHZ 10**9Hz 10+9Hz 10^9Hz 10**(9)Hz", 1e9),
            ("Hz", "km/s/Mpc", 3.2407557442395566e-20),
            ("Hz", "yr-1 a-1", 3.168808781402895e-08),
            ("m", "m M METER metre 10**-3km Angstrom/Angstrom.m m/s.s m(1)", 1.0),
            ("m", "Angstrom angstroms Angstroms 10-10m", 1e-10),
            ("m", "solRad", 695990000.0),
            ("m/s", "km/s KM/SEC km.s-1 km*s**-1", 1e3),
            ("m/s", "pc/Myr", 977.7993256774913),
            ("m/s", "sqrt(eV/u)", 9822.695423773277),
            ("J", "erg 10**-7J", 1e-7),
            ("J", "MeV", 1.6021765e-13),
            ("J", "Ry", 2.1798719988638e-18),
            ("/m", "/cm cm-1 cm**-1", 100.0),
            ("rad/s", "deg/s", 0.017453292519943295),
            ("", "m/m km/km", 1.0),
            ("", "10**-3", 1e-3),
        ];
        for (want, texts, factor) in good {
            for text in texts.split(' ') {
                let got = scale(text, want, "CUNIT1", "X").unwrap_or_else(|e| panic!("{text}: {e}"));
                assert!((got / factor - 1.0).abs() < 1e-14, "{text}: {got} instead of {factor}");
            }
        }
        for (text, want, factor) in [
            ("km s -1", "m/s", 1e3),
            ("km s- 1 ", "m/s", 1e3),
            ("km (s-1)", "m/s", 1e3),
            ("km  / s", "m/s", 1e3),
            ("10**3 m s-1", "m/s", 1e3),
            ("1 / s", "Hz", 1.0),
            ("1/s s/s", "Hz", 1.0),
            ("  ", "Hz", 1.0),
        ] {
            assert_eq!(scale(text, want, "CUNIT1", "X").unwrap(), factor, "{text}");
        }
    }

    #[test]
    fn what_wcslib_refuses_is_refused() {
        for (want, texts) in [
            (
                "Hz",
                "Hertz khz Ghz THZ 10**6 10E6Hz 1e6Hz 2Hz 1.Hz kkHz cyc/s rad/s beam/s log(Hz) exp(Hz) s**-1.0 ct/s",
            ),
            (
                "m",
                "micron mum NM A AA Ang ANGSTROM MM CM au nanometer m/ m/m m** m.m0 m[1] m//1 m..1 m. .m *m (m m) furlong",
            ),
            ("m/s", "M/S KM/S Km/s KM/S kms-1 c mi/h m/Seconds m/secs m/s/pix m/s/chan"),
            ("J", "KEV kev MEV EV ergs ERG joule G"),
            ("", "m 1 % rad Hz"),
            (
                "deg",
                "degs Arcmin arcsecond MAS uas marcsec mdeg kdeg hr as pix Jy furlong 1 deg/pix deg. 0.5deg turn/s",
            ),
        ] {
            for text in texts.split(' ') {
                assert!(scale(text, want, "CUNIT1", "X").is_err(), "'{text}' passed for '{want}'");
            }
        }
        for text in [
            "Sine Latitude",
            "10 Hz",
            "100 Hz",
            "2 deg",
            "((((((((((((((((((((m",
            "m**(1/0)",
            "m**(0)",
            "10**999 m",
        ] {
            assert!(scale(text, "m", "CUNIT1", "X").is_err(), "'{text}' passed");
        }
        let error = scale("M/S", "m/s", "CUNIT3", "VRAD").unwrap_err().to_string();
        for part in ["CUNIT3", "'M/S'", "VRAD", "m/s", "siemens"] {
            assert!(error.contains(part), "{part} is missing from: {error}");
        }
    }

    #[test]
    fn spellings_are_mended() {
        for (from, to) in [
            ("ARCSECS", "arcsec"),
            ("KM/SEC", "km/s"),
            ("PIXEL", "pixel"),
            ("M/S", "m/S"),
            ("log10(MeV)", "log10(MeV)"),
        ] {
            assert_eq!(fix(from), to);
        }
    }
}
