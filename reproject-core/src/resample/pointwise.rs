//! The door for authors of kernels: whoever says what the pixels around a position weigh has a resampler.

use super::taps::{Each, Taps, split};
use super::walk::{self, Row, STRIP};
use super::{Blanks, Footprint, Interpolate, Order, Resampler, store_all};
use crate::simd::whole;
use crate::{Coords, Error, Patch, Pixel, Region, Result, View, Watch};
use serde::{Deserialize, Serialize};

/// A kernel, given by what `TAPS` pixels along one axis weigh around a position. [`Weighted`] makes a resampler of it.
///
/// The value of a pixel is the mean of the `TAPS`ᴺ pixels around its position with the products of the weights along the N
/// mapped axes, whatever those sum to.
///
/// Lanczos-3 interpolation (Duchon 1979, J. Appl. Meteorol. 18, 1016):
///
/// ```
/// use reproject_core::{Pointwise, Weighted};
///
/// struct Lanczos3;
///
/// impl Pointwise<6> for Lanczos3 {
///     fn weights(&self, t: f64) -> [f64; 6] {
///         let sinc = |x: f64| if x == 0.0 { 1.0 } else { x.sin() / x };
///         std::array::from_fn(|i| {
///             let x = (t + 2.0 - i as f64) * std::f64::consts::PI;
///             sinc(x) * sinc(x / 3.0)
///         })
///     }
/// }
///
/// # use reproject_core::{Axes, Identity, laws};
/// // Right on cubes, across seams and poles, next to blanks and edges, on every executor:
/// laws::resampler_keeps_constants(&Weighted::new(Lanczos3), &Axes::<2, _>::new(Identity), &[3, 20, 30], &[3, 20, 30])?;
/// # Ok::<(), laws::Violation>(())
/// ```
pub trait Pointwise<const TAPS: usize>: Send + Sync {
    /// The weights of the pixels around position x, in order.
    ///
    /// An even number: pixels ⌊x⌋ + 1 − `TAPS`/2 to ⌊x⌋ + `TAPS`/2, and `t` = x − ⌊x⌋ in [0, 1). An odd number: as many on
    /// either side of the nearest pixel, and `t` in [−½, ½) is counted from its centre. A position within 10⁻⁹ of a pixel's
    /// centre has `t` = 0; where that leaves 10⁻¹⁵ or less for a pixel, it carries no weight.
    fn weights(&self, t: f64) -> [f64; TAPS];
}

/// The resampler of a kernel.
///
/// Values are defined up to the outer edge of edge pixels, in whose outer half the value at their centre is held. Pixels
/// beyond an edge are left out, and the others carry their weight; beyond a seam or a pole the image goes on. Images (two
/// mapped axes) take the fast way, and any other number of axes works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weighted<K, const TAPS: usize> {
    kernel: K,
    options: Interpolate,
}

impl<K: Pointwise<TAPS>, const TAPS: usize> Weighted<K, TAPS> {
    /// A resampler with [`Blanks::Propagate`] and [`Footprint::Coverage`].
    pub fn new(kernel: K) -> Self {
        Self { kernel, options: Interpolate::new(Order::Linear) }
    }

    /// Chooses what pixels without a number do.
    ///
    /// # Errors
    /// Those of [`Interpolate::with_blanks`].
    pub fn with_blanks(self, blanks: Blanks) -> Result<Self> {
        Ok(Self { options: self.options.with_blanks(blanks)?, ..self })
    }

    /// Chooses what the footprint counts.
    #[must_use]
    pub fn with_footprint(self, footprint: Footprint) -> Self {
        Self { options: self.options.with_footprint(footprint), ..self }
    }
}

impl<I: Pixel, O: Pixel, K: Pointwise<TAPS>, const TAPS: usize> Resampler<I, O> for Weighted<K, TAPS> {
    fn check(&self, groups: &[usize], _leading: usize) -> Result<()> {
        let (axes, most) = (groups.iter().sum::<usize>() as u32, 1 << 12);
        if TAPS > 0 && TAPS.checked_pow(axes).is_some_and(|taps| taps <= most) {
            return Ok(());
        }
        let why = format!(
            "{axes} axes; a kernel of {TAPS} pixels along each takes {TAPS}^{axes} pixels for a value, at least 1 and at most \
             {most} can be had: map fewer axes, the others are broadcast"
        );
        Err(Error::invalid("map", why))
    }
    fn support(&self, at: &Coords) -> Vec<f64> {
        vec![(TAPS / 2 + 1) as f64; at.block.ndim() - at.leading()]
    }
    fn window(&self, at: &Coords, shape: &[usize]) -> Option<Region> {
        at.window_across(TAPS / 2, shape)
    }
    fn window_by_bounds(&self) -> bool {
        true
    }
    fn resample(&self, at: &Coords, src: &View<'_, I>, out: Patch<'_, O>, watch: &dyn Watch) {
        let taps = Taps::new(at, src, &self.options);
        if taps.axes.len() == 2 {
            walk::walk(at, src, out, watch, &Image { kernel: &self.kernel, taps });
        } else {
            walk::walk(at, src, out, watch, &Each { taps, weights: |t| self.kernel.weights(t) });
        }
    }
}

/// Images: rows of `TAPS` pixels, where all of them are on the input.
struct Image<'a, K, const TAPS: usize> {
    kernel: &'a K,
    taps: Taps,
}

/// Where up to [`STRIP`] points lie.
struct Table<const TAPS: usize> {
    /// The first pixel.
    element: [usize; STRIP],
    /// Weights along y and x.
    weights: [[[f64; TAPS]; STRIP]; 2],
    /// 0: off the input; 1: on it; 2: on it, and some of the pixels may be beyond its ends.
    inside: [u64; STRIP],
}

impl<const TAPS: usize> Default for Table<TAPS> {
    fn default() -> Self {
        Self { element: [0; STRIP], weights: [[[0.0; TAPS]; STRIP]; 2], inside: [0; STRIP] }
    }
}

impl<I: Pixel, O: Pixel, K: Pointwise<TAPS>, const TAPS: usize> walk::Interpolator<I, O>
    for Image<'_, K, TAPS>
{
    type Table = Table<TAPS>;

    #[inline(always)]
    fn prepare(&self, at: &Row<'_>, table: &mut Table<TAPS>) -> bool {
        let Table { element, weights, inside } = table;
        let (mut place, mut beyond) = ([0.0f64; STRIP], [0u64; STRIP]);
        *inside = [1; STRIP];
        for (k, axis) in self.taps.axes.iter().enumerate() {
            let mut spare = [0.0; STRIP];
            let p = at.along(k, &mut spare);
            for l in 0..STRIP {
                inside[l] &= u64::from(axis.holds(p[l]));
                let (first, t) = split::<TAPS>(axis.held(axis.whole(p[l])));
                beyond[l] |= u64::from((first < 0.0) | (first > axis.size - TAPS as f64));
                weights[k][l] = self.kernel.weights(t);
                place[l] = axis.place(first).mul_add(axis.stride as f64, place[l]);
            }
        }
        for l in 0..STRIP {
            element[l] = if inside[l] == 1 && beyond[l] == 0 { whole(place[l]) } else { 0 };
            inside[l] += inside[l] & beyond[l];
        }
        inside.iter().any(|inside| *inside != 0)
    }

    fn elements<'t>(&self, table: &'t Self::Table) -> &'t [usize] {
        &table.element
    }

    #[inline(always)]
    fn apply(&self, table: &Table<TAPS>, at: &Row<'_>, plane: &[I], data: &mut [O], weight: &mut [f64]) {
        let [y, x] = [self.taps.axes[0].stride, self.taps.axes[1].stride];
        let (mut value, mut valid) = ([f64::NAN; STRIP], [1.0; STRIP]);
        for l in 0..data.len() {
            let inside = table.inside[l];
            if inside == 1 {
                let first = table.element[l];
                let centre = plane[first + (TAPS - 1) / 2 * (x + y)].to_f64();
                let [wy, wx] = [&table.weights[0][l], &table.weights[1][l]];
                let mut sums = [0.0; TAPS];
                for j in 0..TAPS {
                    let row = &plane[first + j * y..][..(TAPS - 1) * x + 1];
                    for i in 0..TAPS {
                        sums[i] = wy[j].mul_add(row[i * x].to_f64() - centre, sums[i]);
                    }
                }
                let (mut sum, mut all) = (0.0, [0.0; 2]);
                for i in 0..TAPS {
                    sum = wx[i].mul_add(sums[i], sum);
                    (all[0], all[1]) = (all[0] + wy[i], all[1] + wx[i]);
                }
                value[l] = centre + sum / (all[0] * all[1]);
            }
            if inside == 2 || inside == 1 && !value[l].is_finite() {
                // Only pixels that carry weight may make a value NaN.
                let found = self.taps.point(plane, |k| at.get(k, l), |t| self.kernel.weights(t));
                (value[l], valid[l]) = found.unwrap_or((f64::NAN, 0.0));
            }
        }
        store_all(&table.inside, &value, &valid, data, weight);
    }
}
