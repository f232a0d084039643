//! A resampler of its own: the brightest of the four pixels around a position, so that no meteor is lost.

use reproject_core::{Coords, Patch, Pixel, Resampler, View, Watch};
use serde::{Deserialize, Serialize};

/// The brightest of the four pixels around a position, of images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brightest;

impl<I: Pixel, O: Pixel> Resampler<I, O> for Brightest {
    fn support(&self, at: &Coords) -> Vec<f64> {
        vec![1.0; at.block.ndim()]
    }

    fn resample(&self, at: &Coords, src: &View<'_, I>, mut out: Patch<'_, O>, watch: &dyn Watch) {
        let [x, y] = &at.groups[0].columns[..] else { return };
        let mut places = x.iter().zip(y);
        for (mut data, mut weight) in out.data.rows_mut().into_iter().zip(out.weight.rows_mut()) {
            if watch.cancelled() {
                return;
            }
            for (value, weight) in data.iter_mut().zip(weight.iter_mut()) {
                let Some((x, y)) = places.next() else { return };
                let around = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)].into_iter();
                // A cast of NaN or of a negative number is 0: what is no pixel index is left out first.
                let near = around.map(|(u, v)| [y.floor() + v, x.floor() + u]);
                let taps = near.filter(|p| p.iter().all(|p| *p >= 0.0)).filter_map(|[row, column]| {
                    Some(src.data[src.tap(0, row as usize)? + src.tap(1, column as usize)?].to_f64())
                });
                if let Some(most) = taps.reduce(f64::max) {
                    (*value, *weight) = (O::from_f64(most), 1.0);
                }
            }
        }
    }
}
