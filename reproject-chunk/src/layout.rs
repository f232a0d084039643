//! An array inside a file that is written: where it starts and how its numbers are stored. Tiles go in place, without locks.

use crate::decode::Encoding;
use crate::element::Element;
use crate::encode::encode;
use crate::files::{read_exact_at, write_all_at};
use ndarray::ArrayD;
use reproject_core::{Error, Place, Region, Result, SharedMap, Tile};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// An array in C order without gaps, somewhere in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// The byte where the first pixel starts.
    pub offset: u64,
    /// Pixels along every axis.
    pub shape: Vec<usize>,
    /// How they are stored.
    pub encoding: Encoding,
}

/// Bytes encoded before they are handed to the system.
const BUFFER: usize = 1 << 18;

impl Layout {
    /// The number of bytes, if it can be counted.
    pub fn length(&self) -> Option<u64> {
        let size = self.encoding.format.size() as u64;
        self.shape.iter().try_fold(size, |n, &s| n.checked_mul(s as u64)).filter(|&n| n < 1 << 62)
    }

    /// Where numbers of type `T` lie as they are, if they do.
    fn place<T: Element>(&self, path: &Path) -> Option<Place> {
        let e = &self.encoding;
        let same = e.format == T::FORMAT && !e.flip && e.scale.is_none();
        let (path, size) = (path.to_owned(), e.format.size());
        same.then_some(Place { path, offset: self.offset, size, big_endian: e.big_endian })
    }

    /// Where coverage of either float type lies as it is, if it does.
    pub(crate) fn coverage(&self, path: &Path) -> Option<Place> {
        self.place::<f32>(path).or_else(|| self.place::<f64>(path))
    }

    /// Writes the pixels of a region, calling `put(bytes, offset)` for every run of the file.
    pub(crate) fn write<T: Element>(
        &self,
        region: &Region,
        pixels: &ArrayD<T>,
        mut put: impl FnMut(&[u8], u64) -> io::Result<()>,
    ) -> io::Result<()> {
        let size = self.encoding.format.size();
        let standard;
        let pixels: &[T] = match pixels.as_slice() {
            Some(slice) => slice,
            None => {
                standard = pixels.as_standard_layout();
                standard.as_slice().unwrap_or(&[])
            }
        };
        let mut buffer = Vec::new();
        let mut rest = pixels;
        for (mut offset, count) in self.runs(region) {
            let (run, after) = rest.split_at(count);
            rest = after;
            for piece in run.chunks(BUFFER / size) {
                buffer.resize(piece.len() * size, 0);
                encode(&self.encoding, piece, &mut buffer);
                put(&buffer, offset)?;
                offset += buffer.len() as u64;
            }
        }
        Ok(())
    }

    /// The check sum of the stored bytes of a region, in the order of its pixels.
    pub(crate) fn digest(&self, file: &File, region: &Region, sum: &mut flate2::Crc) -> io::Result<()> {
        let size = self.encoding.format.size();
        let mut buffer = Vec::new();
        for (mut offset, count) in self.runs(region) {
            let mut left = count * size;
            while left > 0 {
                buffer.resize(left.min(BUFFER), 0);
                read_exact_at(file, &mut buffer, offset)?;
                sum.update(&buffer);
                offset += buffer.len() as u64;
                left -= buffer.len();
            }
        }
        Ok(())
    }

    /// The runs of a region that lie without a gap in the file: the byte where each starts, and its pixels.
    fn runs(&self, region: &Region) -> impl Iterator<Item = (u64, usize)> {
        let (start, size) = (self.offset, self.encoding.format.size() as u64);
        region.runs(&self.shape).map(move |(first, count)| (start + first * size, count))
    }
}

/// Checks that a tile belongs into an array of `shape`.
pub(crate) fn check<T>(tile: &Tile<T>, shape: &[usize]) -> Result<()> {
    tile.region.check("tile", shape)?;
    for found in [tile.data.shape(), tile.weight.shape()] {
        if found != tile.region.shape {
            let expected = tile.region.shape.clone();
            return Err(Error::Shape { what: "tile", expected, found: found.to_vec() });
        }
    }
    Ok(())
}

/// A handle on the arrays of an unfinished output, by which another process writes tiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SinkHandle {
    /// The file, `OUT.part`.
    pub path: PathBuf,
    /// The values.
    pub data: Layout,
    /// The coverage, if it is kept.
    pub weight: Option<Layout>,
}

impl SinkHandle {
    /// Opens the file for writing tiles.
    ///
    /// # Errors
    /// If it has gone.
    pub fn open(&self) -> Result<TileWriter> {
        let file = OpenOptions::new().write(true).open(&self.path);
        let file = file.map_err(|e| Error::io(&self.path, "cannot be opened for writing", e))?;
        Ok(TileWriter { file, handle: self.clone() })
    }

    /// Where other processes may write numbers of type `T` as they are.
    pub(crate) fn map<T: Element>(&self) -> Option<SharedMap> {
        let weight = self.weight.as_ref().map(|w| w.coverage(&self.path));
        let data = self.data.place::<T>(&self.path)?;
        match weight {
            Some(None) => None,
            weight => Some(SharedMap { data, weight: weight.flatten() }),
        }
    }

    pub(crate) fn write<T: Element>(&self, file: &File, path: &Path, tile: &Tile<T>) -> Result<()> {
        check(tile, &self.data.shape)?;
        let put = |bytes: &[u8], offset: u64| write_all_at(file, bytes, offset);
        let mut done = self.data.write(&tile.region, &tile.data, put);
        if let (Ok(()), Some(weight)) = (&done, &self.weight) {
            done = weight.write(&tile.region, &tile.weight, put);
        }
        done.map_err(|e| Error::io(path, format_args!("block {} cannot be written", tile.region), e))
    }
}

impl SinkHandle {
    /// The check sum of what an open file holds of a region.
    pub(crate) fn digest(&self, file: &File, path: &Path, region: &Region) -> Result<u32> {
        let mut sum = flate2::Crc::new();
        let arrays = [Some(&self.data), self.weight.as_ref()];
        arrays
            .into_iter()
            .flatten()
            .try_for_each(|layout| layout.digest(file, region, &mut sum))
            .map_err(|e| Error::io(path, format_args!("block {region} cannot be read back"), e))?;
        Ok(sum.sum())
    }
}

/// Writes tiles into an output that another process creates and finishes.
#[derive(Debug)]
pub struct TileWriter {
    file: File,
    handle: SinkHandle,
}

impl<T: Element> reproject_core::ArraySink<T> for TileWriter {
    fn shape(&self) -> &[usize] {
        &self.handle.data.shape
    }

    fn write(&self, tile: &Tile<T>) -> Result<()> {
        self.handle.write(&self.file, &self.handle.path, tile)
    }
}
