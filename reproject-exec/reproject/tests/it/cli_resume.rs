//! Runs killed at random moments and taken up again give the bytes of a run that nobody killed.
//!
//! The number of kills for every format is in the environment variable `REPROJECT_KILLS`.

use crate::cli::{command, image, noise, reproject, tan, write};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Every file below a path by name, with what it holds.
fn contents(path: &Path) -> BTreeMap<String, Vec<u8>> {
    if path.is_file() {
        return [(String::new(), fs::read(path).unwrap())].into();
    }
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        all.extend(
            contents(&entry.path()).into_iter().map(|(rest, bytes)| (format!("{name}/{rest}"), bytes)),
        );
    }
    all
}

/// The blocks that a run says it found.
fn found(said: &str) -> usize {
    let line = said.lines().find(|line| line.contains("are there already"));
    line.and_then(|line| line.split(' ').find_map(|word| word.parse().ok())).unwrap_or(0)
}

#[test]
fn killed_at_any_moment_and_taken_up() {
    let kills: u64 = std::env::var("REPROJECT_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let pixels = image([1500, 1500], |r, c| noise(r, c) as f32);
    write(&folder.join("in.fits"), &pixels, &tan([1500, 1500], [750.0, 750.0]), None);
    fs::write(folder.join("grid.hdr"), tan([1500, 1500], [757.5, 746.75])).unwrap();
    // Numbers without a pattern, the same every time (Knuth's MMIX constants).
    let mut state = 20_260_314u64;
    let mut part = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    for (output, more) in
        [("out.fits", &["--footprint"][..]), ("out.zarr", &["--chunks", "100x100", "--footprint"])]
    {
        let run = |output: &str| {
            let mut args =
                ["run", "in.fits", "--to", "grid.hdr", "--threads", "2", "--order", "bicubic"].to_vec();
            args.extend(["--block", "100x100"]);
            args.extend(more);
            args.extend(["-o", output]);
            args.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>()
        };
        let want = format!("want.{}", &output[4..]);
        let begun = Instant::now();
        assert!(
            reproject(folder, &run(&want).iter().map(String::as_str).collect::<Vec<_>>()).status.success()
        );
        let time = begun.elapsed();
        let names = |output: &str| match output.ends_with("zarr") {
            true => vec![output.to_owned(), output.replace(".zarr", ".footprint.zarr")],
            false => vec![output.to_owned()],
        };
        let (mut killed, mut kept) = (0, 0);
        for number in 0..kills {
            let mut args = run(output);
            args.push("--resume".into());
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            // Twice in some runs: while it is taken up, too.
            for _ in 0..1 + number % 2 {
                let mut child = command(folder, &args).stderr(std::process::Stdio::null()).spawn().unwrap();
                std::thread::sleep(Duration::from_secs_f64(part() * time.as_secs_f64()));
                // One that is done already cannot be killed any more.
                let _ = child.kill();
                if child.wait().unwrap().success() {
                    break;
                }
                killed += 1;
                for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()) {
                    let name = entry.to_string_lossy().into_owned();
                    let known = ["in.fits", "grid.hdr"].contains(&name.as_str()) || name.starts_with("want.");
                    let part = names(output).iter().any(|o| name == format!("{o}.part"));
                    // Killed after the output got its name and before the journal went.
                    let whole = names(output)
                        .iter()
                        .zip(names(&want))
                        .any(|(o, w)| *o == name && contents(&folder.join(o)) == contents(&folder.join(w)));
                    assert!(
                        known || part || whole || name == format!("{output}.part.journal"),
                        "{name} is left"
                    );
                }
                if folder.join(output).exists() {
                    let _ = fs::remove_file(folder.join(format!("{output}.part.journal")));
                    break;
                }
            }
            if !folder.join(output).exists() {
                let out = reproject(folder, &args);
                let said = String::from_utf8_lossy(&out.stderr).into_owned();
                assert!(out.status.success(), "{output}, kill {number}: {said}");
                kept += found(&said);
            }
            for (name, wanted) in names(output).iter().zip(names(&want)) {
                assert!(
                    contents(&folder.join(name)) == contents(&folder.join(wanted)),
                    "{name}, kill {number}"
                );
                let path = folder.join(name);
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
                assert!(!folder.join(format!("{name}.part")).exists());
            }
            assert!(!folder.join(format!("{output}.part.journal")).exists());
        }
        println!(
            "{output}: {killed} runs of {time:?} killed, {kept} blocks of 225 found when they were taken up"
        );
        assert!(killed > 0 && (kept > 0 || kills < 5), "{output}: {killed} killed, {kept} blocks found");
    }
}
