//! Arcs in degrees, exact where the answer is: headers are written in degrees and their poles and right angles have to be
//! met exactly. Runs once per header or value, never per pixel of an image.

use crate::trig;

/// The angle of a vector, in degrees; exact along the axes.
pub(crate) fn atan2d(y: f64, x: f64) -> f64 {
    match (y == 0.0, x == 0.0) {
        (true, _) if x >= 0.0 => 0.0,
        (true, _) => 180.0,
        (_, true) => 90.0f64.copysign(y),
        _ => trig::atan2(y, x).to_degrees(),
    }
}

/// Arc cosine in degrees; exact at −1, 0 and 1, NaN outside them.
pub(crate) fn acosd(v: f64) -> f64 {
    if v == 1.0 {
        0.0
    } else if v == 0.0 {
        90.0
    } else if v == -1.0 {
        180.0
    } else {
        trig::acos(v).to_degrees()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_are_exact_along_the_axes() {
        assert_eq!((atan2d(0.0, -1.0), atan2d(-0.0, 1.0), atan2d(-2.0, 0.0)), (180.0, 0.0, -90.0));
        assert_eq!((acosd(1.0), acosd(0.0), acosd(-1.0)), (0.0, 90.0, 180.0));
        assert!(acosd(1.5).is_nan());
    }
}
