//! Tests of reading FITS: every BITPIX, BLANK, BSCALE and extension built as bytes here; hostile files.
use super::*;
use crate::element::Format;
use crate::header::{Header, Value};
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;
use reproject_core::{ArraySource, Region};

fn pad(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(2880), 0);
    bytes
}

fn unit(first: (&str, Value), cards: &[(&str, Value)], data: Vec<u8>) -> Vec<u8> {
    let mut h = Header::new();
    h.set(first.0, first.1, "").unwrap();
    for (k, v) in cards {
        h.set(k, v.clone(), "").unwrap();
    }
    let mut out = h.to_bytes();
    out.extend(pad(data));
    out
}

fn image(bitpix: i64, shape: &[i64], extra: &[(&str, Value)], data: Vec<u8>, extension: bool) -> Vec<u8> {
    let mut cards: Vec<(String, Value)> =
        vec![("BITPIX".into(), bitpix.into()), ("NAXIS".into(), (shape.len() as i64).into())];
    cards.extend(shape.iter().rev().enumerate().map(|(k, &n)| (format!("NAXIS{}", k + 1), n.into())));
    cards.extend(extra.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
    let cards: Vec<(&str, Value)> = cards.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
    if !extension {
        return unit(("SIMPLE", true.into()), &cards, data);
    }
    let mut out = image(8, &[], &[], vec![], false);
    out.extend(unit(("XTENSION", "IMAGE".into()), &cards, data));
    out
}

/// Writes the bytes to a file of their own and opens it.
fn open(bytes: &[u8]) -> Result<FitsFile> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    FitsFile::open(file.path())
}

fn read<T: crate::Element>(image: &FitsImage) -> Result<ArrayD<T>> {
    let window = Region::whole(image.shape());
    let mut out = ArrayD::from_elem(IxDyn(&window.shape), T::default());
    image.read(&window, out.view_mut())?;
    Ok(out)
}

#[test]
fn units_are_found_and_named() {
    let mut bytes = image(8, &[], &[], vec![], false);
    for (name, version) in [("SCI", 1), ("ERR", 1), ("sci", 2)] {
        let extra = [("EXTNAME", name.into()), ("EXTVER", Value::Integer(version))];
        bytes.extend(&image(16, &[2, 3], &extra, vec![version as u8; 12], true)[2880..]);
    }
    bytes.extend(b"special records follow");
    let f = open(&bytes).unwrap();
    assert_eq!(f.hdus().len(), 4);
    assert!(f.damage().is_none());
    let at = |s: &str| f.hdu(&s.parse().unwrap()).map(|h| h.index);
    assert_eq!(
        (at("2").unwrap(), at("sci").unwrap(), at("SCI,2").unwrap(), at("err").unwrap()),
        (2, 1, 3, 2)
    );
    assert_eq!(f.hdu(&HduSelect::FirstImage).unwrap().index, 1);
    let e = at("DQ").unwrap_err().to_string();
    assert!(e.contains("no HDU DQ") && e.contains("HDU 3 (SCI,2)"), "{e}");
    let e = f.image(&"0".parse().unwrap()).unwrap_err().to_string();
    assert!(e.contains("NAXIS = 0"), "{e}");
    assert!("SCI,x".parse::<HduSelect>().is_err() && "".parse::<HduSelect>().is_err());
}

#[test]
fn integers_are_exact_and_blanks_need_a_fill() {
    let data: Vec<u8> = [i64::MIN, -1, 5].iter().flat_map(|v| v.to_be_bytes()).collect();
    let zero = [("BZERO", Value::Float(9223372036854775808.0)), ("BLANK", Value::Integer(5))];
    let i = open(&image(64, &[3], &zero, data, true)).unwrap().image(&HduSelect::Index(1)).unwrap();
    assert_eq!(i.format(), Format::F64);
    assert!(read::<u64>(&i).unwrap_err().to_string().contains("fill"));
    let filled = read::<u64>(&i.clone().with_fill(9).unwrap()).unwrap();
    assert_eq!(filled.as_slice().unwrap(), [0, (1 << 63) - 1, 9]);
    let f = read::<f64>(&i).unwrap();
    assert!(f[[2]].is_nan() && f[[0]] == 0.0);
    let plain = open(&image(-32, &[1], &[("BLANK", 0.into())], vec![0; 4], false)).unwrap();
    let plain = plain.image(&HduSelect::Index(0)).unwrap();
    assert_eq!(read::<f32>(&plain).unwrap()[[0]], 0.0, "BLANK means nothing in floats");
    assert!(read::<i32>(&plain).unwrap_err().to_string().contains("float32"));
}

#[test]
fn a_handle_reopens_the_same_file_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.fits");
    std::fs::write(&path, image(8, &[2, 2], &[], vec![1, 2, 3, 4], false)).unwrap();
    let image1 = FitsFile::open(&path).unwrap().image(&HduSelect::FirstImage).unwrap();
    let handle = image1.handle();
    assert_eq!(read::<u8>(&handle.open().unwrap()).unwrap(), read::<u8>(&image1).unwrap());
    drop(image1);
    std::fs::write(&path, image(8, &[3000], &[], vec![9; 3000], false)).unwrap();
    assert!(handle.open().unwrap_err().to_string().contains("changed"));
}

#[test]
fn columns_of_tables_are_numbers() {
    let mut data = Vec::new();
    for row in 0..2i16 {
        data.extend((0..6).flat_map(|k| f64::from(row * 10 + k).to_be_bytes()));
        data.extend((row - 1).to_be_bytes());
        data.extend([0, 0, 0, 2, 0, 0, 0, 4 * row as u8]);
        data.push(b'T');
    }
    data.extend([1.5f32, -2.5, 3.5, 4.5].iter().flat_map(|v| v.to_be_bytes()));
    let cards = [
        ("BITPIX", 8.into()),
        ("NAXIS", 2.into()),
        ("NAXIS1", 59.into()),
        ("NAXIS2", 2.into()),
        ("PCOUNT", 16.into()),
        ("GCOUNT", 1.into()),
        ("TFIELDS", 4.into()),
        ("TTYPE1", "Coords".into()),
        ("TFORM1", "6D".into()),
        ("TDIM1", "(3,2)".into()),
        ("TTYPE2", "SMALL".into()),
        ("TFORM2", "I".into()),
        ("TNULL2", Value::Integer(-1)),
        ("TSCAL2", 2.0.into()),
        ("TFORM3", "1PE(2)".into()),
        ("TTYPE3", "VAR".into()),
        ("TFORM4", "1L".into()),
        ("TTYPE4", "FLAG".into()),
    ];
    let mut bytes = image(8, &[], &[], vec![], false);
    bytes.extend(unit(("XTENSION", "BINTABLE".into()), &cards, data));
    let t = open(&bytes).unwrap().table(&HduSelect::Index(1)).unwrap();
    let coords = t.read("COORDS", 1).unwrap();
    assert_eq!((coords.shape(), coords[[1, 0]]), (&[2usize, 3][..], 13.0));
    assert!(t.read("small", 0).unwrap()[[0]].is_nan());
    assert_eq!(t.read("small", 1).unwrap()[[0]], 0.0);
    assert_eq!(t.read("var", 1).unwrap().as_slice().unwrap(), [-2.5, 3.5]);
    assert_eq!(t.read("flag", 0).unwrap()[[0]], 1.0);
    assert!(t.read("none", 0).unwrap_err().to_string().contains("Coords"));
    assert!(t.read("var", 2).is_err());
}

#[test]
fn hostile_files_are_errors() {
    let good = image(16, &[20, 30], &[], vec![0; 1200], false);
    assert!(open(b"").is_err() && open(b"SIMPLE").is_err() && open(&[0; 2880]).is_err());
    assert!(open(&good[..2879]).unwrap().image(&HduSelect::FirstImage).is_err());
    let short = open(&good[..3000]).unwrap().image(&HduSelect::FirstImage).unwrap_err().to_string();
    assert!(short.contains("cut short") && short.contains("3000"), "{short}");
    let huge = i64::MAX;
    let cases: [(i64, &[i64], &[(&str, Value)], &str); 9] = [
        (16, &[huge, huge], &[], "more than can be counted"),
        (-64, &[huge / 8, 7], &[], "counted"),
        (16, &[-5, 3], &[], "negative"),
        (17, &[5, 3], &[], "BITPIX"),
        (16, &[5, 3], &[("NAXIS", Value::Integer(1000))], "0 to 999"),
        (16, &[5, 3], &[("NAXIS", Value::Integer(-1))], "0 to 999"),
        (16, &[5, 3], &[("NAXIS", Value::Integer(3))], "NAXIS3"),
        (16, &[5, 3], &[("PCOUNT", Value::Integer(-1))], "PCOUNT"),
        (16, &[5, 3], &[("GCOUNT", Value::Integer(0))], "GCOUNT"),
    ];
    for (bitpix, shape, extra, word) in cases {
        let f = open(&image(bitpix, shape, extra, vec![0; 30], true)).unwrap();
        assert!(f.damage().unwrap().contains(word), "{word}: {:?}", f.damage());
        assert!(f.image(&HduSelect::FirstImage).unwrap_err().to_string().contains(word));
    }
    let first = open(&image(17, &[5, 3], &[], vec![0; 30], false)).unwrap_err().to_string();
    assert!(first.contains("HDU 0") && first.contains("BITPIX"), "{first}");
    for extra in [("PCOUNT", Value::Integer(huge)), ("GCOUNT", Value::Integer(1 << 40))] {
        let f = open(&image(8, &[5, 3], &[extra], vec![0; 30], true)).unwrap();
        assert!(f.image(&HduSelect::FirstImage).is_err());
    }
    let tall = open(&image(8, &[1 << 40, 3], &[], vec![0; 30], true)).unwrap();
    assert!(tall.image(&HduSelect::FirstImage).unwrap_err().to_string().contains("cut short"));
}

fn stored(bitpix: i64, n: i64) -> Vec<u8> {
    match bitpix {
        8 => vec![n as u8],
        16 => (n as i16).to_be_bytes().to_vec(),
        32 => (n as i32).to_be_bytes().to_vec(),
        64 => n.to_be_bytes().to_vec(),
        -32 => (n as f32).to_be_bytes().to_vec(),
        _ => (n as f64).to_be_bytes().to_vec(),
    }
}

proptest! {
    /// value = BZERO + BSCALE × number, NaN where the number is BLANK: whatever the type, the window and the extension.
    #[test]
    fn every_encoding_means_what_the_standard_says(
        bitpix in prop::sample::select(vec![8i64, 16, 32, 64, -32, -64]),
        numbers in prop::collection::vec(-100i64..100, 35), blank in prop::option::of(-3i64..3),
        scale in prop::sample::select(vec![(1.0, 0.0), (1.0, 32768.0), (1.0, 2147483648.0), (1.0, -128.0), (0.25, -7.0), (2.0, 5.0)]),
        extension in any::<bool>(), start in [0usize..5, 0..7],
    ) {
        let numbers: Vec<i64> = numbers.iter().map(|&n| if bitpix == 8 { n & 0xff } else { n }).collect();
        let mut cards = vec![("BSCALE", scale.0.into()), ("BZERO", Value::Float(scale.1))];
        cards.extend(blank.map(|b| ("BLANK", Value::Integer(b))));
        let data = numbers.iter().flat_map(|&n| stored(bitpix, n)).collect();
        let f = open(&image(bitpix, &[5, 7], &cards, data, extension)).unwrap();
        let i = f.image(&HduSelect::Index(usize::from(extension))).unwrap();
        let window = Region::new(start, [5 - start[0], 7 - start[1]]);
        let mut out = ArrayD::<f64>::zeros(IxDyn(&window.shape));
        i.read(&window, out.view_mut()).unwrap();
        for ((y, x), v) in out.view().into_dimensionality::<ndarray::Ix2>().unwrap().indexed_iter() {
            let n = numbers[(y + start[0]) * 7 + x + start[1]];
            if bitpix > 0 && blank == Some(n) {
                prop_assert!(v.is_nan());
            } else {
                prop_assert_eq!(*v, n as f64 * scale.0 + scale.1);
            }
        }
    }

    #[test]
    fn damaged_files_never_panic(at in 0usize..8640, byte in any::<u8>(), cut in 0usize..8640) {
        let extra = [("EXTNAME", Value::from("A")), ("BLANK", 3.into())];
        let mut bytes = image(16, &[20, 30], &extra, vec![1; 1200], true);
        bytes[at] = byte;
        bytes.truncate(cut.max(1));
        if let Ok(f) = open(&bytes) {
            for k in 0..f.hdus().len() {
                if let Ok(i) = f.image(&HduSelect::Index(k)) {
                    let _ = read::<f32>(&i);
                }
                let _ = f.table(&HduSelect::Index(k));
            }
        }
    }
}
