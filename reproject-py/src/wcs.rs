//! FITS world coordinate systems for Python: immutable, shared between threads, compared and pickled by their cards.

use crate::error::exception;
use numpy::PyReadwriteArray1;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};
use reproject_core::{Points, Transform};
use reproject_wcs::{Celestial, Keywords, TableColumn, TableImage, Tables, Value, WcsMap, pixel_map};

/// A FITS world coordinate system.
#[pyclass(frozen, module = "reproject_rs._reproject_rs")]
pub(crate) struct Wcs {
    pub(crate) inner: reproject_wcs::Wcs,
}

impl Wcs {
    pub(crate) fn celestial(&self) -> PyResult<&Celestial> {
        self.inner.celestial().map_err(exception)
    }
}

/// Cards from Python: booleans before integers, because `bool` is an `int`.
fn keywords(cards: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<Keywords> {
    let mut keywords = Keywords::new();
    for (keyword, value) in cards {
        let value = if let Ok(b) = value.cast::<PyBool>() {
            Value::Logical(b.is_true())
        } else if let Ok(i) = value.cast::<PyInt>() {
            // What no card can hold exactly is kept as the nearest number.
            i.extract::<i64>().map(Value::Integer).or_else(|_| i.extract::<f64>().map(Value::Float))?
        } else if let Ok(x) = value.cast::<PyFloat>() {
            Value::Float(x.extract()?)
        } else if let Ok(s) = value.cast::<PyString>() {
            Value::Text(s.extract()?)
        } else {
            let what = value.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "{keyword}: a card holds a logical, number or text, not {what}"
            )));
        };
        keywords.push(keyword, value);
    }
    Ok(keywords)
}

type Image = (String, i64, Vec<usize>, Vec<f64>, Keywords);

/// Look-up images and table columns that Python collected from the other HDUs of a file.
struct Collected {
    images: Vec<Image>,
    columns: Vec<(String, i64, i64, String, Vec<usize>, Vec<f64>, String)>,
}

impl Tables for Collected {
    fn image(&self, extname: &str, extver: i64) -> Option<TableImage> {
        let (.., shape, data, header) = self.images.iter().find(|i| i.0 == extname && i.1 == extver)?;
        Some(TableImage { shape: shape.clone(), data: data.clone(), header: header.clone() })
    }
    fn column(&self, extname: &str, extver: i64, extlevel: i64, column: &str) -> Option<TableColumn> {
        let found = self.columns.iter().find(|c| {
            c.0 == extname && c.1 == extver && c.2 == extlevel && c.3.eq_ignore_ascii_case(column)
        })?;
        Some(TableColumn { shape: found.4.clone(), data: found.5.clone(), unit: found.6.clone() })
    }
}

#[pymethods]
impl Wcs {
    /// From header cards as (keyword, value) pairs; `key` is the letter of an alternate description. `images` are
    /// (extname, extver, FITS shape, values, cards); `columns` (extname, extver, extlevel, name, shape, values, unit).
    #[new]
    #[pyo3(signature = (cards, key = ' ', images = vec![], columns = vec![]))]
    fn new(
        cards: Vec<(String, Bound<'_, PyAny>)>,
        key: char,
        images: Vec<(String, i64, Vec<usize>, Vec<f64>, Vec<(String, Bound<'_, PyAny>)>)>,
        columns: Vec<(String, i64, i64, String, Vec<usize>, Vec<f64>, String)>,
    ) -> PyResult<Self> {
        let cards = keywords(cards)?;
        let images = images
            .into_iter()
            .map(|(name, version, shape, data, cards)| Ok((name, version, shape, data, keywords(cards)?)));
        let tables = Collected { images: images.collect::<PyResult<_>>()?, columns };
        Ok(Self { inner: reproject_wcs::Wcs::parse(&cards, key, &tables).map_err(exception)? })
    }

    /// The number of axes.
    #[getter]
    fn naxis(&self) -> usize {
        self.inner.naxis()
    }

    /// Whether there is a pair of celestial axes.
    #[getter]
    fn has_celestial(&self) -> bool {
        self.inner.celestial_pair().is_some()
    }

    /// Whether there is a spectral axis.
    #[getter]
    fn has_spectral(&self) -> bool {
        self.inner.spectral_axis().is_some()
    }

    /// Whether it is a celestial image of two axes.
    #[getter]
    fn is_image(&self) -> bool {
        self.inner.naxis() == 2 && self.has_celestial()
    }

    /// NAXISn in array order, or None where the header does not give them all.
    #[getter]
    fn array_shape(&self) -> Option<Vec<usize>> {
        let shape = self.inner.shape();
        (shape.len() == self.inner.naxis()).then(|| shape.iter().rev().copied().collect())
    }

    /// CTYPEi.
    #[getter]
    fn ctype(&self) -> Vec<String> {
        self.inner.axes().iter().map(|a| a.ctype.clone()).collect()
    }

    /// Pixel positions (0-based, one array an axis in FITS order) to world values, in place.
    fn pixel_to_world(&self, py: Python<'_>, mut columns: Vec<PyReadwriteArray1<'_, f64>>) -> PyResult<()> {
        let mut slices = columns.iter_mut().map(|c| c.as_slice_mut()).collect::<Result<Vec<_>, _>>()?;
        py.detach(|| self.inner.pixel_to_world(&mut slices)).map_err(exception)
    }

    /// World values to pixel positions, in place.
    fn world_to_pixel(&self, py: Python<'_>, mut columns: Vec<PyReadwriteArray1<'_, f64>>) -> PyResult<()> {
        let mut slices = columns.iter_mut().map(|c| c.as_slice_mut()).collect::<Result<Vec<_>, _>>()?;
        py.detach(|| self.inner.world_to_pixel(&mut slices)).map_err(exception)
    }

    /// The units of world values: deg, SI, or CUNIT.
    #[getter]
    fn units(&self) -> Vec<String> {
        self.inner.axes().iter().map(|a| a.unit.clone()).collect()
    }

    /// The frame of the celestial pair as its astropy name, and its equinox if it has one; None without a pair.
    #[getter]
    fn frame(&self) -> Option<String> {
        self.inner.frame().map(|f| format!("{f:?}"))
    }

    fn __repr__(&self) -> String {
        format!("WCS({})", self.ctype().join(", "))
    }
}

/// Maps pixel positions in place: 0-based, one array an axis in FITS order; NaN where there is no such point.
#[pyfunction]
pub(crate) fn pixel_to_pixel(
    py: Python<'_>,
    from: &Wcs,
    to: &Wcs,
    mut columns: Vec<PyReadwriteArray1<'_, f64>>,
) -> PyResult<()> {
    let image = from.inner.naxis() == 2 && to.inner.naxis() == 2 && columns.len() == 2;
    let mut slices = columns.iter_mut().map(|c| c.as_slice_mut()).collect::<Result<Vec<_>, _>>()?;
    match (from.inner.celestial(), to.inner.celestial()) {
        (Ok(a), Ok(b)) if image && slices[0].len() == slices[1].len() => {
            let map = pixel_map(a, b).map_err(exception)?.bounded();
            let [x, y] = &mut slices[..] else { unreachable!("two columns") };
            py.detach(|| map.forward(&mut Points::new([x, y])));
            Ok(())
        }
        _ => {
            let map = WcsMap::new(&from.inner, &to.inner).map_err(exception)?;
            py.detach(|| map.run(&mut slices)).map_err(exception)
        }
    }
}
