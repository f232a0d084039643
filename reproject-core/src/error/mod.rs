//! The one error type that crosses crate boundaries.

use crate::{Region, sides};
use std::fmt::Display;
use std::io;
use std::path::PathBuf;

mod kind;
mod why;

pub use kind::ErrorKind;
pub use why::Why;

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// An error before or between pixels; nothing on the pixel path itself fails.
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
        #[source]
        why: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file that cannot be read or written.
    #[error("{}: {}", path.display(), plain(why))]
    File {
        /// The file.
        path: PathBuf,
        /// The operation, and why it failed.
        why: String,
        /// The system's error, if it was asked.
        source: Option<io::Error>,
    },
    /// A coordinate map that failed (a call into another language).
    #[error("coordinate map: {0}")]
    Map(String),
    /// A block that could not be computed.
    #[error("block {block}: {}", plain(why))]
    Block {
        /// The block of the output.
        block: Region,
        /// Why it failed.
        why: String,
        /// The system's error, if that stopped it.
        source: Option<io::Error>,
    },
    /// A worker process that could not set up its job.
    #[error("job: cannot be set up in a worker: {}", plain(why))]
    Worker {
        /// The worker's message.
        why: String,
        /// The system's error in the worker, if that stopped it.
        source: Option<io::Error>,
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

    /// An [`Error::File`]: of a text, of an error of the system, which stays its source, or of another [`Error`].
    pub fn file(path: impl Into<PathBuf>, why: impl Into<Why>) -> Self {
        let Why { text: why, source } = why.into();
        Error::File { path: path.into(), why, source }
    }

    /// An [`Error::File`] of a failure (`"cannot be opened"`) and the system's error.
    pub fn io(path: impl Into<PathBuf>, failed: impl Display, said: io::Error) -> Self {
        Error::file(path, Why::said(failed, said))
    }

    /// An [`Error::Block`].
    pub fn block(block: Region, why: impl Into<Why>) -> Self {
        let Why { text: why, source } = why.into();
        Error::Block { block, why, source }
    }

    /// An [`Error::Worker`].
    pub fn worker(why: impl Into<Why>) -> Self {
        let Why { text: why, source } = why.into();
        Error::Worker { why, source }
    }

    /// The kind of the error: that of the system's error where there is one, in this process or in a worker.
    pub fn kind(&self) -> ErrorKind {
        let said = self.system_error().map_or(ErrorKind::Other, |said| ErrorKind::of(said.kind()));
        match self {
            Error::Invalid { .. } | Error::Shape { .. } => ErrorKind::InvalidInput,
            Error::Cancelled => ErrorKind::Cancelled,
            Error::Block { .. } if said == ErrorKind::Other => ErrorKind::Block,
            Error::Worker { .. } if said == ErrorKind::Other => ErrorKind::Worker,
            _ => said,
        }
    }

    /// The system's error behind this one, if there is one.
    pub fn system_error(&self) -> Option<&io::Error> {
        match self {
            Error::File { source, .. } | Error::Block { source, .. } | Error::Worker { source, .. } => {
                source.as_ref()
            }
            Error::Store { why, .. } => {
                why.downcast_ref().or_else(|| why.downcast_ref::<Error>().and_then(Error::system_error))
            }
            _ => None,
        }
    }

    /// Whether the run was asked to stop, as opposed to failing.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Error::Cancelled)
    }
}

/// A message of the system without its number; a limit that was met is named.
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
    let kind = io::Error::from_raw_os_error(number).kind();
    match (kind, number) {
        (io::ErrorKind::FileTooLarge, _) => Some("the size of files: ulimit -f"),
        (io::ErrorKind::OutOfMemory, _) => Some("memory or address space: ulimit -v"),
        // Of processes and threads; POSIX calls it by the name of what would have to wait.
        (io::ErrorKind::WouldBlock, _) => Some("processes and threads: ulimit -u"),
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
        let said = |number| Error::file("a.fits", io::Error::from_raw_os_error(number)).to_string();
        assert_eq!(said(27), "a.fits: File too large (the limit is on the size of files: ulimit -f)");
        assert_eq!(said(24), "a.fits: Too many open files (the limit is on open files: ulimit -n)");
        assert_eq!(said(2), "a.fits: No such file or directory");
        let nested = Error::invalid("x", "one (os error 2), two (os error 2) and (os error");
        assert_eq!(nested.to_string(), "x: one, two and (os error");
    }

    #[test]
    fn every_error_has_a_kind() {
        let block = || Region::new([0], [4]);
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let cases = [
            (Error::file("a", io::Error::from(io::ErrorKind::NotFound)), ErrorKind::NotFound),
            (Error::io("a", "cannot be opened", denied()), ErrorKind::PermissionDenied),
            (Error::file("a", Why::of(io::ErrorKind::IsADirectory, "is a folder")), ErrorKind::IsADirectory),
            (Error::file("a", Why::of(io::ErrorKind::AlreadyExists, "is there")), ErrorKind::AlreadyExists),
            (Error::io("a", "cannot grow", io::ErrorKind::QuotaExceeded.into()), ErrorKind::StorageFull),
            (Error::file("a", Why::of(io::ErrorKind::ResourceBusy, "is being written")), ErrorKind::Busy),
            (Error::file("a", "is no FITS file"), ErrorKind::Other),
            (Error::Store { what: "store".into(), why: denied().into() }, ErrorKind::PermissionDenied),
            (Error::Store { what: "store".into(), why: "is odd".into() }, ErrorKind::Other),
            (Error::block(block(), "panicked"), ErrorKind::Block),
            (Error::block(block(), Error::io("a", "cannot be read", denied())), ErrorKind::PermissionDenied),
            (Error::worker("knows no job"), ErrorKind::Worker),
            (Error::worker(Error::file("a", denied())), ErrorKind::PermissionDenied),
            (Error::invalid("x", "is odd"), ErrorKind::InvalidInput),
            (Error::Shape { what: "x", expected: vec![1], found: vec![2] }, ErrorKind::InvalidInput),
            (Error::Map("is lost".into()), ErrorKind::Other),
            (Error::Cancelled, ErrorKind::Cancelled),
        ];
        for (error, kind) in cases {
            assert_eq!(error.kind(), kind, "{error}");
            let source = std::error::Error::source(&error).and_then(|said| said.downcast_ref::<io::Error>());
            assert_eq!(source.map(io::Error::kind), error.system_error().map(io::Error::kind), "{error}");
        }
    }

    #[test]
    fn an_error_within_another_keeps_its_words_and_its_source() {
        let inner = Error::io("a.fits", "cannot be opened", io::ErrorKind::NotFound.into());
        let text = format!("block [2:5]: {inner}");
        let outer = Error::block(Region::new([2], [3]), inner);
        assert_eq!(outer.to_string(), text);
        assert_eq!(text, "block [2:5]: a.fits: cannot be opened: entity not found");
        let stored = Error::Store { what: "store".into(), why: outer.into() };
        assert_eq!(stored.kind(), ErrorKind::NotFound);
        assert_eq!(Error::file("b", stored).kind(), ErrorKind::NotFound);
    }
}
