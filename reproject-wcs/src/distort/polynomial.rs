//! Polynomials of two variables with optional odd powers of the radius, and pairs of them as maps of the plane.

use crate::math::lanes::{LANES, Lanes, ZERO};
use serde::{Deserialize, Serialize};

/// Σ c_ij uⁱ vʲ (i + j ≤ order) + Σ r_k ρ^(2k+1), ρ² = u² + v².
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Polynomial {
    order: usize,
    /// Row i holds the order + 1 − i coefficients of uⁱ, v⁰ first.
    coefficients: Vec<f64>,
    /// Of ρ, ρ³, ρ⁵, ρ⁷, ρ⁹.
    radial: [f64; 5],
    has_radial: bool,
}

impl Polynomial {
    /// From (i, j, coefficient of uⁱvʲ) and the coefficients of ρ, ρ³, …; terms of one kind add up.
    pub(crate) fn new(terms: impl IntoIterator<Item = (usize, usize, f64)>, radial: [f64; 5]) -> Self {
        let terms: Vec<_> = terms.into_iter().filter(|t| t.2 != 0.0).collect();
        let order = terms.iter().map(|t| t.0 + t.1).max().unwrap_or(0);
        let mut coefficients = vec![0.0; (order + 1) * (order + 2) / 2];
        for (i, j, c) in terms {
            // Rows before row i: (order + 1) + order + … , i of them.
            coefficients[i * (2 * order + 3 - i) / 2 + j] += c;
        }
        Self { order, coefficients, radial, has_radial: radial != [0.0; 5] }
    }

    /// A bound on the absolute values of both derivatives, the linear terms apart, within `radius` of the origin.
    /// Infinite where ρ itself takes part, which has no derivative at the origin.
    pub(crate) fn slopes(&self, radius: f64) -> [f64; 2] {
        let (mut du, mut dv) = (0.0, 0.0);
        let mut at = 0;
        for i in 0..=self.order {
            for j in 0..=self.order - i {
                let size = self.coefficients[at].abs();
                at += 1;
                if i + j >= 2 {
                    let power = radius.powi((i + j - 1) as i32);
                    du += i as f64 * size * power;
                    dv += j as f64 * size * power;
                }
            }
        }
        for (k, r) in self.radial.iter().enumerate() {
            let n = 2 * k as i32 + 1;
            let slope = r.abs() * f64::from(n) * radius.powi(n - 1);
            du += slope;
            dv += slope;
        }
        [du, dv]
    }

    /// The polynomial in every lane.
    #[inline(always)]
    pub(crate) fn value(&self, u: &Lanes, v: &Lanes) -> Lanes {
        let mut f = ZERO;
        let mut at = self.coefficients.len();
        for i in (0..=self.order).rev() {
            let row = self.order + 1 - i;
            at -= row;
            let mut p = ZERO;
            for &c in self.coefficients[at..at + row].iter().rev() {
                for l in 0..LANES {
                    p[l] = p[l].mul_add(v[l], c);
                }
            }
            for l in 0..LANES {
                f[l] = f[l].mul_add(u[l], p[l]);
            }
        }
        self.add_radial(u, v, &mut f);
        f
    }

    /// The polynomial and its derivatives by u and v in every lane.
    #[inline(always)]
    pub(crate) fn gradient(&self, u: &Lanes, v: &Lanes) -> [Lanes; 3] {
        let (mut f, mut fu, mut fv) = (ZERO, ZERO, ZERO);
        let mut at = self.coefficients.len();
        for i in (0..=self.order).rev() {
            let row = self.order + 1 - i;
            at -= row;
            let (mut p, mut q) = (ZERO, ZERO);
            for &c in self.coefficients[at..at + row].iter().rev() {
                for l in 0..LANES {
                    q[l] = q[l].mul_add(v[l], p[l]);
                    p[l] = p[l].mul_add(v[l], c);
                }
            }
            for l in 0..LANES {
                fu[l] = fu[l].mul_add(u[l], f[l]);
                f[l] = f[l].mul_add(u[l], p[l]);
                fv[l] = fv[l].mul_add(u[l], q[l]);
            }
        }
        self.add_radial_gradient(u, v, [&mut f, &mut fu, &mut fv]);
        [f, fu, fv]
    }

    /// The order of the powers.
    pub(super) fn order(&self) -> usize {
        self.order
    }

    /// Of uⁱvʲ.
    pub(super) fn coefficient(&self, i: usize, j: usize) -> f64 {
        if i + j > self.order { 0.0 } else { self.coefficients[i * (2 * self.order + 3 - i) / 2 + j] }
    }

    /// Adds the odd powers of ρ to a value.
    #[inline(always)]
    pub(super) fn add_radial(&self, u: &Lanes, v: &Lanes, f: &mut Lanes) {
        if self.has_radial {
            let [value, _] = self.radial_part(u, v);
            for l in 0..LANES {
                f[l] += value[l];
            }
        }
    }

    /// Adds the odd powers of ρ to a value and its derivatives by u and v.
    #[inline(always)]
    pub(super) fn add_radial_gradient(&self, u: &Lanes, v: &Lanes, [f, fu, fv]: [&mut Lanes; 3]) {
        if self.has_radial {
            let [value, slope] = self.radial_part(u, v);
            for l in 0..LANES {
                f[l] += value[l];
                fu[l] = slope[l].mul_add(u[l], fu[l]);
                fv[l] = slope[l].mul_add(v[l], fv[l]);
            }
        }
    }

    /// The odd powers of ρ, and their derivative by ρ divided by ρ (zero at the origin).
    #[inline(always)]
    fn radial_part(&self, u: &Lanes, v: &Lanes) -> [Lanes; 2] {
        let (mut value, mut slope) = (ZERO, ZERO);
        let [a, b, c, d, e] = self.radial;
        for l in 0..LANES {
            let z = u[l].mul_add(u[l], v[l] * v[l]);
            let rho = z.sqrt();
            value[l] = rho * e.mul_add(z, d).mul_add(z, c).mul_add(z, b).mul_add(z, a);
            let by_rho = (9.0 * e).mul_add(z, 7.0 * d).mul_add(z, 5.0 * c).mul_add(z, 3.0 * b).mul_add(z, a);
            slope[l] = if rho > 0.0 { by_rho / rho } else { 0.0 };
        }
        [value, slope]
    }
}

/// The largest radius, to a per cent, within which a map cannot fold. `linear` is its Jacobian at the reference point, row by row, and
/// `bound(radius)` bounds the absolute change of each of its elements within that radius: as long as no matrix within those bounds
/// is singular, the determinant keeps its sign.
pub(super) fn safe_radius(linear: [f64; 4], bound: impl Fn(f64) -> [f64; 4]) -> f64 {
    let [a, b, c, d] = linear.map(f64::abs);
    let det = (linear[0] * linear[3] - linear[1] * linear[2]).abs();
    let holds = |radius: f64| {
        let [fu, fv, gu, gv] = bound(radius);
        // |det(L + E) − det L| ≤ this for every E within the bounds.
        let change = a * gv + d * fu + fu * gv + b * gu + c * fv + fv * gu;
        change < det
    };
    // Some radius between 10⁻¹² and 10¹² by doubling, then halving the step.
    let (mut low, mut high) = (1e-12, 1e12);
    if !holds(low) {
        return 0.0;
    }
    if holds(high) {
        return high;
    }
    while high / low > 1.01 {
        let middle = (low * high).sqrt();
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_the_value() {
        let p = Polynomial::new(
            [(0, 0, 1.0), (1, 0, 2.0), (2, 1, -0.5), (0, 3, 0.25), (1, 1, 3.0)],
            [0.1, -0.2, 0.3, 0.0, 0.0],
        );
        let (u, v): (Lanes, Lanes) =
            (std::array::from_fn(|l| 0.03 * l as f64 + 0.31), std::array::from_fn(|l| 0.4 - 0.05 * l as f64));
        let h = 1e-5;
        let [f, fu, fv] = p.gradient(&u, &v);
        let shifted = |du: f64, dv: f64| p.value(&u.map(|x| x + du), &v.map(|x| x + dv));
        let (east, west, north, south) = (shifted(h, 0.), shifted(-h, 0.), shifted(0., h), shifted(0., -h));
        for l in 0..LANES {
            let (x, y) = (u[l], v[l]);
            let r = x.hypot(y);
            let direct = 1.0 + 2.0 * x - 0.5 * x * x * y + 0.25 * y.powi(3) + 3.0 * x * y + 0.1 * r
                - 0.2 * r.powi(3)
                + 0.3 * r.powi(5);
            assert!((f[l] - direct).abs() < 1e-14);
            assert!((fu[l] - (east[l] - west[l]) / (2.0 * h)).abs() < 1e-9);
            assert!((fv[l] - (north[l] - south[l]) / (2.0 * h)).abs() < 1e-9);
        }
    }

    #[test]
    fn the_safe_radius_ends_before_the_first_fold() {
        // u − u³/3 folds at u = ±1.
        let f = Polynomial::new([(1, 0, 1.0), (3, 0, -1.0 / 3.0)], [0.0; 5]);
        let g = Polynomial::new([(0, 1, 1.0)], [0.0; 5]);
        let bound = |r| {
            let ([a, b], [c, d]) = (f.slopes(r), g.slopes(r));
            [a, b, c, d]
        };
        let r = safe_radius([1.0, 0.0, 0.0, 1.0], bound);
        assert!(r > 0.98 && r <= 1.0, "{r}");
        assert_eq!(safe_radius([0.0, 1.0, 0.0, 1.0], bound), 0.0);
    }
}
