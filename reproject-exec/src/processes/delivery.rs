//! Where a worker puts its tiles: in place in the output, where the sink allows it, or into slots of memory that the parent reads.

use super::board::{Board, SLOTS};
use bytemuck::Pod;
use reproject_core::{Error, Pixel, Place, Region, Result, SharedMap, Tile, Why};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

/// Where tiles go, as it is told to a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Delivery {
    /// Into the arrays of the output, of this shape.
    InPlace { map: SharedMap, shape: Vec<usize> },
    /// Into slots of so many bytes on the worker's board.
    Slots { bytes: u64 },
}

/// Bytes of a slot for tiles of up to `pixels` pixels.
pub(crate) fn slot_bytes<T>(pixels: usize) -> u64 {
    (pixels * (size_of::<T>() + size_of::<f64>())).next_multiple_of(4096) as u64
}

/// Where tiles go, opened by the worker.
pub(crate) enum Outlet {
    InPlace { data: Array, weight: Option<Array>, shape: Vec<usize> },
    Slots { board: Board, bytes: u64 },
}

/// Numbers that are written at once.
const PIECE: usize = 1 << 15;

pub(crate) struct Array {
    file: File,
    place: Place,
}

impl Outlet {
    pub(crate) fn open(delivery: &Delivery, board: &Board) -> Result<Self> {
        let open = |place: &Place| -> Result<Array> {
            let file = OpenOptions::new().write(true).open(&place.path);
            let file = file.map_err(|e| Error::io(&place.path, "cannot be opened", e))?;
            Ok(Array { file, place: place.clone() })
        };
        Ok(match delivery {
            Delivery::Slots { bytes } => Outlet::Slots { board: board.clone(), bytes: *bytes },
            Delivery::InPlace { map, shape } => Outlet::InPlace {
                data: open(&map.data)?,
                weight: map.weight.as_ref().map(open).transpose()?,
                shape: shape.clone(),
            },
        })
    }

    /// Stores a tile.
    pub(crate) fn put<T: Pixel + Pod>(&self, tile: &Tile<T>, slot: u64) -> Result<()> {
        let (data, weight) = slices(tile)?;
        match self {
            Outlet::Slots { board, bytes } => {
                let (data, weight): (&[u8], &[u8]) =
                    (bytemuck::cast_slice(data), bytemuck::cast_slice(weight));
                let start = SLOTS + slot * bytes;
                let put = board.write(data, start);
                put.and_then(|()| board.write(weight, start + data.len() as u64))
                    .map_err(|e| Error::Store { what: "a tile cannot be handed over".into(), why: e.into() })
            }
            Outlet::InPlace { data: array, weight: coverage, shape } => {
                // NaN is canonical when stored.
                let number = |v: T| if v.is_blank() { T::BLANK.unwrap_or(v) } else { v };
                array.write(&tile.region, shape, data, number)?;
                match coverage {
                    Some(array) if array.place.size == size_of::<f32>() => {
                        array.write(&tile.region, shape, weight, |w| w as f32)
                    }
                    Some(array) => array.write(&tile.region, shape, weight, |w| w),
                    None => Ok(()),
                }
            }
        }
    }
}

fn slices<T>(tile: &Tile<T>) -> Result<(&[T], &[f64])> {
    let dense = || Error::invalid("tile", "a job gave a tile that is not in C order");
    Ok((tile.data.as_slice().ok_or_else(dense)?, tile.weight.as_slice().ok_or_else(dense)?))
}

/// Fetches a tile from a slot into `tile`, whose memory is used again.
pub(crate) fn fetch<T: Pixel + Pod>(
    board: &File,
    slot: u64,
    bytes: u64,
    region: &Region,
    tile: &mut Tile<T>,
) -> Result<()> {
    if tile.region.shape == region.shape {
        tile.region.start.clone_from(&region.start);
    } else {
        tile.reset(region, T::default());
    }
    let start = SLOTS + slot * bytes;
    let dense = "a tile is in C order";
    let data: &mut [u8] = bytemuck::cast_slice_mut(tile.data.as_slice_mut().expect(dense));
    let after = start + data.len() as u64;
    let weight: &mut [u8] = bytemuck::cast_slice_mut(tile.weight.as_slice_mut().expect(dense));
    let got = board.read_exact_at(data, start).and_then(|()| board.read_exact_at(weight, after));
    got.map_err(|e| Error::Store { what: "a tile cannot be taken over".into(), why: e.into() })
}

impl Array {
    /// Writes the pixels of a region, run by run.
    fn write<V: Copy, S: Pod>(
        &self,
        region: &Region,
        shape: &[usize],
        from: &[V],
        number: impl Fn(V) -> S,
    ) -> Result<()> {
        let wrong = |why: Why| {
            let why = Why::said(format_args!("block {region} cannot be written"), why);
            Error::file(&self.place.path, why)
        };
        if !region.fits(shape) || self.place.size != size_of::<S>() {
            let why = format!("the output is {shape:?} with {} bytes a pixel", self.place.size);
            return Err(wrong(why.into()));
        }
        let (mut numbers, mut rest) = (Vec::new(), from);
        for (first, count) in region.runs(shape) {
            let (values, after) = rest.split_at(count);
            rest = after;
            let mut at = self.place.offset + first * self.place.size as u64;
            for piece in values.chunks(PIECE) {
                numbers.clear();
                numbers.extend(piece.iter().map(|v| number(*v)));
                let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut numbers);
                if self.place.big_endian != cfg!(target_endian = "big") {
                    swap(bytes, self.place.size);
                }
                self.file.write_all_at(bytes, at).map_err(|e| wrong(e.into()))?;
                at += bytes.len() as u64;
            }
        }
        Ok(())
    }
}

/// Turns the bytes of numbers of `size` bytes round.
fn swap(bytes: &mut [u8], size: usize) {
    fn all<const N: usize>(bytes: &mut [u8]) {
        bytes.as_chunks_mut::<N>().0.iter_mut().for_each(|number| number.reverse());
    }
    match size {
        2 => all::<2>(bytes),
        4 => all::<4>(bytes),
        8 => all::<8>(bytes),
        _ => bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse),
    }
}
