//! An all-sky camera with an equidistant fisheye lens, as a crate of its own: how to add a projection, or a whole WCS, a
//! source of pixels and a kernel.
//!
//! A WCS is a [`Projection`]: pixels to unit vectors and back, a batch at a time. That is all that a pixel map needs
//! ([`Between`](reproject_core::Between)), and with the two derives the job can be sent to other processes, too.

mod lanczos;
mod stars;

pub use lanczos::Lanczos3;
pub use stars::Stars;

use reproject_core::{Mat3, Points, Projection};
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
        points.each(|[x, y, _]| {
            let (x, y) = ((x - cx) * scale, (y - cy) * scale);
            let r = x.hypot(y);
            let k = if r > 0.0 { r.sin() / r } else { 1.0 };
            // The lens sees a hemisphere; NaN says "no such point".
            let z = if r <= std::f64::consts::FRAC_PI_2 { r.cos() } else { f64::NAN };
            if z.is_nan() { [z; 3] } else { to_sky * [x * k, y * k, z] }
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        let (Self { centre: [cx, cy], scale, .. }, from_sky) = (self, self.to_sky.transpose());
        points.each(|v| {
            let [x, y, z] = from_sky * v;
            let d = if z >= 0.0 { x.hypot(y) } else { f64::NAN };
            let k = if d == 0.0 { 1.0 } else { d.atan2(z) / d } / scale;
            [cx + x * k, cy + y * k, z]
        });
    }
}
