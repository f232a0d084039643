//! Images on the sky: FITS natively, any other by calls of Python for whole blocks.

use crate::callback::{Callback, Slot};
use crate::error::exception;
use crate::wcs::Wcs;
use pyo3::prelude::*;
use reproject_core::{Error, Mat3, Points, Projection, Sampled};
use reproject_wcs::{Surface, Viewpoint};
use std::sync::Arc;

/// An image on the sky: its pixels to directions (unit vectors) in a frame, and back.
#[pyclass(frozen, module = "reproject_rs._reproject_rs")]
#[derive(Clone)]
pub(crate) struct Sky {
    pub(crate) inner: Arc<dyn Projection>,
    pub(crate) poles: [[Option<f64>; 2]; 2],
    pub(crate) slot: Slot,
    /// Whether Python is called.
    pub(crate) calls: bool,
}

impl Sky {
    /// Whether overlaps ask for all pixels of this input together: it is dear to call, or folds, and has one edge around.
    pub(crate) fn is_asked_ahead(&self) -> bool {
        let edged = self.inner.period() == [None; 2] && self.poles == [[None; 2]; 2];
        self.calls || (self.inner.folds() && edged)
    }
}

#[pymethods]
impl Sky {
    /// The celestial pair of a FITS image, in its own frame.
    #[staticmethod]
    fn fits(wcs: &Wcs) -> PyResult<Self> {
        let image = wcs.celestial()?;
        let slot = Slot::default();
        Ok(Self { inner: Arc::new(image.clone()), poles: image.poles(), slot, calls: false })
    }

    /// An image by functions of Python. `lift` takes x and y and gives the three columns of unit vectors; `project` does the
    /// converse. If it `folds`, `lift` may give one direction for several positions.
    #[staticmethod]
    fn python(lift: Py<PyAny>, project: Py<PyAny>, folds: bool) -> Self {
        let slot = Slot::default();
        let [lift, project] = [lift, project].map(|call| Callback::new(call, &slot));
        let inner = Calls { lift, project, folds, slot };
        Self { slot: inner.slot.clone(), inner: Arc::new(inner), poles: [[None; 2]; 2], calls: true }
    }

    /// This image in another frame: `matrix` takes directions of this frame to that one.
    fn turned(&self, matrix: [[f64; 3]; 3]) -> Self {
        let inner = Turned { sky: self.inner.clone(), matrix: Mat3(matrix) };
        Self { inner: Arc::new(inner), ..self.clone() }
    }

    /// This image where directions mean points of a sphere: `here` and `there` are the distance of a place from its centre and its
    /// radius, and `rotation` p + `shift` takes points in the coordinates of the first to those of the second.
    fn over_surface(
        &self,
        here: (f64, f64),
        there: (f64, f64),
        rotation: [[f64; 3]; 3],
        shift: [f64; 3],
    ) -> PyResult<Self> {
        let [here, there] = [here, there].map(|(distance, radius)| Viewpoint::new(distance, radius));
        let (here, there) = (here.map_err(exception)?, there.map_err(exception)?);
        let inner = Surface::new(self.inner.clone(), here, there, Mat3(rotation), shift);
        Ok(Self { inner: Arc::new(inner), ..self.clone() })
    }

    /// This image with directions sampled to within `tolerance` pixels.
    fn sampled(&self, tolerance: f64) -> PyResult<Self> {
        let inner = Sampled::new(self.inner.clone(), tolerance).map_err(exception)?;
        Ok(Self { inner: Arc::new(inner), ..self.clone() })
    }
}

struct Calls {
    lift: Callback,
    project: Callback,
    folds: bool,
    slot: Slot,
}

impl Projection for Calls {
    fn lift(&self, points: &mut Points<'_, 3>) {
        self.lift.run(&mut points.axes(), 2);
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        self.project.run(&mut points.axes(), 3);
    }
    fn folds(&self) -> bool {
        self.folds
    }
    fn failure(&self) -> Option<Error> {
        self.slot.error()
    }
}

struct Turned {
    sky: Arc<dyn Projection>,
    matrix: Mat3,
}

impl Projection for Turned {
    fn lift(&self, points: &mut Points<'_, 3>) {
        self.sky.lift(points);
        points.each(|p| self.matrix * p);
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        let back = self.matrix.transpose();
        points.each(|p| back * p);
        self.sky.project(points);
    }
    fn period(&self) -> [Option<f64>; 2] {
        self.sky.period()
    }
    fn folds(&self) -> bool {
        self.sky.folds()
    }
    fn failure(&self) -> Option<Error> {
        self.sky.failure()
    }
}
