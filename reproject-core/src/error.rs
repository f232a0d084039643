//! The one error type that crosses crate boundaries.

use crate::{Region, sides};
use std::path::PathBuf;

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong before or between pixels; nothing on the pixel path itself fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value that breaks a rule; `why` names the value, the rule and the way out.
    #[error("{what}: {why}")]
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
    #[error("{what}: {why}")]
    Store {
        /// Which store, and what was being done.
        what: String,
        /// Why it failed.
        why: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file that cannot be read or written.
    #[error("{}: {why}", path.display())]
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
    #[error("block {block}: {why}")]
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
