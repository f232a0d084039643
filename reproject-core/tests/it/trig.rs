//! The elementary functions against a double-double evaluation (about 31 digits), their special values, and the
//! same bits with and without the instruction-set fence.

use proptest::prelude::*;
use reproject_core::Points;
use reproject_core::math::trig;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

/// An unevaluated sum of two floats.
#[derive(Clone, Copy, Debug)]
struct Dd(f64, f64);

impl Dd {
    fn of(a: f64, b: f64) -> Dd {
        let s = a + b;
        let t = s - a;
        Dd(s, (a - (s - t)) + (b - t))
    }
    fn add(self, o: Dd) -> Dd {
        let (s, t) = (Dd::of(self.0, o.0), Dd::of(self.1, o.1));
        let u = Dd::of(s.0, s.1 + t.0);
        Dd::of(u.0, u.1 + t.1)
    }
    fn neg(self) -> Dd {
        Dd(-self.0, -self.1)
    }
    fn mul(self, o: Dd) -> Dd {
        let p = self.0 * o.0;
        let e = self.0.mul_add(o.0, -p);
        Dd::of(p, e + (self.0 * o.1 + self.1 * o.0))
    }
    fn div(self, o: Dd) -> Dd {
        let q = self.0 / o.0;
        let r = self.add(o.mul(Dd(q, 0.0)).neg());
        let q2 = r.0 / o.0;
        let r = r.add(o.mul(Dd(q2, 0.0)).neg());
        Dd::of(q, q2).add(Dd(r.0 / o.0, 0.0))
    }
}

// π/2, and ln 2 to three floats each: mpmath.mp.dps = 60, successive float(x − what was taken).
const HALF_PI: [f64; 3] = [FRAC_PI_2, 6.123233995736766e-17, -1.4973849048591698e-33];
const LN_2: [f64; 3] = [std::f64::consts::LN_2, 2.3190468138462996e-17, 5.707708438416212e-34];

/// x − k·unit, for a double-double x.
fn reduce(x: Dd, unit: [f64; 3]) -> (i64, Dd) {
    let k = (x.0 / unit[0]).round();
    let mut r = x;
    for u in unit {
        r = r.add(Dd(k, 0.0).mul(Dd(u, 0.0)).neg());
    }
    (k as i64, r)
}

/// The sum of the first terms of Σ xⁿ/n!, n = first, first + 2 (or 1), …, signs alternating (or not).
fn series(x: Dd, first: u32, step: u32, sign: f64) -> Dd {
    let mut term = Dd(1.0, 0.0);
    let mut n = 0;
    while n < first {
        n += 1;
        term = term.mul(x).div(Dd(f64::from(n), 0.0));
    }
    let mut sum = term;
    while n < 40 {
        for _ in 0..step {
            n += 1;
            term = term.mul(x).div(Dd(f64::from(n), 0.0));
        }
        term = Dd(sign * term.0, sign * term.1);
        sum = sum.add(term);
    }
    sum
}

fn dd_sin_cos(x: Dd) -> (Dd, Dd) {
    let (k, r) = reduce(x, HALF_PI);
    let (s, c) = (series(r, 1, 2, -1.0), series(r, 0, 2, -1.0));
    match k.rem_euclid(4) {
        0 => (s, c),
        1 => (c, s.neg()),
        2 => (s.neg(), c.neg()),
        _ => (c.neg(), s),
    }
}

fn dd_exp(x: Dd) -> Dd {
    let (k, r) = reduce(x, LN_2);
    let e = series(r, 0, 1, 1.0);
    let scale = 2f64.powi(k as i32);
    Dd(e.0 * scale, e.1 * scale)
}

/// |found − truth| in units of the last place of the truth.
fn ulps(found: f64, truth: Dd) -> f64 {
    let place = truth.0.abs().max(f64::MIN_POSITIVE);
    let ulp = f64::from_bits(place.to_bits() + 1) - place;
    (((found - truth.0) - truth.1) / ulp).abs()
}

/// Deterministic numbers in [0, 1), dense in mantissas.
fn numbers(n: usize) -> impl Iterator<Item = f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..n).map(move |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    })
}

const N: usize = 20_000;

fn worst(name: &str, errors: impl Iterator<Item = (f64, f64)>) {
    let (mut most, mut at) = (0.0, 0.0);
    for (x, e) in errors {
        assert!(!e.is_nan(), "{name} at {x:e}: NaN");
        if e > most {
            (most, at) = (e, x);
        }
    }
    println!("{name}: {most:.3} ulp at {at:e}");
    assert!(most < 1.0, "{name}: {most} ulp at {at:e}");
}

#[test]
fn sines_and_cosines_are_within_one_ulp() {
    for span in [1e-3, 1.0, 7.0, 1e5, 1e9] {
        let x = || numbers(N).map(move |u| (2.0 * u - 1.0) * span);
        worst("sin", x().map(|x| (x, ulps(trig::sin_cos(x).0, dd_sin_cos(Dd(x, 0.0)).0))));
        worst("cos", x().map(|x| (x, ulps(trig::sin_cos(x).1, dd_sin_cos(Dd(x, 0.0)).1))));
        let ratio = |(s, c): (Dd, Dd)| s.div(c);
        worst("tan", x().map(|x| (x, ulps(trig::tan(x), ratio(dd_sin_cos(Dd(x, 0.0)))))));
    }
    // Next to multiples of π/2, where the reduction cancels.
    let near = |k: usize, j: u64| f64::from_bits((k as f64 * FRAC_PI_2).to_bits() - 2 + j);
    let points = || (1..2000).flat_map(move |k| (0..5).map(move |j| near(k, j)));
    worst("sin near", points().map(|x| (x, ulps(trig::sin(x), dd_sin_cos(Dd(x, 0.0)).0))));
    worst("cos near", points().map(|x| (x, ulps(trig::cos(x), dd_sin_cos(Dd(x, 0.0)).1))));
}

/// The truth is the result plus its residual: θ + (y cos θ − x sin θ)/(x cos θ + y sin θ).
fn atan2_error(y: f64, x: f64) -> f64 {
    let found = trig::atan2(y, x);
    let (s, c) = dd_sin_cos(Dd(found, 0.0));
    let (y, x) = (Dd(y, 0.0), Dd(x, 0.0));
    let d = y.mul(c).add(x.mul(s).neg()).div(x.mul(c).add(y.mul(s)));
    ulps(found, Dd::of(found, d.0).add(Dd(d.1, 0.0)))
}

#[test]
fn angles_are_within_one_ulp() {
    let pairs = || numbers(N).zip(numbers(2 * N).skip(N));
    for (name, span) in [("atan2", 1.0), ("atan2 flat", 1e-4), ("atan2 steep", 1e4)] {
        worst(name, pairs().map(|(u, v)| (u, atan2_error((2.0 * u - 1.0) * span, 2.0 * v - 1.0))));
    }
    // Around the joints of the reduction: slopes 1/2, 1 and 2.
    let joints = || numbers(N).flat_map(|u| [0.5, 1.0, 2.0].map(|s| s * (1.0 + 1e-9 * (u - 0.5))));
    worst("atan2 joints", joints().map(|s| (s, atan2_error(s, 1.0))));
    let asin = |x: f64| {
        let found = trig::asin(x);
        let (s, c) = dd_sin_cos(Dd(found, 0.0));
        let d = Dd(x, 0.0).add(s.neg()).div(c);
        ulps(found, Dd::of(found, d.0).add(Dd(d.1, 0.0)))
    };
    let acos = |x: f64| {
        let found = trig::acos(x);
        let (s, c) = dd_sin_cos(Dd(found, 0.0));
        let d = c.add(Dd(-x, 0.0)).div(s);
        ulps(found, Dd::of(found, d.0).add(Dd(d.1, 0.0)))
    };
    for span in [1.0, 0.999, 0.6, 0.5, 1e-5] {
        let x = || numbers(N).map(move |u| (2.0 * u - 1.0) * span).filter(|x| x.abs() < 0.9999999);
        worst("asin", x().map(|x| (x, asin(x))));
        worst("acos", x().map(|x| (x, acos(x))));
    }
}

#[test]
fn exponentials_logarithms_and_roots_are_within_one_ulp() {
    for span in [1e-3, 1.0, 30.0, 600.0] {
        let x = || numbers(N).map(move |u| (2.0 * u - 1.0) * span);
        worst("exp", x().map(|x| (x, ulps(trig::exp(x), dd_exp(Dd(x, 0.0))))));
    }
    let ln = |x: f64| {
        let found = trig::ln(x);
        // ln x = y + ln(x e^−y), and the second argument is 1 + d with d tiny.
        let d = Dd(x, 0.0).mul(dd_exp(Dd(-found, 0.0))).add(Dd(-1.0, 0.0));
        let d = d.add(d.mul(d).mul(Dd(-0.5, 0.0)));
        ulps(found, Dd::of(found, d.0).add(Dd(d.1, 0.0)))
    };
    worst("ln", numbers(N).map(|u| (u, ln(2.0 * u + 1e-3))));
    worst("ln near 1", numbers(N).map(|u| (u, ln(1.0 + 1e-3 * (u - 0.5)))));
    worst("ln wide", numbers(N).map(|u| (u, ln(10f64.powf(400.0 * u - 200.0)))));
    let cbrt = |x: f64| {
        let t = trig::cbrt(x);
        let t2 = Dd(t, 0.0).mul(Dd(t, 0.0));
        let d = Dd(x, 0.0).add(t2.mul(Dd(t, 0.0)).neg()).div(t2.mul(Dd(3.0, 0.0)));
        ulps(t, Dd::of(t, d.0).add(Dd(d.1, 0.0)))
    };
    worst("cbrt", numbers(N).map(|u| (u, cbrt(20.0 * u - 10.0))));
    worst("cbrt wide", numbers(N).map(|u| (u, cbrt(10f64.powf(500.0 * u - 250.0)))));
}

#[test]
fn special_values_are_those_of_ieee_754() {
    for (y, x) in [
        (0.0, 1.0),
        (-0.0, 1.0),
        (0.0, -1.0),
        (-0.0, -1.0),
        (0.0, 0.0),
        (-0.0, -0.0),
        (1.0, 0.0),
        (-1.0, -0.0),
        (1.0, 1.0),
        (1e300, -1e300),
        (3e-310, 5e-310),
        (1e-300, 1e300),
    ] {
        // Correctly rounded in every C library, unlike angles at large.
        assert_eq!(trig::atan2(y, x).to_bits(), f64::atan2(y, x).to_bits(), "atan2({y:e}, {x:e})");
    }
    assert_eq!(trig::sin_cos(0.0), (0.0, 1.0));
    assert_eq!(
        (trig::asin(1.0), trig::asin(-1.0), trig::asin(-0.5)),
        (FRAC_PI_2, -FRAC_PI_2, -std::f64::consts::FRAC_PI_6)
    );
    assert_eq!((trig::acos(1.0), trig::acos(-1.0), trig::acos(0.0)), (0.0, PI, FRAC_PI_2));
    assert_eq!((trig::exp(0.0), trig::exp(800.0), trig::exp(-800.0)), (1.0, f64::INFINITY, 0.0));
    assert_eq!(trig::exp(f64::NEG_INFINITY), 0.0);
    assert_eq!(
        (trig::ln(1.0), trig::ln(0.0), trig::ln(f64::INFINITY)),
        (0.0, f64::NEG_INFINITY, f64::INFINITY)
    );
    assert_eq!((trig::cbrt(27.0), trig::cbrt(-1e-300), trig::cbrt(0.0)), (3.0, -1e-100, 0.0));
    assert!((trig::tan(FRAC_PI_4) - 1.0).abs() < 2e-16);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, 2f64.powi(50)] {
        let (s, c) = trig::sin_cos(bad);
        assert!(s.is_nan() && c.is_nan() && trig::tan(bad).is_nan());
        assert!(trig::asin(bad).is_nan() && trig::acos(-bad).is_nan());
    }
    for (y, x) in
        [(f64::NAN, 0.0), (0.0, f64::NAN), (f64::NAN, 1.0), (f64::INFINITY, 1.0), (1.0, f64::INFINITY)]
    {
        assert!(trig::atan2(y, x).is_nan(), "{y} {x}");
    }
    assert!(trig::ln(-1.0).is_nan() && trig::ln(f64::NAN).is_nan() && trig::exp(f64::NAN).is_nan());
    assert!(trig::cbrt(f64::NAN).is_nan());
}

#[test]
fn degrees_are_exact_at_the_quarters() {
    for k in -8i32..=8 {
        let (s, c) = trig::sin_cos_deg(90.0 * f64::from(k));
        let exact = [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0)][k.rem_euclid(4) as usize];
        assert_eq!((s, c), exact, "{k}");
    }
    let (s, c) = trig::sin_cos_deg(390.0);
    assert!((s - 0.5).abs() < 1e-16 && (c - 0.75f64.sqrt()).abs() < 2e-16);
    assert!(trig::sin_cos_deg(f64::NAN).0.is_nan() && trig::sin_cos_deg(f64::INFINITY).1.is_nan());
}

proptest! {
    /// Through the widest instruction set of this machine and through plain scalar code: one and the same.
    #[test]
    fn every_instruction_set_gives_the_same_bits(x in prop::collection::vec(any::<f64>(), 9), y in -10.0..10.0f64) {
        let f = |[x, y, _]: [f64; 3]| {
            let (s, c) = trig::sin_cos(y * x.clamp(-5.0, 5.0));
            [trig::atan2(x, s) + trig::exp(y) + trig::cbrt(x), trig::tan(y) + trig::asin(c), trig::acos(s) + trig::ln(x.abs())]
        };
        let (mut a, mut b, mut c) = (x.clone(), vec![y; 9], vec![0.0; 9]);
        Points::new([&mut a, &mut b, &mut c]).each(f);
        for i in 0..9 {
            let alone = std::hint::black_box(f)([x[i], y, 0.0]);
            for (fenced, plain) in [a[i], b[i], c[i]].into_iter().zip(alone) {
                prop_assert!(fenced.to_bits() == plain.to_bits() || (fenced.is_nan() && plain.is_nan()));
            }
        }
    }
}
