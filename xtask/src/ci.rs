//! `cargo xtask ci`: what a change has to pass; `.ci/run` calls it.

use crate::{Command, Outcome, lint, test};

pub(crate) const COMMAND: Command = Command {
    name: "ci",
    summary: "lint, then test: what a change has to pass",
    help: "The same here as on the machine that gates changes: `lint`, then `test`.",
    run,
};

fn run(args: &[String]) -> Outcome {
    crate::no_arguments("ci", args)?;
    (lint::COMMAND.run)(&[])?;
    (test::COMMAND.run)(&[])
}
