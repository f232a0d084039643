//! `cargo xtask golden`: positions against the corpus of reference headers, with counts.

use crate::{Command, Outcome, python, shell, workspace};

pub(crate) const COMMAND: Command = Command {
    name: "golden",
    summary: "compare positions with the reference corpus and print the counts",
    help: "
  cargo xtask golden                              the corpus
  cargo xtask golden --mutants [COUNT [SEED]]     mutated headers of the corpus and astropy.wcs, in .venv

The first runs the tests of reproject-wcs named corpus... and p2p... one after the other and shows what they print: how many headers
and positions each file of the corpus holds, how many agree, and the largest deviations. The corpus lies next to the
repository; without it the tests say that they compared nothing. The second prints how many of COUNT mutants are accepted,
refused and placed alike, how many differ for each reason of xtask/golden/classes.py, and whatever differs for no such reason.",
    run,
};

fn run(args: &[String]) -> Outcome {
    if let [first, numbers @ ..] = args
        && first == "--mutants"
    {
        let script = ["xtask/golden/mutants.py".to_owned()];
        return python::run(&python::extension()?, script.iter().chain(numbers));
    }
    crate::no_arguments("golden", args)?;
    let crates = workspace::read(&shell::root())?;
    let mut tests = shell::cargo(["test", "--package", "reproject-wcs"]);
    tests.args(workspace::features(crates.iter().filter(|c| c.name == "reproject-wcs")));
    tests.args(["--test", "corpus*", "--test", "p2p*", "--", "--nocapture", "--test-threads", "1"]);
    shell::run(tests)
}
