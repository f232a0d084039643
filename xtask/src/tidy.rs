//! `cargo xtask tidy`: the house rules that a machine can check, one function each.
//!
//! A check takes the files (or crates) as values and returns the problems it found, so that its tests can show it
//! a tree that breaks the rule. What was said twice in review becomes a check here.

mod advisories;
mod arrows;
mod circles;
mod fence;
mod layout;
mod libm;
mod style;
mod words;

use crate::{Command, Outcome, shell, workspace};

pub(crate) const COMMAND: Command = Command {
    name: "tidy",
    summary: "check the house rules: crate arrows, file sizes, words",
    help: "
Looks at the files that git tracks and checks that
  - crates depend on each other as the crate map allows (normal dependencies),
  - top-level modules of a crate do not import each other in a circle,
  - the top level holds the crates and the agreed files only,
  - every .rs file has at most 400 lines and begins with `//!`,
  - every crate that is published holds the LICENSE of the root,
  - no line of text ends in blanks, no text file lacks its last newline,
  - `unsafe` stands only in the four files made for it,
  - nothing is left to do later: no stubs, no ignored or skipped tests,
  - no absolute path of a machine is written down,
  - no libm function is called on the pixel path (its bits depend on the machine),
  - closures over points are inlined there (`each!`),
  - no dependency is one that the advisory database names, unless it is excused with a reason.",
    run,
};

/// A tracked text file: its path from the root, and what it holds.
pub(crate) struct File {
    path: String,
    text: String,
}

impl File {
    fn is(&self, extensions: &[&str]) -> bool {
        extensions.iter().any(|extension| self.path.ends_with(extension))
    }

    fn problem(&self, line: usize, what: impl std::fmt::Display) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    /// Lines counted from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(i, line)| (i + 1, line))
    }
}

type Check = fn(&[File]) -> Vec<String>;
const CHECKS: &[Check] = &[
    layout::sizes,
    layout::module_docs,
    layout::licences,
    style::blanks,
    style::last_newline,
    words::unfinished,
    words::unsafe_code,
    words::skipped_tests,
    words::machine_paths,
    circles::modules,
    libm::calls,
    fence::closures,
];

fn run(args: &[String]) -> Outcome {
    crate::no_arguments("tidy", args)?;
    let root = shell::root();
    let tracked = shell::capture(shell::program("git", ["ls-files", "-z"]))?;
    let paths: Vec<&str> = tracked.split('\0').filter(|path| !path.is_empty()).collect();
    let mut problems = layout::top_level(&paths);
    let mut files = Vec::new();
    // A tracked file that is not there, or not text, has nothing to check.
    for path in paths.iter().filter(|path| **path != "Cargo.lock") {
        if let Ok(text) = std::fs::read_to_string(root.join(path)) {
            files.push(File { path: (*path).to_owned(), text });
        }
    }
    for check in CHECKS {
        problems.extend(check(&files));
    }
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).map_err(|e| format!("Cargo.lock: {e}"))?;
    problems.extend(advisories::locked(&lock));
    problems.extend(arrows::arrows(&workspace::read(&root)?));
    if problems.is_empty() {
        eprintln!("tidy: {} files, nothing to complain about", files.len());
        return Ok(());
    }
    problems.sort();
    Err(format!("tidy: {} problems\n{}", problems.len(), problems.join("\n")))
}

#[cfg(test)]
pub(crate) fn sample(path: &str, text: &str) -> Vec<File> {
    vec![File { path: path.into(), text: text.into() }]
}
