//! Choices that all interpolators share: what pixels without a number do, and what the footprint counts.

use super::{Bicubic, Bilinear, Biquadratic, Nearest, Resampler};
use crate::{Coords, Error, Patch, Pixel, Region, Result, View, Watch};
use ndarray::{ArrayViewD, ArrayViewMutD, Zip};
use serde::{Deserialize, Serialize};

/// The degree of an interpolation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// [`Nearest`].
    Nearest,
    /// [`Bilinear`].
    #[default]
    Linear,
    /// [`Biquadratic`].
    Quadratic,
    /// [`Bicubic`].
    Cubic,
}

/// The effect of input pixels that are not finite numbers on the values around them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Blanks {
    /// They blank every value that they carry weight in.
    #[default]
    Propagate,
    /// They are left out, and the others carry their weight: a value is blank only where less than `least` (above 0, at
    /// most 1) of its weight lies on finite pixels.
    Ignore {
        /// The least share of the weight.
        least: f64,
    },
    /// They count as pixels of this value.
    Fill(f64),
}

/// The meaning of the footprint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Footprint {
    /// Whether the position lies on the input, blank or not: 0 or 1.
    #[default]
    Coverage,
    /// The share of the value's weight that lies on finite pixels, 0 to 1; 0 where the value is blank.
    Valid,
    /// Whether the value is a number or infinite, not blank: 0 or 1.
    Known,
}

impl Footprint {
    /// Makes what it counts of values and their coverage.
    pub(super) fn read<O: Pixel>(self, values: ArrayViewD<'_, O>, mut coverage: ArrayViewMutD<'_, f64>) {
        let weights = Zip::from(&mut coverage).and(&values);
        match self {
            Footprint::Coverage => {}
            Footprint::Valid => weights.for_each(|w, v| *w = if v.is_blank() { 0.0 } else { *w }),
            Footprint::Known => weights.for_each(|w, v| *w = f64::from(u8::from(!v.is_blank()))),
        }
    }
}

/// An interpolation of any order, with its choices. [`Nearest`], [`Bilinear`], [`Biquadratic`] and [`Bicubic`] are the
/// same with the defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interpolate {
    order: Order,
    blanks: Blanks,
    footprint: Footprint,
}

impl Interpolate {
    /// An interpolation with [`Blanks::Propagate`] and [`Footprint::Coverage`].
    pub fn new(order: Order) -> Self {
        Self { order, ..Self::default() }
    }

    /// Chooses what pixels without a number do.
    ///
    /// # Errors
    /// If the least share of weight is not above 0 and at most 1.
    pub fn with_blanks(self, blanks: Blanks) -> Result<Self> {
        if let Blanks::Ignore { least } = blanks
            && !(least > 0.0 && least <= 1.0)
        {
            let why =
                format!("a value needs a share of {least} of its weight; give one above 0 and at most 1");
            return Err(Error::invalid("least", why));
        }
        Ok(Self { blanks, ..self })
    }

    /// Chooses what the footprint counts.
    #[must_use]
    pub fn with_footprint(self, footprint: Footprint) -> Self {
        Self { footprint, ..self }
    }

    /// Its order.
    pub fn order(&self) -> Order {
        self.order
    }

    pub(super) fn blanks(&self) -> Blanks {
        self.blanks
    }

    pub(super) fn footprint(&self) -> Footprint {
        self.footprint
    }

    /// The footprint of a value of which `valid` of the weight lies on finite pixels.
    #[inline(always)]
    pub(super) fn weight(&self, value: f64, valid: f64) -> f64 {
        match self.footprint {
            Footprint::Coverage => 1.0,
            Footprint::Valid => {
                if value.is_nan() {
                    0.0
                } else {
                    valid
                }
            }
            Footprint::Known => f64::from(u8::from(!value.is_nan())),
        }
    }

    fn plain<I: Pixel, O: Pixel>(&self) -> &'static dyn Resampler<I, O> {
        match self.order {
            Order::Nearest => &Nearest,
            Order::Linear => &Bilinear,
            Order::Quadratic => &Biquadratic,
            Order::Cubic => &Bicubic,
        }
    }
}

impl<I: Pixel, O: Pixel> Resampler<I, O> for Interpolate {
    fn support(&self, at: &Coords) -> Vec<f64> {
        self.plain::<I, O>().support(at)
    }
    fn window(&self, at: &Coords, shape: &[usize]) -> Option<Region> {
        self.plain::<I, O>().window(at, shape)
    }
    fn window_by_bounds(&self) -> bool {
        true
    }
    fn resample(&self, at: &Coords, src: &View<'_, I>, out: Patch<'_, O>, watch: &dyn Watch) {
        match self.order {
            Order::Nearest => super::nearest::resample(self, at, src, out, watch),
            Order::Linear => super::linear::resample(self, at, src, out, watch),
            Order::Quadratic => super::spline::resample::<3, I, O>(self, at, src, out, watch),
            Order::Cubic => super::spline::resample::<4, I, O>(self, at, src, out, watch),
        }
    }
    fn piece(&self) -> usize {
        self.plain::<I, O>().piece()
    }
}
