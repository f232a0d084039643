//! Files that lie: every one is an error that names the file, none a panic, and none takes more memory than a file of its
//! length can stand for.

use super::damage::{alone, corners, look, measured, written};
use reproject_chunk::{FitsFile, HduSelect, RawHandle};
use std::io::Write;

/// The last card of a keyword replaced; that of the check sum where there is none.
fn with(file: &[u8], keyword: &str, value: &str) -> Vec<u8> {
    let mut bytes = file.to_vec();
    let start = |name: &str| {
        let name = format!("{name:<8}");
        (0..bytes.len() / 80).rev().find(|k| bytes[k * 80..].starts_with(name.as_bytes()))
    };
    let at = start(keyword).unwrap_or_else(|| start("CHECKSUM").unwrap());
    let card = format!("{keyword:<8}= {value:>20}");
    bytes[at * 80..at * 80 + 80].copy_from_slice(format!("{card:<80}").as_bytes());
    bytes
}

const LARGE: &str = "4611686018427387904";

/// Keyword, value, and whether reading must fail.
const IMAGE_LIES: &[(&str, &str, bool)] = &[
    ("NAXIS", "1000", true),
    ("NAXIS", "999", true),
    ("NAXIS", "-1", true),
    ("NAXIS", "'2'", true),
    ("NAXIS", "99999999999999999999", true),
    ("NAXIS1", "-13", true),
    ("NAXIS1", "1000000", true),
    ("NAXIS1", LARGE, true),
    ("NAXIS2", "9223372036854775807", true),
    ("NAXIS2", "1.5", true),
    ("NAXIS2", "0", true),
    ("BITPIX", "7", true),
    ("BITPIX", "-16", true),
    ("BITPIX", "9223372036854775807", true),
    ("BITPIX", "64", false),
    ("PCOUNT", "-1", true),
    ("PCOUNT", LARGE, true),
    ("PCOUNT", "100000", true),
    ("GCOUNT", "0", true),
    ("GCOUNT", "-5", true),
    ("GCOUNT", LARGE, true),
    ("BSCALE", "'two'", true),
    ("BSCALE", "1E999", false),
    ("BZERO", "NaN", false),
    ("BLANK", "99999999999", false),
    ("XTENSION", "'IMAGE   '", false),
    ("XTENSION", "'BINTABLE'", true),
];

const TABLE_LIES: &[(&str, &str, bool)] = &[
    ("ZNAXIS", "1000", true),
    ("ZNAXIS", "-2", true),
    ("ZNAXIS1", "-13", true),
    ("ZNAXIS1", LARGE, true),
    ("ZNAXIS1", "1099511627776", true),
    ("ZNAXIS2", "9223372036854775807", true),
    ("ZTILE1", "0", true),
    ("ZTILE1", "-7", true),
    ("ZTILE1", LARGE, false),
    ("ZTILE2", "100000", true),
    ("ZBITPIX", "7", true),
    ("ZBITPIX", "64", false),
    ("ZCMPTYPE", "'UNHEARD '", true),
    ("TFIELDS", "-1", true),
    ("TFIELDS", "1000000000000", true),
    ("TFORM1", "'99999999999999999999PB'", true),
    ("TFORM1", "'1PB(99999999999999)'", false),
    ("TFORM1", "'8PB     '", true),
    ("TFORM1", "'1XX     '", true),
    ("THEAP", "-1", true),
    ("THEAP", LARGE, true),
    ("THEAP", "9223372036854775807", true),
    ("NAXIS1", "1", true),
    ("NAXIS1", LARGE, true),
    ("NAXIS2", "1000000000", true),
    ("NAXIS2", "-9", true),
    ("PCOUNT", "-1", true),
    ("PCOUNT", LARGE, true),
    ("PCOUNT", "1", true),
    ("ZDITHER0", "-9223372036854775807", false),
    ("ZDITHER0", "-9223372036854775808", false),
];

#[test]
fn lying_headers_are_errors() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lie.fits");
    let image = written("16, as it is, no blanks, IMAGE");
    let mut cases: Vec<(String, Vec<u8>, bool)> = Vec::new();
    for (keyword, value, fails) in IMAGE_LIES {
        cases.push((format!("{keyword} = {value}"), with(&image, keyword, value), *fails));
    }
    let square = with(&with(&image, "NAXIS1", "4294967296"), "NAXIS2", "4294967296");
    cases.push(("NAXISn overflow".into(), square, true));
    let nearly = with(&with(&image, "NAXIS1", "2147483648"), "NAXIS2", "1073741823");
    cases.push(("NAXISn just below the largest size".into(), nearly, true));
    for how in ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1"] {
        let table = written(&format!("8, as it is, no blanks, {how}"));
        for (keyword, value, fails) in TABLE_LIES {
            cases.push((format!("{how}: {keyword} = {value}"), with(&table, keyword, value), *fails));
        }
        for side in ["8192", "100000000", "4294967296"] {
            let mut tile = table.clone();
            for (axis, rows) in [("ZNAXIS1", side), ("ZTILE1", side)] {
                tile = with(&tile, axis, rows);
            }
            // No decoder fills up what its bytes leave out.
            cases.push((format!("{how}: tiles of {side}"), tile, true));
        }
        // The descriptors of the first row: number of bytes, and where they start in the heap.
        let start = table.len() - 2880 * ((table.len() - 1) / 2880).min(1);
        for (at, number) in [(0, u32::MAX), (0, i32::MAX as u32), (4, u32::MAX), (4, 1 << 20), (0, 1 << 16)] {
            let mut bytes = table.clone();
            bytes[start + at..start + at + 4].copy_from_slice(&number.to_be_bytes());
            cases.push((format!("{how}: descriptor {at} = {number}"), bytes, true));
        }
    }
    let mut wrong = Vec::new();
    for (what, bytes, fails) in cases {
        std::fs::write(&path, &bytes).unwrap();
        let (outcome, taken) = measured(|| look(&path));
        match outcome {
            Err(e) if !e.to_string().contains("lie.fits") => wrong.push(format!("{what}: {e}")),
            Ok(()) if fails => wrong.push(format!("{what}: read without an error")),
            _ => {}
        }
        // Headers are kept as text and as values, the file beside them.
        let most = (1 << 20) + 40 * bytes.len();
        if taken > most {
            wrong.push(format!("{what}: {taken} bytes for a file of {}", bytes.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_cut_short_anywhere_are_errors() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.fits");
    for how in ["-32, as it is, no blanks, primary", "16, as it is, no blanks, RICE_1"] {
        let whole = written(how);
        let data = whole.len() - 2880;
        let lengths = [0, 1, 79, 80, 2879, 2880, data - 1, data, data + 1, data + 100];
        for length in lengths {
            std::fs::write(&path, &whole[..length]).unwrap();
            // A primary HDU without pixels, alone, is a file; only blanks are cut off at 2879.
            let lone = how.contains("RICE") && [2879, 2880].contains(&length);
            assert_eq!(look(&path).is_ok(), lone, "{how}: {length} of {} bytes", whole.len());
        }
    }
}

#[test]
fn hostile_gzip_files_are_errors_and_bombs_stay_small() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hostile.fits.gz");
    let whole = written("16, as it is, no blanks, gz");
    let end = whole.len();
    let mut cases = vec![("cut", whole[..end / 2].to_vec()), ("no tail", whole[..end - 8].to_vec())];
    for (what, at) in [("check sum", end - 8), ("length", end - 4), ("method", 2), ("body", end / 2)] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x5a;
        cases.push((what, bytes));
    }
    cases.push(("rubbish behind", [&whole[..], b"rubbish"].concat()));
    for (what, bytes) in cases {
        std::fs::write(&path, bytes).unwrap();
        let error = look(&path).expect_err(what).to_string();
        assert!(error.contains("hostile.fits.gz"), "{what}: {error}");
    }
    // 64 MiB of zeros behind a header that describes 1 MiB or all of them.
    let zeros = vec![0; 64 << 20];
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    zip.write_all(&with(&written("8, as it is, no blanks, IMAGE"), "NAXIS2", "5000000")).unwrap();
    zip.write_all(&zeros).unwrap();
    std::fs::write(&path, zip.finish().unwrap()).unwrap();
    drop(zeros);
    let (outcome, taken) = measured(|| {
        let file = FitsFile::open_within(&path, 1 << 20)?;
        let image = file.image(&HduSelect::FirstImage)?;
        corners(&image)
    });
    outcome.unwrap();
    // A buffer that grew to 1 MiB by doubling, and the decompressor's own.
    assert!(taken < 4 << 20, "{taken} bytes");
}

#[test]
fn hostile_arrays_are_errors() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lie.npy");
    for shape in [
        "(1000000,)",
        "(18446744073709551615,)",
        "(4294967296, 4294967296)",
        "(-1, 4)",
        "(0, 9223372036854775807, 4)",
        "(4,",
    ] {
        let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.bytes());
        bytes.extend([0; 64]);
        std::fs::write(&path, &bytes).unwrap();
        let (outcome, taken) = measured(|| RawHandle::npy(&path).and_then(|handle| corners(&handle.open()?)));
        let error = outcome.expect_err(shape).to_string();
        assert!(error.contains("lie.npy") && taken < 1 << 20, "{shape}: {taken} bytes, {error}");
    }
    // A header longer than the file.
    std::fs::write(&path, b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'").unwrap();
    let (outcome, taken) = measured(|| RawHandle::npy(&path));
    assert!(outcome.is_err() && taken < 1 << 20, "{taken} bytes");
}
