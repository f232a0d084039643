//! A resampler with its options, which the command, programs and Python choose alike.

use crate::Method;
use reproject_core::{
    Adaptive, AdaptiveOptions, Blanks, Error, Exact, Footprint, Interpolate, Order, Pixel, Resampler, Result,
};
use reproject_wcs::{Celestial, InFrame};
use serde::{Deserialize, Serialize};

/// A resampler with its options, for pixels of any types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Resampling {
    /// Interpolation of any order.
    Interpolate(Interpolate),
    /// Averages over a window of the output pixel's shape.
    Adaptive(Adaptive),
    /// Averages by the areas that pixels of two images share on the sphere.
    Exact(Box<Exact<InFrame, InFrame>>),
}

impl Resampling {
    /// An interpolation.
    ///
    /// # Errors
    /// If the least share of weight is not above 0 and at most 1.
    pub fn interpolation(order: Order, blanks: Blanks, footprint: Footprint) -> Result<Self> {
        Interpolate::new(order).with_footprint(footprint).with_blanks(blanks).map(Self::Interpolate)
    }

    /// Adaptive resampling.
    ///
    /// # Errors
    /// Those of [`Adaptive::new`].
    pub fn adaptive(options: AdaptiveOptions) -> Result<Self> {
        Adaptive::new(options).map(Self::Adaptive)
    }

    /// Exact overlap of the pixels of two images, in the frame of the output.
    ///
    /// # Errors
    /// If the two images share no sphere.
    pub fn exact(input: &Celestial, output: &Celestial) -> Result<Self> {
        let seen = |image| InFrame::new(image, output.frame());
        Ok(Self::Exact(Box::new(Exact { input: seen(input)?, output: seen(output)? })))
    }

    /// The resampler for pixels of two types.
    pub fn resampler<I: Pixel, O: Pixel>(&self) -> Box<dyn Resampler<I, O>> {
        match self {
            Self::Interpolate(how) => Box::new(*how),
            Self::Adaptive(how) => Box::new(*how),
            Self::Exact(how) => how.clone(),
        }
    }

    /// Whether input values are copied as they are, so that integers may stay what they are.
    pub fn copies(&self) -> bool {
        matches!(self, Self::Interpolate(how) if how.order() == Order::Nearest)
    }
}

impl Method {
    /// This method with its options, for pixels of `input` onto those of `output`; `adaptive` is for the one that is.
    ///
    /// # Errors
    /// If the two images share no sphere, an option has no such value, or blanks are to be treated in a way that this method
    /// does not have.
    pub(crate) fn with(
        self,
        blanks: Blanks,
        footprint: Footprint,
        adaptive: &AdaptiveOptions,
        input: &Celestial,
        output: &Celestial,
    ) -> Result<Resampling> {
        if let Some(order) = self.order() {
            return Resampling::interpolation(order, blanks, footprint);
        }
        if blanks != Blanks::Propagate {
            let why = format!("is for interpolation; {} weighs blanks by rules of its own", self.name());
            return Err(Error::invalid("`blanks`", why));
        }
        match self {
            Method::Exact => Resampling::exact(input, output),
            _ => Resampling::adaptive(AdaptiveOptions { footprint, ..*adaptive }),
        }
    }
}
