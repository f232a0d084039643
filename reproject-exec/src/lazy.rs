//! A job that has not run yet, as a source of pixels: what is read is computed, block by block, and kept for a while.

use ndarray::{ArrayD, ArrayViewMutD};
use reproject_core::executor::compute;
use reproject_core::{ArraySource, Error, Grid, Job, Region, Result, Tile, Watch};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

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
    state: Mutex<State<J>>,
    #[serde(skip_serializing)]
    settled: Condvar,
    #[serde(skip_serializing)]
    watch: Arc<dyn Watch>,
}

/// What a lazy array is made of.
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

struct State<J: Job> {
    blocks: HashMap<usize, Slot<J>>,
    /// Block numbers by the time of their last use.
    order: BTreeMap<u64, usize>,
    clock: u64,
    counts: LazyCounts,
}

type Block<J> = Arc<ArrayD<<J as Job>::Pixel>>;

enum Slot<J: Job> {
    /// Being computed.
    Busy,
    Ready {
        block: Block<J>,
        used: u64,
    },
}

/// What a lazy array has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LazyCounts {
    /// Blocks computed.
    pub computed: u64,
    /// Blocks found, or waited for while another thread computed them.
    pub found: u64,
    /// Bytes held now.
    pub bytes: usize,
    /// The most bytes ever held at once.
    pub peak: usize,
}

impl<J: Job> Lazy<J> {
    /// A job in [blocks that suit it](Job::blocks), of which 256 MiB are kept.
    pub fn new(job: J) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let grid = job.blocks(None).expect("no shape was chosen that could be wrong");
        let (blocks, order) = (HashMap::new(), BTreeMap::new());
        let state = State { blocks, order, clock: 0, counts: LazyCounts::default() };
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let (state, settled) = (Mutex::new(state), Condvar::new());
        Self { job, grid, limit: KEPT, number, state, settled, watch: Arc::new(()) }
    }

    /// Keeps up to so many bytes of blocks, besides those that are being read.
    #[must_use]
    pub fn with_cache(self, bytes: usize) -> Self {
        Self { limit: bytes, ..self }
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

    /// What has been done so far.
    pub fn counts(&self) -> LazyCounts {
        self.lock().counts
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Block `key`, kept or computed. Nobody holds a lock meanwhile.
    fn get(&self, key: usize) -> Result<Block<J>> {
        let mut state = self.lock();
        loop {
            match state.blocks.get(&key) {
                // A thread that cannot wait without danger computes the block for itself.
                Some(Slot::Busy) if !may_wait(self.number) => {
                    drop(state);
                    return self.compute(key);
                }
                Some(Slot::Busy) => state = self.settled.wait(state).unwrap_or_else(|e| e.into_inner()),
                Some(Slot::Ready { .. }) => return Ok(state.touch(key)),
                None => break,
            }
        }
        state.blocks.insert(key, Slot::Busy);
        drop(state);
        let claim = Claim { of: self, key };
        let block = self.compute(key)?;
        let mut state = self.lock();
        state.keep(key, block.clone(), self.limit);
        drop(state);
        drop(claim);
        Ok(block)
    }

    fn compute(&self, key: usize) -> Result<Block<J>> {
        let _held = Held::new(self.number);
        let mut tile = Tile::empty();
        compute(&self.job, &self.grid.region(key), &mut tile, &*self.watch)?;
        self.lock().counts.computed += 1;
        Ok(Arc::new(tile.data))
    }

    fn copy(&self, key: usize, window: &Region, out: &mut ArrayViewMutD<'_, J::Pixel>) -> Result<()> {
        let region = self.grid.region(key);
        let block = self.get(key)?;
        let common = region.intersect(window);
        let (from, to) = (common.relative_to(&region.start), common.relative_to(&window.start));
        out.slice_mut(&to.slices()[..]).assign(&block.slice(&from.slices()[..]));
        Ok(())
    }
}

impl<J: Job> State<J> {
    /// A kept block, from now on the one used last.
    fn touch(&mut self, key: usize) -> Block<J> {
        let Some(Slot::Ready { block, used }) = self.blocks.get_mut(&key) else {
            unreachable!("only ready blocks are touched")
        };
        self.clock += 1;
        self.counts.found += 1;
        self.order.remove(used);
        self.order.insert(self.clock, key);
        *used = self.clock;
        block.clone()
    }

    /// Keeps a block, and lets those go that were used least recently.
    fn keep(&mut self, key: usize, block: Block<J>, limit: usize) {
        let size = |block: &Block<J>| block.len() * size_of::<J::Pixel>();
        let bytes = size(&block);
        if bytes > limit {
            return;
        }
        while self.counts.bytes + bytes > limit {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            if let Some(Slot::Ready { block, .. }) = self.blocks.remove(&oldest) {
                self.counts.bytes -= size(&block);
            }
        }
        self.clock += 1;
        self.order.insert(self.clock, key);
        self.blocks.insert(key, Slot::Ready { block, used: self.clock });
        self.counts.bytes += bytes;
        self.counts.peak = self.counts.peak.max(self.counts.bytes);
    }
}

/// Frees the slot of a block that failed, panicked or is not kept, and wakes those who wait.
struct Claim<'a, J: Job> {
    of: &'a Lazy<J>,
    key: usize,
}

impl<J: Job> Drop for Claim<'_, J> {
    fn drop(&mut self) {
        let mut state = self.of.lock();
        if let Some(Slot::Busy) = state.blocks.get(&self.key) {
            state.blocks.remove(&self.key);
        }
        drop(state);
        self.of.settled.notify_all();
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
        if !window.fits(self.job.shape()) {
            let why = format!("{window} reaches beyond an array of shape {:?}", self.job.shape());
            return Err(Error::invalid("window", why));
        }
        if out.shape() != window.shape {
            let (expected, found) = (window.shape.clone(), out.shape().to_vec());
            return Err(Error::Shape { what: "window", expected, found });
        }
        self.grid.touched(window).try_for_each(|number| self.copy(number, window, &mut out))
    }

    fn chunks(&self) -> Option<&[usize]> {
        Some(self.grid.block())
    }
}
