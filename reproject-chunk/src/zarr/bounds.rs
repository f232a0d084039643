//! Limits of what the metadata of a Zarr array may claim, checked before anything is made of it.

use super::shards::SHARDS;
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use zarrs::storage::{ReadableStorageTraits, StoreKey};

/// The longest metadata that are read: they hold a description and attributes, no pixels.
const LONGEST: u64 = 8 << 20;

/// Checks the size of the metadata of the array `inner`, and that their shapes belong together.
///
/// # Errors
/// Says what does not.
pub(super) fn check(storage: &dyn ReadableStorageTraits, inner: &str) -> Result<(), String> {
    for name in ["zarr.json", ".zarray", ".zattrs"] {
        let path = if inner.is_empty() { name.to_owned() } else { format!("{inner}/{name}") };
        let key = StoreKey::new(&path).map_err(|e| e.to_string())?;
        let Some(length) = storage.size_key(&key).map_err(|e| e.to_string())? else { continue };
        if length > LONGEST {
            return Err(format!("{path} has {length} bytes; metadata of more than {LONGEST} are not read"));
        }
        if name == ".zattrs" {
            continue;
        }
        let Some(bytes) = storage.get(&key).map_err(|e| e.to_string())? else { continue };
        let metadata = serde_json::from_slice(&bytes).map_err(|e| format!("{path} is no JSON: {e}"))?;
        shapes(&metadata).map_err(|why| format!("{path}: {why}"))?;
    }
    Ok(())
}

/// Whether a file is the metadata of an array of version 3, and not of a group.
pub(super) fn is_array(path: &Path) -> bool {
    let metadata = File::open(path).ok().map(|file| serde_json::from_reader(file.take(LONGEST)));
    let metadata: Option<Value> = metadata.and_then(Result::ok);
    metadata.is_some_and(|m| m.get("node_type").and_then(Value::as_str) == Some("array"))
}

fn shapes(metadata: &Value) -> Result<(), String> {
    let shape = lengths(&metadata["shape"], 0, "shape")?;
    let grid = &metadata["chunk_grid"]["configuration"]["chunk_shape"];
    let chunk = match lengths(if grid.is_null() { &metadata["chunks"] } else { grid }, 1, "chunk shape")? {
        Some(chunk) => chunk,
        None => return Ok(()),
    };
    let axes = shape.as_ref().map_or(chunk.len(), Vec::len);
    if chunk.len() != axes {
        return Err(format!("chunks of shape {chunk:?} cannot divide an array of {axes} axes"));
    }
    let codecs = metadata["codecs"].as_array().map(Vec::as_slice).unwrap_or_default();
    for codec in codecs.iter().filter(|c| c["name"] == SHARDS) {
        let Some(inner) = lengths(&codec["configuration"]["chunk_shape"], 1, "inner chunk shape")? else {
            return Err("its shards do not say into what they are divided".into());
        };
        let divides = inner.len() == axes && chunk.iter().zip(&inner).all(|(c, i)| c % i == 0);
        if !divides {
            return Err(format!("inner chunks of shape {inner:?} do not divide shards of shape {chunk:?}"));
        }
    }
    Ok(())
}

/// A list of lengths, each at least `least`; nothing where there is none.
fn lengths(list: &Value, least: u64, what: &str) -> Result<Option<Vec<u64>>, String> {
    let Some(list) = list.as_array() else { return Ok(None) };
    if list.len() > 64 {
        return Err(format!("its {what} has {} axes; 64 are the most", list.len()));
    }
    let length = |n: &Value| n.as_u64().filter(|n| (least..=i64::MAX as u64).contains(n));
    let all: Option<Vec<u64>> = list.iter().map(length).collect();
    all.map(Some).ok_or_else(|| {
        format!("its {what} is {}; lengths are whole numbers from {least}", Value::from(list.clone()))
    })
}
