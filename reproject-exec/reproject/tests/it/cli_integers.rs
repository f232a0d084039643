//! Outputs of integers: what they cannot hold as it is, is said.

use crate::cli::*;
use ndarray::ArrayD;
use reproject_chunk::Element;
use std::path::Path;

/// A folder with an image `in.fits` of 10 × 10 pixels, its own grid and one that lies two pixels aside.
fn folder<T: Element>(value: impl Fn(usize, usize) -> T, blank: Option<i64>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("in.fits"), &image([10, 10], value), &tan([10, 10], [5.0, 5.0]), blank);
    std::fs::write(dir.path().join("same.hdr"), tan([10, 10], [5.0, 5.0])).unwrap();
    std::fs::write(dir.path().join("aside.hdr"), tan([10, 10], [7.0, 5.0])).unwrap();
    dir
}

fn run(folder: &Path, more: &[&str]) -> String {
    succeed(folder, &[&["run", "in.fits", "--overwrite", "-o"], more].concat())
}

fn values(folder: &Path, name: &str) -> ArrayD<f64> {
    read(&folder.join(name), 0)
}

#[test]
fn numbers_beyond_a_type_are_counted() {
    let dir = folder(|r, c| if r == 3 { 1e6 } else { c as f32 }, None);
    let said = run(dir.path(), &["out.fits", "--to", "same.hdr", "--dtype", "int16"]);
    for part in ["10 pixels beyond int16 (-32768 to 32767)", "lowest or highest", "float64"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(values(dir.path(), "out.fits")[[3, 0]], 32767.0);
    let said = run(dir.path(), &["out.fits", "--to", "same.hdr", "--dtype", "int32"]);
    assert!(!said.contains("note"), "{said}");
    // In other processes as well, and of integers that are copied: never as the blank value.
    let dir = folder(|r, c| if r == 3 { -100_000i32 } else { c as i32 }, None);
    for crew in [&["--threads", "2"][..], &["--processes", "2"]] {
        let args =
            [&["out.fits", "--to", "same.hdr", "--dtype", "int16", "--order", "nearest"], crew].concat();
        assert!(run(dir.path(), &args).contains("10 pixels beyond int16"));
        assert_eq!(values(dir.path(), "out.fits")[[3, 0]], -32767.0);
    }
    assert_eq!(run(dir.path(), &["q.fits", "--to", "same.hdr", "--dtype", "int16", "--quiet"]), "");
}

/// Saturated pixels reach the highest number, which then stands for "no value".
#[test]
fn a_number_that_is_taken_for_blank_is_said() {
    let dir = folder(|r, _| if r == 3 { 65535u16 } else { 7 }, None);
    let nearest = ["out.fits", "--to", "aside.hdr", "--dtype", "input", "--order", "nearest"];
    for crew in [&["--threads", "2"][..], &["--processes", "2"]] {
        let said = run(dir.path(), &[&nearest, crew].concat());
        assert!(said.contains("8 pixels of 65535") && said.contains("count as such"), "{said}");
    }
    let said = run(dir.path(), &["out.fits", "--to", "same.hdr", "--dtype", "input"]);
    assert!(said.contains("10 pixels of 65535") && said.contains("became the number beside it"), "{said}");
    assert_eq!(values(dir.path(), "out.fits")[[3, 3]], 65534.0);
    let said = run(dir.path(), &["out.fits", "--to", "aside.hdr", "--order", "nearest"]);
    assert!(!said.contains("note"), "auto has room for both: {said}");
    // The input's own blank pixels are what they were.
    let dir = folder(|r, _| if r == 3 { 65535u16 } else { 7 }, Some(65535));
    let said = run(dir.path(), &nearest);
    assert!(!said.contains("note"), "{said}");
    assert!(values(dir.path(), "out.fits")[[3, 3]].is_nan());
}

#[test]
fn unsigned_numbers_of_64_bits_have_a_blank_of_their_own() {
    let middle = i64::MAX as u64;
    let dir = folder(|r, c| if r == 3 { middle } else { c as u64 }, None);
    let said = run(dir.path(), &["out.fits", "--to", "aside.hdr", "--dtype", "input", "--order", "nearest"]);
    assert!(!said.contains("note"), "{said}");
    assert_eq!(header(&dir.path().join("out.fits"), 0).integer("BLANK").unwrap(), Some(i64::MAX));
    let out = values(dir.path(), "out.fits");
    assert_eq!((out[[3, 5]], out[[0, 0]].is_nan()), (middle as f64, true));
}

#[test]
fn blank_pixels_that_no_card_declares_are_said() {
    let dir = folder(|_, c| c as i16, None);
    let said = run(dir.path(), &["out.npy", "--to", "aside.hdr", "--dtype", "int16"]);
    assert!(said.contains("pixels without a value became -32768"), "{said}");
    for (output, grid) in [("out.npy", "same.hdr"), ("out.fits", "aside.hdr")] {
        let said = run(dir.path(), &[output, "--to", grid, "--dtype", "int16"]);
        assert!(!said.contains("note"), "{output}: {said}");
    }
}
