//! `--bad`: what blank input pixels do to the values around them.

mod cli;

use cli::*;
use ndarray::ArrayD;
use std::path::Path;

/// 20×30 sevens with a blank at row 10, column 12, moved by a quarter of a pixel along x and y.
fn moved(dir: &Path, more: &[&str]) -> [ArrayD<f64>; 2] {
    let input = image([20, 30], |r, c| if (r, c) == (10, 12) { f32::NAN } else { 7.0 });
    write(&dir.join("in.fits"), &input, &tan([20, 30], [15.0, 10.0]), None);
    std::fs::write(dir.join("grid.hdr"), tan([18, 28], [13.75, 8.75])).unwrap();
    let args =
        ["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits", "--footprint", "--quiet", "--overwrite"];
    assert_eq!(succeed(dir, &[&args[..], more].concat()), "");
    [0, 1].map(|hdu| read(&dir.join("out.fits"), hdu))
}

/// Output (x, y) is input (x + 1.25, y + 1.25): of the four values around the blank pixel, each loses the weight that it has
/// on it, 1/16, 3/16, 3/16 and 9/16.
#[test]
fn blanks_propagate_are_left_out_or_count_as_a_value() {
    let dir = tempfile::tempdir().unwrap();
    let around = |out: &ArrayD<f64>| [[8, 10], [8, 11], [9, 10], [9, 11]].map(|index| out[index]);
    let [out, footprint] = moved(dir.path(), &[]);
    assert!(around(&out).iter().all(|v| v.is_nan()));
    assert_eq!(out.iter().filter(|v| v.is_nan()).count(), 4);
    assert!(footprint.iter().all(|w| *w == 1.0));
    assert_eq!(moved(dir.path(), &["--bad", "propagate"])[0].mapv(f64::to_bits), out.mapv(f64::to_bits));

    // More than half of the weight is left for three of the four.
    let [out, _] = moved(dir.path(), &["--bad", "ignore"]);
    assert_eq!(out.iter().filter(|v| v.is_nan()).count(), 1);
    assert!(out[[9, 11]].is_nan() && out[[8, 10]] == 7.0);
    let [out, _] = moved(dir.path(), &["--bad", "ignore:0.4"]);
    assert!(out.iter().all(|v| (v - 7.0).abs() < 1e-6));

    let [out, _] = moved(dir.path(), &["--bad", "fill:23"]);
    let mut found = around(&out);
    found.sort_by(f64::total_cmp);
    for (value, part) in found.into_iter().zip([1.0, 3.0, 3.0, 9.0]) {
        // Values are stored as float32.
        assert!((value - (7.0 + part / 16.0 * 16.0)).abs() < 1e-5, "{value}");
    }
}

#[test]
fn what_cannot_be_done_about_blanks_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    moved(dir.path(), &[]);
    let args = ["run", "in.fits", "--to", "grid.hdr", "-o", "no.fits", "--bad"];
    for (how, why) in [("skip", "ignore:SHARE"), ("ignore:2", "at most 1"), ("fill", "such as fill:0")] {
        let told = fail(dir.path(), &[&args[..], &[how]].concat(), 2);
        assert!(told.contains(why), "{told}");
    }
    for order in ["adaptive", "exact"] {
        let told = fail(dir.path(), &[&args[..], &["fill:0", "--order", order]].concat(), 1);
        assert!(told.contains("--bad") && told.contains(order), "{told}");
    }
    write(
        &dir.path().join("in.fits"),
        &image([20, 30], |r, c| (r * 30 + c) as i16),
        &tan([20, 30], [15.0, 10.0]),
        None,
    );
    let told = fail(dir.path(), &[&args[..], &["fill:0", "--order", "nearest"]].concat(), 1);
    assert!(told.contains("--dtype"), "{told}");
    assert!(!dir.path().join("no.fits").exists());
}
