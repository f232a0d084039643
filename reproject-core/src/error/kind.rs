//! Kinds of errors, for programs that act on them.

use serde::{Deserialize, Serialize};
use std::io;

/// The kind of an error, for programs that act on it; the text is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument, a keyword or a shape breaks a rule.
    InvalidInput,
    /// There is no such file.
    NotFound,
    /// The system does not allow it.
    PermissionDenied,
    /// A folder is where a file is needed.
    IsADirectory,
    /// Something is there already.
    AlreadyExists,
    /// The disk or a quota is full.
    StorageFull,
    /// Another run has the file.
    Busy,
    /// A block could not be computed, and not because of the system.
    Block,
    /// A worker process could not set up its job, and not because of the system.
    Worker,
    /// The run was asked to stop.
    Cancelled,
    /// None of these.
    Other,
}

impl ErrorKind {
    /// The kind of an error of the system.
    pub fn of(said: io::ErrorKind) -> Self {
        match said {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::PermissionDenied => Self::PermissionDenied,
            io::ErrorKind::IsADirectory => Self::IsADirectory,
            io::ErrorKind::AlreadyExists => Self::AlreadyExists,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::StorageFull,
            io::ErrorKind::ResourceBusy => Self::Busy,
            _ => Self::Other,
        }
    }

    /// The system's kind that stands for it; [`ErrorKind::of`] is the way back.
    pub fn system(self) -> io::ErrorKind {
        match self {
            Self::NotFound => io::ErrorKind::NotFound,
            Self::PermissionDenied => io::ErrorKind::PermissionDenied,
            Self::IsADirectory => io::ErrorKind::IsADirectory,
            Self::AlreadyExists => io::ErrorKind::AlreadyExists,
            Self::StorageFull => io::ErrorKind::StorageFull,
            Self::Busy => io::ErrorKind::ResourceBusy,
            Self::InvalidInput | Self::Block | Self::Worker | Self::Cancelled | Self::Other => {
                io::ErrorKind::Other
            }
        }
    }
}
