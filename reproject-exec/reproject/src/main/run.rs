//! `reproject run` and `reproject plan`: from arguments to a reprojection, and what is said of it.

use crate::args::{Plan, Run, What};
use crate::{interrupt, print, stdio, tell};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reproject::{
    Begun, Error, Grid, Image, ImageOptions, Listener, Reprojection, Result, Status, WriteOptions, Written,
    memory,
};
use reproject_core::bytes;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Runs the command `run`.
///
/// # Errors
/// With the file, HDU and rule, if anything is missing or wrong; no output file is then left.
pub(crate) fn run(args: &Run) -> Result<()> {
    let speaker = Speaker { quiet: args.quiet, output: args.output.clone(), bar: OnceLock::new() };
    let listener: Arc<dyn Listener> = Arc::new(speaker);
    let options = WriteOptions {
        overwrite: args.overwrite,
        resume: args.resume,
        preview: args.preview.clone().map(|path| (path, args.stretch.into())),
    };
    let written = reprojection(&args.what)?.write_with(&args.output, &options, &listener);
    if written.as_ref().is_err_and(Error::is_cancelled) {
        interrupt::say(&args.output);
    }
    let written = written?;
    let Some(status) = written.status else { return Ok(()) };
    stdio::hand_on(&args.output)?;
    if !args.quiet {
        written.notes.iter().for_each(|note| listener.note(note));
        report(&args.output, &written, status);
    }
    Ok(())
}

/// Runs the command `plan`.
///
/// # Errors
/// Those of a run before it begins.
pub(crate) fn plan(args: &Plan) -> Result<()> {
    let speaker = Speaker { quiet: false, output: PathBuf::new(), bar: OnceLock::new() };
    let planned = reprojection(&args.what)?.plan(args.output.as_deref(), &speaker)?;
    print(&if args.json { planned.json()? + "\n" } else { planned.explain() })
}

/// The reprojection that arguments ask for.
fn reprojection(what: &What) -> Result<Reprojection> {
    // Of the memory, every process that opens the input has its share.
    let share = what.memory.map(|memory| memory / what.processes.map_or(1, |n| 1 + n.get()));
    let options = ImageOptions { hdu: what.hdu.clone(), header: what.header.clone(), memory: share };
    let image = Image::open_with(&what.input, &options)?;
    let grid = Grid::open_within(&what.to, &image, share)?;
    let mut of = Reprojection::new(&image, &grid)
        .method(what.order)
        .blanks(what.bad)
        .dtype(what.dtype.0)
        .roundtrip(!what.no_roundtrip);
    macro_rules! chosen { ($($option:ident),*) => {$(
        if let Some(value) = what.$option.clone() {
            of = of.$option(value);
        }
    )*} }
    chosen!(mask, threads, processes, memory, block, chunks, footprint);
    Ok(of)
}

/// Counts a limit on the address space as one on memory.
///
/// # Errors
/// If it is lower than what the program itself takes.
pub(crate) fn bound(what: &mut What) -> Result<()> {
    let mask = what.mask.as_ref().map(|mask| Path::new(mask.file()));
    let files: Vec<_> = [Some(&*what.input), mask].into_iter().flatten().collect();
    let Some(left) = memory::of_address_space(&files)? else { return Ok(()) };
    if what.memory.is_none_or(|memory| memory > left) {
        what.memory = Some(left);
        tell(format_args!(
            "the address space is limited (ulimit -v): {} of it are used as --memory",
            bytes(left as f64)
        ));
    }
    Ok(())
}

/// Says what is heard of a run on standard error, and moves a bar there if it is a terminal.
struct Speaker {
    quiet: bool,
    output: PathBuf,
    bar: OnceLock<ProgressBar>,
}

impl Listener for Speaker {
    fn notice(&self, text: &str) {
        tell(format_args!("reproject: {text}"));
    }

    fn note(&self, text: &str) {
        if !self.quiet {
            tell(format_args!("reproject: note: {text}"));
        }
    }

    fn begins(&self, run: &Begun) {
        if run.of > run.blocks && !self.quiet {
            tell(format_args!("{} of {} blocks are there already", run.of - run.blocks, run.of));
        }
        let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {per_sec}  {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .with_key("per_sec", |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.1} Mpix/s", state.per_sec() / 1e6);
            });
        // Where standard error is no terminal, nothing is drawn.
        let target =
            if self.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(5) };
        let _ =
            self.bar.set(ProgressBar::with_draw_target(Some(run.pixels as u64), target).with_style(style));
        let stop = run.stop.clone();
        interrupt::on(self.output.clone(), move || stop());
    }

    fn progress(&self, status: Status) {
        if let Some(bar) = self.bar.get() {
            bar.set_position(status.pixels as u64);
        }
    }

    fn ends(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn report(output: &Path, written: &Written, status: Status) {
    let sides: Vec<_> = written.shape.iter().rev().map(usize::to_string).collect();
    let seconds = status.elapsed.as_secs_f64();
    let rate = status.pixels as f64 / seconds.max(1e-9) / 1e6;
    let (sides, format) = (sides.join(" × "), written.format);
    tell(format_args!("{}: {sides} {format}, {seconds:.2} s, {rate:.1} Mpix/s", stdio::name(output)));
    if let Some([decoded, needed]) = written.chunks {
        let [chunks, needs] =
            [decoded, needed].map(|n| if n == 1 { ["chunk was", "was"] } else { ["chunks were", "were"] });
        tell(format_args!("{decoded} {} decoded, {needed} {} needed", chunks[0], needs[1]));
    }
}
