//! Mutants of Zarr stores, versions 2 and 3: metadata, chunks and shards; the rules are those of `mutants.rs`.

use super::damage::change::change_number;
use super::damage::soak::soak;
use super::damage::{Random, alone, pixels};
use reproject_chunk::ZarrArray;
use serde_json::Value;
use std::path::Path;

/// The files of an array in the fixture, by their names in it.
fn files(name: &str) -> Vec<(String, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/arrays.zarr.zip");
    let archive = std::fs::read(path).unwrap();
    let number = |at: usize, n: usize| archive[at..at + n].iter().rev().fold(0, |s, &b| s << 8 | b as usize);
    let (mut at, mut found) = (0, Vec::new());
    // Its files are stored as they are, one behind the other.
    while archive[at..].starts_with(b"PK\x03\x04") {
        let (length, named, more) = (number(at + 18, 4), number(at + 26, 2), number(at + 28, 2));
        let start = at + 30 + named + more;
        let key = String::from_utf8_lossy(&archive[at + 30..at + 30 + named]).into_owned();
        if let Some(key) = key.strip_prefix(&format!("{name}/")) {
            found.push((key.to_owned(), archive[start..start + length].to_vec()));
        }
        at = start + length;
    }
    assert!(found.len() > 3, "{name}");
    found
}

/// The value number `n` of a document, counted from its root.
fn nth<'a>(value: &'a mut Value, n: &mut usize) -> Option<&'a mut Value> {
    if *n == 0 {
        return Some(value);
    }
    *n -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|v| nth(v, n)),
        Value::Object(map) => map.values_mut().find_map(|v| nth(v, n)),
        _ => None,
    }
}

const JSON: &[&str] = &[
    "0",
    "1",
    "2",
    "-1",
    "7",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "1e300",
    "null",
    "true",
    "[]",
    "{}",
    "[1]",
    "[3, 4, 5]",
    "[0, 0]",
    "[100000, 100000]",
    "[4294967296, 4294967296]",
    "[4294967295, 4294967295]",
    "\"NaN\"",
    "\"float64\"",
    "\"<f8\"",
    "\"|O\"",
    "\"F\"",
    "\"zstd\"",
    "\"sharding_indexed\"",
    "[{\"name\": \"bytes\"}]",
    "\"start\"",
    "[{\"name\": \"bytes\", \"configuration\": {\"endian\": \"little\"}}, {\"name\": \"gzip\", \"configuration\": {\"level\": 5}}]",
];

/// Changes a document in one place.
fn change_json(bytes: &mut Vec<u8>, random: &mut Random) {
    let Ok(mut document) = serde_json::from_slice::<Value>(bytes) else { return };
    let new = serde_json::from_str(random.of(JSON)).unwrap();
    if let Some(place) = nth(&mut document, &mut random.below(60)) {
        *place = new;
    }
    *bytes = document.to_string().into_bytes();
}

/// Metadata, chunks and shards of stores in both versions.
#[test]
fn mutants_of_zarr_stores() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mutant.zarr");
    let bases = ["v2", "v2f", "v3", "shards"].map(files);
    let mutant = |random: &mut Random| {
        let mut store = bases[random.below(bases.len())].clone();
        for _ in 0..1 + random.below(3) {
            let file = random.below(store.len());
            let (name, bytes) = &mut store[file];
            let metadata = name.contains(".z") || name.ends_with("zarr.json");
            match random.below(8) {
                0 => bytes.truncate(random.below(bytes.len())),
                1..=3 if !metadata => change_number(bytes, random, 32),
                4 if !metadata => {
                    let end = bytes.len().saturating_sub(80);
                    change_number(&mut bytes[end..], random, usize::MAX);
                }
                5 => change_number(bytes, random, usize::MAX),
                6 => bytes.clear(),
                _ => store
                    .iter_mut()
                    .filter(|(name, _)| name.ends_with("zarr.json") || name == ".zarray")
                    .for_each(|(_, bytes)| change_json(bytes, random)),
            }
        }
        let _ = std::fs::remove_dir_all(&path);
        for (name, bytes) in &store {
            let file = path.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes).unwrap();
        }
        store.iter().map(|(_, bytes)| bytes.len()).sum()
    };
    soak(4, &path, mutant, || pixels(&ZarrArray::open(&path, 1 << 20)?));
}
