//! HCOMPRESS_1 (FITS 4.0, section 10.4.4; White, Postman and Lattanzi 1992): the bit planes of a Haar transform of the image,
//! each coded as a quadtree.

use super::bits::{Bits, Ended};
use super::haar::{self, Plane};
use std::num::Wrapping;

/// Pixels of a tile that need no justification by its length: a tile of equal pixels takes 26 bytes whatever its size.
const MODEST: u64 = 1 << 21;

/// The most pixels that so many bytes are taken to stand for; the algorithm has no limit.
pub(super) fn most(length: u64) -> u64 {
    length.saturating_mul(1024).max(MODEST)
}

/// Decodes a tile into `out`, which it must fill; `smooth` levels out the steps of a lossy one. Whether it is lossy.
pub(super) fn decode(data: &[u8], smooth: bool, out: &mut [i32]) -> Result<bool, String> {
    const HEAD: usize = 25;
    let Some((head, body)) = data.split_first_chunk::<HEAD>().filter(|(head, _)| head[..2] == [0xdd, 0x99])
    else {
        return Err("it does not start as HCOMPRESS data do (DD 99 and 23 further bytes)".into());
    };
    let word = |at: usize| i32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (rows, columns, scale) = (word(2), word(6), word(10));
    let sum = (i64::from(word(14)) << 32) | i64::from(word(18) as u32);
    let planes = [head[22], head[23], head[24]];
    let (high, wide) = (usize::try_from(rows).unwrap_or(0), usize::try_from(columns).unwrap_or(0));
    if high.checked_mul(wide) != Some(out.len()) {
        let why = format!("its HCOMPRESS data are {columns} × {rows} pixels, and it has {}", out.len());
        return Err(why);
    }
    if let Some(planes) = planes.iter().find(|&&n| n > 62) {
        return Err(format!("its HCOMPRESS data have {planes} bit planes; 62 is the most"));
    }
    let mut plane = Plane { numbers: super::room(out.len(), Wrapping(0))?, rows: high, columns: wide };
    let (top, left) = (high.div_ceil(2), wide.div_ceil(2));
    let mut bits = Bits::new(body);
    let quadrants = [
        (0, 0, top, left, planes[0]),
        (0, left, top, wide - left, planes[1]),
        (top, 0, high - top, left, planes[1]),
        (top, left, high - top, wide - left, planes[2]),
    ];
    for (row, column, rows, columns, planes) in quadrants {
        Quadrant { row, column, rows, columns }.read(&mut bits, planes, &mut plane)?;
    }
    if bits.take(4)? != 0 {
        return Err("its HCOMPRESS data do not end where they should; they are damaged".into());
    }
    bits.align();
    for number in plane.numbers.iter_mut().filter(|n| n.0 != 0) {
        if bits.take(1)? == 1 {
            *number = -*number;
        }
    }
    plane.numbers[0] = Wrapping(sum);
    if scale > 1 {
        plane.numbers.iter_mut().for_each(|n| *n *= i64::from(scale));
    }
    haar::invert(&mut plane, if smooth { i64::from(scale) } else { 0 })?;
    for (out, number) in out.iter_mut().zip(&plane.numbers) {
        *out = i32::try_from(number.0)
            .map_err(|_| format!("its HCOMPRESS data give the value {number}, beyond 32 bits"))?;
    }
    Ok(scale > 1)
}

/// A part of the transform, which has bit planes of its own.
#[derive(Clone, Copy)]
struct Quadrant {
    row: usize,
    column: usize,
    rows: usize,
    columns: usize,
}

/// A square of 2 × 2 nodes or bits of which at least one is set: where it lies among its like, and which are set. The highest
/// of the four bits is the first of the upper row, the lowest the second of the lower row.
type Square = (u32, u32, u8);

impl Quadrant {
    /// Reads its bit planes, the highest first.
    fn read(&self, bits: &mut Bits<'_>, planes: u8, plane: &mut Plane) -> Result<(), String> {
        for bit in (0..planes).rev() {
            match bits.take(4)? {
                // Squares as they are, row by row.
                0 => {
                    for row in 0..self.rows.div_ceil(2) {
                        for column in 0..self.columns.div_ceil(2) {
                            let set = bits.take(4)? as u8;
                            if set != 0 {
                                self.set((row as u32, column as u32, set), bit, plane);
                            }
                        }
                    }
                }
                15 => self.tree(bits)?.into_iter().for_each(|square| self.set(square, bit, plane)),
                other => {
                    let why =
                        format!("its HCOMPRESS data have a bit plane of kind {other}; they are damaged");
                    return Err(why);
                }
            }
        }
        Ok(())
    }

    fn set(&self, (row, column, set): Square, bit: u8, plane: &mut Plane) {
        for (k, (down, right)) in [(1, 1), (1, 0), (0, 1), (0, 0)].into_iter().enumerate() {
            let (row, column) = (2 * row as usize + down, 2 * column as usize + right);
            if set >> k & 1 == 1 && row < self.rows && column < self.columns {
                let at = (self.row + row) * plane.columns + self.column + column;
                plane.numbers[at] |= 1 << bit;
            }
        }
    }

    /// Reads the quadtree of a bit plane: level by level, and in each from the last node that is set to the first.
    fn tree(&self, bits: &mut Bits<'_>) -> Result<Vec<Square>, String> {
        let levels = haar::levels(self.rows, self.columns);
        let root = square(bits)?;
        let mut squares: Vec<Square> = if root == 0 { vec![] } else { vec![(0, 0, root)] };
        for level in (1..levels).rev() {
            let (rows, columns) = (self.rows.div_ceil(1 << level), self.columns.div_ceil(1 << level));
            let mut below = Vec::new();
            for parents in squares.chunk_by(|a, b| a.0 == b.0) {
                for down in 0..2 {
                    for &(row, column, set) in parents {
                        for right in 0..2 {
                            let child = (2 * row + down, 2 * column + right, 0);
                            let inside = (child.0 as usize) < rows && (child.1 as usize) < columns;
                            if inside && set >> (3 - 2 * down - right) & 1 == 1 {
                                below.push(child);
                            }
                        }
                    }
                }
            }
            for child in below.iter_mut().rev() {
                child.2 = square(bits)?;
            }
            below.retain(|child| child.2 != 0);
            squares = below;
        }
        Ok(squares)
    }
}

/// A square by its code of 3 to 6 bits: the commoner, the shorter.
fn square(bits: &mut Bits<'_>) -> Result<u8, Ended> {
    let first = bits.take(3)?;
    if first < 4 {
        return Ok(1 << first);
    }
    let second = (first << 1) | bits.take(1)?;
    if let Some(square) = [3, 5, 10, 12, 15].get(second as usize - 8) {
        return Ok(*square);
    }
    let third = (second << 1) | bits.take(1)?;
    if let Some(square) = [6, 7, 9, 11, 13].get(third as usize - 26) {
        return Ok(*square);
    }
    Ok(if bits.take(1)? == 0 { 0 } else { 14 })
}
