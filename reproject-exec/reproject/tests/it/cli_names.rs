//! Names: what each ending means, what the command never writes over, and what it says of a run that was interrupted.
#![cfg(unix)]

use crate::cli::*;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;

/// A folder with an image `in.fits` of 30 × 30 pixels, its own grid as `grid.fits` and `grid.hdr`, and a Zarr array `in.zarr`.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let own = tan([30, 30], [15.0, 15.0]);
    write(&dir.path().join("in.fits"), &image([30, 30], |r, c| noise(r, c) as f32), &own, None);
    write(&dir.path().join("grid.fits"), &image([30, 30], |_, _| 0u8), &own, None);
    fs::write(dir.path().join("grid.hdr"), own).unwrap();
    succeed(dir.path(), &["run", "in.fits", "--to", "grid.hdr", "-o", "in.zarr", "-q"]);
    dir
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    names.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    for never in ["os error", "Some(", "None", "panicked"] {
        assert!(!text.contains(never), "{never:?} is in: {text}");
    }
}

const RUN: [&str; 5] = ["run", "in.fits", "--to", "grid.hdr", "-q"];

fn to<'a>(output: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&RUN[..], &["-o", output], more].concat()
}

/// RFC 1952 and NEP 1 by their first bytes; what is inside is what the plain name gets.
#[test]
fn an_ending_gets_its_format_or_is_refused() {
    let dir = folder();
    let dir = dir.path();
    for (plain, zipped) in [("a.fits", "a.fits.gz"), ("a.npy", "a.npy.gz")] {
        succeed(dir, &to(plain, &["--footprint"]));
        succeed(dir, &to(zipped, &["--footprint", "--preview", "a.png", "--overwrite"]));
        let bytes = fs::read(dir.join(zipped)).unwrap();
        assert!(bytes.starts_with(&[0x1f, 0x8b]), "{zipped}");
        let inside = std::process::Command::new("gzip").arg("-dc").arg(dir.join(zipped)).output().unwrap();
        assert!(inside.stdout == fs::read(dir.join(plain)).unwrap(), "{zipped}");
    }
    let want = ["a.fits", "a.fits.gz", "a.footprint.npy", "a.footprint.npy.gz", "a.npy", "a.npy.gz", "a.png"];
    assert_eq!(names(dir), [&want[..], &["grid.fits", "grid.hdr", "in.fits", "in.zarr"]].concat());
    for name in ["x.tif", "x.zip", "x.fits.fz", "x.jpg", "x."] {
        says(&fail(dir, &to(name, &[]), 1), &[name, ".fits", ".npy", ".zarr"]);
        says(&fail(dir, &["plan", "in.fits", "--to", "grid.hdr", "-o", name], 1), &[name, ".fits"]);
    }
    says(&fail(dir, &to("x.fits", &["--preview", "x.jpg"]), 1), &["x.jpg", "PNG"]);
    says(&fail(dir, &to("x.fits", &["--chunks", "5x5"]), 1), &["--chunks", "Zarr"]);
    fs::write(dir.join("wide.hdr"), tan([2000, 2000], [15.0, 15.0])).unwrap();
    let many = ["run", "in.fits", "--to", "wide.hdr", "-o", "x.zarr", "--chunks", "1x1"];
    says(&fail(dir, &many, 1), &["--chunks", "1 x 1", "4000000 chunks"]);
    fs::remove_file(dir.join("wide.hdr")).unwrap();
    says(&fail(dir, &to("x.fits", &["--memory", "512"]), 2), &["512", "512MB"]);
    says(
        &fail(dir, &[&RUN[..], &["-o", "x.fits", "--footprint", "valid"]].concat(), 2),
        &["--footprint=valid"],
    );
    says(&fail(dir, &to("no/x.fits", &[]), 1), &["no/x.fits", "there is no folder no"]);
    says(
        &fail(dir, &["run", "in.fits", "--to", "gird.hdr", "-o", "x.fits"], 1),
        &["gird.hdr", "no such file"],
    );
    assert!(!names(dir).iter().any(|name| name.starts_with('x')));
    let whole = fs::read(dir.join("in.fits")).unwrap();
    fs::write(dir.join("cut.fits"), &whole[..whole.len() - 2881]).unwrap();
    says(&succeed(dir, &["info", "cut.fits"]), &["damage", "cut short", "30 × 30 pixels"]);
}

/// `-` is a stream at both ends; `./-` is a file.
#[test]
fn a_dash_is_standard_input_and_output() {
    let dir = folder();
    let dir = dir.path();
    succeed(dir, &to("want.fits", &[]));
    let want = fs::read(dir.join("want.fits")).unwrap();
    let temporary = dir.join("temporary");
    fs::create_dir(&temporary).unwrap();
    let through = |args: &[&str], input: &[u8]| {
        let mut run = command(dir, args);
        run.env("TMPDIR", &temporary).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut run = run.spawn().unwrap();
        // One that refuses its input reads none.
        let _ = run.stdin.take().unwrap().write_all(input);
        let out = run.wait_with_output().unwrap();
        assert_eq!(names(&temporary), [""; 0], "{args:?}");
        out
    };
    let out = through(&to("-", &[]), b"");
    assert!(out.status.success() && out.stdout == want, "{}", String::from_utf8_lossy(&out.stderr));
    let input = fs::read(dir.join("in.fits")).unwrap();
    for more in [&[][..], &["--processes", "2"]] {
        let args = [&["run", "-", "--to", "grid.hdr", "-o", "-", "--footprint"], more].concat();
        let out = through(&args, &input);
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{said}");
        // Provenance names the input.
        assert!(said.contains("standard output") && out.stdout.len() > want.len(), "{said}");
        fs::write(dir.join("out.fits"), out.stdout).unwrap();
        let bits = |name: &str| read(&dir.join(name), 0).mapv(f64::to_bits);
        assert_eq!(bits("out.fits"), bits("want.fits"));
    }
    says(
        &String::from_utf8_lossy(&through(&["info", "-"], &input).stdout),
        &["standard input", "30 × 30 pixels"],
    );
    says(&String::from_utf8_lossy(&through(&["plan", "-", "--to", "grid.hdr"], &input).stdout), &["memory"]);
    says(&String::from_utf8_lossy(&through(&["info", "-"], b"text").stderr), &["standard-input", "not FITS"]);
    let to_dash = through(&["run", "in.fits", "--to", "-", "-o", "x.fits"], b"");
    says(&String::from_utf8_lossy(&to_dash.stderr), &["--to", "./-"]);
    says(&String::from_utf8_lossy(&through(&to("-", &["--resume"]), b"").stderr), &["--resume"]);
    fs::copy(dir.join("in.fits"), dir.join("-")).unwrap();
    succeed(dir, &["run", "./-", "--to", "grid.hdr", "-o", "x.fits", "-q"]);
    assert!(dir.join("-").is_file() && dir.join("x.fits").is_file());
}

/// Whatever lies under a temporary name that no run has left: the error names it, and it stays, and what it leads to.
#[test]
fn temporary_names_that_are_taken_are_errors() {
    let dir = folder();
    let dir = dir.path();
    let precious = dir.join("precious");
    fs::write(&precious, "precious").unwrap();
    let outputs: [(&str, &[&str], &[&str]); 4] = [
        ("o.fits", &["o.fits.part", "o.fits.part.journal"], &["--preview", "o.png"]),
        ("o.fits.gz", &["o.fits.gz.part", "o.fits.gz.part.gz"], &[]),
        ("o.npy", &["o.npy.part", "o.footprint.npy.part", "o.npy.part.journal"], &["--footprint"]),
        ("o.zarr", &["o.zarr.part", "o.footprint.zarr.part", "o.zarr.part.old"], &["--footprint"]),
    ];
    for (output, temporary, more) in outputs {
        let preview = more.contains(&"--preview").then_some("o.png.part");
        for name in temporary.iter().copied().chain(preview) {
            let path = dir.join(name);
            let kinds: [(&str, &dyn Fn()); 4] = [
                ("link", &|| symlink(&precious, &path).unwrap()),
                ("hard link", &|| fs::hard_link(&precious, &path).unwrap()),
                ("folder", &|| {
                    fs::create_dir(&path).unwrap();
                    fs::write(path.join("inside"), "precious").unwrap();
                }),
                ("file", &|| fs::write(&path, "precious").unwrap()),
            ];
            for (kind, make) in kinds {
                make();
                let before = names(dir);
                for how in [&[][..], &["--overwrite"], &["--resume"], &["--resume", "--overwrite"]] {
                    let error = fail(dir, &to(output, &[more, how].concat()), 1);
                    says(&error, &[name]);
                    assert_eq!(names(dir), before, "{name}, {kind}, {how:?}: {error}");
                    assert_eq!(fs::read(&precious).unwrap(), b"precious", "{name}, {kind}, {how:?}");
                }
                match kind {
                    "folder" => {
                        assert_eq!(fs::read(path.join("inside")).unwrap(), b"precious");
                        fs::remove_dir_all(&path).unwrap();
                    }
                    _ => {
                        assert_eq!(fs::read(&path).unwrap(), b"precious");
                        fs::remove_file(&path).unwrap();
                    }
                }
            }
        }
        succeed(dir, &to(output, more));
    }
}

/// What the run reads may bear any name that it would take, lie in the array that it would replace, or be what is to be replaced.
#[test]
fn what_is_read_is_never_written() {
    let dir = folder();
    let dir = dir.path();
    let bytes = |name: &str| fs::read(dir.join(name)).unwrap();
    for (input, target, header, mask, output, what) in [
        ("in.fits", "grid.fits", "", "", "grid.fits", "target"),
        ("in.fits", "o.fits.part", "", "", "o.fits", "target"),
        ("in.fits", "grid.fits", "", "o.npy.part.journal", "o.npy", "mask"),
        ("in.npy", "grid.fits", "o.zarr.part.old", "", "o.zarr", "header"),
        ("o.footprint.zarr/in.fits", "grid.fits", "", "", "o.zarr", "input"),
        ("in.fits", "grid.fits", "", "o.zarr/m.fits", "o.zarr", "mask"),
        ("in.zarr", "grid.fits", "", "", "in.zarr/c/0/0", "input"),
        ("in.zarr", "grid.fits", "", "", "in.zarr/new.fits", "input"),
    ] {
        let made: Vec<_> = [input, target, header, mask].into_iter().filter(|n| !n.is_empty()).collect();
        for name in &made {
            let path = dir.join(name);
            if *name == "in.npy" {
                succeed(dir, &to(name, &["--overwrite"]));
            } else if !path.exists() {
                let folder = path.parent().unwrap();
                fs::create_dir_all(folder).unwrap();
                if folder.extension().is_some_and(|end| end == "zarr") {
                    fs::write(folder.join("zarr.json"), "{}").unwrap();
                }
                fs::copy(dir.join("in.fits"), &path).unwrap();
            }
        }
        let before: Vec<_> = made.iter().filter(|n| dir.join(n).is_file()).map(|n| (*n, bytes(n))).collect();
        let mut args = vec!["run", input, "--to", target, "-q", "--footprint", "-o"];
        args.extend([output, "--overwrite"]);
        if !header.is_empty() {
            args.extend(["--header", header]);
        }
        if !mask.is_empty() {
            args.extend(["--mask", mask]);
        }
        says(&fail(dir, &args, 1), &[what, "write to another file"]);
        before.iter().for_each(|(name, old)| assert!(bytes(name) == *old, "{name}"));
        for name in ["o.zarr", "o.footprint.zarr"] {
            let _ = fs::remove_dir_all(dir.join(name));
        }
    }
    // A header of another array.
    fs::write(dir.join("other.hdr"), tan([20, 30], [15.0, 15.0])).unwrap();
    let args = ["run", "in.npy", "--header", "other.hdr", "--to", "grid.hdr", "-o", "y.fits"];
    says(&fail(dir, &args, 1), &["in.npy", "30 pixels", "NAXIS2 = 20"]);
}

/// A run that is killed when it has begun, with one block entered; the text of its journal.
fn killed(dir: &Path, args: &[&str], output: &str) -> String {
    let (part, journal) = (dir.join(format!("{output}.part")), dir.join(format!("{output}.part.journal")));
    let begun = || fs::read_to_string(&journal).is_ok_and(|text| text.contains("\npart: "));
    let mut run = command(dir, args).stderr(Stdio::null()).spawn().unwrap();
    while !begun() && run.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(part.exists() && !dir.join(output).exists(), "{output}: it was done before it was killed");
    let mut text = fs::read_to_string(&journal).unwrap();
    text.push_str("0,0 60,60 00000000\n");
    fs::write(&journal, &text).unwrap();
    text
}

/// An interrupted run and what can be made of it, for every format.
#[test]
fn an_interrupted_run_is_never_lost_by_accident() {
    let dir = folder();
    let dir = dir.path();
    fs::write(dir.join("large.hdr"), tan([1200, 1200], [600.0, 600.0]).replace("0.00027777", "0.00000277"))
        .unwrap();
    for output in ["o.fits", "o.npy", "o.zarr"] {
        let base = [
            "run",
            "in.fits",
            "--to",
            "large.hdr",
            "--block",
            "60x60",
            "--threads",
            "1",
            "--footprint",
            "-o",
            output,
        ];
        let zarr: &[&str] = if output == "o.zarr" { &["--chunks", "60x60"] } else { &[] };
        let run = |more: &[&'static str]| [&base[..], zarr, more].concat();
        let text = killed(dir, &run(&[]), output);
        let (part, journal) = (format!("{output}.part"), dir.join(format!("{output}.part.journal")));
        let error = fail(dir, &run(&[]), 1);
        let held = text.lines().filter(|line| line.contains(" 60,60 ")).count();
        says(
            &error,
            &[
                &part,
                &format!("holds {held} of 400 blocks of this very run"),
                "--resume goes on",
                "--overwrite",
            ],
        );
        says(
            &fail(dir, &run(&["--order", "0"]), 1),
            &[&part, "of another run", "bilinear", "nearest", "--overwrite"],
        );
        says(&fail(dir, &run(&["--order", "0", "--resume"]), 1), &[&part, "another run", "--overwrite"]);
        assert_eq!(fs::read_to_string(&journal).unwrap(), text, "what is refused changes nothing");
        succeed(dir, &run(&["--resume"]));
        assert!(dir.join(output).exists() && !dir.join(&part).exists() && !journal.exists());
        let before = names(dir);
        let text = killed_over(dir, &run(&["--overwrite", "--order", "0"]), output);
        assert!(!text.is_empty());
        succeed(dir, &run(&["--overwrite"]));
        assert_eq!(names(dir), before);
        // Killed when it had just got its name.
        let moved = killed_over(dir, &run(&["--overwrite"]), output);
        let whole = dir.join("whole");
        fs::rename(dir.join(output), &whole).unwrap();
        fs::rename(dir.join(&part), dir.join(output)).unwrap();
        assert!(!moved.is_empty());
        says(&succeed(dir, &run(&["--resume"])), &[output, "is whole"]);
        assert_eq!(names(dir), [before, vec!["whole".into()]].concat());
        if whole.is_dir() { fs::remove_dir_all(&whole) } else { fs::remove_file(&whole) }.unwrap();
    }
}

/// As [`killed`], beside an output that is to be replaced.
fn killed_over(dir: &Path, args: &[&str], output: &str) -> String {
    fs::rename(dir.join(output), dir.join("old")).unwrap();
    let text = killed(dir, args, output);
    fs::rename(dir.join("old"), dir.join(output)).unwrap();
    text
}

/// What a user alone may read stays so; what is no file is not waited for; what is not told is an error.
#[test]
fn rights_pipes_and_full_devices() {
    let dir = folder();
    let dir = dir.path();
    for output in ["o.fits", "o.npy", "o.zarr", "o.fits.gz"] {
        succeed(dir, &to(output, &[]));
        let mode = if output == "o.zarr" { 0o700 } else { 0o600 };
        fs::set_permissions(dir.join(output), fs::Permissions::from_mode(mode)).unwrap();
        succeed(dir, &to(output, &["--overwrite"]));
        assert_eq!(fs::metadata(dir.join(output)).unwrap().permissions().mode() & 0o777, mode, "{output}");
    }
    assert!(std::process::Command::new("mkfifo").arg(dir.join("pipe")).status().unwrap().success());
    for args in [
        &["run", "pipe", "--to", "grid.hdr", "-o", "x.fits"][..],
        &["run", "in.fits", "--to", "pipe", "-o", "x.fits"],
        &["run", "in.fits", "--to", "grid.hdr", "--mask", "pipe", "-o", "x.fits"],
        &["run", "o.npy", "--header", "pipe", "--to", "grid.hdr", "-o", "x.fits"],
        &["info", "pipe"],
        &["plan", "pipe", "--to", "grid.hdr"],
        &["run", "/dev/zero", "--to", "grid.hdr", "-o", "x.fits"],
    ] {
        says(
            &fail(dir, args, 1),
            &[if args.contains(&"/dev/zero") { "/dev/zero" } else { "pipe" }, "no file"],
        );
    }
    if Path::new("/dev/full").exists() {
        for args in [
            &["plan", "in.fits", "--to", "grid.hdr"][..],
            &["plan", "in.fits", "--to", "grid.hdr", "--json"],
            &["info", "in.fits"],
            &["run", "in.fits", "--to", "grid.hdr", "-o", "-"],
            &["--help"],
            &["run", "--help"],
            &["--version"],
        ] {
            let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let out = command(dir, args).stdout(full).stderr(Stdio::piped()).output().unwrap();
            let said = String::from_utf8_lossy(&out.stderr);
            assert_eq!(out.status.code(), Some(1), "{args:?}: {said}");
            says(&said, &["standard output", "No space left"]);
        }
    }
}

/// A file that is written while it is read gives no result.
#[test]
fn an_input_that_changes_meanwhile_is_noticed() {
    let dir = folder();
    let dir = dir.path();
    fs::write(dir.join("large.hdr"), tan([1200, 1200], [600.0, 600.0]).replace("0.00027777", "0.00000277"))
        .unwrap();
    // So large that its end lies on pages of its own.
    let large = image([400, 400], noise);
    for (change, processes) in [("touch", false), ("cut", false), ("cut", true)] {
        let _ = fs::remove_file(dir.join("l.fits"));
        write(&dir.join("l.fits"), &large, &tan([400, 400], [200.0, 200.0]), None);
        let mut args =
            vec!["run", "l.fits", "--to", "large.hdr", "--block", "60x60", "-o", "x.fits", "--overwrite"];
        args.extend(if processes { ["--processes", "2"] } else { ["--threads", "1"] });
        let run = command(dir, &args).stderr(Stdio::piped()).spawn().unwrap();
        let journal = dir.join("x.fits.part.journal");
        while !fs::read_to_string(&journal).is_ok_and(|text| text.contains("\npart: ")) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let file = fs::OpenOptions::new().write(true).open(dir.join("l.fits")).unwrap();
        match change {
            "touch" => file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap(),
            _ => file.set_len(2880 * 3).unwrap(),
        }
        let out = run.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{change}: {said}");
        assert!(
            said.contains("l.fits") && (said.contains("has changed") || said.contains("cut short")),
            "{change}: {said}"
        );
        assert!(!dir.join("x.fits").exists());
    }
}
