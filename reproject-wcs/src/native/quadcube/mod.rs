//! Quadrilateralised spherical cubes, paper II §5.6: the six faces of a cube around the sphere, each with coordinates
//! (x, y) in [−1, 1]; the plane is the cube unfolded, in units of 45°.
//!
//! ```text
//!       0
//!   4 3 2 1      face 1 is centred on the origin, x grows to the left on the sky
//!       5
//! ```

mod csc;
mod qsc;
mod tsc;

pub use csc::Csc;
pub use qsc::Qsc;
pub use tsc::Tsc;

use std::f64::consts::FRAC_PI_4;

/// (φ₀, θ₀): the centre of face 1.
const FRONT: (f64, f64) = (0.0, 0.0);

/// Where the face of number 0 … 5 has its centre, in half faces.
const CENTRES: [[f64; 2]; 6] = [[0., 2.], [0., 0.], [2., 0.], [4., 0.], [6., 0.], [0., -2.]];

/// The face that a vector pierces, as an index into [`CENTRES`], and its (ξ, η, ζ): ζ towards the face, ξ and η along
/// the x and y of the plane (paper II table 11).
#[inline(always)]
fn face_of([l, m, n]: [f64; 3]) -> (usize, [f64; 3]) {
    let mut best = (0, [m, -l, n]);
    let mut try_face = |face, v: [f64; 3]| {
        if v[2] > best.1[2] {
            best = (face, v);
        }
    };
    try_face(1, [m, n, l]);
    try_face(2, [-l, n, m]);
    try_face(3, [-m, n, -l]);
    try_face(4, [l, n, -m]);
    try_face(5, [m, l, -n]);
    best
}

/// The vector with (ξ, η, ζ) on a face: the converse of [`face_of`].
#[inline(always)]
fn on_face(face: f64, [xi, eta, zeta]: [f64; 3]) -> [f64; 3] {
    let mut v = [-eta, xi, zeta];
    let mut set = |number: f64, w: [f64; 3]| v = if face == number { w } else { v };
    set(1.0, [zeta, xi, eta]);
    set(2.0, [-xi, zeta, eta]);
    set(3.0, [-zeta, -xi, eta]);
    set(4.0, [xi, -zeta, eta]);
    set(5.0, [eta, xi, -zeta]);
    v
}

/// The plane point in radians from coordinates on a face.
#[inline(always)]
fn place(face: usize, x: f64, y: f64) -> [f64; 2] {
    let [cx, cy] = CENTRES[face];
    [FRAC_PI_4 * (x + cx), FRAC_PI_4 * (y + cy)]
}

/// The face under a plane point given in units of 45°, its coordinates there, and whether there is one at all. As in WCSLIB,
/// x may run from −7 to 7 along the belt: the back faces can be reached from either side.
#[inline(always)]
fn find(x: f64, y: f64) -> (f64, f64, f64, bool) {
    let central = x.abs() <= 1.0;
    let valid = if central { y.abs() <= 3.0 } else { x.abs() <= 7.0 && y.abs() <= 1.0 };
    let x = if x < -1.0 { x + 8.0 } else { x };
    let (face, x, y) = if x > 5.0 {
        (4.0, x - 6.0, y)
    } else if x > 3.0 {
        (3.0, x - 4.0, y)
    } else if x > 1.0 {
        (2.0, x - 2.0, y)
    } else if y > 1.0 {
        (0.0, x, y - 2.0)
    } else if y < -1.0 {
        (5.0, x, y + 2.0)
    } else {
        (1.0, x, y)
    };
    (face, x, y, valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_and_vectors_agree() {
        for face in 0..6 {
            let v = on_face(face as f64, [0.2, -0.3, 0.9]);
            assert_eq!(face_of(v), (face, [0.2, -0.3, 0.9]));
        }
    }
}
