//! The pixel map between two celestial images: a list of stages, and the one that undoes it.

use crate::sky::Celestial;
use crate::stages::{self, Stage, fuse, injective};
use reproject_core::{Points, Result, Transform};
use serde::{Deserialize, Serialize};

/// Pixels of `from` to pixels of `to`, through the sky they share.
///
/// Planes that repeat (cylindrical projections) are lifted without bounds: a grid wider than 360° meets the sky again, and
/// [`Projection::period`] says how far apart. [`StageMap::bounded`] has WCSLIB's bounds instead.
///
/// # Errors
/// If the two frames share no sphere.
pub fn sky_map(from: &Celestial, to: &Celestial) -> Result<StageMap> {
    let route = from.frame().route(to.frame())?;
    let mut stages: Vec<Stage> = from.up(Stage::LiftUnbounded(*from.native())).collect();
    stages.extend(route.stages());
    stages.extend(to.down());
    Ok(StageMap::new(stages))
}

/// Pixels to pixels as a list of stages, fused as far as the mathematics allows; the way back is a list of its own.
///
/// Both grids are 0-based with pixel centres at integers, x first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageMap {
    forward: Vec<Stage>,
    inverse: Vec<Stage>,
    injective: bool,
}

impl StageMap {
    /// Fuses stages and their inverses.
    pub fn new(stages: Vec<Stage>) -> StageMap {
        let inverse = stages.iter().rev().map(Stage::inverse).collect();
        StageMap { injective: injective(&stages), forward: fuse(stages), inverse: fuse(inverse) }
    }

    /// The same map with the bounds of the papers in both directions: what a plane that repeats maps beyond |φ| = 180°
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
