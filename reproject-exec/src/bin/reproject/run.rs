//! `reproject run`: from arguments to a job, and the job to a file.

use crate::args::Run;
use crate::header::Outgoing;
use crate::image::Input;
use crate::output::{self, Contents, Output};
use crate::remote::{self, Remote};
use crate::tally::Tally;
use crate::target::Target;
use crate::task::{Crew, Task, Work};
use crate::{footprint, header, interrupt, names, preview, resume, stdio, tell};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reproject_chunk::{Element, Format};
use reproject_core::{
    ArraySink, Error, Executor, Nearest, Region, Resampler, Result, SharedMap, Tile, Watch,
};
use reproject_exec::{Progress, Status, Threads};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs the command.
///
/// # Errors
/// With the file, HDU and rule, if anything is missing or wrong; no output file is then left.
pub(crate) fn run(args: &Run) -> Result<()> {
    names::check_options(&args.what, Some(&args.output))?;
    let task = Task::new(&args.what)?;
    task.say();
    names::check(args, &task)?;
    task.typed(&args.what, Go(args))
}

struct Go<'a>(&'a Run);

impl Work for Go<'_> {
    fn work<I: Element, O: Element>(self, task: &Task, how: Box<dyn Resampler<I, O>>) -> Result<()> {
        let (args, shape, format) = (self.0, &task.way.shape, task.numbers.store);
        let chosen = task.blocks(&args.what, Some(&args.output), &*how, false)?;
        let job = task.job(how, chosen.cache)?;
        let Outgoing { header, tables, notes } = header::output(task, &args.what, &args.output)?;
        if !args.quiet {
            notes.iter().for_each(|note| tell(format_args!("reproject: note: {note}")));
        }
        let contents = Contents { shape: shape.clone(), format, header, tables, blank: task.numbers.blank };
        let mut blocks = chosen.blocks;
        let what = resume::description(args, task, &blocks);
        let begun = Output::begin(args, contents, chosen.chunks.as_deref(), &blocks, &what)?;
        let Some((sink, held)) = begun else { return Ok(()) };
        let before = blocks.len();
        blocks.retain(|block| !held.contains(block));
        if before > blocks.len() && !args.quiet {
            tell(format_args!("{} of {before} blocks are there already", before - blocks.len()));
        }
        // What was found of an earlier run is not looked at again.
        let sink = Covered {
            sink,
            any: AtomicBool::new(before > blocks.len()),
            afar: AtomicBool::new(false),
            tally: Tally::of(task),
        };
        let (bar, progress) = watch(&blocks, args.quiet);
        let stop = progress.clone();
        interrupt::on(args.output.clone(), move || stop.cancel());
        let mut decoded = None;
        let outcome = match chosen.crew {
            Crew::Threads(n) => {
                let threads = Threads::new(NonZeroUsize::new(n))?;
                let outcome = threads.execute(&job, &blocks, &sink, &*progress);
                decoded = job.source().image().decoded();
                outcome
            }
            Crew::Processes(n) => {
                let job = Remote::new(task, chosen.cache, job);
                let outcome = remote::processes(n)?.execute(&job, &blocks, &sink, &*progress);
                outcome.and_then(|()| sink.check(&job, &blocks, &*progress))
            }
        };
        // Blank pixels may weigh nothing: then positions alone tell whether any lies on the input.
        let outcome = outcome.and_then(|()| {
            let geometry = task.job::<I, O, Box<dyn Resampler<I, O>>>(Box::new(Nearest), None)?;
            Ok(sink.any.load(Ordering::Relaxed) || remote::covers(&geometry, &blocks, &*progress)?)
        });
        bar.finish_and_clear();
        let covered = match outcome {
            Ok(covered) => covered,
            Err(error) => {
                // The error to report is the one that ended the run.
                let _ = sink.sink.checkpoint();
                if error.is_cancelled() {
                    interrupt::say(&args.output);
                }
                return Err(error);
            }
        };
        if !covered {
            drop(sink);
            output::discard(&args.output);
            return Err(apart(&task.input, &task.target));
        }
        // From the output without a name: one that is stopped here can be taken up.
        let shown = args.preview.as_ref().map_or(Ok(()), |path| {
            preview::write(&*output::written(&args.output)?, path, args, || progress.cancelled())
        });
        if let Err(error) = &shown
            && error.is_cancelled()
        {
            interrupt::say(&args.output);
            return shown;
        }
        // What was computed of another file than the one that is there now is no result.
        task.unchanged()?;
        // A picture that cannot be written costs the picture only.
        sink.sink.finish()?;
        shown?;
        stdio::hand_on(&args.output)?;
        if !args.quiet {
            if let Some(tally) = &sink.tally {
                tally.say(names::kind(&args.output)?, task.numbers.compute);
            }
            report(&args.output, shape, format, progress.status());
            if let (Some(decoded), Some((_, cost))) = (decoded, &chosen.plan) {
                let [needed, _] = cost.chunks;
                let [chunks, needs] = [decoded == 1, needed == 1]
                    .map(|one| if one { ["chunk was", "was"] } else { ["chunks were", "were"] });
                tell(format_args!("{decoded} {} decoded, {needed} {} needed", chunks[0], needs[1]));
            }
        }
        Ok(())
    }
}

/// A progress bar (on a terminal only) and the watch that moves it.
fn watch(
    blocks: &[Region],
    quiet: bool,
) -> (ProgressBar, Arc<Progress<impl Fn(Status) + Send + Sync + use<>>>) {
    let pixels: usize = blocks.iter().map(Region::len).sum();
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {per_sec}  {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("per_sec", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{:.1} Mpix/s", state.per_sec() / 1e6);
        });
    // Where standard error is no terminal, nothing is drawn.
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(5) };
    let bar = ProgressBar::with_draw_target(Some(pixels as u64), target).with_style(style);
    let moved = bar.clone();
    let progress =
        Progress::new(blocks.len(), move |status: Status| moved.set_position(status.pixels as u64));
    (bar, Arc::new(progress))
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

fn report(output: &Path, shape: &[usize], format: Format, status: Status) {
    let sides: Vec<_> = shape.iter().rev().map(usize::to_string).collect();
    let seconds = status.elapsed.as_secs_f64();
    let rate = status.pixels as f64 / seconds.max(1e-9) / 1e6;
    let sides = sides.join(" × ");
    tell(format_args!("{}: {sides} {format}, {seconds:.2} s, {rate:.1} Mpix/s", stdio::name(output)));
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
    fn check<O: Element>(&self, job: &Remote<O>, blocks: &[Region], watch: &dyn Watch) -> Result<()> {
        if self.afar.load(Ordering::Relaxed) && !self.any.load(Ordering::Relaxed) {
            self.any.store(remote::covers(job, blocks, watch)?, Ordering::Relaxed);
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
