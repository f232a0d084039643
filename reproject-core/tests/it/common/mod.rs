//! Projections for tests: gnomonic about any point, and plate carrée of the whole sphere.

use reproject_core::{Points, Projection};

/// Pixels to the sphere, FITS conventions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sky {
    /// Gnomonic about `centre`, or plate carrée, whose reference point is longitude 0 on the equator.
    pub(crate) gnomonic: bool,
    /// Longitude and latitude of the reference point in radians.
    pub(crate) centre: [f64; 2],
    /// The 0-based pixel of the reference point.
    pub(crate) pixel: [f64; 2],
    /// Pixels to radians.
    pub(crate) scale: [[f64; 2]; 2],
    /// The period along x in pixels, if it is one.
    pub(crate) period: Option<f64>,
}

impl Sky {
    fn frame(&self) -> [[f64; 3]; 3] {
        let ((sa, ca), (sd, cd)) = (self.centre[0].sin_cos(), self.centre[1].sin_cos());
        [[cd * ca, cd * sa, sd], [-sa, ca, 0.0], [-sd * ca, -sd * sa, cd]]
    }
}

impl Projection for Sky {
    fn lift(&self, points: &mut Points<'_, 3>) {
        let [c, e, n] = self.frame();
        let m = self.scale;
        points.each(|[x, y, _]| {
            let (x, y) = (x - self.pixel[0], y - self.pixel[1]);
            let (x, y) = (m[0][0] * x + m[0][1] * y, m[1][0] * x + m[1][1] * y);
            if self.gnomonic {
                let s = 1.0 / (1.0 + x * x + y * y).sqrt();
                std::array::from_fn(|k| (c[k] + (x * e[k] + y * n[k])) * s)
            } else {
                [y.cos() * x.cos(), y.cos() * x.sin(), y.sin()]
            }
        });
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        let [c, e, n] = self.frame();
        let m = self.scale;
        let det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
        points.each(|v| {
            let dot = |a: [f64; 3]| a[0] * v[0] + a[1] * v[1] + a[2] * v[2];
            let (x, y) = if self.gnomonic {
                let w = if dot(c) > 0.0 { dot(c) } else { f64::NAN };
                (dot(e) / w, dot(n) / w)
            } else {
                (v[1].atan2(v[0]), v[2].atan2(v[0].hypot(v[1])))
            };
            [
                (m[1][1] * x - m[0][1] * y) / det + self.pixel[0],
                (m[0][0] * y - m[1][0] * x) / det + self.pixel[1],
                0.0,
            ]
        });
    }
    fn period(&self) -> [Option<f64>; 2] {
        [self.period, None]
    }
}

/// The solid angle of a spherical polygon: Σ of tan(Ω/2) = a·(b×c) / (1 + a·b + b·c + c·a) over a fan of triangles (Van
/// Oosterom & Strackee 1983).
pub(crate) fn solid_angle(corners: &[[f64; 3]]) -> f64 {
    let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let triangle = |a: [f64; 3], b: [f64; 3], c: [f64; 3]| {
        let det = a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0])
            + a[2] * (b[0] * c[1] - b[1] * c[0]);
        2.0 * det.atan2(1.0 + dot(a, b) + dot(b, c) + dot(c, a))
    };
    (1..corners.len() - 1).map(|k| triangle(corners[0], corners[k], corners[k + 1])).sum::<f64>().abs()
}

/// The solid angle of every pixel of an image.
pub(crate) fn areas(sky: &dyn Projection, shape: [usize; 2]) -> ndarray::ArrayD<f64> {
    ndarray::ArrayD::from_shape_fn(ndarray::IxDyn(&shape), |at| {
        let (x, y) = (at[1] as f64, at[0] as f64);
        let mut px = [x - 0.5, x + 0.5, x + 0.5, x - 0.5];
        let mut py = [y - 0.5, y - 0.5, y + 0.5, y + 0.5];
        let mut pz = [0.0; 4];
        sky.lift(&mut Points::new([&mut px, &mut py, &mut pz]));
        solid_angle(&[0, 1, 2, 3].map(|k| [px[k], py[k], pz[k]]))
    })
}
