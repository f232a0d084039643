//! Angles in degrees as headers are written: arcs that are exact where the answer is, and otherwise WCSLIB's functions to the last bit,
//! multiplied before they are divided, where it shows how it rounds. Runs once per header or value, never per pixel of an image.

use std::f64::consts::PI;

/// Sine and cosine as WCSLIB's macros have them in astropy: of radians, so that a right angle is missed by 6e-17. Which parameters a
/// projection refuses depends on it.
pub(crate) fn sin_cosd(degrees: f64) -> (f64, f64) {
    (degrees * PI / 180.0).sin_cos() // libm: once per header
}

/// The angle of a vector, in degrees; exact along the axes.
pub(crate) fn atan2d(y: f64, x: f64) -> f64 {
    match (y == 0.0, x == 0.0) {
        (true, _) if x >= 0.0 => 0.0,
        (true, _) => 180.0,
        (_, true) => 90.0f64.copysign(y),
        _ => y.atan2(x) * 180.0 / PI, // libm: once per header
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
        v.acos() * 180.0 / PI // libm: once per header
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
