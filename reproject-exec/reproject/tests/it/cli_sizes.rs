//! Sizes that cannot be, memory beside the pixels, and what a plan says of it all.

use crate::cli::{command, fail, image, succeed, tan, write};
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn grids_that_cannot_be_are_refused_with_their_size() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    write(&folder.join("in.fits"), &image([20, 30], |_, _| 1f32), &tan([20, 30], [15.0, 10.0]), None);
    let begun = Instant::now();
    for (side, words) in [
        // 2^62 pixels of 4 bytes; 2^56 of them in blocks of 256 × 512.
        (
            1usize << 31,
            &["2147483648 × 2147483648 pixels of 4 bytes", "18.447 EB", "more than can be addressed"][..],
        ),
        (1 << 28, &["268435456 × 268435456 pixels", "549755813888 blocks", "give larger blocks"]),
    ] {
        fs::write(folder.join("grid.hdr"), tan([side, side], [15.0, 10.0])).unwrap();
        for args in [
            &["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits"][..],
            &["run", "in.fits", "--to", "grid.hdr", "-o", "out.zarr"],
            &["run", "in.fits", "--to", "grid.hdr", "-o", "out.npy", "--processes", "2"],
            &["plan", "in.fits", "--to", "grid.hdr", "--json"],
        ] {
            let said = fail(folder, args, 1);
            if !args.contains(&"out.zarr") {
                words.iter().for_each(|word| assert!(said.contains(word), "{word}: {said}"));
            }
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert!(
        ["out.fits", "out.fits.part", "out.zarr.part", "out.npy.part"]
            .iter()
            .all(|n| !folder.join(n).exists())
    );
}

/// 2^21 × 2^19 pixels of 8 bytes are 8.8 TB.
#[test]
fn an_output_that_does_not_fit_is_refused_before_it_is_begun() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    write(&folder.join("in.fits"), &image([20, 30], |_, _| 1f32), &tan([20, 30], [15.0, 10.0]), None);
    fs::write(folder.join("grid.hdr"), tan([1 << 21, 1 << 19], [15.0, 10.0])).unwrap();
    let large = ["run", "in.fits", "--to", "grid.hdr", "--dtype", "float64", "--block", "4096x4096", "-o"];
    for output in ["out.fits", "out.npy"] {
        let said = fail(folder, &[&large[..], &[output]].concat(), 1);
        for word in [output, "8.796 TB", "are free", "make room"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(!folder.join(format!("{output}.part")).exists());
    }
}

#[test]
fn a_length_below_zero_is_told_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    write(&folder.join("in.fits"), &image([20, 30], |_, _| 1f32), &tan([20, 30], [15.0, 10.0]), None);
    fs::write(folder.join("grid.hdr"), tan([20, 30], [15.0, 10.0]).replace("NAXIS1  = 30", "NAXIS1  = -3"))
        .unwrap();
    let said = fail(folder, &["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits"], 1);
    assert!(said.contains("-3 × 20 pixels"), "{said}");
}

/// 20 × 20 pixels of 0.1° × 0.036", turned by 45°: 26 GB and more without a question before.
#[test]
fn a_grid_out_of_all_proportion_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let odd = tan([20, 20], [10.5, 10.5])
        .replace("CDELT1  = -0.0002777777777777778", "CDELT1  = -0.1\nCROTA2  = 45.0")
        .replace("CDELT2  = 0.0002777777777777778", "CDELT2  = 1.0E-5");
    write(&dir.path().join("in.fits"), &image([20, 20], |_, _| 1f32), &odd, None);
    let said = fail(dir.path(), &["run", "in.fits", "--to", "north-up", "-o", "out.fits"], 1);
    for word in
        ["no north-up grid fits it", "times as many", "20 × 20", " GB in single precision", "as a header"]
    {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!said.contains("Some(") && !dir.path().join("out.fits.part").exists());
}

/// What `plan` says in all is enough for a run.
#[test]
fn a_plan_counts_the_program_too() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    write(&folder.join("in.fits"), &image([200, 200], |_, _| 1f32), &tan([200, 200], [100.0, 100.0]), None);
    let job = ["in.fits", "--to", "galactic", "--threads", "2"];
    let text = succeed(folder, &[&["plan"][..], &job].concat());
    let line = text.lines().find(|l| l.starts_with("in all")).expect("a line for all of it");
    let megabytes: f64 = line.split_whitespace().nth(2).unwrap().parse().unwrap();
    assert!(line.contains(" MB: beside those ") && (30.0..60.0).contains(&megabytes), "{line}");
    let limit = format!("{}MB", megabytes.ceil());
    succeed(folder, &[&["run"][..], &job, &["-o", "out.fits", "--memory", &limit]].concat());
    let said = fail(folder, &[&["run"][..], &job, &["-o", "x.fits", "--memory", "1MB"]].concat(), 1);
    assert!(said.contains("it takes 29.360 MB before it holds a pixel (threads: 1); allow 28."), "{said}");
    let said = fail(folder, &[&["run"][..], &job, &["-o", "x.fits", "--memory", "512"]].concat(), 2);
    assert!(said.contains("give a unit, such as 512MB"), "{said}");
}

/// Cards count: 100,000 of them are 8 MB in the file and more in memory.
#[test]
fn a_header_that_is_huge_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let file = folder.join("in.fits");
    let many: String = (0..100_000).map(|k| format!("COMMENT {k}\n")).collect();
    write(&file, &image([20, 30], |_, _| 1f32), &(tan([20, 30], [15.0, 10.0]) + &many), None);
    let args = ["run", "in.fits", "--to", "galactic", "-o", "out.fits", "--threads", "1", "--memory"];
    let said = fail(folder, &[&args[..], &["60MB"]].concat(), 1);
    assert!(said.contains("headers and tables of the input"), "{said}");
    let out = command(folder, &[&args[..], &["512MB"]].concat()).output().unwrap();
    assert!(out.status.success(), "{out:?}");
}
