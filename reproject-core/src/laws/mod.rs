//! The laws that every implementation of a trait must obey, as plain functions: a downstream crate proves its own transform,
//! projection, source, sink, resampler or executor with one line each.
//!
//! A law returns the first [`Violation`] it finds. Laws demand finite answers: an implementation that answers NaN
//! everywhere breaks them instead of passing by saying nothing.

mod arrays;
mod blocks;
mod maps;

pub use arrays::{sink_holds, sink_maps_tiles, sink_takes_tiles, source_reads_windows};
pub use blocks::{
    executor_equals_serial, job_ignores_blocks, resampler_ignores_planes, resampler_keeps_constants,
    resampler_stays_in_support,
};
pub use maps::{
    pixel_map_ignores_blocks, projection_round_trip, transform_ignores_batches, transform_keeps_nan,
    transform_round_trip,
};

/// A law that was broken, and by what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{law}: {what}")]
pub struct Violation {
    /// The name of the law.
    pub law: &'static str,
    /// The first case found, with its numbers.
    pub what: String,
}

fn demand(holds: bool, law: &'static str, what: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { law, what: what() }) }
}
