//! Local rules that shorten a list of stages without changing what it means.

use super::Stage;
use crate::native::Native;
use Stage as S;
use reproject_core::{Affine, Mat3};

/// (x, y, 1) ↦ (−y, x, 1): the plane of paper II to the native axes, for TAN up to a positive factor.
const TURN: Mat3 = Mat3([[0., -1., 0.], [1., 0., 0.], [0., 0., 1.]]);

/// Applies the rules until none matches.
pub(crate) fn fuse(mut stages: Vec<Stage>) -> Vec<Stage> {
    while step(&mut stages) {}
    stages
}

/// Applies the first rule that matches; false where none does.
fn step(stages: &mut Vec<Stage>) -> bool {
    for i in 0..stages.len() {
        let (length, merged) = match &stages[i..] {
            [S::Affine(a), ..] if *a == Affine::IDENTITY => (1, None),
            [S::Rotate(r), ..] if *r == Mat3::IDENTITY => (1, None),
            [S::Affine(a), S::Affine(b), ..] => (2, Some(S::Affine(a.then(b)))),
            [S::Rotate(a), S::Rotate(b), ..] => (2, Some(S::Rotate(*b * *a))),
            [S::Lift(a) | S::LiftUnbounded(a), S::Rotate(r), S::Project(b), ..] if tan(a) && tan(b) => {
                (3, Some(S::Homography(TURN.transpose() * (*r * TURN))))
            }
            [S::Lift(a) | S::LiftUnbounded(a), S::Project(b), ..] if tan(a) && tan(b) => (2, None),
            [S::Affine(a), S::Homography(h), ..] => (2, Some(S::Homography(*h * a.matrix()))),
            [S::Homography(h), S::Affine(a), ..] => (2, Some(S::Homography(a.matrix() * *h))),
            _ => continue,
        };
        stages.splice(i..i + length, merged);
        return true;
    }
    false
}

/// Whether the way back finds every point that has an image, by construction: planes that lie on the sphere once, and
/// nothing between them but rotations and affine maps.
pub(crate) fn injective(stages: &[Stage]) -> bool {
    stages.iter().all(|stage| match stage {
        S::Affine(a) => a.inverse().is_some(),
        S::Rotate(_) | S::RemoveETerms(_) | S::AddETerms(_) => true,
        S::Lift(n) | S::LiftUnbounded(n) | S::Project(n) => once(n),
        _ => false,
    })
}

fn tan(native: &Native) -> bool {
    native.code() == "TAN"
}

/// Whether a point of the plane comes back from the sphere as itself, or whole periods away where the plane repeats: every
/// projection whose domain is checked both ways and that has one branch.
fn once(native: &Native) -> bool {
    let slanted = || native.parameters().iter().any(|(_, v)| *v != 0.0);
    let codes = ["TAN", "STG", "ARC", "ZEA", "CAR", "CEA", "CYP", "MER", "SFL", "PAR", "MOL", "AIT"];
    codes.contains(&native.code()) || native.code() == "SIN" && !slanted()
}
