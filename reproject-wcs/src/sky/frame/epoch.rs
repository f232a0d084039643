//! Besselian and Julian years, and the E-terms of aberration that FK4 positions carry.

use crate::math::trig::{sin_cos, sin_cos_deg};

/// Julian date of a Besselian year (Lieske 1979).
pub(super) fn besselian(year: f64) -> f64 {
    2_400_000.5 + 15_019.813_52 + (year - 1900.0) * 365.242_198_781
}

/// The Julian year of a Julian date.
pub(super) fn julian_year(date: f64) -> f64 {
    2000.0 + (date - 2_451_545.0) / 365.25
}

/// Mean obliquity of the ecliptic in radians, IAU 1980 (Lieske et al. 1977).
fn obliquity(date: f64) -> f64 {
    let t = (date - 2_451_545.0) / 36_525.0;
    let arcsec = 84_381.448 + (-46.8150 + (-0.00059 + 0.001813 * t) * t) * t;
    (arcsec / 3600.0).to_radians()
}

/// The E-terms of aberration for the equinox of a Besselian year (Explanatory Supplement 1992, §3.5).
pub(super) fn e_terms(year: f64) -> [f64; 3] {
    let date = besselian(year);
    let t = (date - besselian(1950.0)) / 36_525.0;
    let eccentricity = (-0.000_000_126 * t - 0.000_041_93) * t + 0.016_730_11;
    let k = 0.005_693_2f64.to_radians() * eccentricity;
    let perigee = ((0.012 * t + 1.65) * t + 6_190.67) * t + 1_015_489.951;
    let (sg, cg) = sin_cos_deg(perigee / 3600.0);
    let (so, co) = sin_cos(obliquity(date));
    [k * sg, -k * cg * co, -k * cg * so]
}
