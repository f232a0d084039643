//! The one error type that crosses crate boundaries.

use crate::{Region, sides};
use std::fmt::Display;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong before or between pixels; nothing on the pixel path itself fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value that breaks a rule; `why` names the value, the rule and the way out.
    #[error("{what}: {}", plain(why))]
    Invalid {
        /// The argument, keyword or option.
        what: String,
        /// The value found, the rule it breaks and how to mend it.
        why: String,
    },
    /// Two shapes that should agree.
    #[error("{what}: {} pixels are needed, {} are given", sides(expected), sides(found))]
    Shape {
        /// Whose shape.
        what: &'static str,
        /// The shape that was needed.
        expected: Vec<usize>,
        /// The shape that was given.
        found: Vec<usize>,
    },
    /// A source, sink or store that failed on something that has no path.
    #[error("{what}: {}", plain(why))]
    Store {
        /// Which store, and what was being done.
        what: String,
        /// Why it failed.
        why: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file that cannot be read or written.
    #[error("{}: {}", path.display(), plain(why))]
    File {
        /// The file.
        path: PathBuf,
        /// What was being done and why it failed.
        why: String,
    },
    /// A coordinate map that failed (a call into another language).
    #[error("coordinate map: {0}")]
    Map(String),
    /// A block that could not be computed.
    #[error("block {block}: {}", plain(why))]
    Block {
        /// The block of the output.
        block: Region,
        /// What happened in it.
        why: String,
    },
    /// The run was asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// An [`Error::Invalid`].
    pub fn invalid(what: impl Into<String>, why: impl Into<String>) -> Self {
        Error::Invalid { what: what.into(), why: why.into() }
    }

    /// An [`Error::File`].
    pub fn file(path: impl Into<PathBuf>, why: impl ToString) -> Self {
        Error::File { path: path.into(), why: why.to_string() }
    }

    /// Whether the run was asked to stop, as opposed to failing.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Error::Cancelled)
    }
}

/// What the system said without the number that it says it by; a limit that was met is named.
fn plain(why: &impl Display) -> String {
    let (mut text, before) = (String::new(), why.to_string());
    let mut rest = before.as_str();
    while let Some((said, (number, after))) =
        rest.split_once(NUMBER).and_then(|(said, after)| Some((said, after.split_once(')')?)))
    {
        text += said;
        let limit = number.parse().ok().and_then(limit);
        text += &limit.map_or_else(String::new, |limit| format!(" (the limit is on {limit})"));
        rest = after;
    }
    text + rest
}

const NUMBER: &str = " (os error ";

/// The limit behind an error of the system, and what shows it.
fn limit(number: i32) -> Option<&'static str> {
    let kind = std::io::Error::from_raw_os_error(number).kind();
    match (kind, number) {
        (ErrorKind::FileTooLarge, _) => Some("the size of files: ulimit -f"),
        (ErrorKind::OutOfMemory, _) => Some("memory or address space: ulimit -v"),
        // Of processes and threads; POSIX calls it by the name of what would have to wait.
        (ErrorKind::WouldBlock, _) => Some("processes and threads: ulimit -u"),
        // EMFILE has a number and no kind.
        (_, 24) if cfg!(unix) => Some("open files: ulimit -n"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of Linux and macOS; their names in POSIX are EFBIG, EMFILE and ENOENT.
    #[cfg(unix)]
    #[test]
    fn the_system_speaks_in_words() {
        let said = |number| Error::file("a.fits", std::io::Error::from_raw_os_error(number)).to_string();
        assert_eq!(said(27), "a.fits: File too large (the limit is on the size of files: ulimit -f)");
        assert_eq!(said(24), "a.fits: Too many open files (the limit is on open files: ulimit -n)");
        assert_eq!(said(2), "a.fits: No such file or directory");
        let nested = Error::invalid("x", "one (os error 2), two (os error 2) and (os error");
        assert_eq!(nested.to_string(), "x: one, two and (os error");
    }
}
