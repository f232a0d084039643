//! `--bad`: what blank input pixels do to the values around them.

use crate::cli::*;
use ndarray::ArrayD;
use std::path::Path;

/// 20×30 sevens with a blank at row 10, column 12, and a grid moved by a quarter of a pixel along x and y.
fn prepare(dir: &Path) {
    let input = image([20, 30], |r, c| if (r, c) == (10, 12) { f32::NAN } else { 7.0 });
    write(&dir.join("in.fits"), &input, &tan([20, 30], [15.0, 10.0]), None);
    std::fs::write(dir.join("grid.hdr"), tan([18, 28], [13.75, 8.75])).unwrap();
}

/// What a run with these flags makes of it: values and footprint.
fn moved(dir: &Path, flags: &[&str]) -> [ArrayD<f64>; 2] {
    let args = ["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits", "--footprint", "--quiet"];
    assert_eq!(succeed(dir, &[&args[..], &["--overwrite"], flags].concat()), "");
    [0, 1].map(|hdu| read(&dir.join("out.fits"), hdu))
}

fn blank(values: &ArrayD<f64>) -> usize {
    values.iter().filter(|v| v.is_nan()).count()
}

/// Output (x, y) is input (x + 1.25, y + 1.25): of the four values around the blank pixel, each loses the weight that it has
/// on it, 1/16, 3/16, 3/16 and 9/16.
#[test]
fn blanks_propagate_are_left_out_or_count_as_a_value() {
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path());
    let around = |out: &ArrayD<f64>| [[8, 10], [8, 11], [9, 10], [9, 11]].map(|index| out[index]);
    let [out, footprint] = moved(dir.path(), &[]);
    assert!(around(&out).iter().all(|v| v.is_nan()));
    assert_eq!(blank(&out), 4);
    assert!(footprint.iter().all(|w| *w == 1.0));
    let [same, _] = moved(dir.path(), &["--bad", "propagate"]);
    assert_eq!(same.mapv(f64::to_bits), out.mapv(f64::to_bits));

    // More than half of the weight is left for three of the four.
    let [out, _] = moved(dir.path(), &["--bad", "ignore"]);
    assert_eq!(blank(&out), 1);
    assert!(out[[9, 11]].is_nan());
    let [out, _] = moved(dir.path(), &["--bad", "ignore:0.4"]);
    // Values are stored as float32.
    assert!(out.iter().all(|v| (v - 7.0).abs() < 1e-5));

    let [out, _] = moved(dir.path(), &["--bad", "fill:23"]);
    for (value, part) in around(&out).into_iter().zip([1.0, 3.0, 3.0, 9.0]) {
        // 7 and 23 are 16 apart.
        assert!((value - (7.0 + part)).abs() < 1e-5, "{value}");
    }
}

#[test]
fn what_cannot_be_done_about_blanks_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path());
    let numbers = image([20, 30], |r, c| (r * 30 + c) as i16);
    write(&dir.path().join("numbers.fits"), &numbers, &tan([20, 30], [15.0, 10.0]), None);
    let refused = |input: &str, flags: &[&str], code| {
        let args = ["run", input, "--to", "grid.hdr", "-o", "no.fits", "--bad"];
        let told = fail(dir.path(), &[&args[..], flags].concat(), code);
        assert!(!dir.path().join("no.fits").exists());
        told
    };
    for (how, why) in [("skip", "ignore:SHARE"), ("ignore:2", "at most 1"), ("fill", "such as fill:0")] {
        let told = refused("in.fits", &[how], 2);
        assert!(told.contains(why), "{told}");
    }
    for order in ["adaptive", "exact"] {
        let told = refused("in.fits", &["fill:0", "--order", order], 1);
        assert!(told.contains("--bad") && told.contains(order), "{told}");
    }
    let told = refused("numbers.fits", &["fill:0", "--order", "nearest"], 1);
    assert!(told.contains("--dtype"), "{told}");
}
