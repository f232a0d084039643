//! Work cut into blocks, and the one place where a block of a reprojection is run.

use crate::resample::MOST_AXES;
use crate::{
    ArraySource, Coords, Error, Grid, Patch, Pixel, PixelMap, Region, Resampler, Result, Tile, View, Watch,
    addressable,
};
use ndarray::{ArrayD, ArrayViewMutD, Axis, IxDyn, Slice};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use tracing::trace_span;

/// Bytes of input held at once for one piece of a block, where the source has to copy.
pub(crate) const WINDOW_BYTES: usize = 8 << 20;

/// The side of the pieces that most work is done in.
pub(crate) const PIECE: usize = 128;

/// Work that can be done one block at a time, in any order, anywhere.
pub trait Job: Send + Sync {
    /// The type of the results.
    type Pixel: Pixel;
    /// The shape of the whole result.
    fn shape(&self) -> &[usize];
    /// The side of the pieces that the work is done in, as [`Resampler::piece`].
    fn piece(&self) -> usize {
        PIECE
    }
    /// The blocks to run: of shape `chosen`, or where none is given those that [suit any executor](Grid::shared).
    ///
    /// # Errors
    /// Those of [`Grid::new`].
    fn blocks(&self, chosen: Option<&[usize]>) -> Result<Grid> {
        Grid::chosen(self.shape(), chosen, self.piece())
    }
    /// Computes one block into `tile`, whose former region and contents are dropped and whose memory is used again. The
    /// values do not depend on how the result is cut into blocks.
    ///
    /// # Errors
    /// If the input cannot be read, the map failed, or the watch says stop.
    fn run_into(&self, block: &Region, tile: &mut Tile<Self::Pixel>, watch: &dyn Watch) -> Result<()>;
    /// Computes one block into a new tile.
    ///
    /// # Errors
    /// Those of [`Job::run_into`].
    fn run(&self, block: &Region, watch: &dyn Watch) -> Result<Tile<Self::Pixel>> {
        let mut tile = Tile::empty();
        self.run_into(block, &mut tile, watch)?;
        Ok(tile)
    }
}

macro_rules! pointers { ($($p:ty),*) => {$(
    impl<J: Job + ?Sized> Job for $p {
        type Pixel = J::Pixel;
        fn shape(&self) -> &[usize] { (**self).shape() }
        fn piece(&self) -> usize { (**self).piece() }
        fn blocks(&self, chosen: Option<&[usize]>) -> Result<Grid> { (**self).blocks(chosen) }
        fn run_into(&self, block: &Region, tile: &mut Tile<J::Pixel>, watch: &dyn Watch) -> Result<()> {
            (**self).run_into(block, tile, watch)
        }
        fn run(&self, block: &Region, watch: &dyn Watch) -> Result<Tile<J::Pixel>> { (**self).run(block, watch) }
    }
)*} }
pointers!(&J, Box<J>, std::sync::Arc<J>);

/// One array reprojected: a map from output to input pixels, a resampler and a source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reproject<I, O, M, R, S> {
    shape: Vec<usize>,
    map: M,
    resampler: R,
    source: S,
    fill: O,
    input: PhantomData<fn() -> I>,
}

/// The job that reprojects the pixels of `source` (type `I`) onto an output of `shape` (type `O`); [`Reproject::new`] is the
/// same with its types known, to be sent to other processes or planned.
///
/// `map` leads from output to input pixels. Axes come in array order; those before the map's are broadcast.
///
/// # Errors
/// Those of [`Reproject::new`].
pub fn reproject<I: Pixel, O: Pixel>(
    shape: &[usize],
    map: impl PixelMap,
    resampler: impl Resampler<I, O>,
    source: impl ArraySource<I>,
) -> Result<impl Job<Pixel = O>> {
    Reproject::new(shape, map, resampler, source)
}

impl<I: Pixel, O: Pixel, M: PixelMap, R: Resampler<I, O>, S: ArraySource<I>> Reproject<I, O, M, R, S> {
    /// A job whose output has `shape`; pixels without input become NaN.
    ///
    /// # Errors
    /// If the output is larger than what can be addressed, output and input differ in their number of axes or in a broadcast
    /// axis, the resampler does not do such maps, or `O` has no NaN (use [`Reproject::with_fill`]).
    pub fn new(shape: &[usize], map: M, resampler: R, source: S) -> Result<Self> {
        let fill = O::BLANK.ok_or_else(|| {
            Error::invalid("fill", "an integer output has no NaN: give the value of pixels without input")
        })?;
        Self::with_fill(shape, map, resampler, source, fill)
    }

    /// A job whose pixels without input become `fill`; otherwise that of [`Reproject::new`].
    ///
    /// # Errors
    /// Those of [`Reproject::new`].
    pub fn with_fill(shape: &[usize], map: M, resampler: R, source: S, fill: O) -> Result<Self> {
        addressable("output", shape, size_of::<O>())?;
        let (input, mapped) = (source.shape(), map.groups().iter().sum::<usize>());
        if input.len() != shape.len() {
            let (expected, found) = (input.to_vec(), shape.to_vec());
            return Err(Error::Shape { what: "output (one axis for each of the input)", expected, found });
        }
        let Some(leading) = shape.len().checked_sub(mapped) else {
            let why = format!("the map has {mapped} axes, the array only {}", shape.len());
            return Err(Error::invalid("input", why));
        };
        resampler.check(&map.groups(), leading)?;
        if mapped > MOST_AXES {
            let why = format!("{mapped} axes; maps of up to {MOST_AXES} can be interpolated");
            return Err(Error::invalid("map", why));
        }
        if input[..leading] != shape[..leading] {
            let (expected, found) = (input[..leading].to_vec(), shape[..leading].to_vec());
            return Err(Error::Shape { what: "broadcast axes of the output", expected, found });
        }
        Ok(Self { shape: shape.to_vec(), map, resampler, source, fill, input: PhantomData })
    }

    /// The source of the pixels.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// The map from output to input pixels.
    pub fn map(&self) -> &M {
        &self.map
    }

    /// The resampler, which makes values of input pixels.
    pub fn resampler(&self) -> &R {
        &self.resampler
    }

    /// The pieces that a block is computed in.
    pub(crate) fn pieces(&self, block: &Region) -> Result<Grid> {
        let leading = self.shape.len() - self.map.groups().iter().sum::<usize>();
        // More than two mapped axes fill the memory fast.
        let side = (self.resampler.piece() >> (self.shape.len() - leading).saturating_sub(2)).max(1);
        let piece: Vec<usize> =
            (0..block.ndim()).map(|k| if k < leading { block.shape[k].max(1) } else { side }).collect();
        Grid::of(block.clone(), &piece)
    }
}

impl<I: Pixel, O: Pixel, M: PixelMap, R: Resampler<I, O>, S: ArraySource<I>> Job
    for Reproject<I, O, M, R, S>
{
    type Pixel = O;

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn piece(&self) -> usize {
        self.resampler.piece()
    }

    fn run_into(&self, block: &Region, tile: &mut Tile<O>, watch: &dyn Watch) -> Result<()> {
        block.check("block", &self.shape)?;
        tile.reset(block, self.fill);
        let parts = Parts { map: &self.map, how: &self.resampler, source: &self.source };
        for piece in self.pieces(block)?.iter() {
            if watch.cancelled() {
                return Err(Error::Cancelled);
            }
            let out = tile.patch(&piece);
            run(&parts, &piece, out, watch)?;
        }
        if watch.cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(())
    }
}

struct Parts<'a, I: Pixel, O: Pixel> {
    map: &'a dyn PixelMap,
    how: &'a dyn Resampler<I, O>,
    source: &'a dyn ArraySource<I>,
}

/// Runs one piece: coordinates once, then the window of the input, as it lies or as many planes at a time as memory allows.
fn run<I: Pixel, O: Pixel>(
    parts: &Parts<'_, I, O>,
    piece: &Region,
    mut out: Patch<'_, O>,
    watch: &dyn Watch,
) -> Result<()> {
    let &Parts { map, how, source } = parts;
    let full = source.shape();
    let mut at = trace_span!("map").in_scope(|| Coords::on(piece, how.lattice(), map, full));
    if let Some(error) = map.failure() {
        return Err(error);
    }
    let window = trace_span!("plan").in_scope(|| how.window(&at, full));
    let Some(window) = window else { return Ok(()) };
    // What is in memory is shown whole where the window crosses a seam.
    let mut shown = window.clone();
    for k in (0..window.ndim()).filter(|&k| window.stop(k) > full[k]) {
        (shown.start[k], shown.shape[k]) = (0, full[k]);
    }
    watch.read((window.len() as u64).saturating_mul(size_of::<I>() as u64));
    if let Some(strided) = source.resident(&shown) {
        let view = View { window: shown, full, data: strided.data, strides: strided.strides };
        trace_span!("resample").in_scope(|| how.resample(&at, &view, out, watch));
        return Ok(());
    }
    // Planes along the first axis, if it is broadcast.
    let planes = if at.leading() > 0 { window.shape[0] } else { 1 };
    let bytes = (window.len() / planes).saturating_mul(size_of::<I>());
    let step = (WINDOW_BYTES / bytes.max(1)).clamp(1, planes);
    for first in (0..planes).step_by(step) {
        let mut part = window.clone();
        if at.leading() > 0 {
            (part.start[0], part.shape[0]) = (window.start[0] + first, step.min(planes - first));
            (at.block.start[0], at.block.shape[0]) = (part.start[0], part.shape[0]);
        }
        let mut buffer = ArrayD::from_elem(IxDyn(&part.shape), I::default());
        trace_span!("read").in_scope(|| read(source, &part, buffer.view_mut()))?;
        let strides = buffer.strides().iter().map(|&s| s as usize).collect();
        let data = buffer.as_slice().expect("a fresh array is dense");
        let here = if at.leading() > 0 { Slice::from(first..first + part.shape[0]) } else { Slice::from(..) };
        let out = Patch {
            data: out.data.slice_axis_mut(Axis(0), here),
            weight: out.weight.slice_axis_mut(Axis(0), here),
        };
        let view = View { window: part, full, data, strides };
        trace_span!("resample").in_scope(|| how.resample(&at, &view, out, watch));
        if watch.cancelled() {
            return Err(Error::Cancelled);
        }
    }
    Ok(())
}

/// Reads a window that may cross seams: in two parts along every axis that it wraps around.
fn read<I: Pixel>(source: &dyn ArraySource<I>, window: &Region, mut out: ArrayViewMutD<'_, I>) -> Result<()> {
    let full = source.shape();
    let Some(k) = (0..window.ndim()).find(|&k| window.stop(k) > full[k]) else {
        return source.read(window, out);
    };
    let before = full[k] - window.start[k];
    for (start, offset, len) in [(window.start[k], 0, before), (0, before, window.shape[k] - before)] {
        let mut part = window.clone();
        (part.start[k], part.shape[k]) = (start, len);
        read(source, &part, out.slice_axis_mut(Axis(k), Slice::from(offset..offset + len)))?;
    }
    Ok(())
}
