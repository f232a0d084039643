//! B-splines of degree 2 and 3: weights of the taps around a position, and the recursion that turns samples into
//! coefficients (Unser, Aldroubi & Eden 1993, IEEE Trans. Signal Processing 41, 821 and 834).
//!
//! `K` is the number of taps: 3 for the quadratic, 4 for the cubic spline.

/// The first tap of a position, and the weights of the `K` taps from there on. They are not negative and sum to 1.
#[inline(always)]
pub(super) fn split<const K: usize>(x: f64) -> (f64, [f64; K]) {
    let mut w = [0.0; K];
    if K == 3 {
        let middle = (x + 0.5).floor();
        let t = x - middle;
        (w[0], w[1], w[2]) = (0.5 * (0.5 - t) * (0.5 - t), 0.75 - t * t, 0.5 * (0.5 + t) * (0.5 + t));
        (middle - 1.0, w)
    } else {
        let low = x.floor();
        let (t, u) = (x - low, 1.0 - (x - low));
        (w[0], w[K - 1]) = (u * u * u / 6.0, t * t * t / 6.0);
        w[1] = (2.0 / 3.0) - t * t * (1.0 - 0.5 * t);
        w[2] = (2.0 / 3.0) - u * u * (1.0 - 0.5 * u);
        (low - 1.0, w)
    }
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

/// Turns the samples of one line (in `L` lanes) into spline coefficients in place; right at least [`margin`] samples away
/// from either end.
#[inline(always)]
pub(super) fn recurse<const K: usize, const L: usize>(line: &mut [[f64; L]]) {
    let z = pole::<K>();
    let gain = (1.0 - z) * (1.0 - 1.0 / z);
    let [first, rest @ ..] = line else { return };
    // Before its first sample the line is taken as constant.
    let mut c = first.map(|s| s * (gain / (1.0 - z)));
    *first = c;
    for s in rest.iter_mut() {
        for l in 0..L {
            c[l] = z.mul_add(c[l], gain * s[l]);
        }
        *s = c;
    }
    // After its last sample it is mirrored.
    let n = line.len();
    let before = line[n.saturating_sub(2)];
    for l in 0..L {
        c[l] = z / (z * z - 1.0) * z.mul_add(before[l], c[l]);
    }
    line[n - 1] = c;
    for s in line[..n - 1].iter_mut().rev() {
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
            let (first, w) = split::<K>(f64::from(i) * 0.05 - 3.0);
            let (x, sum) = (f64::from(i) * 0.05 - 3.0, w.iter().sum::<f64>());
            assert!((sum - 1.0).abs() < 4e-16 && w.iter().all(|w| *w >= -1e-17), "{x}: {w:?}");
            // B-splines of degree 2 and up reproduce the position itself.
            let mean: f64 = w.iter().enumerate().map(|(k, w)| w * (first + k as f64)).sum();
            assert!((mean - x).abs() < 2e-15, "{x}: {mean}");
        }
        let (first, w) = split::<K>(7.0);
        assert!(first == 6.0 && w.iter().zip(at_samples).all(|(a, b)| (a - b).abs() < 1e-16));
        // The coefficients give the samples back at the pixels.
        let m = margin::<K>();
        let samples: Vec<[f64; 2]> =
            (0..2 * m + 20).map(|i| [((i * i) % 17) as f64, ((i * 7) % 5) as f64]).collect();
        let mut line = samples.clone();
        recurse::<K, 2>(&mut line);
        for i in m..samples.len() - m {
            for l in 0..2 {
                let back = (0..3).map(|k| at_samples[k] * line[i + k - 1][l]).sum::<f64>();
                assert!((back - samples[i][l]).abs() < 2e-14, "{i}: {back}");
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
