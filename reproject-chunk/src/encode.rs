//! Pixels to stored numbers, a row at a time: rounding, blanks, sign convention and byte order.

use crate::decode::Encoding;
use crate::element::{Element, for_format};
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
        return if Some(value) == blank { beside(value) } else { value };
    }
    // Integers of another type: the nearest one.
    <S as NumCast>::from(pixel)
        .unwrap_or_else(|| if pixel.whole() < 0 { S::min_value() } else { S::max_value() })
}

/// The neighbour towards zero of an integer that is taken.
fn beside<S: Element>(value: S) -> S {
    let n = value.whole();
    <S as NumCast>::from(if n > 0 { n - 1 } else { n + 1 }).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;
    use crate::element::Format;

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
