//! Bilinear interpolation (linear along every mapped axis).
//!
//! Values are defined to the outer edge of edge pixels: in their outer half the edge value is held, the rule of `reproject`.

use super::walk::{self, Row, STRIP};
use super::{
    Interpolate, Order, Resampler,
    taps::{Each, Taps},
};
use crate::{
    Coords, Patch, Pixel, Region, View, Watch,
    simd::{gather, gather_pairs, whole},
};
use serde::{Deserialize, Serialize};

/// Linear interpolation along every mapped axis. A NaN among the pixels that carry weight makes the value NaN; a pixel whose
/// weight along an axis is 10⁻⁹ or less carries none beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilinear;

impl<I: Pixel, O: Pixel> Resampler<I, O> for Bilinear {
    fn support(&self, at: &Coords) -> Vec<f64> {
        vec![1.0; at.block.ndim() - at.leading()]
    }
    fn window(&self, at: &Coords, shape: &[usize]) -> Option<Region> {
        at.window_across(1, shape)
    }
    fn window_by_bounds(&self) -> bool {
        true
    }
    fn resample(&self, at: &Coords, src: &View<'_, I>, out: Patch<'_, O>, watch: &dyn Watch) {
        resample(&Interpolate::new(Order::Linear), at, src, out, watch);
    }
}

pub(super) fn resample<I: Pixel, O: Pixel>(
    options: &Interpolate,
    at: &Coords,
    src: &View<'_, I>,
    out: Patch<'_, O>,
    watch: &dyn Watch,
) {
    let taps = Taps::new(at, src, options);
    match taps.axes.len() {
        1 => walk::walk(at, src, out, watch, &Linear::<1, 2>(taps)),
        2 => walk::walk(at, src, out, watch, &Linear::<2, 4>(taps)),
        3 => walk::walk(at, src, out, watch, &Linear::<3, 8>(taps)),
        _ => walk::walk(at, src, out, watch, &Each { taps, weights }),
    }
}

/// The weights of the pixels before and behind a position.
#[inline(always)]
fn weights(t: f64) -> [f64; 2] {
    [1.0 - t, t]
}

/// The same for one, two or three axes (`K` = 2ᴺ pixels), many points at a time.
struct Linear<const N: usize, const K: usize>(Taps);

/// Where up to [`STRIP`] points lie: the pixel before each along every axis, and the weight of the next, in array order.
struct Table<const N: usize> {
    element: [usize; STRIP],
    upper: [[f64; STRIP]; N],
    /// 0: off the input; 1: on it; 2: on it, but on or beyond the last pixel's centre or before a seam or a pole.
    inside: [u64; STRIP],
    crosses: bool,
}

impl<const N: usize> Default for Table<N> {
    fn default() -> Self {
        Self { element: [0; STRIP], upper: [[0.0; STRIP]; N], inside: [0; STRIP], crosses: false }
    }
}

impl<const N: usize, const K: usize, I: Pixel, O: Pixel> walk::Interpolator<I, O> for Linear<N, K> {
    type Table = Table<N>;

    #[inline(always)]
    fn prepare(&self, at: &Row<'_>, table: &mut Table<N>) -> bool {
        let mut element = [0.0f64; STRIP];
        let mut inside = [1u64; STRIP];
        let mut crosses = [0u64; STRIP];
        for k in 0..N {
            let axis = &self.0.axes[k];
            let mut spare = [0.0; STRIP];
            let p = at.along(k, &mut spare);
            for l in 0..STRIP {
                inside[l] &= u64::from(axis.holds(p[l]));
                let (low, upper) = axis.split(p[l]);
                // a + 1 (b − a) is not b to the last bit.
                crosses[l] |= u64::from(axis.crosses(p[l]) | (upper == 1.0));
                table.upper[k][l] = upper;
                element[l] = axis.place(low).mul_add(axis.stride as f64, element[l]);
            }
        }
        let (mut any, mut cross) = (0, 0);
        for l in 0..STRIP {
            table.element[l] = if inside[l] == 1 { whole(element[l]) } else { 0 };
            table.inside[l] = inside[l] + (inside[l] & crosses[l]);
            any |= inside[l];
            cross |= inside[l] & crosses[l];
        }
        table.crosses = cross == 1;
        any == 1
    }

    fn elements<'t>(&self, table: &'t Self::Table) -> &'t [usize] {
        &table.element
    }

    #[inline(always)]
    fn apply(&self, table: &Table<N>, at: &Row<'_>, plane: &[I], data: &mut [O], weight: &mut [f64]) {
        // Corner bits count axes from the last: x is bit 0.
        let mut steps = [0; K];
        for (corner, step) in steps.iter_mut().enumerate() {
            for k in 0..N {
                *step += (corner >> (N - 1 - k) & 1) * self.0.axes[k].step();
            }
        }
        let pixels = if steps[1] == 1 {
            gather_pairs::<_, STRIP, K>(plane, &table.element, steps)
        } else {
            gather::<_, STRIP, K>(plane, &table.element, steps)
        };
        let mut values = [[0.0; STRIP]; K];
        for corner in 0..K {
            for l in 0..STRIP {
                values[corner][l] = pixels[corner][l].to_f64();
            }
        }
        let mut half = K / 2;
        for k in (0..N).rev() {
            for i in 0..half {
                for l in 0..STRIP {
                    // a + f (b − a) keeps a constant constant to the last bit.
                    let (a, b) = (values[2 * i][l], values[2 * i + 1][l]);
                    values[i][l] = table.upper[k][l].mul_add(b - a, a);
                }
            }
            half /= 2;
        }
        let mut value = values[0];
        let mut valid = [1.0; STRIP];
        let mut finite = true;
        for l in 0..STRIP {
            finite &= value[l].is_finite();
        }
        if table.crosses || !finite {
            // Only pixels that carry weight may make a value NaN.
            for l in 0..data.len() {
                if table.inside[l] == 2 || table.inside[l] == 1 && !value[l].is_finite() {
                    (value[l], valid[l]) =
                        self.0.point(plane, |k| at.get(k, l), weights).unwrap_or((f64::NAN, 0.0));
                }
            }
        }
        super::store_all(&table.inside, &value, &valid, data, weight);
    }
}
