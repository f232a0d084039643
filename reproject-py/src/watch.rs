//! Progress and Ctrl-C: Python is asked at most every few hundredths of a second.

use pyo3::prelude::*;
use reproject_core::{Region, Watch};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The longest time that Ctrl-C may go unnoticed.
pub(crate) const POLL: Duration = Duration::from_millis(50);

/// The caller's view of a run, and the way to stop it.
pub(crate) struct Watcher {
    report: Option<Py<PyAny>>,
    of: usize,
    done: AtomicUsize,
    told: AtomicUsize,
    stop: AtomicBool,
    error: Mutex<Option<PyErr>>,
    start: Instant,
    polled: AtomicU64,
}

impl Watcher {
    /// A watch over `of` blocks; `report(done, of)` is called on the calling thread.
    pub(crate) fn new(of: usize, report: Option<Py<PyAny>>) -> Self {
        Self {
            report,
            of,
            done: AtomicUsize::new(0),
            told: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            error: Mutex::new(None),
            start: Instant::now(),
            polled: AtomicU64::new(0),
        }
    }

    /// Looks for signals and reports; only the main thread of Python hears of signals.
    pub(crate) fn tick(&self) {
        let asked = Python::attach(|py| {
            py.check_signals()?;
            let done = self.done.load(Ordering::Relaxed);
            match &self.report {
                Some(report) if self.told.swap(done, Ordering::Relaxed) != done => {
                    report.call1(py, (done, self.of)).map(drop)
                }
                _ => Ok(()),
            }
        });
        if let Err(error) = asked {
            self.error.lock().unwrap_or_else(|e| e.into_inner()).get_or_insert(error);
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// The exception that stopped the run.
    pub(crate) fn exception(&self) -> Option<PyErr> {
        self.error.lock().unwrap_or_else(|e| e.into_inner()).take()
    }

    /// The watch of the calling thread, which looks up from its work.
    pub(crate) fn own(&self) -> impl Watch + '_ {
        Own(self)
    }
}

impl Watch for Watcher {
    fn done(&self, _: &Region) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

struct Own<'a>(&'a Watcher);

impl Watch for Own<'_> {
    fn done(&self, block: &Region) {
        self.0.done(block);
    }
    fn cancelled(&self) -> bool {
        let now = self.0.start.elapsed().as_millis() as u64;
        if now >= self.0.polled.load(Ordering::Relaxed) + POLL.as_millis() as u64 {
            self.0.polled.store(now, Ordering::Relaxed);
            self.0.tick();
        }
        self.0.cancelled()
    }
}
