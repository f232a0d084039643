//! Nearest neighbour: the value of the input pixel that the position falls on, exactly, for every pixel type.

use super::walk::{self, Row, STRIP};
use super::{Blanks, Footprint, Interpolate, Order, Resampler, axis::Axis};
use crate::simd::{gather, whole};
use crate::{Coords, Patch, Pixel, Region, Topology, View, Watch};
use serde::{Deserialize, Serialize};

/// Nearest neighbour. Values are copied, so integers of every width stay exact; defined to the outer edge of edge pixels.
/// Positions within 10⁻⁹ pixels of the border between two pixels go to the upper one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearest;

impl<I: Pixel, O: Pixel> Resampler<I, O> for Nearest {
    fn support(&self, at: &Coords) -> Vec<f64> {
        vec![1.0; at.block.ndim() - at.leading()]
    }
    fn window(&self, at: &Coords, shape: &[usize]) -> Option<Region> {
        at.window_across(0, shape)
    }
    fn window_by_bounds(&self) -> bool {
        true
    }
    fn resample(&self, at: &Coords, src: &View<'_, I>, out: Patch<'_, O>, watch: &dyn Watch) {
        resample(&Interpolate::new(Order::Nearest), at, src, out, watch);
    }
}

pub(super) fn resample<I: Pixel, O: Pixel>(
    options: &Interpolate,
    at: &Coords,
    src: &View<'_, I>,
    out: Patch<'_, O>,
    watch: &dyn Watch,
) {
    let axes = Axis::all(&Topology::new(at, src.full), src);
    walk::walk(at, src, out, watch, &Copy { axes, options: *options });
}

struct Copy {
    axes: Vec<Axis>,
    options: Interpolate,
}

/// The elements that points fall on, and which points do fall on the input.
#[derive(Default)]
struct Table {
    element: Lanes<usize>,
    inside: Lanes<u64>,
}

/// One number for every point.
struct Lanes<T>([T; STRIP]);

impl<T: std::marker::Copy + Default> Default for Lanes<T> {
    fn default() -> Self {
        Self([T::default(); STRIP])
    }
}

impl<I: Pixel, O: Pixel> walk::Interpolator<I, O> for Copy {
    type Table = Table;

    #[inline(always)]
    fn prepare(&self, at: &Row<'_>, table: &mut Table) -> bool {
        // Element numbers fit f64 exactly: arrays hold fewer than 2⁵² pixels.
        let mut element = [0.0f64; STRIP];
        let mut inside = [1u64; STRIP];
        for (k, axis) in self.axes.iter().enumerate() {
            let mut spare = [0.0; STRIP];
            let p = at.along(k, &mut spare);
            for l in 0..STRIP {
                // NaN compares false: no such point.
                inside[l] &= u64::from(axis.holds(p[l]));
                element[l] += axis.place(axis.nearest(p[l])) * axis.stride as f64;
            }
        }
        for l in 0..STRIP {
            table.element.0[l] = if inside[l] == 1 { whole(element[l]) } else { 0 };
        }
        table.inside.0 = inside;
        inside.contains(&1)
    }

    fn elements<'t>(&self, table: &'t Self::Table) -> &'t [usize] {
        &table.element.0
    }

    #[inline(always)]
    fn apply(&self, table: &Table, _: &Row<'_>, plane: &[I], data: &mut [O], weight: &mut [f64]) {
        let [value] = gather::<_, STRIP, 1>(plane, &table.element.0, [0]);
        let inside = &table.inside.0;
        if self.options.blanks() == Blanks::Propagate && self.options.footprint() != Footprint::Valid {
            // What a blank pixel counts.
            let blank = if self.options.footprint() == Footprint::Known { 0.0 } else { 1.0 };
            for (l, (data, weight)) in data.iter_mut().zip(weight).enumerate() {
                let copy = if value[l].is_blank() { O::BLANK } else { O::from(value[l]) };
                let covered = if value[l].is_blank() { blank } else { 1.0 };
                *data = if inside[l] == 1 { copy.unwrap_or(*data) } else { *data };
                *weight = if inside[l] == 1 { covered } else { *weight };
            }
            return;
        }
        for (l, (data, weight)) in data.iter_mut().zip(weight).enumerate().filter(|(l, _)| inside[*l] == 1) {
            let number = value[l].to_f64();
            let valid = if number.is_finite() { 1.0 } else { 0.0 };
            let (copy, number) = match self.options.blanks() {
                Blanks::Fill(fill) if valid == 0.0 => (Some(O::from_f64(fill)), fill),
                Blanks::Ignore { .. } if valid == 0.0 => (O::BLANK, f64::NAN),
                _ if value[l].is_blank() => (O::BLANK, f64::NAN),
                _ => (O::from(value[l]), number),
            };
            *data = copy.unwrap_or(*data);
            *weight = self.options.weight(number, valid);
        }
    }
}
