//! Workers that are killed, stopped, hang or end by themselves cost their blocks only, and nothing is left of them.
//!
//! The number of runs at random is in the environment variable `REPROJECT_FAULT_RUNS`.
#![cfg(target_os = "linux")]

mod support;

use reproject_core::Error;
use reproject_exec::{Jobs, Processes, Progress, Serial};
use rustix::process::Signal;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use support::faulty::{BLOCK, Fault, FaultyJob, Traces, children, exists, job, signal, traces, until};
use support::{Bits, command, processes, run};

/// Names a file; a worker that can remove it ends before its first word.
const EXIT: &str = "REPROJECT_TEST_EXIT";
/// Makes the test `parent` run a job for ever.
const PARENT: &str = "REPROJECT_TEST_PARENT";

fn jobs() -> Jobs {
    Jobs::new().with::<FaultyJob>("faulty")
}

/// The entry of the worker processes; in the test run itself it does nothing.
#[test]
fn worker() {
    if std::env::var(EXIT).is_ok_and(|flag| std::fs::remove_file(flag).is_ok()) {
        std::process::exit(3);
    }
    jobs().serve_if_worker();
}

/// Tests that count processes and descriptors run one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(|e| e.into_inner())
}

fn expected() -> Bits {
    run(&Serial, &job(Fault::None, None, 0), &BLOCK, &()).unwrap()
}

fn workers(n: usize) -> Processes {
    processes(n, &jobs()).with_silence(Duration::from_secs(2))
}

/// Waits until the worker has ended: descriptors that a thread of its own closes take a moment.
fn assert_clean(before: &Traces) {
    let mut after = traces();
    for _ in 0..1000 {
        if after == *before {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
        after = traces();
    }
    assert_eq!(after, *before);
}

/// Runs the job while `meanwhile` does its worst, and the same again with the workers that are left.
fn survives(by: &Processes, job: &FaultyJob, expected: &Bits, meanwhile: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        scope.spawn(meanwhile);
        assert!(run(by, job, &BLOCK, &()).unwrap() == *expected);
    });
    assert!(run(by, job, &BLOCK, &()).unwrap() == *expected);
}

fn flag(dir: &Path) -> std::path::PathBuf {
    let flag = dir.join("flag");
    std::fs::write(&flag, "").unwrap();
    flag
}

/// Small random numbers (xorshift; Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

#[test]
fn runs_survive_faults_at_random_moments_and_leave_nothing() {
    let _alone = alone();
    let (dir, expected) = (tempfile::tempdir().unwrap(), expected());
    let runs: u64 = std::env::var("REPROJECT_FAULT_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    let mut tally = [0; 7];
    for seed in 1..=runs {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let before = traces();
        let kind = (seed % 7) as usize;
        let by = workers(1 + dice.roll(3) as usize);
        let hit = |what: Signal, after: u64, all: bool| {
            std::thread::sleep(Duration::from_millis(after));
            let mine = children(std::process::id());
            mine.iter().take(if all { mine.len() } else { 1 }).for_each(|id| signal(*id, what));
        };
        // Kind 6 strikes while workers are being started, which takes some 10 ms.
        let (after, all) = (dice.roll(if kind == 6 { 15 } else { 150 }), dice.roll(2) == 0);
        match kind {
            0 | 1 | 6 => {
                survives(&by, &job(Fault::None, None, 2000), &expected, || hit(Signal::KILL, after, all))
            }
            2 => survives(&by, &job(Fault::None, None, 2000), &expected, || hit(Signal::STOP, after, false)),
            3 => {
                let flag = flag(dir.path());
                survives(&by, &job(Fault::Abort, Some(&flag), 500), &expected, || {});
                assert!(!flag.exists(), "the camera did not strike");
            }
            4 => {
                let flag = flag(dir.path());
                let exit = flag.clone();
                let by = by.with_command(move || {
                    let mut command = command();
                    command.env(EXIT, &exit);
                    command
                });
                survives(&by, &job(Fault::None, None, 500), &expected, || {});
                assert!(!flag.exists(), "no worker left early");
                drop(by);
                tally[kind] += 1;
                assert_clean(&before);
                continue;
            }
            _ => {
                let error = run(&by, &job(Fault::Abort, None, 500), &BLOCK, &()).unwrap_err();
                let named = matches!(&error, Error::Block { block, .. } if block.start[0] == 32);
                assert!(named && error.to_string().contains("SIGABRT"), "{error}");
                assert!(run(&by, &job(Fault::None, None, 0), &BLOCK, &()).unwrap() == expected);
            }
        }
        tally[kind] += 1;
        drop(by);
        assert_clean(&before);
    }
    println!(
        "{runs} runs; killed {}, killed at the start {}, stopped {}, aborted once {}, left early {}, poisoned {}: all as they should be, 0 leaks",
        tally[0] + tally[1],
        tally[6],
        tally[2],
        tally[3],
        tally[4],
        tally[5]
    );
}

#[test]
fn a_block_that_hangs_beyond_its_deadline_is_given_away_once() {
    let _alone = alone();
    let (dir, before) = (tempfile::tempdir().unwrap(), traces());
    let by = workers(2).with_deadline(Duration::from_secs(1));
    let once = job(Fault::Hang, Some(&flag(dir.path())), 0);
    assert!(run(&by, &once, &BLOCK, &()).unwrap() == expected());
    let error = run(&by, &job(Fault::Hang, None, 0), &BLOCK, &()).unwrap_err().to_string();
    assert!(error.starts_with("block [32:36") && error.contains("longer than 1s"), "{error}");
    drop((by, once));
    assert_clean(&before);
}

#[test]
fn panics_and_exits_name_their_block_and_cost_no_more() {
    let _alone = alone();
    let by = workers(2);
    let error = run(&by, &job(Fault::Panic, None, 0), &BLOCK, &()).unwrap_err().to_string();
    assert!(
        error.starts_with("block [32:36") && error.contains("panicked: the camera is on fire"),
        "{error}"
    );
    let error = run(&by, &job(Fault::Exit, None, 0), &BLOCK, &()).unwrap_err().to_string();
    assert!(error.starts_with("block [32:36") && error.contains("exit status: 7"), "{error}");
}

#[test]
fn idle_workers_may_be_killed_or_stopped() {
    let _alone = alone();
    let before = traces();
    let by = workers(2);
    let job = job(Fault::None, None, 0);
    for what in [Signal::KILL, Signal::STOP] {
        assert!(run(&by, &job, &BLOCK, &()).unwrap() == expected());
        let idle = by.idle();
        assert!(!idle.is_empty());
        idle.iter().for_each(|id| signal(*id, what));
        assert!(run(&by, &job, &BLOCK, &()).unwrap() == expected());
    }
    by.idle().iter().for_each(|id| signal(*id, Signal::STOP));
    drop((by, job));
    assert_clean(&before);
}

#[test]
fn a_run_that_is_cancelled_leaves_nothing_even_of_deaf_workers() {
    let _alone = alone();
    let before = traces();
    let by = workers(2);
    for fault in [Fault::None, Fault::Hang] {
        let watch = Progress::new(60, |_| {});
        let outcome = std::thread::scope(|scope| {
            let stop = scope.spawn(|| {
                until("the first rows", || watch.status().blocks >= 4);
                std::thread::sleep(Duration::from_millis(100));
                watch.cancel();
                std::time::Instant::now()
            });
            let outcome = run(&by, &job(fault, None, 20_000), &BLOCK, &watch);
            println!("{fault:?}: stopped {:?} after the word", stop.join().unwrap().elapsed());
            outcome
        });
        assert!(outcome.unwrap_err().is_cancelled());
    }
    assert!(run(&by, &job(Fault::None, None, 0), &BLOCK, &()).unwrap() == expected());
    drop(by);
    assert_clean(&before);
}

#[test]
fn a_program_that_is_no_worker_is_an_error() {
    let _alone = alone();
    let before = traces();
    let none = job(Fault::None, None, 0);
    let by = workers(2).with_command(|| std::process::Command::new("true"));
    let error = run(&by, &none, &BLOCK, &()).unwrap_err().to_string();
    assert!(error.contains("died in a row") && error.contains("exit status: 0"), "{error}");
    let by = by.with_command(|| std::process::Command::new("no-such-program"));
    let error = run(&by, &none, &BLOCK, &()).unwrap_err().to_string();
    assert!(error.contains("no-such-program") && error.contains("cannot be started"), "{error}");
    let other = Processes::new(None, &Jobs::new()).unwrap();
    let error = run(&other, &none, &BLOCK, &()).unwrap_err().to_string();
    assert!(error.contains("is not registered") && error.contains("Jobs::with"), "{error}");
    let twice = jobs().with::<support::Any>("faulty");
    assert!(Processes::new(None, &twice).is_err_and(|e| e.to_string().contains("\"faulty\" stands for two")));
    drop((by, other, none));
    assert_clean(&before);
}

/// Runs a job for ever, if told to by the test below.
#[test]
fn parent() {
    if std::env::var_os(PARENT).is_some() {
        let by = workers(3);
        loop {
            run(&by, &job(Fault::None, None, 5_000), &BLOCK, &()).unwrap();
        }
    }
}

#[test]
fn a_parent_killed_while_it_starts_workers_leaves_nothing() {
    let _alone = alone();
    let temporary = tempfile::tempdir().unwrap();
    let mut dice = Dice(7);
    for _ in 0..20 {
        let before = traces();
        let mut program = std::process::Command::new(std::env::current_exe().unwrap());
        program.args(["parent", "--exact", "--nocapture"]).env(PARENT, "1").env("TMPDIR", temporary.path());
        let mut program = program.stdout(std::process::Stdio::null()).spawn().unwrap();
        until("a worker", || !children(program.id()).is_empty());
        std::thread::sleep(Duration::from_micros(dice.roll(8000)));
        let mine = children(program.id());
        signal(program.id(), Signal::KILL);
        program.wait().unwrap();
        until("orphans", || mine.iter().all(|id| !exists(*id)));
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
        assert_clean(&before);
    }
}

#[test]
fn a_worker_removes_the_socket_of_a_parent_that_died_before_it_could() {
    use std::os::{fd::OwnedFd, unix::net::UnixStream};
    let _alone = alone();
    let temporary = tempfile::tempdir().unwrap();
    let name = format!("reproject-{:x}-0123456789abcdef", std::process::id());
    let socket = temporary.path().join(&name);
    let _bound = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let (line, theirs) = UnixStream::pair().unwrap();
    let mut worker = command();
    worker.env("REPROJECT_WORKER_OF", std::process::id().to_string());
    worker.env("REPROJECT_WORKER_DOOR", name).env("TMPDIR", temporary.path());
    let mut child = worker.stdin(OwnedFd::from(theirs)).spawn().unwrap();
    drop((worker, line));
    child.wait().unwrap();
    assert!(!socket.exists());
}

#[test]
fn workers_end_with_their_parent_however_it_ends() {
    let _alone = alone();
    let temporary = tempfile::tempdir().unwrap();
    for how in [Signal::KILL, Signal::INT, Signal::TERM] {
        let before = traces();
        let mut program = std::process::Command::new(std::env::current_exe().unwrap());
        program.args(["parent", "--exact", "--nocapture"]).env(PARENT, "1").env("TMPDIR", temporary.path());
        let mut program = program.stdout(std::process::Stdio::null()).spawn().unwrap();
        until("three workers", || children(program.id()).len() == 3);
        std::thread::sleep(Duration::from_millis(30));
        let mine = children(program.id());
        // One of them cannot even notice.
        signal(mine[0], Signal::STOP);
        signal(program.id(), how);
        program.wait().unwrap();
        until("orphans", || mine.iter().all(|id| !exists(*id)));
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
        assert_clean(&before);
    }
}
