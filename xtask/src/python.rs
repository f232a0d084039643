//! The project's own Python environment, `.venv`: made when it is missing, renewed when its requirements change.

use crate::{Outcome, shell};
use std::path::{Path, PathBuf};

const FOLDER: &str = ".venv";
const REQUIREMENTS: &str = "reproject-py/tests/requirements.txt";
const CLIENTS: &str = "reproject-py/tests/requirements-clients.txt";
const OLDEST: (u32, u32) = (3, 11);

/// The interpreter of `.venv`, with everything that [`REQUIREMENTS`] names installed with it.
pub(crate) fn environment() -> Result<PathBuf, String> {
    let python = shell::root().join(FOLDER).join("bin/python");
    if !python.exists() {
        let made = shell::run(shell::program(interpreter()?, ["-m", "venv", FOLDER]));
        made.map_err(|e| format!("{e}\n(on Debian, `venv` is the package python3-venv)"))?;
    }
    install(&python, REQUIREMENTS)?;
    Ok(python)
}

/// Installs the packages whose own tests are run with our functions in the place of `reproject`'s.
pub(crate) fn clients(python: &Path) -> Outcome {
    install(python, CLIENTS)
}

/// Installs what a list names, unless it is what was installed last; [`REQUIREMENTS`] keep their versions.
fn install(python: &Path, list: &str) -> Outcome {
    let root = shell::root();
    let wanted = std::fs::read_to_string(root.join(list)).map_err(|e| format!("{list}: {e}"))?;
    // What is installed is a copy of the list it was installed from, written last.
    let stamp = root.join(FOLDER).join(list.rsplit('/').next().unwrap_or(list));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let pip =
        ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "-c", REQUIREMENTS, "-r", list];
    shell::run(shell::program(python, pip))?;
    std::fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}", stamp.display()))
}

/// Builds the extension, optimised, and installs it into `.venv`; the network is not needed.
pub(crate) fn extension() -> Result<PathBuf, String> {
    let python = environment()?;
    let arguments = ["-m", "maturin", "develop", "--release", "--manifest-path", "reproject-py/Cargo.toml"];
    let mut maturin = shell::program(&python, arguments);
    maturin.env("VIRTUAL_ENV", shell::root().join(FOLDER)).env_remove("CONDA_PREFIX");
    maturin.env("CARGO_BUILD_JOBS", std::env::var("CARGO_BUILD_JOBS").unwrap_or_else(|_| "2".into()));
    // An offline pip fails at once where it would ask the network: all that is needed is installed by now.
    maturin.env("PIP_NO_INDEX", "1").env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    shell::run(maturin)?;
    Ok(python)
}

/// Runs a script or module in the environment.
pub(crate) fn run<S: AsRef<str>>(python: &PathBuf, args: impl IntoIterator<Item = S>) -> Outcome {
    shell::run(shell::program(python, args))
}

/// The first Python on the path that is new enough.
fn interpreter() -> Result<String, String> {
    let newest_first = (OLDEST.1..=OLDEST.1 + 4).map(|minor| format!("python3.{minor}"));
    let names = ["python3".to_owned()].into_iter().chain(newest_first);
    let mut seen = Vec::new();
    for name in names {
        let Ok(said) = shell::capture(shell::program(&name, ["--version"])) else { continue };
        if version(&said).is_some_and(|found| found >= OLDEST) {
            return Ok(name);
        }
        seen.push(said.trim().to_owned());
    }
    let found = if seen.is_empty() { "none".into() } else { seen.join(", ") };
    Err(format!("no Python {}.{} or newer on the path (found: {found})", OLDEST.0, OLDEST.1))
}

/// The numbers of `Python 3.11.7`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.trim().strip_prefix("Python ")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared_as_numbers() {
        assert_eq!(version("Python 3.11.7\n"), Some((3, 11)));
        assert_eq!(version("Python 3.14.0rc1\n"), Some((3, 14)));
        assert!(version("Python 3.9.2").unwrap() < OLDEST);
        assert_eq!(version("pyenv: no such version"), None);
    }
}
