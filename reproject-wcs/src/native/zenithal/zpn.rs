//! ZPN, zenithal polynomial (paper II §5.1.7): R = Σ P_m ζᵐ, ζ = 90° − θ in radians (eq. 68).

use super::POLE;
use crate::math::lanes::{LANES, Lanes, Step, ZERO, abreast};
use crate::math::trig;
use crate::native::{
    Code,
    params::{Pv, broken},
    solve::{self, Rising},
    vector,
};
use reproject_core::{Error, Points, Projection, Result, each};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The number of coefficients, P_0 … P_29.
const TERMS: usize = 30;
/// Room in R at either end of the polynomial's range, as in WCSLIB.
const ROOM: f64 = 1e-13;

/// The zenithal polynomial projection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Zpn {
    coefficients: [f64; TERMS],
    /// The highest m whose P_m is not zero.
    degree: usize,
    /// The largest distance from the pole, and R there: the first maximum of R, or the antipode.
    end: [f64; 2],
}

impl Zpn {
    /// The projection with the coefficients P_m = PVi_m, m = 0 … 29.
    ///
    /// # Errors
    /// No coefficient from P_1 on that is not zero; from the second degree on P_1 must be positive.
    pub fn new(coefficients: &[f64]) -> Result<Self> {
        let values: Vec<Option<f64>> = coefficients.iter().map(|&c| Some(c)).collect();
        Self::from_pv(&Pv::new("ZPN", &values))
    }

    /// R and dR/dζ.
    fn radius(&self, zeta: f64) -> [f64; 2] {
        let (mut r, mut slope) = (0.0f64, 0.0f64);
        for &c in self.coefficients[..=self.degree].iter().rev() {
            slope = slope.mul_add(zeta, r);
            r = r.mul_add(zeta, c);
        }
        [r, slope]
    }

    /// The first maximum of R within 180° of the pole: looked for degree by degree, then narrowed down by halves.
    fn first_maximum(&self) -> f64 {
        let mut low = 0.0;
        for k in 1..=180 {
            let mut high = PI * f64::from(k) / 180.0;
            if self.radius(high)[1] <= 0.0 {
                for _ in 0..60 {
                    let middle = 0.5 * (low + high);
                    if self.radius(middle)[1] > 0.0 {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                return low;
            }
            low = high;
        }
        PI
    }
}

impl Code for Zpn {
    fn from_pv(pv: &Pv<'_>) -> Result<Self> {
        let mut coefficients = [0.0; TERMS];
        for (m, c) in coefficients.iter_mut().enumerate() {
            *c = pv.or(m, 0.0)?;
        }
        // P_0 alone would be a circle.
        let Some(degree) = coefficients.iter().rposition(|&c| c != 0.0).filter(|&m| m > 0) else {
            return Err(Error::invalid(
                "PVi_1",
                "ZPN needs a coefficient PVi_m on the latitude axis that is not zero, with m of 1 or more",
            ));
        };
        let mut zpn = Self { coefficients, degree, end: [PI; 2] };
        if degree >= 2 {
            if coefficients[1] <= 0.0 {
                return Err(broken(
                    "ZPN",
                    1,
                    coefficients[1],
                    "the radius must grow at the pole: P_1 must be positive",
                ));
            }
            let zeta = zpn.first_maximum();
            zpn.end = [zeta, zpn.radius(zeta)[0]];
        }
        Ok(zpn)
    }
    fn parameters(&self) -> Vec<(usize, f64)> {
        self.coefficients[..=self.degree].iter().copied().enumerate().collect()
    }
    fn reference(&self) -> (f64, f64) {
        POLE
    }
}

impl Projection for Zpn {
    /// NaN where R is below P_0 or beyond its first maximum.
    fn lift(&self, points: &mut Points<'_, 3>) {
        abreast(points, Lift(self));
    }

    /// NaN beyond the first maximum of R.
    fn project(&self, points: &mut Points<'_, 3>) {
        let (coefficients, end) = (self.coefficients, self.end[0]);
        each!(points, |[vx, vy, vz]| {
            let rho = vector::length(vx, vy);
            let zeta = trig::atan2(rho, vz);
            // All thirty terms: a loop of known length stays vector code, and the absent ones cost a nanosecond.
            let r = trig::poly(zeta, coefficients);
            let k = if zeta <= end { r / rho } else { f64::NAN };
            if rho > 0.0 {
                [vy * k, -vx * k, vz]
            } else {
                [rho, if zeta <= end { -r - rho } else { f64::NAN }, vz]
            }
        });
    }
}

struct Lift<'a>(&'a Zpn);

impl Step<3> for Lift<'_> {
    #[inline(always)]
    fn run(&self, [mut x, mut y, mut z]: [Lanes; 3]) -> [Lanes; 3] {
        let mut r = ZERO;
        for l in 0..LANES {
            r[l] = vector::length(x[l], y[l]);
        }
        let zeta = match self.0.degree {
            0 => [f64::NAN; LANES],
            1 => linear(self.0, &r),
            2 => quadratic(self.0, &r),
            _ => general(self.0, &r),
        };
        for l in 0..LANES {
            let (s, c) = trig::sin_cos(zeta[l]);
            // At R = 0 away from the pole (P_0 < 0) the direction is that of φ = 0.
            let (ux, uy) = if r[l] > 0.0 { (x[l] / r[l], y[l] / r[l]) } else { (0.0, -1.0) };
            [x[l], y[l], z[l]] = vector::only_if(!s.is_nan() && r[l] < 1e150, [-uy * s, ux * s, c]);
        }
        [x, y, z]
    }
}

/// ζ where it lies in [0, π], to within rounding.
#[inline(always)]
fn within_sphere(zeta: f64) -> f64 {
    let valid = (-ROOM..=PI + ROOM).contains(&zeta);
    if valid { zeta.clamp(0.0, PI) } else { f64::NAN }
}

#[inline(always)]
fn linear(zpn: &Zpn, r: &Lanes) -> Lanes {
    let [p0, p1, ..] = zpn.coefficients;
    r.map(|r| within_sphere((r - p0) / p1))
}

/// The smaller root that is not negative.
#[inline(always)]
fn quadratic(zpn: &Zpn, r: &Lanes) -> Lanes {
    let [p0, p1, p2, ..] = zpn.coefficients;
    r.map(|r| {
        let d = p1.mul_add(p1, -4.0 * p2 * (p0 - r)).sqrt();
        let (one, two) = ((d - p1) / (2.0 * p2), (-d - p1) / (2.0 * p2));
        let (small, large) = if one < two { (one, two) } else { (two, one) };
        within_sphere(if small < -ROOM { large } else { small })
    })
}

/// The root between the pole and the first maximum.
#[inline(always)]
fn general(zpn: &Zpn, r: &Lanes) -> Lanes {
    let ([end, top], bottom) = (zpn.end, zpn.coefficients[0]);
    let (mut low, mut high, mut start) = (ZERO, ZERO, ZERO);
    for l in 0..LANES {
        let inside = r[l] >= bottom && r[l] <= top;
        let share = (r[l] - bottom) / (top - bottom);
        high[l] = if inside { end } else { 0.0 };
        start[l] = if inside { share * end } else { 0.0 };
        low[l] = 0.0;
    }
    let mut zeta = solve::root(&Radius { zpn, r }, low, high, start);
    for l in 0..LANES {
        // The ends themselves, with a little room.
        let valid = r[l] >= bottom - ROOM && r[l] <= top + ROOM;
        let at_end = if r[l] > top { end } else { zeta[l] };
        zeta[l] = if valid { at_end } else { f64::NAN };
    }
    zeta
}

/// R(ζ) − R.
struct Radius<'a> {
    zpn: &'a Zpn,
    r: &'a Lanes,
}

impl Rising for Radius<'_> {
    #[inline(always)]
    fn at(&self, zeta: &Lanes) -> [Lanes; 2] {
        let (mut f, mut slope) = (ZERO, ZERO);
        for &c in self.zpn.coefficients[..=self.zpn.degree].iter().rev() {
            for l in 0..LANES {
                slope[l] = slope[l].mul_add(zeta[l], f[l]);
                f[l] = f[l].mul_add(zeta[l], c);
            }
        }
        for l in 0..LANES {
            f[l] -= self.r[l];
        }
        [f, slope]
    }
}
