//! Resamplers with their options, as Python makes them.

use crate::error::exception;
use crate::sky::Sky;
use crate::wcs::Wcs;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use reproject::{AdaptiveOptions, Footprint, Method, Resampling, names};
use reproject_core::{Exact, Nearest, Pixel, Projection, Surveyed};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A resampler with its options.
#[pyclass(frozen, module = "reproject_rs._reproject_rs")]
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Resampler {
    pub(crate) kind: Kind,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// A resampler of the engine alone.
    Native(Resampling),
    /// Exact overlap with coordinate systems of Python or the Sun (input, output, or both are asked ahead).
    #[serde(skip)]
    Overlap(Exact<Arc<dyn Projection>, Arc<dyn Projection>>, [bool; 2]),
    /// Exact overlap for one region, with the input asked ahead.
    #[serde(skip)]
    Surveyed(Arc<Surveyed<Arc<dyn Projection>>>),
}

impl Resampler {
    /// The resampler for pixels of two types; integers, which have no blank, are copied.
    pub(crate) fn typed<I: Pixel, O: Pixel>(&self) -> Arc<dyn reproject_core::Resampler<I, O>> {
        match &self.kind {
            _ if O::BLANK.is_none() => Arc::new(Nearest),
            Kind::Native(resampler) => resampler.resampler().into(),
            Kind::Overlap(resampler, _) => Arc::new(resampler.clone()),
            Kind::Surveyed(resampler) => resampler.clone(),
        }
    }

    /// The side of the pieces that it works in.
    pub(crate) fn piece(&self) -> usize {
        self.typed::<f64, f64>().piece()
    }

    /// Whether it copies values, integers among them.
    pub(crate) fn copies(&self) -> bool {
        matches!(&self.kind, Kind::Native(resampler) if resampler.copies())
    }
}

impl From<Resampling> for Resampler {
    fn from(resampler: Resampling) -> Self {
        Self { kind: Kind::Native(resampler) }
    }
}

/// The meaning of a footprint by its name in Python; without a name, whether the value is known.
fn counted(name: Option<&str>) -> PyResult<Footprint> {
    name.map_or(Ok(Footprint::Known), |name| known(names::parse_footprint(name).ok(), "footprint", name))
}

/// The option that was found for a name; `ValueError` if there is none.
fn known<T>(found: Option<T>, option: &str, name: &str) -> PyResult<T> {
    found.ok_or_else(|| PyValueError::new_err(format!("{option} '{name}' not recognized")))
}

#[pymethods]
impl Resampler {
    /// Interpolation of order 0 (nearest neighbour) to 3 (bicubic). `bad` is 'propagate', 'ignore' with the least share of
    /// weight on good pixels, or 'fill' with the value; `footprint` is None (1 where the value is known), 'coverage' or 'valid'.
    #[staticmethod]
    #[pyo3(signature = (order, *, bad = "propagate", number = 0.0, footprint = None))]
    fn interpolation(order: u8, bad: &str, number: f64, footprint: Option<&str>) -> PyResult<Self> {
        let method = Method::parse(&order.to_string()).ok().and_then(Method::order);
        let order =
            method.ok_or_else(|| PyValueError::new_err(format!("order {order} is not 0, 1, 2 or 3")))?;
        let blanks = names::blanks(bad, (bad != "propagate").then_some(number));
        let blanks = known(blanks, "bad", bad)?;
        Ok(Resampling::interpolation(order, blanks, counted(footprint)?).map_err(exception)?.into())
    }

    /// Adaptive resampling; names as in `reproject_adaptive`, in lower case.
    #[staticmethod]
    #[pyo3(signature = (*, kernel, kernel_width, sample_region_width, conserve_flux, center_jacobian, despike_jacobian,
                        boundary_mode, boundary_fill_value, boundary_ignore_threshold, x_cyclic, y_cyclic,
                        bad_value_mode, bad_fill_value, footprint = None))]
    fn adaptive(
        kernel: &str,
        kernel_width: f64,
        sample_region_width: f64,
        conserve_flux: bool,
        center_jacobian: bool,
        despike_jacobian: bool,
        boundary_mode: &str,
        boundary_fill_value: f64,
        boundary_ignore_threshold: f64,
        x_cyclic: bool,
        y_cyclic: bool,
        bad_value_mode: &str,
        bad_fill_value: f64,
        footprint: Option<&str>,
    ) -> PyResult<Self> {
        let filter = names::filter(kernel, kernel_width, sample_region_width);
        let boundary = names::boundary(boundary_mode, boundary_fill_value, boundary_ignore_threshold);
        let bad_values = names::bad_values(bad_value_mode, bad_fill_value);
        let options = AdaptiveOptions {
            filter: known(filter, "kernel", kernel)?,
            conserve_flux,
            center_jacobian,
            despike_jacobian,
            boundary: known(boundary, "boundary_mode", boundary_mode)?,
            cyclic: [x_cyclic, y_cyclic],
            bad_values: known(bad_values, "bad_value_mode", bad_value_mode)?,
            footprint: counted(footprint)?,
        };
        Ok(Resampling::adaptive(options).map_err(exception)?.into())
    }

    /// Exact spherical overlap of the pixels of two images; the footprint is the part that known pixels cover.
    #[staticmethod]
    fn exact(from: &Wcs, to: &Wcs) -> PyResult<Self> {
        Ok(Resampling::exact(from.celestial()?, to.celestial()?).map_err(exception)?.into())
    }

    /// Exact spherical overlap of the pixels of any two images that give directions in one frame.
    #[staticmethod]
    fn overlap(from: &Sky, to: &Sky) -> Self {
        let resampler = Exact { input: from.inner.clone(), output: to.inner.clone() };
        Self { kind: Kind::Overlap(resampler, [from.is_asked_ahead(), to.calls]) }
    }
}
