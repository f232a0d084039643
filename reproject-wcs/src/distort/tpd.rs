//! TPD, the template polynomial distortion (WCSLIB's documentation of `dis.h`, after FITS paper IV draft, 2004): a polynomial of
//! ninth degree with odd powers of the radius, in variables that may be shifted, scaled and mixed. Terms are numbered as in TPV.

use super::{
    newton::{self, Anchor},
    template::{Template, Term},
    tpv::template,
};
use reproject_core::{Error, Points, Result, Transform};
use serde::{Deserialize, Serialize};

/// The distortion of one axis, as in its DPja or DQia records.
#[derive(Clone, Debug, PartialEq)]
pub struct TpdAxis {
    /// AXIS.1 and AXIS.2, from 0: which coordinate each variable is; the second is absent where NAXES is 1.
    pub axes: [Option<usize>; 2],
    /// OFFSET.1 and OFFSET.2: subtracted from the variables,
    pub offset: [f64; 2],
    /// SCALE.1 and SCALE.2: by which they are then multiplied.
    pub scale: [f64; 2],
    /// AUX.1.COEFF.m and AUX.2.COEFF.m: the arguments as sums of 1 and the two variables.
    pub auxiliary: [[f64; 3]; 2],
    /// (m, TPD.FWD.m)
    pub forward: Vec<(usize, f64)>,
    /// DOCORR: whether the polynomial is added to the coordinate (true) or takes its place.
    pub correction: bool,
}

impl Default for TpdAxis {
    /// The defaults of the records: variables 1 and 2 as they are, no term, added.
    fn default() -> Self {
        Self {
            axes: [Some(0), Some(1)],
            offset: [0.0; 2],
            scale: [1.0; 2],
            auxiliary: [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            forward: Vec::new(),
            correction: true,
        }
    }
}

/// The TPD distortion of a pair of coordinates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tpd {
    map: Template,
    anchor: Anchor,
}

impl Tpd {
    /// The number of terms: m = 0 … 59.
    pub const TERMS: usize = 60;

    /// Makes the distortion from the records of the first and the second axis; `at` is the reference point near which roots are
    /// sought: the origin for DQi, CRPIX − 1 for DPj on 0-based pixels.
    ///
    /// # Errors
    /// A term above 59, an axis above 2 or named twice, or a number that is not finite.
    pub fn new(axes: [&TpdAxis; 2], at: [f64; 2]) -> Result<Self> {
        let map = Template([term(1, axes[0])?, term(2, axes[1])?]);
        let anchor = map.anchor(at, 1e-9);
        Ok(Self { map, anchor })
    }
}

fn term(number: usize, axis: &TpdAxis) -> Result<Term> {
    let bad =
        |field: String, why: &str| Err(Error::invalid(format!("DQ{number}.{field}"), format!("TPD: {why}")));
    for &(m, c) in &axis.forward {
        if m >= Tpd::TERMS {
            return bad(format!("TPD.FWD.{m}"), "there is no term above m = 59");
        }
        if !c.is_finite() {
            return bad(format!("TPD.FWD.{m}"), "the coefficient must be finite");
        }
    }
    let numbers = axis.offset.iter().chain(&axis.scale).chain(axis.auxiliary.iter().flatten());
    if !numbers.copied().all(f64::is_finite) {
        return bad("OFFSET".into(), "OFFSET, SCALE and AUX must be finite");
    }
    if axis.axes[0].is_some() && axis.axes[0] == axis.axes[1] {
        return bad("AXIS.2".into(), "both variables are the same axis");
    }
    if axis.axes.iter().flatten().any(|&k| k > 1) {
        return bad("AXIS".into(), "only the two coordinates of the pair can be variables");
    }
    // Each variable as an affine function of (x, y): (coordinate − offset)·scale.
    let variable = |k: usize| -> [f64; 3] {
        let mut v = [0.0; 3];
        if let Some(axis_number) = axis.axes[k] {
            v[0] = -axis.offset[k] * axis.scale[k];
            v[1 + axis_number] = axis.scale[k];
        }
        v
    };
    let (p, q) = (variable(0), variable(1));
    let single = axis.axes[1].is_none();
    let mut arguments = axis.auxiliary.map(|[a0, a1, a2]| -> [f64; 3] {
        std::array::from_fn(|i| a1 * p[i] + a2 * q[i] + if i == 0 { a0 } else { 0.0 })
    });
    if single {
        arguments[1] = [0.0; 3];
    }
    Ok(Term { arguments, polynomial: template(&axis.forward, false), added: axis.correction })
}

impl Transform for Tpd {
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

    /// The image of (3, 5) where the first axis is `axis` and the second is left alone.
    fn image(axis: TpdAxis) -> f64 {
        let t = Tpd::new([&axis, &TpdAxis::default()], [0.0; 2]).unwrap();
        let (mut x, mut y) = ([3.0], [5.0]);
        t.forward(&mut Points::new([&mut x, &mut y]));
        assert_eq!(y, [5.0]);
        x[0]
    }

    /// Against `astropy.wcs.WCS(header).wcs_pix2world([(3, 5)], 1)` of astropy 8.0.2, with CQDIS1 = 'TPD', unit CDELT, and the
    /// DQ1 records that each line stands for.
    #[test]
    fn records_mean_what_wcslib_makes_of_them() {
        let with = |m, c| TpdAxis { forward: vec![(m, c)], ..TpdAxis::default() };
        let close =
            |axis: TpdAxis, want: f64| assert!((image(axis.clone()) - want).abs() < 1e-14 * want, "{axis:?}");
        close(with(1, 0.1), 3.3);
        close(with(2, 0.1), 3.5);
        close(with(3, 0.1), 3.58309518948453);
        close(with(59, 0.001), 7795.11093134999);
        close(TpdAxis { axes: [Some(1), Some(0)], ..with(1, 0.1) }, 3.5);
        close(TpdAxis { axes: [Some(1), None], ..with(4, 0.1) }, 5.5);
        close(TpdAxis { axes: [Some(1), None], ..with(2, 0.1) }, 3.0);
        close(TpdAxis { correction: false, ..with(1, 0.1) }, 0.30000000000000004);
        close(TpdAxis { offset: [1.0, 0.0], scale: [10.0, 1.0], ..with(1, 0.1) }, 5.0);
        close(TpdAxis { axes: [Some(1), Some(0)], offset: [1.0, 0.0], ..with(1, 0.1) }, 3.4);
        let mixed = |first| TpdAxis { auxiliary: [first, [0.0, 0.0, 1.0]], ..with(1, 0.1) };
        close(mixed([7.0, 1.0, 0.0]), 4.0);
        close(mixed([0.0, 1.0, 7.0]), 6.800000000000001);
        close(TpdAxis { offset: [1.0, 0.0], scale: [10.0, 1.0], ..mixed([7.0, 1.0, 0.0]) }, 5.7);
    }

    #[test]
    fn the_inverse_undoes_and_bad_records_are_refused() {
        let first = TpdAxis { forward: vec![(4, 1e-3), (3, 1e-4), (7, 1e-5)], ..TpdAxis::default() };
        let t = Tpd::new([&first, &first], [0.0; 2]).unwrap();
        let (mut x, mut y) = ([3.0, -4.0, f64::NAN], [5.0, 0.5, 1.0]);
        t.forward(&mut Points::new([&mut x, &mut y]));
        t.inverse(&mut Points::new([&mut x, &mut y]));
        assert!((x[0] - 3.0).abs() < 1e-13 && (y[0] - 5.0).abs() < 1e-13);
        assert!((x[1] + 4.0).abs() < 1e-13 && (y[1] - 0.5).abs() < 1e-13 && x[2].is_nan());
        let same = TpdAxis { axes: [Some(0), Some(0)], ..TpdAxis::default() };
        let high = TpdAxis { forward: vec![(60, 1.0)], ..TpdAxis::default() };
        for bad in [same, high] {
            assert!(Tpd::new([&bad, &TpdAxis::default()], [0.0; 2]).is_err());
        }
    }
}
