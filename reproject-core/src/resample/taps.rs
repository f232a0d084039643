//! The plain definition of a weighted mean over the pixels around a position: for any number of axes, for values that are not
//! finite, and across seams and poles. What is faster says the same.

use super::walk::{Interpolator, Row};
use super::{Blanks, Interpolate, axis::Axis, store};
use crate::{Coords, Pixel, Topology, View};

/// The most axes that a map may have.
pub(crate) const MOST_AXES: usize = 8;

/// Weights along an axis of no more than this are those of pixels that carry none.
const LEAST: f64 = 1e-15;

/// The mapped axes of an input, and the choices of an interpolator.
pub(super) struct Taps {
    pub(super) axes: Vec<Axis>,
    topology: Topology,
    pub(super) options: Interpolate,
}

/// The first of `TAPS` pixels around a position, and where among them it lies: past pixel ⌊x⌋ by `t` in [0, 1) where their
/// number is even, from the nearest pixel by `t` in [−½, ½) where it is odd.
#[inline(always)]
pub(super) fn split<const TAPS: usize>(at: f64) -> (f64, f64) {
    let middle = if TAPS % 2 == 1 { (at + 0.5).floor() } else { at.floor() };
    (middle - ((TAPS - 1) / 2) as f64, at - middle)
}

impl Taps {
    pub(super) fn new<I>(at: &Coords, src: &View<'_, I>, options: &Interpolate) -> Self {
        let topology = Topology::new(at, src.full);
        Self { axes: Axis::all(&topology, src), topology, options: *options }
    }

    /// A value and its footprint; `None` off the input. Pixels beyond an edge are left out.
    #[inline(never)]
    pub(super) fn point<const TAPS: usize, I: Pixel>(
        &self,
        plane: &[I],
        at: impl Fn(usize) -> f64,
        weights: impl Fn(f64) -> [f64; TAPS],
    ) -> Option<(f64, f64)> {
        let n = self.axes.len();
        let (mut first, mut along) = ([0; MOST_AXES], [[0.0; TAPS]; MOST_AXES]);
        for (k, axis) in self.axes.iter().enumerate() {
            if !axis.holds(at(k)) {
                return None;
            }
            let (low, t) = split::<TAPS>(axis.held(axis.whole(at(k))));
            (first[k], along[k]) = (low as i64, weights(t));
        }
        // Sums of deviations from the first finite pixel keep a constant constant.
        let (mut base, mut sum, mut all, mut there, mut valid) = (None, 0.0, 0.0, 0.0, 0.0);
        'taps: for tap in 0..TAPS.pow(n as u32) {
            let (mut index, mut weight, mut rest) = ([0; MOST_AXES], 1.0, tap);
            for k in 0..n {
                let w = along[k][rest % TAPS];
                if w.abs() <= LEAST {
                    continue 'taps;
                }
                weight *= w;
                index[k] = first[k] + (rest % TAPS) as i64;
                rest /= TAPS;
            }
            if !self.topology.locate(&mut index[..n]) {
                continue;
            }
            let places =
                self.axes.iter().zip(&index).map(|(axis, i)| axis.place(*i as f64) as usize * axis.stride);
            let value = plane[places.sum::<usize>()].to_f64();
            let finite = value.is_finite();
            there += weight;
            valid += if finite { weight } else { 0.0 };
            let value = match self.options.blanks() {
                Blanks::Ignore { .. } if !finite => continue,
                Blanks::Fill(fill) if !finite => fill,
                _ => value,
            };
            let base = *base.get_or_insert(if value.is_finite() { value } else { 0.0 });
            sum += weight * (value - base);
            all += weight;
        }
        let valid = valid / there;
        let value = match (self.options.blanks(), base) {
            (Blanks::Ignore { least }, Some(base)) if valid >= least => base + sum / all,
            (Blanks::Ignore { .. }, _) => f64::NAN,
            (_, base) => base.map_or(f64::NAN, |base| base + sum / all),
        };
        Some((value, self.options.weight(value, valid.clamp(0.0, 1.0))))
    }
}

/// An interpolator that does so for any number of axes, point by point, with the weights along an axis.
pub(super) struct Each<W, const TAPS: usize> {
    pub(super) taps: Taps,
    pub(super) weights: W,
}

impl<I: Pixel, O: Pixel, W: Fn(f64) -> [f64; TAPS], const TAPS: usize> Interpolator<I, O> for Each<W, TAPS> {
    type Table = ();

    #[inline(always)]
    fn prepare(&self, _: &Row<'_>, _: &mut ()) -> bool {
        true
    }

    #[inline(always)]
    fn apply(&self, _: &(), at: &Row<'_>, plane: &[I], data: &mut [O], weight: &mut [f64]) {
        for (i, (data, weight)) in data.iter_mut().zip(weight).enumerate() {
            if let Some((value, valid)) = self.taps.point(plane, |k| at.get(k, i), &self.weights) {
                (*data, *weight) = (store(value, *data), valid);
            }
        }
    }
}
