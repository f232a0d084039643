//! A celestial image: pixels, an affine map with its distortions, a native projection, one rotation.

use super::{Frame, Pole, lonlat};
use crate::native::Native;
use crate::stages::{Stage, fuse};
use reproject_core::{Affine, Error, Mat3, Points, Projection, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::FRAC_PI_2;

/// The celestial coordinate system of an image of two axes.
///
/// As a [`Projection`] it maps pixels (0-based, x first) to unit vectors
/// in its own [`frame`](Celestial::frame), within the bounds of the papers (NaN beyond them, as in WCSLIB).
///
/// Pixel x is the lower-numbered of the two pixel axes, whichever world axis comes first in the header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Celestial {
    /// The pixel axes that x and y are, counted from 0 in FITS order.
    pub(crate) axes: [usize; 2],
    /// Their lengths, where the header tells.
    pub(crate) shape: Option<[usize; 2]>,
    /// Pixel to native plane in radians.
    pub(crate) plane: Vec<Stage>,
    /// Native plane to pixel.
    pub(crate) back: Vec<Stage>,
    pub(crate) native: Native,
    pub(crate) pole: Pole,
    /// Native vectors to vectors in `frame`.
    pub(crate) rotation: Mat3,
    pub(crate) frame: Frame,
    /// The longitude and latitude types without code: RA, DEC.
    pub(crate) names: [String; 2],
    pub(crate) code: String,
}

impl Celestial {
    /// The frame that its unit vectors belong to.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The number of pixels `[x, y]`, where the header tells.
    pub fn shape(&self) -> Option<[usize; 2]> {
        self.shape
    }

    /// The pixel axes `[x, y]`, counted from 0 in FITS order (NAXIS1 is 0).
    pub fn axes(&self) -> [usize; 2] {
        self.axes
    }

    /// The native projection.
    pub fn native(&self) -> &Native {
        &self.native
    }

    /// The three-letter code in the header: TAN, TPV, CAR …
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Tells whether the pixel plane is distorted, so that the map to the native plane is not affine.
    pub fn is_distorted(&self) -> bool {
        self.affine().is_none()
    }

    /// The map from 0-based pixels to the native plane in radians, where it is affine.
    pub fn affine(&self) -> Option<Affine> {
        match &self.plane[..] {
            [] => Some(Affine::IDENTITY),
            [Stage::Affine(a)] => Some(*a),
            _ => None,
        }
    }

    /// Stages from pixels to the sphere of `frame`.
    pub(crate) fn up(&self, lift: Stage) -> impl Iterator<Item = Stage> {
        self.plane.iter().cloned().chain([lift, Stage::Rotate(self.rotation)])
    }

    /// Stages from the sphere of `frame` to pixels.
    pub(crate) fn down(&self) -> impl Iterator<Item = Stage> {
        let project = [Stage::Rotate(self.rotation.transpose()), Stage::Project(self.native)];
        project.into_iter().chain(self.back.iter().cloned())
    }
}

impl Projection for Celestial {
    fn lift(&self, points: &mut Points<'_, 3>) {
        let rotate = self.rotation;
        points.batches(|batch| {
            self.plane.iter().for_each(|stage| stage.run(batch));
            self.native.lift(batch);
            reproject_core::each!(batch, |v| rotate * v);
        });
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        let rotate = self.rotation.transpose();
        points.batches(|batch| {
            reproject_core::each!(batch, |v| rotate * v);
            self.native.project(batch);
            self.back.iter().for_each(|stage| stage.run(batch));
        });
    }

    /// In pixels; only where the repeating direction of the plane lies along a pixel axis and nothing is distorted.
    fn period(&self) -> [Option<f64>; 2] {
        let Some(back) = self.affine().and_then(|a| a.inverse()) else { return [None; 2] };
        let mut pixels = [None; 2];
        for (k, period) in self.native.period().into_iter().enumerate() {
            let Some(period) = period else { continue };
            let [dx, dy] = [back.linear[0][k] * period, back.linear[1][k] * period];
            if dy.abs() <= 1e-9 * dx.abs() {
                pixels[0] = Some(dx.abs());
            } else if dx.abs() <= 1e-9 * dy.abs() {
                pixels[1] = Some(dy.abs());
            }
        }
        pixels
    }
}

impl Celestial {
    /// Turns columns of 0-based pixels (x, y) into longitude and latitude in degrees, in the range that WCSLIB writes; NaN
    /// off the sky.
    pub fn pixel_to_sky(&self, points: &mut Points<'_, 2>) {
        points.with_third(|batch| {
            self.lift(batch);
            lonlat::degrees(batch, self.pole.longitude >= 0.0);
        });
    }

    /// Turns columns of longitude and latitude in degrees into 0-based pixels (x, y); NaN where a position has no pixel.
    pub fn sky_to_pixel(&self, points: &mut Points<'_, 2>) {
        points.with_third(|batch| {
            lonlat::vectors(batch);
            self.project(batch);
        });
    }

    /// The pixel rows of the native poles, `[low, high]` along x and along y: beyond such a row the sky goes on along the
    /// opposite meridian. Only for planes that repeat along the other axis and have their poles at a
    /// finite place.
    pub fn poles(&self) -> [[Option<f64>; 2]; 2] {
        let mut poles = [[None; 2]; 2];
        let (Some(height), Some(back)) =
            (pole_height(self.native()), self.affine().and_then(|a| a.inverse()))
        else {
            return poles;
        };
        let along = match self.period() {
            [Some(_), None] => 1,
            [None, Some(_)] => 0,
            _ => return poles,
        };
        let ends = [-height, height].map(|y| back.apply(0.0, y)[along]);
        poles[along] = [Some(ends[0].min(ends[1])), Some(ends[0].max(ends[1]))];
        poles
    }

    /// Stages that lead from pixels to the native plane, and back.
    pub(crate) fn plane_stages(stages: Vec<Stage>) -> (Vec<Stage>, Vec<Stage>) {
        let back = stages.iter().rev().map(Stage::inverse).collect();
        (fuse(stages), fuse(back))
    }

    /// The number of pixels `[x, y]`.
    ///
    /// # Errors
    /// If the header does not say.
    pub fn sized(&self) -> Result<[usize; 2]> {
        self.shape.ok_or_else(|| {
            let why = "the header does not say how large the image is; give NAXIS and NAXISn";
            Error::invalid("NAXIS", why)
        })
    }
}

/// Where a cylindrical plane ends, in radians: the y of native latitude 90°; `None` where it never does.
fn pole_height(native: &Native) -> Option<f64> {
    let parameter = |m: usize| native.parameters().into_iter().find(|p| p.0 == m).map_or(f64::NAN, |p| p.1);
    let height = match native.code() {
        "CAR" => FRAC_PI_2,
        "CEA" => 1.0 / parameter(1),
        "CYP" => (parameter(1) + parameter(2)) / parameter(1),
        _ => return None,
    };
    (height.is_finite() && height > 0.0).then_some(height)
}
