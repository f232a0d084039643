//! A worker process seen from its parent: started, greeted, killed, dismissed; never left behind.

use super::Processes;
use crate::output::{SLOTS, board, signs};
use crate::protocol::{MARK, Order, Reply, VERSION, Wire, send};
use crate::segment::Segment;
use reproject_core::{Error, Result};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a program may take to its first words: a Python with many imports on a busy disk.
const GREETING: Duration = Duration::from_secs(60);

/// How long one wait is: cancellation and signs of life are looked at in between.
pub(super) const TICK: Duration = Duration::from_millis(20);

/// How long a dismissed worker may take to end by itself.
const FAREWELL: Duration = Duration::from_millis(500);

/// A live worker. Dropped, it is killed.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    wire: Wire<Reply>,
    sender: UnixStream,
    board: Segment,
}

/// Why a worker could not be started: for good, or such that another may do better.
pub(super) enum Start {
    Refused(Error),
    Died(String),
}

impl From<Error> for Start {
    fn from(error: Error) -> Self {
        Start::Refused(error)
    }
}

impl Worker {
    /// Starts a program and waits for its greeting. `None` if `stop` said so first.
    pub(super) fn start(by: &Processes, stop: impl Fn() -> bool) -> std::result::Result<Option<Self>, Start> {
        let mut command = (by.command)()?;
        let program = format!("worker {:?}", command.get_program());
        let wrong = |why: String| Start::Refused(Error::invalid(&program, why));
        let (ours, theirs) = UnixStream::pair().map_err(|e| wrong(format!("no sockets for it: {e}")))?;
        command.env(MARK, std::process::id().to_string());
        // A group of its own: Ctrl-C is for the parent, which then tells its workers.
        command.stdin(Stdio::from(OwnedFd::from(theirs))).process_group(0);
        let child = by.spawner.spawn(command).map_err(|e| wrong(format!("cannot be started: {e}")))?;
        let sender = ours.try_clone().map_err(|e| wrong(e.to_string()));
        let (sender, board) = match (sender, board()) {
            (Ok(sender), Ok(board)) => (sender, board),
            (Err(error), _) => return Err(error),
            (_, Err(error)) => return Err(error.into()),
        };
        let mut worker = Self { child, wire: Wire::new(ours), sender, board };
        let begun = Instant::now();
        let hello = loop {
            match worker.wire.receive(Some(TICK)) {
                Ok(Some(Reply::Hello { version, release, jobs })) => break (version, release, jobs),
                Ok(Some(other)) => return Err(wrong(format!("said {other:?} instead of a greeting"))),
                Ok(None) if stop() => return Ok(None),
                Ok(None) if begun.elapsed() < GREETING => {}
                Ok(None) => {
                    let why = "said nothing for a minute; does its `main` call `serve_if_worker` first?";
                    return Err(wrong(why.into()));
                }
                Err(e) if e.kind() == io::ErrorKind::InvalidData => {
                    return Err(wrong(format!("said what is no greeting: {e}")));
                }
                Err(_) => return Err(Start::Died(format!("{program} ended: {}", worker.end()))),
            }
        };
        let expected = (VERSION, env!("CARGO_PKG_VERSION").to_owned());
        if (hello.0, &hello.1) != (expected.0, &expected.1) {
            let found = format!("protocol {}, release {}", hello.0, hello.1);
            return Err(wrong(format!("speaks {found}, and this program {} of {}", expected.0, expected.1)));
        }
        if let Some(missing) = by.jobs.names().find(|name| !hello.2.iter().any(|known| known == name)) {
            return Err(wrong(format!("knows no job {missing:?}, only [{}]", hello.2.join(", "))));
        }
        let order = Order::Board(worker.board.path().to_owned());
        if worker.send(&order).is_err() {
            return Err(Start::Died(format!("{program} ended: {}", worker.end())));
        }
        Ok(Some(worker))
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Makes room for slots, or gives their memory back.
    pub(super) fn slots(&self, bytes: u64) -> Result<()> {
        self.board.resize(SLOTS)?;
        if bytes > 0 { self.board.resize(SLOTS + bytes) } else { Ok(()) }
    }

    pub(super) fn board(&self) -> &std::fs::File {
        self.board.file()
    }

    pub(super) fn send(&self, order: &Order) -> io::Result<()> {
        send(&self.sender, order)
    }

    /// The next answer within `limit`, if any.
    pub(super) fn receive(&mut self, limit: Duration) -> io::Result<Option<Reply>> {
        self.wire.receive(Some(limit))
    }

    /// Its count of beats and the task under way.
    pub(super) fn signs(&self) -> (u64, Option<u64>) {
        signs(self.board.file()).unwrap_or_default()
    }

    /// Kills it, if it still lives, and says how it ended.
    pub(super) fn end(&mut self) -> String {
        // One that has ended by itself cannot be killed, and keeps its own status.
        let _ = self.child.kill();
        self.child.wait().map_or_else(|e| e.to_string(), |status: ExitStatus| status.to_string())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

/// Lets workers end by themselves; those that do not are killed.
pub(super) fn dismiss(mut workers: Vec<Worker>) {
    for worker in &workers {
        // To one that has ended already there is nothing to say.
        let _ = worker.send(&Order::Stop);
    }
    let begun = Instant::now();
    while !workers.is_empty() && begun.elapsed() < FAREWELL {
        workers.retain_mut(|worker| !matches!(worker.child.try_wait(), Ok(Some(_))));
        std::thread::sleep(Duration::from_millis(1));
    }
}

type Request = (Command, mpsc::Sender<io::Result<Child>>);

/// The thread that starts all workers: the system ends a worker with the *thread* that started it, so that has to last.
pub(super) struct Spawner {
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Spawner {
    pub(super) fn new() -> Result<Self> {
        let (requests, queue) = mpsc::channel::<Request>();
        let serve = move || {
            for (mut command, reply) in queue {
                let child = command.spawn();
                // The worker's end of the socket is now the worker's alone.
                drop(command);
                if let Err(mpsc::SendError(Ok(mut child))) = reply.send(child) {
                    let _ = child.kill().and_then(|()| child.wait());
                }
            }
        };
        let thread = std::thread::Builder::new().name("reproject-start".into()).spawn(serve);
        let thread = thread.map_err(|e| Error::invalid("processes", format!("no thread for them: {e}")))?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    fn spawn(&self, command: Command) -> io::Result<Child> {
        let gone = || io::Error::other("the thread that starts workers has ended");
        let (sender, reply) = mpsc::channel();
        let requests = self.requests.as_ref().ok_or_else(gone)?;
        requests.send((command, sender)).map_err(|_| gone())?;
        reply.recv().map_err(|_| gone())?
    }
}

impl Drop for Spawner {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing that could panic.
            let _ = thread.join();
        }
    }
}
