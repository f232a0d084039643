//! Calls into Python for whole columns of numbers, from any thread; the first exception is kept and the numbers become NaN.

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use reproject_core::Error;
use std::sync::{Arc, Mutex};

/// The first exception of the calls that share it.
#[derive(Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<PyErr>>>);

impl Slot {
    fn keep(&self, error: PyErr) {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert(error);
    }

    /// Takes the exception, to be raised.
    pub(crate) fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).take()
    }

    /// The error that tells the engine that there is an exception.
    pub(crate) fn error(&self) -> Option<Error> {
        let slot = self.0.lock().unwrap_or_else(|e| e.into_inner());
        slot.as_ref().map(|error| Error::Map(error.to_string()))
    }
}

/// A callable that takes float64 arrays of one length and gives a tuple of such arrays.
pub(crate) struct Callback {
    call: Py<PyAny>,
    slot: Slot,
}

impl Callback {
    pub(crate) fn new(call: Py<PyAny>, slot: &Slot) -> Self {
        Self { call, slot: slot.clone() }
    }

    /// Calls with the first `inputs` columns; its results replace the first columns, as many as there are.
    pub(crate) fn run(&self, columns: &mut [&mut [f64]], inputs: usize) {
        let done = Python::attach(|py| self.call(py, columns, inputs));
        if let Err(error) = done {
            self.slot.keep(error);
            columns.iter_mut().for_each(|column| column.fill(f64::NAN));
        }
    }

    fn call(&self, py: Python<'_>, columns: &mut [&mut [f64]], inputs: usize) -> PyResult<()> {
        let arguments = columns[..inputs].iter().map(|column| PyArray1::from_slice(py, column));
        let results = self.call.bind(py).call1(PyTuple::new(py, arguments.collect::<Vec<_>>())?)?;
        let results: Vec<PyReadonlyArray1<'_, f64>> = results.extract()?;
        for (column, result) in columns.iter_mut().zip(&results) {
            let result = result.as_slice()?;
            if result.len() != column.len() {
                let why = format!("{} positions were asked for, {} were given", column.len(), result.len());
                return Err(PyValueError::new_err(why));
            }
            column.copy_from_slice(result);
        }
        Ok(())
    }
}
