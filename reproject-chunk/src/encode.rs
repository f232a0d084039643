//! Pixels to stored numbers, a row at a time: rounding, blanks, sign convention and byte order.

use crate::decode::Encoding;
use crate::element::{Element, Format, for_format};
use num_traits::NumCast;
use reproject_core::{Kernel, dispatch};

/// Encodes pixels into bytes; `out` has room for exactly as many. NaN becomes the canonical NaN or, in integers, the blank
/// value (0 without one). Numbers beyond an integer type become its end, as [`reproject_core::Pixel::from_f64`] has it; they do
/// not become the blank value.
pub(crate) fn encode<T: Element>(encoding: &Encoding, pixels: &[T], out: &mut [u8]) {
    for_format!(encoding.format, S => {
        let blank = encoding.blank.and_then(<S as NumCast>::from);
        dispatch(Row::<T, S> { pixels, out: bytemuck::cast_slice_mut(out), encoding, blank });
    });
}

struct Row<'a, T, S: Element> {
    pixels: &'a [T],
    out: &'a mut [S::Raw],
    encoding: &'a Encoding,
    blank: Option<S>,
}

impl<T: Element, S: Element> Kernel for Row<'_, T, S> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let blank = self.blank;
        let pairs = self.out.iter_mut().zip(self.pixels);
        match (self.encoding.big_endian, self.encoding.flip) {
            (true, false) => pairs.for_each(|(o, p)| *o = number(*p, blank).to_be()),
            (false, false) => pairs.for_each(|(o, p)| *o = number(*p, blank).to_le()),
            (true, true) => pairs.for_each(|(o, p)| *o = number(*p, blank).flipped().to_be()),
            (false, true) => pairs.for_each(|(o, p)| *o = number(*p, blank).flipped().to_le()),
        }
    }
}

/// A pixel as the stored type.
#[inline(always)]
fn number<T: Element, S: Element>(pixel: T, blank: Option<S>) -> S {
    if S::FORMAT.is_float() {
        let value = <S as NumCast>::from(pixel).unwrap_or_default();
        return if pixel.is_blank() { S::BLANK.unwrap_or_default() } else { value };
    }
    if T::FORMAT.is_float() {
        if pixel.is_blank() {
            return blank.unwrap_or_default();
        }
        let value = S::from_f64(pixel.to_f64());
        return if Some(value) == blank { neighbour(value) } else { value };
    }
    // Integers of another type: the nearest one.
    <S as NumCast>::from(pixel).unwrap_or_else(|| {
        let end = if pixel.whole() < 0 { S::min_value() } else { S::max_value() };
        if Some(end) == blank { neighbour(end) } else { end }
    })
}

fn as_count(counts: bool) -> u64 {
    counts as u64
}

/// Pixels that an integer type cannot hold as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Misfits {
    /// Those beyond its range, stored as its lowest or highest number.
    pub beyond: u64,
    /// Those without a value, stored as the blank one.
    pub blank: u64,
    /// Those whose number is the blank value: floats are stored as its neighbour, integers as they are.
    pub taken: u64,
}

impl Misfits {
    /// Counts those among pixels that are to be stored as `format` with a blank value. Integers are blank where their weight is 0.
    pub fn count<'a, T: Element>(
        &mut self,
        format: Format,
        blank: i128,
        pixels: impl Iterator<Item = (&'a T, &'a f64)>,
    ) {
        let Some([low, high]) = format.range() else { return };
        // The highest float that is not beyond: that nearest to 2^63 - 1 is.
        let last = if high as f64 as i128 > high { (high as f64).next_down() } else { high as f64 };
        let (first, taken) = (low as f64, blank as f64);
        for (&pixel, weight) in pixels {
            if T::FORMAT.is_float() {
                let value = pixel.to_f64().round_ties_even();
                self.blank += as_count(pixel.is_blank());
                self.beyond += as_count(value < first || value > last);
                self.taken += as_count(value == taken && (first..=last).contains(&value));
            } else {
                let value = pixel.whole();
                self.beyond += as_count(value < low || value > high);
                let counted = if *weight > 0.0 { &mut self.taken } else { &mut self.blank };
                *counted += as_count(value == blank);
            }
        }
    }
}

/// The neighbour towards zero of an integer that is taken.
fn neighbour<S: Element>(value: S) -> S {
    let n = value.whole();
    <S as NumCast>::from(if n > 0 { n - 1 } else { n + 1 }).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    #[test]
    fn numbers_round_saturate_and_keep_clear_of_the_blank() {
        let e = Encoding { blank: Some(-32768), ..Encoding::plain(Format::I16, true) };
        let mut bytes = [0; 14];
        encode(&e, &[f32::NAN, 2.5, -0.4, 1e9, -1e9, -32768.0, 7.0], &mut bytes);
        let mut back = [0i32; 7];
        decode(&Encoding::plain(Format::I16, true), None, &bytes, 0, 2, &mut back).unwrap();
        assert_eq!(back, [-32768, 2, 0, 32767, -32767, -32767, 7]);
        let mut small = [0; 3];
        encode(&Encoding::plain(Format::U8, true), &[-5i64, 300, 17], &mut small);
        assert_eq!(small, [0, 255, 17]);
        encode(
            &Encoding { blank: Some(255), ..Encoding::plain(Format::U8, true) },
            &[-5i64, 300, 255],
            &mut small,
        );
        assert_eq!(small, [0, 254, 255]);
    }

    #[test]
    fn misfits_are_what_is_not_stored_as_it_is() {
        fn misfits<T: Element>(format: Format, blank: i128, pixels: &[T]) -> [u64; 3] {
            let mut found = Misfits::default();
            let weights: Vec<f64> = (0..pixels.len()).map(|k| if k > 0 { 1.0 } else { 0.0 }).collect();
            found.count(format, blank, pixels.iter().zip(&weights));
            [found.beyond, found.blank, found.taken]
        }
        let floats = [f32::NAN, 32767.4, 32767.5, -32768.5, -32768.6, f32::INFINITY, 7.0];
        assert_eq!(misfits(Format::I16, -32768, &floats), [3, 1, 1]);
        let (top, end) = (2f64.powi(63), 2f64.powi(64));
        assert_eq!(misfits(Format::I64, i64::MIN.into(), &[top, top.next_down(), -top]), [1, 0, 1]);
        assert_eq!(misfits(Format::U64, u64::MAX.into(), &[end, end.next_down(), -0.5, -0.6]), [2, 0, 0]);
        assert_eq!(misfits(Format::U8, 255, &[255i64, 255, 256, -1, 0]), [2, 1, 1]);
        assert_eq!(misfits(Format::F32, 0, &[0i64, 1]), [0; 3]);
    }

    #[test]
    fn what_is_encoded_decodes_to_the_same() {
        for big_endian in [false, true] {
            let e = Encoding { flip: true, ..Encoding::plain(Format::U32, big_endian) };
            let want: Vec<u32> = (0..100).map(|i| i * 40_000_000).collect();
            let mut bytes = vec![0; 400];
            encode(&e, &want, &mut bytes);
            let mut back = vec![0u32; 100];
            decode(&e, None, &bytes, 0, 4, &mut back).unwrap();
            assert_eq!(back, want);
        }
        let odd = f64::from_bits(0xfff8_0000_0000_0007);
        let mut bytes = [0; 8];
        encode(&Encoding::plain(Format::F64, true), &[odd], &mut bytes);
        assert_eq!(u64::from_be_bytes(bytes), f64::NAN.to_bits());
        let mut bytes = [0; 4];
        encode(&Encoding::plain(Format::F32, true), &[odd], &mut bytes);
        assert_eq!(u32::from_be_bytes(bytes), f32::NAN.to_bits());
    }
}
