//! Writing FITS: what is written tile by tile from many threads reads back the same; an unfinished file has no name.

use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;
use reproject_chunk::{
    Element, FitsFile, FitsOptions, FitsSink, Format, HduSelect, Header, NpyOptions, NpySink, RawHandle,
};
use reproject_core::{ArraySink, ArraySource, Grid, Region, Tile, laws};

fn tile<T: Element>(region: Region, f: impl Fn(usize) -> T) -> Tile<T> {
    let mut tile = Tile::blank(region.clone(), T::default());
    for (index, v) in tile.data.indexed_iter_mut() {
        let at = (0..region.ndim()).fold(0, |n, k| n * 100 + region.start[k] + index[k]);
        *v = f(at);
    }
    tile.weight.indexed_iter_mut().for_each(|(index, w)| *w = if index[0] % 2 == 0 { 0.25 } else { 1.0 });
    tile
}

fn read<T: Element>(path: &std::path::Path, hdu: usize) -> ArrayD<T> {
    let image = FitsFile::open(path).unwrap().image(&HduSelect::Index(hdu)).unwrap();
    let mut out = ArrayD::from_elem(IxDyn(image.shape()), T::default());
    image.read(&Region::whole(image.shape()), out.view_mut()).unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn tiles_in_any_order_make_the_array(
        shape in [1usize..4, 1..9, 1..9], block in [1usize..4, 1..9, 1..9],
        format in prop::sample::select(vec![
            Format::U8, Format::I8, Format::U16, Format::I16, Format::U32, Format::I32, Format::U64, Format::I64,
            Format::F32, Format::F64,
        ]), checksum in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.fits");
        let options = FitsOptions { footprint: Some(Format::F32), checksum, ..FitsOptions::new(&shape, format) };
        let sink = FitsSink::create(&path, &options).unwrap();
        let blocks: Vec<Region> = Grid::new(&shape, &block).unwrap().iter().collect();
        std::thread::scope(|s| {
            for half in blocks.chunks(blocks.len().div_ceil(2)) {
                let sink = &sink;
                s.spawn(move || {
                    half.iter().rev().for_each(|b| sink.write(&tile(b.clone(), |at| (at % 97) as f64)).unwrap());
                });
            }
        });
        sink.finish().unwrap();
        let want = tile(Region::whole(&shape), |at| (at % 97) as f64);
        prop_assert_eq!(read::<f64>(&path, 0), want.data);
        let weights = read::<f64>(&path, 1);
        prop_assert!(weights.iter().all(|w| [0.25, 1.0].contains(w)));
        prop_assert_eq!(std::fs::metadata(&path).unwrap().len() % 2880, 0);
        if checksum {
            // Appendix J of the standard: with its CHECKSUM, every HDU sums to all ones.
            let bytes = std::fs::read(&path).unwrap();
            let f = FitsFile::open(&path).unwrap();
            let second = f.hdus()[1].data_start as usize - f.hdus()[1].header.to_bytes().len();
            for part in [&bytes[..second], &bytes[second..]] {
                let sum: u64 = part.chunks(4).map(|w| u64::from(u32::from_be_bytes([w[0], w[1], w[2], w[3]]))).sum();
                prop_assert_eq!(sum % 0xffff_ffff, 0);
            }
        }
    }
}

#[test]
fn tiles_of_other_processes_lie_where_the_sinks_say() {
    let dir = tempfile::tempdir().unwrap();
    let (shape, block) = ([3, 9, 7], [2, 4, 3]);
    let path = dir.path().join("out.fits");
    let sink = FitsSink::create(&path, &FitsOptions::new(&shape, Format::F64)).unwrap();
    let written = laws::sink_maps_tiles(&sink, &block).unwrap();
    sink.finish().unwrap();
    laws::sink_holds(&read(&path, 0), &written).unwrap();
    let path = dir.path().join("out.npy");
    let sink = NpySink::create(&path, &NpyOptions::new(&shape, Format::F64)).unwrap();
    let written = laws::sink_maps_tiles(&sink, &block).unwrap();
    sink.finish().unwrap();
    let npy = RawHandle::npy(&path).unwrap().open().unwrap();
    let mut found = ArrayD::zeros(IxDyn(&shape));
    ArraySource::<f64>::read(&npy, &Region::whole(&shape), found.view_mut()).unwrap();
    laws::sink_holds(&found, &written).unwrap();
}

#[test]
fn the_header_is_the_sinks_and_the_callers() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.fits");
    let mut header = Header::new();
    for (k, v) in [("SIMPLE", 0.0), ("CRVAL1", 266.4), ("BSCALE", 7.0), ("NAXIS3", 4.0), ("NAXISX", 5.0)] {
        header.set(k, v, "").unwrap();
    }
    header.set("BUNIT", "Jy", "").unwrap();
    let options = FitsOptions {
        header,
        blank: Some(65535),
        footprint: Some(Format::U8),
        ..FitsOptions::new(&[2, 3], Format::U16)
    };
    let sink = FitsSink::create(&path, &options).unwrap();
    let mut t = tile(Region::whole(&[2, 3]), |at| at as f64);
    t.data[[1, 2]] = f64::NAN;
    sink.write(&t).unwrap();
    sink.finish().unwrap();
    let f = FitsFile::open(&path).unwrap();
    let keys: Vec<&str> = f.hdus()[0].header.records().iter().map(|r| r.keyword()).collect();
    let first = ["SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "EXTEND", "BSCALE", "BZERO", "BLANK"];
    assert_eq!(keys, [&first[..], &["CRVAL1", "NAXISX", "BUNIT"]].concat());
    assert_eq!(f.hdus()[0].header.integer("BLANK").unwrap(), Some(32767));
    assert_eq!(f.hdus()[1].name.as_deref(), Some("FOOTPRINT"));
    assert!(f.hdus()[1].header.get("CRVAL1").is_some() && f.hdus()[1].header.get("BUNIT").is_none());
    let back = read::<f64>(&path, 0);
    assert!(back[[1, 2]].is_nan());
    assert_eq!(back[[1, 1]], 101.0);
}

#[test]
fn an_unfinished_file_has_no_name_and_can_be_taken_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.fits");
    let options = FitsOptions::new(&[4, 4], Format::F32);
    let (top, bottom) = (Region::new([0, 0], [2, 4]), Region::new([2, 0], [2, 4]));
    let sink = FitsSink::create(&path, &options).unwrap();
    sink.write(&tile(top.clone(), |at| at as f32)).unwrap();
    let outside = sink.write(&tile(Region::new([3, 0], [2, 4]), |_| 0f32)).unwrap_err().to_string();
    assert!(outside.contains("reaches beyond"), "{outside}");
    let e = sink.finish().unwrap_err().to_string();
    assert!(e.contains("8 of 16") && !path.exists(), "{e}");
    let other = FitsSink::resume(&path, &FitsOptions::new(&[4, 4], Format::I32)).unwrap_err().to_string();
    assert!(other.contains("BITPIX"), "{other}");
    let sink = FitsSink::resume(&path, &options).unwrap();
    sink.mark(&top);
    let handle = postcard::to_allocvec(sink.handle()).unwrap();
    let handle: reproject_chunk::SinkHandle = postcard::from_bytes(&handle).unwrap();
    handle.open().unwrap().write(&tile(bottom.clone(), |at| at as f32)).unwrap();
    sink.mark(&bottom);
    sink.finish().unwrap();
    assert_eq!(read::<f32>(&path, 0), tile(Region::whole(&[4, 4]), |at| at as f32).data);
    assert!(FitsSink::create(&path, &options).unwrap_err().to_string().contains("exists already"));
    let again = FitsSink::create(&path, &FitsOptions { overwrite: true, ..options }).unwrap();
    drop(again);
    assert_eq!(read::<f32>(&path, 0)[[3, 3]], 303.0, "the old file stays until the new one is whole");
}
