//! Output arrays by the types of their numbers, which decide the types that a reprojection computes in.

use numpy::{Element as NumpyElement, PyArrayDyn, PyUntypedArray};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use reproject_chunk::{Element, Format};
use serde::{Serialize, de::DeserializeOwned};

/// Work on an output array, whatever the types that it calls for.
pub(crate) trait Work {
    /// Reads pixels as `I` and writes results as `O`, with `fill` where there is no input.
    fn work<I, O>(self, output: &Bound<'_, PyArrayDyn<O>>, fill: O) -> PyResult<()>
    where
        I: Element,
        O: Element + NumpyElement + Serialize + DeserializeOwned;
}

/// Does some work with the types that an input of some format and an output call for; `copies` says that pixels are copied as they
/// are, none of them masked.
///
/// # Errors
/// Those of the work; `ValueError` for an integer output that is not copied or has no fill value; `TypeError` for an output of other
/// numbers or in another byte order.
pub(crate) fn typed(
    output: &Bound<'_, PyUntypedArray>,
    input: Format,
    copies: bool,
    fill: Option<Bound<'_, PyAny>>,
    work: impl Work,
) -> PyResult<()> {
    macro_rules! floats { ($($t:ty),*) => {$(
        if let Ok(output) = output.cast::<PyArrayDyn<$t>>() {
            return match input {
                Format::F32 => work.work::<f32, $t>(output, <$t>::NAN),
                // Every other type is exact in f64, 64-bit integers up to 2⁵³.
                _ => work.work::<f64, $t>(output, <$t>::NAN),
            };
        }
    )*} }
    macro_rules! integers { ($($t:ty),*) => {$(
        if let Ok(output) = output.cast::<PyArrayDyn<$t>>() {
            if !copies {
                let why = "integer outputs are made by nearest neighbour without a mask; ask for floats";
                return Err(PyValueError::new_err(why));
            }
            let fill = fill.ok_or_else(|| PyValueError::new_err("an integer output needs a fill value"))?;
            return work.work::<$t, $t>(output, fill.extract()?);
        }
    )*} }
    floats!(f64, f32);
    integers!(u8, i8, u16, i16, u32, i32, u64, i64);
    Err(PyTypeError::new_err("the output is an array of numbers in native byte order"))
}
