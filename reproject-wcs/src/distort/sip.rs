//! SIP, the Simple Imaging Polynomial (Shupe et al. 2005, ASP Conf. 347, 491): with (u, v) = p − CRPIX, the corrected
//! pixel is p + (f, g), f = Σ A_p_q uᵖ v^q and g = Σ B_p_q uᵖ v^q, p + q ≤ the order (eqs. 1–3).

use super::{
    newton::{self, Anchor, Smooth},
    pair::Pair,
    polynomial::{Polynomial, safe_radius},
};
use crate::math::lanes::{LANES, Lanes, ZERO};
use reproject_core::{Error, Points, Result, Transform};
use serde::{Deserialize, Serialize};

/// The SIP distortion: 0-based pixels to 0-based corrected pixels.
///
/// The inverse solves the forward polynomials to better than 10⁻⁹ pixel; the inverse coefficients AP and BP of a header
/// are not used, as in astropy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sip {
    map: Map,
    anchor: Anchor,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Map {
    origin: [f64; 2],
    pair: Pair,
}

impl Sip {
    /// The order that the convention allows.
    pub const MAX_ORDER: usize = 9;

    /// Makes the distortion; `origin` is CRPIX − 1, `a` and `b` list (p, q, A_p_q) and (p, q, B_p_q). Linear and constant terms
    /// count.
    ///
    /// # Errors
    /// A power above [`Sip::MAX_ORDER`], or a number that is not finite.
    pub fn new(origin: [f64; 2], a: &[(usize, usize, f64)], b: &[(usize, usize, f64)]) -> Result<Self> {
        let map = Map::new(origin, a, b)?;
        let anchor = map.anchor();
        Ok(Self { map, anchor })
    }

    pub(super) fn map(&self) -> &Map {
        &self.map
    }
}

impl Map {
    fn new(origin: [f64; 2], a: &[(usize, usize, f64)], b: &[(usize, usize, f64)]) -> Result<Self> {
        if let Some(k) = (0..2).find(|&k| !origin[k].is_finite()) {
            return Err(Error::invalid(
                format!("CRPIX{}", k + 1),
                format!("{} is not finite; SIP needs a number", origin[k]),
            ));
        }
        for (name, terms) in [("A", a), ("B", b)] {
            for &(p, q, c) in terms {
                if p + q > Sip::MAX_ORDER {
                    let why = format!("its order {} is above {}, the highest of SIP", p + q, Sip::MAX_ORDER);
                    return Err(Error::invalid(format!("{name}_{p}_{q}"), why));
                }
                if !c.is_finite() {
                    return Err(Error::invalid(
                        format!("{name}_{p}_{q}"),
                        format!("{c} is not finite; SIP needs a number"),
                    ));
                }
            }
        }
        let poly = |terms: &[(usize, usize, f64)]| Polynomial::new(terms.iter().copied(), [0.0; 5]);
        Ok(Self { origin, pair: Pair::new(poly(a), poly(b)) })
    }

    fn anchor(&self) -> Anchor {
        let (_, j) = self.jacobian(&[self.origin[0]; LANES], &[self.origin[1]; LANES]);
        let safe = safe_radius(j.map(|l| l[0]), |radius| self.slopes(radius));
        Anchor::new(self, self.origin, safe, 1e-7).with_series(&self.pair, 1e-12)
    }

    /// A bound on the change of the Jacobian within `radius` of CRPIX.
    pub(super) fn slopes(&self, radius: f64) -> [f64; 4] {
        self.pair.slopes(radius)
    }

    /// The correction (f, g) and its Jacobian at 0-based pixels, in every lane.
    #[inline(always)]
    pub(super) fn correction(&self, x: &Lanes, y: &Lanes) -> ([Lanes; 2], [Lanes; 4]) {
        let (u, v) = self.relative(x, y);
        self.pair.gradient(&u, &v)
    }

    #[inline(always)]
    pub(super) fn shift(&self, x: &Lanes, y: &Lanes) -> [Lanes; 2] {
        let (u, v) = self.relative(x, y);
        self.pair.value(&u, &v)
    }

    #[inline(always)]
    fn relative(&self, x: &Lanes, y: &Lanes) -> (Lanes, Lanes) {
        let (mut u, mut v) = (ZERO, ZERO);
        for l in 0..LANES {
            u[l] = x[l] - self.origin[0];
            v[l] = y[l] - self.origin[1];
        }
        (u, v)
    }
}

impl Smooth for Map {
    #[inline(always)]
    fn value(&self, x: &Lanes, y: &Lanes) -> [Lanes; 2] {
        let [mut f, mut g] = self.shift(x, y);
        for l in 0..LANES {
            f[l] += x[l];
            g[l] += y[l];
        }
        [f, g]
    }
    #[inline(always)]
    fn jacobian(&self, x: &Lanes, y: &Lanes) -> ([Lanes; 2], [Lanes; 4]) {
        let ([mut f, mut g], [mut fu, fv, gu, mut gv]) = self.correction(x, y);
        for l in 0..LANES {
            f[l] += x[l];
            g[l] += y[l];
            fu[l] += 1.0;
            gv[l] += 1.0;
        }
        ([f, g], [fu, fv, gu, gv])
    }
}

impl Transform for Sip {
    fn forward(&self, points: &mut Points<'_>) {
        newton::forward(&self.map, points);
    }
    fn inverse(&self, points: &mut Points<'_>) {
        newton::inverse(&self.map, &self.anchor, points);
    }
}
