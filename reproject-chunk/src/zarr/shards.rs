//! Shards (the sharding codec of Zarr 3): many inner chunks in a file, with an index of where each of them lies.

use super::options;
use super::stored::memory;
use serde_json::Value;
use std::collections::HashMap;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};
use zarrs::array::codec::CodecChain;
use zarrs::array::{ArrayMetadata, ArrayToBytesCodecTraits, FillValue, data_type};
use zarrs::metadata::v3::MetadataV3;
use zarrs::storage::byte_range::ByteRange;
use zarrs::storage::{ReadableStorageTraits, StoreKey};

/// The name of the codec.
pub(super) const SHARDS: &str = "sharding_indexed";

/// Numbers of indices that are kept.
const KEPT: usize = 1 << 22;

/// How the shards of an array are divided, and the indices that have been read.
pub(super) struct Shards {
    /// Inner chunks along every axis of a shard.
    parts: Vec<NonZeroU64>,
    codecs: CodecChain,
    /// Bytes of an index, its check sum included.
    length: u64,
    first: bool,
    read: Mutex<HashMap<String, Arc<[u64]>>>,
}

/// The configuration of shards that are an array's only codec.
pub(super) fn configuration(metadata: &ArrayMetadata) -> Option<&serde_json::Map<String, Value>> {
    match metadata {
        ArrayMetadata::V3(metadata) => match &metadata.codecs[..] {
            [only] if only.name() == SHARDS => only.configuration().map(|c| &**c),
            _ => None,
        },
        ArrayMetadata::V2(_) => None,
    }
}

impl Shards {
    /// Shards of shape `whole`, divided into chunks of shape `chunk`.
    ///
    /// # Errors
    /// If they lie in other codecs, or their index is stored in a way without a fixed length.
    pub(super) fn new(
        metadata: &ArrayMetadata,
        whole: &[NonZeroU64],
        chunk: &[usize],
    ) -> Result<Self, String> {
        let configuration =
            configuration(metadata).ok_or("its shards lie in other codecs, which is not read")?;
        let codecs = configuration.get("index_codecs").cloned().unwrap_or_default();
        let codecs: Vec<MetadataV3> =
            serde_json::from_value(codecs).map_err(|e| format!("the codecs of its shards' index: {e}"))?;
        let parts = whole.iter().zip(chunk).map(|(w, &c)| NonZeroU64::new(w.get() / (c as u64).max(1)));
        let parts = parts.collect::<Option<Vec<_>>>().ok_or("its inner chunks are larger than its shards")?;
        // Two numbers of 8 bytes for every inner chunk.
        let mut length = parts.iter().fold(16, |n: u64, p| n.saturating_mul(p.get()));
        for codec in &codecs {
            match codec.name() {
                "bytes" => {}
                "crc32c" => length = length.saturating_add(4),
                other => return Err(format!("its shards' index is stored by {other}, which is not read")),
            }
        }
        Ok(Self {
            parts,
            length,
            codecs: CodecChain::from_metadata(&codecs).map_err(|e| e.to_string())?,
            first: configuration.get("index_location").is_some_and(|l| l == "start"),
            read: Mutex::default(),
        })
    }

    /// Where the inner chunk `at` of a shard of `stored` bytes starts, and its length; nothing where it is absent.
    pub(super) fn find(
        &self,
        storage: &dyn ReadableStorageTraits,
        key: &StoreKey,
        stored: u64,
        at: &[u64],
    ) -> Result<Option<(u64, u64)>, String> {
        let index = self.index(storage, key, stored)?;
        let number = at.iter().zip(&self.parts).fold(0, |n, (&i, p)| n * p.get() + i % p.get()) as usize;
        let [start, length] = [index[2 * number], index[2 * number + 1]];
        if [start, length] == [u64::MAX; 2] {
            return Ok(None);
        }
        if start.checked_add(length).is_none_or(|end| end > stored) {
            return Err(format!("it is said to be {length} bytes from byte {start} of a shard of {stored}"));
        }
        Ok(Some((start, length)))
    }

    fn index(
        &self,
        storage: &dyn ReadableStorageTraits,
        key: &StoreKey,
        stored: u64,
    ) -> Result<Arc<[u64]>, String> {
        let lock = || self.read.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(index) = lock().get(key.as_str()) {
            return Ok(index.clone());
        }
        let length = self.length;
        if length > stored {
            return Err(format!("a shard of {stored} bytes cannot hold its index of {length} bytes"));
        }
        memory(length)?;
        let start = if self.first { 0 } else { stored - length };
        let range = ByteRange::FromStart(start, Some(length));
        let bytes =
            storage.get_partial(key, range).map_err(|e| e.to_string())?.ok_or("its shard has gone")?;
        let pair = NonZeroU64::MIN.saturating_add(1);
        let shape: Vec<NonZeroU64> = self.parts.iter().copied().chain([pair]).collect();
        let fill = FillValue::from(u64::MAX);
        let numbers =
            self.codecs.decode(bytes.to_vec().into(), &shape, &data_type::uint64(), &fill, &options());
        let numbers = numbers.and_then(|n| n.into_fixed().map_err(Into::into));
        let numbers = numbers.map_err(|e| format!("its shard's index is damaged: {e}"))?;
        let index: Arc<[u64]> = numbers.as_chunks().0.iter().map(|b| u64::from_ne_bytes(*b)).collect();
        if index.len() as u64 != 2 * self.parts.iter().map(|p| p.get()).product::<u64>() {
            return Err("its shard's index has another length than it has inner chunks".into());
        }
        let mut read = lock();
        if read.values().map(|index| index.len()).sum::<usize>() + index.len() > KEPT {
            read.clear();
        }
        read.insert(key.as_str().to_owned(), index.clone());
        Ok(index)
    }
}
