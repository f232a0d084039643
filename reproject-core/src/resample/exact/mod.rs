//! Exact overlap of pixels on the sphere: every output pixel is the mean of the input pixels it overlaps, weighted by
//! the solid angle they share.
//!
//! Pixels are spherical polygons, their borders great circles between their corners, as in Montage's mProject (Berriman
//! et al. 2003, ASP Conf. 295, 343). In the tangent plane of the output pixel these are straight, and overlaps are sums
//! over pairs of edges (see [`strip`]).

mod bulge;
mod fold;
mod mesh;
mod plane;
mod reach;
mod search;
mod strip;
mod surveyed;
mod walk;

use super::Resampler;
use super::planes::Planes;
use crate::{Coords, Kernel, Lattice, Patch, Pixel, Projection, Result, View, Watch, dispatch};
use reach::Reach;
use serde::{Deserialize, Serialize};
pub use surveyed::{Corners, Surveyed};
use walk::Overlaps;

/// Exact spherical overlap, for maps of one group of two axes; others are refused.
///
/// The value of an output pixel is Σ(overlap · value) / Σ(overlap), which keeps surface brightness; its weight is
/// Σ(overlap) / area, the part of it that input pixels cover. Blank input pixels cover nothing. Input pixels end at
/// the poles of the map. Pixels with a corner that is not on the sky cover nothing and get nothing, and so do output
/// pixels whose border crosses itself (rows centred on a pole).
///
/// Of an input that [folds](Projection::folds) counts what comes back from the sky as itself; pixels that the fold crosses are
/// cut along it.
///
/// Besides the map, which says what input an output pixel can touch, it holds the two projections of the map: both must
/// give unit vectors in one frame, as they do in [`Between`](crate::Between). Overlaps are computed once for all
/// broadcast planes, to 2e-9 of the pixel below 9″ and to 1e-12 up to some 30° across.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exact<P, Q> {
    /// From pixels of the input to the sphere.
    pub input: P,
    /// From pixels of the output to the sphere.
    pub output: Q,
}

impl<I: Pixel, O: Pixel, P: Projection, Q: Projection> Resampler<I, O> for Exact<P, Q> {
    fn check(&self, groups: &[usize], _leading: usize) -> Result<()> {
        super::images_only(groups, "exact overlap")
    }

    fn lattice(&self) -> Lattice {
        Lattice::CORNERS
    }

    fn support(&self, at: &Coords) -> Vec<f64> {
        match Reach::margin(at, &self.input, &self.output) {
            Some([x, y]) => vec![y, x],
            None => vec![0.0; at.block.ndim() - at.leading()],
        }
    }

    fn resample(&self, at: &Coords, src: &View<'_, I>, out: Patch<'_, O>, watch: &dyn Watch) {
        let Some(reach) = Reach::new(at, &self.input, &self.output) else { return };
        overlap(at, src, out, Overlaps::new(at, src, &self.input, &reach), watch);
    }

    fn piece(&self) -> usize {
        32
    }
}

/// Averages what the pixels of a block overlap within their reach.
fn overlap<I: Pixel, O: Pixel>(
    at: &Coords,
    src: &View<'_, I>,
    out: Patch<'_, O>,
    mut overlaps: Overlaps<'_>,
    watch: &dyn Watch,
) {
    let mut planes = Planes::new(at, src, out, at.block.shape[at.groups[0].axis]);
    overlaps.run(watch, |owners, found| {
        dispatch(Average { owners, found, data: src.data, planes: &mut planes });
    });
    planes.store(0);
}

/// The overlaps of one output pixel: its number in the block, its area, and the end of its part of the list.
struct Owner {
    pixel: usize,
    area: f64,
    end: usize,
}

/// Weighted means from a list of overlaps: the offset of the input pixel within its plane, and the solid angle.
struct Average<'a, 'b, I, O> {
    owners: &'a [Owner],
    found: &'a [(usize, f64)],
    data: &'a [I],
    planes: &'a mut Planes<'b, O>,
}

impl<I: Pixel, O: Pixel> Kernel for Average<'_, '_, I, O> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { owners, found, data, planes } = self;
        for plane in 0..planes.offsets().len() {
            let data = &data[planes.offsets()[plane]..];
            let mut start = 0;
            for owner in owners {
                let found = &found[start..owner.end];
                start = owner.end;
                let (mut sum, mut total) = (0.0, 0.0);
                for &(element, overlap) in found {
                    let value = data[element];
                    if !value.is_blank() {
                        sum = overlap.mul_add(value.to_f64(), sum);
                        total += overlap;
                    }
                }
                if total <= 0.0 {
                    continue;
                }
                let mut mean = sum / total;
                if mean.is_finite() {
                    // Once more from the mean, which takes its rounding away: a constant stays constant to the last bit.
                    let mut rest = 0.0;
                    for &(element, overlap) in found {
                        let value = data[element];
                        if !value.is_blank() {
                            rest = overlap.mul_add(value.to_f64() - mean, rest);
                        }
                    }
                    mean += rest / total;
                }
                let covered = total / owner.area;
                // Rounding apart, a pixel is covered once.
                let covered = if (covered - 1.0).abs() < 1e-12 { 1.0 } else { covered };
                planes.set(plane, owner.pixel, mean, covered);
            }
        }
    }
}
