//! One reprojection of arrays in memory by worker processes, which are other interpreters: pixels are put into shared memory once,
//! or stay in their file; coordinate systems of FITS travel as the engine has them, all others as Python pickles them.

use crate::ahead::{self, Ahead};
use crate::buffer;
use crate::error::exception;
use crate::map::Map;
use crate::output::{self, Work};
use crate::resampler::Resampler;
use crate::run::aside;
use crate::watch::Watcher;
use ndarray::ArrayViewMutD;
use numpy::{Element as NumpyElement, PyArrayDyn, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use reproject_chunk::{Element, RawHandle, RawSource};
use reproject_core::{
    ArraySource, Error, Executor, Grid, Handle, Job, Masked, Opened, PixelMap as _, Region, Reproject,
    Result, Strided, Tile, Watch,
};
use reproject_exec::{Jobs, Processes, Shared, share};
use reproject_wcs::WcsPixelMap;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::Command;

/// Serves as a worker until the parent ends, if this interpreter was started as one.
#[pyfunction]
pub(crate) fn serve_if_worker(py: Python<'_>) {
    py.detach(|| jobs().serve_if_worker());
}

fn jobs() -> Jobs {
    let mut jobs = Jobs::new()
        .with::<Afar<f32, f32>>("f32 to f32")
        .with::<Afar<f32, f64>>("f32 to f64")
        .with::<Afar<f64, f32>>("f64 to f32")
        .with::<Afar<f64, f64>>("f64 to f64");
    macro_rules! integers { ($($t:ty),*) => {$(
        jobs = jobs.with::<Afar<$t, $t>>(stringify!($t));
    )*} }
    integers!(u8, i8, u16, i16, u32, i32, u64, i64);
    jobs
}

/// The recipe from which a worker makes map and resampler.
#[derive(Clone, Serialize, Deserialize)]
enum Recipe {
    /// The map between two FITS headers, and whether all its axes are one group.
    Native {
        resampler: Resampler,
        map: Box<WcsPixelMap>,
        joined: bool,
    },
    Pickled(Vec<u8>),
}

struct Made {
    map: Map,
    resampler: Resampler,
}

impl Handle for Recipe {
    type Source = Made;

    fn open(&self) -> Result<Made> {
        match self {
            Recipe::Native { resampler, map, joined } => {
                Ok(Made { map: Map::fits((**map).clone(), *joined), resampler: resampler.clone() })
            }
            Recipe::Pickled(bytes) => Python::attach(|py| {
                let worker = py.import("reproject_rs._worker")?;
                let made = worker.call_method1("made", (PyBytes::new(py, bytes),))?;
                let (resampler, map): (Bound<'_, Resampler>, Bound<'_, Map>) = made.extract()?;
                Ok(Made { map: map.get().clone(), resampler: resampler.get().clone() })
            })
            .map_err(|e: PyErr| Error::invalid("coordinate system", format!("cannot be made again: {e}"))),
        }
    }
}

/// The pixels, in shared memory or in their file.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
enum Pixels<I: Element> {
    Memory(Shared<I>),
    File(Box<Opened<RawHandle>>),
}

impl<I: Element> ArraySource<I> for Pixels<I> {
    fn shape(&self) -> &[usize] {
        match self {
            Pixels::Memory(all) => all.shape(),
            Pixels::File(all) => ArraySource::<I>::shape(&**all),
        }
    }
    fn read(&self, window: &Region, out: ArrayViewMutD<'_, I>) -> Result<()> {
        match self {
            Pixels::Memory(all) => all.read(window, out),
            Pixels::File(all) => all.read(window, out),
        }
    }
    fn resident(&self, window: &Region) -> Option<Strided<'_, I>> {
        match self {
            Pixels::Memory(all) => all.resident(window),
            Pixels::File(all) => all.resident(window),
        }
    }
}

/// A job that can go to another process.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "O: Serialize", deserialize = "O: DeserializeOwned"))]
struct Afar<I: Element, O: Element> {
    made: Opened<Recipe>,
    pixels: Pixels<I>,
    /// Pixels of the input that are blank: those that are not 0 here.
    mask: Option<Shared<u8>>,
    shape: Vec<usize>,
    fill: O,
}

impl<I: Element, O: Element> Afar<I, O> {
    fn run<S: ArraySource<I>>(
        &self,
        source: S,
        block: &Region,
        tile: &mut Tile<O>,
        watch: &dyn Watch,
    ) -> Result<()> {
        let made = self.made.source();
        let (map, shape) = (&made.map, source.shape());
        let ahead = ahead::wanted(map, &made.resampler)
            .then(|| Ahead::new(map, &made.resampler, block, shape, &mut None, watch))
            .transpose()?;
        let (map, resampler) =
            ahead.as_ref().map_or((&map.inner, &made.resampler), |a| (&a.map, &a.resampler));
        let job = Reproject::with_fill(&self.shape, &**map, resampler.typed::<I, O>(), source, self.fill)?;
        job.run_into(block, tile, watch)
    }
}

impl<I: Element, O: Element> Job for Afar<I, O> {
    type Pixel = O;
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn run_into(&self, block: &Region, tile: &mut Tile<O>, watch: &dyn Watch) -> Result<()> {
        match &self.mask {
            None => self.run(&self.pixels, block, tile, watch),
            Some(mask) => {
                let source = Masked::<_, _, u8>::by_mask::<I>(&self.pixels, mask)?;
                self.run(source, block, tile, watch)
            }
        }
    }
}

/// Reprojects `array` into `output` (and `footprint`) by worker processes, with the results of `reproject`.
///
/// `recipe` is the pickle that `reproject_rs._worker.made` makes `resampler` and `map` of again; a map between two FITS headers
/// needs none. `file` is the path where the input lies as it is, and the byte of its first pixel. `mask` is of unsigned bytes.
/// `command` starts a worker.
#[pyfunction]
#[pyo3(signature = (array, map, resampler, output, footprint, *, recipe, file, workers, command, block = None, mask = None, fill = None,
                    progress = None))]
pub(crate) fn reproject_afar(
    array: &Bound<'_, PyUntypedArray>,
    map: &Map,
    resampler: &Resampler,
    output: &Bound<'_, PyUntypedArray>,
    footprint: Option<Bound<'_, PyArrayDyn<f64>>>,
    recipe: Option<Bound<'_, PyBytes>>,
    file: Option<(PathBuf, usize)>,
    workers: usize,
    command: Vec<OsString>,
    block: Option<Vec<usize>>,
    mask: Option<&Bound<'_, PyUntypedArray>>,
    fill: Option<Bound<'_, PyAny>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<()> {
    let recipe = match (recipe, &map.fits) {
        (Some(bytes), _) => Recipe::Pickled(bytes.as_bytes().to_vec()),
        (None, Some(fits)) => {
            let joined = fits.groups() != map.inner.groups();
            Recipe::Native { resampler: resampler.clone(), map: Box::new((**fits).clone()), joined }
        }
        (None, None) => return Err(PyValueError::new_err("only a map between FITS headers needs no recipe")),
    };
    let made = Opened::with(recipe, Made { map: map.clone(), resampler: resampler.clone() });
    let (source, mask) = (buffer::source(array)?, mask.map(buffer::source).transpose()?);
    let (format, copies) = (source.encoding().format, resampler.copies() && mask.is_none());
    let strides: Vec<isize> = array.strides().to_vec();
    let call = Call { made, map, source, strides, mask, footprint, file, workers, command, block, progress };
    output::typed(output, format, copies, fill, call)
}

struct Call<'a, 'py> {
    made: Opened<Recipe>,
    map: &'a Map,
    source: RawSource,
    strides: Vec<isize>,
    mask: Option<RawSource>,
    footprint: Option<Bound<'py, PyArrayDyn<f64>>>,
    file: Option<(PathBuf, usize)>,
    workers: usize,
    command: Vec<OsString>,
    block: Option<Vec<usize>>,
    progress: Option<Py<PyAny>>,
}

impl Work for Call<'_, '_> {
    fn work<I, O>(self, output: &Bound<'_, PyArrayDyn<O>>, fill: O) -> PyResult<()>
    where
        I: Element,
        O: Element + NumpyElement + Serialize + DeserializeOwned,
    {
        let shape = output.shape().to_vec();
        let blocks = if ahead::wanted(self.map, &self.made.source().resampler) && self.block.is_none() {
            ahead::blocks(&shape, self.map.inner.groups().iter().sum(), self.workers)
        } else {
            let grid = Grid::chosen(&shape, self.block.as_deref(), self.made.source().resampler.piece());
            grid.and_then(|grid| grid.regions()).map_err(exception)?
        };
        let (py, mut output) = (output.py(), output.try_readwrite()?);
        let mut footprint = self.footprint.as_ref().map(|f| f.try_readwrite()).transpose()?;
        let sink = buffer::sink(&mut output, footprint.as_mut())?;
        let watch = Watcher::new(blocks.len(), self.progress);
        let Self { made, map, source, strides, mask, file, workers, command, .. } = self;
        let done = py.detach(|| {
            let pixels = match file {
                Some((path, first)) => {
                    let encoding = source.encoding().clone();
                    let shape = ArraySource::<I>::shape(&source);
                    let handle = RawHandle::raw(path, first, shape, Some(&strides), encoding)?;
                    Pixels::File(Box::new(Opened::new(handle)?))
                }
                None => Pixels::Memory(share::<I>(&source)?),
            };
            let mask = mask.map(|mask| share::<u8>(&mask)).transpose()?;
            let job = Afar::<I, O> { made, pixels, mask, shape, fill };
            let by = Processes::new(NonZeroUsize::new(workers), &jobs())?.with_command(move || {
                let mut worker = Command::new(command.first().map_or("python".as_ref(), |c| &**c));
                worker.args(command.iter().skip(1));
                worker
            });
            let done = aside(&watch, || by.execute(&job, &blocks, &sink, &watch));
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
