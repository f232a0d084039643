//! The `reproject` command: an image onto another pixel grid, from file to file.

#![allow(rustdoc::broken_intra_doc_links, reason = "in the help, FILE[HDU] means what it says")]

mod args;
mod interrupt;
mod run;
mod stdio;

use args::{Args, Command, Info, Plan, Run};
use reproject::{Error, Result};
use std::io::Write;
use std::process::ExitCode;

/// Exit code of a run that was interrupted, as shells report it for SIGINT.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    // A write beyond a limit and a file that was cut short are errors, not the end.
    reproject_chunk::survive_signals();
    // What libraries do in parallel they may do in one thread: whoever calls them is one of many.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
    reproject::serve_if_worker();
    let pool = pool.map_err(|e| Error::invalid("threads", format!("not even one can be started: {e}")));
    let outcome = args::read().and_then(|args| pool.and_then(|()| command(args)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_cancelled() => ExitCode::from(INTERRUPTED),
        Err(error) => {
            tell(format_args!("reproject: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn command(args: Args) -> Result<()> {
    let mut command = args.command;
    let through = stdio::through(&mut command)?;
    match &mut command {
        Command::Run(Run { what, .. }) | Command::Plan(Plan { what, .. }) => run::bound(what)?,
        Command::Info(_) => {}
    }
    let done = match &command {
        Command::Run(run) => run::run(run),
        Command::Plan(plan) => run::plan(plan),
        Command::Info(Info { file }) => {
            reproject::describe(file, &stdio::name(file)).and_then(|text| print(&text))
        }
    };
    drop(through);
    done
}

/// Prints what was asked for.
fn print(text: &str) -> Result<()> {
    printed(std::io::stdout().write_all(printable(text).as_bytes()))
}

/// Whether all has been printed. That nobody listens any more (`plan | head`) is no error, everything else is.
fn printed(done: std::io::Result<()>) -> Result<()> {
    match done.and_then(|()| std::io::stdout().flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io("standard output", "cannot be written", e))
        }
        _ => Ok(()),
    }
}

/// Writes a line to standard error. That nobody listens any more (`2>&1 | head`) is no reason to fail, or to panic as
/// `eprintln!` does. Settings are named as options.
fn tell(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{}", printable(&args::with_options(&line.to_string())));
}

/// A text without what steers a terminal: headers and names of files may hold anything.
fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}
