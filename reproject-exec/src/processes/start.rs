//! A worker process seen from its parent: started, greeted, killed, dismissed; never left behind.

use super::board::{SLOTS, board, signs};
use super::door::Door;
use super::jobs::Jobs;
use super::protocol::{self, DOOR, Greeting, MARK, Reply, Request, VERSION};
use super::segment::Segment;
use ipc_channel::ipc::{IpcReceiver, IpcSender};
use reproject_core::{Error, Result};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The environment variable that names the program to run as worker, with arguments.
const PROGRAM: &str = "REPROJECT_WORKER";

/// How long a program may take to its first words: a Python with many imports on a busy disk.
const GREETING: Duration = Duration::from_secs(60);

/// How often it is looked whether they have come.
const GLANCE: Duration = Duration::from_millis(1);

/// How long one wait is: cancellation and signs of life are looked at in between.
pub(super) const TICK: Duration = Duration::from_millis(20);

/// How long a dismissed worker may take to end by itself.
const FAREWELL: Duration = Duration::from_millis(500);

/// Starts workers.
pub(super) struct Starter {
    /// The program to start.
    command: Box<dyn Fn() -> Result<Command> + Send + Sync>,
    /// The jobs that it has to know.
    jobs: Jobs,
    spawner: Spawner,
    door: Door,
}

impl Starter {
    /// Starts the command in `REPROJECT_WORKER`, or this program.
    pub(super) fn new(jobs: &Jobs) -> Result<Self> {
        warm().map_err(|e| Error::invalid("processes", format!("no channels for workers: {e}")))?;
        let (command, jobs) = (Box::new(this_program), jobs.clone());
        Ok(Self { command, jobs, spawner: Spawner::new()?, door: Door::new() })
    }

    /// From now on starts this command.
    pub(super) fn set_command(&mut self, command: impl Fn() -> Command + Send + Sync + 'static) {
        self.command = Box::new(move || Ok(command()));
    }

    pub(super) fn jobs(&self) -> &Jobs {
        &self.jobs
    }
}

/// Has `ipc-channel` find out how long its messages may be while there are descriptors for that: it panics where there are none.
fn warm() -> std::io::Result<()> {
    drop([UnixStream::pair()?, UnixStream::pair()?]);
    let (sender, _receiver) = ipc_channel::ipc::channel::<()>()?;
    protocol::send(&sender, &())
}

/// The command in the environment, or the program that runs now.
fn this_program() -> Result<Command> {
    if let Some(line) = std::env::var(PROGRAM).ok().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        return Ok(command);
    }
    let program = std::env::current_exe();
    program.map(Command::new).map_err(|e| {
        Error::invalid("worker", format!("the path of this program is unknown ({e}); name one in {PROGRAM}"))
    })
}

/// A live worker. Dropped, it is killed.
#[derive(Debug)]
pub(super) struct Worker {
    process: Process,
    requests: IpcSender<Request>,
    replies: IpcReceiver<Reply>,
    board: Segment,
}

/// A child process that is killed and waited for when this is dropped.
#[derive(Debug)]
struct Process(Child);

impl Process {
    /// Kills it, if it still lives, and says how it ended.
    fn end(&mut self) -> String {
        // One that has ended by itself cannot be killed, and keeps its own status.
        let _ = self.0.kill();
        self.0.wait().map_or_else(|e| e.to_string(), |status: ExitStatus| status.to_string())
    }

    fn ended(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(Some(_)))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
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
    pub(super) fn start(by: &Starter, stop: impl Fn() -> bool) -> std::result::Result<Option<Self>, Start> {
        let mut command = (by.command)()?;
        let program = format!("worker {}", command.get_program().to_string_lossy());
        let wrong = |why: String| Start::Refused(Error::invalid(&program, why));
        // Its standard input: the path to our door comes in, and the end of it means that we have died before.
        let (mut line, theirs) = UnixStream::pair().map_err(|e| wrong(format!("no sockets for it: {e}")))?;
        command.env(MARK, std::process::id().to_string()).env(DOOR, by.door.name());
        // A group of its own: Ctrl-C is for the parent, which then tells its workers.
        command.stdin(Stdio::from(OwnedFd::from(theirs))).process_group(0);
        let child = by.spawner.spawn(command).map_err(|e| wrong(format!("cannot be started: {e}")))?;
        let mut process = Process(child);
        let door = by
            .door
            .path(process.0.id())
            .map_err(|e| wrong(format!("no socket for it to connect to: {e}")))?;
        let board = board()?;
        // If it has died already, that will show.
        let _ = line.write_all(format!("{door}\n").as_bytes());
        let greeted = greet(by, &mut process, stop);
        by.door.forget(process.0.id());
        let greeting = match greeted {
            Ok(Some(greeting)) => greeting,
            Ok(None) => return Ok(None),
            Err(Start::Died(why)) => return Err(Start::Died(format!("{program} ended: {why}"))),
            Err(Start::Refused(error)) => return Err(wrong(error.to_string())),
        };
        let expected = (VERSION, env!("CARGO_PKG_VERSION"));
        if (greeting.version, &*greeting.release) != expected {
            let found = format!("protocol {}, release {}", greeting.version, greeting.release);
            return Err(wrong(format!("speaks {found}, and this program {} of {}", expected.0, expected.1)));
        }
        let known = &greeting.jobs;
        if let Some(missing) = by.jobs.names().find(|name| !known.iter().any(|known| known == name)) {
            return Err(wrong(format!("knows no job {missing:?}, only [{}]", known.join(", "))));
        }
        let Greeting { requests, replies, .. } = greeting;
        let mut worker = Self { process, requests, replies, board };
        let request = Request::Board(worker.board.path().to_owned());
        if worker.send(&request).is_err() {
            return Err(Start::Died(format!("{program} ended: {}", worker.end())));
        }
        Ok(Some(worker))
    }

    pub(super) fn id(&self) -> u32 {
        self.process.0.id()
    }

    /// Makes room for slots, or gives their memory back.
    pub(super) fn slots(&self, bytes: u64) -> Result<()> {
        self.board.resize(SLOTS)?;
        if bytes > 0 { self.board.resize(SLOTS + bytes) } else { Ok(()) }
    }

    pub(super) fn board(&self) -> &std::fs::File {
        self.board.file()
    }

    pub(super) fn send(&self, request: &Request) -> io::Result<()> {
        protocol::send(&self.requests, request)
    }

    /// The next answer within `limit`, if any.
    pub(super) fn receive(&self, limit: Duration) -> io::Result<Option<Reply>> {
        protocol::receive(&self.replies, limit)
    }

    /// Its count of beats and the block under way.
    pub(super) fn signs(&self) -> (u64, Option<u64>) {
        signs(self.board.file()).unwrap_or_default()
    }

    /// Kills it, if it still lives, and says how it ended.
    pub(super) fn end(&mut self) -> String {
        self.process.end()
    }
}

/// Waits for the greeting of a program that has just been started.
fn greet(
    by: &Starter,
    process: &mut Process,
    stop: impl Fn() -> bool,
) -> std::result::Result<Option<Greeting>, Start> {
    let wrong = |why: &str| Start::Refused(Error::invalid("greeting", why));
    let begun = Instant::now();
    loop {
        // In this order: what it said before it ended does not count.
        let ended = process.ended();
        match by.door.greeting(process.0.id()) {
            _ if ended => return Err(Start::Died(process.end())),
            Ok(Some(greeting)) => return Ok(Some(greeting)),
            Ok(None) => {}
            // It has hung up, and ends.
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Err(Start::Died(process.end())),
            Err(e) => return Err(wrong(&format!("not understood: {e}"))),
        }
        if stop() {
            return Ok(None);
        }
        if begun.elapsed() >= GREETING {
            return Err(wrong("none for a minute; does its `main` call `serve_if_worker` first?"));
        }
        std::thread::sleep(GLANCE);
    }
}

/// Lets workers end by themselves; those that do not are killed.
pub(super) fn dismiss(mut workers: Vec<Worker>) {
    for worker in &workers {
        // To one that has ended already there is nothing to say.
        let _ = worker.send(&Request::Stop);
    }
    let begun = Instant::now();
    while !workers.is_empty() && begun.elapsed() < FAREWELL {
        workers.retain_mut(|worker| !worker.process.ended());
        std::thread::sleep(Duration::from_millis(1));
    }
}

type Launch = (Command, mpsc::Sender<io::Result<Child>>);

/// The thread that starts all workers: the system ends a worker with the *thread* that started it, so that has to last.
pub(super) struct Spawner {
    requests: Option<mpsc::Sender<Launch>>,
    thread: Option<JoinHandle<()>>,
}

impl Spawner {
    pub(super) fn new() -> Result<Self> {
        let (requests, queue) = mpsc::channel::<Launch>();
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
