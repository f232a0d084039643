//! `reproject run`: from arguments to a job, and the job to a file.

use crate::args::Run;
use crate::header::Outgoing;
use crate::image::Input;
use crate::output::{self, Contents, Output};
use crate::remote::{self, Remote};
use crate::target::Target;
use crate::task::{Crew, Task, Work};
use crate::{footprint, header, interrupt, pixels, preview, resume, tell};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reproject_chunk::{Element, Format};
use reproject_core::{
    ArraySink, Error, Executor, Nearest, Region, Resampler, Result, SharedMap, Tile, Watch,
};
use reproject_exec::{Progress, Status, Threads};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs the command.
///
/// # Errors
/// With the file, HDU and rule, if anything is missing or wrong; no output file is then left.
pub(crate) fn run(args: &Run) -> Result<()> {
    let task = Task::new(&args.what)?;
    check_outputs(args, &task)?;
    task.typed(&args.what, Go(args))
}

/// Refuses outputs that would destroy the input, its mask or, unless allowed, another file.
fn check_outputs(args: &Run, task: &Task) -> Result<()> {
    let mask = task.mask.as_ref().map(|mask| ("mask", place(mask.pixels().path())));
    let sources: Vec<_> = [("input", place(task.input.image.path()))].into_iter().chain(mask).collect();
    let source =
        |path: &Path| sources.iter().find(|(_, source)| *source == place(path)).map(|(what, _)| what);
    let part = output::with(&args.output, ".part");
    let beside = output::footprint(&args.output).filter(|_| args.what.footprint.is_some());
    for path in [Some(&args.output), args.preview.as_ref(), beside.as_ref()].into_iter().flatten() {
        if let Some(what) = source(path) {
            return Err(Error::file(path, format!("is the {what}; write to another file")));
        }
        if path.is_dir() && pixels::metadata(path).is_none() {
            return Err(Error::file(path, "is a folder; name a file in it"));
        }
        if path.exists() && !path.is_file() && !path.is_dir() {
            return Err(Error::file(path, "is a device or pipe, not a file; choose another name"));
        }
        // A run that is taken up may have given the coverage its name already.
        let taken_up = args.resume && part.exists() && Some(path) == beside.as_ref();
        if !args.overwrite && path.exists() && !taken_up {
            return Err(Error::file(
                path,
                "exists already; choose another name, or replace it with --overwrite",
            ));
        }
    }
    for output in [Some(&args.output), beside.as_ref()].into_iter().flatten() {
        let part = output::with(output, ".part");
        if let Some(what) = source(&part) {
            let why = format!("is the {what}, and what {} is called until it is whole", output.display());
            return Err(Error::file(&part, why + "; write to another file"));
        }
    }
    if let Some(preview) = &args.preview
        && [Some(&args.output), Some(&part), beside.as_ref()]
            .into_iter()
            .flatten()
            .any(|p| place(p) == place(preview))
    {
        return Err(Error::file(preview, "is named as output and as preview; they are two files"));
    }
    Ok(())
}

/// Where a file lies or would lie, however its name is written.
fn place(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let absent = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(absent).unwrap_or_else(|| path.to_owned())
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
        let (sink, held) = Output::begin(args, contents, chosen.chunks.as_deref(), &what)?;
        let before = blocks.len();
        blocks.retain(|block| !held.contains(block));
        if before > blocks.len() && !args.quiet {
            tell(format_args!("{} of {before} blocks are there already", before - blocks.len()));
        }
        // What was found of an earlier run is not looked at again.
        let sink =
            Covered { sink, any: AtomicBool::new(before > blocks.len()), afar: AtomicBool::new(false) };
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
            preview::write(&*output::written(&args.output)?, path, args.stretch, || progress.cancelled())
        });
        if let Err(error) = &shown
            && error.is_cancelled()
        {
            interrupt::say(&args.output);
            return shown;
        }
        // A picture that cannot be written costs the picture only.
        sink.sink.finish()?;
        shown?;
        if !args.quiet {
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
    tell(format_args!("{}: {sides} {format}, {seconds:.2} s, {rate:.1} Mpix/s", output.display()));
}

/// A sink that remembers whether any pixel was covered.
struct Covered {
    sink: Output,
    any: AtomicBool,
    /// Whether tiles were written by others, so that nobody here has seen them.
    afar: AtomicBool,
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
        self.sink.write(tile)
    }

    fn map(&self) -> Option<SharedMap> {
        ArraySink::<T>::map(&self.sink)
    }

    fn written(&self, region: &Region) -> Result<()> {
        self.afar.store(true, Ordering::Relaxed);
        ArraySink::<T>::written(&self.sink, region)
    }
}
