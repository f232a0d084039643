//! A source with some of its pixels blanked: by a mask, or by weights that are not positive.

use crate::{ArraySource, Error, Grid, Pixel, Region, Result};
use ndarray::{ArrayD, ArrayViewMutD, Axis, IxDyn, Slice, Zip};
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
    /// Bytes of the mask that a read holds at most.
    pub const HELD: usize = STRIP * size_of::<V>();

    /// The source without its mask.
    pub fn source(&self) -> &S {
        &self.source
    }

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
    /// Those of [`Masked::by_mask`].
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
        for strip in Grid::of(part.clone(), &strip(&part.shape))?.iter() {
            let mut mask = ArrayD::from_elem(IxDyn(&strip.shape), V::default());
            self.mask.read(&strip, mask.view_mut())?;
            let mut out = out.view_mut();
            for (k, (&first, &n)) in strip.start.iter().zip(&strip.shape).enumerate() {
                let first = first - part.start[k];
                out.slice_axis_inplace(Axis(extra + k), Slice::from(first..first + n));
            }
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
        }
        Ok(())
    }

    fn chunks(&self) -> Option<&[usize]> {
        self.source.chunks()
    }
}

/// Pixels of a mask that are held at once: few compared with a window.
const STRIP: usize = 1 << 16;

/// As much of a window as may be held: all of the last axes that fit, and a part of the one before.
fn strip(window: &[usize]) -> Vec<usize> {
    let mut left = STRIP;
    let mut strip: Vec<usize> = window
        .iter()
        .rev()
        .map(|&n| {
            let side = n.clamp(1, left);
            left /= side;
            side
        })
        .collect();
    strip.reverse();
    strip
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
    fn large_masks_are_read_strip_by_strip() {
        assert_eq!(strip(&[3, 5, 7]), [3, 5, 7]);
        assert_eq!(strip(&[9, 1000, 1000]), [1, 65, 1000]);
        assert_eq!(strip(&[2, 0, 1 << 20]), [1, 1, STRIP]);
        let (rows, columns) = (700, 300);
        let ones = ArrayD::from_elem(IxDyn(&[2, rows, columns]), 1.0);
        let flags =
            ArrayD::from_shape_fn(IxDyn(&[rows, columns]), |i| u8::from((i[0] * 7 + i[1] * 3) % 5 == 0));
        let masked = Masked::by_mask(&ones, &flags).unwrap();
        let window = Region::new([0, 10, 5], [2, 680, 290]);
        let mut out = ArrayD::zeros(IxDyn(&window.shape));
        masked.read(&window, out.view_mut()).unwrap();
        assert!(
            out.indexed_iter().all(|(i, v): (_, &f64)| v.is_nan() == (flags[[i[1] + 10, i[2] + 5]] == 1))
        );
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
