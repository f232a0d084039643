//! Precession: IAU 2006 for FK5 and the ecliptic, Newcomb for FK4, and the matrix between the two systems.

use super::epoch::{besselian, julian_year};
use super::{x, y, z};
use reproject_core::Mat3;

fn series<const N: usize>(t: f64, c: [f64; N]) -> f64 {
    c.iter().rev().fold(0.0, |sum, c| sum * t + c)
}

/// The four angles of Fukushima and Williams in degrees, IAU 2006 (Hilton et al. 2006, table 1), at a Julian year.
fn angles(year: f64) -> [f64; 4] {
    let t = (year - 2000.0) / 100.0;
    let gamma = [-0.052928, 10.556378, 0.4932044, -0.00031238, -0.000002788, 0.0000000260];
    let phi = [84381.412819, -46.811016, 0.0511268, 0.00053289, -0.000000440, -0.0000000176];
    let psi = [-0.041775, 5038.481484, 1.5584175, -0.00018522, -0.000026452, -0.0000000148];
    let epsilon = [84381.406, -46.836769, -0.0001831, 0.00200340, -0.000000576, -0.0000000434];
    [gamma, phi, psi, epsilon].map(|c| series(t, c) / 3600.0)
}

/// ICRS to the mean equator and equinox of a Julian year, frame bias included.
fn bias_and_precession(year: f64) -> Mat3 {
    let [gamma, phi, psi, epsilon] = angles(year);
    x(-epsilon) * (z(-psi) * (x(phi) * z(gamma)))
}

/// FK5 J2000 to FK5 of a Julian year.
pub(super) fn iau2006(year: f64) -> Mat3 {
    bias_and_precession(year) * bias_and_precession(2000.0).transpose()
}

/// ICRS to the mean ecliptic and equinox of a Julian year.
pub(super) fn ecliptic(year: f64) -> Mat3 {
    x(angles(year)[3]) * bias_and_precession(year)
}

/// FK4 without E-terms from one Besselian year to another (Newcomb; Kinoshita 1975).
pub(super) fn newcomb(from: f64, to: f64) -> Mat3 {
    let t = (from - 1850.0) / 1000.0;
    let dt = (to - 1850.0) / 1000.0 - t;
    let first = (0.060 * t + 139.720) * t + 23_035.545;
    let zeta = ((17.995 * dt + (-0.27 * t + 30.240)) * dt + first) * dt / 3600.0;
    let zed = ((18.325 * dt + (0.39 * t + 109.480)) * dt + first) * dt / 3600.0;
    let theta_first = (-0.37 * t - 85.29) * t + 20_051.12;
    let theta = ((-41.8 * dt + (-0.37 * t - 42.65)) * dt + theta_first) * dt / 3600.0;
    z(-zed) * (y(theta) * z(-zeta))
}

/// FK4 without E-terms, equinox B1950 and seen in a Besselian year, to FK5 J2000: Murray 1989, equations 28 and 29.
pub(super) fn murray(year: f64) -> Mat3 {
    const B1950: [[f64; 3]; 3] = [
        [0.9999256794956877, -0.0111814832204662, -0.0048590038153592],
        [0.0111814832391717, 0.9999374848933135, -0.0000271625947142],
        [0.0048590037723143, -0.0000271702937440, 0.9999881946023742],
    ];
    // The change per Julian century: FK4 turns against FK5.
    const RATE: [[f64; 3]; 3] = [
        [-0.0026455262e-6, -1.1539918689e-6, 2.1111346190e-6],
        [1.1540628161e-6, -0.0129042997e-6, 0.0236021478e-6],
        [-2.1112979048e-6, -0.0056024448e-6, 0.0102587734e-6],
    ];
    let t = (julian_year(besselian(year)) - 1950.0) / 100.0;
    let matrix = Mat3(std::array::from_fn(|i| std::array::from_fn(|j| B1950[i][j] + RATE[i][j] * t)));
    orthogonal(matrix)
}

/// The rotation next to a matrix that is nearly one (it only stretches, by some 1e-8): Newton's iteration for the polar
/// decomposition.
fn orthogonal(m: Mat3) -> Mat3 {
    (0..3).fold(m, |m, _| match m.inverse() {
        Some(inverse) => {
            let t = inverse.transpose();
            Mat3(std::array::from_fn(|i| std::array::from_fn(|j| 0.5 * (m.0[i][j] + t.0[i][j]))))
        }
        None => m,
    })
}
