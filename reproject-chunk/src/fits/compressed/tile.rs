//! One tile: which column holds it, and its numbers as pixels (FITS 4.0, sections 10.1.3 and 10.2).

use super::params::Codec;
use super::quantize::{Dither, Quantized};
use super::{Decoded, gzip, hcompress, plio, rice, room};
use crate::element::Format;
use crate::fits::FitsTable;
use crate::fits::table::{Column, size};
use crate::header::Header;
use reproject_core::{Error, Result};

/// The tiles of a compressed image, as its table describes them.
#[derive(Clone, Debug)]
pub(super) struct Tiles {
    table: FitsTable,
    codec: Codec,
    /// COMPRESSED_DATA, GZIP_COMPRESSED_DATA and UNCOMPRESSED_DATA: the first that is not empty holds the tile.
    places: Vec<(Column, Place)>,
    mask: Option<Column>,
    scale: Option<Number>,
    zero: Option<Number>,
    blank: Option<Number>,
    /// `None` where floats are stored as they are.
    dither: Option<Dither>,
    seed: i64,
    /// The type of the stored pixels.
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Compressed,
    Gzip,
    Plain,
}

/// A number of every tile: in the header, or in a column.
#[derive(Clone, Debug)]
enum Number {
    All(f64),
    Each(Column),
}

/// A tile before it is decoded.
pub(super) struct Packed<'a> {
    row: usize,
    data: &'a [u8],
    codec: Codec,
    /// Whether its numbers are those of COMPRESSED_DATA, which may be quantised.
    first: bool,
    /// Bytes of a number that is stored as it is.
    width: Option<usize>,
}

/// Memory that is used again for tile after tile.
#[derive(Default)]
pub(super) struct Scratch {
    numbers: Vec<i32>,
    bytes: Vec<u8>,
    sorted: Vec<u8>,
    inflater: Option<gzip::Inflater>,
}

impl Tiles {
    pub(super) fn new(table: FitsTable, header: &Header, format: Format) -> Result<Self> {
        let column = |name: &str| table.columns().iter().find(|c| c.name.eq_ignore_ascii_case(name)).cloned();
        let number = |name: &str| -> Result<Option<Number>> {
            Ok(match column(name) {
                Some(column) => Some(Number::Each(column)),
                None => header.float(name)?.map(Number::All),
            })
        };
        let places = [
            ("COMPRESSED_DATA", Place::Compressed),
            ("GZIP_COMPRESSED_DATA", Place::Gzip),
            ("UNCOMPRESSED_DATA", Place::Plain),
        ];
        let places = places.into_iter().filter_map(|(name, place)| Some((column(name)?, place))).collect();
        Ok(Self {
            codec: Codec::read(header)?,
            places,
            mask: column("NULL_PIXEL_MASK"),
            scale: number("ZSCALE")?,
            zero: number("ZZERO")?,
            blank: number("ZBLANK")?,
            dither: Dither::read(header)?,
            seed: header.integer("ZDITHER0")?.unwrap_or(1),
            format,
            table,
        })
    }

    /// The most pixels that so many bytes of the table can stand for.
    pub(super) fn most(&self, length: u64) -> u64 {
        // A tile may be gzipped whatever the algorithm.
        self.codec.most(length).max(gzip::most(length))
    }

    /// The number that says "no data" in the tiles of an integer image, where a column says so.
    pub(super) fn blank(&self) -> Result<Option<i128>> {
        let Some(Number::Each(column)) = self.blank.as_ref().filter(|_| !self.format.is_float()) else {
            return Ok(None);
        };
        let mut values = (0..self.table.rows()).map(|row| self.table.number(column, row));
        let first = values.next().transpose()?.filter(|b| b.fract() == 0.0);
        for value in values {
            if value? != first.unwrap_or(f64::NAN) {
                let why = "differs from tile to tile of an integer image, which this reader has no place for";
                return Err(Error::invalid("column ZBLANK", why));
            }
        }
        Ok(first.map(|b| b as i128))
    }

    /// Finds a tile, and checks that it can hold so many pixels.
    pub(super) fn find(&self, row: usize, pixels: usize) -> Decoded<Packed<'_>> {
        let bytes = |c: &Column| self.table.bytes(c, row).map_err(|e| e.to_string());
        if let Some(mask) = &self.mask
            && !bytes(mask)?.is_empty()
        {
            return Err(
                "it has a NULL_PIXEL_MASK, which this reader does not know; funpack the file first".into()
            );
        }
        for (column, place) in &self.places {
            let data = bytes(column)?;
            if data.is_empty() {
                continue;
            }
            let codec = match place {
                Place::Compressed => self.codec,
                Place::Gzip => Codec::Gzip { shuffled: false },
                Place::Plain => Codec::Plain,
            };
            if pixels as u64 > codec.most(data.len() as u64) {
                return Err(format!("{} bytes cannot hold its {pixels} pixels", data.len()));
            }
            let width = (codec == Codec::Plain).then(|| size(column.code).unwrap_or(1));
            return Ok(Packed { row, data, codec, first: *place == Place::Compressed, width });
        }
        Err("it has no data".into())
    }

    /// Decodes a tile into `out`, whose pixels are in the byte order of this machine.
    pub(super) fn decode(&self, tile: &Packed<'_>, scratch: &mut Scratch, out: &mut [u8]) -> Decoded {
        let size = self.format.size();
        let pixels = out.len() / size;
        let quantized = self.format.is_float() && tile.first && self.dither.is_some() && self.scale.is_some();
        let Scratch { numbers, bytes, sorted, inflater } = scratch;
        // Integers have the size of the pixels, or that which quantised floats and old writers' integers have.
        let expected = if quantized { 4 } else { size };
        let width = |length: usize| {
            let sizes = [expected, if self.format.is_float() { expected } else { 4 }];
            sizes.into_iter().find(|w| w * pixels == length)
        };
        let stored = match tile.codec {
            Codec::Gzip { shuffled } => {
                // One byte more would show that there are too many.
                let most = pixels * size.max(4) + 1;
                grow(bytes, most)?;
                let inflater = inflater.get_or_insert_with(gzip::Inflater::new);
                let length = inflater.inflate(tile.data, &mut bytes[..most])?;
                let width = width(length).ok_or_else(|| short(length, pixels, expected))?;
                if shuffled {
                    grow(sorted, length)?;
                    gzip::unshuffle(&bytes[..length], width, &mut sorted[..length]);
                    std::mem::swap(bytes, sorted);
                }
                Some((&bytes[..length], width))
            }
            Codec::Plain => {
                let width = width(tile.data.len()).filter(|w| tile.width.is_none_or(|t| t == 1 || t == *w));
                Some((tile.data, width.ok_or_else(|| short(tile.data.len(), pixels, expected))?))
            }
            _ => None,
        };
        if let Some((raw, width)) = stored
            && !quantized
            && width == size
        {
            copy(raw, size, out);
            return Ok(());
        }
        grow(numbers, pixels)?;
        let numbers = &mut numbers[..pixels];
        let mut lossy = false;
        match (tile.codec, stored) {
            (_, Some((raw, _))) => {
                numbers.iter_mut().zip(raw.as_chunks().0).for_each(|(n, b)| *n = i32::from_be_bytes(*b))
            }
            (Codec::Rice { block, bytes }, _) => rice::decode(tile.data, block, bytes, numbers)?,
            (Codec::Plio, _) => plio::decode(tile.data, numbers)?,
            (Codec::Hcompress { smooth }, _) => {
                lossy = hcompress::decode(tile.data, smooth, numbers)?;
            }
            (Codec::Gzip { .. } | Codec::Plain, None) => {}
        }
        if !self.format.is_float() {
            // What is lossy may come out beyond the largest number, where that was stored.
            let largest = [255, 32767][usize::from(size == 2)];
            if lossy && size < 4 {
                numbers.iter_mut().for_each(|n| *n = (*n).clamp(if size == 1 { 0 } else { -32768 }, largest));
            }
            return integers(numbers, self.format, out);
        }
        let tile = if quantized { self.quantized(tile.row)? } else { Quantized::plain() };
        if size == 4 {
            let (out, _) = out.as_chunks_mut::<4>();
            tile.values(numbers, |k, v| out[k] = (v as f32).to_ne_bytes());
        } else {
            let (out, _) = out.as_chunks_mut::<8>();
            tile.values(numbers, |k, v| out[k] = v.to_ne_bytes());
        }
        Ok(())
    }

    fn quantized(&self, row: usize) -> Decoded<Quantized> {
        let number = |number: &Option<Number>| match number {
            None => Ok(None),
            Some(Number::All(value)) => Ok(Some(*value)),
            Some(Number::Each(column)) => self.table.number(column, row).map(Some).map_err(|e| e.to_string()),
        };
        let scale = number(&self.scale)?.unwrap_or(1.0);
        if scale == 0.0 || !scale.is_finite() {
            return Err(format!("its ZSCALE is {scale}; a step between values is needed"));
        }
        Ok(Quantized {
            scale,
            zero: number(&self.zero)?.unwrap_or(0.0),
            blank: number(&self.blank)?.filter(|b| *b == f64::from(*b as i32)).map(|b| b as i32),
            dither: self.dither.unwrap_or(Dither::None),
            seed: (i128::from(self.seed) - 1 + row as i128).rem_euclid(10_000) as u64,
        })
    }
}

fn short(length: usize, pixels: usize, size: usize) -> String {
    format!(
        "it has {length} bytes, and its {pixels} pixels of {size} bytes have {}",
        pixels.saturating_mul(size)
    )
}

/// Makes room for `length` values, the old ones being of no use.
fn grow<T: Clone + Default>(values: &mut Vec<T>, length: usize) -> Decoded {
    if values.len() < length {
        *values = room(length, T::default())?;
    }
    Ok(())
}

/// Numbers of `size` bytes from FITS's byte order to this machine's.
fn copy(raw: &[u8], size: usize, out: &mut [u8]) {
    fn swap<const N: usize>(raw: &[u8], out: &mut [u8]) {
        let (from, to) = (raw.as_chunks::<N>().0, out.as_chunks_mut::<N>().0);
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
            if cfg!(target_endian = "little") {
                to.reverse();
            }
        }
    }
    match size {
        1 => out.copy_from_slice(raw),
        2 => swap::<2>(raw, out),
        4 => swap::<4>(raw, out),
        _ => swap::<8>(raw, out),
    }
}

/// Whole numbers as pixels of another size.
fn integers(numbers: &[i32], format: Format, out: &mut [u8]) -> Decoded {
    let unfit = |n: i32| format!("it holds the number {n}, which does not fit its pixels, {format}");
    match format.size() {
        1 => {
            for (o, &n) in out.iter_mut().zip(numbers) {
                *o = u8::try_from(n).map_err(|_| unfit(n))?;
            }
        }
        2 => {
            for (o, &n) in out.as_chunks_mut().0.iter_mut().zip(numbers) {
                *o = i16::try_from(n).map_err(|_| unfit(n))?.to_ne_bytes();
            }
        }
        4 => out.as_chunks_mut().0.iter_mut().zip(numbers).for_each(|(o, &n)| *o = n.to_ne_bytes()),
        _ => {
            out.as_chunks_mut().0.iter_mut().zip(numbers).for_each(|(o, &n)| *o = i64::from(n).to_ne_bytes())
        }
    }
    Ok(())
}
