//! The worker's side: blocks in, tiles out, until its parent ends.

use crate::jobs::{Jobs, Task};
use crate::output::{Board, Target};
use crate::processes::clear;
use crate::protocol::{DOOR, Greeting, MARK, Order, Reply, Trouble, VERSION, send, told, wait};
use crate::segment::Segment;
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

/// The line to the parent, if this process was started as a worker. Standard input is then empty.
pub(crate) fn called() -> Option<UnixStream> {
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
pub(crate) fn serve(jobs: &Jobs, line: UnixStream) -> ! {
    match greet(jobs, line).and_then(|(orders, replies)| work(jobs, orders, &replies)) {
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
fn greet(jobs: &Jobs, line: UnixStream) -> std::io::Result<(IpcReceiver<Order>, IpcSender<Reply>)> {
    let mut path = String::new();
    // What comes without a line's end is the parent's end.
    if BufReader::new(line).read_line(&mut path).is_err() || !path.ends_with('\n') {
        clear(&std::env::var(DOOR).unwrap_or_default());
        end();
    }
    follow_parent();
    let door = IpcSender::<Greeting>::connect(path.trim_end().to_owned())?;
    let (orders, ours) = ipc::channel()?;
    let (to, replies) = ipc::channel()?;
    let jobs = jobs.names().map(str::to_owned).collect();
    let release = env!("CARGO_PKG_VERSION").to_owned();
    door.send(Greeting { version: VERSION, release, jobs, orders, replies }).map_err(told)?;
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

fn work(jobs: &Jobs, from: IpcReceiver<Order>, replies: &IpcSender<Reply>) -> std::io::Result<()> {
    // A thread of its own listens, so that a cancelled run and the end of the parent are noticed inside a long block.
    let cancelled = Arc::new(AtomicU64::new(0));
    let (sender, orders) = mpsc::channel();
    let until = cancelled.clone();
    std::thread::Builder::new().name("orders".into()).spawn(move || {
        loop {
            match wait(&from) {
                Ok(Order::Cancel { run }) => until.store(run, Ordering::Relaxed),
                Ok(order) => {
                    let last = matches!(order, Order::Stop);
                    if sender.send(order).is_err() || last {
                        return;
                    }
                }
                Err(_) => end(),
            }
        }
    })?;
    let mut board = None;
    let mut job: Result<(Box<dyn Task>, Target), Why> = Err("no job has come".into());
    for order in orders {
        match order {
            Order::Board(path) => board = Some(live(Board::open(&path).map_err(std::io::Error::other)?)?),
            Order::Job { name, job: path, output, .. } => {
                let Some(board) = &board else { return Err(std::io::ErrorKind::InvalidData.into()) };
                let made = std::panic::catch_unwind(|| jobs.make(&name, &Segment::read(&path)?));
                let made =
                    made.unwrap_or_else(|_| Err(Error::invalid("job", "panicked while it was set up")));
                let made = made.and_then(|job| Ok((job, Target::open(&output, board)?)));
                job = made.map_err(Why::from);
            }
            Order::Block { run, task, block, slot } => {
                let watch = Orders { cancelled: &cancelled, run, read: AtomicU64::new(0) };
                let result = match &mut job {
                    _ if watch.cancelled() => Err(Trouble::Cancelled),
                    Err(why) => Err(Trouble::Job(why.clone())),
                    Ok((job, target)) => {
                        if let Some(board) = &board {
                            board.begin(Some(task))?;
                        }
                        let result = job.run(&block, target, slot, &watch);
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
                answer(replies, &Reply { run, task, read, result });
            }
            Order::Rest => job = Err("no job has come".into()),
            Order::Cancel { .. } => {}
            Order::Stop => break,
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
struct Orders<'a> {
    /// The last run that was cancelled.
    cancelled: &'a AtomicU64,
    run: u64,
    read: AtomicU64,
}

impl Watch for Orders<'_> {
    fn done(&self, _: &Region) {}
    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) >= self.run
    }
    fn read(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
    }
}
