//! Look-up tables of FITS paper IV (draft, 2004), as HST uses them: CPDISj with WCSDVARR images, D2IMDISj with D2IMARR, added to the
//! pixel; CPDIS may be summed with SIP, both taken at the same pixel.

use super::{
    newton::{self, Anchor, Smooth},
    polynomial::safe_radius,
    sip::Sip,
};
use crate::math::lanes::{LANES, Lanes, ZERO};
use reproject_core::{Error, Points, Result, Transform};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A table of corrections in pixels over the image, in single precision, interpolated linearly and constant beyond its edges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    shape: [usize; 2],
    /// Held once, however many stages there are.
    #[serde(with = "shared")]
    values: Arc<[f32]>,
    /// From 0-based image pixels to 0-based table positions: scale and offset.
    scale: [f64; 2],
    offset: [f64; 2],
    /// The largest slopes between neighbours along x and y.
    steepest: [f64; 2],
}

impl Table {
    /// Makes a table; `values` has x fastest, `crpix`, `crval` and `cdelt` are the table header's, by default 0, 0 and 1.
    ///
    /// # Errors
    /// A shape that does not fit the values or is empty; CDELT of zero; a number that is not finite.
    pub fn new(
        shape: [usize; 2],
        values: Vec<f32>,
        crpix: [f64; 2],
        crval: [f64; 2],
        cdelt: [f64; 2],
    ) -> Result<Self> {
        if shape[0].checked_mul(shape[1]) != Some(values.len()) || values.is_empty() {
            let why =
                format!("a table of {} by {} needs as many values, not {}", shape[0], shape[1], values.len());
            return Err(Error::invalid("NAXISn of a look-up table", why));
        }
        let (mut scale, mut offset) = ([0.0; 2], [0.0; 2]);
        for k in 0..2 {
            // Table position of the 1-based pixel p: (p − CRVAL)/CDELT + CRPIX, again 1-based.
            scale[k] = 1.0 / cdelt[k];
            offset[k] = (1.0 - crval[k]) / cdelt[k] + crpix[k] - 1.0;
            if !(scale[k].is_finite() && offset[k].is_finite()) {
                let why = format!(
                    "CDELT{0} = {1} of a look-up table must not be zero, nor its CRVAL or CRPIX be infinite",
                    k + 1,
                    cdelt[k]
                );
                return Err(Error::invalid(format!("CDELT{}", k + 1), why));
            }
        }
        let steepest = [0, 1].map(|k| scale[k].abs() * largest_step(&values, shape[0], k));
        Ok(Self { shape, values: values.into(), scale, offset, steepest })
    }

    /// The correction in every lane and its derivatives by x and y.
    #[inline(always)]
    fn gradient(&self, x: &Lanes, y: &Lanes) -> [Lanes; 3] {
        let (mut f, mut fx, mut fy) = (ZERO, ZERO, ZERO);
        for l in 0..LANES {
            let [(i, u, du), (j, v, dv)] = [self.locate(0, x[l]), self.locate(1, y[l])];
            let (right, up) = ((i + 1).min(self.shape[0] - 1), (j + 1).min(self.shape[1] - 1));
            let at = |i: usize, j: usize| f64::from(self.values[j * self.shape[0] + i]);
            let (a, b, c, d) = (at(i, j), at(right, j), at(i, up), at(right, up));
            let (south, north) = ((1.0 - u) * a + u * b, (1.0 - u) * c + u * d);
            f[l] = (1.0 - v) * south + v * north;
            fx[l] = du * ((1.0 - v) * (b - a) + v * (d - c));
            fy[l] = dv * (north - south);
        }
        [f, fx, fy]
    }

    /// The table cell along axis `k`, the place in it, and the derivative of that place.
    #[inline(always)]
    fn locate(&self, k: usize, p: f64) -> (usize, f64, f64) {
        let last = (self.shape[k] - 1) as f64;
        let t = self.scale[k].mul_add(p, self.offset[k]);
        let inside = t > 0.0 && t < last;
        let held = if t > 0.0 { t.min(last) } else { 0.0 };
        let cell = held.floor();
        // NaN went to 0 above; its place stays NaN, and the value with it.
        let place = if t.is_nan() { t } else { held - cell };
        (cell as usize, place, if inside { self.scale[k] } else { 0.0 })
    }
}

mod shared {
    //! Values that are shared here, as a plain sequence.

    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::sync::Arc;

    pub(super) fn serialize<S: Serializer>(values: &Arc<[f32]>, to: S) -> Result<S::Ok, S::Error> {
        values[..].serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<[f32]>, D::Error> {
        Vec::deserialize(from).map(Arc::from)
    }
}

/// The largest difference of neighbours along x (`axis` 0) or y of rows of length `width`.
fn largest_step(values: &[f32], width: usize, axis: usize) -> f64 {
    let step = |a: &f32, b: &f32| f64::from((a - b).abs());
    let largest = |steps: &mut dyn Iterator<Item = f64>| steps.fold(0.0, f64::max);
    match axis {
        0 => largest(&mut values.chunks(width).flat_map(|row| row.windows(2).map(|w| step(&w[0], &w[1])))),
        _ => largest(&mut values.iter().zip(values.iter().skip(width)).map(|(a, b)| step(a, b))),
    }
}

/// Corrections from tables, and from SIP with them, added to 0-based pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lookup {
    map: Sum,
    anchor: Anchor,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sum {
    tables: [Option<Table>; 2],
    sip: Option<Sip>,
}

impl Lookup {
    /// Makes corrections from the tables of x and y, and SIP where the header has it too; `origin` is CRPIX − 1, near which
    /// roots are sought.
    pub fn new(tables: [Option<Table>; 2], sip: Option<Sip>, origin: [f64; 2]) -> Self {
        let map = Sum { tables, sip };
        let (_, j) = map.jacobian(&[origin[0]; LANES], &[origin[1]; LANES]);
        let safe = safe_radius(j.map(|l| l[0]), |radius| map.slopes(radius));
        let anchor = Anchor::new(&map, origin, safe, 1e-9).with_kinks();
        Self { map, anchor }
    }

    /// Bytes of each of its tables.
    pub(crate) fn held(&self) -> [usize; 2] {
        [0, 1].map(|k| self.map.tables[k].as_ref().map_or(0, |table| size_of_val(&*table.values)))
    }
}

impl Sum {
    /// A bound on the change of the Jacobian within `radius` of CRPIX: of the tables, from one end of their slopes to the other.
    fn slopes(&self, radius: f64) -> [f64; 4] {
        let mut sum = self.sip.as_ref().map_or([0.0; 4], |sip| sip.map().slopes(radius));
        for (k, table) in self.tables.iter().enumerate() {
            for (axis, slope) in table.iter().flat_map(|t| t.steepest.into_iter().enumerate()) {
                sum[2 * k + axis] += 2.0 * slope;
            }
        }
        sum
    }
}

impl Smooth for Sum {
    #[inline(always)]
    fn value(&self, x: &Lanes, y: &Lanes) -> [Lanes; 2] {
        self.jacobian(x, y).0
    }
    #[inline(always)]
    fn jacobian(&self, x: &Lanes, y: &Lanes) -> ([Lanes; 2], [Lanes; 4]) {
        let ([mut f, mut g], [mut fx, mut fy, mut gx, mut gy]) = match &self.sip {
            Some(sip) => sip.map().correction(x, y),
            None => ([ZERO; 2], [ZERO; 4]),
        };
        if let Some(table) = &self.tables[0] {
            let [t, tx, ty] = table.gradient(x, y);
            for l in 0..LANES {
                f[l] += t[l];
                fx[l] += tx[l];
                fy[l] += ty[l];
            }
        }
        if let Some(table) = &self.tables[1] {
            let [t, tx, ty] = table.gradient(x, y);
            for l in 0..LANES {
                g[l] += t[l];
                gx[l] += tx[l];
                gy[l] += ty[l];
            }
        }
        for l in 0..LANES {
            f[l] += x[l];
            g[l] += y[l];
            fx[l] += 1.0;
            gy[l] += 1.0;
        }
        ([f, g], [fx, fy, gx, gy])
    }
}

impl Transform for Lookup {
    fn forward(&self, points: &mut Points<'_>) {
        newton::forward(&self.map, points);
    }
    fn inverse(&self, points: &mut Points<'_>) {
        newton::inverse(&self.map, &self.anchor, points);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_interpolated_inside_and_held_outside() {
        let table =
            Table::new([3, 2], vec![0.0, 1.0, 3.0, 2.0, 3.0, 5.0], [1.0; 2], [1.0; 2], [10.0, 4.0]).unwrap();
        let t = Lookup::new([Some(table), None], None, [0.0; 2]);
        // Pixels (x, y) and the correction of x by hand: cells of 10 by 4 pixels from pixel (0, 0).
        let cases = [
            (0.0, 0.0, 0.0),
            (5.0, 0.0, 0.5),
            (15.0, 0.0, 2.0),
            (5.0, 2.0, 1.5),
            (99.0, 99.0, 5.0),
            (-9.0, 4.0, 2.0),
        ];
        for (px, py, shift) in cases {
            let (mut x, mut y) = ([px], [py]);
            t.forward(&mut Points::new([&mut x, &mut y]));
            assert_eq!((x, y), ([px + shift], [py]));
            t.inverse(&mut Points::new([&mut x, &mut y]));
            assert!((x[0] - px).abs() < 1e-12 && y == [py], "{px} {py}: {x:?}");
        }
        let (mut x, mut y) = ([f64::NAN], [1.0]);
        t.forward(&mut Points::new([&mut x, &mut y]));
        assert!(x[0].is_nan());
    }

    #[test]
    fn tables_that_do_not_fit_are_refused() {
        assert!(Table::new([3, 2], vec![0.0; 5], [0.0; 2], [0.0; 2], [1.0; 2]).is_err());
        assert!(Table::new([0, 2], vec![], [0.0; 2], [0.0; 2], [1.0; 2]).is_err());
        assert!(Table::new([usize::MAX, 2], vec![], [0.0; 2], [0.0; 2], [1.0; 2]).is_err());
        assert!(Table::new([1, 1], vec![1.0], [0.0; 2], [0.0; 2], [0.0, 1.0]).is_err());
    }
}
