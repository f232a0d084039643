//! TPV, the tangent plane with a general polynomial (FITS registry "TPV World Coordinate System", after SCAMP):
//! ξ' = Σ PV1_m b_m(ξ, η, r) and η' = Σ PV2_m b_m(η, ξ, r), r = √(ξ² + η²), m = 0 … 39.
//!
//! As in WCSLIB, PVi_1 counts zero where it is absent, and the polynomial acts on what stands between the matrix and CDELT:
//! degrees where the header has CD, pixel offsets where it has PC and CDELT.

use super::{
    newton::{self, Anchor, Smooth},
    pair::Pair,
    polynomial::{Polynomial, safe_radius},
};
use crate::math::lanes::{Lanes, ZERO};
use reproject_core::{Error, Points, Result, Transform};
use serde::{Deserialize, Serialize};

/// The TPV distortion of intermediate coordinates, in the units in which the header has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tpv {
    map: Direct,
    anchor: Anchor,
}

impl Tpv {
    /// The number of coefficients of an axis: m = 0 … 39.
    pub const TERMS: usize = 40;

    /// Makes the distortion from PVi_m of both axes as `(m, value)`: first the longitude axis' (or that of x), then the
    /// latitude axis'.
    ///
    /// # Errors
    /// An m above 39, or a number that is not finite.
    pub fn new(first: &[(usize, f64)], second: &[(usize, f64)]) -> Result<Self> {
        for (axis, terms) in [(1, first), (2, second)] {
            for &(m, c) in terms {
                if m >= Self::TERMS {
                    return Err(Error::invalid(format!("PV{axis}_{m}"), "TPV has no term above m = 39"));
                }
                if !c.is_finite() {
                    return Err(Error::invalid(
                        format!("PV{axis}_{m}"),
                        format!("{c} is not finite; TPV needs a number"),
                    ));
                }
            }
        }
        let map = Direct(Pair::new(template(first, false), template(second, true)));
        let anchor = map.anchor();
        Ok(Self { map, anchor })
    }
}

impl Transform for Tpv {
    fn forward(&self, points: &mut Points<'_>) {
        newton::forward(&self.map, points);
    }
    fn inverse(&self, points: &mut Points<'_>) {
        newton::inverse(&self.map, &self.anchor, points);
    }
}

/// The polynomial with coefficient `c` for term `m` of the template common to TPV and TPD: powers in falling order of the
/// first variable, degree by degree, and an odd power of the radius after degrees 1, 3, 5, 7 and 9. `swapped`
/// exchanges the variables.
pub(super) fn template(terms: &[(usize, f64)], swapped: bool) -> Polynomial {
    let mut radial = [0.0; 5];
    let mut powers = Vec::new();
    for &(m, c) in terms {
        match term(m) {
            Term::Powers(i, j) if swapped => powers.push((j, i, c)),
            Term::Powers(i, j) => powers.push((i, j, c)),
            Term::Radius(k) => radial[k] += c,
        }
    }
    Polynomial::new(powers, radial)
}

enum Term {
    /// uⁱ vʲ
    Powers(usize, usize),
    /// ρ^(2k+1)
    Radius(usize),
}

/// The template's term number `m`.
fn term(m: usize) -> Term {
    let (mut degree, mut first) = (0, 0);
    loop {
        let last = first + degree;
        if m <= last {
            return Term::Powers(last - m, m - first);
        }
        let odd = degree % 2;
        if odd == 1 && m == last + 1 {
            return Term::Radius(degree / 2);
        }
        first = last + 1 + odd;
        degree += 1;
    }
}

/// Two polynomials that give the new coordinates themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Direct(Pair);

impl Direct {
    fn anchor(&self) -> Anchor {
        let (_, j) = self.jacobian(&ZERO, &ZERO);
        let safe = safe_radius(j.map(|l| l[0]), |radius| self.0.slopes(radius));
        // Relative to the distance over which the map changes, or to a degree.
        let scale = safe.clamp(1e-3, 1.0);
        Anchor::new(self, [0.0; 2], safe, 1e-9 * scale).with_series(&self.0, 1e-15 * scale)
    }
}

impl Smooth for Direct {
    #[inline(always)]
    fn value(&self, x: &Lanes, y: &Lanes) -> [Lanes; 2] {
        self.0.value(x, y)
    }
    #[inline(always)]
    fn jacobian(&self, x: &Lanes, y: &Lanes) -> ([Lanes; 2], [Lanes; 4]) {
        self.0.gradient(x, y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list of terms in the registry's text of the TPV convention.
    #[test]
    fn terms_are_numbered_as_in_the_registry() {
        let powers = [
            (0, (0, 0)),
            (1, (1, 0)),
            (2, (0, 1)),
            (4, (2, 0)),
            (5, (1, 1)),
            (6, (0, 2)),
            (7, (3, 0)),
            (10, (0, 3)),
            (12, (4, 0)),
            (16, (0, 4)),
            (17, (5, 0)),
            (19, (3, 2)),
            (22, (0, 5)),
            (24, (6, 0)),
            (30, (0, 6)),
            (31, (7, 0)),
            (38, (0, 7)),
        ];
        for (m, want) in powers {
            assert!(matches!(term(m), Term::Powers(i, j) if (i, j) == want), "m = {m}");
        }
        for (k, m) in [3, 11, 23, 39, 59].into_iter().enumerate() {
            assert!(matches!(term(m), Term::Radius(n) if n == k), "m = {m}");
        }
    }
}
