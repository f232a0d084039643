//! A camera that ends, hangs or panics where it is told to, and the processes that this test program has started.

use super::{Camera, camera, image};
use reproject_core::{Axes, Between, Bilinear, Points, Projection, Reproject};
use reproject_exec::{Shared, share};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Fault {
    None,
    Abort,
    Exit,
    Hang,
    Panic,
}

/// A camera with a fault at one row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Faulty {
    camera: Camera,
    fault: Fault,
    row: f64,
    /// Strikes only if this file can be removed; always if there is none.
    flag: Option<PathBuf>,
    /// Microseconds a batch takes.
    pause: u64,
}

impl Projection for Faulty {
    fn lift(&self, points: &mut Points<'_, 3>) {
        std::thread::sleep(Duration::from_micros(self.pause));
        let here = points.axes()[1].contains(&self.row);
        if here
            && self.fault != Fault::None
            && self.flag.as_ref().is_none_or(|f| std::fs::remove_file(f).is_ok())
        {
            match self.fault {
                Fault::None => {}
                Fault::Abort => std::process::abort(),
                Fault::Exit => std::process::exit(7),
                Fault::Hang => loop {
                    std::thread::sleep(Duration::from_secs(1));
                },
                Fault::Panic => panic!("the camera is on fire"),
            }
        }
        self.camera.lift(points);
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        self.camera.project(points);
    }
}

pub(crate) type FaultyJob = Reproject<f32, f32, Axes<2, Between<Faulty, Camera>>, Bilinear, Shared<f32>>;

/// The output, in 60 blocks.
pub(crate) const SHAPE: [usize; 2] = [60, 64];
pub(crate) const BLOCK: [usize; 2] = [4, 16];

/// A job that strikes at row 33, which is in blocks that start at row 32.
pub(crate) fn job(fault: Fault, flag: Option<&Path>, pause: u64) -> FaultyJob {
    let from =
        Faulty { camera: camera(SHAPE, 0.009, 0.4), fault, row: 33.0, flag: flag.map(Into::into), pause };
    let between = Between { output: from, input: camera([50, 50], 0.012, 0.0) };
    Reproject::new(&SHAPE, Axes::new(between), Bilinear, share(&image(&[50, 50])).unwrap()).unwrap()
}

/// The state of a process and its parent's id (proc(5): they follow the name, which may hold blanks and parentheses).
fn state(id: u32) -> Option<(String, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

/// The children of a process, dead ones that nobody has waited for among them.
pub(crate) fn children(of: u32) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok());
    all.filter(|id| state(*id).is_some_and(|(_, parent)| parent == of)).collect()
}

/// Whether a process has not ended. An orphan that has, and that the system has not cleared away yet, has ended.
pub(crate) fn exists(id: u32) -> bool {
    state(id).is_some_and(|(state, _)| state != "Z")
}

/// Signals a process that this test has started.
pub(crate) fn signal(id: u32, signal: Signal) {
    // One that has ended meanwhile needs no signal any more.
    let _ = kill_process(Pid::from_raw(id as i32).unwrap(), signal);
}

/// Waits until `what` holds; a minute is for ever.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What a run could leave behind: descriptors and threads of this process, children, objects of shared memory.
#[derive(Debug, PartialEq)]
pub(crate) struct Traces {
    descriptors: usize,
    threads: usize,
    children: Vec<u32>,
    shared: BTreeSet<String>,
    temporary: BTreeSet<String>,
}

pub(crate) fn traces() -> Traces {
    let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
    let named =
        |path: PathBuf| std::fs::read_to_string(path.join("comm")).is_ok_and(|n| n.starts_with("reproject"));
    let own =
        std::fs::read_dir("/proc/self/task").unwrap().filter(|e| e.as_ref().is_ok_and(|e| named(e.path())));
    // Only what can be a worker's or this crate's: other programs come and go.
    let names = |folder: &Path| -> BTreeSet<String> {
        let all = std::fs::read_dir(folder).into_iter().flatten();
        let all = all.filter_map(|e| e.ok()?.file_name().into_string().ok());
        all.filter(|n| n.contains("reproject") || n.contains("ipc")).collect()
    };
    Traces {
        descriptors: count("/proc/self/fd"),
        threads: own.count(),
        children: children(std::process::id()),
        shared: names(Path::new("/dev/shm")),
        temporary: names(&std::env::temp_dir()),
    }
}
