//! Tile-compressed images (FITS 4.0, section 10): each chunk is a few tiles, which follow each other in the table.
//!
//! Every decoder knows how many pixels it has to make before it starts, stops where its bytes end, and takes memory only for
//! pixels that its bytes can stand for.

mod bits;
mod gzip;
mod haar;
mod hcompress;
mod params;
mod plio;
mod quantize;
mod rice;
mod tile;

use super::{FitsFile, FitsTable};
use crate::chunked::ChunkStore;
use crate::decode::Encoding;
use crate::mmap::filled;
use crate::raw::RawSource;
use reproject_core::{Error, Grid, Region, Result};
use tile::Scratch;

/// Pixels that are decoded together, where tiles are smaller.
const GROUP: usize = 1 << 16;

/// The tiles of a compressed image.
#[derive(Debug)]
pub(super) struct Tiles {
    tiles: tile::Tiles,
    shape: Vec<usize>,
    tile: Vec<usize>,
    chunk: Vec<usize>,
    encoding: Encoding,
    fill: Option<i128>,
    name: String,
}

impl Tiles {
    pub(super) fn new(
        file: &FitsFile,
        index: usize,
        encoding: &Encoding,
        fill: Option<i128>,
    ) -> Result<Self> {
        let hdu = &file.hdus[index];
        let table = FitsTable::new(file, index)?;
        let wrong = |e: Error| file.error(hdu, e);
        let Some(header) = &hdu.table else { return Err(file.error(hdu, "is no compressed image")) };
        let shape = hdu.shape.clone();
        let mut tile = Vec::with_capacity(shape.len());
        for k in 1..=shape.len() {
            // Without ZTILEn, tiles are rows (section 10.1.1).
            let side = header.integer(&format!("ZTILE{k}")).map_err(wrong)?;
            let whole = shape[shape.len() - k];
            let side = side.unwrap_or(if k == 1 { whole as i64 } else { 1 });
            let side = usize::try_from(side).ok().filter(|&s| s > 0);
            tile.push(
                side.ok_or_else(|| file.error(hdu, format!("ZTILE{k} is not a positive length")))?.min(whole),
            );
        }
        tile.reverse();
        let count = shape.iter().zip(&tile).try_fold(1usize, |n, (s, t)| n.checked_mul(s.div_ceil(*t)));
        if count != Some(table.rows()) {
            let why = format!("has {} rows for tiles of {tile:?} in an image of {shape:?}", table.rows());
            return Err(file.error(hdu, why));
        }
        let tiles = tile::Tiles::new(table, header, encoding.format).map_err(wrong)?;
        // Before anything is made as large as the header says.
        let pixels = shape.iter().try_fold(1u64, |n, &side| n.checked_mul(side as u64));
        if pixels.is_none_or(|pixels| pixels > tiles.most(hdu.data_length)) {
            let why = format!("an image of {shape:?} pixels cannot come of {} bytes", hdu.data_length);
            return Err(file.error(hdu, why));
        }
        let chunk = chunk(&shape, &tile);
        // A format other than the stored one is a matter of signs, which tiles leave alone.
        let mut encoding = Encoding { big_endian: cfg!(target_endian = "big"), ..encoding.clone() };
        if encoding.blank.is_none() {
            encoding.blank = tiles.blank().map_err(wrong)?;
        }
        let name = format!("{}: {}", file.path.display(), hdu.label());
        Ok(Self { tiles, shape, tile, chunk, encoding, fill, name })
    }

    /// How its numbers are stored, with the blank that a column names.
    pub(super) fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    fn error(&self, row: usize, why: String) -> Error {
        Error::Store { what: format!("{}, tile {}", self.name, row + 1), why: why.into() }
    }
}

/// The result of a decoder, or why there is none.
type Decoded<T = ()> = std::result::Result<T, String>;

/// A vector of equal values, or an error where there is no memory for it.
fn room<T: Clone>(length: usize, value: T) -> Decoded<Vec<T>> {
    let mut values = Vec::new();
    let none = |_| format!("there is no memory for its {length} pixels");
    values.try_reserve_exact(length).map_err(none)?;
    values.resize(length, value);
    Ok(values)
}

/// A tile, or as many of them as follow each other in the table and make a box, up to a modest size.
fn chunk(shape: &[usize], tile: &[usize]) -> Vec<usize> {
    let mut chunk = tile.to_vec();
    let mut pixels: usize = tile.iter().fold(1, |n, &t| n.saturating_mul(t));
    for k in (0..shape.len()).rev() {
        let more = (GROUP / pixels.max(1)).min(shape[k].div_ceil(tile[k]));
        if more > 1 {
            chunk[k] = (tile[k] * more).min(shape[k]);
            pixels = pixels.saturating_mul(more);
        }
        if chunk[k] < shape[k] {
            break;
        }
    }
    chunk
}

impl ChunkStore for Tiles {
    type Chunk = RawSource;

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn chunk_shape(&self) -> &[usize] {
        &self.chunk
    }

    fn pixel_size(&self) -> usize {
        self.encoding.format.size()
    }

    fn chunk(&self, _: &[usize], region: &Region) -> Result<RawSource> {
        let across = |k: usize| self.shape[k].div_ceil(self.tile[k]);
        let first = (0..self.shape.len()).fold(0, |n, k| n * across(k) + region.start[k] / self.tile[k]);
        let grid = Grid::new(&region.shape, &self.tile)?;
        // Each is found before there is room for all.
        let mut packed = Vec::new();
        for (k, part) in grid.iter().enumerate() {
            let row = first + k;
            let tile = self.tiles.find(row, part.len()).map_err(|why| self.error(row, why))?;
            packed.push((row, part, tile));
        }
        let size = self.pixel_size();
        let pixels = filled(region.len() * size, |out| {
            let (mut scratch, mut spare) = (Scratch::default(), Vec::new());
            for (row, part, tile) in &packed {
                let wrong = |why| self.error(*row, why);
                let length = part.len() * size;
                // Where its rows follow each other without a gap.
                if part.shape[1..] == region.shape[1..] || part.len() == part.shape[part.ndim() - 1] {
                    let start = (0..part.ndim()).fold(0, |n, k| n * region.shape[k] + part.start[k]) * size;
                    self.tiles.decode(tile, &mut scratch, &mut out[start..start + length]).map_err(wrong)?;
                    continue;
                }
                if spare.len() < length {
                    spare = room(length, 0u8).map_err(wrong)?;
                }
                self.tiles.decode(tile, &mut scratch, &mut spare[..length]).map_err(wrong)?;
                scatter(&spare[..length], part, &region.shape, size, out);
            }
            Ok(())
        })?;
        let raw = RawSource::dense(&*self.name, pixels, 0, &region.shape, self.encoding.clone())?;
        Ok(match self.fill {
            Some(fill) => raw.with_fill(fill),
            None => raw,
        })
    }
}

/// Copies the rows of a part of an array into the whole.
fn scatter(pixels: &[u8], part: &Region, whole: &[usize], size: usize, out: &mut [u8]) {
    let last = part.ndim() - 1;
    let mut index = vec![0; last];
    for row in pixels.chunks(part.shape[last] * size) {
        let at = (0..last).fold(0, |n, k| n * whole[k] + part.start[k] + index[k]);
        let start = (at * whole[last] + part.start[last]) * size;
        out[start..start + row.len()].copy_from_slice(row);
        for k in (0..last).rev() {
            index[k] += 1;
            if index[k] < part.shape[k] {
                break;
            }
            index[k] = 0;
        }
    }
}
