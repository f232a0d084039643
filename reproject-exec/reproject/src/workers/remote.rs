//! Runs in worker processes: what travels is the description of a reprojection, from which every worker opens image and grid for
//! itself.

use crate::settings::Settings;
use crate::task::{Task, Typed, Work};
use crate::{Grid, Image, ImageOptions};
use reproject_chunk::{Element, Fingerprint};
use reproject_core::{
    ArraySink, Error, Executor, Handle, Job, Opened, Region, Resampler, Result, Tile, Watch,
};
use reproject_exec::{Jobs, Processes};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Serves blocks until its parent ends, and then ends, if this process was started as a worker; otherwise returns at once. A program
/// that [computes in processes](crate::Reprojection::processes) calls it first in `main`.
pub fn serve_if_worker() {
    jobs().serve_if_worker();
}

/// The types of pixels that are [ever computed](Task::typed).
fn jobs() -> Jobs {
    Jobs::new()
        .with::<Remote<f32>>("run f32")
        .with::<Remote<f64>>("run f64")
        .with::<Remote<i64>>("run i64")
        .with::<Remote<u64>>("run u64")
}

/// Computes the blocks of a job in up to so many worker processes, and gives it back.
pub(crate) fn execute<O: Element>(
    workers: usize,
    (task, cache): (&Task, Option<usize>),
    job: impl Job<Pixel = O> + 'static,
    blocks: &[Region],
    sink: &dyn ArraySink<O>,
    watch: &dyn Watch,
) -> Result<impl Job<Pixel = O>> {
    let job = Remote::new(task, cache, job)?;
    Processes::new(NonZeroUsize::new(workers), &jobs())?.execute(&job, blocks, sink, watch)?;
    Ok(job)
}

/// The job of this run, as it is sent to workers.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Remote<O: Element>(Opened<Recipe<O>>);

/// The description from which a worker makes the job again.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
struct Recipe<O> {
    image: (PathBuf, ImageOptions),
    grid: (String, Option<usize>),
    settings: Settings,
    /// Those of the input and of its mask when the run began.
    fingerprints: [Option<Fingerprint>; 2],
    /// Bytes of decoded chunks to keep.
    cache: Option<usize>,
    pixel: PhantomData<fn() -> O>,
}

impl<O: Element> Remote<O> {
    /// The job of a reprojection.
    fn new(task: &Task, cache: Option<usize>, job: impl Job<Pixel = O> + 'static) -> Result<Self> {
        if task.input().image.fingerprint().is_none() {
            let why =
                "an image in memory stays in this process; compute in threads, or write it to a file first";
            return Err(Error::invalid("processes", why));
        }
        let recipe = Recipe {
            image: (task.input().image.path().to_owned(), task.image.options.clone()),
            grid: (task.grid.spec.clone(), task.grid.memory),
            settings: task.settings.clone(),
            fingerprints: task.fingerprints(),
            cache,
            pixel: PhantomData,
        };
        Ok(Self(Opened::with(recipe, Box::new(job))))
    }
}

impl<O: Element> Job for Remote<O> {
    type Pixel = O;
    fn shape(&self) -> &[usize] {
        self.0.source().shape()
    }
    fn piece(&self) -> usize {
        self.0.source().piece()
    }
    fn run_into(&self, block: &Region, tile: &mut Tile<O>, watch: &dyn Watch) -> Result<()> {
        self.0.source().run_into(block, tile, watch)
    }
}

impl<O: Element> Handle for Recipe<O> {
    type Source = Typed<O>;

    fn open(&self) -> Result<Typed<O>> {
        let other = |what: &str| Err(Error::invalid("worker", format!("{what}; start the run anew")));
        let image = Image::open_with(&self.image.0, &self.image.1)?;
        let grid = Grid::open_within(&self.grid.0, &image, self.grid.1)?;
        let task = Task::new(&image, &grid, &self.settings)?;
        if task.fingerprints() != self.fingerprints {
            let mask =
                task.mask.as_ref().map_or_else(String::new, |mask| format!(" or {}", mask.pixels().label()));
            return other(&format!("{}{mask} has changed since the run began", task.input().label()));
        }
        let mut made = None;
        task.typed(Make { cache: self.cache, made: &mut made })?;
        match made.and_then(|job| job.downcast::<Typed<O>>().ok()) {
            Some(job) => Ok(*job),
            None => other("it would compute numbers of another type"),
        }
    }
}

struct Make<'a> {
    cache: Option<usize>,
    made: &'a mut Option<Box<dyn Any>>,
}

impl Work for Make<'_> {
    fn work<I: Element, O: Element>(self, task: &Task, how: Box<dyn Resampler<I, O>>) -> Result<()> {
        let job: Typed<O> = Box::new(task.job::<I, O, _>(how, self.cache)?);
        *self.made = Some(Box::new(job));
        Ok(())
    }
}
