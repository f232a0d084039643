//! Disks that fill up and files that may not grow: an error that names the path and the block, and nothing under the
//! output's name.
#![cfg(target_os = "linux")]

use crate::cli::{image, noise, succeed, tan, write};
use std::path::Path;
use std::process::{Command, Output};

/// An image that is larger than what the tests leave room for.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(
        &dir.path().join("in.fits"),
        &image([600, 600], |r, c| noise(r, c) as f32),
        &tan([600, 600], [300.0, 300.0]),
        None,
    );
    std::fs::write(dir.path().join("grid.hdr"), tan([600, 600], [297.25, 301.5])).unwrap();
    dir
}

/// Runs a line of the shell in which `$run` is a run of the command up to its output.
fn shell(folder: &Path, how: &[&str], line: &str) -> Output {
    let run = format!(
        "{} run {}/in.fits --to {}/grid.hdr --quiet --threads 2 -o",
        env!("CARGO_BIN_EXE_reproject"),
        folder.display(),
        folder.display()
    );
    let mut command = Command::new(how[0]);
    command.args(&how[1..]).args(["sh", "-c", line]).env("run", run).current_dir(folder);
    command.output().unwrap()
}

/// Formats, options, and what their errors say: plain files take their room at once, chunks when they come.
const OUTPUTS: [(&str, &str, &[&str]); 4] = [
    ("out.fits", "", &["out.fits", "MB"]),
    ("out.npy", "", &["out.npy", "MB"]),
    ("out.fits", "--footprint --dtype float64", &["out.fits", "MB"]),
    ("out.zarr", "--chunks 200x200", &["out.zarr.part", "block"]),
];

fn assert_error(out: &Output, parts: &[&str], what: &str) {
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1), "{what}: {said}");
    parts.iter().for_each(|part| assert!(said.contains(part), "{what}: {part} is not in {said}"));
}

/// 64 KiB for each file, whether or not somebody has switched its signal off.
#[test]
fn files_that_may_not_grow_are_errors() {
    let dir = folder();
    for (output, options, parts) in OUTPUTS {
        for trap in ["trap '' XFSZ;", ""] {
            let line = format!("{trap} ulimit -f 128; exec $run {output} {options} --overwrite");
            let out = shell(dir.path(), &["env"], &line);
            assert_error(&out, parts, output);
            assert_error(&out, &["ulimit -f"], output);
        }
        assert!(!dir.path().join(output).exists(), "{output} has its name and is not whole");
        if output != "out.zarr" {
            assert!(!dir.path().join(format!("{output}.part")).exists(), "{output}");
        }
    }
    // With room for them, the failed run is taken up.
    succeed(
        dir.path(),
        &["run", "in.fits", "--to", "grid.hdr", "-o", "out.zarr", "--chunks", "200x200", "-q", "--resume"],
    );
}

/// A file system of 400 kB in memory, for the eyes of these runs alone.
#[test]
fn full_disks_are_errors() {
    let dir = folder();
    let how = ["unshare", "--map-root-user", "--mount"];
    std::fs::create_dir(dir.path().join("small")).unwrap();
    let mount = "mount -t tmpfs -o size=400k tmpfs small";
    let probe =
        Command::new(how[0]).args(&how[1..]).args(["sh", "-c", mount]).current_dir(dir.path()).output();
    if !probe.is_ok_and(|p| p.status.success()) {
        println!("skipped: file systems cannot be mounted here");
        return;
    }
    for (output, options, parts) in OUTPUTS {
        let line = format!("{mount} && cd small && $run {output} {options}; code=$?; ls >&2; exit $code");
        let out = shell(dir.path(), &how, &line);
        assert_error(&out, parts, output);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(said.contains("No space left") || said.contains("are free"), "{said}");
        let left: Vec<_> = said.lines().filter(|line| line.starts_with("out.")).collect();
        let allowed = ["out.zarr.part", "out.zarr.part.journal"];
        assert!(left.iter().all(|name| allowed.contains(name)), "{output}: {left:?}");
    }
}
