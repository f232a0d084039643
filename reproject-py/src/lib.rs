//! Python binding of the reprojection engine. Thin: parse, call, map errors.

mod ahead;
mod block;
mod buffer;
mod callback;
mod error;
mod map;
mod output;
mod parts;
mod plan;
mod processes;
mod resampler;
mod run;
mod sky;
mod watch;
mod wcs;

use pyo3::prelude::*;

/// The compiled part of the package `reproject_rs`.
#[pymodule(gil_used = false)]
fn _reproject_rs(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<wcs::Wcs>()?;
    module.add_class::<resampler::Resampler>()?;
    module.add_class::<map::Map>()?;
    module.add_class::<sky::Sky>()?;
    module.add_class::<block::Blocks>()?;
    module.add_function(wrap_pyfunction!(plan::plan, module)?)?;
    module.add_function(wrap_pyfunction!(run::reproject, module)?)?;
    module.add_function(wrap_pyfunction!(processes::reproject_afar, module)?)?;
    module.add_function(wrap_pyfunction!(processes::serve_if_worker, module)?)?;
    module.add_function(wrap_pyfunction!(wcs::read_cards, module)?)?;
    module.add_function(wrap_pyfunction!(wcs::pixel_to_pixel, module)?)?;
    Ok(())
}
