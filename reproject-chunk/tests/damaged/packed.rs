//! Files in gzip, bzip2, xz, zip and compress are read as what they hold, whatever their names are; what cannot be read is called
//! by its name.
//!
//! `fixtures/packed.py` makes the fixture: HDU 1 holds a FITS file, each one behind it the same file as CPython's modules and
//! compress(1) pack it.

use super::damage::{alone, bytes, fixture};
use ndarray::{ArrayD, IxDyn};
use reproject_chunk::{FitsFile, HduSelect};
use reproject_core::{ArraySource, Region};
use std::io::Write;
use std::path::Path;

fn pixels(path: &Path, limit: usize) -> reproject_core::Result<Vec<ArrayD<f64>>> {
    let file = FitsFile::open_within(path, limit)?;
    assert_eq!(file.damage(), None);
    let read = |index| {
        let image = file.image(&HduSelect::Index(index))?;
        let mut out = ArrayD::zeros(IxDyn(image.shape()));
        image.read(&Region::whole(image.shape()), out.view_mut())?;
        Ok(out)
    };
    (0..file.hdus().len()).map(read).collect()
}

#[test]
fn every_container_holds_the_same_pixels() {
    let _alone = alone();
    let all = fixture("packed.fits.gz");
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain.fits");
    std::fs::write(&plain, bytes(&all, &HduSelect::Index(1))).unwrap();
    let want = pixels(&plain, 0).unwrap();
    assert_eq!((want.len(), want[0].shape()), (2, &[110usize, 150][..]));
    // The name says nothing.
    let path = dir.path().join("a.fits");
    let mut read = 0;
    for hdu in &all.hdus()[2..] {
        let (name, file) = (hdu.name.clone().unwrap(), bytes(&all, &HduSelect::Index(hdu.index)));
        std::fs::write(&path, &file).unwrap();
        if name == "ZIP TWO" {
            let error = pixels(&path, 0).unwrap_err().to_string();
            assert!(error.contains("a.fits") && error.contains("2 files"), "{error}");
            continue;
        }
        for limit in [0, 5000, 1 << 20] {
            assert!(pixels(&path, limit).unwrap() == want, "{name}");
        }
        assert_eq!(FitsFile::is_in_zip(&path), name.starts_with("ZIP"), "{name}");
        // Cut short or damaged, it is an error; compress has no check sums.
        let half = &file[..file.len() / 2];
        std::fs::write(&path, half).unwrap();
        let error = pixels(&path, 1 << 20).expect_err(&name).to_string();
        assert!(error.contains("a.fits"), "{name}: {error}");
        let mut damaged = file.clone();
        let at = file.len() * 2 / 3;
        damaged[at] ^= 0x10;
        std::fs::write(&path, damaged).unwrap();
        // Nor is SHA-256 looked at, but LZMA's range coder must end where it should.
        let outcome = pixels(&path, 1 << 20);
        assert!(name.starts_with('Z') && !name.starts_with("ZIP") || outcome.is_err(), "{name}");
        read += 1;
    }
    assert_eq!(read, 10);
}

/// A file of 2 MB that would be 2 GB, and is no FITS: seen in its first block, whatever packs it.
#[test]
fn bombs_that_are_no_fits_are_seen_at_once() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bomb.fits.gz");
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![b' '; 1 << 20];
    (0..128).for_each(|_| zip.write_all(&block).unwrap());
    let member = zip.finish().unwrap();
    // Members behind each other are one file.
    std::fs::write(&path, member.repeat(16)).unwrap();
    let before = super::damage::busy();
    let (outcome, taken) = super::damage::measured(|| FitsFile::open_within(&path, 1 << 20));
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("bomb.fits.gz") && error.contains("SIMPLE"), "{error}");
    assert!(taken < 1 << 20 && (super::damage::busy() - before).as_millis() < 1000, "{taken} bytes");
    // A header without an end is given up after 16 MiB.
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    write!(zip, "{:<80}", "SIMPLE  =                    T").unwrap();
    (0..64).for_each(|_| zip.write_all(&block).unwrap());
    std::fs::write(&path, zip.finish().unwrap()).unwrap();
    let (outcome, taken) = super::damage::measured(|| FitsFile::open_within(&path, 1 << 20));
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("no END card") && taken < 64 << 20, "{error}, {taken} bytes");
}
