//! Affine maps of the plane, 3×3 matrices, and rotations of the sphere.

use serde::{Deserialize, Serialize};
use std::ops::Mul;

/// A 3×3 matrix, row by row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mat3(pub [[f64; 3]; 3]);

impl Mat3 {
    /// The unit matrix.
    pub const IDENTITY: Mat3 = Mat3([[1., 0., 0.], [0., 1., 0.], [0., 0., 1.]]);

    /// The transpose: of a rotation, its inverse.
    pub fn transpose(&self) -> Mat3 {
        Mat3(std::array::from_fn(|i| std::array::from_fn(|j| self.0[j][i])))
    }

    /// The determinant.
    pub fn determinant(&self) -> f64 {
        let (m, adj) = (&self.0, self.adjugate());
        m[0][0] * adj[0][0] + m[0][1] * adj[1][0] + m[0][2] * adj[2][0]
    }

    /// The inverse; `None` where the determinant is zero or not finite.
    pub fn inverse(&self) -> Option<Mat3> {
        let det = self.determinant();
        (det != 0.0 && det.is_finite()).then(|| Mat3(self.adjugate().map(|row| row.map(|v| v / det))))
    }

    /// Rotation of the coordinate axes by `angle` (radians) about axis 0, 1 or 2, right-handed:
    /// R1, R2, R3 of the usual notation of astrometry.
    ///
    /// # Panics
    /// If `axis` is above 2.
    pub fn rotation(axis: usize, angle: f64) -> Mat3 {
        let (s, c) = angle.sin_cos();
        let (i, j) = ((axis + 1) % 3, (axis + 2) % 3);
        let mut m = Mat3([[0.0; 3]; 3]);
        m.0[axis][axis] = 1.0;
        (m.0[i][i], m.0[j][j], m.0[i][j], m.0[j][i]) = (c, c, s, -s);
        m
    }

    /// The largest deviation of `M Mᵀ` from the unit matrix: zero for a rotation.
    pub fn orthogonality_error(&self) -> f64 {
        let p = *self * self.transpose();
        let mut worst: f64 = 0.0;
        for i in 0..3 {
            for j in 0..3 {
                worst = worst.max((p.0[i][j] - Mat3::IDENTITY.0[i][j]).abs());
            }
        }
        worst
    }

    fn adjugate(&self) -> [[f64; 3]; 3] {
        let m = &self.0;
        let c = |a: usize, b: usize, d: usize, e: usize| m[a][b] * m[d][e] - m[a][e] * m[d][b];
        [
            [c(1, 1, 2, 2), -c(0, 1, 2, 2), c(0, 1, 1, 2)],
            [-c(1, 0, 2, 2), c(0, 0, 2, 2), -c(0, 0, 1, 2)],
            [c(1, 0, 2, 1), -c(0, 0, 2, 1), c(0, 0, 1, 1)],
        ]
    }
}

impl Mul for Mat3 {
    type Output = Mat3;
    fn mul(self, b: Mat3) -> Mat3 {
        let dot = |i: usize, j: usize| (0..3).map(|k| self.0[i][k] * b.0[k][j]).sum();
        Mat3(std::array::from_fn(|i| std::array::from_fn(|j| dot(i, j))))
    }
}

impl Mul<[f64; 3]> for Mat3 {
    type Output = [f64; 3];
    #[inline(always)]
    fn mul(self, v: [f64; 3]) -> [f64; 3] {
        self.0.map(|r| r[2].mul_add(v[2], r[1].mul_add(v[1], r[0] * v[0])))
    }
}

/// An affine map of the plane: `linear · p + offset`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Affine {
    /// The matrix, row by row.
    pub linear: [[f64; 2]; 2],
    /// The offset that is added after it, in pixels.
    pub offset: [f64; 2],
}

impl Affine {
    /// The map that changes nothing.
    pub const IDENTITY: Affine = Affine { linear: [[1., 0.], [0., 1.]], offset: [0., 0.] };

    /// The map as a matrix on (x, y, 1).
    pub fn matrix(&self) -> Mat3 {
        let (l, o) = (self.linear, self.offset);
        Mat3([[l[0][0], l[0][1], o[0]], [l[1][0], l[1][1], o[1]], [0., 0., 1.]])
    }

    /// The affine map of a matrix whose last row is (0, 0, 1).
    pub fn from_matrix(m: &Mat3) -> Affine {
        let m = &m.0;
        Affine { linear: [[m[0][0], m[0][1]], [m[1][0], m[1][1]]], offset: [m[0][2], m[1][2]] }
    }

    /// The inverse; `None` where the matrix is singular.
    pub fn inverse(&self) -> Option<Affine> {
        let ([[a, b], [c, d]], [x, y]) = (self.linear, self.offset);
        let det = a * d - b * c;
        if det == 0.0 || !det.is_finite() {
            return None;
        }
        let l = [[d / det, -b / det], [-c / det, a / det]];
        Some(Affine { linear: l, offset: [-(l[0][0] * x + l[0][1] * y), -(l[1][0] * x + l[1][1] * y)] })
    }

    /// The map that runs `self` first, then `next`.
    pub fn then(&self, next: &Affine) -> Affine {
        Affine::from_matrix(&(next.matrix() * self.matrix()))
    }

    /// The image of one point.
    #[inline(always)]
    pub fn apply(&self, x: f64, y: f64) -> [f64; 2] {
        let (l, o) = (&self.linear, &self.offset);
        [l[0][0].mul_add(x, l[0][1].mul_add(y, o[0])), l[1][0].mul_add(x, l[1][1].mul_add(y, o[1]))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_undo() {
        let m = Mat3([[2., 1., 0.], [0., -3., 4.], [1., 0., 1.]]);
        let p = m * m.inverse().unwrap();
        for i in 0..3 {
            for j in 0..3 {
                assert!((p.0[i][j] - Mat3::IDENTITY.0[i][j]).abs() < 1e-15);
            }
        }
        let a = Affine { linear: [[2., 1.], [-0.5, 3.]], offset: [7., -4.] };
        let [x, y] = a.apply(1.25, -2.5);
        let [x, y] = a.inverse().unwrap().apply(x, y);
        assert!((x - 1.25).abs() < 1e-15 && (y + 2.5).abs() < 1e-15);
        assert!(Affine { linear: [[1., 2.], [2., 4.]], offset: [0., 0.] }.inverse().is_none());
        assert!(Mat3([[1., 2., 3.], [2., 4., 6.], [0., 1., 0.]]).inverse().is_none());
    }

    #[test]
    fn rotations_are_orthogonal_and_turn_the_axes() {
        let r = Mat3::rotation(2, 0.3);
        assert!(r.orthogonality_error() < 1e-15);
        // The new x axis lies 0.3 rad towards the old y.
        let v = r * [0.3f64.cos(), 0.3f64.sin(), 0.0];
        assert!((v[0] - 1.0).abs() < 1e-15 && v[1].abs() < 1e-15);
        assert!(Mat3([[1., 0.1, 0.], [0., 1., 0.], [0., 0., 1.]]).orthogonality_error() > 0.01);
    }
}
