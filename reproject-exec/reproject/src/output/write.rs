//! From a reprojection to a job, and the job to a file.

use super::header::{self, Outgoing};
use super::tally::Tally;
use super::{Contents, Output, Stretch, discard, names, preview, resume, written};
use crate::formats;
use crate::grid::Target;
use crate::image::{Input, footprint};
use crate::settings::Settings;
use crate::task::{Crew, Task, Work};
use crate::{Grid, Image, workers};
use reproject_chunk::{Element, Format};
use reproject_core::{
    ArraySink, Error, Executor, Job, Nearest, Region, Resampler, Result, SharedMap, Tile, Watch,
};
use reproject_exec::{Progress, Status, Threads};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Options for writing a file.
#[derive(Clone, Debug, Default)]
pub struct WriteOptions {
    /// Whether files that exist may be replaced, and what an interrupted run left of them.
    pub overwrite: bool,
    /// Whether to go on where an interrupted run of the same reprojection stopped.
    pub resume: bool,
    /// A picture (PNG) that is written, too, and how values become grey in it.
    pub preview: Option<(PathBuf, Stretch)>,
}

/// A listener that is told how a run goes on, and may stop it.
pub trait Listener: Send + Sync {
    /// Something is odd about what is read or found.
    fn notice(&self, _text: &str) {}
    /// Something could not be kept in the output, or had to be assumed.
    fn note(&self, _text: &str) {}
    /// The run begins.
    fn begins(&self, _run: &Begun) {}
    /// A block is done.
    fn progress(&self, _status: Status) {}
    /// No more pixels will be computed.
    fn ends(&self) {}
}

/// Nobody hears.
impl Listener for () {}

/// A run that begins.
#[derive(Clone)]
pub struct Begun {
    /// Blocks that will be computed.
    pub blocks: usize,
    /// Blocks of the whole output; the others are there already.
    pub of: usize,
    /// Pixels that will be computed.
    pub pixels: usize,
    /// Stops the run at its next poll, from any thread or a signal handler.
    pub stop: Arc<dyn Fn() + Send + Sync>,
}

/// A report of what was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Pixels along every axis, in array order.
    pub shape: Vec<usize>,
    /// The number type.
    pub format: Format,
    /// How long it took; `None` if all of it was there already.
    pub status: Option<Status>,
    /// Chunks of the input that were decoded, and those that were needed, if it has any.
    pub chunks: Option<[u64; 2]>,
    /// Values that the number type did not hold as they are, in words.
    pub notes: Vec<String>,
}

pub(crate) fn run(
    (image, grid, settings): (&Image, &Grid, &Settings),
    path: &Path,
    options: &WriteOptions,
    listener: &Arc<dyn Listener>,
) -> Result<Written> {
    formats::check_chunks(settings, Some(path))?;
    let task = Task::new(image, grid, settings)?;
    task.notes().iter().for_each(|note| listener.notice(note));
    names::check(&task, path, options)?;
    let mut done = None;
    task.typed(Go { path, options, listener, done: &mut done })?;
    done.ok_or_else(|| Error::invalid("output", "nothing was written"))
}

struct Go<'a> {
    path: &'a Path,
    options: &'a WriteOptions,
    listener: &'a Arc<dyn Listener>,
    done: &'a mut Option<Written>,
}

impl Work for Go<'_> {
    fn work<I: Element, O: Element>(self, task: &Task, how: Box<dyn Resampler<I, O>>) -> Result<()> {
        let Go { path, options, listener, done } = self;
        let (shape, format) = (task.mapping.shape.clone(), task.numbers.store);
        let chosen = task.blocks(Some(path), &*how, false)?;
        let job = task.job(how, chosen.cache)?;
        let Outgoing { header, tables, notes } = header::output(task, path)?;
        notes.iter().for_each(|note| listener.note(note));
        let contents = Contents {
            shape: shape.clone(),
            format,
            header,
            tables,
            blank: task.numbers.blank,
            footprint: task.settings.footprint.is_some(),
            chunks: chosen.chunks,
        };
        let mut blocks = chosen.blocks;
        let what = resume::description(task, &blocks);
        let Some((sink, held)) = Output::begin(path, options, contents, &blocks, &what, &**listener)? else {
            *done = Some(Written { shape, format, status: None, chunks: None, notes: Vec::new() });
            return Ok(());
        };
        let before = blocks.len();
        blocks.retain(|block| !held.contains(block));
        // What was found of an earlier run is not looked at again.
        let sink = Covered {
            sink,
            any: AtomicBool::new(before > blocks.len()),
            afar: AtomicBool::new(false),
            tally: Tally::of(task),
        };
        let heard = listener.clone();
        let progress = Arc::new(Progress::new(blocks.len(), move |status| heard.progress(status)));
        let stop = progress.clone();
        listener.begins(&Begun {
            blocks: blocks.len(),
            of: before,
            pixels: blocks.iter().map(Region::len).sum(),
            stop: Arc::new(move || stop.cancel()),
        });
        let mut decoded = None;
        let outcome = match chosen.crew {
            Crew::Threads(n) => {
                let threads = Threads::new(NonZeroUsize::new(n))?;
                let outcome = threads.execute(&job, &blocks, &sink, &*progress);
                decoded = job.source().image().decoded();
                outcome
            }
            Crew::Processes(n) => workers::execute(n, (task, chosen.cache), job, &blocks, &sink, &*progress)
                .and_then(|job| sink.check(&job, &blocks, &*progress)),
        };
        // Blank pixels may weigh nothing: then positions alone tell whether any lies on the input.
        let outcome = outcome.and_then(|()| {
            let geometry = task.job::<I, O, Box<dyn Resampler<I, O>>>(Box::new(Nearest), None)?;
            Ok(sink.any.load(Ordering::Relaxed) || covers(&geometry, &blocks, &*progress)?)
        });
        listener.ends();
        let covered = match outcome {
            Ok(covered) => covered,
            Err(error) => {
                // The error to report is the one that ended the run.
                let _ = sink.sink.checkpoint();
                return Err(error);
            }
        };
        if !covered {
            drop(sink);
            discard(path);
            return Err(apart(task.input(), task.target()));
        }
        // From the output without a name: one that is stopped here can be taken up.
        let shown = options.preview.as_ref().map_or(Ok(()), |(picture, stretch)| {
            preview::write(&*written(path)?, picture, *stretch, options.overwrite, || progress.cancelled())
        });
        if shown.as_ref().is_err_and(Error::is_cancelled) {
            return shown;
        }
        // What was computed of another file than the one that is there now is no result.
        task.unchanged()?;
        // A picture that cannot be written costs the picture only.
        sink.sink.finish()?;
        shown?;
        let notes = match &sink.tally {
            Some(tally) => tally.notes(formats::kind(path)?, task.numbers.compute),
            None => Vec::new(),
        };
        let needed = chosen.plan.as_ref().map(|(_, cost)| cost.chunks[0] as u64);
        let chunks = decoded.zip(needed).map(<[u64; 2]>::from);
        *done = Some(Written { shape, format, status: Some(progress.status()), chunks, notes });
        Ok(())
    }
}

/// The error of a run in which no output pixel met the input.
fn apart(input: &Input, target: &Target) -> Error {
    let [from, onto] = [(&input.celestial, input.image.shape()), (&target.celestial, &target.shape)]
        .map(|(celestial, shape)| footprint::describe(celestial, footprint::sides(celestial, shape)));
    let why = format!(
        "lie apart on the sky: no output pixel falls on the input\n  input  {}: {from}\n  target {}: {onto}",
        input.label(),
        target.name
    );
    Error::invalid("input and target", why)
}

/// A sink that remembers whether any pixel was covered.
struct Covered {
    sink: Output,
    any: AtomicBool,
    /// Whether tiles were written by others, so that nobody here has seen them.
    afar: AtomicBool,
    tally: Option<Tally>,
}

impl Covered {
    /// Finds out about tiles that nobody has seen.
    fn check<O: Element>(
        &self,
        job: &dyn Job<Pixel = O>,
        blocks: &[Region],
        watch: &dyn Watch,
    ) -> Result<()> {
        if self.afar.load(Ordering::Relaxed) && !self.any.load(Ordering::Relaxed) {
            self.any.store(covers(job, blocks, watch)?, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl<T: Element> ArraySink<T> for Covered {
    fn shape(&self) -> &[usize] {
        ArraySink::<T>::shape(&self.sink)
    }

    fn write(&self, tile: &Tile<T>) -> Result<()> {
        if !self.any.load(Ordering::Relaxed) && tile.weight.iter().any(|w| *w > 0.0) {
            self.any.store(true, Ordering::Relaxed);
        }
        if let Some(tally) = &self.tally {
            tally.add(tile);
        }
        self.sink.write(tile)
    }

    fn map(&self) -> Option<SharedMap> {
        // What is counted has to come by.
        self.tally.is_none().then(|| ArraySink::<T>::map(&self.sink)).flatten()
    }

    fn written(&self, region: &Region) -> Result<()> {
        self.afar.store(true, Ordering::Relaxed);
        ArraySink::<T>::written(&self.sink, region)
    }
}

/// Whether any output pixel meets the input, found out from a few pixels of each block and, if that is not enough, from all.
fn covers<O: Element>(job: &dyn Job<Pixel = O>, blocks: &[Region], watch: &dyn Watch) -> Result<bool> {
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
