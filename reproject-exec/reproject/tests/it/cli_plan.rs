//! The command with Zarr and .npy files, planned, within a memory limit, and taken up after it was killed.

use crate::cli::{command, fail, image, noise, succeed, tan, write};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// An image of noise and a grid half a pixel and a few degrees away.
fn pair(folder: &Path, side: usize) {
    let pixels = image([side, side], |r, c| noise(r, c) as f32);
    let centre = side as f64 / 2.0;
    write(&folder.join("in.fits"), &pixels, &tan([side, side], [centre, centre]), None);
    fs::write(folder.join("grid.hdr"), tan([side, side], [centre + 7.5, centre - 3.25])).unwrap();
}

const JOB: [&str; 4] = ["in.fits", "--to", "grid.hdr", "--threads"];

#[test]
fn the_same_pixels_come_from_every_format_and_limit() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    pair(folder, 300);
    succeed(folder, &["run", "in.fits", "--to", "grid.hdr", "-o", "want.npy"]);
    let want = fs::read(folder.join("want.npy")).unwrap();
    // Onto its own grid nothing changes but the format.
    let own = ["--to", "in.fits", "--order", "nearest"];
    succeed(folder, &[&["run", "in.fits"][..], &own, &["-o", "in.zarr", "--chunks", "64x50"]].concat());
    succeed(folder, &[&["run", "in.fits"][..], &own, &["-o", "in.npy"]].concat());
    for (number, input) in [&["in.zarr"][..], &["in.npy", "--header", "in.fits"]].into_iter().enumerate() {
        for limit in [&[][..], &["--memory", "40MB", "--threads", "2"]] {
            let output = format!("out{number}{}.npy", limit.len());
            let args = [&["run"][..], input, &["--to", "grid.hdr", "-o", &output], limit].concat();
            succeed(folder, &args);
            assert!(fs::read(folder.join(&output)).unwrap() == want, "{args:?}");
        }
    }
    let error = fail(folder, &["run", "in.npy", "--to", "grid.hdr", "-o", "x.npy"], 1);
    assert!(error.contains("--header"), "{error}");
    let error = fail(folder, &["run", "in.zarr", "--to", "grid.hdr", "-o", "x.npy", "--memory", "1MB"], 1);
    assert!(error.contains("memory limit") && error.contains("allow"), "{error}");
    assert!(!folder.join("x.npy").exists());
}

#[test]
fn a_plan_says_what_is_read_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    pair(folder, 200);
    let text = succeed(
        folder,
        &["plan", "in.fits", "--to", "grid.hdr", "-o", "out.zarr", "--chunks", "50x100", "--block", "1x100"],
    );
    assert!(text.contains("8 of up to 50 × 100"), "{text}");
    let json = succeed(folder, &["plan", "in.fits", "--to", "grid.hdr", "--json"]);
    assert!(json.contains("\"windows\":[{\"start\":[") && json.contains("\"peak\":"), "{json}");
    assert!(!folder.join("out.zarr").exists() && !folder.join("out.zarr.part").exists());
}

/// Killed after times that differ, until it is done: the result is that of a run that nobody killed.
#[test]
fn a_killed_run_is_taken_up() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    pair(folder, 1200);
    for output in ["out.fits", "out.zarr"] {
        let mut ways = vec!["1", "--order", "bicubic", "--block", "100x100", "--quiet"];
        ways.extend(if output == "out.zarr" { &["--chunks", "100x100"][..] } else { &[] });
        let want = format!("want.{output}");
        succeed(folder, &[&["run"][..], &JOB, &ways, &["-o", &want]].concat());
        let args = [&["run"][..], &JOB, &ways, &["-o", output, "--resume"]].concat();
        for wait in [30, 150, 400, 250] {
            let mut child = command(folder, &args).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(wait));
            // One that is done already cannot be killed any more.
            let _ = child.kill();
            if child.wait().unwrap().success() {
                break;
            }
            assert!(!folder.join(output).exists(), "{output} has its name and is not whole");
        }
        if !folder.join(output).exists() {
            succeed(folder, &args);
        }
        assert_eq!(contents(&folder.join(output)), contents(&folder.join(&want)), "{output}");
        for rest in [".part", ".part.journal"] {
            assert!(!folder.join(format!("{output}{rest}")).exists());
        }
    }
}

#[test]
fn another_run_is_not_taken_up() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    pair(folder, 100);
    let run = ["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits", "--resume"];
    let part = folder.join("out.fits.part");
    fs::write(&part, vec![0; 2880 * 15]).unwrap();
    for (body, what) in [("", "move it away"), ("file: out.fits.part\n0,0 5,5 00000000\n", "another run")] {
        let text = format!("reproject journal 2\nprogram: another\n\n{body}");
        fs::write(folder.join("out.fits.part.journal"), text).unwrap();
        let error = fail(folder, &run, 1);
        assert!(error.contains(what), "{error}");
        assert_eq!(fs::read(&part).unwrap(), vec![0; 2880 * 15]);
    }
}

/// Every file below a path, by name, with what it holds.
fn contents(path: &Path) -> Vec<(String, Vec<u8>)> {
    if path.is_file() {
        return vec![(String::new(), fs::read(path).unwrap())];
    }
    let mut all = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        all.extend(
            contents(&entry.path()).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)),
        );
    }
    all.sort();
    all
}
