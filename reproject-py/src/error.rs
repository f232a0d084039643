//! Errors of the engine as Python exceptions.

use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError, PyRuntimeError, PyValueError};
use pyo3::{PyErr, Python};
use reproject_core::{Error, ErrorKind};
use std::io;

/// The Python exception for an error of the engine: `ValueError` for what the caller gave and for workers that cannot begin, `OSError` for
/// files, `RuntimeError` otherwise. The error that the system gave a worker is the cause of its exception.
pub(crate) fn exception(error: Error) -> PyErr {
    let (text, kind) = (printable(&error.to_string()), error.kind());
    match error {
        Error::Invalid { .. } | Error::Shape { .. } => PyValueError::new_err(text),
        Error::Worker { source, .. } => caused(PyValueError::new_err(text), kind, source),
        Error::Block { source, .. } => caused(PyRuntimeError::new_err(text), kind, source),
        Error::File { path, source, .. } => {
            let why =
                text.strip_prefix(&format!("{}: ", printable(&path.to_string_lossy()))).unwrap_or(&text);
            match number(kind, source.as_ref()) {
                // Python makes a FileNotFoundError of number 2, and shows it as `[Errno 2] why: 'path'`.
                Some(number) => PyOSError::new_err((number, why.to_owned(), path.into_os_string())),
                None => PyOSError::new_err(text),
            }
        }
        Error::Store { .. } => PyOSError::new_err(text),
        Error::Cancelled => PyKeyboardInterrupt::new_err("reprojection interrupted"),
        _ => PyRuntimeError::new_err(text),
    }
}

/// The `errno` of what went wrong, the same on every system for those that have a kind.
fn number(kind: ErrorKind, said: Option<&io::Error>) -> Option<i32> {
    let own = said.filter(|_| cfg!(unix)).and_then(io::Error::raw_os_error);
    own.or(match kind {
        ErrorKind::NotFound => Some(2),
        ErrorKind::PermissionDenied => Some(13),
        ErrorKind::AlreadyExists => Some(17),
        ErrorKind::IsADirectory => Some(21),
        ErrorKind::StorageFull => Some(28),
        _ => None,
    })
}

/// An exception whose cause is the error that the system gave, if it gave one.
fn caused(error: PyErr, kind: ErrorKind, said: Option<io::Error>) -> PyErr {
    if let Some(said) = said {
        let words = said.to_string();
        let words = words.split(" (os error ").next().unwrap_or_default().to_owned();
        let cause = match number(kind, Some(&said)) {
            Some(number) => PyOSError::new_err((number, words)),
            None => PyOSError::new_err(words),
        };
        Python::attach(|py| error.set_cause(py, Some(cause)));
    }
    error
}

/// A text without the characters that steer a terminal: headers and names of files may hold anything.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '?' } else { c }).collect()
}
