//! Bilinear interpolation (linear along every mapped axis).
//!
//! Values are defined to the outer edge of edge pixels: in their outer half the edge value is held, the rule of `reproject`.

use super::{Resampler, grid};
use crate::{
    Coords, Kernel, Patch, Pixel, View, Watch, dispatch,
    simd::{gather, whole},
};
use serde::{Deserialize, Serialize};

/// Points handled together.
const RUN: usize = 64;

/// Linear interpolation along every mapped axis. A NaN among the pixels that carry weight makes the value NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilinear;

impl<I: Pixel, O: Pixel> Resampler<I, O> for Bilinear {
    fn support(&self, at: &Coords) -> Vec<f64> {
        vec![1.0; at.block.ndim() - at.leading()]
    }

    fn resample(&self, at: &Coords, src: &View<'_, I>, out: Patch<'_, O>, watch: &dyn Watch) {
        let axes: Vec<Axis> = (at.leading()..at.block.ndim()).map(|k| Axis::new(src, k)).collect();
        grid::rows(at, src, out, watch, |plane, row| {
            let plane = &src.data[plane..];
            match (&axes[..], row.at) {
                ([y, x], [at_y, at_x]) => dispatch(Plane {
                    axes: [*x, *y],
                    at: [at_x, at_y],
                    plane,
                    data: row.data,
                    weight: row.weight,
                }),
                (axes, at) => {
                    for i in 0..row.data.len() {
                        if let Some(value) = weigh(axes, plane, |k| at[k][i]) {
                            row.data[i] = O::from_f64(value);
                            row.weight[i] = 1.0;
                        }
                    }
                }
            }
        });
    }
}

/// One mapped axis of the input: its whole size, where the window starts, and the step between its pixels.
#[derive(Clone, Copy)]
struct Axis {
    size: f64,
    first: f64,
    stride: usize,
}

impl Axis {
    fn new<I>(src: &View<'_, I>, k: usize) -> Self {
        Axis { size: src.full[k] as f64, first: src.window.start[k] as f64, stride: src.strides[k] }
    }

    /// Whether a position lies on the input; false for NaN.
    #[inline(always)]
    fn holds(&self, at: f64) -> bool {
        at >= -0.5 && at <= self.size - 0.5
    }

    /// The lower of the two pixels around a position that [holds](Self::holds), counted in the window, and the weight of
    /// the upper.
    #[inline(always)]
    fn split(&self, at: f64) -> (f64, f64) {
        let at = at.max(0.0).min(self.size - 1.0);
        let low = at.floor().min((self.size - 2.0).max(0.0));
        (low - self.first, at - low)
    }

    /// Elements from the lower pixel to the upper; none on an axis of one pixel.
    #[inline(always)]
    fn step(&self) -> usize {
        if self.size > 1.0 { self.stride } else { 0 }
    }
}

/// The weighted sum over the pixels that carry weight: the plain definition, for any number of axes and for values that
/// are not finite.
#[inline(never)]
fn weigh<I: Pixel>(axes: &[Axis], plane: &[I], at: impl Fn(usize) -> f64) -> Option<f64> {
    if !axes.iter().enumerate().all(|(k, axis)| axis.holds(at(k))) {
        return None;
    }
    let mut sum = 0.0;
    for corner in 0..1usize << axes.len() {
        let (mut element, mut weight) = (0, 1.0);
        for (k, axis) in axes.iter().enumerate() {
            let (low, upper) = axis.split(at(k));
            let up = corner >> k & 1;
            weight *= if up == 1 { upper } else { 1.0 - upper };
            element += low as usize * axis.stride + up * axis.step();
        }
        if weight != 0.0 {
            sum += weight * plane[element].to_f64();
        }
    }
    Some(sum)
}

/// One row of an image: axes and positions in the order x, y.
struct Plane<'a, I, O> {
    axes: [Axis; 2],
    at: [&'a [f64]; 2],
    plane: &'a [I],
    data: &'a mut [O],
    weight: &'a mut [f64],
}

impl<I: Pixel, O: Pixel> Kernel for Plane<'_, I, O> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Plane { axes: [ax, ay], at: [x, y], plane, data, weight } = self;
        let n = data.len();
        let (step_x, step_y) = (ax.step(), ay.step());
        let stride = [ax.stride as f64, ay.stride as f64];
        for start in (0..n).step_by(RUN) {
            let len = RUN.min(n - start);
            let (mut px, mut py) = ([f64::NAN; RUN], [f64::NAN; RUN]);
            px[..len].copy_from_slice(&x[start..start + len]);
            py[..len].copy_from_slice(&y[start..start + len]);
            // First where every point lies, then its four pixels, then the sums: each loop vectorises on its own.
            let (mut fx, mut fy) = ([0.0; RUN], [0.0; RUN]);
            let mut element = [0usize; RUN];
            let mut inside = [0u64; RUN];
            let mut any = 0;
            for l in 0..RUN {
                inside[l] = u64::from(ax.holds(px[l]) & ay.holds(py[l]));
                any |= inside[l];
                let ((cx, ux), (cy, uy)) = (ax.split(px[l]), ay.split(py[l]));
                (fx[l], fy[l]) = (ux, uy);
                let e = cy.mul_add(stride[1], cx * stride[0]);
                element[l] = if inside[l] == 1 { whole(e) } else { 0 };
            }
            if any == 0 {
                continue;
            }
            let [a, b, c, d] = gather(plane, &element, [0, step_x, step_y, step_x + step_y]);
            let mut value = [0.0; RUN];
            let mut finite = true;
            for l in 0..RUN {
                // a + f (b − a) keeps a constant constant to the last bit.
                let low = fx[l].mul_add(b[l].to_f64() - a[l].to_f64(), a[l].to_f64());
                let high = fx[l].mul_add(d[l].to_f64() - c[l].to_f64(), c[l].to_f64());
                value[l] = fy[l].mul_add(high - low, low);
                finite &= value[l].is_finite();
            }
            if !finite {
                // Only pixels that carry weight may say so.
                for l in 0..len {
                    if inside[l] == 1 && !value[l].is_finite() {
                        let at = [py[l], px[l]];
                        value[l] = weigh(&[ay, ax], plane, |k| at[k]).unwrap_or(f64::NAN);
                    }
                }
            }
            let (data, weight) = (&mut data[start..start + len], &mut weight[start..start + len]);
            for l in 0..len {
                data[l] = if inside[l] == 1 { O::from_f64(value[l]) } else { data[l] };
                weight[l] = if inside[l] == 1 { 1.0 } else { weight[l] };
            }
        }
    }
}
