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
