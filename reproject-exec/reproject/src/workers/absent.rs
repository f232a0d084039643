//! A build without worker processes.

use crate::task::{Task, Typed, no_processes};
use reproject_chunk::Element;
use reproject_core::{ArraySink, Job, Region, Result, Watch};

/// Returns at once: this build has no worker processes.
pub fn serve_if_worker() {}

pub(crate) fn execute<O: Element>(
    _: usize,
    _: (&Task, Option<usize>),
    _: impl Job<Pixel = O> + 'static,
    _: &[Region],
    _: &dyn ArraySink<O>,
    _: &dyn Watch,
) -> Result<Typed<O>> {
    Err(no_processes())
}
