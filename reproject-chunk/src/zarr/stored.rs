//! Stored bytes of a chunk to its pixels, by the array's codecs: none of them makes more bytes than the chunk can have.

use super::options;
use super::shards::{SHARDS, configuration};
use std::io::Read;
use std::num::NonZeroU64;
use std::sync::Arc;
use zarrs::array::codec::CodecChain;
use zarrs::array::{
    ArrayMetadata, ArrayToArrayCodecTraits, ArrayToBytesCodecTraits, BytesRepresentation,
    BytesToBytesCodecTraits, DataType, FillValue,
};
use zarrs::metadata::v3::MetadataV3;

/// Bytes that codecs may add to the pixels of a chunk that they do not make smaller.
const SLACK: u64 = 64 << 10;

/// The codecs of a chunk, or of an inner chunk of a shard.
pub(super) struct Stored {
    pixels: CodecChain,
    /// Those that make bytes of bytes, the one applied last first.
    packings: Vec<Arc<dyn BytesToBytesCodecTraits>>,
}

impl Stored {
    /// Those of a chain, or of the shards in it.
    ///
    /// # Errors
    /// If shards lie in other codecs or in each other.
    pub(super) fn new(chain: &CodecChain, metadata: &ArrayMetadata, sharded: bool) -> Result<Self, String> {
        if !sharded {
            let (first, last) = (chain.array_to_array_codecs(), chain.array_to_bytes_codec());
            let pixels = CodecChain::new(first.to_vec(), last.clone(), Vec::new());
            let packings = chain.bytes_to_bytes_codecs().iter().rev().cloned().collect();
            return Ok(Self { pixels, packings });
        }
        let inner: Vec<MetadataV3> = configuration(metadata)
            .and_then(|c| c.get("codecs"))
            .and_then(|codecs| serde_json::from_value(codecs.clone()).ok())
            .filter(|codecs: &Vec<MetadataV3>| codecs.iter().all(|c| c.name() != SHARDS))
            .ok_or("its shards lie in other codecs or in each other, which is not read")?;
        let chain = CodecChain::from_metadata(&inner).map_err(|e| e.to_string())?;
        Self::new(&chain, metadata, false)
    }

    /// The most bytes that so many pixels of so many bytes may have on the way: filters may keep numbers as wider ones.
    pub(super) fn most(&self, pixels: u64, length: u64) -> u64 {
        let turns =
            |codec: &Arc<dyn ArrayToArrayCodecTraits>| codec.name_v3().is_some_and(|n| n == "transpose");
        let same = self.pixels.array_to_array_codecs().iter().all(turns);
        let widest = if same { length } else { pixels.saturating_mul(16) };
        widest.saturating_add(SLACK)
    }

    /// The pixels of a chunk of `shape`, in the byte order of this machine.
    pub(super) fn decode(
        &self,
        mut bytes: Vec<u8>,
        shape: &[NonZeroU64],
        data_type: &DataType,
        fill: &FillValue,
        most: u64,
    ) -> Result<Vec<u8>, String> {
        for codec in &self.packings {
            bytes = unpack(&**codec, bytes, most)?;
        }
        let pixels = self.pixels.decode(bytes.into(), shape, data_type, fill, &options());
        let pixels = pixels.and_then(|p| p.into_fixed().map_err(Into::into)).map_err(|e| e.to_string())?;
        Ok(pixels.into_owned())
    }
}

/// Undoes one codec; `most` bytes may come of it.
fn unpack(codec: &dyn BytesToBytesCodecTraits, bytes: Vec<u8>, most: u64) -> Result<Vec<u8>, String> {
    let name = codec.name_v3().or_else(|| codec.name_v2()).unwrap_or_default();
    let name = name.rsplit('.').next().unwrap_or_default();
    let damaged = |e: std::io::Error| format!("its {name} data are damaged: {e}");
    let limited = |stream: &mut dyn Read| {
        let mut out = memory(most)?;
        stream.take(most + 1).read_to_end(&mut out).map_err(damaged)?;
        if out.len() as u64 > most {
            return Err(format!("its {name} data hold more than the {most} bytes that it can have"));
        }
        Ok(out)
    };
    match name {
        "zstd" => {
            let mut out = memory(most)?;
            let mut machine = zstd::bulk::Decompressor::new().map_err(damaged)?;
            machine.decompress_to_buffer(&bytes, &mut out).map_err(damaged)?;
            Ok(out)
        }
        "gzip" => limited(&mut flate2::read::GzDecoder::new(&bytes[..])),
        "zlib" => limited(&mut flate2::read::ZlibDecoder::new(&bytes[..])),
        "bz2" => limited(&mut bzip2::read::BzDecoder::new(&bytes[..])),
        _ => {
            if name == "blosc" {
                blosc(&bytes, most)?;
            }
            let size = BytesRepresentation::BoundedSize(most);
            let bytes = codec.decode(bytes.into(), &size, &options()).map_err(|e| e.to_string())?;
            Ok(bytes.into_owned())
        }
    }
}

/// Room for so many bytes and a little more, or an error where there is none.
pub(super) fn memory(length: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let wanted = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(64);
    bytes.try_reserve_exact(wanted).map_err(|_| format!("there is no memory for its {length} bytes"))?;
    Ok(bytes)
}

/// Checks the header of a Blosc buffer (the chunk format of C-Blosc 1): lengths of what it holds, of a block and of itself.
fn blosc(bytes: &[u8], most: u64) -> Result<(), String> {
    let word = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let (Some(holds), Some(block), Some(length)) = (word(4), word(8), word(12)) else {
        return Err("its Blosc header was cut short".into());
    };
    if u64::from(holds) > most {
        return Err(format!("its Blosc header claims {holds} bytes, and it can have {most}"));
    }
    memory(holds.into())?;
    if length as usize != bytes.len() || block > holds.max(128) {
        return Err(format!(
            "its Blosc header claims {length} bytes in blocks of {block}, and there are {}",
            bytes.len()
        ));
    }
    Ok(())
}
