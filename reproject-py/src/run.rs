//! One reprojection of arrays in memory: which types, which executor, and Ctrl-C.

use crate::buffer;
use crate::error::exception;
use crate::wcs::{Output, Wcs, between};
use ndarray::ArrayViewMutD;
use numpy::{Element as NumpyElement, PyArrayDyn, PyArrayMethods, PyUntypedArray};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use reproject_chunk::{Format, RawSource};
use reproject_core::{
    ArraySource, Axes, Bilinear, Checked, DenseSink, Executor, Grid, Job, Nearest, Pixel, PixelMap,
    Projection, Region, Reproject, Resampler, Result, Tile, Watch,
};
use reproject_exec::{Serial, Threads};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// How long Ctrl-C may go unnoticed.
const POLL: Duration = Duration::from_millis(50);

/// Reprojects `array` from one WCS to another into `output` (and `footprint`), whose shape is that of the result. The
/// footprint is 1 where the result is known and 0 elsewhere, or with `coverage` the part of the pixel that lies on the input.
#[pyfunction]
#[pyo3(signature = (array, from, to, output, footprint, *, order, roundtrip, threads, block, coverage))]
pub(crate) fn interpolate(
    py: Python<'_>,
    array: &Bound<'_, PyUntypedArray>,
    from: &Wcs,
    to: &Wcs,
    output: &Bound<'_, PyUntypedArray>,
    footprint: Option<Bound<'_, PyArrayDyn<f64>>>,
    order: u8,
    roundtrip: bool,
    threads: Option<usize>,
    block: Option<Vec<usize>>,
    coverage: bool,
) -> PyResult<()> {
    let source = buffer::source(array)?;
    let period = from.celestial()?.period();
    // From output pixels to input pixels.
    let map = between(to, from)?;
    let map: Arc<dyn PixelMap> = if roundtrip {
        Arc::new(Axes::new(Checked(map)).with_period(period))
    } else {
        Arc::new(Axes::new(map).with_period(period))
    };
    let call = Call { source, map, order, threads, block, coverage };
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
    map: Arc<dyn PixelMap>,
    order: u8,
    threads: Option<usize>,
    block: Option<Vec<usize>>,
    coverage: bool,
}

impl Call {
    fn typed<O: Pixel + NumpyElement>(
        self,
        py: Python<'_>,
        mut output: Output<'_, O>,
        footprint: Option<&mut Output<'_, f64>>,
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
        let how: Arc<dyn Resampler<I, O>> = match self.order {
            0 => Arc::new(Nearest),
            1 => Arc::new(Bilinear),
            n => {
                return Err(PyValueError::new_err(format!(
                    "order {n} is not 0 (nearest-neighbor) or 1 (bilinear)"
                )));
            }
        };
        let shape = output.shape().to_vec();
        let mapped = self.map.groups().iter().sum();
        let grid = match &self.block {
            Some(block) => Grid::new(&shape, block).map_err(exception)?,
            None => Grid::automatic(&shape, mapped),
        };
        let job = Reproject::<I, O, _, _, _>::new(&shape, self.map, how, self.source).map_err(exception)?;
        let job = Read { job, coverage: self.coverage };
        let blocks: Vec<Region> = grid.iter().collect();
        let sink = match footprint {
            Some(footprint) => DenseSink::with_weight(output, footprint).map_err(exception)?,
            None => DenseSink::new(output),
        };
        match self.threads {
            None => py.detach(|| alone(&job, &blocks, &sink)),
            Some(n) => {
                let pool = Threads::new(NonZeroUsize::new(n)).map_err(exception)?;
                py.detach(|| together(&pool, &job, &blocks, &sink))
            }
        }
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
            ndarray::Zip::from(&mut tile.weight)
                .and(&tile.data)
                .for_each(|w, v| *w = f64::from(u8::from(!v.is_blank())));
        }
        Ok(())
    }
}

/// On this thread, which looks for Ctrl-C itself now and then.
fn alone<J: Job>(job: &J, blocks: &[Region], sink: &DenseSink<'_, J::Pixel>) -> PyResult<()> {
    let watch = Signals {
        stop: AtomicBool::new(false),
        start: std::time::Instant::now(),
        polled: Default::default(),
    };
    let done = Serial.execute(job, blocks, sink, &watch);
    finish(done)
}

/// On the threads of a pool, while this thread looks for Ctrl-C.
fn together<J: Job>(
    pool: &Threads,
    job: &J,
    blocks: &[Region],
    sink: &DenseSink<'_, J::Pixel>,
) -> PyResult<()> {
    let watch = Stop(AtomicBool::new(false));
    let done = std::thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let watch = &watch;
        let run = move || pool.execute(job, blocks, sink, watch);
        scope.spawn(move || tell.send(run()));
        loop {
            match told.recv_timeout(POLL) {
                Ok(done) => return done,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    if Python::attach(|py| py.check_signals()).is_err() {
                        watch.0.store(true, Ordering::Relaxed);
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(reproject_core::Error::Cancelled),
            }
        }
    });
    finish(done)
}

fn finish(done: Result<()>) -> PyResult<()> {
    done.map_err(exception)
}

struct Stop(AtomicBool);

impl Watch for Stop {
    fn done(&self, _: &Region) {}
    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Asks Python for signals at most once in [`POLL`].
struct Signals {
    stop: AtomicBool,
    start: std::time::Instant,
    polled: std::sync::atomic::AtomicU64,
}

impl Watch for Signals {
    fn done(&self, _: &Region) {}
    fn cancelled(&self) -> bool {
        let now = self.start.elapsed().as_millis() as u64;
        let last = self.polled.load(Ordering::Relaxed);
        if now >= last + POLL.as_millis() as u64 {
            self.polled.store(now, Ordering::Relaxed);
            if Python::attach(|py| py.check_signals()).is_err() {
                self.stop.store(true, Ordering::Relaxed);
            }
        }
        self.stop.load(Ordering::Relaxed)
    }
}
