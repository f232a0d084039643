//! Blocks handed to the threads of an own rayon pool as they ask for them.

use crate::serial::empty;
use rayon::{ThreadPool, ThreadPoolBuilder};
use reproject_core::{ArraySink, Error, Executor, Job, Region, Result, Watch};
use std::any::Any;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Blocks handed to threads as they ask for them, in plan order.
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
        let failure = Failure { raised: AtomicBool::new(false), first: Mutex::new(None) };
        let watch = Stoppable { watch, failure: &failure };
        self.pool.broadcast(|_| {
            let mut tile = empty();
            while !watch.cancelled() {
                let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                let run = || job.run_into(block, &mut tile, &watch).and_then(|()| sink.write(&tile));
                match catch_unwind(AssertUnwindSafe(run)) {
                    Ok(Ok(())) => watch.done(block),
                    Ok(Err(error)) => failure.raise(error),
                    Err(panic) => failure.raise(Error::Block {
                        block: block.clone(),
                        why: format!("panicked: {}", message(&*panic)),
                    }),
                }
            }
        });
        match failure.first.lock().unwrap_or_else(|e| e.into_inner()).take() {
            Some(error) => Err(error),
            None if watch.watch.cancelled() && next.load(Ordering::Relaxed) < blocks.len() => {
                Err(Error::Cancelled)
            }
            None => Ok(()),
        }
    }
}

/// The first error of any thread; raising it stops the others at their next poll.
struct Failure {
    raised: AtomicBool,
    first: Mutex<Option<Error>>,
}

impl Failure {
    fn raise(&self, error: Error) {
        let mut first = self.first.lock().unwrap_or_else(|e| e.into_inner());
        // What the others report once told to stop is no news.
        if first.is_none() && !(error.is_cancelled() && self.raised.load(Ordering::Relaxed)) {
            *first = Some(error);
        }
        self.raised.store(true, Ordering::Relaxed);
    }
}

/// The caller's watch, which also says stop once a block has failed.
struct Stoppable<'a> {
    watch: &'a dyn Watch,
    failure: &'a Failure,
}

impl Watch for Stoppable<'_> {
    fn done(&self, block: &Region) {
        self.watch.done(block);
    }
    fn cancelled(&self) -> bool {
        self.failure.raised.load(Ordering::Relaxed) || self.watch.cancelled()
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
