//! Tile-compressed images written by astropy 8.0: every algorithm, pixel type, tiling, quantisation and dithering.
//!
//! In the fixture, HDU `Pn` holds as a plain image the pixels that astropy reads from the compressed HDU `Cn`; its keyword OF
//! says how it was written.

use super::read;
use ndarray::{ArrayD, IxDyn};
use reproject_chunk::{FitsFile, HduSelect};
use reproject_core::{ArraySource, Region};

/// Images in `tiles.fits.gz`.
const PAIRS: usize = 417;

fn fixture() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/compressed.fits.gz").to_owned()
}

#[test]
fn compressed_pixels_are_those_that_astropy_reads() {
    let file = FitsFile::open(fixture()).unwrap();
    let pairs = (file.hdus().len() - 1) / 2;
    assert_eq!(pairs, 36);
    for n in 0..pairs {
        let at = |letter: &str| file.image(&HduSelect::Name(format!("{letter}{n}"), None)).unwrap();
        let (tiles, plain) = (at("C"), at("P"));
        let how = plain.header().text("OF").unwrap().unwrap_or_default();
        assert_eq!(tiles.header().float("CRVAL1").unwrap(), Some(1.25));
        assert_eq!(tiles.header().integer("NAXIS1").unwrap(), Some(*tiles.shape().last().unwrap() as i64));
        assert!(tiles.header().get("TFORM1").is_none() && tiles.header().get("ZBITPIX").is_none());
        let want = read::<f64>(&plain, 100).unwrap();
        for block in [100, 4] {
            let found = read::<f64>(&tiles, block).unwrap();
            assert_eq!(found.shape(), want.shape(), "{how}");
            let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
            assert!(found.iter().zip(&want).all(same), "{how}:\n{found}\n{want}");
        }
        let uncached = tiles.clone().with_cache(0).unwrap();
        assert_eq!(read::<f32>(&uncached, 5).unwrap().len(), want.len());
        assert!(ArraySource::<f32>::chunks(&tiles).is_some());
    }
}

/// Every algorithm, type, tiling and quantisation of `fixtures/tiles.py`, tiles stored as they are, parameters under any number,
/// ZBLANK as a column.
#[test]
fn tiles_of_every_kind_hold_what_astropy_reads() {
    let file = FitsFile::open(fixture().replace("compressed.fits", "tiles.fits")).unwrap();
    let pairs = (file.hdus().len() - 1) / 2;
    assert_eq!(pairs, PAIRS);
    let mut wrong = Vec::new();
    for n in 0..pairs {
        let at = |k: usize| file.image(&HduSelect::Index(2 * n + k));
        let plain = at(2).unwrap();
        let how = plain.header().text("OF").unwrap().unwrap_or_default().to_owned();
        let tiles = match at(1) {
            Ok(tiles) => tiles,
            Err(e) => {
                wrong.push(format!("{how}: {e}"));
                continue;
            }
        };
        let want = read::<f64>(&plain, 200).unwrap();
        let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
        for block in [200, 4] {
            match read::<f64>(&tiles, block) {
                Ok(found) if found.shape() == want.shape() && found.iter().zip(&want).all(same) => {}
                Ok(found) => {
                    let d = found.iter().zip(&want).filter(|p| !same(*p)).count();
                    wrong.push(format!("{how}: {d} pixels of {}", want.len()))
                }
                Err(e) => wrong.push(format!("{how}: {e}")),
            }
        }
        if plain.hdu().bitpix == 64 {
            assert_eq!(read::<i64>(&tiles, 5).unwrap(), read::<i64>(&plain, 200).unwrap(), "{how}");
        }
    }
    assert!(wrong.is_empty(), "{} differ: {}", wrong.len(), wrong.join("\n"));
}

#[test]
fn damaged_tiles_are_errors() {
    let mut whole = Vec::new();
    let gz = std::fs::File::open(fixture()).unwrap();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(gz), &mut whole).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let hdus: Vec<_> = FitsFile::open(fixture()).unwrap().hdus().to_vec();
    let mut failed = 0;
    for hdu in hdus.iter().filter(|h| h.table.is_some()) {
        for k in 0..12 {
            let mut bytes = whole.clone();
            let at = hdu.data_start as usize + (hdu.data_length as usize * k / 12);
            bytes[at] ^= 0xa5;
            bytes[at + 1] = 0xff;
            std::fs::write(file.path(), &bytes).unwrap();
            let image = FitsFile::open(file.path()).unwrap().image(&HduSelect::Index(hdu.index));
            failed += usize::from(image.and_then(|i| read::<f64>(&i, 100)).is_err());
        }
    }
    assert!(failed > 50, "{failed} of the damages were noticed");
    // A tile as large as no heap of some bytes can be.
    let mut bytes = whole;
    let card = |key: &str, n: u64| format!("{key:<8}= {n:>20}{:50}", "");
    for (key, n) in [("ZNAXIS1", 1u64 << 40), ("ZTILE1", 1 << 40)] {
        let at = bytes.windows(10).position(|w| w == format!("{key:<8}= ").as_bytes()).unwrap();
        bytes[at..at + 80].copy_from_slice(card(key, n).as_bytes());
    }
    std::fs::write(file.path(), &bytes).unwrap();
    let file = FitsFile::open(file.path()).unwrap();
    let error = file.image(&HduSelect::Index(1)).and_then(|i| {
        let mut out = ArrayD::<f64>::zeros(IxDyn(&[1, 1]));
        i.read(&Region::new([0, 0], [1, 1]), out.view_mut())
    });
    assert!(error.is_err());
}
