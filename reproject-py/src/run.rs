//! One reprojection of arrays in memory, in this process.

use crate::ahead::{self, Ahead};
use crate::buffer;
use crate::error::exception;
use crate::map::Map;
use crate::output::{self, Work};
use crate::resampler::Resampler;
use crate::watch::{POLL, Watcher};
use numpy::{Element as NumpyElement, PyArrayDyn, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use reproject_chunk::{Element, RawSource};
use reproject_core::{ArraySource, Error, Executor, Job, Masked, Region, Reproject, Result, Watch};
use reproject_exec::{Serial, Threads};
use std::num::NonZeroUsize;
use std::sync::mpsc::{RecvTimeoutError, channel};

/// Reprojects `array` into `output` (and `footprint`), whose shape is that of the result.
///
/// The output is float32 or float64, or for nearest neighbour of the integer type of the input, with `fill` where there is
/// no input. `mask` blanks pixels of the input where it is not zero, or with `weighs` where it is not above zero; it has the
/// shape of the input or that of its last axes. `progress(done, of)` is called on this thread. Without `threads` this
/// thread does the work. At most `held` positions of coordinate systems of Python are held at once.
#[pyfunction]
#[pyo3(signature = (array, map, resampler, output, footprint, *, threads = None, block = None, mask = None, weighs = false,
                    fill = None, progress = None, held = None))]
pub(crate) fn reproject(
    array: &Bound<'_, PyUntypedArray>,
    map: &Map,
    resampler: &Resampler,
    output: &Bound<'_, PyUntypedArray>,
    footprint: Option<Bound<'_, PyArrayDyn<f64>>>,
    threads: Option<usize>,
    block: Option<Vec<usize>>,
    mask: Option<&Bound<'_, PyUntypedArray>>,
    weighs: bool,
    fill: Option<Bound<'_, PyAny>>,
    progress: Option<Py<PyAny>>,
    held: Option<usize>,
) -> PyResult<()> {
    let source = buffer::source(array)?;
    let mask = mask.map(buffer::source).transpose()?;
    let (format, copies) = (source.encoding().format, resampler.copies() && mask.is_none());
    let call = Call { source, mask, weighs, map, resampler, footprint, threads, block, progress, held };
    output::typed(output, format, copies, fill, call)
}

struct Call<'a, 'py> {
    source: RawSource,
    mask: Option<RawSource>,
    weighs: bool,
    map: &'a Map,
    resampler: &'a Resampler,
    footprint: Option<Bound<'py, PyArrayDyn<f64>>>,
    threads: Option<usize>,
    block: Option<Vec<usize>>,
    progress: Option<Py<PyAny>>,
    held: Option<usize>,
}

impl Work for Call<'_, '_> {
    fn work<I, O>(self, output: &Bound<'_, PyArrayDyn<O>>, fill: O) -> PyResult<()>
    where
        I: Element,
        O: Element + NumpyElement,
    {
        let Self { source, mask, weighs, map, resampler, footprint, threads, block, progress, held } = self;
        let source: Box<dyn ArraySource<I>> = match mask {
            None => Box::new(source),
            Some(mask) if weighs => {
                Box::new(Masked::<_, _, f64>::by_weight::<I>(source, mask).map_err(exception)?)
            }
            Some(mask) => Box::new(Masked::<_, _, f64>::by_mask::<I>(source, mask).map_err(exception)?),
        };
        let (shape, source) = (output.shape().to_vec(), &*source);
        let first = Reproject::with_fill(&shape, &*map.inner, resampler.typed::<I, O>(), source, fill);
        let first = first.map_err(exception)?;
        let grid = first.blocks(block.as_deref()).map_err(exception)?.regions().map_err(exception)?;
        let whole = Region::whole(&shape);
        let mapped = map.inner.groups().iter().sum();
        let slabs = if ahead::wanted(map, resampler) {
            ahead::slabs(&whole, mapped, resampler, held).collect()
        } else {
            vec![whole]
        };
        let parts = |slab: &Region| {
            let parts = grid.iter().map(|block| block.intersect(slab)).filter(|part| !part.is_empty());
            (slab.clone(), parts.collect::<Vec<_>>())
        };
        let slabs: Vec<(Region, Vec<Region>)> = slabs.iter().map(parts).collect();
        let most = slabs.iter().map(|(_, blocks)| blocks.len()).max().unwrap_or(0);
        let (py, mut output) = (output.py(), output.try_readwrite()?);
        let mut footprint = footprint.as_ref().map(|f| f.try_readwrite()).transpose()?;
        let sink = buffer::sink(&mut output, footprint.as_mut())?;
        let watch = Watcher::new(slabs.iter().map(|(_, blocks)| blocks.len()).sum(), progress);
        let pool = threads.map(|n| Threads::new(NonZeroUsize::new(n.min(most.max(1)))));
        let pool = pool.transpose().map_err(exception)?;
        let run = |job: &dyn Job<Pixel = O>, blocks: &[Region], watch: &dyn Watch| match &pool {
            None => Serial.execute(job, blocks, &sink, watch),
            Some(pool) => pool.execute(job, blocks, &sink, watch),
        };
        let all = |watch: &dyn Watch| {
            let mut left = None;
            for (slab, blocks) in slabs.iter().filter(|(_, blocks)| !blocks.is_empty()) {
                if ahead::wanted(map, resampler) {
                    let ahead = Ahead::new(map, resampler, slab, source.shape(), &mut left, watch)?;
                    let resampler = ahead.resampler.typed::<I, O>();
                    run(&Reproject::with_fill(&shape, &*ahead.map, resampler, source, fill)?, blocks, watch)?;
                } else {
                    run(&first, blocks, watch)?;
                }
            }
            Ok(())
        };
        let done = py.detach(|| {
            let done = if pool.is_none() { all(&watch.own()) } else { aside(&watch, || all(&watch)) };
            if done.is_ok() {
                watch.tick();
            }
            done
        });
        match watch.exception().or_else(|| map.exception()) {
            Some(error) => Err(error),
            None => done.map_err(exception),
        }
    }
}

/// Does some work on another thread, while this one looks for Ctrl-C: Python tells its main thread only.
pub(crate) fn aside(watch: &Watcher, work: impl FnOnce() -> Result<()> + Send) -> Result<()> {
    std::thread::scope(|scope| {
        let (tell, told) = channel();
        scope.spawn(move || tell.send(work()));
        loop {
            match told.recv_timeout(POLL) {
                Ok(done) => return done,
                Err(RecvTimeoutError::Timeout) => watch.tick(),
                Err(RecvTimeoutError::Disconnected) => return Err(Error::Cancelled),
            }
        }
    })
}
