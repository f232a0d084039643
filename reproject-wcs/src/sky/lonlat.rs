//! Unit vectors to longitude and latitude in degrees, and back: the only place where angles leave as degrees.

use crate::math::trig;
use reproject_core::Points;

/// Vectors to degrees; longitudes in [0, 360) or, where `positive` is false, in (−360, 0].
pub(crate) fn degrees(points: &mut Points<'_, 3>, positive: bool) {
    reproject_core::each!(points, |[x, y, z]| {
        let across = x.mul_add(x, y * y).sqrt();
        let lon = trig::atan2(y, x).to_degrees();
        let lon = if positive {
            if lon < 0.0 { lon + 360.0 } else { lon }
        } else if lon > 0.0 {
            lon - 360.0
        } else {
            lon
        };
        [lon, trig::atan2(z, across).to_degrees(), z]
    });
}

/// The cosine of a right angle whose radians are rounded.
const POLE: f64 = 6.123233995736766e-17;

/// Degrees to vectors.
pub(crate) fn vectors(points: &mut Points<'_, 3>) {
    reproject_core::each!(points, |[lon, lat, _]| {
        let (sa, ca) = trig::sin_cos_degrees(lon);
        let (sd, cd) = trig::sin_cos_degrees(lat);
        // As in WCSLIB a pole keeps its longitude, which says where on a pole drawn as a line it lies.
        let cd = if cd == 0.0 { POLE } else { cd };
        [cd * ca, cd * sa, sd]
    });
}
