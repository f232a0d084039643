//! Elementary functions for the pixel path: branch-free, inlined and vectorised by the compiler.
//!
//! They use only `+ - * /`, `sqrt`, `mul_add`, bit operations and selects, all of which IEEE 754 defines to the last
//! bit, so a result does not depend on the instruction set, the C library or the machine. Arguments of sines and cosines
//! are reduced after Cody & Waite (1980) with π/2 in three parts of 53 bits, exact enough up to 2⁵⁰ rad; from
//! there on, where neighbouring floats lie 0.25 rad apart, the answer is NaN. Polynomials are minimax fits (Remez) in the
//! working variable; the last addition takes a tail along.
//!
//! Largest errors found against a double-double evaluation (3·10⁵ to 10⁶ arguments a function and range): sin 0.73, cos 0.73,
//! tan 0.86, atan2 0.70, asin 0.60, acos 0.61, exp 0.61, ln 0.78, cbrt 0.51 ulp. `tests/it/trig.rs` holds all of them under one.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

/// π/2 = `FRAC_PI_2` + `HALF_PI_2` + `HALF_PI_3` to 160 bits.
const HALF_PI_2: f64 = 6.123233995736766e-17;
const HALF_PI_3: f64 = -1.4973849048591698e-33;
/// 1.5·2⁵²: adding it rounds to an integer, which then stands in the low bits.
const ROUND: f64 = 6755399441055744.0;
const SIGN: u64 = 1 << 63;
const TWO_50: f64 = (1u64 << 50) as f64;

/// Sine and cosine of `x` radians. NaN for NaN, ±∞ and |x| ≥ 2⁵⁰.
#[inline(always)]
pub fn sin_cos(x: f64) -> (f64, f64) {
    let (s, s_tail, c, c_tail) = sin_cos_pairs(x);
    (s + s_tail, c + c_tail)
}

/// Sine of `x` radians, as [`sin_cos`].
#[inline(always)]
pub fn sin(x: f64) -> f64 {
    sin_cos(x).0
}

/// Cosine of `x` radians, as [`sin_cos`].
#[inline(always)]
pub fn cos(x: f64) -> f64 {
    sin_cos(x).1
}

/// Tangent of `x` radians. NaN for NaN, ±∞ and |x| ≥ 2⁵⁰.
#[inline(always)]
pub fn tan(x: f64) -> f64 {
    let (s, s_tail, c, c_tail) = sin_cos_pairs(x);
    // The sums are normalised first, so that the quotient of the heads is right but for its last bits.
    let (sh, ch) = (s + s_tail, c + c_tail);
    let (sl, cl) = ((s - sh) + s_tail, (c - ch) + c_tail);
    let q = sh / ch;
    let rest = (-q).mul_add(ch, sh) + (-q).mul_add(cl, sl);
    q + rest / ch
}

/// Sine and cosine of an angle in degrees; exact at multiples of 90°. NaN for NaN and ±∞.
pub fn sin_cos_deg(degrees: f64) -> (f64, f64) {
    sin_cos_degrees(degrees % 360.0)
}

/// Sine and cosine of degrees in loops: unlike in [`sin_cos_deg`] no remainder is taken, and 2⁵⁰ degrees and more are NaN.
#[inline(always)]
pub fn sin_cos_degrees(degrees: f64) -> (f64, f64) {
    let degrees = if degrees.abs() < TWO_50 { degrees } else { f64::NAN };
    let shifted = degrees * (1.0 / 90.0) + ROUND;
    let rest = (-(shifted - ROUND)).mul_add(90.0, degrees); // exact
    let (s, s_tail, c, c_tail) = first_quarter(rest.to_radians(), 0.0, shifted.to_bits());
    (s + s_tail, c + c_tail)
}

/// (x − sin x)/x³ for |x| ≤ π/4 without cancellation.
#[inline(always)]
pub fn sin_deficit(x: f64) -> f64 {
    -sin_kernel(x * x)
}

/// Head and tail of sine and of cosine.
#[inline(always)]
fn sin_cos_pairs(x: f64) -> (f64, f64, f64, f64) {
    let x = if x.abs() < TWO_50 { x } else { f64::NAN };
    let shifted = x * std::f64::consts::FRAC_2_PI + ROUND;
    let quarter = shifted.to_bits();
    let k = shifted - ROUND;
    // x − k·π/2 as r + tail: the first product cancels exactly, the second is subtracted with both its halves.
    let a = (-k).mul_add(FRAC_PI_2, x);
    let t = k * HALF_PI_2;
    let t_low = k.mul_add(HALF_PI_2, -t);
    let r = a - t;
    let b = r - a;
    let lost = (a - (r - b)) - (t + b);
    let tail = (-k).mul_add(HALF_PI_3, lost - t_low);

    first_quarter(r, tail, quarter)
}

/// Head and tail of sine and of cosine of `r` + `tail` within ±π/4, turned on by as many right angles as the low bits of
/// `quarter` say.
#[inline(always)]
fn first_quarter(r: f64, tail: f64, quarter: u64) -> (f64, f64, f64, f64) {
    let z = r * r;
    let s_tail = (r * z).mul_add(sin_kernel(z), tail * (-0.5f64).mul_add(z, 1.0));
    let c = (-0.5f64).mul_add(z, 1.0);
    let c_tail = (z * z).mul_add(cos_kernel(z), (-0.5 * r).mul_add(r, 1.0 - c)) - r * tail;

    let odd = quarter & 1 != 0;
    let (s, s_tail, c, c_tail) = if odd { (c, c_tail, r, s_tail) } else { (r, s_tail, c, c_tail) };
    let flip_s = (quarter << 62) & SIGN;
    let flip_c = (quarter.wrapping_add(1) << 62) & SIGN;
    (signed(s, flip_s), signed(s_tail, flip_s), signed(c, flip_c), signed(c_tail, flip_c))
}

#[inline(always)]
fn signed(x: f64, flip: u64) -> f64 {
    f64::from_bits(x.to_bits() ^ flip)
}

/// Horner's scheme, lowest coefficient first.
#[inline(always)]
pub fn poly<const N: usize>(z: f64, c: [f64; N]) -> f64 {
    let mut p = c[N - 1];
    for k in (0..N - 1).rev() {
        p = p.mul_add(z, c[k]);
    }
    p
}

/// (sin √z − √z)/√z³ to 2⁻⁵⁸ of sin √z, 0 ≤ z ≤ (π/4)².
#[inline(always)]
fn sin_kernel(z: f64) -> f64 {
    poly(
        z,
        [
            -0.16666666666666632,
            0.00833333333332242,
            -0.00019841269829812494,
            2.7557313693606856e-06,
            -2.505075838909972e-08,
            1.5896812045144785e-10,
        ],
    )
}

/// (cos √z − 1 + z/2)/z² to 2⁻⁶⁴.
#[inline(always)]
fn cos_kernel(z: f64) -> f64 {
    poly(
        z,
        [
            0.0416666666666666,
            -0.0013888888888874136,
            2.4801587289489425e-05,
            -2.7557314354291285e-07,
            2.087572352789298e-09,
            -1.1359660625292905e-11,
        ],
    )
}

/// (atan √z − √z)/√z³ to 2⁻⁶⁶, 0 ≤ z ≤ 1/4.
#[inline(always)]
fn atan_kernel(z: f64) -> f64 {
    poly(
        z,
        [
            -0.3333333333333333,
            0.1999999999999956,
            -0.14285714285656925,
            0.11111111107348674,
            -0.0909090894449115,
            0.0769230399744076,
            -0.06666602856774817,
            0.058815731719414614,
            -0.05256282117231539,
            0.04717767559546473,
            -0.04141659561583355,
            0.03305726815830232,
            -0.020466093219153457,
            0.006947227549686668,
        ],
    )
}

/// (asin √z − √z)/√z³ to 2⁻⁶³, 0 ≤ z ≤ 1/4.
#[inline(always)]
fn asin_kernel(z: f64) -> f64 {
    poly(
        z,
        [
            0.1666666666666666,
            0.07500000000002507,
            0.044642857139705255,
            0.030381944644072473,
            0.022372151614622252,
            0.017352945109321064,
            0.013961875872462762,
            0.011585955302414703,
            0.009482097772178656,
            0.010019002565315543,
            0.0006503211618290283,
            0.024898022606869574,
            -0.026244147568272997,
            0.033699519343882274,
        ],
    )
}

/// The angle of the point (`x`, `y`), in [−π, π]; its zeros and signs are those of IEEE 754. NaN where either is
/// NaN or infinite.
#[inline(always)]
pub fn atan2(y: f64, x: f64) -> f64 {
    let (ay, ax) = (y.abs(), x.abs());
    let steep = ay > ax;
    let (a, b) = if steep { (ax, ay) } else { (ay, ax) };
    // Brought to the middle of the exponents, where neither the reciprocal nor the remainder can overflow or vanish.
    let scale = if b > 1e290 { 1e-200 } else { 1.0 };
    let scale = if b < 1e-290 { 1e200 } else { scale };
    let (a, b) = (a * scale, b * scale);
    // atan(a/b) = atan(n/d), or π/4 + atan((a − b)/(a + b)) where a/b > 1/2; then n is exact (Sterbenz).
    let far = a > 0.5 * b;
    let (n, d) = if far { (a - b, a + b) } else { (a, b) };
    let d_tail = if far { a - (d - b) } else { 0.0 };
    let inverse = 1.0 / d;
    let t = n * inverse;
    let rest = (-t).mul_add(d_tail, (-t).mul_add(d, n)) * inverse;
    let z = t * t;
    let slope = (-z).mul_add(1.0 - z, 1.0);
    let tail = (t * z).mul_add(atan_kernel(z), rest * slope);
    // The origin has no direction of its own: IEEE 754 gives it that of the x axis.
    let (t, tail) = if a + b == 0.0 { (0.0, 0.0) } else { (t, tail) };
    // The quadrant: base ± (π/4 part + t).
    let behind = x.to_bits() & SIGN != 0;
    let left = behind ^ steep;
    let (t, tail) = if left { (-t, -tail) } else { (t, tail) };
    let eighth = if far { if left { -1.0 } else { 1.0 } } else { 0.0 };
    let quarters = if behind { 4.0 } else { 0.0 };
    let quarters = if steep { 2.0 } else { quarters };
    let eighths: f64 = quarters + eighth;
    let base = eighths * FRAC_PI_4;
    let head = base + t;
    // 3π/4 is not FRAC_PI_4 times three to the last bit: the product's own error goes with the tail.
    let base_tail = eighths.mul_add(FRAC_PI_4, -base) + eighths * (0.5 * HALF_PI_2);
    let angle = head + (((base - head) + t) + (tail + base_tail));
    f64::from_bits(angle.to_bits() | (y.to_bits() & SIGN))
}

/// Inverse sine, in [−π/2, π/2]; NaN where |x| > 1.
#[inline(always)]
pub fn asin(x: f64) -> f64 {
    let a = x.abs();
    let outer = a > 0.5;
    let (h, h_tail) = half_asin(a, outer);
    let head = if outer { FRAC_PI_2 - 2.0 * h } else { h };
    let lost = (FRAC_PI_2 - head) - 2.0 * h;
    let tail = if outer { lost + (HALF_PI_2 - 2.0 * h_tail) } else { h_tail };
    (head + tail).copysign(x)
}

/// Inverse cosine, in [0, π]; NaN where |x| > 1.
#[inline(always)]
pub fn acos(x: f64) -> f64 {
    let a = x.abs();
    let outer = a > 0.5;
    let (h, h_tail) = half_asin(a, outer);
    let negative = x < 0.0;
    let h2 = if outer { 2.0 * h } else { h };
    let h2_tail = if outer { 2.0 * h_tail } else { h_tail };
    // outer: 2h or π − 2h; inner: π/2 ∓ h.
    let (base, base_tail) = if outer {
        if negative { (PI, 2.0 * HALF_PI_2) } else { (0.0, 0.0) }
    } else {
        (FRAC_PI_2, HALF_PI_2)
    };
    let plus = outer ^ negative;
    let (t, t_tail) = if plus { (h2, h2_tail) } else { (-h2, -h2_tail) };
    let head = base + t;
    head + (((base - head) + t) + (base_tail + t_tail))
}

/// asin of `a`, or of √((1 − a)/2) where `outer`, as head and tail.
#[inline(always)]
fn half_asin(a: f64, outer: bool) -> (f64, f64) {
    let z = if outer { 0.5 * (1.0 - a) } else { a * a };
    let root = z.sqrt();
    let s = if outer { root } else { a };
    // What the rounded root lacks; nothing at zero.
    let lack = if outer && root > 0.0 { (-root).mul_add(root, z) / (root + root) } else { 0.0 };
    let tail = (s * z).mul_add(asin_kernel(z), lack);
    (s, tail)
}

/// eˣ; 0 and ∞ where it under- or overflows.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let x = if x > 710.0 { 710.0 } else { x };
    let x = if x < -746.0 { -746.0 } else { x };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (-k).mul_add(std::f64::consts::LN_2, x);
    let tail = -k * 2.3190468138462996e-17;
    let p = poly(
        r,
        [
            0.5,
            0.16666666666666685,
            0.04166666666666673,
            0.00833333333331674,
            0.00138888888888584,
            0.00019841269897055054,
            2.4801587373797033e-05,
            2.755723423894498e-06,
            2.755723333089802e-07,
            2.511223952405682e-08,
            2.0926947636584435e-09,
        ],
    );
    let head = 1.0 + r;
    let curve = r * r * p;
    let rest = (r - (head - 1.0)) + tail.mul_add(head + curve, curve);
    // 2ᵏ in two factors: k reaches −1076, and 1024 just before the overflow.
    let k = shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i64;
    let first = (k.wrapping_add(4096) as u64 >> 1).wrapping_sub(2048) as i64;
    let second = k.wrapping_sub(first);
    (head + rest) * power_of_two(first) * power_of_two(second)
}

/// 2ᵏ for a normal result; garbage, but no trap, for any other.
#[inline(always)]
fn power_of_two(k: i64) -> f64 {
    f64::from_bits((k.wrapping_add(1023) as u64) << 52)
}

/// Natural logarithm; −∞ at zero, NaN below.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    let tiny = x < f64::MIN_POSITIVE;
    let scaled = if tiny { x * 18014398509481984.0 } else { x };
    // x = m·2ᵏ with m in [√½, √2).
    const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    let bits = scaled.to_bits();
    let biased = bits.wrapping_add((1023 << 52) - ROOT_HALF) >> 52;
    let m = f64::from_bits(bits.wrapping_sub(biased << 52).wrapping_add(1023 << 52));
    let exponent = f64::from_bits(biased | 0x4330_0000_0000_0000) - (4503599627370496.0 + 1023.0);
    let k = if tiny { exponent - 54.0 } else { exponent };
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let series = z * poly(
        z,
        [
            0.6666666666666666,
            0.40000000000005964,
            0.28571428569153895,
            0.22222222638703623,
            0.18181776193233953,
            0.1538707155154408,
            0.1325048407273924,
            0.13248486394041423,
        ],
    );
    let half = 0.5 * f * f;
    // ln 2 in two parts, the first short enough that k times it is exact.
    const LN_2_HEAD: f64 = f64::from_bits(std::f64::consts::LN_2.to_bits() & !0xfff);
    const LN_2_TAIL: f64 = (std::f64::consts::LN_2 - LN_2_HEAD) + 2.3190468138462996e-17;
    let y = k.mul_add(LN_2_HEAD, f - (half - s.mul_add(half + series, k * LN_2_TAIL)));
    let y = if x == f64::INFINITY { x } else { y };
    let y = if x == 0.0 { f64::NEG_INFINITY } else { y };
    if x >= 0.0 { y } else { f64::NAN }
}

/// Cube root.
#[inline(always)]
pub fn cbrt(x: f64) -> f64 {
    const TWO_300: f64 = f64::from_bits((1023 + 300) << 52);
    const TWO_MINUS_100: f64 = f64::from_bits((1023 - 100) << 52);
    let a = x.abs();
    let tiny = a < 1e-280;
    let a = if tiny { a * TWO_300 } else { a };
    // a^(−1/3) from a third of the exponent, refined three times to third order.
    let high = (a.to_bits() >> 32) & 0x7fff_ffff;
    let guess = 0x553e_f000_u64.wrapping_sub((high * 0x5555_5556) >> 32);
    let mut y = f64::from_bits(guess << 32);
    for _ in 0..3 {
        let h = (-(a * y) * y).mul_add(y, 1.0);
        y = (y * h).mul_add((2.0 / 9.0f64).mul_add(h, 1.0 / 3.0), y);
    }
    let yy = y * y;
    let t = a * yy;
    let square = t * t;
    let square_tail = t.mul_add(t, -square);
    let excess = square.mul_add(t, -a) + square_tail * t;
    let t = (-excess * (1.0 / 3.0)).mul_add(yy, t);
    let t = if tiny { t * TWO_MINUS_100 } else { t };
    let t = if a == 0.0 || a == f64::INFINITY { a } else { t };
    t.copysign(x)
}
