//! NumPy arrays as sources of pixels, as they lie in memory: any type, byte order, alignment and strides, never copied.
#![allow(unsafe_code, reason = "NumPy hands out its memory as a pointer")]

use crate::error::exception;
use numpy::{Element, PyArrayDescrMethods, PyReadwriteArrayDyn, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use reproject_chunk::{Bytes, Encoding, Format, RawSource};
use reproject_core::{DenseSink, Pixel};
use std::sync::Arc;

/// The memory of an array, kept alive by the array object.
struct Memory {
    first: *const u8,
    length: usize,
    _array: Py<PyUntypedArray>,
}

// SAFETY: the memory belongs to the array object, which `Memory` keeps alive and which never moves its data while it is
// referenced; nothing here writes to it.
unsafe impl Send for Memory {}
// SAFETY: as above; shared reads of plain numbers.
unsafe impl Sync for Memory {}

impl Bytes for Memory {
    fn bytes(&self) -> &[u8] {
        // SAFETY: `source` computed the extent from the array's own shape and strides, and the array is alive. A Python
        // thread that writes to its input during a call gets the values of either moment, as with NumPy itself.
        unsafe { std::slice::from_raw_parts(self.first, self.length) }
    }
}

/// An array as a source of pixels.
///
/// # Errors
/// `TypeError` for an array of anything but integers, floats or booleans.
pub(crate) fn source(array: &Bound<'_, PyUntypedArray>) -> PyResult<RawSource> {
    let dtype = array.dtype();
    let (kind, size) = (char::from(dtype.kind()), dtype.itemsize());
    let format = Format::of(kind, size).ok_or_else(|| {
        PyTypeError::new_err(format!(
            "pixels of dtype {dtype} cannot be reprojected; use integers or floats of up to 64 bits"
        ))
    })?;
    let big_endian = dtype.byteorder() == b'>' || dtype.byteorder() == b'=' && cfg!(target_endian = "big");
    let (shape, strides) = (array.shape(), array.strides());
    let (mut low, mut high) = (0isize, size as isize);
    if shape.contains(&0) {
        high = 0;
    } else {
        for (&n, &s) in shape.iter().zip(strides) {
            let reach = (n as isize - 1) * s;
            *(if reach < 0 { &mut low } else { &mut high }) += reach;
        }
    }
    // SAFETY: the object is an array, so its data field may be read; the extent of its elements is one allocation.
    let first = unsafe { (*array.as_array_ptr()).fields.data.cast::<u8>().offset(low) };
    let memory = Memory { first, length: (high - low) as usize, _array: array.clone().unbind() };
    let encoding = Encoding::plain(format, big_endian);
    RawSource::new("input array", Arc::new(memory), low.unsigned_abs(), shape, strides, encoding)
        .map_err(exception)
}

/// The sink that writes results to an array, and weights to another where there is one.
pub(crate) fn sink<'a, O: Pixel + Element>(
    output: &'a mut PyReadwriteArrayDyn<'_, O>,
    footprint: Option<&'a mut PyReadwriteArrayDyn<'_, f64>>,
) -> PyResult<DenseSink<'a, O>> {
    let data = output.as_array_mut();
    match footprint {
        Some(footprint) => DenseSink::with_weight(data, footprint.as_array_mut()).map_err(exception),
        None => Ok(DenseSink::new(data)),
    }
}
