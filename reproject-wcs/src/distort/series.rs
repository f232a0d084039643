//! The inverse of a polynomial map of the plane as a truncated power series: where Newton's method starts.
//!
//! With u from the reference point, the map is F(u) = F(0) + L u + N(u), N of second and higher degree. In
//! w = L⁻¹ (F(u) − F(0)) the root is u = w + S(w), where S = −L⁻¹ N(w + S) holds degree by degree.

use super::{pair::Pair, polynomial::Polynomial};
use crate::math::lanes::{LANES, Lanes, ZERO};
use serde::{Deserialize, Serialize};

/// Degrees that are kept, at least and at most: seeds of a mild cubic are good to 10⁻⁶ of its correction, and each degree
/// more costs as much as it saves.
const DEGREES: [usize; 2] = [3, 5];
const SIZE: usize = DEGREES[1] + 1;

/// S of an inverse, and where it is of use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Series {
    pair: Pair,
    /// The square of the largest |w|.
    within2: f64,
}

impl Series {
    /// From the map, the inverse of its linear part row by row, and the radius within which it cannot fold. The series converges
    /// up to about half of that; it is used up to a quarter.
    pub(super) fn new(map: &Pair, inverse: [f64; 4], safe: f64) -> Series {
        let degree = map.order().clamp(DEGREES[0], DEGREES[1]);
        let [a, b, c, d] = inverse;
        let solved = |i: usize, j: usize| -> [f64; 2] {
            let [f, g] = if i + j < 2 { [0.0; 2] } else { map.coefficient(i, j) };
            [-(a * f + b * g), -(c * f + d * g)]
        };
        let mut series = [Truncated::default(); 2];
        for _ in 1..degree {
            let mut root = series;
            root[0].0[1][0] += 1.0;
            root[1].0[0][1] += 1.0;
            series = [Truncated::default(); 2];
            let mut first = Truncated::ONE;
            for i in 0..=degree {
                let mut power = first;
                for j in 0..=degree - i {
                    let factors = solved(i, j);
                    (0..2).for_each(|k| series[k].add(factors[k], &power));
                    power = power.times(&root[1], degree);
                }
                first = first.times(&root[0], degree);
            }
        }
        let usable = series.iter().all(Truncated::is_finite) && safe > 0.0;
        let within = if usable { safe / 4.0 } else { 0.0 };
        let polynomial = |s: &Truncated| Polynomial::new(s.terms().filter(|_| usable), [0.0; 5]);
        Series { pair: Pair::new(polynomial(&series[0]), polynomial(&series[1])), within2: within * within }
    }

    /// Adds S(w) to w wherever it is of use, and says where that is.
    #[inline(always)]
    pub(super) fn improve(&self, [x, y]: &mut [Lanes; 2]) -> Lanes {
        let [sx, sy] = self.pair.value(x, y);
        let mut near = ZERO;
        for l in 0..LANES {
            let inside = x[l].mul_add(x[l], y[l] * y[l]) < self.within2;
            near[l] = if inside { 1.0 } else { 0.0 };
            x[l] += if inside { sx[l] } else { 0.0 };
            y[l] += if inside { sy[l] } else { 0.0 };
        }
        near
    }
}

/// A polynomial of two variables without terms above some degree: the coefficient of uⁱvʲ is at `[i][j]`.
#[derive(Clone, Copy, Default)]
struct Truncated([[f64; SIZE]; SIZE]);

impl Truncated {
    const ONE: Truncated = {
        let mut one = [[0.0; SIZE]; SIZE];
        one[0][0] = 1.0;
        Truncated(one)
    };

    fn terms(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        (0..SIZE).flat_map(move |i| (0..SIZE - i).map(move |j| (i, j, self.0[i][j])))
    }

    fn is_finite(&self) -> bool {
        self.terms().all(|(.., c)| c.is_finite())
    }

    fn add(&mut self, factor: f64, other: &Truncated) {
        other.terms().filter(|_| factor != 0.0).for_each(|(i, j, c)| self.0[i][j] += factor * c);
    }

    fn times(&self, other: &Truncated, degree: usize) -> Truncated {
        let mut product = Truncated::default();
        for (i, j, a) in self.terms().filter(|t| t.2 != 0.0) {
            let kept = |&(p, q, _): &(usize, usize, f64)| i + j + p + q <= degree;
            other.terms().filter(kept).for_each(|(p, q, b)| product.0[i + p][j + q] += a * b);
        }
        product
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x + x² has the root w − w² + 2w³ − … (Catalan's numbers); here along v, with the axes exchanged by the linear part.
    #[test]
    fn the_series_of_a_square_is_that_of_catalan() {
        let f = Polynomial::new([(0, 1, 2.0), (0, 2, 2.0)], [0.0; 5]);
        let g = Polynomial::new([(1, 0, 1.0), (0, 5, 0.0)], [0.0; 5]);
        let series = Series::new(&Pair::new(f, g), [0.0, 1.0, 0.5, 0.0], 0.5);
        let (w, mut at) = (0.01, [[0.3; LANES], [0.01; LANES]]);
        let near = series.improve(&mut at);
        assert_eq!((near, at[0]), (ZERO, [0.3; LANES]));
        at = [[0.05; LANES], [w; LANES]];
        assert_eq!(series.improve(&mut at), [1.0; LANES]);
        assert_eq!(at[0], [0.05; LANES]);
        assert!((at[1][0] - (w - w * w + 2.0 * w.powi(3))).abs() < 1e-17, "{}", at[1][0]);
    }
}
