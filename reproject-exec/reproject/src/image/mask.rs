//! Masks: an image that says which pixels of the input are blank.

use crate::image::pixels::Pixels;
use crate::image::{Input, named::split};
use ndarray::ArrayViewMutD;
use reproject_chunk::Element;
use reproject_core::{ArraySource, Masked, Region, Result, Strided};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Decoded chunks of a mask that are kept where no limit is set.
const CACHE: usize = 256 << 20;

/// Which pixels of the mask blank those of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Rule {
    /// Those that are not zero.
    Flags,
    /// Those that are not above zero.
    Weights,
}

impl Rule {
    /// How a journal calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Rule::Flags => "flags",
            Rule::Weights => "weights",
        }
    }
}

/// An image that masks the pixels of another, of its shape or of that of its last axes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskFile {
    rule: Rule,
    /// FILE or FILE[HDU].
    file: String,
}

impl MaskFile {
    /// Masks where the pixels of `FILE` or `FILE[HDU]` are not zero.
    pub fn flags(file: impl Into<String>) -> Self {
        Self { rule: Rule::Flags, file: file.into() }
    }

    /// Masks where they are not above zero.
    pub fn weights(file: impl Into<String>) -> Self {
        Self { rule: Rule::Weights, file: file.into() }
    }

    /// Reads `FILE[HDU]` or `weight:FILE[HDU]`.
    ///
    /// # Errors
    /// If there is no name of a file.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let named = match text.strip_prefix("weight:") {
            Some(file) => Self::weights(file),
            None => Self::flags(text),
        };
        match named.file.is_empty() {
            true => Err("give a file, such as bad.fits or 'in.fits[DQ]'".into()),
            false => Ok(named),
        }
    }

    /// The name of the mask: `FILE` or `FILE[HDU]`.
    pub fn file(&self) -> &str {
        &self.file
    }
}

/// The mask of an input.
pub(crate) struct Mask {
    rule: Rule,
    pixels: Pixels,
    /// Bytes of decoded chunks that each process keeps.
    cache: usize,
}

/// The type that a pixel of the mask is read as: every other type is exact in it, or stays on its side of zero.
type Flag = f64;

impl Mask {
    /// Opens a mask and sees whether it fits the input; `memory` is what each process has that opens both.
    ///
    /// # Errors
    /// If it cannot be read, has another shape, or is the input itself.
    pub(crate) fn open(named: &MaskFile, memory: Option<usize>, input: &Input) -> Result<Self> {
        let (path, hdu) = split(&named.file)?;
        // A quarter for what a compressed file holds, an eighth for its chunks.
        let share = |part: usize| memory.map(|m| m / part);
        let pixels = Pixels::open(Path::new(path), hdu, share(4))?;
        let (image, shape) = (&input.image, pixels.shape());
        if !image.shape().ends_with(shape) || shape.is_empty() {
            let sides =
                |shape: &[usize]| shape.iter().rev().map(usize::to_string).collect::<Vec<_>>().join(" × ");
            return Err(pixels.error(format!(
                "has {} pixels, but {} has {}; a mask has the shape of the input, or of one plane of it",
                sides(shape),
                input.label(),
                sides(image.shape())
            )));
        }
        let same = |a: &Path, b: &Path| a.canonicalize().ok() == b.canonicalize().ok();
        if named.rule == Rule::Flags && pixels.hdu() == image.hdu() && same(pixels.path(), image.path()) {
            let why = "is the input itself, of which every pixel but zeros would be masked; name another HDU as FILE[HDU], \
                       or with weight: mask what is not above zero";
            return Err(pixels.error(why));
        }
        let (whole, chunked) =
            (shape.iter().product::<usize>(), ArraySource::<Flag>::chunks(&pixels).is_some());
        let whole = if chunked { whole.saturating_mul(pixels.encoding().format.size()) } else { 0 };
        Ok(Self { rule: named.rule, cache: whole.min(share(8).unwrap_or(CACHE)), pixels })
    }

    /// How it is read.
    pub(crate) fn rule(&self) -> Rule {
        self.rule
    }

    /// Its own pixels.
    pub(crate) fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// The pixels of the input, those blank that are masked.
    ///
    /// # Errors
    /// If integers are wanted, which cannot be blank.
    pub(crate) fn over<T: Element>(&self, image: Pixels) -> Result<Source> {
        let mask = self.pixels.clone().with_cache(self.cache)?;
        Ok(Source::Masked(Box::new(match self.rule {
            Rule::Flags => Masked::by_mask::<T>(image, mask)?,
            Rule::Weights => Masked::by_weight::<T>(image, mask)?,
        })))
    }

    /// Bytes of memory that it takes in every process, whatever is worked on.
    pub(crate) fn held(&self) -> usize {
        self.pixels.held().saturating_add(self.cache)
    }

    /// Bytes of memory that it takes for every block that is worked on: what is read of it at once, and a chunk that is being
    /// decoded (as stored, decoded, and twice what the allocator keeps of it).
    pub(crate) fn extra_bytes(&self) -> usize {
        let chunk = ArraySource::<Flag>::chunks(&self.pixels).map_or(0, |chunk| chunk.iter().product());
        let decoded = chunk.saturating_mul(4 * self.pixels.encoding().format.size());
        decoded.saturating_add(Masked::<Pixels, Pixels, Flag>::HELD)
    }
}

/// The pixels of the input as a job reads them.
pub(crate) enum Source {
    Whole(Box<Pixels>),
    Masked(Box<Masked<Pixels, Pixels, Flag>>),
}

impl Source {
    /// The pixels without their mask.
    pub(crate) fn image(&self) -> &Pixels {
        match self {
            Source::Whole(image) => image,
            Source::Masked(masked) => masked.source(),
        }
    }
}

impl<T: Element> ArraySource<T> for Source {
    fn shape(&self) -> &[usize] {
        self.image().shape()
    }
    fn read(&self, window: &Region, out: ArrayViewMutD<'_, T>) -> Result<()> {
        match self {
            Source::Whole(image) => image.read(window, out),
            Source::Masked(masked) => masked.read(window, out),
        }
    }
    fn resident(&self, window: &Region) -> Option<Strided<'_, T>> {
        match self {
            Source::Whole(image) => image.resident(window),
            Source::Masked(_) => None,
        }
    }
    fn chunks(&self) -> Option<&[usize]> {
        ArraySource::<T>::chunks(self.image())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_files_with_a_rule() {
        let named = |rule, file: &str| Ok(MaskFile { rule, file: file.into() });
        let parse = MaskFile::parse;
        assert_eq!(parse("bad.fits[DQ,2]"), named(Rule::Flags, "bad.fits[DQ,2]"));
        assert_eq!(parse("weight:w.npy"), named(Rule::Weights, "w.npy"));
        assert_eq!(parse("./weight:w.npy"), named(Rule::Flags, "./weight:w.npy"));
        assert!(parse("").is_err() && parse("weight:").is_err());
    }
}
