//! Ways of turning input pixels into output pixels, one file each.

mod adaptive;
mod axis;
mod exact;
mod kernels;
mod linear;
mod nearest;
mod options;
mod planes;
mod pointwise;
mod spline;
mod taps;
mod walk;

pub use adaptive::{Adaptive, AdaptiveOptions, BadValues, Boundary, Filter};
pub use exact::{Corners, Exact, Surveyed};
pub use linear::Bilinear;
pub use nearest::Nearest;
pub use options::{Blanks, Footprint, Interpolate, Order};
pub use pointwise::{Pointwise, Weighted};
pub use spline::{Bicubic, Biquadratic};
pub(crate) use taps::MOST_AXES;

use crate::job::PIECE;
use crate::{Coords, Error, Lattice, Patch, Pixel, Region, Result, View, Watch};

/// An interpolator, or any other way of turning input pixels of type `I` into output pixels of type `O`.
///
/// `I ≠ O` is the common case (float32 in, float64 out): accumulate in f64, convert once.
pub trait Resampler<I: Pixel, O: Pixel>: Send + Sync {
    /// Whether maps with such [`groups`](crate::PixelMap::groups) of axes, and arrays with so many broadcast axes before
    /// them, are within its power: asked once, before any pixel is read.
    ///
    /// # Errors
    /// If they are not.
    fn check(&self, _groups: &[usize], _leading: usize) -> Result<()> {
        Ok(())
    }
    /// Where around every output pixel positions are wanted.
    fn lattice(&self) -> Lattice {
        Lattice::CENTRES
    }
    /// Input pixels wanted beyond the mapped positions: one number for every mapped axis, in array order.
    fn support(&self, at: &Coords) -> Vec<f64>;
    /// The window of an input of `shape` that a block needs: around the positions, as far as [`support`](Self::support)
    /// goes. `None` if it needs none.
    fn window(&self, at: &Coords, shape: &[usize]) -> Option<Region> {
        at.window(&self.support(at), shape)
    }
    /// Whether [`window`](Self::window) looks at nothing but the smallest and largest positions: the plan then takes it
    /// from a few positions of a smooth map instead of all.
    fn window_by_bounds(&self) -> bool {
        false
    }
    /// Computes one block. `src` is the [`window`](Self::window); `out` arrives
    /// blank (fill value, weight 0) and may be left so where nothing is known.
    ///
    /// Long blocks poll `watch` once a row and return early when cancelled.
    fn resample(&self, at: &Coords, src: &View<'_, I>, out: Patch<'_, O>, watch: &dyn Watch);
    /// The side of the pieces a large block is cut into: small enough for the cache, large against the support. Half of it
    /// for every mapped axis after the second.
    fn piece(&self) -> usize {
        PIECE
    }
}

macro_rules! pointers { ($($p:ty),*) => {$(
    impl<I: Pixel, O: Pixel, R: Resampler<I, O> + ?Sized> Resampler<I, O> for $p {
        fn check(&self, groups: &[usize], leading: usize) -> Result<()> { (**self).check(groups, leading) }
        fn lattice(&self) -> Lattice { (**self).lattice() }
        fn support(&self, at: &Coords) -> Vec<f64> { (**self).support(at) }
        fn window(&self, at: &Coords, shape: &[usize]) -> Option<Region> { (**self).window(at, shape) }
        fn window_by_bounds(&self) -> bool { (**self).window_by_bounds() }
        fn resample(&self, at: &Coords, src: &View<'_, I>, out: Patch<'_, O>, watch: &dyn Watch) {
            (**self).resample(at, src, out, watch)
        }
        fn piece(&self) -> usize { (**self).piece() }
    }
)*} }
pointers!(&R, Box<R>, std::sync::Arc<R>);

/// Refuses maps that are not of one image: one group of two axes.
fn images_only(groups: &[usize], how: &str) -> Result<()> {
    if groups == [2] {
        return Ok(());
    }
    let why = format!(
        "groups of {} axes; {how} takes one group of two: map the sky alone, and the other axes are broadcast or \
         interpolated",
        groups.iter().map(usize::to_string).collect::<Vec<_>>().join(" and ")
    );
    Err(Error::invalid("map", why))
}

/// A value as a pixel; NaN leaves a pixel type without NaN as it is, which is its fill value.
#[inline(always)]
fn store<O: Pixel>(value: f64, fill: O) -> O {
    if value.is_nan() { O::BLANK.unwrap_or(fill) } else { O::from_f64(value) }
}

/// Stores the values and weights of the points that are `inside` (not 0).
#[inline(always)]
fn store_all<O: Pixel, const N: usize>(
    inside: &[u64; N],
    value: &[f64; N],
    valid: &[f64; N],
    data: &mut [O],
    weight: &mut [f64],
) {
    let all = inside.iter().fold(1, |all, i| all & u64::from(*i != 0)) == 1;
    if let (Ok(data), Ok(weight), true) = (
        <&mut [O; N]>::try_from(&mut *data),
        <&mut [f64; N]>::try_from(&mut *weight),
        all && O::BLANK.is_some(),
    ) {
        for l in 0..N {
            data[l] = O::from_f64(value[l]);
        }
        *weight = *valid;
        return;
    }
    for (l, (data, weight)) in data.iter_mut().zip(weight).enumerate() {
        if inside[l] != 0 {
            (*data, *weight) = (store(value[l], *data), valid[l]);
        }
    }
}
