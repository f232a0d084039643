//! Zarr stores whose metadata or chunks claim more than they hold: an error that names the store, before there is memory for it.

use super::damage::{alone, measured, pixels};
use reproject_chunk::{Format, ZarrArray, ZarrOptions, ZarrSink};
use reproject_core::{ArraySink, Region, Tile};
use std::io::Write;
use std::path::Path;

/// A store of 6 × 4 float32 in chunks of 3 × 4, or in one shard of such chunks.
fn store(path: &Path, sharded: bool) -> String {
    let shard = sharded.then(|| vec![6, 4]);
    let sink =
        ZarrSink::create(path, &ZarrOptions { shard, ..ZarrOptions::new(&[6, 4], Format::F32, &[3, 4]) });
    let sink = sink.unwrap();
    let mut tile = Tile::<f32>::blank(Region::whole(&[6, 4]), 0.0);
    tile.data.fill(1.5);
    sink.write(&tile).unwrap();
    sink.finish().unwrap();
    pixels(&ZarrArray::open(path, 0).unwrap()).unwrap();
    std::fs::read_to_string(path.join("zarr.json")).unwrap().split_whitespace().collect()
}

/// Reading fails with a word, and takes little memory.
fn refused(path: &Path, word: &str) {
    let (outcome, taken) = measured(|| pixels(&ZarrArray::open(path, 1 << 20)?));
    let error = outcome.expect_err(word).to_string();
    assert!(error.contains(word) && error.contains("a.zarr"), "{word}: {error}");
    assert!(taken < 8 << 20, "{word}: {taken} bytes");
}

/// The metadata with the codec that packs chunks replaced by another.
fn packed_by(metadata: &str, codec: &str) -> String {
    let start = metadata.rfind("{\"name\":\"zstd\"").unwrap();
    let end = start + metadata[start..].find("}}").unwrap() + 2;
    format!("{}{codec}{}", &metadata[..start], &metadata[end..])
}

#[test]
fn claims_are_looked_at_before_there_is_memory_for_them() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    let metadata = store(&path, false);
    let (json, chunk) = (path.join("zarr.json"), path.join("c/0/0"));
    // A Zstandard frame (RFC 8878, section 3.1.1.1) whose header says that it holds 32 TB.
    let mut frame = b"\x28\xb5\x2f\xfd\xe0".to_vec();
    frame.extend((32u64 << 40).to_le_bytes());
    frame.extend([1, 0, 0]);
    std::fs::write(&chunk, &frame).unwrap();
    refused(&path, "zstd");
    // A Blosc buffer that says that it holds 2 GB; and one that is shorter than it says.
    let blosc =
        r#"{"name":"blosc","configuration":{"cname":"lz4","clevel":5,"shuffle":"noshuffle","blocksize":0}}"#;
    std::fs::write(&json, packed_by(&metadata, blosc)).unwrap();
    let head = |holds: u32, block: u32, length: u32| {
        [&[2, 1, 0x21, 4][..], &holds.to_le_bytes(), &block.to_le_bytes(), &length.to_le_bytes(), &[0; 16]]
            .concat()
    };
    for (holds, block, length) in [(2_000_000_000, 48, 32), (48, 2_000_000_000, 32), (48, 48, 1 << 30)] {
        std::fs::write(&chunk, head(holds, block, length)).unwrap();
        refused(&path, "Blosc header claims");
    }
    // A megabyte of zeros for 48 bytes of pixels.
    for codec in ["gzip", "numcodecs.zlib", "numcodecs.bz2"] {
        let name = format!(r#"{{"name":"{codec}","configuration":{{"level":5}}}}"#);
        std::fs::write(&json, packed_by(&metadata, &name)).unwrap();
        let zeros = vec![0; 1 << 20];
        let bytes = match codec {
            "gzip" => {
                let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                zip.write_all(&zeros).unwrap();
                zip.finish().unwrap()
            }
            "numcodecs.zlib" => {
                let mut zip = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
                zip.write_all(&zeros).unwrap();
                zip.finish().unwrap()
            }
            _ => {
                let mut zip = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
                zip.write_all(&zeros).unwrap();
                zip.finish().unwrap()
            }
        };
        std::fs::write(&chunk, bytes).unwrap();
        refused(&path, "hold more than");
    }
    // A chunk of a gigabyte where 48 bytes are packed.
    std::fs::File::create(&chunk).unwrap().set_len(1 << 30).unwrap();
    refused(&path, "more than its 48 bytes");
    // Metadata of 3 GB, and such as cannot be.
    for (from, to, word) in [
        ("\"chunk_shape\":[3,4]", "\"chunk_shape\":[3,4,1]", "cannot divide an array of 2 axes"),
        ("\"chunk_shape\":[3,4]", "\"chunk_shape\":[3,0]", "chunk shape"),
        ("\"shape\":[6,4]", "\"shape\":[6,-4]", "shape"),
    ] {
        std::fs::write(&json, metadata.replacen(from, to, 1)).unwrap();
        refused(&path, word);
    }
    std::fs::File::create(&json).unwrap().set_len(3 << 30).unwrap();
    refused(&path, "3221225472 bytes");
}

#[test]
fn shards_hold_what_their_index_says() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zarr");
    let metadata = store(&path, true);
    let json = path.join("zarr.json");
    let (outer, inner) = ("\"chunk_shape\":[6,4]", "\"chunk_shape\":[3,4]");
    assert!(metadata.contains(outer) && metadata.contains(inner), "{metadata}");
    for (from, to, word) in [
        (inner, "\"chunk_shape\":[3,4,1]", "do not divide"),
        (inner, "\"chunk_shape\":[4,4]", "do not divide"),
        (inner, "\"chunk_shape\":[0,4]", "inner chunk shape"),
        (outer, "\"chunk_shape\":[3000000000000,4]", "cannot hold its index"),
    ] {
        std::fs::write(&json, metadata.replacen(from, to, 1)).unwrap();
        refused(&path, word);
    }
    std::fs::write(&json, &metadata).unwrap();
    // The index stands at the end: offset and length of each chunk, and a check sum (CRC-32C), which is left out here.
    let bare =
        metadata.replace(r#",{"name":"crc32c"}"#, "").replace(r#",{"name":"crc32c","configuration":{}}"#, "");
    assert!(bare.len() < metadata.len(), "{metadata}");
    let shard = path.join("c/0/0");
    let whole = std::fs::read(&shard).unwrap();
    let whole = &whole[..whole.len() - 4];
    std::fs::write(&json, bare).unwrap();
    std::fs::write(&shard, whole).unwrap();
    pixels(&ZarrArray::open(&path, 0).unwrap()).unwrap();
    for (at, number) in
        [(32, 1u64 << 40), (32, u64::MAX - 1), (24, 1 << 40), (24, 1 << 31), (24, u64::MAX - 8)]
    {
        let mut bytes = whole.to_vec();
        let start = bytes.len() - at;
        bytes[start..start + 8].copy_from_slice(&number.to_le_bytes());
        std::fs::write(&shard, bytes).unwrap();
        refused(&path, "");
    }
}
