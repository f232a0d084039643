//! Helpers that the workers of one run share: the first error of any of them, and running a block so that a panic is an error.

use crate::{ArraySink, Error, Job, Pixel, Region, Result, Tile, Watch};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::trace_span;

/// Runs `work`, which belongs to a block; a panic becomes an error that names the block.
///
/// # Errors
/// That of `work`, or [`Error::Block`] if it panics.
pub fn guarded(block: &Region, work: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let why = format!("panicked: {}", message(&*panic));
        Err(Error::block(block.clone(), why))
    })
}

/// Runs `work`, which belongs to no block; a panic becomes an error about `what`.
///
/// # Errors
/// That of `work`, or one that says that it panicked.
pub fn caught<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(Error::invalid(what, format!("panicked: {}", message(&*panic)))))
}

/// Computes a block into `tile`, as [`Job::run_into`]; a panic becomes an error that names the block.
///
/// # Errors
/// Those of [`guarded`].
pub fn compute<J: Job + ?Sized>(
    job: &J,
    block: &Region,
    tile: &mut Tile<J::Pixel>,
    watch: &dyn Watch,
) -> Result<()> {
    guarded(block, || job.run_into(block, tile, watch))
}

/// Hands a tile to the sink; a panic becomes an error that names the block.
///
/// # Errors
/// Those of [`guarded`].
pub fn store<T: Pixel>(sink: &dyn ArraySink<T>, tile: &Tile<T>) -> Result<()> {
    trace_span!("write").in_scope(|| guarded(&tile.region, || sink.write(tile)))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// The first error of any worker; raising it stops those that watch a [`Stoppable`] at their next poll.
#[derive(Debug, Default)]
pub struct FirstError {
    raised: AtomicBool,
    first: Mutex<Option<Error>>,
}

impl FirstError {
    /// Keeps an error if it is the first; [`Error::Cancelled`] after another error is no news.
    pub fn raise(&self, error: Error) {
        let mut first = self.first.lock().unwrap_or_else(|e| e.into_inner());
        if first.is_none() && !(error.is_cancelled() && self.raised.load(Ordering::Relaxed)) {
            *first = Some(error);
        }
        self.raised.store(true, Ordering::Relaxed);
    }

    /// The first error, if there was any.
    pub fn take(&self) -> Option<Error> {
        self.first.lock().unwrap_or_else(|e| e.into_inner()).take()
    }
}

/// The caller's watch, which also says stop once a block has failed.
pub struct Stoppable<'a> {
    watch: &'a dyn Watch,
    failure: &'a FirstError,
}

impl<'a> Stoppable<'a> {
    /// A watch for workers whose errors go to `failure`.
    pub fn new(watch: &'a dyn Watch, failure: &'a FirstError) -> Self {
        Self { watch, failure }
    }
}

impl Watch for Stoppable<'_> {
    fn done(&self, block: &Region) {
        self.watch.done(block);
    }
    fn cancelled(&self) -> bool {
        self.failure.raised.load(Ordering::Relaxed) || self.watch.cancelled()
    }
    fn read(&self, bytes: u64) {
        self.watch.read(bytes);
    }
}
