//! The command with worker processes: the same bytes as with threads, whatever happens to the workers.
#![cfg(target_os = "linux")]

use crate::cli::{command, fail, image, noise, succeed, tan, write};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// An image of noise and a grid half a pixel and a few degrees away.
fn pair(folder: &Path, side: usize) {
    let pixels = image([side, side], |r, c| noise(r, c) as f32);
    let centre = side as f64 / 2.0;
    write(&folder.join("in.fits"), &pixels, &tan([side, side], [centre, centre]), None);
    fs::write(folder.join("grid.hdr"), tan([side, side], [centre + 7.5, centre - 3.25])).unwrap();
}

/// Every file below a path with what it holds.
fn contents(path: &Path) -> Vec<(String, Vec<u8>)> {
    if path.is_file() {
        return vec![(String::new(), fs::read(path).unwrap())];
    }
    let mut all: Vec<_> = fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    let inner = |p: &std::path::PathBuf| {
        let name = p.file_name().unwrap().to_string_lossy().into_owned();
        contents(p)
            .into_iter()
            .map(move |(rest, bytes)| (format!("{name}/{rest}"), bytes))
            .collect::<Vec<_>>()
    };
    all.iter().flat_map(inner).collect()
}

/// The same run by threads and by processes.
fn assert_same(folder: &Path, run: &[&str], output: &str) {
    let want = format!("want.{output}");
    succeed(folder, &[&["run"][..], run, &["--threads", "2", "-o", &want]].concat());
    succeed(folder, &[&["run"][..], run, &["--processes", "2", "-o", output]].concat());
    assert!(contents(&folder.join(output)) == contents(&folder.join(&want)), "{run:?} {output}");
    assert!(!folder.join(format!("{output}.part")).exists());
}

#[test]
fn workers_write_the_same_files() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    pair(folder, 300);
    let own = ["run", "in.fits", "--to", "in.fits", "--order", "nearest"];
    succeed(folder, &[&own[..], &["-o", "in.zarr", "--chunks", "64x50"]].concat());
    let onto = ["in.fits", "--to", "grid.hdr", "--block", "40x300", "--order"];
    for (order, output) in
        [("bilinear", "a.fits"), ("exact", "b.npy"), ("bicubic", "c.zarr"), ("adaptive", "d.fits")]
    {
        assert_same(folder, &[&onto[..], &[order]].concat(), output);
    }
    assert_same(folder, &[&onto[..], &["bilinear", "--footprint", "--dtype", "float64"]].concat(), "e.fits");
    assert_same(folder, &["in.zarr", "--to", "grid.hdr", "--memory", "150MB"], "f.fits");
    assert_same(folder, &["in.zarr", "--to", "galactic"], "g.zarr");
    let whole = image([90, 80], |r, c| (r * 80 + c) as i16);
    write(&folder.join("int.fits"), &whole, &tan([90, 80], [40.0, 45.0]), Some(7));
    assert_same(folder, &["int.fits", "--to", "north-up", "--order", "nearest"], "h.fits");
    assert_same(folder, &["int.fits", "--to", "north-up", "--dtype", "input"], "i.fits");
}

#[test]
fn workers_count_in_the_memory_and_processes_exclude_threads() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    pair(folder, 300);
    let run = ["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits", "--processes"];
    let error = fail(folder, &[&run[..], &["4", "--memory", "30MB"]].concat(), 1);
    assert!(error.contains("memory limit") && error.contains("allow"), "{error}");
    let error = fail(folder, &[&run[..], &["2", "--threads", "2"]].concat(), 2);
    assert!(error.contains("--threads"), "{error}");
    let error = fail(folder, &[&run[..], &["0"]].concat(), 2);
    assert!(error.contains("--processes"), "{error}");
    // Where there is room for one worker's own memory only, there is one.
    let plan = ["plan", "in.fits", "--to", "grid.hdr", "--json", "--memory", "70MB", "--processes"];
    let text = succeed(folder, &[&plan[..], &["4"]].concat());
    assert!(text.contains("\"in_flight\":1"), "{}", &text[..300]);
}

#[test]
fn what_lies_apart_is_still_an_error_and_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    pair(folder, 100);
    let grid = tan([100, 100], [50.0, 50.0]).replace("150.0", "-30.0");
    fs::write(folder.join("apart.hdr"), grid).unwrap();
    let run = ["run", "in.fits", "--to", "apart.hdr", "-o", "out.fits", "--processes", "2"];
    let error = fail(folder, &run, 1);
    assert!(error.contains("lie apart on the sky"), "{error}");
    assert!(
        fs::read_dir(folder).unwrap().all(|e| !e.unwrap().file_name().to_string_lossy().starts_with("out"))
    );
}

/// A run that takes a while, its output ignored.
fn long(folder: &Path, output: &str) -> Child {
    let run = [
        "run", "in.fits", "--to", "grid.hdr", "--order", "exact", "--block", "30x600", "--quiet", "-o",
        output,
    ];
    let mut command: Command = command(folder, &[&run[..], &["--processes", "2", "--resume"]].concat());
    command.env("TMPDIR", folder.join("tmp")).stderr(Stdio::null()).spawn().unwrap()
}

/// The workers of a run, once it has some.
fn workers(of: u32) -> Vec<u32> {
    let begun = Instant::now();
    loop {
        let found: Vec<u32> = fs::read_dir("/proc")
            .unwrap()
            .filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok())
            .collect();
        let mine: Vec<u32> =
            found.into_iter().filter(|id| state(*id).is_some_and(|(_, parent)| parent == of)).collect();
        if mine.len() == 2 || begun.elapsed() > Duration::from_secs(20) {
            return mine;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// State and parent of a process (proc(5)).
fn state(id: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn signal(id: u32, what: Signal) {
    // One that has ended meanwhile needs no signal any more.
    let _ = kill_process(Pid::from_raw(id as i32).unwrap(), what);
}

fn ended(all: &[u32]) -> bool {
    (0..2000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        all.iter().all(|id| state(*id).is_none_or(|(state, _)| state == "Z"))
    })
}

#[test]
fn killed_workers_and_interrupted_runs_cost_nothing_and_leave_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    fs::create_dir(folder.join("tmp")).unwrap();
    pair(folder, 600);
    let threads =
        ["run", "in.fits", "--to", "grid.hdr", "--order", "exact", "--block", "30x600", "-o", "want.fits"];
    succeed(folder, &threads);
    let want = fs::read(folder.join("want.fits")).unwrap();

    // A worker is killed: the run ends as if nothing had happened.
    let mut run = long(folder, "a.fits");
    let mine = workers(run.id());
    assert_eq!(mine.len(), 2);
    std::thread::sleep(Duration::from_millis(60));
    signal(mine[0], Signal::KILL);
    assert!(run.wait().unwrap().success());
    assert!(fs::read(folder.join("a.fits")).unwrap() == want);
    assert!(ended(&mine));

    // The run is interrupted or killed: its workers end, and it is taken up.
    for (how, code) in [(Signal::INT, Some(130)), (Signal::KILL, None)] {
        let mut run = long(folder, "b.fits");
        let mine = workers(run.id());
        std::thread::sleep(Duration::from_millis(100));
        signal(run.id(), how);
        assert_eq!(run.wait().unwrap().code(), code);
        assert!(ended(&mine), "{how:?}");
        assert!(!folder.join("b.fits").exists() && folder.join("b.fits.part.journal").exists(), "{how:?}");
        assert_eq!(fs::read_dir(folder.join("tmp")).unwrap().count(), 0);
    }
    assert!(long(folder, "b.fits").wait().unwrap().success());
    assert!(fs::read(folder.join("b.fits")).unwrap() == want);
    assert!(!folder.join("b.fits.part").exists() && !folder.join("b.fits.part.journal").exists());
}
