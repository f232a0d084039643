//! The thread that minds one worker during a run: gives it blocks, takes its answers, and replaces it when it dies.

use super::delivery::{Delivery, fetch};
use super::protocol::{Reply, Request, Trouble};
use super::segment::Segment;
use super::start::{Start, Starter, TICK, Worker};
use bytemuck::Pod;
use reproject_core::executor::{guarded, store};
use reproject_core::{ArraySink, Error, Pixel, Region, Result, Tile, Watch, Why};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Blocks given to a worker at once: it works on one, and the next is there when it is done.
const SLOTS_EACH: u64 = 2;

/// Deaths of workers in a row, with no block done or begun between, after which others are not tried.
const DEATHS: usize = 4;

/// Workers that a block may end.
const KILLS: usize = 2;

/// How long a worker may take to give up a cancelled block before it is killed.
const GRACE: Duration = Duration::from_millis(120);

/// How long a worker may be silent, and how long it may take for a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) silence: Duration,
    pub(super) deadline: Option<Duration>,
}

/// The state that all minders of a run share.
pub(super) struct Run<'a, T> {
    number: u64,
    name: &'static str,
    job: Segment,
    starter: &'a Starter,
    patience: Patience,
    delivery: Delivery,
    blocks: &'a [Region],
    sink: &'a dyn ArraySink<T>,
    watch: &'a dyn Watch,
    todo: Mutex<Todo>,
    done: AtomicUsize,
}

#[derive(Default)]
struct Todo {
    next: usize,
    /// Blocks that were given to a worker that died.
    again: Vec<usize>,
    kills: HashMap<usize, usize>,
}

impl<'a, T: Pixel + Pod> Run<'a, T> {
    pub(super) fn new(
        number: u64,
        (name, job): (&'static str, Segment),
        (starter, patience): (&'a Starter, Patience),
        delivery: Delivery,
        blocks: &'a [Region],
        sink: &'a dyn ArraySink<T>,
        watch: &'a dyn Watch,
    ) -> Self {
        let (todo, done) = (Mutex::default(), AtomicUsize::new(0));
        Self { number, name, job, starter, patience, delivery, blocks, sink, watch, todo, done }
    }

    pub(super) fn finished(&self) -> bool {
        self.done.load(Ordering::Relaxed) == self.blocks.len()
    }

    fn todo(&self) -> MutexGuard<'_, Todo> {
        self.todo.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn next(&self) -> Option<usize> {
        let mut todo = self.todo();
        todo.again.pop().or_else(|| {
            let next = todo.next;
            todo.next += 1;
            (next < self.blocks.len()).then_some(next)
        })
    }

    fn request(&self) -> Request {
        Request::Job {
            run: self.number,
            name: self.name.to_owned(),
            job: self.job.path().to_owned(),
            delivery: self.delivery.clone(),
        }
    }

    fn block(&self, index: usize, why: impl Into<Why>) -> Error {
        Error::block(self.blocks[index].clone(), why)
    }

    /// Stores a tile that a worker has computed.
    fn store(&self, worker: &Worker, flight: &Flight, tile: &mut Tile<T>) -> Result<()> {
        let block = &self.blocks[flight.index];
        match &self.delivery {
            Delivery::InPlace { .. } => guarded(block, || self.sink.written(block))?,
            Delivery::Slots { bytes } => {
                fetch(worker.board(), flight.slot, *bytes, block, tile)?;
                store(self.sink, tile)?;
            }
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        self.watch.done(block);
        Ok(())
    }
}

/// A block that a worker has.
struct Flight {
    index: usize,
    slot: u64,
}

/// Minds a worker until no block is left. Gives the worker back if it is fit for another run.
pub(super) fn mind<T: Pixel + Pod>(run: &Run<'_, T>, mut idle: Option<Worker>) -> Result<Option<Worker>> {
    let (mut tile, mut deaths) = (Tile::empty(), 0);
    while !run.watch.cancelled() {
        let Some(first) = run.next() else { return Ok(idle) };
        let why = match start(run, idle.take()) {
            Ok(Some(worker)) => {
                let mut lease = Lease::new(worker);
                match lease.work(run, first, &mut tile)? {
                    Outcome::Rest => return Ok(lease.rest(run)),
                    Outcome::Lost(why) => {
                        let progress = lease.finished > 0;
                        let blamed = lease.lost(run, &why)?;
                        deaths = if progress || blamed { 0 } else { deaths };
                        why
                    }
                }
            }
            Ok(None) => break,
            Err(Start::Refused(error)) => return Err(error),
            Err(Start::Died(why)) => {
                run.todo().again.push(first);
                why
            }
        };
        deaths += 1;
        if deaths >= DEATHS {
            let why = format!("{DEATHS} died in a row before they began a block; the last: {why}");
            return Err(Error::invalid("workers", why));
        }
    }
    Ok(idle)
}

/// A worker with this run's job: the idle one, if it still lives, or another.
fn start<T: Pixel + Pod>(
    run: &Run<'_, T>,
    idle: Option<Worker>,
) -> std::result::Result<Option<Worker>, Start> {
    let hand = |worker: &Worker| -> std::result::Result<bool, Start> {
        worker.slots(slots(&run.delivery))?;
        Ok(worker.send(&run.request()).is_ok())
    };
    if let Some(worker) = idle
        && hand(&worker)?
    {
        return Ok(Some(worker));
    }
    let Some(mut worker) = Worker::start(run.starter, || run.watch.cancelled())? else { return Ok(None) };
    match hand(&worker)? {
        true => Ok(Some(worker)),
        false => Err(Start::Died(format!("a worker ended: {}", worker.end()))),
    }
}

/// Bytes of memory for the slots of a worker.
fn slots(delivery: &Delivery) -> u64 {
    match delivery {
        Delivery::InPlace { .. } => 0,
        Delivery::Slots { bytes } => SLOTS_EACH * bytes,
    }
}

enum Outcome {
    /// There is nothing left to do, or the run was stopped.
    Rest,
    /// The worker is dead, and why.
    Lost(String),
}

/// A worker and the blocks that it has.
struct Lease {
    worker: Worker,
    flights: VecDeque<Flight>,
    finished: usize,
    beats: u64,
    /// How long it has shown no sign of life.
    quiet: Duration,
    /// How long its first block has taken.
    spent: Duration,
}

impl Lease {
    fn new(worker: Worker) -> Self {
        let zero = Duration::ZERO;
        Self { worker, flights: VecDeque::new(), finished: 0, beats: 0, quiet: zero, spent: zero }
    }

    /// Gives the worker `first` and all that it can do after it.
    fn work<T: Pixel + Pod>(
        &mut self,
        run: &Run<'_, T>,
        first: usize,
        tile: &mut Tile<T>,
    ) -> Result<Outcome> {
        let (mut first, mut count) = (Some(first), 0);
        let mut before = Instant::now();
        while !run.watch.cancelled() {
            while self.flights.len() < SLOTS_EACH as usize
                && let Some(index) = first.take().or_else(|| run.next())
            {
                let slot = count % SLOTS_EACH;
                count += 1;
                self.flights.push_back(Flight { index, slot });
                let region = run.blocks[index].clone();
                let request = Request::Block { run: run.number, block: index as u64, region, slot };
                if self.worker.send(&request).is_err() {
                    return Ok(Outcome::Lost(format!("a worker ended: {}", self.worker.end())));
                }
            }
            if self.flights.is_empty() {
                return Ok(Outcome::Rest);
            }
            match self.worker.receive(TICK) {
                Ok(Some(reply)) => self.answer(run, reply, tile)?,
                Ok(None) => {}
                Err(_) => return Ok(Outcome::Lost(format!("a worker ended: {}", self.worker.end()))),
            }
            // Time in which this process itself was stopped does not count against the worker.
            let passed = before.elapsed().min(4 * TICK);
            before = Instant::now();
            if let Some(why) = self.overdue(run.patience, passed) {
                self.worker.end();
                return Ok(Outcome::Lost(why));
            }
        }
        Ok(Outcome::Rest)
    }

    fn answer<T: Pixel + Pod>(&mut self, run: &Run<'_, T>, reply: Reply, tile: &mut Tile<T>) -> Result<()> {
        // What a cancelled run still has to say is no answer to this one.
        let Reply { run: number, block, read, result } = reply;
        if number != run.number || self.flights.front().is_none_or(|f| f.index as u64 != block) {
            return Ok(());
        }
        let Some(flight) = self.flights.pop_front() else { return Ok(()) };
        self.spent = Duration::ZERO;
        self.finished += 1;
        run.watch.read(read);
        match result {
            Ok(()) => run.store(&self.worker, &flight, tile),
            Err(Trouble::Cancelled) => Err(Error::Cancelled),
            Err(Trouble::Job(why)) => Err(Error::worker(why)),
            Err(Trouble::Block(why)) => Err(run.block(flight.index, why)),
        }
    }

    /// Why the worker has to be killed, if it has.
    fn overdue(&mut self, patience: Patience, passed: Duration) -> Option<String> {
        let (beats, block) = self.worker.signs();
        self.quiet = if beats == self.beats { self.quiet + passed } else { Duration::ZERO };
        self.beats = beats;
        if self.quiet > patience.silence {
            return Some(format!("a worker showed no sign of life for {:?}", patience.silence));
        }
        let own = self.flights.front().is_some_and(|f| block == Some(f.index as u64));
        self.spent = if own { self.spent + passed } else { Duration::ZERO };
        match patience.deadline {
            Some(deadline) if self.spent > deadline => Some(format!("it took longer than {deadline:?}")),
            _ => None,
        }
    }

    /// Puts the blocks of a dead worker back; the one that it was working on is blamed. Says whether there was one.
    fn lost<T: Pixel + Pod>(mut self, run: &Run<'_, T>, why: &str) -> Result<bool> {
        let (_, block) = self.worker.signs();
        let blamed = self.flights.iter().find(|f| block == Some(f.index as u64)).map(|f| f.index);
        let mut todo = run.todo();
        todo.again.extend(self.flights.drain(..).rev().map(|f| f.index));
        if let Some(index) = blamed {
            let kills = todo.kills.entry(index).or_default();
            *kills += 1;
            if *kills >= KILLS {
                return Err(run.block(index, format!("it ended {KILLS} workers; the last time, {why}")));
            }
        }
        Ok(blamed.is_some())
    }

    /// Takes the job from the worker. `None` if that was no use: the worker is dead.
    fn rest<T: Pixel + Pod>(mut self, run: &Run<'_, T>) -> Option<Worker> {
        if !self.flights.is_empty() {
            self.worker.send(&Request::Cancel { run: run.number }).ok()?;
            let begun = Instant::now();
            while !self.flights.is_empty() {
                let left = GRACE.checked_sub(begun.elapsed())?;
                let reply = self.worker.receive(left.max(Duration::from_millis(1))).ok()?;
                if let Some(Reply { run: number, .. }) = reply
                    && number == run.number
                {
                    self.flights.pop_front();
                }
            }
        }
        self.worker.send(&Request::Rest).ok()?;
        self.worker.slots(0).ok()?;
        Some(self.worker)
    }
}
