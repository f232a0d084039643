//! The worker's side: blocks in, tiles out, until its parent ends.

use super::board::Board;
use super::delivery::Outlet;
use super::door::clear;
use super::jobs::{AnyJob, Jobs};
use super::protocol::{DOOR, Greeting, MARK, Reply, Request, Trouble, VERSION, send, told, wait};
use super::segment::Segment;
use ipc_channel::ipc::{self, IpcReceiver, IpcSender};
use reproject_core::{Error, Region, Watch, Why};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// How often a worker shows that it lives.
const BEAT: Duration = Duration::from_millis(100);

impl Jobs {
    /// Serves blocks until its parent ends, and then ends, if this process was started as a worker; otherwise returns at
    /// once. To be called first in `main`, before anything is printed, read or started.
    pub fn serve_if_worker(&self) {
        if let Some(stream) = called() {
            serve(self, stream);
        }
    }
}

/// The line to the parent, if this process was started as a worker. Standard input is then empty.
fn called() -> Option<UnixStream> {
    std::env::var_os(MARK)?;
    let input = std::io::stdin().as_fd().try_clone_to_owned().ok()?;
    // Programs that a worker starts inherit the mark, but not the socket.
    let input = File::from(input);
    if !input.metadata().is_ok_and(|m| m.file_type().is_socket()) {
        return None;
    }
    let empty = File::open("/dev/null").ok()?;
    rustix::stdio::dup2_stdin(&empty).ok()?;
    Some(UnixStream::from(std::os::fd::OwnedFd::from(input)))
}

/// Serves blocks and ends the process.
fn serve(jobs: &Jobs, line: UnixStream) -> ! {
    match greet(jobs, line).and_then(|(requests, replies)| work(jobs, requests, &replies)) {
        Ok(()) => std::process::exit(0),
        Err(e) => {
            // The end of the parent is no news.
            if !matches!(
                e.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
            ) {
                let why = Error::Store { what: "worker".into(), why: e.into() };
                let _ = writeln!(std::io::stderr(), "{why}");
            }
            end()
        }
    }
}

/// Learns where the parent's door is, and brings it the parent's ends of two channels.
fn greet(jobs: &Jobs, line: UnixStream) -> std::io::Result<(IpcReceiver<Request>, IpcSender<Reply>)> {
    let mut path = String::new();
    // What comes without a line's end is the parent's end.
    if BufReader::new(line).read_line(&mut path).is_err() || !path.ends_with('\n') {
        clear(&std::env::var(DOOR).unwrap_or_default());
        end();
    }
    follow_parent();
    let door = IpcSender::<Greeting>::connect(path.trim_end().to_owned())?;
    let (requests, ours) = ipc::channel()?;
    let (to, replies) = ipc::channel()?;
    let jobs = jobs.names().map(str::to_owned).collect();
    let release = env!("CARGO_PKG_VERSION").to_owned();
    door.send(Greeting { version: VERSION, release, jobs, requests, replies }).map_err(told)?;
    Ok((ours, to))
}

/// Ends with the parent, even while stopped.
fn follow_parent() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, getppid, set_parent_process_death_signal};
        // Where it is refused, the closed channel still ends a worker that runs.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        let parent = std::env::var(MARK).ok().and_then(|id| id.parse().ok());
        if parent.is_some() && getppid().map(|id| id.as_raw_nonzero().get()) != parent {
            end();
        }
    }
}

/// Ends at once, in the middle of whatever another thread is doing: the parent has gone, nobody waits for anything.
fn end() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

/// Sends an answer; without a parent there is nothing left to do.
fn answer(to: &IpcSender<Reply>, reply: &Reply) {
    if send(to, reply).is_err() {
        end();
    }
}

fn work(jobs: &Jobs, from: IpcReceiver<Request>, replies: &IpcSender<Reply>) -> std::io::Result<()> {
    // A thread of its own listens, so that a cancelled run and the end of the parent are noticed inside a long block.
    let cancelled = Arc::new(AtomicU64::new(0));
    let (sender, requests) = mpsc::channel();
    let until = cancelled.clone();
    std::thread::Builder::new().name("requests".into()).spawn(move || {
        loop {
            match wait(&from) {
                Ok(Request::Cancel { run }) => until.store(run, Ordering::Relaxed),
                Ok(request) => {
                    let last = matches!(request, Request::Stop);
                    if sender.send(request).is_err() || last {
                        return;
                    }
                }
                Err(_) => end(),
            }
        }
    })?;
    let mut board = None;
    let mut job: Result<(Box<dyn AnyJob>, Outlet), Why> = Err("no job has come".into());
    for request in requests {
        match request {
            Request::Board(path) => board = Some(live(Board::open(&path).map_err(std::io::Error::other)?)?),
            Request::Job { name, job: path, delivery, .. } => {
                let Some(board) = &board else { return Err(std::io::ErrorKind::InvalidData.into()) };
                let made = std::panic::catch_unwind(|| jobs.make(&name, &Segment::read(&path)?));
                let made =
                    made.unwrap_or_else(|_| Err(Error::invalid("job", "panicked while it was set up")));
                let made = made.and_then(|job| Ok((job, Outlet::open(&delivery, board)?)));
                job = made.map_err(Why::from);
            }
            Request::Block { run, block, region, slot } => {
                let watch = BlockWatch { cancelled: &cancelled, run, read: AtomicU64::new(0) };
                let result = match &mut job {
                    _ if watch.cancelled() => Err(Trouble::Cancelled),
                    Err(why) => Err(Trouble::Job(why.clone())),
                    Ok((job, outlet)) => {
                        if let Some(board) = &board {
                            board.begin(Some(block))?;
                        }
                        let result = job.run(&region, outlet, slot, &watch);
                        if let Some(board) = &board {
                            board.begin(None)?;
                        }
                        result.map_err(|error| match error {
                            Error::Cancelled => Trouble::Cancelled,
                            Error::Block { why: text, source, .. } => Trouble::Block(Why { text, source }),
                            other => Trouble::Block(other.into()),
                        })
                    }
                };
                let read = watch.read.into_inner();
                answer(replies, &Reply { run, block, read, result });
            }
            Request::Rest => job = Err("no job has come".into()),
            Request::Cancel { .. } => {}
            Request::Stop => break,
        }
    }
    Ok(())
}

/// Starts the beats of this worker.
fn live(board: Board) -> std::io::Result<Board> {
    let pulse = board.clone();
    std::thread::Builder::new().name("pulse".into()).spawn(move || {
        for count in 1.. {
            if pulse.beat(count).is_err() {
                return;
            }
            std::thread::sleep(BEAT);
        }
    })?;
    Ok(board)
}

/// The watch inside a worker.
struct BlockWatch<'a> {
    /// The last run that was cancelled.
    cancelled: &'a AtomicU64,
    run: u64,
    read: AtomicU64,
}

impl Watch for BlockWatch<'_> {
    fn done(&self, _: &Region) {}
    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) >= self.run
    }
    fn read(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }
}
