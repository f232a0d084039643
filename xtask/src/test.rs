//! `cargo xtask test`: every test there is, Rust first, then Python against the extension just built.

use crate::{Command, Outcome, python, shell, workspace};

pub(crate) const COMMAND: Command = Command {
    name: "test",
    summary: "run all tests: Rust, doc-tests, then Python against a fresh build of the extension",
    help: "
Runs the Rust tests of all crates (with cargo-nextest where it is installed), their doc-tests, then builds the
Python extension into .venv in the repository and runs pytest; packages that call `reproject` are installed there too,
and their tests run with our functions in it. Makes what it needs: only Rust, Python 3.11 or newer and a C compiler
have to be there, and PyPI has to be reachable the first time.

  cargo xtask test           everything
  cargo xtask test rust      the Rust tests and doc-tests alone
  cargo xtask test python    the Python tests alone; arguments after -- go to pytest",
    run,
};

fn run(args: &[String]) -> Outcome {
    let (own, pytest) = match args.iter().position(|arg| arg == "--") {
        Some(at) => (&args[..at], &args[at + 1..]),
        None => (args, &[][..]),
    };
    match own {
        [] => {
            rust()?;
            python_tests(pytest)
        }
        [part] if part == "rust" && pytest.is_empty() => rust(),
        [part] if part == "python" => python_tests(pytest),
        _ => Err(format!("test: unexpected arguments `{}`; see `cargo xtask test --help`", args.join(" "))),
    }
}

/// The extension crate has no Rust tests of its own: as a module for Python it does not link into a test program.
const EXTENSION: &str = "reproject-py";

fn rust() -> Outcome {
    let crates = workspace::read(&shell::root())?;
    let mut what: Vec<String> = ["--workspace", "--exclude", EXTENSION].map(Into::into).to_vec();
    what.extend(workspace::features(crates.iter().filter(|c| c.name != EXTENSION)));

    let nextest = shell::capture(shell::cargo(["nextest", "--version"])).is_ok();
    let runner: &[&str] =
        if nextest { &["nextest", "run", "--test-threads", "2"] } else { &["test", "--all-targets"] };
    let mut tests = shell::cargo(runner);
    shell::run({
        tests.args(&what);
        tests
    })?;
    let mut doc_tests = shell::cargo(["test", "--doc"]);
    shell::run({
        doc_tests.args(&what);
        doc_tests
    })
}

/// pytest itself fails (status 5) when it finds no test.
fn python_tests(arguments: &[String]) -> Outcome {
    let python = python::extension()?;
    python::clients(&python)?;
    let fixed = ["-m", "pytest", "reproject-py/tests"].map(String::from);
    python::run(&python, fixed.iter().chain(arguments))
}
