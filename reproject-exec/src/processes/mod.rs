//! Blocks handed to worker processes, which may die: what they were working on is given to others.

mod board;
mod delivery;
mod door;
mod jobs;
mod minder;
mod protocol;
mod segment;
mod shared;
mod start;
mod worker;

pub use jobs::Jobs;
pub use shared::{Shared, SharedArray, SharedHandle, share};

use bytemuck::Pod;
use delivery::{Delivery, slot_bytes};
use minder::{Patience, Run};
use reproject_core::executor::{FirstError, Stoppable, caught};
use reproject_core::{ArraySink, Error, Executor, Job, Region, Result, Watch};
use segment::Segment;
use serde::{Serialize, de::DeserializeOwned};
use start::{Starter, Worker};
use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// An executor that hands blocks to worker processes as they ask for them, in plan order.
///
/// Workers are this program again (its `main` calls [`Jobs::serve_if_worker`] first), or the command in the environment
/// variable `REPROJECT_WORKER` (words separated by spaces). They are started by the first run and kept for the next. A worker may
/// be killed at any moment: its blocks are given to others and another is started. A block that ends two workers is an error.
/// However this process ends, its workers end with it, and nothing of them is left.
///
/// Jobs hold handles, never pixels: sources that are [`Opened`](reproject_core::Opened), and arrays in memory that have been
/// [shared](crate::share). Sinks that [offer it](ArraySink::map) are written by the workers themselves.
pub struct Processes {
    workers: usize,
    patience: Patience,
    idle: Mutex<Vec<Worker>>,
    starter: Starter,
    runs: AtomicU64,
    /// The process that made this: after a fork, the workers are still those of the other one.
    owner: u32,
}

impl Processes {
    /// An executor of up to `workers` processes, one for every core if `None`, for these jobs.
    ///
    /// # Errors
    /// If a name in `jobs` stands for two types.
    pub fn new(workers: Option<NonZeroUsize>, jobs: &Jobs) -> Result<Self> {
        jobs.check()?;
        let workers =
            workers.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        Ok(Self {
            workers,
            patience: Patience { silence: Duration::from_secs(10), deadline: None },
            idle: Mutex::new(Vec::new()),
            starter: Starter::new(jobs)?,
            runs: AtomicU64::new(0),
            owner: std::process::id(),
        })
    }

    /// Starts another program as worker: it has to serve the same jobs. `REPROJECT_WORKER` has no say then.
    #[must_use]
    pub fn with_command(mut self, command: impl Fn() -> Command + Send + Sync + 'static) -> Self {
        self.starter.set_command(command);
        self
    }

    /// Sets how long a worker may show no sign of life before it is killed: 10 seconds unless chosen. It shows one ten times a
    /// second, however long its block takes.
    #[must_use]
    pub fn with_silence(mut self, silence: Duration) -> Self {
        self.patience.silence = silence;
        self
    }

    /// Sets how long a block may take before its worker counts as hung and is killed; no limit unless chosen.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.patience.deadline = Some(deadline);
        self
    }

    /// The number of workers.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// The process ids of the workers that wait for the next run.
    pub fn idle(&self) -> Vec<u32> {
        self.pool().iter().map(Worker::id).collect()
    }

    fn pool(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        let workers = std::mem::take(&mut *self.pool());
        if self.owner == std::process::id() {
            start::dismiss(workers);
        } else {
            // Not ours to end.
            workers.into_iter().for_each(std::mem::forget);
        }
    }
}

impl<J> Executor<J> for Processes
where
    J: Job + Serialize + DeserializeOwned + 'static,
    J::Pixel: Pod,
{
    fn execute(
        &self,
        job: &J,
        blocks: &[Region],
        sink: &dyn ArraySink<J::Pixel>,
        watch: &dyn Watch,
    ) -> Result<()> {
        if self.owner != std::process::id() {
            let why =
                "they belong to the process that this one was forked from; make new ones after the fork";
            return Err(Error::invalid("processes", why));
        }
        let name = self.starter.jobs().name::<J>()?;
        let failure = FirstError::default();
        let largest = blocks.iter().map(Region::len).max().unwrap_or(0);
        let delivery = match sink.map() {
            Some(map) => Delivery::InPlace { map, shape: sink.shape().to_vec() },
            None => Delivery::Slots { bytes: slot_bytes::<J::Pixel>(largest) },
        };
        let bytes = postcard::to_allocvec(job)
            .map_err(|e| Error::invalid("job", format!("{name} cannot be sent to a worker: {e}")))?;
        let bytes = Segment::holding(&bytes)?;
        let number = 1 + self.runs.fetch_add(1, Ordering::Relaxed);
        let watch = Stoppable::new(watch, &failure);
        let run =
            Run::new(number, (name, bytes), (&self.starter, self.patience), delivery, blocks, sink, &watch);
        std::thread::scope(|scope| {
            let mind = || {
                let worker = self.pool().pop();
                let minded = caught("minding a worker", || minder::mind(&run, worker));
                match minded {
                    Ok(Some(worker)) => self.pool().push(worker),
                    Ok(None) => {}
                    Err(error) => failure.raise(error),
                }
            };
            let workers = self.workers.min(blocks.len());
            for number in 1..=workers {
                if let Err(e) = std::thread::Builder::new().spawn_scoped(scope, mind) {
                    let why = format!("no thread for worker {number} of {workers}: {e}; ask for fewer");
                    failure.raise(Error::invalid("processes", why));
                    break;
                }
            }
        });
        match failure.take() {
            Some(error) => Err(error),
            None if !run.finished() => Err(Error::Cancelled),
            None => Ok(()),
        }
    }
}
