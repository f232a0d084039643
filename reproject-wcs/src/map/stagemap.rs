//! The pixel map between two celestial images: a list of stages, and the one that undoes it.

use crate::sky::Celestial;
use crate::stages::{self, Stage, fuse, injective};
use reproject_core::{Points, Result, Transform};
use serde::{Deserialize, Serialize};

/// Maps pixels of `output` to pixels of `input` through the sky they share: 0-based positions, x first, centres at integers.
///
/// Planes that repeat (cylindrical projections) are lifted without bounds: a grid wider than 360° meets the sky again, and
/// [`Projection::period`](reproject_core::Projection::period) says how far apart. [`StageMap::bounded`] has WCSLIB's bounds instead.
///
/// # Errors
/// If the two frames share no sphere.
pub fn sky_map(output: &Celestial, input: &Celestial) -> Result<StageMap> {
    let route = output.frame().route(input.frame())?;
    let mut stages: Vec<Stage> = output.up(Stage::LiftUnbounded(*output.native())).collect();
    stages.extend(route.stages());
    stages.extend(input.down());
    Ok(StageMap::new(stages))
}

/// A map from the pixels of one image to those of another, as a list of stages fused as far as the mathematics allows; the way
/// back is a list of its own.
///
/// Positions are 0-based with pixel centres at integers, x first: two columns, in place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageMap {
    forward: Vec<Stage>,
    inverse: Vec<Stage>,
    injective: bool,
}

impl StageMap {
    /// Makes the map of stages that begin and end in a plane, and fuses them and their inverses.
    pub fn new(stages: Vec<Stage>) -> StageMap {
        let inverse = stages.iter().rev().map(Stage::inverse).collect();
        StageMap { injective: injective(&stages), forward: fuse(stages), inverse: fuse(inverse) }
    }

    /// Returns the same map with the bounds of the papers in both directions: what a plane that repeats maps beyond |φ| = 180°
    /// is NaN, as in WCSLIB.
    pub fn bounded(&self) -> StageMap {
        let strict = |stages: &[Stage]| {
            let bound = |s: &Stage| match s {
                Stage::LiftUnbounded(n) => Stage::Lift(*n),
                other => other.clone(),
            };
            stages.iter().map(bound).collect()
        };
        StageMap { forward: strict(&self.forward), inverse: strict(&self.inverse), injective: self.injective }
    }

    /// The stages that points go through on the way forward.
    pub fn stages(&self) -> &[Stage] {
        &self.forward
    }
}

impl Transform for StageMap {
    fn forward(&self, points: &mut Points<'_>) {
        stages::run(&self.forward, points);
    }
    fn inverse(&self, points: &mut Points<'_>) {
        stages::run(&self.inverse, points);
    }
    fn injective(&self) -> bool {
        self.injective
    }
}
