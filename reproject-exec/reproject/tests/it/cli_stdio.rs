//! Standard input and output that are closed, empty or full.
#![cfg(target_os = "linux")]

use crate::cli::{image, tan, write};
use std::process::{Command, Output};

/// Runs a line of the shell in which `$run` is a run of the command in a folder with an image `in.fits` and its grid.
fn shell(line: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("in.fits"), &image([9, 9], |r, _| r as f32), &tan([9, 9], [5.0, 5.0]), None);
    std::fs::write(dir.path().join("grid.hdr"), tan([9, 9], [5.0, 5.0])).unwrap();
    let run = concat!(env!("CARGO_BIN_EXE_reproject"), " run --to grid.hdr");
    Command::new("sh").args(["-c", line]).env("run", run).current_dir(&dir).output().unwrap()
}

#[test]
fn what_cannot_be_read_or_written_is_an_error() {
    for (line, parts) in [
        ("exec $run in.fits -o - >&-", ["standard output", "is closed"]),
        ("exec $run - -o out.fits </dev/null", ["standard input", "is empty"]),
        ("exec $run - -o out.fits <&-", ["standard input", "is empty"]),
        ("exec $run in.fits -o - >/dev/full", ["standard output", "No space left"]),
    ] {
        let out = shell(line);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{line}: {said}");
        parts.iter().for_each(|part| assert!(said.contains(part), "{line}: {said}"));
        assert!(!said.contains("Mpix/s"), "{line} announces what is not there: {said}");
    }
    for line in ["exec $run in.fits -o - >/dev/null", "exec $run in.fits -o out.fits >&-"] {
        assert!(shell(line).status.success(), "{line}");
    }
}
