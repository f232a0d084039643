//! A source with some of its pixels blanked: by a mask, or by weights that are not positive.

use crate::{ArraySource, Error, Pixel, Region, Result};
use ndarray::{ArrayD, ArrayViewMutD, IxDyn, Zip};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Which pixels of a second array blank those of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Rule {
    /// Those that are not zero.
    Flags,
    /// Those that are not above zero, NaN included.
    Weights,
}

/// A source whose pixels are blank (NaN) where a mask or a weight says so. What blank pixels then do is the choice of the
/// resampler ([`Blanks`](crate::Blanks) and its like).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Masked<S, M, V> {
    source: S,
    mask: M,
    rule: Rule,
    shape: Vec<usize>,
    values: PhantomData<fn() -> V>,
}

impl<S, M, V: Pixel> Masked<S, M, V> {
    /// Blanks the pixels whose mask is not zero. The mask has the source's shape, or that of its last axes: it then
    /// applies to every plane.
    ///
    /// # Errors
    /// If the shapes do not fit, or the pixel type has no blank value (read integers as floats first).
    pub fn by_mask<T: Pixel>(source: S, mask: M) -> Result<Self>
    where
        S: ArraySource<T>,
        M: ArraySource<V>,
    {
        Self::new::<T>(source, mask, Rule::Flags, "mask")
    }

    /// Blanks the pixels whose weight is not above zero. Shapes as for [`Masked::by_mask`].
    ///
    /// # Errors
    /// As [`Masked::by_mask`].
    pub fn by_weight<T: Pixel>(source: S, weights: M) -> Result<Self>
    where
        S: ArraySource<T>,
        M: ArraySource<V>,
    {
        Self::new::<T>(source, weights, Rule::Weights, "weights")
    }

    fn new<T: Pixel>(source: S, mask: M, rule: Rule, what: &'static str) -> Result<Self>
    where
        S: ArraySource<T>,
        M: ArraySource<V>,
    {
        let (shape, other) = (source.shape().to_vec(), mask.shape());
        if !shape.ends_with(other) {
            return Err(Error::Shape { what, expected: shape, found: other.to_vec() });
        }
        if T::BLANK.is_none() {
            let why = "integer pixels cannot be blank: read the input as floats";
            return Err(Error::invalid(what, why));
        }
        Ok(Self { source, mask, rule, shape, values: PhantomData })
    }
}

impl<T: Pixel, V: Pixel, S: ArraySource<T>, M: ArraySource<V>> ArraySource<T> for Masked<S, M, V> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn read(&self, window: &Region, mut out: ArrayViewMutD<'_, T>) -> Result<()> {
        self.source.read(window, out.view_mut())?;
        let extra = window.ndim() - self.mask.shape().len();
        let part = Region::new(&window.start[extra..], &window.shape[extra..]);
        let mut mask = ArrayD::from_elem(IxDyn(&part.shape), V::default());
        self.mask.read(&part, mask.view_mut())?;
        let mask = mask.broadcast(out.raw_dim()).expect("the mask has the last axes of the source");
        Zip::from(&mut out).and(&mask).for_each(|pixel, flag| {
            let number = Pixel::to_f64(*flag);
            let blank = match self.rule {
                Rule::Flags => number != 0.0,
                Rule::Weights => number.is_nan() || number <= 0.0,
            };
            if blank {
                *pixel = T::BLANK.unwrap_or(*pixel);
            }
        });
        Ok(())
    }

    fn chunks(&self) -> Option<&[usize]> {
        self.source.chunks()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array<T: Clone>(shape: &[usize], values: Vec<T>) -> ArrayD<T> {
        ArrayD::from_shape_vec(IxDyn(shape), values).unwrap()
    }

    #[test]
    fn masks_and_weights_blank_their_pixels_in_every_plane() {
        let cube = array(&[2, 2, 3], (0..12).map(f64::from).collect());
        let flags = array(&[2, 3], vec![0u8, 1, 0, 0, 0, 8]);
        let weights = array(&[2, 3], vec![1.0, f64::NAN, 0.5, 2.0, 1e-9, -1.0]);
        let window = Region::new([0, 0, 1], [2, 2, 2]);
        let mut by_mask = ArrayD::zeros(IxDyn(&[2, 2, 2]));
        let mut by_weight = by_mask.clone();
        Masked::by_mask(&cube, &flags).unwrap().read(&window, by_mask.view_mut()).unwrap();
        Masked::by_weight(&cube, &weights).unwrap().read(&window, by_weight.view_mut()).unwrap();
        let text = |a: &ArrayD<f64>| a.iter().map(|v| v.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(text(&by_mask), "NaN 2 4 NaN NaN 8 10 NaN");
        assert_eq!(text(&by_weight), text(&by_mask));
    }

    #[test]
    fn what_cannot_be_masked_is_refused() {
        let image = array(&[2, 3], vec![1.0; 6]);
        assert!(Masked::by_mask(&image, &array(&[3, 2], vec![0u8; 6])).is_err());
        let error =
            Masked::by_mask(&array(&[2, 3], vec![1i16; 6]), &array(&[2, 3], vec![0u8; 6])).unwrap_err();
        assert!(error.to_string().contains("as floats"), "{error}");
    }
}
