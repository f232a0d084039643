//! One mapped axis of an input as nearest neighbour and linear interpolation see it.

use crate::{Ends, Topology, View, topology::TIE};

/// One mapped axis: its size, where the window starts, and the step between its pixels.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) ends: Ends,
    pub(super) size: f64,
    first: f64,
    pub(super) stride: usize,
    /// The positions that lie on the input.
    reach: [f64; 2],
    /// Positions before the first or behind the second have pixels across a seam or a pole.
    beyond: [f64; 2],
}

impl Axis {
    /// The mapped axes of a window, in array order.
    pub(super) fn all<I>(topology: &Topology, src: &View<'_, I>) -> Vec<Axis> {
        let leading = src.full.len() - topology.axes().len();
        let axis = |(k, ends): (usize, &Ends)| {
            let size = ends.size as f64;
            let goes_on = ends.poles.map(|pole| pole.is_some() || ends.joined);
            Axis {
                ends: *ends,
                size,
                first: src.window.start[leading + k] as f64,
                stride: src.strides[leading + k],
                reach: ends.reach(),
                beyond: [
                    if goes_on[0] { 0.0 } else { f64::NEG_INFINITY },
                    if goes_on[1] { size - 1.0 } else { f64::INFINITY },
                ],
            }
        };
        topology.axes().iter().enumerate().map(axis).collect()
    }

    /// Whether a position lies on the input; false for NaN.
    #[inline(always)]
    pub(super) fn holds(&self, at: f64) -> bool {
        (at >= self.reach[0]) & (at <= self.reach[1])
    }

    /// Whether pixels around a position lie across a seam or a pole.
    #[inline(always)]
    pub(super) fn crosses(&self, at: f64) -> bool {
        (at < self.beyond[0]) | (at > self.beyond[1])
    }

    /// A position, or the pixel that it is the centre of but for rounding: that pixel alone carries weight.
    #[inline(always)]
    pub(super) fn whole(&self, at: f64) -> f64 {
        let whole = at.round();
        if (at - whole).abs() <= TIE { whole } else { at }
    }

    /// A position in the outer half of an edge pixel, brought to its centre: the value is held there, the rule of `reproject`.
    #[inline(always)]
    pub(super) fn held(&self, at: f64) -> f64 {
        if self.crosses(at) { at } else { at.max(0.0).min(self.size - 1.0) }
    }

    /// The place of a pixel in the window, which may go on beyond a seam.
    #[inline(always)]
    pub(super) fn place(&self, index: f64) -> f64 {
        let place = index - self.first;
        if place < 0.0 { place + self.size } else { place }
    }

    /// The pixel that a position which [holds](Self::holds) falls on.
    #[inline(always)]
    pub(super) fn nearest(&self, at: f64) -> f64 {
        let index = (at + (0.5 + TIE)).floor();
        let wrapped = if index >= self.size { index - self.size } else { index };
        let index = if self.ends.joined { wrapped } else { index };
        index.max(0.0).min(self.size - 1.0)
    }

    /// The lower of the two pixels around a position that [holds](Self::holds) and does not [cross](Self::crosses), and
    /// the weight of the upper.
    #[inline(always)]
    pub(super) fn split(&self, at: f64) -> (f64, f64) {
        let at = at.max(0.0).min(self.size - 1.0);
        let low = at.floor().min((self.size - 2.0).max(0.0));
        (low, at - low)
    }

    /// Elements from the lower pixel to the upper; none on an axis of one pixel.
    #[inline(always)]
    pub(super) fn step(&self) -> usize {
        if self.size > 1.0 { self.stride } else { 0 }
    }
}
