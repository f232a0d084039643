//! Writing tiles into the chunks of a Zarr array, in the process that creates it and in others.

use super::store::Folder as Store;
use super::{error, options, touched};
use crate::decode::Encoding;
use crate::element::Element;
use crate::encode::encode;
use ndarray::{ArrayD, IxDyn};
use reproject_core::{ArraySink, Error, Region, Result, Tile, Why};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use zarrs::array::{Array, ArrayBytes};

/// An open array, its stored type, and the turn for chunks that several tiles share.
pub(super) struct One {
    pub(super) array: Array<Store>,
    pub(super) path: PathBuf,
    pub(super) shape: Vec<usize>,
    /// Pixels that are written at once along every axis: a shard, or a chunk.
    pub(super) unit: Vec<usize>,
    encoding: Encoding,
    turn: Mutex<()>,
    shared: bool,
}

impl One {
    pub(super) fn new(array: Array<Store>, path: PathBuf, blank: Option<i128>, shared: bool) -> Result<Self> {
        let format = super::format_of(array.data_type());
        let format = format.ok_or_else(|| error(&path, "cannot be written", "its type is no number type"))?;
        let shape: Vec<usize> = array.shape().iter().map(|&n| n as usize).collect();
        let unit = array
            .chunk_shape_usize(&vec![0; shape.len()])
            .map_err(|e| error(&path, "cannot be written", e.to_string()))?;
        let blank = blank.filter(|_| !format.is_float());
        let encoding = Encoding { blank, ..Encoding::native(format) };
        Ok(Self { array, path, shape, unit, encoding, turn: Mutex::new(()), shared })
    }

    pub(super) fn put<T: Element>(&self, region: &Region, pixels: &ArrayD<T>) -> Result<()> {
        self.each_chunk(region, |index| self.chunk(index, region, pixels))
    }

    /// The check sum of what the array holds of a region.
    pub(super) fn digest(&self, region: &Region, sum: &mut flate2::Crc) -> Result<()> {
        self.each_chunk(region, |index| {
            let (whole, common) = self.common(index, region);
            let size = self.encoding.format.size();
            // Not while another tile of the same chunk is written.
            let turn = self.turn.lock().unwrap_or_else(|e| e.into_inner());
            let stored = self.stored(index, region)?;
            drop(turn);
            for range in ranges(&common.relative_to(&whole.start), &self.unit, size) {
                sum.update(&stored[range]);
            }
            Ok(())
        })
    }

    /// The chunk at `index`, and what of a region lies in it.
    fn common(&self, index: &[usize], region: &Region) -> (Region, Region) {
        let start: Vec<usize> = index.iter().zip(&self.unit).map(|(i, u)| i * u).collect();
        let whole = Region::new(start, self.unit.clone());
        let common = whole.intersect(region);
        (whole, common)
    }

    fn wrong(&self, region: &Region, why: impl Into<Why>) -> Error {
        error(&self.path, &format!("block {region} cannot be written"), why)
    }

    /// The decoded bytes of a chunk as it is stored now.
    fn stored(&self, index: &[usize], region: &Region) -> Result<Vec<u8>> {
        let at: Vec<u64> = index.iter().map(|&i| i as u64).collect();
        let old = self.array.retrieve_chunk_opt::<ArrayBytes<'static>>(&at, &options());
        let old = old.map_err(|e| self.wrong(region, super::why(e)))?;
        let old = old.into_fixed().map_err(|e| self.wrong(region, e.to_string()))?;
        Ok(old.into_owned())
    }

    fn each_chunk(&self, region: &Region, mut f: impl FnMut(&[usize]) -> Result<()>) -> Result<()> {
        if region.is_empty() {
            return Ok(());
        }
        let ranges = touched(region, &self.unit);
        let mut index: Vec<usize> = ranges.iter().map(|r| r.start).collect();
        loop {
            f(&index)?;
            let Some(axis) = (0..index.len()).rev().find(|&k| index[k] + 1 < ranges[k].end) else {
                return Ok(());
            };
            index[axis] += 1;
            for k in axis + 1..index.len() {
                index[k] = ranges[k].start;
            }
        }
    }

    /// Writes the part of a tile that lies in one chunk.
    fn chunk<T: Element>(&self, index: &[usize], region: &Region, pixels: &ArrayD<T>) -> Result<()> {
        let (whole, common) = self.common(index, region);
        let inside = whole.intersect(&Region::whole(&self.shape));
        let at: Vec<u64> = index.iter().map(|&i| i as u64).collect();
        let blank = T::BLANK.unwrap_or_default();
        let mut chunk = ArrayD::from_elem(IxDyn(&self.unit), blank);
        let part = pixels.slice(&common.relative_to(&region.start).slices()[..]);
        chunk.slice_mut(&common.relative_to(&whole.start).slices()[..]).assign(&part);
        let size = self.encoding.format.size();
        let mut bytes = vec![0; chunk.len() * size];
        encode(&self.encoding, chunk.as_slice().unwrap_or(&[]), &mut bytes);
        let store = |bytes: Vec<u8>| {
            let stored = self.array.store_chunk_opt(&at, ArrayBytes::new_flen(bytes), &options());
            stored.map_err(|e| self.wrong(region, super::why(e)))
        };
        if common == inside {
            return store(bytes);
        }
        if self.shared {
            let why = format!(
                "several processes write, and it is no whole chunk of {:?}; align blocks to it",
                self.unit
            );
            return Err(self.wrong(region, why));
        }
        let _turn = self.turn.lock().unwrap_or_else(|e| e.into_inner());
        let mut merged = self.stored(index, region)?;
        for range in ranges(&common.relative_to(&whole.start), &self.unit, size) {
            merged[range.clone()].copy_from_slice(&bytes[range]);
        }
        store(merged)
    }
}

/// The runs of a box in a chunk of shape `unit`, as ranges of the bytes of pixels of `size` bytes.
fn ranges(part: &Region, unit: &[usize], size: usize) -> impl Iterator<Item = Range<usize>> {
    part.runs(unit).map(move |(first, count)| first as usize * size..(first as usize + count) * size)
}

/// A handle on the arrays of an unfinished output, by which another process writes tiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZarrSinkHandle {
    data: PathBuf,
    weight: Option<PathBuf>,
    blank: Option<i128>,
}

impl ZarrSinkHandle {
    pub(super) fn new(data: &One, weight: Option<&One>) -> Self {
        let weight = weight.map(|weight| weight.path.clone());
        Self { data: data.path.clone(), weight, blank: data.encoding.blank }
    }

    /// Opens the arrays for writing tiles of whole chunks (or shards).
    ///
    /// # Errors
    /// If they have gone.
    pub fn open(&self) -> Result<ZarrWriter> {
        let one = |path: &PathBuf| {
            let wrong = |e: String| error(path, "cannot be opened for writing", e);
            let array = Array::open(Arc::new(Store::new(path)), "/").map_err(|e| wrong(e.to_string()))?;
            One::new(array, path.clone(), self.blank, true)
        };
        Ok(ZarrWriter { data: one(&self.data)?, weight: self.weight.as_ref().map(one).transpose()? })
    }
}

/// Writes tiles into an output that another process creates and finishes.
pub struct ZarrWriter {
    data: One,
    weight: Option<One>,
}

impl std::fmt::Debug for ZarrWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ZarrWriter({}, {:?})", self.data.path.display(), self.data.shape)
    }
}

impl<T: Element> ArraySink<T> for ZarrWriter {
    fn shape(&self) -> &[usize] {
        &self.data.shape
    }

    fn write(&self, tile: &Tile<T>) -> Result<()> {
        crate::layout::check(tile, &self.data.shape)?;
        self.data.put(&tile.region, &tile.data)?;
        self.weight.as_ref().map_or(Ok(()), |w| w.put(&tile.region, &tile.weight))
    }

    fn chunks(&self) -> Option<&[usize]> {
        Some(&self.data.unit)
    }
}
