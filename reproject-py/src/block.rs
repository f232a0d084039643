//! One output block from the input chunks that it needs, as a task graph runs it: which chunks those are, and the block itself.

use crate::ahead::{self, Ahead, slabs};
use crate::buffer;
use crate::error::exception;
use crate::map::Map;
use crate::parts::Parts;
use crate::resampler::Resampler;
use crate::watch::{POLL, Watcher};
use numpy::{
    Element as NumpyElement, PyArrayDyn, PyArrayMethods, PyReadwriteArrayDyn, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use reproject_chunk::{Element, Format};
use reproject_core::{
    ArraySink, DenseSink, Error, Grid, Job, Pixel, PixelMap, Plan, Region, Reproject, Result, Tile, Watch,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};

/// A reprojection without its pixels: map, resampler and shapes.
#[pyclass(frozen, module = "reproject_rs._reproject_rs")]
pub(crate) struct Blocks {
    map: Py<Map>,
    inner: Arc<dyn PixelMap>,
    resampler: Resampler,
    input: Vec<usize>,
    output: Vec<usize>,
}

#[pymethods]
impl Blocks {
    /// The reprojection of an array of shape `input` into one of shape `output`.
    #[new]
    fn new(
        map: Bound<'_, Map>,
        resampler: &Resampler,
        input: Vec<usize>,
        output: Vec<usize>,
    ) -> PyResult<Self> {
        let inner = map.get().inner.clone();
        let blocks = Self { map: map.unbind(), inner, resampler: resampler.clone(), input, output };
        // Every rule about shapes is checked here, once.
        blocks.job::<f64, f64>(None, &Parts::new(&blocks.input, vec![])).map_err(exception)?;
        Ok(blocks)
    }

    /// The number of mapped axes: the last ones. Axes before them are broadcast, block by block and chunk by chunk.
    #[getter]
    fn mapped(&self) -> usize {
        self.inner.groups().iter().sum()
    }

    /// The input chunks that every output block needs, over the mapped axes.
    ///
    /// `blocks` and `chunks` are the borders along every mapped axis, from 0 to its length. The result is, for blocks in C
    /// order, the first of its entries in the list of chunk numbers (also in C order), and that list. Windows are read with
    /// `pad` pixels more on every side.
    #[pyo3(signature = (blocks, chunks, pad = 0))]
    fn needs(
        &self,
        py: Python<'_>,
        blocks: Vec<Vec<usize>>,
        chunks: Vec<Vec<usize>>,
        pad: usize,
    ) -> PyResult<(Vec<u64>, Vec<u32>)> {
        let n = self.mapped();
        let bordered = |all: &[Vec<usize>], shape: &[usize]| {
            all.len() == n
                && all.iter().zip(&shape[shape.len() - n..]).all(|(borders, size)| {
                    borders.first() == Some(&0) && borders.last() == Some(size) && borders.is_sorted()
                })
        };
        if !bordered(&blocks, &self.output) || !bordered(&chunks, &self.input) {
            return Err(PyValueError::new_err("borders lead from 0 to the length of every mapped axis"));
        }
        let watch = Watcher::new(0, None);
        let lists = py.detach(|| self.lists(&blocks, &chunks, pad, &watch));
        let lists = lists.map_err(|e| watch.exception().unwrap_or_else(|| self.raised(e)))?;
        let mut first = vec![0];
        first.extend(lists.iter().scan(0, |sum, list| {
            *sum += list.len() as u64;
            Some(*sum)
        }));
        Ok((first, lists.into_iter().flatten().collect()))
    }

    /// Computes the block that starts at `start` into `output` and `footprint`, from chunks given with their first pixel.
    fn run(
        &self,
        py: Python<'_>,
        start: Vec<usize>,
        chunks: Vec<(Vec<usize>, Bound<'_, PyUntypedArray>)>,
        output: &Bound<'_, PyUntypedArray>,
        footprint: Option<Bound<'_, PyArrayDyn<f64>>>,
    ) -> PyResult<()> {
        let parts = chunks.into_iter().map(|(start, array)| Ok((start, buffer::source(&array)?)));
        let parts = Parts::new(&self.input, parts.collect::<PyResult<_>>()?);
        let mut footprint = footprint.map(|f| f.try_readwrite()).transpose()?;
        if let Ok(output) = output.cast::<PyArrayDyn<f64>>() {
            self.typed(py, &start, parts, output.try_readwrite()?, footprint.as_mut())
        } else if let Ok(output) = output.cast::<PyArrayDyn<f32>>() {
            self.typed(py, &start, parts, output.try_readwrite()?, footprint.as_mut())
        } else {
            Err(PyTypeError::new_err("the output is an array of float32 or float64 in native byte order"))
        }
    }
}

impl Blocks {
    /// The job of all blocks, or of those that were asked `ahead` for.
    fn job<'a, I: Element, O: Pixel>(
        &'a self,
        ahead: Option<&'a Ahead>,
        parts: &'a Parts,
    ) -> Result<Reproject<I, O, &'a dyn PixelMap, Arc<dyn reproject_core::Resampler<I, O>>, &'a Parts>> {
        let (map, resampler) =
            ahead.map_or((&self.inner, &self.resampler), |ahead| (&ahead.map, &ahead.resampler));
        Reproject::new(&self.output, &**map, resampler.typed::<I, O>(), parts)
    }

    fn typed<O: Pixel + NumpyElement>(
        &self,
        py: Python<'_>,
        start: &[usize],
        parts: Parts,
        mut output: PyReadwriteArrayDyn<'_, O>,
        footprint: Option<&mut PyReadwriteArrayDyn<'_, f64>>,
    ) -> PyResult<()> {
        if start.len() != output.ndim() {
            return Err(PyValueError::new_err("start and output have one entry an axis"));
        }
        let block = Region::new(start, output.shape());
        let sink = buffer::sink(&mut output, footprint)?;
        let done = py.detach(|| match parts.format() {
            Some(Format::F32) => self.block::<f32, O>(&parts, &block, &sink),
            // Every other type is exact in f64, 64-bit integers up to 2⁵³.
            _ => self.block::<f64, O>(&parts, &block, &sink),
        });
        // An exception in the last piece has stopped nothing any more.
        self.map.get().exception().map_or(Ok(()), Err).and(done.map_err(exception))
    }

    /// The exception of Python that the map ended with, or that of the engine.
    fn raised(&self, error: Error) -> PyErr {
        self.map.get().exception().unwrap_or_else(|| exception(error))
    }

    /// Computes one block, cell by cell: the memory of a cell is used again.
    fn block<I: Element, O: Pixel>(
        &self,
        parts: &Parts,
        block: &Region,
        sink: &DenseSink<'_, O>,
    ) -> Result<()> {
        let mut tile = Tile::blank(Region::whole(&vec![0; block.ndim()]), O::default());
        let mut left = None;
        for slab in self.slabs(block) {
            let map = self.map.get();
            let ahead =
                self.ahead().then(|| Ahead::new(map, &self.resampler, &slab, &self.input, &mut left, &()));
            let ahead = ahead.transpose()?;
            let job = self.job::<I, O>(ahead.as_ref(), parts)?;
            for cell in cells(&slab, self.resampler.piece())? {
                // No one watches one block: schedulers start and stop whole tasks.
                job.run_into(&cell, &mut tile, &())?;
                tile.region = cell.relative_to(&block.start);
                sink.write(&tile)?;
            }
        }
        Ok(())
    }

    fn ahead(&self) -> bool {
        ahead::wanted(self.map.get(), &self.resampler)
    }

    /// The parts of a block that positions are asked for.
    fn slabs(&self, block: &Region) -> Vec<Region> {
        if self.ahead() {
            slabs(block, self.mapped(), &self.resampler, None).collect()
        } else {
            vec![block.clone()]
        }
    }

    /// The chunk numbers of every block, on all processors, while this thread looks for Ctrl-C.
    fn lists(
        &self,
        blocks: &[Vec<usize>],
        chunks: &[Vec<usize>],
        pad: usize,
        watch: &Watcher,
    ) -> Result<Vec<Vec<u32>>> {
        let count: usize = blocks.iter().map(|b| b.len() - 1).product();
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
        let next = AtomicUsize::new(0);
        let (tell, told) = channel();
        let work = |tell: Sender<_>| {
            while !watch.cancelled() {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return;
                }
                let list = self.list(&self.numbered(index, blocks), chunks, pad);
                let failed = list.is_err();
                if tell.send((index, list)).is_err() || failed {
                    next.store(count, Ordering::Relaxed);
                }
            }
        };
        let mut lists = vec![Vec::new(); count];
        std::thread::scope(|scope| {
            for _ in 0..workers {
                let tell = tell.clone();
                scope.spawn(|| work(tell));
            }
            drop(tell);
            let (mut found, own) = (0, watch.own());
            loop {
                match told.recv_timeout(POLL) {
                    Ok((index, list)) => (lists[index], found) = (list?, found + 1),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) if found == count => return Ok(lists),
                    Err(RecvTimeoutError::Disconnected) => return Err(Error::Cancelled),
                }
                // The threads see that there is an exception; they end the channel.
                let _ = own.cancelled();
            }
        })
    }

    /// Block number `index` between borders, in the first plane.
    fn numbered(&self, mut index: usize, blocks: &[Vec<usize>]) -> Region {
        let leading = self.output.len() - blocks.len();
        let mut block = Region::new(vec![0; self.output.len()], vec![1; self.output.len()]);
        for (k, borders) in blocks.iter().enumerate().rev() {
            let i = index % (borders.len() - 1);
            index /= borders.len() - 1;
            block.start[leading + k] = borders[i];
            block.shape[leading + k] = borders[i + 1] - borders[i];
        }
        block
    }

    /// The chunks that one block needs, in order.
    fn list(&self, block: &Region, chunks: &[Vec<usize>], pad: usize) -> Result<Vec<u32>> {
        let (none, map) = (Parts::new(&self.input, vec![]), self.map.get());
        let leading = self.output.len() - chunks.len();
        let mut found = BTreeSet::new();
        // Where few positions tell, they are cheaper than all.
        let few =
            reproject_core::Resampler::<f64, f64>::window_by_bounds(&*self.resampler.typed::<f64, f64>());
        for slab in self.slabs(block) {
            let ahead =
                (self.ahead() && !few).then(|| Ahead::planned(map, &self.resampler, &slab, &self.input, &()));
            let ahead = ahead.transpose()?;
            let job = self.job::<f64, f64>(ahead.as_ref(), &none)?;
            // Chunks may be ragged: the plan is asked for windows only.
            let cells = cells(&slab, self.resampler.piece())?.collect::<Vec<_>>();
            let windows = Plan::with_chunks(&job, &cells, None)?.blocks.into_iter().flat_map(|b| b.windows);
            for window in windows {
                let mut numbers = vec![0];
                for (k, borders) in chunks.iter().enumerate() {
                    let axis = leading + k;
                    let (start, stop) = (window.start[axis].saturating_sub(pad), window.stop(axis) + pad);
                    let along = along(borders, start, stop.min(self.input[axis]));
                    let count = borders.len() as u32 - 1;
                    numbers =
                        numbers.iter().flat_map(|n| along.clone().map(move |i| n * count + i)).collect();
                }
                found.extend(numbers);
            }
        }
        Ok(found.into_iter().collect())
    }
}

/// The parts of a block that are computed one after the other.
fn cells(block: &Region, piece: usize) -> Result<impl Iterator<Item = Region> + use<>> {
    let cell = Grid::suited(&block.shape, piece);
    let grid = Grid::of(block.clone(), cell.block())?;
    Ok((0..grid.len()).map(move |i| grid.region(i)))
}

/// The chunks along one axis that share pixels with `[start, stop)`, or lie empty between those that do.
fn along(borders: &[usize], start: usize, stop: usize) -> std::ops::Range<u32> {
    let first = borders.partition_point(|&border| border <= start).saturating_sub(1);
    let last = borders.partition_point(|&border| border < stop);
    first as u32..last.max(first) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_meets_the_chunks_that_share_its_pixels() {
        let borders = [0, 100, 200, 200, 360];
        assert_eq!(along(&borders, 0, 100), 0..1);
        assert_eq!(along(&borders, 50, 101), 0..2);
        assert_eq!(along(&borders, 199, 200), 1..2);
        assert_eq!(along(&borders, 199, 201), 1..4);
        assert_eq!(along(&borders, 200, 360), 3..4);
    }

    #[test]
    fn cells_cover_a_block_once() {
        let block = Region::new([3, 7, 11], [2, 300, 700]);
        let cells: Vec<_> = cells(&block, 128).unwrap().collect();
        assert_eq!(cells.iter().map(Region::len).sum::<usize>(), block.len());
        assert!(cells.iter().all(|cell| cell.intersect(&block) == *cell));
    }
}
