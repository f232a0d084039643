//! `reproject run`: from arguments to a job, and the job to a file.

use crate::args::Run;
use crate::dtype::Numbers;
use crate::image::Input;
use crate::target::Target;
use crate::way::Way;
use crate::{footprint, header, interrupt, preview, tell};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use num_traits::NumCast;
use reproject_chunk::{Element, FitsFile, FitsOptions, FitsSink, Format, HduSelect};
use reproject_core::{ArraySink, Error, Executor, Grid, Nearest, Reproject, Resampler, Result, Tile, Watch};
use reproject_exec::{Progress, Status, Threads};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs the command.
///
/// # Errors
/// With the file, HDU and rule, if anything is missing or wrong; no output file is then left.
pub(crate) fn run(args: &Run) -> Result<()> {
    let file = FitsFile::open(&args.input)?;
    let input = Input::open(&file, &args.hdu.clone().unwrap_or_default())?;
    let target = Target::find(&args.to, &input)?;
    check_outputs(args, &input)?;
    let way = Way::find(&input, &target, args.order, !args.no_roundtrip)?;
    let numbers = Numbers::new(&input.image, args.dtype, args.order);
    let options = FitsOptions {
        header: header::output(&input, &target, &way, args)?,
        blank: numbers.blank,
        footprint: args.footprint.then_some(Format::F32),
        overwrite: args.overwrite,
        ..FitsOptions::new(&way.shape, numbers.store)
    };
    let blocks = blocks(&way.shape, args.block)?;
    let job = Task { args, input: &input, target: &target, way, blocks, options };
    macro_rules! go {
        ($i:ty, $o:ty) => {{
            let how = args.order.resampler::<$i, $o>(&input.celestial, &target.celestial)?;
            job.run::<$i, $o>(how, numbers.blank)
        }};
    }
    // Few pairs: every type is read as one of these, and stored from one of these.
    match (numbers.read, numbers.compute) {
        (Format::F32, Format::F32) => go!(f32, f32),
        (Format::F32, _) => go!(f32, f64),
        (Format::F64, _) => go!(f64, f64),
        // Integers are only ever copied.
        (Format::U64, _) => job.run::<u64, u64>(Box::new(Nearest), numbers.blank),
        _ => job.run::<i64, i64>(Box::new(Nearest), numbers.blank),
    }
}

/// The blocks of the output.
fn blocks(shape: &[usize], wanted: Option<[usize; 2]>) -> Result<Grid> {
    let Some(sides) = wanted else { return Ok(Grid::automatic(shape)) };
    let mut block = vec![1; shape.len()];
    block[shape.len() - 2..].copy_from_slice(&sides);
    Grid::new(shape, &block)
}

/// Refuses outputs that would destroy the input or, unless allowed, another file.
fn check_outputs(args: &Run, input: &Input) -> Result<()> {
    let source = place(input.image.file().path());
    let mut part = args.output.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    for path in [Some(&args.output), args.preview.as_ref()].into_iter().flatten() {
        if place(path) == source {
            return Err(Error::file(path, "is the input; write to another file"));
        }
        if path.is_dir() {
            return Err(Error::file(path, "is a folder; name a file in it"));
        }
        if path.exists() && !path.is_file() && !path.is_dir() {
            return Err(Error::file(path, "is a device or pipe, not a file; choose another name"));
        }
        if !args.overwrite && path.exists() {
            return Err(Error::file(
                path,
                "exists already; choose another name, or replace it with --overwrite",
            ));
        }
    }
    if place(&part) == source {
        let why = format!("is the input, and what {} is called until it is whole", args.output.display());
        return Err(Error::file(&part, why + "; write to another file"));
    }
    if let Some(preview) = &args.preview
        && [&args.output, &part].iter().any(|p| place(p) == place(preview))
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

/// Everything about one run but the types of its numbers.
struct Task<'a> {
    args: &'a Run,
    input: &'a Input,
    target: &'a Target,
    way: Way,
    blocks: Grid,
    options: FitsOptions,
}

impl Task<'_> {
    fn run<I: Element, O: Element>(self, how: Box<dyn Resampler<I, O>>, blank: Option<i64>) -> Result<()> {
        let Task { args, input, target, way: Way { map, shape, .. }, blocks, options } = self;
        let mut image = input.image.clone();
        // What the input's own blank pixels become when they are read as integers.
        if let Some(blank) = blank {
            image = image.with_fill(blank.into())?;
        }
        let fill = O::BLANK.or_else(|| blank.and_then(<O as NumCast>::from)).unwrap_or_default();
        let job = Reproject::<I, O, _, _, _>::with_fill(&shape, map, how, image, fill)?;
        let threads = Threads::new(args.threads)?;
        let sink = Covered { sink: FitsSink::create(&args.output, &options)?, any: AtomicBool::new(false) };
        let part = sink.sink.handle().path.clone();
        let (bar, progress) = watch(&blocks, &shape, args.quiet);
        let stop = progress.clone();
        interrupt::on(part.clone(), move || stop.cancel());
        let blocks: Vec<_> = blocks.iter().collect();
        let outcome = threads.execute(&job, &blocks, &sink, &*progress);
        bar.finish_and_clear();
        if let Err(error) = outcome {
            if error.is_cancelled() {
                interrupt::say(&part);
            }
            return Err(error);
        }
        if !sink.any.load(Ordering::Relaxed) {
            drop(sink);
            // The unfinished file holds nothing; that it cannot be removed is not the error to report.
            let _ = std::fs::remove_file(part);
            return Err(apart(input, target));
        }
        if let Some(path) = &args.preview {
            // Before the output gets its name: what fails here leaves no finished file.
            let written = FitsFile::open(&part)?.image(&HduSelect::Index(0))?;
            preview::write(&written, path, args.stretch, || progress.cancelled())?;
        }
        sink.sink.finish()?;
        if !args.quiet {
            report(&args.output, &shape, options.format, progress.status());
        }
        Ok(())
    }
}

/// A progress bar (on a terminal only) and the watch that moves it.
fn watch(
    blocks: &Grid,
    shape: &[usize],
    quiet: bool,
) -> (ProgressBar, Arc<Progress<impl Fn(Status) + Send + Sync + use<>>>) {
    let pixels: usize = shape.iter().product();
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
    sink: FitsSink,
    any: AtomicBool,
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
}
