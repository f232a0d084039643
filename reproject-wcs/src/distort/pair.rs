//! Two polynomials of the same variables, evaluated side by side: twice the independent arithmetic for one set of loops.

use super::polynomial::Polynomial;
use crate::math::lanes::{LANES, Lanes, ZERO};
use serde::{Deserialize, Serialize};

/// (f, g), each a [`Polynomial`] of (u, v).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pair {
    f: Polynomial,
    g: Polynomial,
    order: usize,
    /// Of f and g in turn, row by row as in [`Polynomial`], both to the higher of their orders.
    coefficients: Vec<[f64; 2]>,
}

impl Pair {
    pub(super) fn new(f: Polynomial, g: Polynomial) -> Self {
        let order = f.order().max(g.order());
        let powers = (0..=order).flat_map(|i| (0..=order - i).map(move |j| (i, j)));
        let coefficients = powers.map(|(i, j)| [f.coefficient(i, j), g.coefficient(i, j)]).collect();
        Self { f, g, order, coefficients }
    }

    /// A bound on the change of the derivatives within `radius` of the origin, row by row; see [`Polynomial::slopes`].
    pub(super) fn slopes(&self, radius: f64) -> [f64; 4] {
        let ([fu, fv], [gu, gv]) = (self.f.slopes(radius), self.g.slopes(radius));
        [fu, fv, gu, gv]
    }

    /// The higher of the two orders.
    pub(super) fn order(&self) -> usize {
        self.order
    }

    /// Of uⁱvʲ in f and in g.
    pub(super) fn coefficient(&self, i: usize, j: usize) -> [f64; 2] {
        [self.f.coefficient(i, j), self.g.coefficient(i, j)]
    }

    /// f and g in every lane.
    #[inline(always)]
    pub(super) fn value(&self, u: &Lanes, v: &Lanes) -> [Lanes; 2] {
        // The highest row is one coefficient; every row starts from its last: nothing is added to zeros.
        let mut at = self.coefficients.len() - 1;
        let mut out = self.coefficients[at].map(|c| [c; LANES]);
        for row in 2..=self.order + 1 {
            at -= row;
            let (last, rest) = (self.coefficients[at + row - 1], &self.coefficients[at..at + row - 1]);
            let mut p = last.map(|c| [c; LANES]);
            for c in rest.iter().rev() {
                for k in 0..2 {
                    for l in 0..LANES {
                        p[k][l] = p[k][l].mul_add(v[l], c[k]);
                    }
                }
            }
            for k in 0..2 {
                for l in 0..LANES {
                    out[k][l] = out[k][l].mul_add(u[l], p[k][l]);
                }
            }
        }
        for (value, polynomial) in out.iter_mut().zip([&self.f, &self.g]) {
            polynomial.add_radial(u, v, value);
        }
        out
    }

    /// f and g in every lane, and their derivatives by u and v: row by row the Jacobian.
    #[inline(always)]
    pub(super) fn gradient(&self, u: &Lanes, v: &Lanes) -> ([Lanes; 2], [Lanes; 4]) {
        let mut at = self.coefficients.len() - 1;
        let mut f = self.coefficients[at].map(|c| [c; LANES]);
        let (mut fu, mut fv) = ([ZERO; 2], [ZERO; 2]);
        for row in 2..=self.order + 1 {
            at -= row;
            let (last, rest) = (self.coefficients[at + row - 1], &self.coefficients[at..at + row - 1]);
            let mut p = last.map(|c| [c; LANES]);
            let mut q = [ZERO; 2];
            for c in rest.iter().rev() {
                for k in 0..2 {
                    for l in 0..LANES {
                        q[k][l] = q[k][l].mul_add(v[l], p[k][l]);
                        p[k][l] = p[k][l].mul_add(v[l], c[k]);
                    }
                }
            }
            for k in 0..2 {
                for l in 0..LANES {
                    fu[k][l] = fu[k][l].mul_add(u[l], f[k][l]);
                    f[k][l] = f[k][l].mul_add(u[l], p[k][l]);
                    fv[k][l] = fv[k][l].mul_add(u[l], q[k][l]);
                }
            }
        }
        for (k, polynomial) in [&self.f, &self.g].into_iter().enumerate() {
            polynomial.add_radial_gradient(u, v, [&mut f[k], &mut fu[k], &mut fv[k]]);
        }
        let ([fu, gu], [fv, gv]) = (fu, fv);
        (f, [fu, fv, gu, gv])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_its_two_polynomials() {
        let f = Polynomial::new([(0, 0, 1.0), (1, 0, 2.0), (2, 1, -0.5)], [0.1, 0.0, 0.0, 0.0, 0.0]);
        let g = Polynomial::new([(0, 1, 1.5), (0, 4, 0.25), (1, 1, 3.0)], [0.0; 5]);
        let pair = Pair::new(f.clone(), g.clone());
        let (u, v): (Lanes, Lanes) =
            (std::array::from_fn(|l| 0.3 * l as f64), std::array::from_fn(|l| 1.0 - 0.2 * l as f64));
        let ([a, b], [au, av, bu, bv]) = pair.gradient(&u, &v);
        assert_eq!(([a, au, av], [b, bu, bv]), (f.gradient(&u, &v), g.gradient(&u, &v)));
        assert_eq!(pair.value(&u, &v), [f.value(&u, &v), g.value(&u, &v)]);
    }
}
