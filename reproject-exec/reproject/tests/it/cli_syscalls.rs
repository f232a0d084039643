//! Runs whose system calls fail or are killed in turn, which replace values and coverage of an earlier run: whatever happens, the old or
//! the new output is whole under its name, coverage is of the same run, and a later run goes on and clears up.
//!
//! Faults are injected by `strace` (4.22 or later); where it is not there, or may not trace, the test says so and passes. The number of
//! faults for every format and kind is in the environment variable `REPROJECT_SYSCALLS`.
#![cfg(target_os = "linux")]

use crate::cli::{image, noise, reproject, tan, write};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Calls that a run makes on purpose. Memory is not among them: no program outlives its loader or allocator without it.
const CALLS: &str = "openat,read,pread64,write,pwrite64,lseek,fallocate,ftruncate,fsync,fdatasync,syncfs,flock,fchmod,fstat,\
                     statx,newfstatat,rename,renameat,renameat2,unlink,unlinkat,mkdir,rmdir,getdents64,clone3,ioctl,fcntl";

/// Every file below a path by name, with what it holds; nothing if there is none.
fn contents(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    if path.is_file() {
        all.insert(PathBuf::new(), fs::read(path).unwrap());
    }
    for entry in fs::read_dir(path).into_iter().flatten().map(Result::unwrap) {
        let name = PathBuf::from(entry.file_name());
        all.extend(contents(&entry.path()).into_iter().map(|(rest, bytes)| (name.join(rest), bytes)));
    }
    all
}

fn strace(folder: &Path, options: &[&str], args: &[&str]) -> std::io::Result<Output> {
    let mut run = Command::new("strace");
    run.args(["-f", "-qq", "-o", "trace"]).args(options).arg(env!("CARGO_BIN_EXE_reproject")).args(args);
    run.current_dir(folder).output()
}

/// The calls of a run after it has opened its input: names and numbers, as `strace` counts them for each thread.
fn calls(trace: &str) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::<(&str, &str), usize>::new();
    let (mut begun, mut all) = (false, BTreeMap::<String, std::collections::BTreeSet<usize>>::new());
    let mut before = BTreeMap::<String, usize>::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((name, _)) = rest.trim_start().split_once('(') else { continue };
        if name.contains(' ') || name.contains('<') {
            continue;
        }
        let count = counts.entry((thread, name)).or_default();
        *count += 1;
        begun |= rest.contains("in.fits");
        match begun {
            true => _ = all.entry(name.into()).or_default().insert(*count),
            false => _ = before.insert(name.into(), *count),
        }
    }
    // The same number of another thread must not hit what comes before.
    let late = |name: &String, n: usize| before.get(name).is_none_or(|&before| n > before);
    all.into_iter()
        .flat_map(|(name, n)| n.into_iter().map(move |n| (name.clone(), n)))
        .filter(|(name, n)| late(name, *n))
        .collect()
}

#[test]
fn every_call_may_fail_or_be_the_last() {
    let number: usize = std::env::var("REPROJECT_SYSCALLS").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    write(
        &folder.join("in.fits"),
        &image([40, 40], |r, c| noise(r, c) as f32),
        &tan([40, 40], [20.0, 20.0]),
        None,
    );
    fs::write(folder.join("grid.hdr"), tan([40, 40], [21.5, 19.75])).unwrap();
    if !strace(folder, &["-e", "trace=close"], &["--version"]).is_ok_and(|out| out.status.success()) {
        println!("skipped: there is no strace, or it may not trace");
        return;
    }
    for (output, beside) in
        [("out.fits", ""), ("out.npy", "out.footprint.npy"), ("out.zarr", "out.footprint.zarr")]
    {
        let base = [
            "run",
            "in.fits",
            "--to",
            "grid.hdr",
            "--threads",
            "1",
            "--block",
            "20x20",
            "--footprint",
            "-o",
            output,
        ];
        let zarr: &[&str] = if output == "out.zarr" { &["--chunks", "20x20"] } else { &[] };
        let run = |more: &[&'static str]| [&base[..], zarr, more].concat();
        let names: Vec<PathBuf> =
            [output, beside].iter().filter(|n| !n.is_empty()).map(|n| folder.join(n)).collect();
        let now = || names.iter().map(|name| contents(name)).collect::<Vec<_>>();
        let listing = || {
            let names = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name != "trace").collect::<std::collections::BTreeSet<_>>()
        };
        let clean = || names.iter().for_each(|n| _ = fs::remove_dir_all(n).or_else(|_| fs::remove_file(n)));
        let succeed = |args: &[&str]| {
            let out = reproject(folder, args);
            (out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned())
        };
        let (old_run, new_run) = (run(&["--overwrite", "--order", "nearest"]), run(&["--overwrite"]));
        assert!(succeed(&new_run).0);
        let new = now();
        assert!(succeed(&old_run).0);
        let (old, files) = (now(), listing());
        assert!(strace(folder, &["-e", &format!("trace={CALLS}")], &new_run).unwrap().status.success());
        assert!(now() == new && succeed(&old_run).0);
        let calls = calls(&fs::read_to_string(folder.join("trace")).unwrap());
        assert!(calls.iter().any(|(name, _)| name.starts_with("rename")), "{output}: {calls:?}");
        for fault in ["error=EIO", "signal=KILL", "error=ENOSPC"] {
            let (mut failed, mut kept, mut taken) = (0, 0, 0);
            let some = number.min(calls.len());
            for k in 0..some {
                let (name, n) = &calls[k * calls.len() / some];
                let what = format!("{output}, {name} number {n}, {fault}");
                let inject = format!("inject={name}:{fault}:when={n}");
                let out =
                    strace(folder, &["-e", &format!("trace={CALLS}"), "-e", &inject], &new_run).unwrap();
                let said = String::from_utf8_lossy(&out.stderr).into_owned();
                let after = now();
                match out.status.code() {
                    Some(0) => assert!(after == new, "{what}: not the new output: {said}"),
                    code => {
                        assert!(code == Some(1) || fault == "signal=KILL", "{what}: {code:?} {said}");
                        assert!(code != Some(1) || said.contains("reproject: "), "{what}: {said}");
                        assert!(!said.contains("os error"), "{what}: {said}");
                        failed += 1;
                    }
                }
                // The values are those of one run, and coverage is of the same or, for the moment, not there.
                let whole = [&old, &new].into_iter().find(|whole| whole[0] == after[0]);
                let whole =
                    whole.unwrap_or_else(|| panic!("{what}: neither the old nor the new values: {said}"));
                assert!(
                    after[1..].iter().zip(&whole[1..]).all(|(a, w)| a == w || a.is_empty()),
                    "{what}: {said}"
                );
                let there = std::ptr::eq(whole, &new);
                kept += usize::from(!there);
                if there && out.status.code() == Some(1) {
                    assert!(said.contains("is whole") || said.contains("is in place"), "{what}: {said}");
                }
                // A run without any leave says what there is, and changes no values.
                let (done, told) = succeed(&run(&[]));
                assert!(!done && now()[0] == after[0], "{what}: {told}");
                let more: &[&'static str] =
                    if k % 2 == 0 { &["--overwrite", "--resume"] } else { &["--overwrite"] };
                let (done, told) = succeed(&run(more));
                taken += usize::from(told.contains("are there already") || told.contains("is whole"));
                assert!(done && now() == new, "{what}, then {more:?}: {told}");
                assert_eq!(listing(), files, "{what}: {said}{told}");
                if k + 1 < some {
                    assert!(succeed(&old_run).0);
                }
            }
            println!(
                "{output}, {fault}: {some} of {} calls; {failed} runs failed, {kept} times the old output stayed, {taken} were taken up",
                calls.len()
            );
            assert!(succeed(&old_run).0);
        }
        clean();
    }
}
