//! Limits of the system: open files, address space, threads. A run that meets one ends with an error that names it, never by a panic or
//! a signal, and leaves nothing under its output's name.
#![cfg(target_os = "linux")]

use crate::cli::{image, noise, tan, write};
use std::path::Path;
use std::process::Command;

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let own = tan([200, 200], [100.0, 100.0]);
    write(&dir.path().join("in.fits"), &image([200, 200], |r, c| noise(r, c) as f32), &own, None);
    std::fs::write(dir.path().join("grid.hdr"), tan([200, 200], [97.25, 101.5])).unwrap();
    dir
}

/// Runs the command under a limit of the shell; `None` if it succeeded, else what it said.
fn under(folder: &Path, limit: &str, more: &str) -> Option<String> {
    let run = format!(
        "ulimit -c 0; ulimit {limit} && exec {} run in.fits --to grid.hdr --quiet --block 20x20 {more} --overwrite",
        env!("CARGO_BIN_EXE_reproject")
    );
    let out = Command::new("sh").args(["-c", &run]).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    let names = || std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let whole = names().any(|name| name.starts_with("out.") && !name.contains(".part"));
    match out.status.code() {
        Some(0) => assert!(whole, "{limit}, {more}: {said}"),
        code => {
            assert_eq!(code, Some(1), "{limit}, {more}: {:?} {said}", out.status);
            assert!(
                !whole && !said.contains("panicked") && !said.contains("os error"),
                "{limit}, {more}: {said}"
            );
        }
    }
    for name in names().filter(|name| name.starts_with("out.")) {
        let path = folder.join(name);
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }.unwrap();
    }
    (!out.status.success()).then_some(said)
}

#[test]
fn few_open_files_are_an_error() {
    let dir = folder();
    for more in [
        "-o out.fits --threads 2",
        "-o out.zarr --threads 2",
        "-o out.fits --processes 2",
        "-o out.zarr --processes 2",
    ] {
        let mut least = 0;
        for files in 4..64 {
            match under(dir.path(), &format!("-n {files}"), more) {
                Some(said) if files >= 8 => assert!(said.contains("ulimit -n"), "{files}, {more}: {said}"),
                Some(_) => {}
                None => {
                    least = files;
                    break;
                }
            }
        }
        assert!(least > 4, "{more}: the limit was never met, or always");
        println!("{more}: {least} open files are enough");
    }
    let said = under(dir.path(), "-n 256", "-o out.fits --processes 400");
    assert!(said.is_none_or(|said| said.contains("ulimit -n")));
}

#[test]
fn little_address_space_is_an_error() {
    let dir = folder();
    for more in [
        "-o out.fits --threads 2",
        "-o out.zarr --threads 2",
        "-o out.fits --processes 2 ",
        "-o out.npy --threads 64",
    ] {
        let mut fit = 0;
        // What the program and its libraries take before `main` is for the loader to say.
        let starts = |megabytes: &usize| {
            let run =
                format!("ulimit -v {}; exec {} --version", megabytes * 1024, env!("CARGO_BIN_EXE_reproject"));
            Command::new("sh").args(["-c", &run]).output().unwrap().status.success()
        };
        let first = (20..1000).step_by(10).find(starts).unwrap();
        for megabytes in (first..1024).step_by(20) {
            match under(dir.path(), &format!("-v {}", megabytes * 1024), more) {
                Some(said) => assert!(
                    said.contains("ulimit -v") || said.contains("ulimit -u"),
                    "{megabytes}, {more}: {said}"
                ),
                None => {
                    fit = megabytes;
                    break;
                }
            }
        }
        assert!(fit > 0, "{more}: the limit was always met");
        println!("{more}: {fit} MB of address space are enough");
    }
    let said = under(dir.path(), "-v 800000", "-o out.fits --threads 1000").unwrap_or_default();
    assert!(said.is_empty() || said.contains("threads"), "{said}");
}
