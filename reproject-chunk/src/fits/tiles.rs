//! Tile-compressed images (FITS 4.0, section 10): each chunk is a few tiles, handed to the decoder as a small table of their own.

use super::table::size;
use super::{FitsFile, FitsTable};
use crate::chunked::ChunkStore;
use crate::decode::Encoding;
use crate::element::Format;
use crate::mmap::kept;
use crate::raw::RawSource;
use fitsio_pure::hdu::Hdu as DecoderHdu;
use fitsio_pure::header::{Card, parse_card};
use fitsio_pure::image::ImageData;
use fitsio_pure::tiled::read_tiled_image;
use fitsio_pure::value::Value;
use reproject_core::{Error, Region, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Pixels that are decoded together, where tiles are smaller: the decoder's tables cost as much as some thousand pixels.
const GROUP: usize = 1 << 16;

/// Bytes of pixels that need no justification by the length of their compressed form, where an algorithm has no limit.
const MODEST: u64 = 64 << 20;

/// The tiles of a compressed image.
#[derive(Debug)]
pub(super) struct Tiles {
    table: FitsTable,
    cards: Vec<Card>,
    /// ZCMPTYPE.
    kind: String,
    shape: Vec<usize>,
    tile: Vec<usize>,
    chunk: Vec<usize>,
    encoding: Encoding,
    fill: Option<i128>,
    seed: i64,
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
        let tiles = shape.iter().zip(&tile).try_fold(1usize, |n, (s, t)| n.checked_mul(s.div_ceil(*t)));
        if tiles != Some(table.rows()) {
            let why = format!("has {} rows for tiles of {tile:?} in an image of {shape:?}", table.rows());
            return Err(file.error(hdu, why));
        }
        // Before anything is made as large as the header says.
        let kind = header.text("ZCMPTYPE").map_err(wrong)?.unwrap_or_default().trim().to_owned();
        let size = encoding.format.size();
        let length = shape.iter().try_fold(size as u64, |n, &side| n.checked_mul(side as u64));
        if length.is_none_or(|length| length > most(&kind, hdu.data_length)) {
            let why = format!(
                "an image of {shape:?} pixels of {size} bytes cannot come of {} bytes compressed with {kind:?}",
                hdu.data_length
            );
            return Err(file.error(hdu, why));
        }
        let chunk = chunk(&shape, &tile);
        let wanted = |k: &str| {
            k.starts_with('T')
                || k.starts_with('Z')
                || k.starts_with("NAXIS")
                || matches!(k, "XTENSION" | "BITPIX")
        };
        let lines = header.records().iter().filter(|r| wanted(r.keyword()) && r.keyword() != "THEAP");
        let cards = lines.filter_map(|r| parse_card(&r.lines()[0]).ok()).collect();
        // A format other than the stored one is a matter of signs, which the decoder leaves alone.
        let encoding = Encoding { big_endian: cfg!(target_endian = "big"), ..encoding.clone() };
        let seed = header.integer("ZDITHER0").map_err(wrong)?.unwrap_or(1);
        let name = format!("{}: {}", file.path.display(), hdu.label());
        let mut tiles = Self { table, cards, kind, shape, tile, chunk, encoding, fill, seed, name };
        for k in 0..tiles.tile.len() {
            let side = tiles.tile[tiles.tile.len() - 1 - k];
            tiles.set(&format!("ZTILE{}", k + 1), side as i64)?;
        }
        Ok(tiles)
    }

    fn set(&mut self, keyword: &str, value: i64) -> Result<()> {
        set(&mut self.cards, keyword, value).map_err(|e| self.error(&[], e))
    }

    fn error(&self, index: &[usize], why: impl std::fmt::Display) -> Error {
        Error::Store { what: format!("{}, chunk {index:?}", self.name), why: why.to_string().into() }
    }

    /// A table of the rows of some tiles, its heap packed behind it; the length of the heap.
    fn extract(&self, rows: std::ops::Range<usize>) -> Result<(Vec<u8>, usize)> {
        let data = self.table.data();
        let mut out: Vec<u8> = rows.clone().flat_map(|r| self.table.row(r)).copied().collect();
        let width = out.len() / rows.len().max(1);
        let head = out.len();
        for (k, row) in rows.enumerate() {
            for c in self.table.columns().iter().filter(|c| c.variable.is_some() && c.repeat > 0) {
                let element = size(c.code).unwrap_or(1);
                let (start, count) = self.table.cell(c, row, element)?;
                let at = (out.len() - head) as u64;
                out.extend(&data[start..start + count * element]);
                let descriptor = k * width + c.offset();
                if c.variable == Some('P') {
                    let small = |n: u64| u32::try_from(n).map_err(|e| self.error(&[], e));
                    out[descriptor..descriptor + 4].copy_from_slice(&small(count as u64)?.to_be_bytes());
                    out[descriptor + 4..descriptor + 8].copy_from_slice(&small(at)?.to_be_bytes());
                } else {
                    out[descriptor..descriptor + 8].copy_from_slice(&(count as u64).to_be_bytes());
                    out[descriptor + 8..descriptor + 16].copy_from_slice(&at.to_be_bytes());
                }
            }
        }
        // The decoder's bit reader looks a few bytes ahead.
        let heap = out.len() - head;
        out.resize(out.len() + 16, 0);
        Ok((out, heap))
    }
}

fn set(cards: &mut Vec<Card>, keyword: &str, value: i64) -> fitsio_pure::Result<()> {
    let card = Card::new(keyword, Value::Integer(value))?;
    match cards.iter_mut().find(|c| c.keyword == card.keyword) {
        Some(old) => *old = card,
        None => cards.push(card),
    }
    Ok(())
}

/// The most bytes of pixels that `length` bytes can stand for. DEFLATE makes 1032 bytes of one, and a stored integer may
/// become a float64; a Rice block is 32 pixels in 3 bits; a PLIO word stands for 4095 pixels. HCOMPRESS has no limit.
fn most(kind: &str, length: u64) -> u64 {
    match kind {
        "RICE_1" | "RICE_ONE" => length.saturating_mul(1024),
        "GZIP_1" | "GZIP_2" | "NOCOMPRESS" => length.saturating_mul(2 * 1032),
        "PLIO_1" => length.saturating_mul(4 * 4096),
        _ => length.saturating_mul(65536).max(MODEST),
    }
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

    fn chunk(&self, index: &[usize], region: &Region) -> Result<RawSource> {
        let axes = 0..self.shape.len();
        let across = |k: usize| self.shape[k].div_ceil(self.tile[k]);
        let first = axes.clone().fold(0, |n, k| n * across(k) + region.start[k] / self.tile[k]);
        let count: usize = axes.clone().map(|k| region.shape[k].div_ceil(self.tile[k])).product();
        let (bytes, heap) = self.extract(first..first + count)?;
        let length = (region.len() as u64).saturating_mul(self.pixel_size() as u64);
        if length > most(&self.kind, bytes.len() as u64) {
            return Err(self.error(index, format!("{heap} bytes cannot hold {length} bytes of pixels")));
        }
        let mut cards = self.cards.clone();
        let mut edits = vec![("NAXIS2".to_owned(), count as i64), ("PCOUNT".into(), heap as i64)];
        edits.extend(
            axes.clone().map(|k| (format!("ZNAXIS{}", self.shape.len() - k), region.shape[k] as i64)),
        );
        // Tile n is dithered from place n + ZDITHER0 of the table of random numbers, modulo its length (section 10.2.1).
        edits.push(("ZDITHER0".into(), (self.seed - 1 + first as i64).rem_euclid(10_000) + 1));
        for (keyword, value) in edits {
            set(&mut cards, &keyword, value).map_err(|e| self.error(index, e))?;
        }
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            DecoderHdu::from_cards(cards, 0, 0).and_then(|hdu| read_tiled_image(&bytes, &hdu))
        }));
        let image = decoded
            .map_err(|_| self.error(index, "the compressed data are damaged"))?
            .map_err(|e| self.error(index, e))?;
        let (pixels, format) = match image {
            ImageData::U8(v) => (v, Format::U8),
            ImageData::I16(v) => (bytemuck::cast_slice(&v).to_vec(), Format::I16),
            ImageData::I32(v) => (bytemuck::cast_slice(&v).to_vec(), Format::I32),
            ImageData::I64(v) => (bytemuck::cast_slice(&v).to_vec(), Format::I64),
            ImageData::F32(v) => (bytemuck::cast_slice(&v).to_vec(), Format::F32),
            ImageData::F64(v) => (bytemuck::cast_slice(&v).to_vec(), Format::F64),
        };
        if (format.size(), format.is_float()) != (self.pixel_size(), self.encoding.format.is_float()) {
            return Err(self.error(index, format!("holds {format} numbers, not {}", self.encoding.format)));
        }
        let raw = RawSource::dense(&*self.name, kept(pixels), 0, &region.shape, self.encoding.clone())?;
        Ok(match self.fill {
            Some(fill) => raw.with_fill(fill),
            None => raw,
        })
    }
}
