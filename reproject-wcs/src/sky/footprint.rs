//! Where an image lies on the sky: corners, centre, pixel scale, position angle.

use super::Celestial;
use crate::math::angle::atan2d;
use reproject_core::{Points, Projection, Result};

impl Celestial {
    /// The four outer corners of the image as `[longitude, latitude]` in degrees, counter-clockwise from the first pixel;
    /// NaN where a corner is not on the sky.
    ///
    /// # Errors
    /// If the header does not say how large the image is.
    pub fn corners(&self) -> Result<[[f64; 2]; 4]> {
        let [nx, ny] = self.sized()?.map(|n| n as f64 - 0.5);
        Ok([[-0.5, -0.5], [nx, -0.5], [nx, ny], [-0.5, ny]].map(|p| self.sky_at(p)))
    }

    /// The middle of the image as `[longitude, latitude]` in degrees.
    ///
    /// # Errors
    /// If the header does not say how large the image is.
    pub fn centre(&self) -> Result<[f64; 2]> {
        Ok(self.sky_at(self.sized()?.map(|n| (n as f64 - 1.0) / 2.0)))
    }

    /// The `[longitude, latitude]` in degrees of one 0-based position `[x, y]`; NaN off the sky.
    pub fn sky_at(&self, pixel: [f64; 2]) -> [f64; 2] {
        let [mut x, mut y] = pixel.map(|v| [v]);
        self.pixel_to_sky(&mut Points::new([&mut x, &mut y]));
        [x[0], y[0]]
    }

    /// The size of a pixel at a 0-based position `[x, y]`, in degrees: the smaller and the larger singular value of the map to
    /// the sky.
    /// NaN where it leaves the sky.
    pub fn pixel_scale(&self, pixel: [f64; 2]) -> [f64; 2] {
        let step = 0.5;
        let [px, py] = pixel;
        let mut x = [px - step, px + step, px, px];
        let mut y = [py, py, py - step, py + step];
        let mut z = [0.0; 4];
        self.lift(&mut Points::new([&mut x, &mut y, &mut z]));
        let along = |i: usize, j: usize| [x[j] - x[i], y[j] - y[i], z[j] - z[i]];
        let (u, v) = (along(0, 1), along(2, 3));
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let (p, q, r) = (dot(u, u), dot(u, v), dot(v, v));
        // Eigenvalues of the Gram matrix [[p, q], [q, r]].
        let (half, spread) = ((p + r) / 2.0, (((p - r) / 2.0).powi(2) + q * q).sqrt());
        let area2 = p * r - q * q;
        let large = half + spread;
        [(area2 / large).max(0.0), large].map(|v| v.sqrt().to_degrees())
    }

    /// The 0-based pixel `[x, y]` of the native reference point: CRPIX − 1, if nothing is distorted.
    pub fn reference_pixel(&self) -> [f64; 2] {
        let (mut x, mut y, mut z) = ([0.0], [0.0], [0.0]);
        let mut points = Points::new([&mut x, &mut y, &mut z]);
        self.back.iter().for_each(|stage| stage.run(&mut points));
        [x[0], y[0]]
    }

    /// The position angle of the pixel y axis at a 0-based position `[x, y]`: degrees from north through east.
    pub fn position_angle(&self, pixel: [f64; 2]) -> f64 {
        let (mut x, mut y, mut z) = ([pixel[0]; 2], [pixel[1] - 0.5, pixel[1] + 0.5], [0.0; 2]);
        self.lift(&mut Points::new([&mut x, &mut y, &mut z]));
        let at = [0, 1].map(|k| [x[k], y[k], z[k]]);
        let up: [f64; 3] = std::array::from_fn(|k| at[1][k] - at[0][k]);
        let [a, b, _] = at[0];
        let across = (a * a + b * b).sqrt();
        let (east, north) = ((a * up[1] - b * up[0]) / across, up[2] / across);
        atan2d(east, north)
    }
}
