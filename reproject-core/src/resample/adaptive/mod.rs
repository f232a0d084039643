//! Adaptive, anti-aliased resampling: DeForest (2004), Solar Physics 219, 3, "On re-sampling of solar images".
//!
//! A window that is round on the output is carried to the input by the local Jacobian of the map, padded so that it is
//! nowhere narrower than on the input's own grid: filtered interpolation where the map enlarges, averaging where it
//! reduces.

mod ellipse;
mod jacobian;
mod rim;
mod window;

use super::planes::Planes;
use super::{Footprint, Resampler};
use crate::{Coords, Error, Lattice, Patch, Pixel, Region, Result, View, Watch};
use ellipse::{Ellipses, Geometry};
use jacobian::Jacobians;
use serde::{Deserialize, Serialize};
use window::{Gauss, Hann, Window};

/// The averaging window, in output pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Filter {
    /// A Hann window that reaches one pixel to either side along both axes.
    Hann,
    /// A Gaussian: better photometry and stronger anti-aliasing, some blurring.
    Gaussian {
        /// The width in pixels from −1σ to +1σ; above 0.
        width: f64,
        /// The width in pixels of the region that is sampled, as the Gaussian itself has no end; above 0.
        region: f64,
    },
}

/// How pixels beyond the edge of the input count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Boundary {
    /// No value where the sampled box reaches beyond the edge.
    #[default]
    Strict,
    /// They have this value; no value where the sampled box lies wholly beyond the edge.
    Constant(f64),
    /// They have this value.
    GridConstant(f64),
    /// They are left out of the average.
    Ignore,
    /// They are left out of the average; no value where they carry more than this fraction (0 to 1) of the weight.
    IgnoreThreshold(f64),
    /// They have the value of the nearest pixel of the input.
    Nearest,
}

/// How NaN and infinite input pixels count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum BadValues {
    /// They make every average that samples them with a weight above zero NaN or infinite.
    #[default]
    Strict,
    /// They are left out of the average.
    Ignore,
    /// They have this value.
    Constant(f64),
}

/// The options of [`Adaptive`]; the defaults are those of `reproject_adaptive`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AdaptiveOptions {
    /// The averaging window; default: a Gaussian of width 1.3, sampled over 4 pixels.
    pub filter: Filter,
    /// Multiply by the area that an output pixel has on the input, so that the sum over the image is kept instead of
    /// surface brightness.
    pub conserve_flux: bool,
    /// Take Jacobians from positions half a pixel to either side (four times as many) instead of the neighbours': for maps
    /// that vary much from pixel to pixel.
    pub center_jacobian: bool,
    /// Replace a Jacobian whose squared norm exceeds ten times the third-lowest among its 3×3 neighbours by the mean of
    /// those that do not. Unlike `reproject`, neighbours beyond the edge of the output count too, so that the result does
    /// not depend on where the output is cut.
    pub despike_jacobian: bool,
    /// Pixels beyond the edge of the input.
    pub boundary: Boundary,
    /// The x axis, then the y axis of the input continues at its other end, which then is no boundary. Axes that cover
    /// the period of the map do so by themselves, and beyond a pole the input goes on along the opposite meridian.
    pub cyclic: [bool; 2],
    /// NaN and infinite input pixels.
    pub bad_values: BadValues,
    /// The meaning of the footprint. As coverage it is the part of the window that lies on the input; valid, that part where
    /// the value is not blank.
    pub footprint: Footprint,
}

impl Default for AdaptiveOptions {
    fn default() -> Self {
        AdaptiveOptions {
            filter: Filter::Gaussian { width: 1.3, region: 4.0 },
            conserve_flux: false,
            center_jacobian: false,
            despike_jacobian: false,
            boundary: Boundary::default(),
            cyclic: [false; 2],
            bad_values: BadValues::default(),
            footprint: Footprint::default(),
        }
    }
}

/// Adaptive, anti-aliased resampling of images (DeForest 2004), for maps of one group of two axes; others are
/// refused.
///
/// Results equal `reproject_adaptive` but
/// for three things: maps that mirror are padded like those that do not (there, the minor singular value has the sign of
/// the determinant and is padded to one however large it is), seams and poles of the map are no boundary, and despiking
/// looks beyond the edge of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "AdaptiveOptions", into = "AdaptiveOptions")]
pub struct Adaptive(AdaptiveOptions);

impl Adaptive {
    /// A resampler with the given options.
    ///
    /// # Errors
    /// If a width is not above zero and finite, or a threshold does not lie between 0 and 1.
    pub fn new(options: AdaptiveOptions) -> Result<Self> {
        if let Filter::Gaussian { width, region } = options.filter {
            for (what, value) in [("kernel width", width), ("sample region width", region)] {
                if !(value > 0.0 && value.is_finite()) {
                    let why = format!("{value} is not above zero; give a width in output pixels");
                    return Err(Error::invalid(what, why));
                }
            }
        }
        if let Boundary::IgnoreThreshold(part) = options.boundary
            && !(0.0..=1.0).contains(&part)
        {
            let why = format!("{part} is no fraction; give a number from 0 to 1");
            return Err(Error::invalid("boundary threshold", why));
        }
        Ok(Self(options))
    }

    /// The options.
    pub fn options(&self) -> &AdaptiveOptions {
        &self.0
    }
}

impl TryFrom<AdaptiveOptions> for Adaptive {
    type Error = Error;
    fn try_from(options: AdaptiveOptions) -> Result<Self> {
        Self::new(options)
    }
}

impl From<Adaptive> for AdaptiveOptions {
    fn from(adaptive: Adaptive) -> Self {
        adaptive.0
    }
}

impl<I: Pixel, O: Pixel> Resampler<I, O> for Adaptive {
    fn check(&self, groups: &[usize], _leading: usize) -> Result<()> {
        super::images_only(groups, "adaptive resampling")
    }

    fn lattice(&self) -> Lattice {
        let lattice = if self.0.center_jacobian { Lattice::HALVES } else { Lattice::RING };
        match self.0.despike_jacobian {
            false => lattice,
            // One ring of pixels more, for the Jacobians of the neighbours.
            true => Lattice {
                offset: lattice.offset - 1.0,
                extra: lattice.extra + 2 * lattice.density,
                ..lattice
            },
        }
    }

    fn support(&self, at: &Coords) -> Vec<f64> {
        let mut support = vec![0.0; at.block.ndim() - at.leading()];
        let Some(jacobians) = Jacobians::new(at, &self.0) else { return support };
        // The window's padded half axes are at most the Jacobian's norm, or one pixel.
        let longest = jacobians.norm().max(1.0);
        let margin = match self.0.filter {
            Filter::Hann => longest * std::f64::consts::SQRT_2,
            Filter::Gaussian { region, .. } => longest * region / 2.0,
        };
        let everywhere = matches!(self.0.boundary, Boundary::Nearest | Boundary::GridConstant(_));
        for (k, support) in support.iter_mut().enumerate() {
            *support = if everywhere || self.0.cyclic[1 - k] { f64::INFINITY } else { margin + 1.0 };
        }
        support
    }

    fn window(&self, at: &Coords, shape: &[usize]) -> Option<Region> {
        let support = Resampler::<I, O>::support(self, at);
        let widest = support.iter().fold(0.0f64, |a, &b| a.max(b));
        // Blocks whose positions lie off the input may still reach it.
        let across = (widest < 2f64.powi(40)).then(|| at.window_across(widest.ceil() as usize, shape));
        across.flatten().or_else(|| at.window(&support, shape))
    }

    fn resample(&self, at: &Coords, src: &View<'_, I>, mut out: Patch<'_, O>, watch: &dyn Watch) {
        let patch = Patch { data: out.data.view_mut(), weight: out.weight.view_mut() };
        match self.0.filter {
            Filter::Hann => run(&self.0, Hann, at, src, patch, watch),
            Filter::Gaussian { width, region } => {
                run(&self.0, Gauss::new(width, region), at, src, patch, watch);
            }
        }
        self.0.footprint.read(out.data.view(), out.weight);
    }

    fn piece(&self) -> usize {
        64
    }
}

fn run<I: Pixel, O: Pixel, W: Window>(
    options: &AdaptiveOptions,
    window: W,
    at: &Coords,
    src: &View<'_, I>,
    out: Patch<'_, O>,
    watch: &dyn Watch,
) {
    let Some(jacobians) = Jacobians::new(at, options) else { return };
    let group = &at.groups[0];
    let geometry = Geometry::new(options, at, src);
    let mut planes = Planes::new(at, src, out, 1);
    let [rows, columns] = [at.block.shape[group.axis], at.block.shape[group.axis + 1]];
    let mut ellipses = Ellipses::new(columns);
    let mut scratch = window::Scratch::default();
    for row in 0..rows {
        if watch.cancelled() {
            return;
        }
        ellipses.fill(&window, &jacobians, row);
        planes.clear();
        window::average(&window, &geometry, &ellipses, src.data, &mut planes, &mut scratch);
        rim::average(&window, options, &geometry, &ellipses, src.data, &mut planes, &mut scratch);
        planes.store(row);
    }
}
