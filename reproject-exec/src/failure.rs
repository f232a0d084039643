//! What several workers of one run share: the first error of any of them, and running a block so that a panic is an error.

use reproject_core::{ArraySink, Error, Job, Pixel, Region, Result, Tile, Watch};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::trace_span;

/// Runs `work`, which belongs to a block; a panic becomes an error that names the block.
pub(crate) fn guarded(block: &Region, work: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let why = format!("panicked: {}", message(&*panic));
        Err(Error::Block { block: block.clone(), why })
    })
}

/// Runs `work`, which belongs to no block; a panic becomes an error.
pub(crate) fn caught<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(Error::invalid(what, format!("panicked: {}", message(&*panic)))))
}

/// Computes a block; a panic becomes an error that names it.
pub(crate) fn compute<J: Job + ?Sized>(
    job: &J,
    block: &Region,
    tile: &mut Tile<J::Pixel>,
    watch: &dyn Watch,
) -> Result<()> {
    guarded(block, || job.run_into(block, tile, watch))
}

/// Hands a tile to the sink; a panic in it is an error, too.
pub(crate) fn store<T: Pixel>(sink: &dyn ArraySink<T>, tile: &Tile<T>) -> Result<()> {
    trace_span!("write").in_scope(|| guarded(&tile.region, || sink.write(tile)))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// The first error of any worker; raising it stops the others at their next poll.
#[derive(Default)]
pub(crate) struct Failure {
    raised: AtomicBool,
    first: Mutex<Option<Error>>,
}

impl Failure {
    pub(crate) fn raise(&self, error: Error) {
        let mut first = self.first.lock().unwrap_or_else(|e| e.into_inner());
        // What the others report once told to stop is no news.
        if first.is_none() && !(error.is_cancelled() && self.raised.load(Ordering::Relaxed)) {
            *first = Some(error);
        }
        self.raised.store(true, Ordering::Relaxed);
    }

    pub(crate) fn take(&self) -> Option<Error> {
        self.first.lock().unwrap_or_else(|e| e.into_inner()).take()
    }
}

/// The caller's watch, which also says stop once a block has failed.
pub(crate) struct Stoppable<'a> {
    pub(crate) watch: &'a dyn Watch,
    pub(crate) failure: &'a Failure,
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
