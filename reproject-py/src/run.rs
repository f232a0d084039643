//! One reprojection of arrays in memory: which types, which resampler, which executor, and Ctrl-C.

use crate::buffer;
use crate::error::exception;
use crate::how::How;
use crate::wcs::Wcs;
use ndarray::ArrayViewMutD;
use numpy::{Element as NumpyElement, PyArrayDyn, PyArrayMethods, PyReadwriteArrayDyn, PyUntypedArray};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use reproject_chunk::{Format, RawSource};
use reproject_core::{
    ArraySource, DenseSink, Error, Executor, Grid, Job, Pixel, Region, Reproject, Result, Tile, Watch,
};
use reproject_exec::{Serial, Threads};
use reproject_wcs::ArrayMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long Ctrl-C may go unnoticed.
const POLL: Duration = Duration::from_millis(50);

/// Reprojects `array` from one WCS to another into `output` (and `footprint`), whose shape is that of the result.
///
/// `how` is an interpolation order or what `adaptive` or `exact` made. The footprint is 1 where the result is known and 0
/// elsewhere, or with `coverage` the part of the pixel that lies on the input.
#[pyfunction]
#[pyo3(signature = (array, from, to, how, output, footprint, *, roundtrip, threads, block, coverage))]
pub(crate) fn reproject(
    py: Python<'_>,
    array: &Bound<'_, PyUntypedArray>,
    from: &Wcs,
    to: &Wcs,
    how: &How,
    output: &Bound<'_, PyUntypedArray>,
    footprint: Option<Bound<'_, PyArrayDyn<f64>>>,
    roundtrip: bool,
    threads: Option<usize>,
    block: Option<Vec<usize>>,
    coverage: bool,
) -> PyResult<()> {
    let source = buffer::source(array)?;
    let map = ArrayMap::new(&to.inner, &from.inner, roundtrip).map_err(exception)?;
    let call = Call { source, map, how: how.clone(), threads, block, coverage };
    let mut footprint = footprint.map(|f| f.try_readwrite()).transpose()?;
    if let Ok(output) = output.cast::<PyArrayDyn<f64>>() {
        call.typed(py, output.try_readwrite()?, footprint.as_mut())
    } else if let Ok(output) = output.cast::<PyArrayDyn<f32>>() {
        call.typed(py, output.try_readwrite()?, footprint.as_mut())
    } else {
        Err(PyTypeError::new_err("the output is an array of float32 or float64 in native byte order"))
    }
}

struct Call {
    source: RawSource,
    map: ArrayMap,
    how: How,
    threads: Option<usize>,
    block: Option<Vec<usize>>,
    coverage: bool,
}

impl Call {
    fn typed<O: Pixel + NumpyElement>(
        self,
        py: Python<'_>,
        mut output: PyReadwriteArrayDyn<'_, O>,
        footprint: Option<&mut PyReadwriteArrayDyn<'_, f64>>,
    ) -> PyResult<()> {
        let (output, footprint) = (output.as_array_mut(), footprint.map(|f| f.as_array_mut()));
        match self.source.encoding().format {
            Format::F32 => self.run::<f32, O>(py, output, footprint),
            // Every other type is exact in f64, 64-bit integers up to 2⁵³.
            _ => self.run::<f64, O>(py, output, footprint),
        }
    }

    fn run<I: Pixel, O: Pixel>(
        self,
        py: Python<'_>,
        output: ArrayViewMutD<'_, O>,
        footprint: Option<ArrayViewMutD<'_, f64>>,
    ) -> PyResult<()>
    where
        RawSource: ArraySource<I>,
    {
        let shape = output.shape().to_vec();
        let grid = match &self.block {
            Some(block) => Grid::new(&shape, block).map_err(exception)?,
            None => Grid::automatic(&shape),
        };
        let how = self.how.resampler::<I, O>();
        let job = Reproject::<I, O, _, _, _>::new(&shape, self.map, how, self.source).map_err(exception)?;
        let job = Read { job, coverage: self.coverage };
        let blocks: Vec<Region> = grid.iter().collect();
        let sink = match footprint {
            Some(footprint) => DenseSink::with_weight(output, footprint).map_err(exception)?,
            None => DenseSink::new(output),
        };
        let done = match self.threads {
            None => py.detach(|| Serial.execute(&job, &blocks, &sink, &Signals::new())),
            Some(n) => {
                let pool = Threads::new(NonZeroUsize::new(n)).map_err(exception)?;
                py.detach(|| together(&pool, &job, &blocks, &sink))
            }
        };
        done.map_err(exception)
    }
}

/// A job whose weights are read as asked: coverage as it is, or 1 where the value is known.
struct Read<J> {
    job: J,
    coverage: bool,
}

impl<J: Job> Job for Read<J> {
    type Pixel = J::Pixel;
    fn shape(&self) -> &[usize] {
        self.job.shape()
    }
    fn run_into(&self, block: &Region, tile: &mut Tile<J::Pixel>, watch: &dyn Watch) -> Result<()> {
        self.job.run_into(block, tile, watch)?;
        if !self.coverage {
            let known = |w: &mut f64, v: &J::Pixel| *w = f64::from(u8::from(!v.is_blank()));
            ndarray::Zip::from(&mut tile.weight).and(&tile.data).for_each(known);
        }
        Ok(())
    }
}

/// On the threads of a pool, while this thread looks for Ctrl-C: Python tells its main thread only.
fn together<J: Job>(
    pool: &Threads,
    job: &J,
    blocks: &[Region],
    sink: &DenseSink<'_, J::Pixel>,
) -> Result<()> {
    let watch = Stop(AtomicBool::new(false));
    std::thread::scope(|scope| {
        let (tell, told) = channel();
        let watch = &watch;
        scope.spawn(move || tell.send(pool.execute(job, blocks, sink, watch)));
        loop {
            match told.recv_timeout(POLL) {
                Ok(done) => return done,
                Err(RecvTimeoutError::Timeout) if interrupted() => watch.0.store(true, Ordering::Relaxed),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Error::Cancelled),
            }
        }
    })
}

fn interrupted() -> bool {
    Python::attach(|py| py.check_signals()).is_err()
}

struct Stop(AtomicBool);

impl Watch for Stop {
    fn done(&self, _: &Region) {}
    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// On the calling thread: asks Python for signals at most once in [`POLL`].
struct Signals {
    stop: Stop,
    start: Instant,
    polled: AtomicU64,
}

impl Signals {
    fn new() -> Self {
        Self { stop: Stop(AtomicBool::new(false)), start: Instant::now(), polled: AtomicU64::new(0) }
    }
}

impl Watch for Signals {
    fn done(&self, _: &Region) {}
    fn cancelled(&self) -> bool {
        let now = self.start.elapsed().as_millis() as u64;
        if now >= self.polled.load(Ordering::Relaxed) + POLL.as_millis() as u64 {
            self.polled.store(now, Ordering::Relaxed);
            if interrupted() {
                self.stop.0.store(true, Ordering::Relaxed);
            }
        }
        self.stop.cancelled()
    }
}
