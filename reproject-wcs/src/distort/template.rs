//! Pairs of polynomials of affine functions of the plane: what TNX, TPD and DSS plates have in common.

use super::newton::{Anchor, Smooth};
use super::polynomial::{Polynomial, safe_radius};
use crate::math::lanes::{LANES, Lanes, ZERO};
use serde::{Deserialize, Serialize};

/// P(u, v) with u and v affine in x and y.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Term {
    /// u = `arguments[0]` · (1, x, y), v = `arguments[1]` · (1, x, y).
    pub(super) arguments: [[f64; 3]; 2],
    /// P.
    pub(super) polynomial: Polynomial,
    /// Whether P is added to the coordinate, or takes its place.
    pub(super) added: bool,
}

/// Two of them, for the new x and the new y.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Template(pub(super) [Term; 2]);

impl Template {
    /// The anchor at a point.
    pub(super) fn anchor(&self, at: [f64; 2], small: f64) -> Anchor {
        let (_, j) = self.jacobian(&[at[0]; LANES], &[at[1]; LANES]);
        let safe = safe_radius(j.map(|l| l[0]), |radius| {
            let ([fx, fy], [gx, gy]) = (self.0[0].slopes(at, radius), self.0[1].slopes(at, radius));
            [fx, fy, gx, gy]
        });
        Anchor::new(self, at, safe, small)
    }
}

impl Term {
    /// A bound on the change of both derivatives within `radius` of `at`: the slopes at the farthest (u, v), and those at `at`.
    fn slopes(&self, [x, y]: [f64; 2], radius: f64) -> [f64; 2] {
        let [u, v] =
            self.arguments.map(|[a, b, c]| ((a + b * x + c * y).abs(), (b.abs() + c.abs()) * radius));
        let near = u.0 + v.0;
        let [[_, ux, uy], [_, vx, vy]] = self.arguments.map(|row| row.map(f64::abs));
        let ([au, av], [bu, bv]) = (self.polynomial.slopes(near), self.polynomial.slopes(near + u.1 + v.1));
        let (du, dv) = (au + bu, av + bv);
        [ux * du + vx * dv, uy * du + vy * dv]
    }

    #[inline(always)]
    fn arguments(&self, x: &Lanes, y: &Lanes) -> [Lanes; 2] {
        self.arguments.map(|[a, b, c]| {
            let mut u = ZERO;
            for l in 0..LANES {
                u[l] = b.mul_add(x[l], c.mul_add(y[l], a));
            }
            u
        })
    }

    #[inline(always)]
    fn value(&self, x: &Lanes, y: &Lanes, own: &Lanes) -> Lanes {
        let [u, v] = self.arguments(x, y);
        let mut f = self.polynomial.value(&u, &v);
        if self.added {
            for l in 0..LANES {
                f[l] += own[l];
            }
        }
        f
    }

    /// The value without the coordinate itself, and its derivatives by x and y.
    #[inline(always)]
    fn gradient(&self, x: &Lanes, y: &Lanes) -> [Lanes; 3] {
        let [u, v] = self.arguments(x, y);
        let [f, fu, fv] = self.polynomial.gradient(&u, &v);
        let [[_, ux, uy], [_, vx, vy]] = self.arguments;
        let (mut fx, mut fy) = (ZERO, ZERO);
        for l in 0..LANES {
            fx[l] = ux.mul_add(fu[l], vx * fv[l]);
            fy[l] = uy.mul_add(fu[l], vy * fv[l]);
        }
        [f, fx, fy]
    }
}

impl Smooth for Template {
    #[inline(always)]
    fn value(&self, x: &Lanes, y: &Lanes) -> [Lanes; 2] {
        [self.0[0].value(x, y, x), self.0[1].value(x, y, y)]
    }
    #[inline(always)]
    fn jacobian(&self, x: &Lanes, y: &Lanes) -> ([Lanes; 2], [Lanes; 4]) {
        let [mut f, mut fx, fy] = self.0[0].gradient(x, y);
        let [mut g, gx, mut gy] = self.0[1].gradient(x, y);
        for l in 0..LANES {
            let (p, q) = (&self.0[0], &self.0[1]);
            f[l] += if p.added { x[l] } else { 0.0 };
            fx[l] += if p.added { 1.0 } else { 0.0 };
            g[l] += if q.added { y[l] } else { 0.0 };
            gy[l] += if q.added { 1.0 } else { 0.0 };
        }
        ([f, g], [fx, fy, gx, gy])
    }
}
