//! Pixel to pixel as a list of stages: what each stage does to a batch, and how a list becomes shorter.

mod fuse;

pub(crate) use fuse::{fuse, injective};

use crate::distort::Distortion;
use crate::native::Native;
use reproject_core::{Affine, Mat3, Points, Projection, Transform};
use serde::{Deserialize, Serialize};

/// One step between two pixel grids, on columns x, y of a plane or x, y, z of unit vectors. Plane stages leave the third
/// column alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Stage {
    /// An affine map of the plane.
    Affine(Affine),
    /// A projective map of the plane: (x, y, 1) times the matrix, over its last component where that is positive, and
    /// nowhere else.
    Homography(Mat3),
    /// A distortion of the plane, forwards.
    Distort(Distortion),
    /// A distortion of the plane, backwards.
    Undistort(Distortion),
    /// Plane (radians) to native unit vectors, within the bounds of the papers: NaN beyond |φ| = 180°.
    Lift(Native),
    /// The same, but a plane that repeats goes round and round.
    LiftUnbounded(Native),
    /// Native unit vectors to the plane.
    Project(Native),
    /// A rotation of the sphere.
    Rotate(Mat3),
    /// Takes the E-terms of aberration out of FK4 positions.
    RemoveETerms([f64; 3]),
    /// Puts the E-terms of aberration into FK4 positions.
    AddETerms([f64; 3]),
    /// No point has an image: the way back through a singular matrix.
    Nowhere,
}
use Stage as S;

impl Stage {
    /// Returns the stage that undoes this one; a singular matrix leads nowhere.
    pub fn inverse(&self) -> Stage {
        match self {
            S::Affine(a) => a.inverse().map_or(S::Nowhere, S::Affine),
            S::Homography(h) => h.inverse().map_or(S::Nowhere, S::Homography),
            S::Distort(d) => S::Undistort(d.clone()),
            S::Undistort(d) => S::Distort(d.clone()),
            S::Lift(n) | S::LiftUnbounded(n) => S::Project(*n),
            S::Project(n) => S::LiftUnbounded(*n),
            S::Rotate(r) => S::Rotate(r.transpose()),
            S::RemoveETerms(e) => S::AddETerms(*e),
            S::AddETerms(e) => S::RemoveETerms(*e),
            S::Nowhere => S::Nowhere,
        }
    }

    /// Tells whether it maps the plane to the plane.
    pub fn is_planar(&self) -> bool {
        matches!(self, S::Affine(_) | S::Homography(_) | S::Distort(_) | S::Undistort(_) | S::Nowhere)
    }

    /// Runs a stage of the plane.
    fn run_planar(&self, p: &mut Points<'_>) {
        match self {
            S::Affine(a) => reproject_core::each!(p, |[x, y]| a.apply(x, y)),
            S::Homography(h) => {
                let [[a, b, c], [d, e, f], [g, h, i]] = h.0;
                reproject_core::each!(p, |[x, y]| {
                    let w = g.mul_add(x, h.mul_add(y, i));
                    let s = if w > 0.0 { 1.0 / w } else { f64::NAN };
                    [a.mul_add(x, b.mul_add(y, c)) * s, d.mul_add(x, e.mul_add(y, f)) * s]
                });
            }
            S::Distort(d) => d.forward(p),
            S::Undistort(d) => d.inverse(p),
            _ => reproject_core::each!(p, |_| [f64::NAN; 2]),
        }
    }

    /// Runs any stage; the third column carries z on the sphere.
    pub(crate) fn run(&self, p: &mut Points<'_, 3>) {
        match self {
            S::Lift(n) => n.lift(p),
            S::LiftUnbounded(n) => n.lift_unbounded(p),
            S::Project(n) => n.project(p),
            S::Rotate(r) => reproject_core::each!(p, |v| *r * v),
            S::RemoveETerms(e) => reproject_core::each!(p, |v| {
                let along = dot(*e, v);
                unit(std::array::from_fn(|k| v[k] - e[k] + along * v[k]))
            }),
            S::AddETerms(e) => reproject_core::each!(p, |v| {
                // The removal solved for what it removed from; every round gains six digits.
                let mut u = v;
                for _ in 0..4 {
                    let s = 1.0 / (1.0 + dot(*e, u));
                    u = std::array::from_fn(|k| (v[k] + e[k]) * s);
                }
                unit(u)
            }),
            _ => {
                let [x, y, _] = p.axes();
                self.run_planar(&mut Points::new([x, y]));
            }
        }
    }
}

#[inline(always)]
fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[2].mul_add(b[2], a[1].mul_add(b[1], a[0] * b[0]))
}

#[inline(always)]
pub(crate) fn unit(v: [f64; 3]) -> [f64; 3] {
    let s = 1.0 / dot(v, v).sqrt();
    v.map(|c| c * s)
}

/// Runs stages that begin and end in the plane.
pub(crate) fn run(stages: &[Stage], points: &mut Points<'_>) {
    if stages.iter().all(Stage::is_planar) {
        match stages {
            [only] => only.run_planar(points),
            _ => points.batches(|batch| stages.iter().for_each(|s| s.run_planar(batch))),
        }
    } else {
        points.with_third(|batch| stages.iter().for_each(|s| s.run(batch)));
    }
}
