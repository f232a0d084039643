//! Maps from output pixels to input pixels: natively between FITS headers, through the sky, or by a function of Python.

use crate::callback::{Callback, Slot};
use crate::error::exception;
use crate::sky::Sky;
use crate::wcs::{Inputs, Outputs, Wcs, through};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use reproject_core::{Error, Joined, PixelMap, Points, Projection, Sampled, round_trip};
use reproject_wcs::WcsPixelMap;
use std::sync::Arc;

/// A map from the pixels of the output to those of the input, over the last axes of the arrays.
#[pyclass(frozen, module = "reproject_rs._reproject_rs")]
#[derive(Clone)]
pub(crate) struct Map {
    pub(crate) inner: Arc<dyn PixelMap>,
    /// The map between two FITS headers, before its axes are joined, which goes to other processes as it is.
    pub(crate) fits: Option<Arc<WcsPixelMap>>,
    /// Whether Python is called.
    pub(crate) calls: bool,
    /// The two images of a map that leads through the sky between them, and is not sampled.
    through: Option<Through>,
    slots: Vec<Slot>,
}

impl Map {
    /// The exception that a call of Python ended with.
    pub(crate) fn exception(&self) -> Option<PyErr> {
        self.slots.iter().find_map(Slot::take)
    }

    /// A map between two FITS headers; `joined` puts all axes in one group.
    pub(crate) fn fits(map: WcsPixelMap, joined: bool) -> Self {
        let fits = Arc::new(map);
        let map = Self { inner: fits.clone(), fits: Some(fits), calls: false, through: None, slots: vec![] };
        if joined { map.joined() } else { map }
    }

    /// This map with the output's directions from elsewhere.
    pub(crate) fn with_output(&self, output: &Arc<dyn Projection>) -> Arc<dyn PixelMap> {
        match &self.through {
            Some(Through { input, output: sky, roundtrip }) => {
                let (input, output) = (input.clone(), Sky { inner: output.clone(), ..sky.clone() });
                Arc::new(Through { input, output, roundtrip: *roundtrip })
            }
            None => self.inner.clone(),
        }
    }
}

#[pymethods]
impl Map {
    /// A map between two FITS headers; `roundtrip` forgets positions that do not come back to within a pixel.
    #[staticmethod]
    fn between(from: &Wcs, to: &Wcs, roundtrip: bool) -> PyResult<Self> {
        let map = WcsPixelMap::new(&to.inner, &from.inner, roundtrip).map_err(exception)?;
        Ok(Self::fits(map, false))
    }

    /// A map between two images that give directions in one frame.
    #[staticmethod]
    fn through(from: &Sky, to: &Sky, roundtrip: bool) -> Self {
        let slots = vec![from.slot.clone(), to.slot.clone()];
        let through = Through { input: from.clone(), output: to.clone(), roundtrip };
        Self {
            inner: Arc::new(through.clone()),
            fits: None,
            calls: from.calls || to.calls,
            through: Some(through),
            slots,
        }
    }

    /// A map by functions of columns of positions, x first, over the last `axes` axes. `backward`, from input to output pixels,
    /// checks that positions come back to within a pixel.
    #[staticmethod]
    #[pyo3(signature = (forward, backward, axes))]
    fn python(forward: Py<PyAny>, backward: Option<Py<PyAny>>, axes: usize) -> Self {
        let slot = Slot::default();
        let forward = Callback::new(forward, &slot);
        let backward = backward.map(|call| Callback::new(call, &slot));
        let inner = Arc::new(Calls { forward, backward, axes, slot: slot.clone() });
        Self { inner, fits: None, calls: true, through: None, slots: vec![slot] }
    }

    /// This map with all axes in one group, as adaptive resampling needs it.
    fn joined(&self) -> Self {
        let inner = self.inner.clone();
        let inner = if inner.groups().len() == 1 { inner } else { Arc::new(Joined(inner)) };
        Self { inner, ..self.clone() }
    }

    /// This map, sampled to within `tolerance` pixels.
    fn sampled(&self, tolerance: f64) -> PyResult<Self> {
        let inner = Sampled::new(self.inner.clone(), tolerance).map_err(exception)?;
        Ok(Self { inner: Arc::new(inner), fits: None, through: None, ..self.clone() })
    }

    /// The period of the input along every axis, x first, in pixels.
    #[getter]
    fn period(&self) -> Vec<Option<f64>> {
        Joined(self.inner.clone()).period(0)
    }

    /// Maps positions of all axes: one array an axis, x first.
    fn positions(&self, py: Python<'_>, inputs: Inputs<'_>, outputs: Outputs<'_>) -> PyResult<()> {
        let all = Joined(self.inner.clone());
        let expected = all.groups()[0];
        if inputs.len() != expected {
            return Err(PyValueError::new_err(format!("{expected} columns of positions are needed")));
        }
        let done = through(py, &inputs, outputs, |columns| {
            all.map(0, columns);
            all.failure().map_or(Ok(()), Err)
        });
        self.exception().map_or(done, Err)
    }
}

#[derive(Clone)]
struct Through {
    input: Sky,
    output: Sky,
    roundtrip: bool,
}

impl PixelMap for Through {
    fn groups(&self) -> Vec<usize> {
        vec![2]
    }
    fn map(&self, _: usize, columns: &mut [&mut [f64]]) {
        let run = |columns: &mut [&mut [f64]], from: &Sky, to: &Sky| {
            let [x, y] = columns else { return };
            let mut z = vec![0.0; x.len()];
            let mut points = Points::new([&mut **x, &mut **y, &mut z[..]]);
            from.inner.lift(&mut points);
            to.inner.project(&mut points);
        };
        let go = |c: &mut [&mut [f64]]| run(c, &self.output, &self.input);
        let back = |c: &mut [&mut [f64]]| run(c, &self.input, &self.output);
        checked(columns, go, self.roundtrip.then_some(back));
    }
    fn period(&self, _: usize) -> Vec<Option<f64>> {
        self.input.inner.period().to_vec()
    }
    fn poles(&self, _: usize) -> Vec<[Option<f64>; 2]> {
        self.input.poles.to_vec()
    }
    fn failure(&self) -> Option<Error> {
        self.input.slot.error().or_else(|| self.output.slot.error())
    }
}

struct Calls {
    forward: Callback,
    backward: Option<Callback>,
    axes: usize,
    slot: Slot,
}

impl PixelMap for Calls {
    fn groups(&self) -> Vec<usize> {
        vec![self.axes]
    }
    fn map(&self, _: usize, columns: &mut [&mut [f64]]) {
        let back = self.backward.as_ref().map(|call| |c: &mut [&mut [f64]]| call.run(c, self.axes));
        checked(columns, |c| self.forward.run(c, self.axes), back);
    }
    fn failure(&self) -> Option<Error> {
        self.slot.error()
    }
}

/// Maps columns by `go`, and checks that they come back by `back`, if there is one. Whole columns, because a call of Python costs as much as thousands of positions.
fn checked(
    columns: &mut [&mut [f64]],
    go: impl Fn(&mut [&mut [f64]]),
    back: Option<impl Fn(&mut [&mut [f64]])>,
) {
    match back {
        Some(back) => round_trip(columns, usize::MAX, go, back),
        None => go(columns),
    }
}
