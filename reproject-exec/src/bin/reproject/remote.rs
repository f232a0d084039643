//! Runs in worker processes: what travels is the command line, from which every worker opens input and target for itself.

use crate::args::{Args, Command};
use crate::task::{Task, Work};
use clap::Parser;
use reproject_chunk::{Element, Fingerprint};
use reproject_core::{Error, Handle, Job, Opened, Region, Resampler, Result, Tile, Watch};
use reproject_exec::{Jobs, Processes};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::ffi::OsString;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// The types of pixels that are [ever computed](Task::typed).
pub(crate) fn jobs() -> Jobs {
    Jobs::new()
        .with::<Remote<f32>>("run f32")
        .with::<Remote<f64>>("run f64")
        .with::<Remote<i64>>("run i64")
        .with::<Remote<u64>>("run u64")
}

/// Up to so many worker processes.
pub(crate) fn processes(workers: usize) -> Result<Processes> {
    Processes::new(NonZeroUsize::new(workers), &jobs())
}

/// The job of this run, as it is sent to workers.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Remote<O: Element>(Opened<Recipe<O>>);

type Typed<O> = Box<dyn Job<Pixel = O>>;

/// What a worker needs to make the job again.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Recipe<O> {
    arguments: Vec<OsString>,
    /// The input, which may have come from standard input.
    input: PathBuf,
    /// What the input looked like, and its mask.
    prints: [Option<Fingerprint>; 2],
    /// Bytes of decoded chunks to keep.
    cache: Option<usize>,
    pixel: PhantomData<fn() -> O>,
}

impl<O: Element> Remote<O> {
    /// A job that is the one of this program's own arguments.
    pub(crate) fn new(task: &Task, cache: Option<usize>, job: impl Job<Pixel = O> + 'static) -> Self {
        let (arguments, input) = (std::env::args_os().collect(), task.input.image.path().to_owned());
        let recipe = Recipe { arguments, input, prints: task.prints(), cache, pixel: PhantomData };
        Self(Opened::with(recipe, Box::new(job)))
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
        let Ok(Args { command: Command::Run(mut run) }) = Args::try_parse_from(&self.arguments) else {
            return other("its command line is none of a run");
        };
        run.what.input = self.input.clone();
        let task = Task::new(&run.what)?;
        if task.prints() != self.prints {
            let mask =
                task.mask.as_ref().map_or_else(String::new, |mask| format!(" or {}", mask.pixels().label()));
            return other(&format!("{}{mask} has changed since the run began", task.input.label()));
        }
        let mut made = None;
        task.typed(&run.what, Make { cache: self.cache, made: &mut made })?;
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

/// Whether any output pixel meets the input, found out from a few pixels of each block and, if that is not enough, from all.
pub(crate) fn covers<O: Element>(
    job: &dyn Job<Pixel = O>,
    blocks: &[Region],
    watch: &dyn Watch,
) -> Result<bool> {
    let some = blocks.iter().map(|block| {
        let (start, shape) = (block.start.iter().zip(&block.shape), block.shape.iter().map(|&n| n.min(8)));
        Region::new(
            start.map(|(&i, &n)| i + (n - n.min(8)) / 2).collect::<Vec<_>>(),
            shape.collect::<Vec<_>>(),
        )
    });
    for region in some.chain(blocks.iter().cloned()) {
        if job.run(&region, watch)?.weight.iter().any(|w| *w > 0.0) {
            return Ok(true);
        }
    }
    Ok(false)
}
