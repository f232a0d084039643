//! TNX and ZPX (FITS registry, after IRAF): a surface in Chebyshev, Legendre or plain powers added to each intermediate
//! coordinate, ξ' = ξ + lngcor(ξ, η), η' = η + latcor(ξ, η), in degrees. The surfaces stand in the WATi_nnn cards.

use super::{
    newton::{self, Anchor},
    polynomial::Polynomial,
    template::{Template, Term},
};
use reproject_core::{Error, Points, Result, Transform};
use serde::{Deserialize, Serialize};

/// The description of one axis in WATi_nnn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wat {
    /// `wtype`: tnx or zpx.
    pub wtype: String,
    /// `axtype`: ra, dec, …
    pub axtype: String,
    /// `projpM` of ZPX, which are the PVi_M of ZPN.
    pub projp: Vec<(usize, f64)>,
    /// `lngcor` or `latcor`.
    pub surface: Option<Surface>,
}

/// A polynomial surface over a rectangle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surface {
    arguments: [[f64; 3]; 2],
    polynomial: Polynomial,
}

/// The distortion of TNX and ZPX, in degrees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tnx {
    map: Template,
    anchor: Anchor,
}

impl Tnx {
    /// Makes the distortion from the surfaces of the longitude axis and the latitude axis; an absent one adds nothing.
    pub fn new(lngcor: Option<&Surface>, latcor: Option<&Surface>) -> Self {
        let term = |surface: Option<&Surface>| match surface {
            Some(s) => Term { arguments: s.arguments, polynomial: s.polynomial.clone(), added: true },
            None => Term { arguments: [[0.0; 3]; 2], polynomial: Polynomial::new([], [0.0; 5]), added: true },
        };
        let map = Template([term(lngcor), term(latcor)]);
        let anchor = map.anchor([0.0; 2], 1e-9);
        Self { map, anchor }
    }
}

impl Transform for Tnx {
    fn forward(&self, points: &mut Points<'_>) {
        newton::forward(&self.map, points);
    }
    fn inverse(&self, points: &mut Points<'_>) {
        newton::inverse(&self.map, &self.anchor, points);
    }
}

/// The text of WATi_nnn from its cards in order: all but the last are full lines of 68 characters, of which a
/// header's reader may have cut trailing blanks.
pub fn join_wat<'a>(cards: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for card in cards {
        let partial = text.len() % 68;
        if partial != 0 {
            text.extend(std::iter::repeat_n(' ', 68 - partial));
        }
        text.push_str(card);
    }
    text
}

/// Reads the joined text of WATi_nnn: pairs `name=value`, the value bare or in double quotes.
///
/// # Errors
/// A surface that is cut short, has a number that cannot be read, or is of a type or order that TNX does not have.
pub fn parse_wat(text: &str) -> Result<Wat> {
    let mut wat = Wat::default();
    let mut rest = text;
    while let Some(equals) = rest.find('=') {
        let name = rest[..equals].split_whitespace().next_back().unwrap_or("").to_ascii_lowercase();
        let after = rest[equals + 1..].trim_start();
        let value;
        (value, rest) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        match name.as_str() {
            "wtype" => wat.wtype = value.to_ascii_lowercase(),
            "axtype" => wat.axtype = value.to_ascii_lowercase(),
            "lngcor" | "latcor" => wat.surface = Some(Surface::parse(value)?),
            _ => {
                if let Some(m) = name.strip_prefix("projp").and_then(|m| m.parse().ok()) {
                    wat.projp.push((m, number(value)?));
                }
            }
        }
    }
    Ok(wat)
}

fn bad(why: String) -> Error {
    Error::invalid("WATi_nnn", why)
}

/// A number, perhaps with a Fortran exponent.
fn number(text: &str) -> Result<f64> {
    let value = text.replace(['d', 'D'], "E").parse::<f64>();
    value.ok().filter(|v| v.is_finite()).ok_or_else(|| bad(format!("{text:?} is not a number")))
}

/// The highest power of either variable, together: that of WCSLIB's template.
const MAX_DEGREE: usize = 9;

impl Surface {
    /// Reads the numbers `type xorder yorder xterms xmin xmax ymin ymax c…`, as in the header.
    ///
    /// # Errors
    /// Those of [`parse_wat`].
    pub fn parse(text: &str) -> Result<Self> {
        let numbers = text.split_whitespace().map(number).collect::<Result<Vec<f64>>>()?;
        let [kind, nx, ny, cross, xmin, xmax, ymin, ymax, coefficients @ ..] = numbers.as_slice() else {
            return Err(bad(format!(
                "a surface needs eight numbers before its coefficients, not {}",
                numbers.len()
            )));
        };
        let order = |n: f64| (1.0..=10.0).contains(&n).then_some(n as usize);
        let (Some(nx), Some(ny)) = (order(*nx), order(*ny)) else {
            return Err(bad(format!("orders {nx} and {ny} of a surface must lie between 1 and 10")));
        };
        let basis = match *kind as i64 {
            1 => chebyshev,
            2 => legendre,
            3 => power,
            _ => {
                return Err(bad(format!(
                    "surface type {kind} must be 1 (Chebyshev), 2 (Legendre) or 3 (powers)"
                )));
            }
        };
        let terms: Vec<(usize, usize)> = (0..ny)
            .flat_map(|n| (0..nx).map(move |m| (m, n)))
            .filter(|&(m, n)| match *cross as i64 {
                0 => m == 0 || n == 0,
                1 => true,
                _ => m + n < nx.max(ny),
            })
            .collect();
        if coefficients.len() < terms.len() {
            let why = format!(
                "a surface of orders {nx} and {ny} needs {} coefficients, not {}",
                terms.len(),
                coefficients.len()
            );
            return Err(bad(why));
        }
        if terms.iter().any(|&(m, n)| m + n > MAX_DEGREE) {
            return Err(bad(format!(
                "orders {nx} and {ny} of a surface reach beyond the degree {MAX_DEGREE}"
            )));
        }
        let axis = |min: f64, max: f64, k: usize| -> Result<[f64; 3]> {
            let mut u = [0.0; 3];
            (u[0], u[k]) =
                if *kind as i64 == 3 { (0.0, 1.0) } else { (-(max + min) / (max - min), 2.0 / (max - min)) };
            if u.iter().all(|c| c.is_finite()) {
                Ok(u)
            } else {
                Err(bad(format!("the range {min} … {max} of a surface is empty")))
            }
        };
        let arguments = [axis(*xmin, *xmax, 1)?, axis(*ymin, *ymax, 2)?];
        let mut monomials = Vec::new();
        for (&(m, n), &c) in terms.iter().zip(coefficients) {
            for (i, a) in basis(m).into_iter().enumerate() {
                monomials.extend(basis(n).into_iter().enumerate().map(|(j, b)| (i, j, c * a * b)));
            }
        }
        Ok(Self { arguments, polynomial: Polynomial::new(monomials, [0.0; 5]) })
    }
}

/// The powers of the nth Chebyshev polynomial, lowest first: T₀ = 1, T₁ = x, T_n = 2x T_{n−1} − T_{n−2}.
fn chebyshev(n: usize) -> Vec<f64> {
    recurrence(n, |_| (2.0, 1.0))
}

/// Of the nth Legendre polynomial: n P_n = (2n − 1) x P_{n−1} − (n − 1) P_{n−2}.
fn legendre(n: usize) -> Vec<f64> {
    recurrence(n, |n| ((2.0 * n - 1.0) / n, (n - 1.0) / n))
}

/// Of xⁿ.
fn power(n: usize) -> Vec<f64> {
    let mut p = vec![0.0; n + 1];
    p[n] = 1.0;
    p
}

/// p_n = a x p_{n−1} − b p_{n−2} with (a, b) from n ≥ 2.
fn recurrence(n: usize, step: impl Fn(f64) -> (f64, f64)) -> Vec<f64> {
    let (mut before, mut now) = (vec![1.0], vec![0.0, 1.0]);
    if n == 0 {
        return before;
    }
    for k in 2..=n {
        let (a, b) = step(k as f64);
        let mut next = vec![0.0; k + 1];
        now.iter().enumerate().for_each(|(i, c)| next[i + 1] += a * c);
        before.iter().enumerate().for_each(|(i, c)| next[i] -= b * c);
        (before, now) = (now, next);
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_follow_their_recurrences() {
        assert_eq!(chebyshev(4), [1.0, 0.0, -8.0, 0.0, 8.0]);
        assert_eq!(legendre(3), [0.0, -1.5, 0.0, 2.5]);
        assert_eq!(power(2), [0.0, 0.0, 1.0]);
    }

    #[test]
    fn wat_cards_are_read_across_their_joints() {
        let first = format!("{:68}", "wtype=zpx axtype=ra projp1=1.0 projp3=33D1 lngcor = \"3. 2. 2. 2. 0.");
        let text = join_wat([first.trim_end(), "1. 0. 1. 0.5 0.25 -0.125 \""]);
        let wat = parse_wat(&text).unwrap();
        assert_eq!((wat.wtype.as_str(), wat.axtype.as_str()), ("zpx", "ra"));
        assert_eq!(wat.projp, [(1, 1.0), (3, 330.0)]);
        let t = Tnx::new(wat.surface.as_ref(), None);
        let (mut x, mut y) = ([2.0], [3.0]);
        t.forward(&mut Points::new([&mut x, &mut y]));
        assert_eq!((x, y), ([2.0 + 0.5 + 0.25 * 2.0 - 0.125 * 3.0], [3.0]));
        t.inverse(&mut Points::new([&mut x, &mut y]));
        assert!((x[0] - 2.0).abs() < 1e-15 && y == [3.0]);
    }

    #[test]
    fn damaged_surfaces_are_refused() {
        for text in [
            "",
            "1 4 4 2 0 1 0 1 5",
            "7 2 2 1 0 1 0 1 1 1 1 1",
            "1 2 2 1 3 3 0 1 1 1 1 1",
            "1 2 2 1 0 x 0 1 1 1 1 1",
        ] {
            assert!(Surface::parse(text).is_err(), "{text}");
        }
        assert!(Surface::parse("1 99 99 1 0 1 0 1 5").is_err());
    }
}
