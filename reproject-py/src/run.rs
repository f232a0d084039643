//! One reprojection of arrays in memory: which types, which resampler, which executor.

use crate::ahead::{self, Ahead};
use crate::buffer;
use crate::error::exception;
use crate::how::How;
use crate::map::Map;
use crate::watch::{POLL, Watcher};
use numpy::{Element as NumpyElement, PyArrayDyn, PyArrayMethods, PyUntypedArray};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use reproject_chunk::{Element, Format, RawSource};
use reproject_core::{
    ArraySource, Error, Executor, Job, Masked, Nearest, Pixel, PixelMap, Region, Reproject, Resampler,
    Result, Watch,
};
use reproject_exec::{Serial, Threads};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};

/// Reprojects `array` into `output` (and `footprint`), whose shape is that of the result.
///
/// The output is float32 or float64, or for nearest neighbour of the integer type of the input, with `fill` where there is
/// no input. `mask` blanks pixels of the input where it is not zero, or with `weighs` where it is not above zero; it has the
/// shape of the input or that of its last axes. `progress(done, of)` is called on this thread. Without `threads` this
/// thread does the work. At most `held` positions of coordinate systems of Python are held at once.
#[pyfunction]
#[pyo3(signature = (array, map, how, output, footprint, *, threads = None, block = None, mask = None, weighs = false,
                    fill = None, progress = None, held = None))]
pub(crate) fn reproject(
    py: Python<'_>,
    array: &Bound<'_, PyUntypedArray>,
    map: &Map,
    how: &How,
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
    let call = Call { source, mask, weighs, map, how: how.clone(), threads, block, progress, held };
    macro_rules! floats { ($($t:ty),*) => {$(
        if let Ok(output) = output.cast::<PyArrayDyn<$t>>() {
            return match call.source.encoding().format {
                Format::F32 => call.floats::<f32, $t>(py, output, footprint),
                // Every other type is exact in f64, 64-bit integers up to 2⁵³.
                _ => call.floats::<f64, $t>(py, output, footprint),
            };
        }
    )*} }
    macro_rules! integers { ($($t:ty),*) => {$(
        if let Ok(output) = output.cast::<PyArrayDyn<$t>>() {
            let fill = fill.ok_or_else(|| PyValueError::new_err("an integer output needs a fill value"))?;
            return call.integers::<$t>(py, output, footprint, fill.extract()?);
        }
    )*} }
    floats!(f64, f32);
    integers!(u8, i8, u16, i16, u32, i32, u64, i64);
    Err(PyTypeError::new_err("the output is an array of numbers in native byte order"))
}

struct Call<'a> {
    source: RawSource,
    mask: Option<RawSource>,
    weighs: bool,
    map: &'a Map,
    how: How,
    threads: Option<usize>,
    block: Option<Vec<usize>>,
    progress: Option<Py<PyAny>>,
    held: Option<usize>,
}

impl Call<'_> {
    fn floats<I: Element, O: Pixel + NumpyElement>(
        mut self,
        py: Python<'_>,
        output: &Bound<'_, PyArrayDyn<O>>,
        footprint: Option<Bound<'_, PyArrayDyn<f64>>>,
    ) -> PyResult<()> {
        let source = self.source.clone();
        let source: Box<dyn ArraySource<I>> = match self.mask.take() {
            None => Box::new(source),
            Some(mask) if self.weighs => {
                Box::new(Masked::<_, _, f64>::by_weight::<I>(source, mask).map_err(exception)?)
            }
            Some(mask) => Box::new(Masked::<_, _, f64>::by_mask::<I>(source, mask).map_err(exception)?),
        };
        let fill = O::BLANK.unwrap_or_default();
        self.run(py, source, fill, |how| how.resampler::<I, O>(), output, footprint)
    }

    fn integers<T: Element + NumpyElement>(
        self,
        py: Python<'_>,
        output: &Bound<'_, PyArrayDyn<T>>,
        footprint: Option<Bound<'_, PyArrayDyn<f64>>>,
        fill: T,
    ) -> PyResult<()> {
        if !self.how.copies() || self.mask.is_some() {
            let why = "integer outputs are made by nearest neighbour without a mask; ask for floats";
            return Err(PyValueError::new_err(why));
        }
        let source = Box::new(self.source.clone());
        self.run(py, source, fill, |_| Arc::new(Nearest) as Arc<dyn Resampler<T, T>>, output, footprint)
    }

    fn run<I: Pixel, O: Pixel + NumpyElement>(
        self,
        py: Python<'_>,
        source: Box<dyn ArraySource<I>>,
        fill: O,
        resampler: impl Fn(&How) -> Arc<dyn Resampler<I, O>> + Sync,
        output: &Bound<'_, PyArrayDyn<O>>,
        footprint: Option<Bound<'_, PyArrayDyn<f64>>>,
    ) -> PyResult<()> {
        let Self { map, how, threads, block, progress, held, .. } = self;
        let (shape, source) = (shape(output), &*source);
        let first = Reproject::with_fill(&shape, &*map.inner, resampler(&how), source, fill);
        let first = first.map_err(exception)?;
        let grid = first.blocks(block.as_deref()).map_err(exception)?.regions().map_err(exception)?;
        let whole = Region::whole(&shape);
        let mapped = map.inner.groups().iter().sum();
        let slabs = if ahead::wanted(map, &how) {
            ahead::slabs(&whole, mapped, &how, held).collect()
        } else {
            vec![whole]
        };
        let parts = |slab: &Region| {
            let parts = grid.iter().map(|block| block.intersect(slab)).filter(|part| !part.is_empty());
            (slab.clone(), parts.collect::<Vec<_>>())
        };
        let slabs: Vec<(Region, Vec<Region>)> = slabs.iter().map(parts).collect();
        let most = slabs.iter().map(|(_, blocks)| blocks.len()).max().unwrap_or(0);
        let mut output = output.try_readwrite()?;
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
                if ahead::wanted(map, &how) {
                    let ahead = Ahead::new(map, &how, slab, source.shape(), &mut left, watch)?;
                    let how = resampler(&ahead.how);
                    run(&Reproject::with_fill(&shape, &*ahead.map, how, source, fill)?, blocks, watch)?;
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

fn shape<T>(array: &Bound<'_, PyArrayDyn<T>>) -> Vec<usize>
where
    T: NumpyElement,
{
    use numpy::PyUntypedArrayMethods;
    array.shape().to_vec()
}

/// On another thread, while this one looks for Ctrl-C: Python tells its main thread only.
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
