//! How pixels are resampled, as Python asks for it.

use crate::error::exception;
use crate::sky::Sky;
use crate::wcs::Wcs;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use reproject_core::{
    Adaptive, AdaptiveOptions, BadValues, Blanks, Boundary, Exact, Filter, Footprint, Interpolate, Nearest,
    Order, Pixel, Projection, Resampler, Surveyed,
};
use reproject_wcs::InFrame;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A resampler with its options.
#[pyclass(frozen, module = "reproject_rs._reproject_rs")]
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct How {
    pub(crate) kind: Kind,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Kind {
    Interpolate(Interpolate, Order),
    Adaptive(Adaptive),
    Exact(Box<Exact<InFrame, InFrame>>),
    /// As `Exact`, with coordinate systems of Python or the Sun (input, output, or both are asked ahead).
    #[serde(skip)]
    Overlap(Exact<Arc<dyn Projection>, Arc<dyn Projection>>, [bool; 2]),
    /// The same for one region, with the input asked ahead.
    #[serde(skip)]
    Surveyed(Arc<Surveyed<Arc<dyn Projection>>>),
}

impl How {
    pub(crate) fn resampler<I: Pixel, O: Pixel>(&self) -> Arc<dyn Resampler<I, O>> {
        match &self.kind {
            Kind::Interpolate(how, _) => Arc::new(*how),
            Kind::Adaptive(how) => Arc::new(*how),
            Kind::Exact(how) => Arc::new((**how).clone()),
            Kind::Overlap(how, _) => Arc::new(how.clone()),
            Kind::Surveyed(how) => how.clone(),
        }
    }

    /// The side of the pieces that it works in.
    pub(crate) fn piece(&self) -> usize {
        self.resampler::<f64, f64>().piece()
    }

    /// Nearest neighbour, which copies integers.
    pub(crate) fn nearest(&self) -> Option<Nearest> {
        matches!(self.kind, Kind::Interpolate(_, Order::Nearest)).then_some(Nearest)
    }
}

/// What a footprint counts, by its name in Python.
fn footprint(name: Option<&str>) -> PyResult<Footprint> {
    Ok(match name {
        None => Footprint::Known,
        Some("coverage") => Footprint::Coverage,
        Some("valid") => Footprint::Valid,
        Some(name) => return Err(unknown("footprint", name)),
    })
}

fn unknown(what: &str, value: &str) -> PyErr {
    PyValueError::new_err(format!("{what} '{value}' not recognized"))
}

#[pymethods]
impl How {
    /// Interpolation of order 0 (nearest neighbour) to 3 (bicubic). `bad` is 'propagate', 'ignore' with the least share of
    /// weight on good pixels, or 'fill' with the value; `reading` is None (1 where the value is known), 'coverage' or 'valid'.
    #[staticmethod]
    #[pyo3(signature = (order, *, bad = "propagate", number = 0.0, reading = None))]
    fn interpolation(order: u8, bad: &str, number: f64, reading: Option<&str>) -> PyResult<Self> {
        let order = match order {
            0 => Order::Nearest,
            1 => Order::Linear,
            2 => Order::Quadratic,
            3 => Order::Cubic,
            n => return Err(PyValueError::new_err(format!("order {n} is not 0, 1, 2 or 3"))),
        };
        let blanks = match bad {
            "propagate" => Blanks::Propagate,
            "ignore" => Blanks::Ignore { least: number },
            "fill" => Blanks::Fill(number),
            _ => return Err(unknown("bad", bad)),
        };
        let how = Interpolate::new(order).with_footprint(footprint(reading)?);
        let how = how.with_blanks(blanks).map_err(exception)?;
        Ok(Self { kind: Kind::Interpolate(how, order) })
    }

    /// Adaptive resampling; names as in `reproject_adaptive`, in lower case.
    #[staticmethod]
    #[pyo3(signature = (*, kernel, kernel_width, sample_region_width, conserve_flux, center_jacobian, despike_jacobian,
                        boundary_mode, boundary_fill_value, boundary_ignore_threshold, x_cyclic, y_cyclic,
                        bad_value_mode, bad_fill_value, reading = None))]
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
        reading: Option<&str>,
    ) -> PyResult<Self> {
        let options = AdaptiveOptions {
            filter: match kernel {
                "hann" => Filter::Hann,
                "gaussian" => Filter::Gaussian { width: kernel_width, region: sample_region_width },
                _ => return Err(unknown("kernel", kernel)),
            },
            conserve_flux,
            center_jacobian,
            despike_jacobian,
            boundary: match boundary_mode {
                "strict" => Boundary::Strict,
                "constant" => Boundary::Constant(boundary_fill_value),
                "grid-constant" => Boundary::GridConstant(boundary_fill_value),
                "ignore" => Boundary::Ignore,
                "ignore_threshold" => Boundary::IgnoreThreshold(boundary_ignore_threshold),
                "nearest" => Boundary::Nearest,
                _ => return Err(unknown("boundary_mode", boundary_mode)),
            },
            cyclic: [x_cyclic, y_cyclic],
            bad_values: match bad_value_mode {
                "strict" => BadValues::Strict,
                "ignore" => BadValues::Ignore,
                "constant" => BadValues::Constant(bad_fill_value),
                _ => return Err(unknown("bad_value_mode", bad_value_mode)),
            },
            footprint: footprint(reading)?,
        };
        Ok(Self { kind: Kind::Adaptive(Adaptive::new(options).map_err(exception)?) })
    }

    /// Exact spherical overlap of the pixels of two images; the footprint is the part that known pixels cover.
    #[staticmethod]
    fn exact(from: &Wcs, to: &Wcs) -> PyResult<Self> {
        let (input, output) = (from.celestial()?, to.celestial()?);
        let seen = |image| InFrame::new(image, output.frame()).map_err(exception);
        let how = Exact { input: seen(input)?, output: seen(output)? };
        Ok(Self { kind: Kind::Exact(Box::new(how)) })
    }

    /// As `exact`, for any two images that give directions in one frame.
    #[staticmethod]
    fn overlap(from: &Sky, to: &Sky) -> Self {
        let how = Exact { input: from.inner.clone(), output: to.inner.clone() };
        Self { kind: Kind::Overlap(how, [from.is_asked_ahead(), to.calls]) }
    }
}
