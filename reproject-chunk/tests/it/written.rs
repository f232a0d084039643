//! Files written by astropy 8.0: every BITPIX with and without BLANK, scaled, with the other sign, as primary array, IMAGE
//! extension, gzip file and in compressed tiles, have the pixels that astropy reads from them.
//!
//! `fixtures/written.py` makes the fixture: HDU `Fn` holds the bytes of a file, HDU `Pn` its pixels; its keyword OF says
//! how it was written.

use ndarray::{ArrayD, IxDyn};
use reproject_chunk::{Element, FitsFile, FitsImage, HduSelect};
use reproject_core::{ArraySource, Region};

fn read<T: Element>(image: &FitsImage) -> ArrayD<T> {
    let mut out = ArrayD::from_elem(IxDyn(image.shape()), T::default());
    image.read(&Region::whole(image.shape()), out.view_mut()).unwrap();
    out
}

#[test]
fn pixels_are_those_that_astropy_reads() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/written.fits.gz");
    let all = FitsFile::open(path).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let at = |letter: &str, n: usize| all.image(&HduSelect::Name(format!("{letter}{n}"), None)).unwrap();
    let count = (all.hdus().len() - 1) / 2;
    assert_eq!(count, 394);
    let mut wrong = Vec::new();
    for n in 0..count {
        let want = at("P", n);
        let how = want.header().text("OF").unwrap().unwrap_or_default().to_owned();
        let file = dir.path().join("a.fits");
        std::fs::write(&file, read::<u8>(&at("F", n)).into_raw_vec_and_offset().0).unwrap();
        let file = FitsFile::open(&file).unwrap();
        assert_eq!(file.damage(), None, "{how}");
        let image = file.image(&HduSelect::FirstImage).unwrap();
        let (found, want) = (read::<f64>(&image), read::<f64>(&want));
        assert_eq!(found.shape(), want.shape(), "{how}");
        // Float32 and small integers are scaled by astropy in float32, of numbers below 300: by a factor that is rounded, and
        // with a rounding after the product and after the sum.
        let rounds = match how.split(", ").collect::<Vec<_>>()[..2] {
            ["8" | "16", "tenth"] => 3.0,
            ["-32", "whole" | "fraction" | "tenth"] => 3.0,
            _ => 0.0,
        };
        let slack = 300.0 * rounds * 2f64.powi(-24);
        let same = |(a, b): (&f64, &f64)| (a - b).abs() <= slack || (a.is_nan() && b.is_nan());
        if !found.iter().zip(&want).all(same) {
            wrong.push(format!("{how}:\n{found}\n{want}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ: {}", wrong.len(), wrong.join("\n"));
}
