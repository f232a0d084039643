//! Errors of the engine as Python exceptions.

use pyo3::PyErr;
use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError, PyRuntimeError, PyValueError};
use reproject_core::Error;

/// The exception that says the same: `ValueError` for what the caller gave, `OSError` for files, `RuntimeError` else.
pub(crate) fn exception(error: Error) -> PyErr {
    let text = printable(&error.to_string());
    match error {
        Error::Invalid { .. } | Error::Shape { .. } => PyValueError::new_err(text),
        Error::File { .. } | Error::Store { .. } => PyOSError::new_err(text),
        Error::Cancelled => PyKeyboardInterrupt::new_err("reprojection interrupted"),
        _ => PyRuntimeError::new_err(text),
    }
}

/// A text without what steers a terminal: headers and names of files may hold anything.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '?' } else { c }).collect()
}
