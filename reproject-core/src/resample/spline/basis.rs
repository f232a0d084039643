//! B-splines of degree 2 and 3: weights of the taps around a position, and the recursion that turns samples into
//! coefficients (Unser, Aldroubi & Eden 1993, IEEE Trans. Signal Processing 41, 821 and 834).
//!
//! `K` is the number of taps: 3 for the quadratic, 4 for the cubic spline.

use crate::topology::TIE;

/// The first tap of a position, and the argument of the [`weights`] of the `K` taps from there on.
#[inline(always)]
pub(super) fn split<const K: usize>(x: f64) -> (f64, f64) {
    let middle = if K == 3 { (x + 0.5).floor() } else { x.floor() };
    (middle - 1.0, x - middle)
}

/// The weights of `K` taps: not negative, and 1 in sum. Each is a polynomial, so that all are computed alike.
#[inline(always)]
pub(super) fn weights<const K: usize>(t: f64) -> [f64; K] {
    const QUADRATIC: [[f64; 4]; 3] =
        [[0.125, 0.75, 0.125, 0.0], [-0.5, 0.0, 0.5, 0.0], [0.5, -1.0, 0.5, 0.0]];
    const SIXTH: f64 = 1.0 / 6.0;
    const CUBIC: [[f64; 4]; 4] = [
        [SIXTH, 2.0 / 3.0, SIXTH, 0.0],
        [-0.5, 0.0, 0.5, 0.0],
        [0.5, -1.0, 0.5, 0.0],
        [-SIXTH, 0.5, -0.5, SIXTH],
    ];
    let mut w = [0.0; K];
    for i in 0..K {
        w[i] = if K == 3 {
            QUADRATIC[2][i].mul_add(t, QUADRATIC[1][i]).mul_add(t, QUADRATIC[0][i])
        } else {
            CUBIC[3][i].mul_add(t, CUBIC[2][i]).mul_add(t, CUBIC[1][i]).mul_add(t, CUBIC[0][i])
        };
    }
    w
}

/// The weight of each of the pixels at the `K` taps in a value: that of [`weights`], or where the position is that of a pixel
/// within [`TIE`] of that pixel alone, because the spline passes through it.
pub(super) fn shares<const K: usize>(t: f64) -> [f64; K] {
    let whole = t.round();
    if (t - whole).abs() <= TIE {
        return std::array::from_fn(|i| f64::from(u8::from(i as f64 == 1.0 + whole)));
    }
    weights(t)
}

/// The pole of the recursion: its memory fades as `POLE^distance`.
pub(super) const fn pole<const K: usize>() -> f64 {
    // √8 − 3 and √3 − 2.
    if K == 3 { -0.171_572_875_253_809_9 } else { -0.267_949_192_431_122_7 }
}

/// Samples beyond a tile after which the recursion has forgotten how it began, to 1e-16 of their range.
pub(super) const fn margin<const K: usize>() -> usize {
    if K == 3 { 21 } else { 28 }
}

/// The filter's gain.
const fn gain<const K: usize>() -> f64 {
    let z = pole::<K>();
    (1.0 - z) * (1.0 - 1.0 / z)
}

/// Turns the samples of a line into spline coefficients in place; right at least [`margin`] samples away from either end,
/// and not finished nearer than that to its start.
///
/// Eight samples at a time: the recursion c⁺ₖ = z c⁺ₖ₋₁ + sₖ over eight is three steps of doubling length, and then the
/// eight powers of z times what came before; likewise backwards. It runs on deviations from `level`.
#[inline(always)]
pub(super) fn along<const K: usize>(line: &mut [f64], level: f64) {
    let z = pole::<K>();
    let (two, four) = (z * z, z * z * (z * z));
    let powers = [z, two, two * z, four, four * z, four * two, four * two * z, four * four];
    let n = line.len();
    if n < 2 {
        return;
    }
    // Before its first sample the line is taken as constant.
    let mut before = (line[0] - level) * (gain::<K>() / (1.0 - z));
    let (blocks, rest) = line.as_chunks_mut::<8>();
    for block in blocks.iter_mut() {
        let mut v: [f64; 8] = std::array::from_fn(|l| (block[l] - level) * gain::<K>());
        v = std::array::from_fn(|l| if l >= 1 { z.mul_add(v[l - 1], v[l]) } else { v[l] });
        v = std::array::from_fn(|l| if l >= 2 { powers[1].mul_add(v[l - 2], v[l]) } else { v[l] });
        v = std::array::from_fn(|l| if l >= 4 { powers[3].mul_add(v[l - 4], v[l]) } else { v[l] });
        *block = std::array::from_fn(|l| powers[l].mul_add(before, v[l]));
        before = block[7];
    }
    for s in rest.iter_mut() {
        before = z.mul_add(before, (*s - level) * gain::<K>());
        *s = before;
    }
    // After its last sample it is mirrored.
    let mut after = z / (z * z - 1.0) * z.mul_add(line[n - 2], line[n - 1]);
    // What lies one beyond it, for the recursion c = z (beyond − c⁺) to give that.
    after = after / z + line[n - 1];
    let (blocks, rest) = line.as_chunks_mut::<8>();
    for s in rest.iter_mut().rev() {
        after = z.mul_add(after, -z * *s);
        *s = after;
    }
    let before = (margin::<K>() / 8).min(blocks.len());
    for block in blocks[before..].iter_mut().rev() {
        let mut v: [f64; 8] = std::array::from_fn(|l| -z * block[l]);
        v = std::array::from_fn(|l| if l < 7 { z.mul_add(v[l + 1], v[l]) } else { v[l] });
        v = std::array::from_fn(|l| if l < 6 { powers[1].mul_add(v[l + 2], v[l]) } else { v[l] });
        v = std::array::from_fn(|l| if l < 4 { powers[3].mul_add(v[l + 4], v[l]) } else { v[l] });
        *block = std::array::from_fn(|l| powers[7 - l].mul_add(after, v[l]));
        after = block[0];
    }
}

/// Runs [`along`] for `L` lines side by side.
#[inline(always)]
pub(super) fn across<const K: usize, const L: usize>(lines: &mut [[f64; L]], levels: &[f64; L]) {
    let z = pole::<K>();
    let n = lines.len();
    if n < 2 {
        return;
    }
    let mut c = std::array::from_fn(|l| (lines[0][l] - levels[l]) * (gain::<K>() / (1.0 - z)));
    for s in lines.iter_mut() {
        for l in 0..L {
            c[l] = z.mul_add(c[l], gain::<K>() * (s[l] - levels[l]));
        }
        *s = c;
    }
    let before = lines[n - 2];
    for l in 0..L {
        c[l] = z / (z * z - 1.0) * z.mul_add(before[l], c[l]) / z + c[l];
    }
    for s in lines[margin::<K>().min(n)..].iter_mut().rev() {
        for l in 0..L {
            c[l] = z.mul_add(c[l], -z * s[l]);
        }
        *s = c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const K: usize>(at_samples: [f64; K]) {
        for i in 0..200 {
            let x = f64::from(i) * 0.05 - 3.0;
            let (first, t) = split::<K>(x);
            let w = weights::<K>(t);
            let sum = w.iter().sum::<f64>();
            assert!((sum - 1.0).abs() < 4e-16 && w.iter().all(|w| *w > -2e-16), "{x}: {w:?}");
            // B-splines of degree 2 and up reproduce the position itself.
            let mean: f64 = w.iter().enumerate().map(|(k, w)| w * (first + k as f64)).sum();
            assert!((mean - x).abs() < 2e-15, "{x}: {mean}");
        }
        assert_eq!((split::<K>(7.0), weights::<K>(0.0)), ((6.0, 0.0), at_samples));
        for x in [7.0, 7.0 - 9e-10, 7.0 + 9e-10] {
            let (first, t) = split::<K>(x);
            let alone: [f64; K] = std::array::from_fn(|i| f64::from(u8::from(first + i as f64 == 7.0)));
            assert_eq!(shares::<K>(t), alone, "{x}");
        }
        for t in [0.25, -0.5, 2e-9] {
            assert_eq!(shares::<K>(t), weights::<K>(t));
        }
        // The coefficients give the samples back at the pixels.
        let m = margin::<K>();
        let samples: Vec<[f64; 2]> =
            (0..2 * m + 20).map(|i| [((i * i) % 17) as f64, ((i * 7) % 5) as f64]).collect();
        let mut lines = samples.clone();
        across::<K, 2>(&mut lines, &[3.0, 0.0]);
        for l in 0..2 {
            let mut line: Vec<f64> = samples.iter().map(|s| s[l]).collect();
            along::<K>(&mut line, 3.0 - 3.0 * l as f64);
            for i in m + 1..samples.len() - m - 1 {
                let back = (0..3).map(|k| at_samples[k] * lines[i + k - 1][l]).sum::<f64>();
                let back = back + [3.0, 0.0][l];
                assert!((back - samples[i][l]).abs() < 2e-14, "{i}: {back}");
                assert!((line[i] - lines[i][l]).abs() < 2e-14, "{i}: {} and {}", line[i], lines[i][l]);
            }
        }
    }

    #[test]
    fn weights_and_coefficients_give_the_samples_back() {
        check::<3>([0.125, 0.75, 0.125]);
        check::<4>([1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0, 0.0]);
    }

    #[test]
    fn the_margin_forgets_the_start_of_the_line() {
        assert!(pole::<3>().abs().powi(margin::<3>() as i32) < 1e-16);
        assert!(pole::<4>().abs().powi(margin::<4>() as i32) < 1e-16);
    }
}
