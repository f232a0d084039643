//! Nearest neighbour: the value of the input pixel that the position falls on, exactly, for every pixel type.

use super::{Resampler, grid};
use crate::simd::{gather, whole};
use crate::{Coords, Kernel, Patch, Pixel, View, Watch, dispatch};
use serde::{Deserialize, Serialize};

/// Positions closer than this to the border between two pixels (in pixels) count as on it, and go to the upper pixel:
/// rounding noise cannot drop or double a column.
const TIE: f64 = 1e-9;

/// Nearest neighbour. Values are copied, so integers of every width stay exact; defined to the outer edge of edge pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearest;

impl<I: Pixel, O: Pixel> Resampler<I, O> for Nearest {
    fn support(&self, at: &Coords) -> Vec<f64> {
        vec![1.0; at.block.ndim() - at.leading()]
    }

    fn resample(&self, at: &Coords, src: &View<'_, I>, out: Patch<'_, O>, watch: &dyn Watch) {
        let leading = at.leading();
        let axes: Vec<Axis> = (leading..at.block.ndim())
            .map(|k| Axis {
                size: src.full[k] as f64,
                first: src.window.start[k] as f64,
                stride: src.strides[k] as f64,
            })
            .collect();
        grid::rows(at, src, out, watch, |plane, row| {
            dispatch(Copy {
                axes: &axes,
                at: row.at,
                plane: &src.data[plane..],
                data: row.data,
                weight: row.weight,
            });
        });
    }
}

struct Axis {
    size: f64,
    first: f64,
    stride: f64,
}

struct Copy<'a, I, O> {
    axes: &'a [Axis],
    at: &'a [&'a [f64]],
    plane: &'a [I],
    data: &'a mut [O],
    weight: &'a mut [f64],
}

impl<I: Pixel, O: Pixel> Kernel for Copy<'_, I, O> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        const RUN: usize = 64;
        let n = self.data.len();
        for start in (0..n).step_by(RUN) {
            let len = RUN.min(n - start);
            // Element numbers fit f64 exactly: arrays hold fewer than 2⁵² pixels.
            let mut element = [0.0f64; RUN];
            let mut inside = [1u64; RUN];
            inside[len..].fill(0);
            for (axis, at) in self.axes.iter().zip(self.at) {
                let mut p = [f64::NAN; RUN];
                p[..len].copy_from_slice(&at[start..start + len]);
                for l in 0..RUN {
                    // NaN compares false: no such point.
                    inside[l] &= u64::from(p[l] >= -0.5) & u64::from(p[l] <= axis.size - 0.5);
                    let index = (p[l] + (0.5 + TIE)).floor().max(0.0).min(axis.size - 1.0);
                    element[l] += (index - axis.first) * axis.stride;
                }
            }
            if !inside.contains(&1) {
                continue;
            }
            let element = std::array::from_fn(|l| if inside[l] == 1 { whole(element[l]) } else { 0 });
            let [value] = gather::<_, RUN, 1>(self.plane, &element, [0]);
            let (data, weight) = (&mut self.data[start..start + len], &mut self.weight[start..start + len]);
            for l in 0..len {
                let copy = if value[l].is_blank() { O::BLANK } else { O::from(value[l]) };
                data[l] = if inside[l] == 1 { copy.unwrap_or(data[l]) } else { data[l] };
                weight[l] = if inside[l] == 1 { 1.0 } else { weight[l] };
            }
        }
    }
}
