//! Quadratic and cubic splines: the interpolating splines of `scipy.ndimage.map_coordinates(order=2 or 3)`, with
//! coefficients computed tile by tile instead of for the whole input.

mod axis;
mod basis;
mod eval;
mod lines;
mod prefilter;
mod wanted;

use super::walk::{self, Rows, Walk};
use super::{Blanks, Interpolate, Order, Resampler};
use crate::{Coords, Patch, Pixel, Region, Topology, View, Watch, dispatch, window};
use axis::Axis;
use prefilter::Prefilter;
use serde::{Deserialize, Serialize};

/// Quadratic spline interpolation along every mapped axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Biquadratic;

/// Cubic spline interpolation along every mapped axis.
///
/// The spline passes through every pixel. At an edge of the input it is mirrored about the last pixel's centre, and in the
/// outer half of edge pixels the value at their centre is held, the rule of `reproject`; an input that closes around the
/// sky has no such edges.
///
/// Pixels that are not finite do not reach beyond the spline's support: they are filled for the filter (linearly along
/// rows, then columns), and a value is NaN if one of the 4 (quadratic: 3) pixels along every axis that the B-spline spans is
/// not finite and weighs more than 10⁻¹⁵. Along an axis on which the position is that of a pixel within 10⁻⁹, only that pixel
/// counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bicubic;

macro_rules! splines { ($($name:ident: $taps:literal $order:ident),*) => {$(
    impl<I: Pixel, O: Pixel> Resampler<I, O> for $name {
        fn support(&self, at: &Coords) -> Vec<f64> {
            // The farthest sample of a tile from a position that has but its last tap in it.
            vec![(axis::TILE + 2 + basis::margin::<$taps>() as i64) as f64; at.block.ndim() - at.leading()]
        }
        fn window(&self, at: &Coords, shape: &[usize]) -> Option<Region> {
            let topology = Topology::new(at, shape);
            plan::<$taps>(at, &topology).map(|plan| plan.window)
        }
        fn window_by_bounds(&self) -> bool {
            true
        }
        fn resample(&self, at: &Coords, src: &View<'_, I>, out: Patch<'_, O>, watch: &dyn Watch) {
            resample::<$taps, I, O>(&Interpolate::new(Order::$order), at, src, out, watch);
        }
        fn piece(&self) -> usize {
            512
        }
    }
)*} }
splines!(Biquadratic: 3 Quadratic, Bicubic: 4 Cubic);

/// Coefficients held for a block, unless it has this side.
const MOST: usize = 1 << 20;
const LEAST: usize = 32;

/// The coefficients that a block wants.
struct Plan {
    /// The coefficients along every mapped axis.
    taps: Vec<[i64; 2]>,
    /// The window of samples that they are made of.
    window: Region,
    /// Whether it reaches across a pole: then tiles want others on the opposite side.
    across: bool,
}

fn plan<const K: usize>(at: &Coords, topology: &Topology) -> Option<Plan> {
    let spans = window::spans(at, topology)?;
    let mut taps: Vec<_> = topology.axes().iter().zip(&spans).map(|(e, s)| Axis::taps(e, *s)).collect();
    let samples: Vec<_> = taps.iter().zip(topology.axes()).map(|(t, e)| Axis::samples::<K>(e, *t)).collect();
    let mut anywhere = false;
    for (k, ends) in topology.axes().iter().enumerate() {
        let n = ends.size as i64;
        let across = window::across(topology, &samples, k);
        anywhere |= across;
        if ends.joined && (across || taps[k][1] - taps[k][0] > n) {
            taps[k] = Axis::taps(ends, [0, n]);
        }
    }
    let window = window::enclose(at, topology, &samples)?;
    Some(Plan { taps, window, across: anywhere })
}

pub(super) fn resample<const K: usize, I: Pixel, O: Pixel>(
    options: &Interpolate,
    at: &Coords,
    src: &View<'_, I>,
    out: Patch<'_, O>,
    watch: &dyn Watch,
) {
    let topology = Topology::new(at, src.full);
    let Some(Plan { taps, across, .. }) = plan::<K>(at, &topology) else { return };
    let leading = at.leading();
    // Of a coarse output a block looks at more of the input than memory should hold coefficients of.
    let coefficients = taps.iter().map(|[low, stop]| (stop - low) as usize).product::<usize>();
    let longest = (leading..at.block.ndim()).max_by_key(|&k| at.block.shape[k]).unwrap_or(0);
    let half = at.block.shape.get(longest).map_or(0, |side| side / 2);
    if coefficients > MOST && half >= LEAST {
        let mut parts = [at.block.clone(), at.block.clone()];
        parts[0].shape[longest] = half;
        (parts[1].start[longest], parts[1].shape[longest]) =
            (at.block.start[longest] + half, at.block.shape[longest] - half);
        for (part, out) in parts.iter().zip(out.split_at(longest, half)) {
            resample::<K, I, O>(options, &at.part(part), src, out, watch);
        }
        return;
    }
    let axes: Vec<Axis> = (0..taps.len())
        .map(|k| Axis {
            ends: topology.axes()[k],
            start: src.window.start[leading + k] as i64,
            len: src.window.shape[leading + k],
            low: taps[k][0],
            stop: taps[k][1],
        })
        .collect();
    let wanted = wanted::wanted::<K>(at, &axes, across);
    let strides = &src.strides[leading..];
    let walk = Walk::new(at);
    let mut out = Rows::new(out, walk.rows);
    let values = eval::Values { options, walk: &walk, axes: &axes, watch };
    let fill = match options.blanks() {
        Blanks::Fill(fill) => Some(fill),
        _ => None,
    };
    for (number, offset) in walk::planes(at, src).into_iter().enumerate() {
        if watch.cancelled() {
            return;
        }
        let plane = &src.data[offset..];
        let coefficients =
            dispatch(Prefilter::<K, I> { axes: &axes, plane, strides, wanted: &wanted, fill, across });
        values.plane::<K, I, O>(&coefficients, plane, strides, number, &mut out);
    }
}
