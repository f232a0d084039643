//! Blocks handed to the threads of an own rayon pool as they ask for them.

use rayon::{ThreadPool, ThreadPoolBuilder};
use reproject_core::executor::{FirstError, Stoppable, compute, store};
use reproject_core::{ArraySink, Error, Executor, Job, Region, Result, Tile, Watch};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An executor that hands blocks to threads as they ask for them, in plan order.
///
/// The pool is its own, never rayon's global one: a host program's settings do not leak in, and ours do not leak out.
pub struct Threads {
    pool: ThreadPool,
}

impl Threads {
    /// A pool of `threads` threads; `None` takes as many as this process may run at once.
    ///
    /// # Errors
    /// If the system refuses the threads.
    pub fn new(threads: Option<NonZeroUsize>) -> Result<Self> {
        let threads =
            threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let pool =
            ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("reproject-{i}")).build();
        let pool =
            pool.map_err(|e| Error::invalid("threads", format!("{threads} cannot be started: {e}")))?;
        Ok(Self { pool })
    }

    /// The number of threads.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }
}

impl<J: Job + ?Sized> Executor<J> for Threads {
    fn execute(
        &self,
        job: &J,
        blocks: &[Region],
        sink: &dyn ArraySink<J::Pixel>,
        watch: &dyn Watch,
    ) -> Result<()> {
        let next = AtomicUsize::new(0);
        let failure = FirstError::default();
        let watch = Stoppable::new(watch, &failure);
        self.pool.broadcast(|_| {
            let mut tile = Tile::empty();
            while !watch.cancelled() {
                let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                let done = compute(job, block, &mut tile, &watch);
                match done.and_then(|()| store(sink, &tile)) {
                    Ok(()) => watch.done(block),
                    Err(error) => failure.raise(error),
                }
            }
        });
        match failure.take() {
            Some(error) => Err(error),
            None if watch.cancelled() && next.load(Ordering::Relaxed) < blocks.len() => Err(Error::Cancelled),
            None => Ok(()),
        }
    }
}
