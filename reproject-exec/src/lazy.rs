//! A job that has not run yet, as a source of pixels: what is read is computed, block by block, and kept for a while.

use ndarray::{ArrayD, ArrayViewMutD};
use reproject_core::executor::compute;
use reproject_core::{ArraySource, Cache, CacheCounts, Error, Grid, Job, Region, Result, Tile, Watch};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of blocks kept, unless chosen.
const KEPT: usize = 256 << 20;

/// A job as an array. Reading a window computes the blocks that it touches and no others.
///
/// A block is computed by one thread at a time, the others wait for it. The blocks used last are kept, up to a limit in bytes.
/// Jobs on lazy arrays on jobs compose; a job that holds a `Lazy` can be sent to worker processes if the job inside can.
#[derive(Serialize, Deserialize)]
#[serde(
    try_from = "Recipe<J>",
    bound(deserialize = "J: Job + Deserialize<'de>", serialize = "J: Job + Serialize")
)]
pub struct Lazy<J: Job> {
    job: J,
    grid: Grid,
    limit: usize,
    #[serde(skip_serializing)]
    number: u64,
    #[serde(skip_serializing)]
    cache: Cache<ArrayD<J::Pixel>>,
    #[serde(skip_serializing)]
    watch: Arc<dyn Watch>,
}

/// The parts of a lazy array that are sent.
#[derive(Deserialize)]
struct Recipe<J> {
    job: J,
    grid: Grid,
    limit: usize,
}

impl<J: Job> TryFrom<Recipe<J>> for Lazy<J> {
    type Error = Error;
    fn try_from(recipe: Recipe<J>) -> Result<Self> {
        Lazy::new(recipe.job).with_cache(recipe.limit).with_blocks(recipe.grid.block())
    }
}

impl<J: Job> Lazy<J> {
    /// A job in [blocks that suit it](Job::blocks), of which 256 MiB are kept.
    pub fn new(job: J) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let grid = job.blocks(None).expect("no shape was chosen that could be wrong");
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Self { job, grid, limit: KEPT, number, cache: Cache::new(KEPT), watch: Arc::new(()) }
    }

    /// Keeps up to so many bytes of blocks, besides those that are being read.
    #[must_use]
    pub fn with_cache(self, bytes: usize) -> Self {
        Self { limit: bytes, cache: Cache::new(bytes), ..self }
    }

    /// Computes in blocks of this shape.
    ///
    /// # Errors
    /// If it has another number of axes than the job, or a side of zero pixels.
    pub fn with_blocks(self, block: &[usize]) -> Result<Self> {
        let grid = Grid::new(self.job.shape(), block)?;
        Ok(Self { grid, ..Lazy::new(self.job).with_cache(self.limit).with_watch(self.watch) })
    }

    /// Stops in the middle of a block, with [`Error::Cancelled`], when this watch says so: that of the run that reads from
    /// here. It hears of bytes read, not of blocks. In worker processes there is none: a worker that is too long in stopping
    /// is killed.
    #[must_use]
    pub fn with_watch(self, watch: Arc<dyn Watch>) -> Self {
        Self { watch, ..self }
    }

    /// The job, without what was computed of it.
    pub fn into_job(self) -> J {
        self.job
    }

    /// The job.
    pub fn job(&self) -> &J {
        &self.job
    }

    /// Counts of blocks computed and found, and bytes held, so far.
    pub fn counts(&self) -> CacheCounts {
        self.cache.counts()
    }

    fn compute(&self, region: &Region) -> Result<ArrayD<J::Pixel>> {
        let _held = Held::new(self.number);
        let mut tile = Tile::empty();
        compute(&self.job, region, &mut tile, &*self.watch)?;
        Ok(tile.data)
    }

    fn copy(&self, key: usize, window: &Region, out: &mut ArrayViewMutD<'_, J::Pixel>) -> Result<()> {
        let region = self.grid.region(key);
        let bytes = region.len().saturating_mul(size_of::<J::Pixel>());
        // A thread that cannot wait without danger computes the block for itself.
        let block = self.cache.get(key, bytes, || may_wait(self.number), || self.compute(&region))?;
        let common = region.intersect(window);
        let (from, to) = (common.relative_to(&region.start), common.relative_to(&window.start));
        out.slice_mut(&to.slices()[..]).assign(&block.slice(&from.slices()[..]));
        Ok(())
    }
}

thread_local! {
    /// The lazy arrays of which this thread is computing blocks.
    static COMPUTING: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Whether this thread may wait for a block of array `number`. A lazy array has a higher number than those inside its job, so
/// that waits lead from higher to lower numbers and never in a circle; where a thread has taken up other work in the middle
/// of a block (stolen it, say), its order is another, and it must not wait.
fn may_wait(number: u64) -> bool {
    COMPUTING.with_borrow(|all| all.iter().all(|held| *held > number))
}

/// Says that this thread is computing a block of array `number`.
struct Held;

impl Held {
    fn new(number: u64) -> Self {
        COMPUTING.with_borrow_mut(|all| all.push(number));
        Self
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        COMPUTING.with_borrow_mut(|all| all.pop());
    }
}

impl<J: Job> ArraySource<J::Pixel> for Lazy<J> {
    fn shape(&self) -> &[usize] {
        self.job.shape()
    }

    fn read(&self, window: &Region, mut out: ArrayViewMutD<'_, J::Pixel>) -> Result<()> {
        window.check_read(self.job.shape(), out.shape())?;
        self.grid.touched(window).try_for_each(|number| self.copy(number, window, &mut out))
    }

    fn chunks(&self) -> Option<&[usize]> {
        Some(self.grid.block())
    }
}
