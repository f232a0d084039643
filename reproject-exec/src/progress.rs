//! Progress out, cancellation in: the watch that the command, Python and tests share.

use reproject_core::{Region, Watch};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The progress of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Status {
    /// Blocks finished and stored.
    pub blocks: usize,
    /// Blocks in all.
    pub of: usize,
    /// Output pixels finished.
    pub pixels: usize,
    /// Bytes of input looked at; pixels that several blocks need count for each.
    pub read: u64,
    /// Time since the start.
    pub elapsed: Duration,
}

impl Status {
    /// The time left if the rest runs as fast as what is done; `None` before the first block.
    pub fn remaining(&self) -> Option<Duration> {
        (self.blocks > 0)
            .then(|| self.elapsed.mul_f64((self.of - self.blocks.min(self.of)) as f64 / self.blocks as f64))
    }
}

/// A watch that calls back after every block, and can be told to stop from any thread or signal handler.
pub struct Progress<F> {
    of: usize,
    start: Instant,
    blocks: AtomicUsize,
    pixels: AtomicUsize,
    read: AtomicU64,
    stop: AtomicBool,
    report: F,
}

impl<F: Fn(Status) + Send + Sync> Progress<F> {
    /// A watch over `blocks` blocks that calls `report` after each, on the thread that finished it.
    pub fn new(blocks: usize, report: F) -> Self {
        let zero = || AtomicUsize::new(0);
        Self {
            of: blocks,
            start: Instant::now(),
            blocks: zero(),
            pixels: zero(),
            read: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            report,
        }
    }

    /// Asks the run to stop at its next poll.
    pub fn cancel(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The progress so far.
    pub fn status(&self) -> Status {
        let (blocks, pixels) = (self.blocks.load(Ordering::Relaxed), self.pixels.load(Ordering::Relaxed));
        let (read, elapsed) = (self.read.load(Ordering::Relaxed), self.start.elapsed());
        Status { blocks, of: self.of, pixels, read, elapsed }
    }
}

impl<F: Fn(Status) + Send + Sync> Watch for Progress<F> {
    fn done(&self, block: &Region) {
        self.pixels.fetch_add(block.len(), Ordering::Relaxed);
        self.blocks.fetch_add(1, Ordering::Relaxed);
        (self.report)(self.status());
    }
    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
    fn read(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }
}
