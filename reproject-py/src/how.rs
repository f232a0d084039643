//! How pixels are resampled, as Python asks for it.

use crate::error::exception;
use crate::wcs::Wcs;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use reproject_core::{
    Adaptive, AdaptiveOptions, BadValues, Bicubic, Bilinear, Biquadratic, Boundary, Exact, Filter, Nearest,
    Pixel, Resampler,
};
use reproject_wcs::InFrame;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A resampler with its options.
#[pyclass(frozen, module = "reproject_rs._reproject_rs")]
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct How(Kind);

#[derive(Clone, Serialize, Deserialize)]
enum Kind {
    Nearest,
    Bilinear,
    Biquadratic,
    Bicubic,
    Adaptive(Adaptive),
    Exact(Box<Exact<InFrame, InFrame>>),
}

impl How {
    pub(crate) fn resampler<I: Pixel, O: Pixel>(&self) -> Arc<dyn Resampler<I, O>> {
        match &self.0 {
            Kind::Nearest => Arc::new(Nearest),
            Kind::Bilinear => Arc::new(Bilinear),
            Kind::Biquadratic => Arc::new(Biquadratic),
            Kind::Bicubic => Arc::new(Bicubic),
            Kind::Adaptive(how) => Arc::new(*how),
            Kind::Exact(how) => Arc::new((**how).clone()),
        }
    }
}

#[pymethods]
impl How {
    /// Interpolation of order 0 (nearest neighbour) to 3 (bicubic).
    #[staticmethod]
    fn interpolation(order: u8) -> PyResult<Self> {
        Ok(Self(match order {
            0 => Kind::Nearest,
            1 => Kind::Bilinear,
            2 => Kind::Biquadratic,
            3 => Kind::Bicubic,
            n => return Err(PyValueError::new_err(format!("order {n} is not 0, 1, 2 or 3"))),
        }))
    }

    /// Adaptive resampling; names as in `reproject_adaptive`, in lower case.
    #[staticmethod]
    #[pyo3(signature = (*, kernel, kernel_width, sample_region_width, conserve_flux, center_jacobian, despike_jacobian,
                        boundary_mode, boundary_fill_value, boundary_ignore_threshold, x_cyclic, y_cyclic,
                        bad_value_mode, bad_fill_value))]
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
    ) -> PyResult<Self> {
        let unknown =
            |what: &str, value: &str| Err(PyValueError::new_err(format!("{what} '{value}' not recognized")));
        let options = AdaptiveOptions {
            filter: match kernel {
                "hann" => Filter::Hann,
                "gaussian" => Filter::Gaussian { width: kernel_width, region: sample_region_width },
                _ => return unknown("kernel", kernel),
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
                _ => return unknown("boundary_mode", boundary_mode),
            },
            cyclic: [x_cyclic, y_cyclic],
            bad_values: match bad_value_mode {
                "strict" => BadValues::Strict,
                "ignore" => BadValues::Ignore,
                "constant" => BadValues::Constant(bad_fill_value),
                _ => return unknown("bad_value_mode", bad_value_mode),
            },
        };
        Ok(Self(Kind::Adaptive(Adaptive::new(options).map_err(exception)?)))
    }

    /// Exact spherical overlap of the pixels of two images.
    #[staticmethod]
    fn exact(from: &Wcs, to: &Wcs) -> PyResult<Self> {
        let (input, output) = (from.celestial()?, to.celestial()?);
        let seen = |image| InFrame::new(image, output.frame()).map_err(exception);
        Ok(Self(Kind::Exact(Box::new(Exact { input: seen(input)?, output: seen(output)? }))))
    }
}
