//! FITS world coordinate systems for Python: immutable, shared between threads, compared and pickled by their cards.

use crate::error::exception;
use crate::watch::Watcher;
use numpy::{PyReadonlyArray1, PyReadwriteArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString};
use reproject_chunk::{Header, Line};
use reproject_core::{Error, Points, Transform, Watch};
use reproject_wcs::{Celestial, Keywords, TableColumn, TableImage, Tables, Value, WcsMap, sky_map};

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

/// A card from Python: 80-byte lines as they stand in a header, or a keyword and its value.
#[derive(FromPyObject)]
pub(crate) enum Card<'py> {
    Lines(Bound<'py, PyBytes>),
    Value((String, Bound<'py, PyAny>)),
}

/// Cards from Python. Lines are read as those of a file are: a card that cannot be read is for the coordinates to judge.
fn keywords(cards: Vec<Card<'_>>) -> PyResult<Keywords> {
    let mut keywords = Keywords::new();
    for card in cards {
        match card {
            Card::Lines(bytes) => lines(bytes.as_bytes(), &mut keywords),
            Card::Value((keyword, value)) => keywords.push(keyword, plain(&value)?),
        }
    }
    Ok(keywords)
}

fn lines(bytes: &[u8], keywords: &mut Keywords) {
    let lines: Vec<Line> = bytes
        .chunks(80)
        .map(|chunk| {
            let mut line = [b' '; 80];
            line[..chunk.len()].copy_from_slice(chunk);
            line
        })
        .collect();
    let read = reproject::keywords(&Header::from_lines(&lines));
    read.iter().for_each(|(keyword, value)| keywords.push(keyword, value.clone()));
}

/// A value of Python: booleans before integers, because `bool` is an `int`.
fn plain(value: &Bound<'_, PyAny>) -> PyResult<Value> {
    Ok(if let Ok(b) = value.cast::<PyBool>() {
        Value::Logical(b.is_true())
    } else if let Ok(i) = value.cast::<PyInt>() {
        // What no card can hold exactly is kept as the nearest number.
        i.extract::<i64>().map(Value::Integer).or_else(|_| i.extract::<f64>().map(Value::Float))?
    } else if let Ok(x) = value.cast::<PyFloat>() {
        Value::Float(x.extract()?)
    } else if let Ok(s) = value.cast::<PyString>() {
        Value::Text(s.extract()?)
    } else if value.is_none() {
        Value::Undefined
    } else {
        Value::Unreadable(value.str()?.extract()?)
    })
}

/// The cards as they are read, as values of Python: `None` where there is none, and without those that cannot be read.
#[pyfunction]
pub(crate) fn read_cards<'py>(
    py: Python<'py>,
    cards: Vec<Card<'py>>,
) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let mut out = Vec::new();
    for (keyword, value) in keywords(cards)?.settled(' ').iter() {
        let value = match value {
            Value::Logical(b) => PyBool::new(py, *b).to_owned().into_any(),
            Value::Integer(i) => PyInt::new(py, *i).into_any(),
            Value::Float(x) => PyFloat::new(py, *x).into_any(),
            Value::Text(s) => PyString::new(py, s).into_any(),
            Value::Undefined => py.None().into_bound(py),
            Value::Unreadable(_) => continue,
        };
        out.push((keyword.to_owned(), value));
    }
    Ok(out)
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
    /// EXTLEVEL is passed over, as in astropy.
    fn column(&self, extname: &str, extver: i64, _: i64, column: &str) -> Option<TableColumn> {
        let same = |c: &&(String, i64, i64, String, _, _, _)| {
            c.0 == extname && c.1 == extver && c.3.eq_ignore_ascii_case(column)
        };
        let found = self.columns.iter().find(same)?;
        Some(TableColumn { shape: found.4.clone(), data: found.5.clone(), unit: found.6.clone() })
    }
}

#[pymethods]
impl Wcs {
    /// A coordinate system from header cards as (keyword, value) pairs or 80-byte lines; `key` is the letter of an alternate
    /// description. `images` are (extname, extver, FITS shape, values, cards); `columns` (extname, extver, extlevel, name, shape,
    /// values, unit).
    #[new]
    #[pyo3(signature = (cards, key = ' ', images = vec![], columns = vec![]))]
    fn new(
        cards: Vec<Card<'_>>,
        key: char,
        images: Vec<(String, i64, Vec<usize>, Vec<f64>, Vec<Card<'_>>)>,
        columns: Vec<(String, i64, i64, String, Vec<usize>, Vec<f64>, String)>,
    ) -> PyResult<Self> {
        let cards = keywords(cards)?;
        let images = images
            .into_iter()
            .map(|(name, version, shape, data, cards)| Ok((name, version, shape, data, keywords(cards)?)));
        let tables = Collected { images: images.collect::<PyResult<_>>()?, columns };
        Ok(Self { inner: reproject_wcs::Wcs::parse(&cards, key, &tables).map_err(exception)? })
    }

    /// Notes on odd cards that were read all the same.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.inner.notes().to_vec()
    }

    /// The number of axes.
    #[getter]
    fn naxis(&self) -> usize {
        self.inner.naxis()
    }

    /// Bytes of memory that its tables take.
    #[getter]
    fn held(&self) -> usize {
        self.inner.held()[0]
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

    /// Maps pixel positions (0-based, one array an axis in FITS order) to world values.
    fn pixel_to_world(&self, py: Python<'_>, inputs: Inputs<'_>, outputs: Outputs<'_>) -> PyResult<()> {
        through(py, &inputs, outputs, |columns| self.inner.pixel_to_world(columns))
    }

    /// Maps world values to pixel positions.
    fn world_to_pixel(&self, py: Python<'_>, inputs: Inputs<'_>, outputs: Outputs<'_>) -> PyResult<()> {
        through(py, &inputs, outputs, |columns| self.inner.world_to_pixel(columns))
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

    /// The world axes of longitude and latitude; None without a pair.
    #[getter]
    fn celestial_axes(&self) -> Option<(usize, usize)> {
        self.inner.celestial_pair().map(<(usize, usize)>::from)
    }

    /// The pixel axes that the celestial pair lies along, x first.
    #[getter]
    fn celestial_pixels(&self) -> PyResult<(usize, usize)> {
        Ok(self.celestial()?.axes().into())
    }

    /// The frame of the celestial pair in words; None without a pair.
    #[getter]
    fn sphere(&self) -> Option<String> {
        self.inner.frame().map(|f| f.to_string())
    }

    fn __repr__(&self) -> String {
        format!("WCS({})", self.ctype().join(", "))
    }

    /// The coordinate system that pickled as these bytes.
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        let inner = postcard::from_bytes(bytes).map_err(|e| PyValueError::new_err(format!("WCS: {e}")))?;
        Ok(Self { inner })
    }

    /// Pickles all of it, bit for bit.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let bytes =
            postcard::to_stdvec(&self.inner).map_err(|e| PyValueError::new_err(format!("WCS: {e}")))?;
        Ok((py.get_type::<Self>().getattr("from_bytes")?, (PyBytes::new(py, &bytes),)))
    }
}

/// Maps pixel positions: 0-based, one array an axis in FITS order; NaN where there is no such point.
#[pyfunction]
pub(crate) fn pixel_to_pixel(
    py: Python<'_>,
    from: &Wcs,
    to: &Wcs,
    inputs: Inputs<'_>,
    outputs: Outputs<'_>,
) -> PyResult<()> {
    let images = from.inner.naxis() == 2 && to.inner.naxis() == 2 && inputs.len() == 2;
    match (from.inner.celestial(), to.inner.celestial()) {
        (Ok(a), Ok(b)) if images => {
            let map = sky_map(a, b).map_err(exception)?.bounded();
            through(py, &inputs, outputs, |columns| {
                if let [x, y] = columns {
                    map.forward(&mut Points::new([x, y]));
                }
                Ok(())
            })
        }
        _ => {
            let map = WcsMap::new(&from.inner, &to.inner).map_err(exception)?;
            through(py, &inputs, outputs, |columns| map.run(columns))
        }
    }
}

pub(crate) type Inputs<'py> = Vec<PyReadonlyArray1<'py, f64>>;
pub(crate) type Outputs<'py> = Vec<PyReadwriteArray1<'py, f64>>;

/// Points copied and mapped at a time: they are mapped while the copy is warm, so that memory is read once and written once.
const PIECE: usize = 4096;

/// Copies the inputs to the outputs and maps them there, without the interpreter lock; Ctrl-C stops it.
pub(crate) fn through(
    py: Python<'_>,
    inputs: &Inputs<'_>,
    mut outputs: Outputs<'_>,
    map: impl Fn(&mut [&mut [f64]]) -> reproject_core::Result<()> + Sync,
) -> PyResult<()> {
    let inputs = inputs.iter().map(|a| a.as_slice()).collect::<Result<Vec<_>, _>>()?;
    let mut outputs = outputs.iter_mut().map(|a| a.as_slice_mut()).collect::<Result<Vec<_>, _>>()?;
    let length = inputs.first().map_or(0, |a| a.len());
    let mut lengths = inputs.iter().map(|a| a.len()).chain(outputs.iter().map(|a| a.len()));
    if inputs.len() != outputs.len() || lengths.any(|n| n != length) {
        return Err(PyValueError::new_err("as many outputs as inputs are needed, all of one length"));
    }
    let watch = Watcher::new(0, None);
    let done = py.detach(|| {
        let own = watch.own();
        for start in (0..length).step_by(PIECE) {
            if own.cancelled() {
                return Err(Error::Cancelled);
            }
            let piece = start..length.min(start + PIECE);
            let mut columns: Vec<&mut [f64]> =
                outputs.iter_mut().map(|out| &mut out[piece.clone()]).collect();
            columns.iter_mut().zip(&inputs).for_each(|(to, from)| to.copy_from_slice(&from[piece.clone()]));
            map(&mut columns)?;
        }
        Ok(())
    });
    watch.exception().map_or(done.map_err(exception), Err)
}
