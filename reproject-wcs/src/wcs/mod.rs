//! A coordinate system as a value: all its axes, the celestial image in it, and what can be asked about both. How it comes from
//! cards is no concern of this folder.

mod axes;
mod groups;
mod linear;
mod sub;
mod world;

pub(crate) use axes::{Law, SingleAxis, SpectralAxis, Tabular};
pub(crate) use groups::{CelestialPair, Group};
pub(crate) use linear::Linear;

use crate::distort::Distortion;
use crate::sky::{Celestial, Frame, Pole};
use crate::stages::Stage;
use reproject_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// One world axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// CTYPEi after translation of old codes (`RA---SFL` for `RA---GLS`).
    pub ctype: String,
    /// The unit of world values: `deg` on celestial axes, SI on spectral ones, CUNITi elsewhere.
    pub unit: String,
    /// CNAMEi.
    pub name: String,
}

/// A world coordinate system as a FITS header describes it, with any number of axes.
///
/// Axes stand in FITS order (NAXIS1 first) and are counted from 0; so are pixels, with their centres at integers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wcs {
    pub(crate) shape: Vec<usize>,
    pub(crate) axes: Vec<Axis>,
    /// Distortions of the pixel plane, before everything else; two axes only.
    pub(crate) prior: Vec<Stage>,
    /// And back.
    pub(crate) prior_back: Vec<Stage>,
    pub(crate) linear: Linear,
    pub(crate) groups: Vec<Group>,
    pub(crate) pair: Option<[usize; 2]>,
    pub(crate) spectral: Option<SpectralAxis>,
    pub(crate) frame: Option<Frame>,
    pub(crate) pole: Option<Pole>,
    pub(crate) celestial: Option<Celestial>,
    /// Why there is no celestial image.
    pub(crate) without: String,
    /// Notes about odd cards that were read all the same.
    pub(crate) notes: Vec<String>,
    /// Why there is nothing but the sky.
    pub(crate) beyond: Option<String>,
}

impl Wcs {
    /// Checks that all axes were read, and not the sky alone.
    ///
    /// # Errors
    /// The error of the other axes.
    pub fn whole(&self) -> Result<()> {
        self.beyond.as_ref().map_or(Ok(()), |why| Err(Error::invalid("axes other than the sky", why.clone())))
    }

    /// Notes about odd cards that were read all the same, each in a sentence that names card and value.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The number of axes, pixel or world.
    pub fn naxis(&self) -> usize {
        self.axes.len()
    }

    /// NAXISn in FITS order; may be shorter than [`naxis`](Wcs::naxis), and empty.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The world axes.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The world axes of longitude and latitude, counted from 0, where there is a pair.
    pub fn celestial_pair(&self) -> Option<[usize; 2]> {
        self.pair
    }

    /// The reference frame of the celestial pair.
    pub fn frame(&self) -> Option<&Frame> {
        self.frame.as_ref()
    }

    /// LONPOLE and LATPOLE as they resolve, in degrees: the native longitude of the celestial pole and the celestial
    /// latitude of the native pole.
    pub fn native_pole(&self) -> Option<[f64; 2]> {
        self.pole.map(|pole| [pole.lonpole, pole.latitude])
    }

    /// The spectral axis, counted from 0, where there is one; of several the first.
    pub fn spectral_axis(&self) -> Option<usize> {
        self.spectral.map(|s| s.axis)
    }

    /// Bytes of memory of its look-up and coordinate tables, `[now, at most while they were read]`. Copies of it share them.
    pub fn held(&self) -> [usize; 2] {
        let lookups = self.prior.iter().flat_map(|stage| match stage {
            Stage::Distort(Distortion::Lookup(lookup)) => lookup.held(),
            _ => [0; 2],
        });
        let tables = self.groups.iter().map(|group| match group {
            Group::Tabular(tabular) => tabular.table.held(),
            _ => 0,
        });
        let (sum, largest) = lookups.chain(tables).fold((0, 0), |(sum, most), n| (sum + n, n.max(most)));
        // Numbers of double precision, and those that are made of them.
        [sum, sum + 2 * largest]
    }

    /// The celestial image of its two pixel axes that make the sky.
    ///
    /// # Errors
    /// If there is no celestial pair, or it does not depend on two pixel axes.
    pub fn celestial(&self) -> Result<&Celestial> {
        self.celestial.as_ref().ok_or_else(|| Error::invalid("CTYPE", self.without.clone()))
    }
}
