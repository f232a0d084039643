//! The linear part of a header: CRPIX, PC, CD, CDELT and CROTA to one matrix (paper I §2.1.2, paper II §6.1).

use super::axes;
use super::cards::Raw;
use super::celestial::PairTypes;
use crate::math::trig::sin_cos_deg;
use crate::wcs::Linear;
use reproject_core::{Error, Result};

/// The linear part. PC wins over CD, CD over CROTA; CDELT counts with PC and CROTA only.
///
/// # Errors
/// A row of zeros, an increment of zero, a celestial axis whose unit is no angle.
pub(super) fn read(raw: &Raw, pair: Option<&PairTypes>) -> Result<Linear> {
    let celestial = pair.map(|pair| Ok::<_, Error>((pair.axes, pair.units(raw)?))).transpose()?;
    let n = raw.axes.len();
    let origin = raw.axes.iter().map(|a| a.crpix - 1.0).collect();
    let cdelt: Vec<f64> = raw.axes.iter().map(|a| a.cdelt).collect();
    let cd_form = raw.cd_form();
    if let (false, Some(i)) = (cd_form, cdelt.iter().position(|&d| d == 0.0)) {
        let why = "0 makes the linear transformation singular; give the axis an increment, or drop it";
        return Err(Error::invalid(raw.named("CDELT", i), why));
    }
    let mut matrix = vec![0.0; n * n];
    if cd_form {
        for &(i, j, v) in &raw.cd {
            matrix[i * n + j] = v;
        }
        // An axis that no element mentions is mapped to itself.
        for i in 0..n {
            if (0..n).all(|k| matrix[i * n + k] == 0.0 && matrix[k * n + i] == 0.0) {
                matrix[i * n + i] = 1.0;
            }
        }
    } else {
        (0..n).for_each(|i| matrix[i * n + i] = 1.0);
        for &(i, j, v) in &raw.pc {
            matrix[i * n + j] = v;
        }
    }
    if let (true, true, Some(([lng, lat], units))) = (raw.pc.is_empty(), raw.cd.is_empty(), celestial) {
        // AIPS: the rotation stands on the latitude axis.
        if let Some(rota) = raw.axes[lat].crota {
            let (s, c) = sin_cos_deg(rota);
            let ratio = cdelt[lat] * units[1] / (cdelt[lng] * units[0]);
            (matrix[lng * n + lng], matrix[lat * n + lat]) = (c, c);
            (matrix[lng * n + lat], matrix[lat * n + lng]) = (-s * ratio, s / ratio);
        }
    }
    // CDELT may make an element vanish.
    let scaled = |i: usize, j: usize| matrix[i * n + j] * if cd_form { 1.0 } else { cdelt[i] };
    if let Some(i) = (0..n).find(|&i| (0..n).all(|j| scaled(i, j) == 0.0)) {
        let what = raw.named(if cd_form { "CD" } else { "PC" }, i) + "_j";
        let why = "all of them are 0, so the linear transformation is singular; give the axis an element, or drop it";
        return Err(Error::invalid(what, why));
    }
    let inverse = invert(&matrix, n);
    let scale = if cd_form { vec![1.0; n] } else { cdelt };
    let linear = Linear { origin, matrix, scale, inverse };
    if !cd_form {
        return Ok(linear);
    }
    let mut factors: Vec<f64> = (0..n).map(|i| axes::spectral_unit(raw, i)).collect();
    if let Some((axes, units)) = celestial {
        axes.into_iter().zip(units).for_each(|(i, unit)| factors[i] = unit);
    }
    Ok(absorbed(linear, &factors))
}

/// Takes the units of world axes into a CD matrix, as WCSLIB does: what stands between the matrix and CDELT, where some
/// distortions act, is then in degrees or SI.
fn absorbed(mut linear: Linear, factors: &[f64]) -> Linear {
    let n = linear.axes();
    for (i, &factor) in factors.iter().enumerate().filter(|(_, f)| **f != 1.0) {
        linear.matrix[i * n..(i + 1) * n].iter_mut().for_each(|m| *m *= factor);
        linear.scale[i] /= factor;
        for column in linear.inverse.iter_mut().flat_map(|inverse| inverse.iter_mut().skip(i).step_by(n)) {
            *column /= factor;
        }
    }
    linear
}

/// The inverse of an n×n matrix by elimination with scaled partial pivoting; `None` where a pivot vanishes.
fn invert(matrix: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut a = matrix.to_vec();
    let mut b = vec![0.0; n * n];
    (0..n).for_each(|i| b[i * n + i] = 1.0);
    let size = |row: &[f64]| row.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let scales: Vec<f64> = matrix.chunks(n.max(1)).map(size).collect();
    let mut order: Vec<usize> = (0..n).collect();
    for k in 0..n {
        let weight = |r: &usize| a[order[*r] * n + k].abs() / scales[order[*r]];
        let best = (k..n).max_by(|r, s| weight(r).total_cmp(&weight(s)))?;
        order.swap(k, best);
        let p = order[k];
        let pivot = a[p * n + k];
        if pivot == 0.0 || !pivot.is_finite() {
            return None;
        }
        for &r in &order[k + 1..] {
            let f = a[r * n + k] / pivot;
            if f != 0.0 {
                (k..n).for_each(|c| a[r * n + c] -= f * a[p * n + c]);
                (0..n).for_each(|c| b[r * n + c] -= f * b[p * n + c]);
            }
        }
    }
    let mut out = vec![0.0; n * n];
    for c in 0..n {
        for k in (0..n).rev() {
            let p = order[k];
            let known: f64 = (k + 1..n).map(|m| a[p * n + m] * out[m * n + c]).sum();
            out[k * n + c] = (b[p * n + c] - known) / a[p * n + k];
        }
    }
    out.iter().all(|v| v.is_finite()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_undo() {
        let m = [0.0, 2.0, 1.0, 1e6, 3.0, -1.0, 4.0, 0.0, 1e-6];
        let inverse = invert(&m, 3).unwrap();
        for i in 0..3 {
            for j in 0..3 {
                let sum: f64 = (0..3).map(|k| m[i * 3 + k] * inverse[k * 3 + j]).sum();
                assert!((sum - f64::from(u8::from(i == j))).abs() < 1e-9, "{i} {j}: {sum}");
            }
        }
        assert!(invert(&[1e-3; 4], 2).is_none());
        assert_eq!(invert(&[], 0), Some(vec![]));
    }
}
