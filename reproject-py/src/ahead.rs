//! Positions asked of coordinate systems of Python ahead, for a slab of the output at a time: a call costs as much as thousands of
//! positions. Inputs that fold are asked ahead, too: which part of them is seen is found for all of their pixels together. The slabs
//! depend on the shape of the output alone, so that every block shape has the same positions.

use crate::map::Map;
use crate::resampler::{Kind, Resampler};
use reproject_core::{
    Coords, Corners, Exact, Kept, Lattice, PixelMap, Projection, Region, Result, Surveyed, Watch,
};
use std::sync::Arc;

/// Positions that are held at once.
const HELD: usize = 1 << 22;
const HELD_BY_OVERLAPS: usize = 1 << 20;
/// Bytes of a pixel in exact overlap: its corner on the input, and both of them on the sky, while they are copied.
const OVERLAP: usize = 128;
/// Bytes of an input pixel more where the input folds: which way round it runs, and whether it is seen.
const FOLD: usize = 2;
/// Positions in one call at most, and the bytes that Python takes for each of them meanwhile (astropy and gwcs: 120 to 150).
const CALL: usize = 1 << 19;
const DURING: usize = 160;
/// Pixels of a block that are worth a call.
const WORTH: usize = 1 << 16;

/// Corners of the input that one slab leaves to the next.
pub(crate) type Left = Corners<Arc<dyn Projection>>;

/// Map and resampler for one slab.
pub(crate) struct Ahead {
    pub(crate) map: Arc<dyn PixelMap>,
    pub(crate) resampler: Resampler,
}

impl Ahead {
    /// Asks for all that the pixels of a slab need, on an input of `shape`.
    pub(crate) fn new(
        map: &Map,
        resampler: &Resampler,
        slab: &Region,
        shape: &[usize],
        left: &mut Option<Left>,
        watch: &dyn Watch,
    ) -> Result<Self> {
        let mut ahead = Self::planned(map, resampler, slab, shape, watch)?;
        if let Kind::Surveyed(resampler) = &ahead.resampler.kind {
            let at = Coords::on(slab, Lattice::CORNERS, &ahead.map, shape);
            let resampler = (**resampler).clone().with_corners(&at, shape, left.as_ref(), watch)?;
            *left = Some(resampler.corners().clone());
            ahead.resampler = Resampler { kind: Kind::Surveyed(Arc::new(resampler)) };
        }
        Ok(ahead)
    }

    /// Asks for the positions that the windows of a slab's pixels depend on.
    pub(crate) fn planned(
        map: &Map,
        resampler: &Resampler,
        slab: &Region,
        shape: &[usize],
        watch: &dyn Watch,
    ) -> Result<Self> {
        let Kind::Overlap(Exact { input, output }, [from, to]) = &resampler.kind else {
            let lattice = reproject_core::Resampler::<f64, f64>::lattice(&*resampler.typed::<f64, f64>());
            let map = Arc::new(Kept::positions(map.inner.clone(), slab, lattice, watch)?);
            return Ok(Self { map, resampler: resampler.clone() });
        };
        let mut output = output.clone();
        if *to {
            output = Arc::new(Kept::directions(output, slab, Lattice::CORNERS, watch)?);
        }
        let map = map.with_output(&output);
        let map = Arc::new(Kept::positions(map, slab, Lattice::CORNERS, watch)?);
        let kind = if *from {
            let at = Coords::on(slab, Lattice::CORNERS, &map, shape);
            Kind::Surveyed(Arc::new(Surveyed::new(input.clone(), &output, &at)?))
        } else {
            Kind::Overlap(Exact { input: input.clone(), output }, [false, true])
        };
        Ok(Self { map, resampler: Resampler { kind } })
    }
}

/// Whether to ask ahead, which is done where Python is called, and where overlaps ask for all of the input.
pub(crate) fn wanted(map: &Map, resampler: &Resampler) -> bool {
    map.calls || matches!(resampler.kind, Kind::Overlap(_, [true, _]))
}

/// The slabs of a region whose last `mapped` axes have positions, for `held` of those at once, or as many as are left to us.
pub(crate) fn slabs(
    region: &Region,
    mapped: usize,
    resampler: &Resampler,
    held: Option<usize>,
) -> impl ExactSizeIterator<Item = Region> + use<> {
    let most = if matches!(resampler.kind, Kind::Overlap(..)) { HELD_BY_OVERLAPS } else { HELD };
    let sites = mapped_pixels(region, mapped);
    bands(region, mapped, sites.div_ceil(held.unwrap_or(most).clamp(1, most)))
}

/// Blocks for so many workers, each of which asks for itself.
pub(crate) fn blocks(shape: &[usize], mapped: usize, workers: usize) -> Vec<Region> {
    let whole = Region::whole(shape);
    let pixels = mapped_pixels(&whole, mapped);
    bands(&whole, mapped, (pixels / WORTH).min(workers).max(pixels.div_ceil(1 << 18))).collect()
}

/// Bytes that a run holds at most for positions asked ahead, on top of its blocks; the input has `shape`.
pub(crate) fn bytes(map: &Map, resampler: &Resampler, output: &[usize], shape: &[usize]) -> usize {
    let mapped = map.inner.groups().iter().sum::<usize>();
    let first = slabs(&Region::whole(output), mapped, resampler, None).next();
    let Some(slab) = first.filter(|_| wanted(map, resampler)) else { return 0 };
    let product = |sides: &[usize]| sides.iter().fold(1usize, |n, &side| n.saturating_mul(side));
    let pixels = product(&slab.shape[output.len() - mapped..]);
    let kept = match resampler.kind {
        Kind::Overlap(Exact { ref input, .. }, [from, _]) => {
            let corners = if from { product(&shape[shape.len() - mapped..]) } else { 0 };
            let each = 3 * size_of::<f64>() + if input.folds() { FOLD } else { 0 };
            pixels.saturating_mul(OVERLAP).saturating_add(corners.saturating_mul(each))
        }
        _ => pixels.saturating_mul(mapped * size_of::<f64>()),
    };
    kept.saturating_add(pixels.min(CALL).saturating_mul(DURING))
}

/// Pixels of a region along its last `mapped` axes.
fn mapped_pixels(region: &Region, mapped: usize) -> usize {
    region.shape[region.ndim() - mapped..].iter().product()
}

/// A region cut along the first of its last `mapped` axes into so many parts, of much the same size.
fn bands(region: &Region, mapped: usize, parts: usize) -> impl ExactSizeIterator<Item = Region> + use<> {
    let (region, axis) = (region.clone(), region.ndim() - mapped);
    let rows = region.shape.get(axis).copied();
    let count = rows.map_or(1, |rows| parts.clamp(1, rows.max(1)));
    (0..count).map(move |k| {
        let mut band = region.clone();
        if let Some(rows) = rows {
            let [from, to] = [k, k + 1].map(|k| rows * k / count);
            (band.start[axis], band.shape[axis]) = (region.start[axis] + from, to - from);
        }
        band
    })
}
