//! The `reproject` command: an image onto another pixel grid, from file to file.

#![allow(rustdoc::broken_intra_doc_links, reason = "in the help, FILE[HDU] means what it says")]

mod args;
mod axes;
mod bad;
mod cards;
mod dtype;
mod footprint;
mod header;
mod image;
mod info;
mod interrupt;
mod leftovers;
mod mask;
mod memory;
mod order;
mod output;
mod pixels;
mod plan;
mod preview;
mod remote;
mod resume;
mod run;
mod solar;
mod target;
mod task;
mod way;

use args::{Args, Command};
use clap::Parser;
use reproject_core::Error;
use std::io::Write;
use std::process::ExitCode;

/// Exit code of a run that was interrupted, as shells report it for SIGINT.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    remote::jobs().serve_if_worker();
    // clap itself ends with code 2 on arguments that it cannot understand.
    let args = Args::parse();
    let outcome = match &args.command {
        Command::Run(run) => run::run(run),
        Command::Plan(plan) => plan::plan(plan),
        Command::Info(info) => info::info(info),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_cancelled() => ExitCode::from(INTERRUPTED),
        Err(error) => {
            tell(format_args!("reproject: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes a text to standard output. A reader that closes the pipe early has read enough.
///
/// # Errors
/// If it cannot be written whole.
fn print(text: &str) -> Result<(), Error> {
    let text = printable(text);
    match std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::file("standard output", format!("cannot be written: {}", e.kind())))
        }
        _ => Ok(()),
    }
}

/// Writes a line to standard error. That nobody listens any more (`2>&1 | head`) is no reason to fail, or to panic as
/// `eprintln!` does.
fn tell(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{}", printable(&line.to_string()));
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
