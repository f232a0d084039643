//! Zarr: what zarr-python 3 writes reads the same, and what is written tile by tile reads back.
//!
//! The fixture is a zip file of a group whose arrays hold 0, 1, 2, … (times 0.5 for floats) in shape (7, 10), chunks (3, 4),
//! written by zarr-python 3: `v2` (big-endian float32, zlib), `v2f` (Fortran order, blosc), `v3` (uint16, gzip, chunk (1, 1)
//! left out, fill value 9) and `shards` (float64, shards (6, 8), zstd).

use super::read;
use reproject_chunk::{Format, ZarrArray, ZarrHandle, ZarrOptions, ZarrSink, ZarrSinkHandle};
use reproject_core::{ArraySink, ArraySource, Grid, Region, Tile};

#[test]
fn what_python_writes_reads_the_same() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/arrays.zarr.zip");
    for (name, format, step) in [
        ("v2", Format::F32, 0.5),
        ("v2f", Format::I32, 1.0),
        ("v3", Format::U16, 1.0),
        ("shards", Format::F64, 0.5),
    ] {
        let array = ZarrArray::open_in(path, name, 1 << 20).unwrap();
        assert_eq!((array.shape(), array.format()), (&[7usize, 10][..], format), "{name}");
        assert_eq!(ArraySource::<f64>::chunks(&array), Some(&[3usize, 4][..]), "{name}");
        for block in [100, 2] {
            let found = read::<f64>(&array, block).unwrap();
            for (at, v) in found.indexed_iter() {
                let gap = name == "v3" && (3..6).contains(&at[0]) && (4..8).contains(&at[1]);
                let want = if gap { 9.0 } else { (at[0] * 10 + at[1]) as f64 * step };
                assert_eq!(*v, want, "{name} {at:?}");
            }
        }
        assert_eq!(array.cache_counts().made, 9, "{name}: every chunk is decoded once");
    }
    assert!(ZarrArray::open_in(path, "absent", 0).unwrap_err().to_string().contains("arrays.zarr.zip"));
}

fn tile(region: Region) -> Tile<f32> {
    let mut tile = Tile::blank(region.clone(), 0.0);
    for (index, v) in tile.data.indexed_iter_mut() {
        *v = (0..region.ndim()).fold(0, |n, k| n * 100 + region.start[k] + index[k]) as f32;
    }
    tile.weight.fill(0.25);
    tile
}

#[test]
fn tiles_of_any_shape_make_the_array() {
    let dir = tempfile::tempdir().unwrap();
    for (n, (format, shard, level, block)) in [
        (Format::F32, None, Some(1), 5),
        (Format::F64, Some(vec![8, 8]), Some(3), 8),
        (Format::I16, Some(vec![8, 12]), None, 3),
    ]
    .into_iter()
    .enumerate()
    {
        let path = dir.path().join(format!("out{n}.zarr"));
        let foot = dir.path().join(format!("foot{n}.zarr"));
        let shape = [19, 22];
        let mut options = ZarrOptions { shard, level, ..ZarrOptions::new(&shape, format, &[4, 4]) };
        options.footprint = Some((foot.clone(), Format::F32));
        options.attributes.insert("header".into(), "CRVAL1  = 1".into());
        let sink = ZarrSink::create(&path, &options).unwrap();
        assert!(ZarrSink::create(&path, &options).unwrap_err().to_string().contains("another run"));
        let blocks: Vec<_> = Grid::new(&shape, &[block, block]).unwrap().iter().collect();
        std::thread::scope(|s| {
            for part in blocks.chunks(blocks.len().div_ceil(3)) {
                let sink = &sink;
                s.spawn(move || part.iter().for_each(|b| sink.write(&tile(b.clone())).unwrap()));
            }
        });
        assert!(!path.exists());
        sink.finish().unwrap();
        let array = ZarrArray::open(&path, 1 << 16).unwrap();
        assert_eq!(read::<f32>(&array, 7).unwrap(), tile(Region::whole(&shape)).data);
        assert!(array.attributes().contains("CRVAL1"));
        let bytes = postcard::to_allocvec(&array.handle()).unwrap();
        let again: ZarrHandle = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(again.open().unwrap().shape(), shape);
        assert!(read::<f32>(&ZarrArray::open(&foot, 0).unwrap(), 100).unwrap().iter().all(|w| *w == 0.25));
        assert!(ZarrSink::create(&path, &options).unwrap_err().to_string().contains("exists already"));
    }
}

#[test]
fn an_interrupted_run_is_taken_up_by_other_processes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.zarr");
    let options = ZarrOptions::new(&[6, 4], Format::F32, &[3, 4]);
    let (top, bottom) = (Region::new([0, 0], [3, 4]), Region::new([3, 0], [3, 4]));
    let sink = ZarrSink::create(&path, &options).unwrap();
    sink.write(&tile(top.clone())).unwrap();
    assert!(sink.finish().unwrap_err().to_string().contains("12 of 24"));
    let other = ZarrOptions { level: None, ..options.clone() };
    assert!(ZarrSink::resume(&path, &other).unwrap_err().to_string().contains("other options"));
    let sink = ZarrSink::resume(&path, &options).unwrap();
    sink.mark(&top);
    let bytes = postcard::to_allocvec(&sink.handle()).unwrap();
    let writer = postcard::from_bytes::<ZarrSinkHandle>(&bytes).unwrap().open().unwrap();
    let partial = writer.write(&tile(Region::new([3, 0], [1, 4]))).unwrap_err().to_string();
    assert!(partial.contains("align blocks"), "{partial}");
    writer.write(&tile(bottom.clone())).unwrap();
    sink.mark(&bottom);
    sink.finish().unwrap();
    assert_eq!(
        read::<f32>(&ZarrArray::open(&path, 0).unwrap(), 9).unwrap(),
        tile(Region::whole(&[6, 4])).data
    );
    let again = ZarrOptions { overwrite: true, ..options };
    let sink = ZarrSink::create(&path, &again).unwrap();
    sink.write(&tile(Region::whole(&[6, 4]))).unwrap();
    sink.finish().unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing but the array is left");
    std::fs::create_dir(dir.path().join("precious")).unwrap();
    let e = ZarrSink::create(dir.path().join("precious"), &again).unwrap_err().to_string();
    assert!(e.contains("no Zarr array"), "{e}");
}

#[test]
fn damaged_arrays_are_errors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    let sink = ZarrSink::create(&path, &ZarrOptions::new(&[6, 4], Format::F32, &[3, 4])).unwrap();
    sink.write(&tile(Region::whole(&[6, 4]))).unwrap();
    sink.finish().unwrap();
    let meta = std::fs::read_to_string(path.join("zarr.json")).unwrap();
    std::fs::write(path.join("c/0/0"), [1, 2, 3]).unwrap();
    assert!(
        read::<f32>(&ZarrArray::open(&path, 0).unwrap(), 9).unwrap_err().to_string().contains("chunk [0, 0]")
    );
    let flat: String = meta.split_whitespace().collect();
    for (from, to) in [
        ("\"chunk_shape\":[3,4]", "\"chunk_shape\":[4000000000,4000000000]"),
        ("\"chunk_shape\":[3,4]", "\"chunk_shape\":[0,4]"),
        ("\"chunk_shape\":[3,4]", "\"chunk_shape\":[3000000000,3000000000]"),
        ("\"shape\":[6,4]", "\"shape\":[1e300,4]"),
        ("\"shape\":[6,4]", "\"shape\":[99999999999999999999999,4]"),
        ("\"shape\":[6,4]", "\"shape\":[-6,4]"),
        ("\"shape\":[6,4]", "\"shape\":[6,4,4]"),
        ("float32", "complex64"),
        ("zstd", "unheard-of"),
    ] {
        assert!(flat.contains(from), "{from} in {flat}");
        std::fs::write(path.join("zarr.json"), flat.replace(from, to)).unwrap();
        assert!(ZarrArray::open(&path, 0).is_err(), "{to}");
    }
}

/// Chunks of 4 GB that are absent hold the fill value in no memory; of one that is there, a few bytes cannot be as much.
#[test]
fn large_chunks_need_bytes_that_hold_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    drop(ZarrSink::create(&path, &ZarrOptions::new(&[6, 4], Format::F32, &[3, 4])).unwrap());
    let part = dir.path().join("a.zarr.part");
    let flat: String = std::fs::read_to_string(part.join("zarr.json")).unwrap().split_whitespace().collect();
    let large = flat.replace("\"chunk_shape\":[3,4]", "\"chunk_shape\":[32768,32768]");
    assert!(large != flat);
    std::fs::write(part.join("zarr.json"), large).unwrap();
    let array = ZarrArray::open(&part, 1 << 20).unwrap();
    assert!(read::<f32>(&array, 9).unwrap().iter().all(|v| v.is_nan()));
    std::fs::create_dir_all(part.join("c/0")).unwrap();
    std::fs::write(part.join("c/0/0"), [0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0]).unwrap();
    let array = ZarrArray::open(&part, 1 << 20).unwrap();
    let error = read::<f32>(&array, 9).unwrap_err().to_string();
    assert!(error.contains("chunk [0, 0]") && error.contains("cannot hold"), "{error}");
}
