//! Roots of increasing functions inside a bracket: Newton's method, and bisection where a step would leave the bracket.

use crate::math::lanes::{LANES, Lanes, ZERO};

/// Steps before a lane is taken as it is. Newton needs four to eight; bisection alone would be done after 60.
const STEPS: usize = 64;

/// A function of `t` that increases through its one root in the bracket, in every lane.
pub(crate) trait Rising {
    /// Values and derivatives at `t`.
    fn at(&self, t: &Lanes) -> [Lanes; 2];
}

/// The roots of `f` between `low` and `high`. A lane is frozen after a Newton step below 10⁻⁹ of the bracket's far end, as the
/// error left is of the order of its square, or a bisection below 4·10⁻¹⁶.
/// A lane whose bracket is not finite stays where it is.
#[inline(always)]
pub(crate) fn root(f: &impl Rising, mut low: Lanes, mut high: Lanes, start: Lanes) -> Lanes {
    let (mut t, mut live, mut far) = (start, ZERO, ZERO);
    for l in 0..LANES {
        live[l] = if high[l] - low[l] > 0.0 && high[l] < f64::INFINITY { 1.0 } else { 0.0 };
        far[l] = if high[l] > -low[l] { high[l] } else { -low[l] };
    }
    for _ in 0..STEPS {
        let [value, slope] = f.at(&t);
        for l in 0..LANES {
            let going = live[l] > 0.0;
            let above = value[l] > 0.0;
            low[l] = if above { low[l] } else { t[l] };
            high[l] = if above { t[l] } else { high[l] };
            let newton = t[l] - value[l] / slope[l];
            let inside = newton > low[l] && newton < high[l];
            let next = if inside { newton } else { 0.5 * (low[l] + high[l]) };
            // A value of zero ends the search; so does a step that no longer moves the point.
            let next = if value[l] == 0.0 { t[l] } else { next };
            let step = (next - t[l]).abs();
            t[l] = if going { next } else { t[l] };
            let enough = if inside { 1e-9 } else { 4e-16 };
            live[l] = if going && step > enough * far[l] { 1.0 } else { 0.0 };
        }
        // Over the bits: a sum of floats has an order, and would undo the vectors of the loop before.
        if live.iter().fold(0, |all, v| all | v.to_bits()) == 0 {
            break;
        }
    }
    t
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Cube(Lanes);
    impl Rising for Cube {
        #[inline(always)]
        fn at(&self, t: &Lanes) -> [Lanes; 2] {
            [std::array::from_fn(|l| t[l].powi(3) - self.0[l]), t.map(|v| 3.0 * v * v)]
        }
    }

    #[test]
    fn cube_roots_are_found_even_from_a_bad_start() {
        let some = [0.0, 1.0, 8.0, 27.0, 0.001, 30.0, 1e-6, 63.9];
        let wanted: Lanes = std::array::from_fn(|l| some[l % 8]);
        let t = root(&Cube(wanted), [0.0; LANES], [4.0; LANES], [0.0; LANES]);
        for l in 0..LANES {
            assert!((t[l] - wanted[l].cbrt()).abs() < 2e-15, "{} {}", t[l], wanted[l]);
        }
    }
}
