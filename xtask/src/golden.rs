//! `cargo xtask golden`: positions against the corpus of reference headers, with counts.

use crate::{Command, Outcome, shell, workspace};

pub(crate) const COMMAND: Command = Command {
    name: "golden",
    summary: "compare positions with the reference corpus and print the counts",
    help: "
Runs the tests of reproject-wcs named corpus... and p2p... one after the other and shows what they print: how many headers
and positions each file of the corpus holds, how many agree, and the largest deviations. The corpus lies beside the
repository; without it the tests say that they compared nothing.",
    run,
};

fn run(args: &[String]) -> Outcome {
    crate::no_arguments("golden", args)?;
    let crates = workspace::read(&shell::root())?;
    let mut tests = shell::cargo(["test", "--package", "reproject-wcs"]);
    tests.args(workspace::features(crates.iter().filter(|c| c.name == "reproject-wcs")));
    tests.args(["--test", "corpus*", "--test", "p2p*", "--", "--nocapture", "--test-threads", "1"]);
    shell::run(tests)
}
