//! `cargo xtask lint`: format, clippy, documentation and the house rules; a warning is an error.

use crate::{Command, Outcome, shell, tidy, workspace};

pub(crate) const COMMAND: Command = Command {
    name: "lint",
    summary: "check format, clippy, documentation and house rules",
    help: "
Runs tidy, cargo fmt --check, clippy on all targets of all crates and once without worker processes, and cargo doc, with
warnings as errors. Features that take minutes to build are left out. `cargo fmt` mends the format.",
    run,
};

fn run(args: &[String]) -> Outcome {
    crate::no_arguments("lint", args)?;
    // The quickest first.
    (tidy::COMMAND.run)(&[])?;
    shell::run(shell::cargo(["fmt", "--all", "--check"]))?;
    let features = workspace::features(&workspace::read(&shell::root())?);

    let mut clippy = shell::cargo(["clippy", "--workspace", "--all-targets"]);
    clippy.args(&features).args(["--", "--deny", "warnings"]);
    shell::run(clippy)?;
    // Windows has no worker processes.
    let mut without = shell::cargo(["clippy", "--package", "reproject-exec", "--package", "reproject"]);
    without.args(["--no-default-features", "--", "--deny", "warnings"]);
    shell::run(without)?;

    let mut doc = shell::cargo(["doc", "--workspace", "--no-deps"]);
    doc.args(&features).env("RUSTDOCFLAGS", "--deny warnings");
    shell::run(doc)
}
