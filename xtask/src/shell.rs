//! Starting other programs: from the repository root, echoed, with an error that names what failed.

use crate::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository root: the folder above this crate.
pub(crate) fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().map_or(manifest.clone(), Path::to_path_buf)
}

/// The cargo that runs us, with at most two jobs: one codegen process takes up to 2 GiB here.
pub(crate) fn cargo<S: AsRef<str>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = program(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()), args);
    if std::env::var_os("CARGO_BUILD_JOBS").is_none() {
        command.env("CARGO_BUILD_JOBS", "2");
    }
    command
}

/// A program with its arguments, to be started in the repository root.
pub(crate) fn program<S: AsRef<str>>(
    name: impl AsRef<std::ffi::OsStr>,
    args: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    for arg in args {
        command.arg(arg.as_ref());
    }
    command
}

/// Runs a program in sight of the user; an exit status other than 0 is an error.
pub(crate) fn run(mut command: Command) -> Outcome {
    let line = line(&command);
    eprintln!("\n$ {line}");
    let status = command.status().map_err(|e| format!("could not start `{line}`: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed: {status}")) }
}

/// Runs a program out of sight and returns what it printed.
pub(crate) fn capture(mut command: Command) -> Result<String, String> {
    let line = line(&command);
    let output = command.output().map_err(|e| format!("could not start `{line}`: {e}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{line}` failed: {}\n{}", output.status, said.trim_end()));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{line}` printed something that is not UTF-8"))
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("xtask/src/shell.rs").is_file());
    }

    #[test]
    fn a_failing_or_missing_program_is_an_error_that_names_it() {
        assert!(capture(program("git", ["no-such-command"])).unwrap_err().contains("git no-such-command"));
        assert!(
            capture(program("no-such-program-at-all", [""; 0]))
                .unwrap_err()
                .contains("no-such-program-at-all")
        );
    }
}
