//! An all-sky camera with an equidistant fisheye lens, as a crate of its own: how to add a projection, or a whole WCS, a
//! source of pixels and a kernel.
//!
//! A WCS is a [`Projection`]: pixels to unit vectors and back, a batch at a time. That is all that a pixel map needs
//! ([`Between`](reproject_core::Between)), and with the two derives the job can be sent to other processes, too.

mod lanczos;
mod stars;

pub use lanczos::Lanczos3;
pub use stars::Stars;

use reproject_core::math::trig;
use reproject_core::{Mat3, Points, Projection, each};
use serde::{Deserialize, Serialize};

/// The camera: distance from the image's centre grows with zenith distance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllSky {
    /// The pixel that sees the zenith (0-based, x first).
    pub centre: [f64; 2],
    /// Radians a pixel.
    pub scale: f64,
    /// Camera axes to the sky's, the camera looking along +z.
    pub to_sky: Mat3,
}

impl Projection for AllSky {
    fn lift(&self, points: &mut Points<'_, 3>) {
        let Self { centre: [cx, cy], scale, to_sky } = *self;
        each!(points, |[x, y, _]| {
            let (x, y) = ((x - cx) * scale, (y - cy) * scale);
            let r = x.mul_add(x, y * y).sqrt();
            let (s, c) = trig::sin_cos(r);
            let k = if r > 0.0 { s / r } else { 1.0 };
            // The lens sees a hemisphere; NaN says "no such point".
            let z = if r <= std::f64::consts::FRAC_PI_2 { c } else { f64::NAN };
            to_sky * [x * k, y * k, z]
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        let (Self { centre: [cx, cy], scale, .. }, from_sky) = (self, self.to_sky.transpose());
        each!(points, |v| {
            let [x, y, z] = from_sky * v;
            let d = x.mul_add(x, y * y).sqrt();
            let k = if d > 0.0 { trig::atan2(d, z) / d } else { 1.0 } / scale;
            let k = if z >= 0.0 { k } else { f64::NAN };
            [cx + x * k, cy + y * k, z]
        });
    }
}
