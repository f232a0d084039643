//! `--mask` and the readings of `--footprint`: which pixels become blank, whatever holds the mask and whoever computes.

use crate::cli::*;
use ndarray::{ArrayD, IxDyn};
use reproject_chunk::{FitsFile, HduSelect};
use reproject_core::{ArraySource, Region};
use std::fs;
use std::path::Path;

const SHAPE: [usize; 2] = [20, 30];

/// Pixels that the masks of these tests blank.
fn bad(row: usize, column: usize) -> bool {
    (row, column) == (10, 12) || noise(row, column) < 800.0
}

/// `in.fits`, `bad.fits` with flags, `weight.fits`, and a grid moved by a quarter of a pixel along x and y.
fn prepare(dir: &Path) {
    let text = tan(SHAPE, [15.0, 10.0]);
    write(&dir.join("in.fits"), &image(SHAPE, |r, c| noise(r, c) as f32), &text, None);
    write(&dir.join("bad.fits"), &image(SHAPE, |r, c| if bad(r, c) { 4i16 } else { 0 }), "", None);
    let weight = |r, c| if bad(r, c) { [0.0, -1.0, f32::NAN][(r + c) % 3] } else { 1e-30 };
    write(&dir.join("weight.fits"), &image(SHAPE, weight), "", None);
    write(
        &dir.join("blanked.fits"),
        &image(SHAPE, |r, c| if bad(r, c) { f32::NAN } else { noise(r, c) as f32 }),
        &text,
        None,
    );
    fs::write(dir.join("grid.hdr"), tan([18, 28], [13.75, 8.75])).unwrap();
}

/// What a run makes of an image: the bytes of values and footprint as .npy.
fn run(dir: &Path, input: &str, flags: &[&str]) -> [Vec<u8>; 2] {
    let args = ["run", input, "--to", "grid.hdr", "-o", "out.npy", "--footprint", "-q", "--overwrite"];
    // A reading among the flags takes the place of the plain option.
    let plain = flags.iter().all(|flag| !flag.starts_with("--footprint"));
    let args: Vec<&str> = args.into_iter().filter(|a| plain || *a != "--footprint").collect();
    assert_eq!(succeed(dir, &[&args[..], flags].concat()), "");
    ["out.npy", "out.footprint.npy"].map(|name| fs::read(dir.join(name)).unwrap())
}

#[test]
fn masked_pixels_are_those_of_an_image_with_nan_there() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    prepare(dir);
    // The same flags in every format: onto their own grid they are copied.
    let own = tan(SHAPE, [15.0, 10.0]);
    fs::write(dir.join("own.hdr"), &own).unwrap();
    write(&dir.join("flags.fits"), &image(SHAPE, |r, c| u8::from(bad(r, c))), &own, None);
    for output in ["flags.npy", "flags.zarr"] {
        let copy = ["run", "flags.fits", "--to", "own.hdr", "--order", "nearest", "-q", "-o", output];
        let chunks: &[&str] = if output == "flags.zarr" { &["--chunks", "7x9"] } else { &[] };
        succeed(dir, &[&copy[..], chunks].concat());
    }
    for order in ["nearest", "bilinear", "bicubic", "adaptive", "exact"] {
        for reading in ["--footprint", "--footprint=coverage", "--footprint=valid"] {
            let how = ["--order", order, reading];
            let want = run(dir, "blanked.fits", &how);
            let masks = ["bad.fits", "bad.fits[0]", "weight:weight.fits", "flags.npy", "flags.zarr"];
            for (mask, crew) in masks.into_iter().zip([1, 2, 1, 2, 1]) {
                let crew = [["--threads", "2"], ["--processes", "2"]][crew - 1];
                let flags = [&how[..], &["--mask", mask], &crew].concat();
                assert!(run(dir, "in.fits", &flags) == want, "{flags:?}");
            }
            let flags = [&how[..], &["--mask", "flags.zarr", "--memory", "60MB", "--block", "5x7"]].concat();
            assert!(run(dir, "in.fits", &flags) == want, "{flags:?}");
        }
    }
    // What --bad says goes for masked pixels, too.
    for bad in ["ignore", "fill:3"] {
        let want = run(dir, "blanked.fits", &["--bad", bad]);
        assert!(run(dir, "in.fits", &["--bad", bad, "--mask", "bad.fits"]) == want, "{bad}");
    }
}

/// Output (x, y) is input (x + 1.25, y + 1.25); the pixel at row 10, column 12 carries 9/16 of the weight of the value at
/// row 9, column 11, and 1/16 of that at row 8, column 10.
#[test]
fn footprints_count_coverage_or_valid_weight() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    prepare(dir);
    let one = image(SHAPE, |r, c| u8::from((r, c) == (10, 12)));
    write(&dir.join("one.fits"), &one, "", None);
    let base =
        ["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits", "-q", "--overwrite", "--mask", "one.fits"];
    let footprint = |flags: &[&str]| {
        succeed(dir, &[&base[..], flags].concat());
        read(&dir.join("out.fits"), 1)
    };
    assert!(footprint(&["--footprint"]).iter().all(|w| *w == 1.0));
    let valid = footprint(&["--footprint=valid"]);
    assert_eq!([[8, 10], [8, 11], [9, 10], [9, 11], [5, 5]].map(|i| valid[i]), [0.0, 0.0, 0.0, 0.0, 1.0]);
    let valid = footprint(&["--footprint=valid", "--bad", "ignore:0.4"]);
    for (index, part) in [([8, 10], 15.0), ([8, 11], 13.0), ([9, 10], 13.0), ([9, 11], 7.0), ([5, 5], 16.0)] {
        assert!((valid[index] - part / 16.0).abs() < 1e-6, "{index:?}: {}", valid[index]);
    }
    // The name of a reading is one only after `=`: what follows may be the input.
    let args = ["run", "--to", "grid.hdr", "-o", "out.fits", "--overwrite", "--footprint", "in.fits"];
    succeed(dir, &args);
    let told = fail(dir, &[&base[..], &["--footprint=known"]].concat(), 2);
    assert!(told.contains("--footprint") && told.contains("coverage and valid"), "{told}");
}

/// One mask for all planes, or one for each cube of them; in another HDU of the input's own file.
#[test]
fn cubes_take_masks_of_their_planes() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    prepare(dir);
    let value = |i: &IxDyn| noise(i[2] + 100 * i[1] + 1000 * i[0], i[3]) as f32;
    let full = IxDyn(&[2, 3, SHAPE[0], SHAPE[1]]);
    let cube = ArrayD::from_shape_fn(full.clone(), |i| value(&i));
    let text = tan(SHAPE, [15.0, 10.0]).replace("NAXIS   = 2\n", "");
    write(&dir.join("cube.fits"), &cube, &text, None);
    let by_plane = |plane: usize, r, c| if plane == 1 { bad(r, c) } else { bad(c, r) };
    let planes =
        ArrayD::from_shape_fn(IxDyn(&[3, SHAPE[0], SHAPE[1]]), |i| u8::from(by_plane(i[0], i[1], i[2])));
    write(&dir.join("planes.fits"), &planes, "", None);
    for (mask, flagged) in [
        ("bad.fits", &(|_, r, c| bad(r, c)) as &dyn Fn(usize, usize, usize) -> bool),
        ("planes.fits", &by_plane),
    ] {
        let blanked =
            ArrayD::from_shape_fn(
                full.clone(),
                |i| {
                    if flagged(i[1], i[2], i[3]) { f32::NAN } else { value(&i) }
                },
            );
        write(&dir.join("want.fits"), &blanked, &text, None);
        let want = run(dir, "want.fits", &["--footprint=valid"]);
        assert!(run(dir, "cube.fits", &["--footprint=valid", "--mask", mask]) == want, "{mask}");
        fs::remove_file(dir.join("want.fits")).unwrap();
    }
}

/// Integers of up to 32 bits get the BLANK of the output; the others are refused.
#[test]
fn masked_integers_are_blank() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    prepare(dir);
    let text = tan(SHAPE, [15.0, 10.0]);
    let number = |r: usize, c: usize| i32::MAX - (r * 30 + c) as i32;
    write(&dir.join("labels.fits"), &image(SHAPE, number), &text, None);
    let run = [
        "run",
        "labels.fits",
        "--to",
        "labels.fits",
        "--order",
        "nearest",
        "--mask",
        "bad.fits",
        "-q",
        "--overwrite",
    ];
    for dtype in ["auto", "input", "float64"] {
        succeed(dir, &[&run[..], &["--footprint=valid", "--dtype", dtype, "-o", "out.fits"]].concat());
        let [out, valid] = [0, 1].map(|hdu| read(&dir.join("out.fits"), hdu));
        for (i, value) in out.indexed_iter() {
            let blank = bad(i[0], i[1]);
            assert!(if blank { value.is_nan() } else { *value == f64::from(number(i[0], i[1])) }, "{i:?}");
            assert_eq!(valid[&i], f64::from(u8::from(!blank)));
        }
        let lowest = header(&dir.join("out.fits"), 0).integer("BLANK").unwrap();
        assert_eq!(lowest, (dtype != "float64").then_some(i64::from(i32::MIN)));
    }
    // The same numbers in arrays without BLANK, by way of floats or not.
    for (format, flags) in
        [("npy", &["--processes", "2"][..]), ("zarr", &["--threads", "2", "--chunks", "7x30"])]
    {
        let out = format!("labels.{format}");
        succeed(dir, &[&run[..], flags, &["-o", &out]].concat());
        succeed(
            dir,
            &[
                "run",
                &out,
                "--header",
                "labels.fits",
                "--to",
                "labels.fits",
                "--order",
                "nearest",
                "-q",
                "--overwrite",
                "-o",
                "back.fits",
            ],
        );
        let back = FitsFile::open(dir.join("back.fits")).unwrap().image(&HduSelect::Index(0)).unwrap();
        let mut pixels = ArrayD::<i64>::zeros(IxDyn(&SHAPE));
        let back = back.with_fill(i128::from(i32::MIN)).unwrap();
        back.read(&Region::whole(&SHAPE), pixels.view_mut()).unwrap();
        for (i, value) in pixels.indexed_iter() {
            let want = if bad(i[0], i[1]) { i32::MIN } else { number(i[0], i[1]) };
            assert_eq!(*value, i64::from(want), "{format} {i:?}");
        }
    }
    write(&dir.join("long.fits"), &image(SHAPE, |r, c| (r + c) as i64), &text, None);
    let long = [
        "run",
        "long.fits",
        "--to",
        "long.fits",
        "--order",
        "nearest",
        "--mask",
        "bad.fits",
        "-o",
        "no.fits",
    ];
    let told = fail(dir, &long, 1);
    assert!(
        told.contains("--mask") && told.contains("64 bits") && told.contains("--dtype float64"),
        "{told}"
    );
    succeed(dir, &[&long[..], &["--dtype", "float64"]].concat());
}

#[test]
fn what_is_no_mask_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    prepare(dir);
    write(&dir.join("small.fits"), &image([20, 10], |_, _| 0u8), "", None);
    fs::write(
        dir.join("text.npy"),
        b"\x93NUMPY\x01\x00\x3d\x00{'descr': '<U4', 'fortran_order': False, 'shape': (20, 30), }",
    )
    .unwrap();
    succeed(dir, &["run", "in.fits", "--to", "in.fits", "-o", "w.npy", "-q"]);
    let before = fs::read(dir.join("bad.fits")).unwrap();
    let base = ["run", "in.fits", "--to", "grid.hdr", "-o", "no.fits", "--mask"];
    for (mask, parts) in [
        ("small.fits", &["small.fits", "10 × 20", "in.fits", "30 × 20", "one plane"][..]),
        ("bad.fits[3]", &["bad.fits", "no HDU 3"]),
        ("bad.fits[DQ]", &["bad.fits", "no HDU DQ"]),
        ("absent.fits", &["absent.fits", "cannot be opened"]),
        ("w.npy[1]", &["w.npy", "only FITS files"]),
        ("text.npy", &["text.npy", "<U4"]),
        ("in.fits", &["in.fits", "is the input itself", "FILE[HDU]", "weight:"]),
        ("grid.hdr", &["grid.hdr", "not FITS"]),
    ] {
        let told = fail(dir, &[&base[..], &[mask]].concat(), 1);
        assert!(parts.iter().all(|part| told.contains(part)), "{mask}: {told}");
        fail(dir, &["plan", "in.fits", "--to", "grid.hdr", "--mask", mask], 1);
    }
    assert!(fail(dir, &[&base[..], &["weight:"]].concat(), 2).contains("give a file"));
    for output in ["bad.fits", "./bad.fits"] {
        let run = ["run", "in.fits", "--to", "grid.hdr", "--mask", "bad.fits", "--overwrite", "-o", output];
        let told = fail(dir, &run, 1);
        assert!(told.contains("is the mask"), "{told}");
    }
    assert!(fs::read(dir.join("bad.fits")).unwrap() == before && !dir.join("no.fits").exists());
    let text = succeed(dir, &["plan", "in.fits", "--to", "grid.hdr", "--mask", "weight:w.npy"]);
    assert!(text.contains("mask      w.npy"), "{text}");
    let json = ["plan", "in.fits", "--to", "grid.hdr", "--json"];
    assert!(succeed(dir, &[&json[..], &["--mask", "weight:w.npy"]].concat()).contains("\"mask\":\"w.npy\""));
    assert!(succeed(dir, &json).contains("\"mask\":null"));
}

/// A run is not taken up with another mask; the output says what masked it.
#[test]
fn a_changed_mask_is_another_run() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    prepare(dir);
    let base = ["run", "in.fits", "--to", "grid.hdr", "-q", "--resume", "-o"];
    succeed(dir, &[&base[..], &["a.fits", "--mask", "bad.fits"]].concat());
    let cards = FitsFile::open(dir.join("a.fits")).unwrap().hdus()[0].header.to_text();
    assert!(cards.contains("masked by bad.fits, HDU 0"), "{cards}");
    // One that is killed leaves something to go on with.
    write(
        &dir.join("big.fits"),
        &image([900, 900], |r, c| noise(r, c) as f32),
        &tan([900, 900], [450.0, 450.0]),
        None,
    );
    let flags = |n: usize| {
        write(&dir.join("big_bad.fits"), &image([900, 900], |r, c| u8::from((r + c) % n == 0)), "", None)
    };
    flags(9);
    let run = [
        "run",
        "big.fits",
        "--to",
        "north-up",
        "-o",
        "b.fits",
        "--order",
        "exact",
        "--block",
        "30x900",
        "--threads",
        "1",
    ];
    let run = [&run[..], &["--mask", "big_bad.fits", "-q", "--resume"]].concat();
    let mut child = command(dir, &run).spawn().unwrap();
    let journal = dir.join("b.fits.part.journal");
    let begun = || fs::read_to_string(&journal).is_ok_and(|text| text.contains("\npart: "));
    while !begun() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "it was done before it could be killed");
    // Blocks are entered ten times a second; one that is entered is work that would be lost.
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text + "0,0 30,900 00000000\n").unwrap();
    fs::remove_file(dir.join("big_bad.fits")).unwrap();
    flags(10);
    let told = fail(dir, &run, 1);
    assert!(told.contains("b.fits") && told.contains("big_bad.fits"), "{told}");
}

/// Nothing but blanks is no lack of overlap.
#[test]
fn masks_that_cover_all_give_an_image_without_values() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    prepare(dir);
    write(&dir.join("all.fits"), &image(SHAPE, |_, _| 1u8), "", None);
    for order in ["nearest", "bicubic", "adaptive", "exact"] {
        for crew in ["--threads", "--processes"] {
            let flags =
                ["--order", order, "--mask", "all.fits", "--footprint=valid", crew, "2", "-o", "out.fits"];
            succeed(
                dir,
                &[&["run", "in.fits", "--to", "grid.hdr", "-q", "--overwrite"], &flags[..]].concat(),
            );
            let [out, valid] = [0, 1].map(|hdu| read(&dir.join("out.fits"), hdu));
            assert!(out.iter().all(|v| v.is_nan()) && valid.iter().all(|w| *w == 0.0), "{order}");
        }
    }
    let far = tan(SHAPE, [15.0, 10.0]).replace("CRVAL1  = 150.0", "CRVAL1  = 200.0");
    fs::write(dir.join("far.hdr"), far).unwrap();
    let far =
        ["run", "in.fits", "--to", "far.hdr", "-o", "no.fits", "--footprint=valid", "--mask", "all.fits"];
    assert!(fail(dir, &far, 1).contains("lie apart"));
}
