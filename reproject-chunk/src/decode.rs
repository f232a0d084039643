//! Stored numbers to pixels, a row at a time: byte order, sign convention, BLANK, BSCALE and BZERO (FITS 4.0, section 4.4.2).

use crate::element::{Element, Format, for_format};
use num_traits::NumCast;
use reproject_core::{Kernel, dispatch};
use serde::{Deserialize, Serialize};

/// The encoding of stored pixels: number type, byte order, scale and blank value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encoding {
    /// The type of the numbers, after `flip`.
    pub format: Format,
    /// Whether the highest byte comes first.
    pub big_endian: bool,
    /// Whether the sign bit is turned over (FITS's unsigned integers).
    pub flip: bool,
    /// The integer that says "no data", after `flip`.
    pub blank: Option<i128>,
    /// Value = number × scale + zero, unless these are 1 and 0.
    pub scale: Option<(f64, f64)>,
}

impl Encoding {
    /// Numbers as they are: without scale and blank value.
    pub fn plain(format: Format, big_endian: bool) -> Self {
        Self { format, big_endian, flip: false, blank: None, scale: None }
    }

    /// Numbers as they are, in the byte order of this machine.
    pub fn native(format: Format) -> Self {
        Self::plain(format, cfg!(target_endian = "big"))
    }

    /// Whether the bytes are the pixels as `T` on this machine.
    pub(crate) fn is_native<T: Element>(&self) -> bool {
        *self == Self::native(T::FORMAT)
            || (T::FORMAT.size() == 1 && *self == Self::plain(T::FORMAT, !cfg!(target_endian = "big")))
    }

    /// Why pixels cannot be read as `T` whatever they are, if so.
    pub(crate) fn refuses<T: Element>(&self) -> Option<String> {
        if T::FORMAT.is_float() {
            return None;
        }
        if self.format.is_float() {
            return Some(format!("holds {} numbers; read them as float32 or float64", self.format));
        }
        let (scale, zero) = self.scale?;
        let whole = |x: f64| x.fract() == 0.0 && x.abs() < 1e30;
        if whole(scale) && whole(zero) {
            return None;
        }
        Some(format!("is scaled by BSCALE = {scale} and BZERO = {zero}; read it as float32 or float64"))
    }
}

/// A pixel that the target type cannot hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unfit {
    /// No data, and no fill value was given.
    Blank,
    /// A number beyond the type.
    Value(i128),
}

/// Decodes `out.len()` numbers that start at `bytes[start]`, `stride` bytes apart. The caller has checked that all lie in `bytes`.
pub(crate) fn decode<T: Element>(
    encoding: &Encoding,
    fill: Option<i128>,
    bytes: &[u8],
    start: usize,
    stride: isize,
    out: &mut [T],
) -> Result<(), Unfit> {
    for_format!(encoding.format, S => row::<S, T>(encoding, fill, bytes, start, stride, out))
}

/// Numbers decoded together: a batch stays in the first-level cache between the two steps.
const BATCH: usize = 512;

fn row<S: Element, T: Element>(
    encoding: &Encoding,
    fill: Option<i128>,
    bytes: &[u8],
    start: usize,
    stride: isize,
    out: &mut [T],
) -> Result<(), Unfit> {
    let size = S::FORMAT.size();
    let dense = stride == size as isize;
    let plain = encoding.blank.is_none() && encoding.scale.is_none();
    if S::FORMAT == T::FORMAT && dense && plain {
        let out: &mut [S] = bytemuck::cast_slice_mut(out);
        let raw = bytemuck::cast_slice(&bytes[start..start + size * out.len()]);
        dispatch(Load { raw, encoding, out });
        return Ok(());
    }
    let blank = encoding.blank.filter(|_| !S::FORMAT.is_float()).and_then(<S as NumCast>::from);
    let mut buffer = [S::default(); BATCH];
    for (k, out) in out.chunks_mut(BATCH).enumerate() {
        let numbers = &mut buffer[..out.len()];
        let first = start as isize + (k * BATCH) as isize * stride;
        if dense {
            let first = first as usize;
            let raw = bytemuck::cast_slice(&bytes[first..first + size * out.len()]);
            dispatch(Load { raw, encoding, out: numbers });
        } else {
            for (i, number) in numbers.iter_mut().enumerate() {
                let at = (first + i as isize * stride) as usize;
                let raw = [bytemuck::pod_read_unaligned::<S::Raw>(&bytes[at..at + size])];
                Load { raw: &raw, encoding, out: std::slice::from_mut(number) }.run();
            }
        }
        if T::FORMAT.is_float() {
            dispatch(ToFloat { numbers, blank, scale: encoding.scale, out });
        } else {
            to_integers(numbers, blank, encoding.scale, fill, out)?;
        }
    }
    Ok(())
}

struct Load<'a, S: Element> {
    raw: &'a [S::Raw],
    encoding: &'a Encoding,
    out: &'a mut [S],
}

impl<S: Element> Kernel for Load<'_, S> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let pairs = self.out.iter_mut().zip(self.raw);
        match (self.encoding.big_endian, self.encoding.flip) {
            (true, false) => pairs.for_each(|(o, r)| *o = S::from_be(*r)),
            (false, false) => pairs.for_each(|(o, r)| *o = S::from_le(*r)),
            (true, true) => pairs.for_each(|(o, r)| *o = S::from_be(*r).flipped()),
            (false, true) => pairs.for_each(|(o, r)| *o = S::from_le(*r).flipped()),
        }
    }
}

struct ToFloat<'a, S, T> {
    numbers: &'a [S],
    blank: Option<S>,
    scale: Option<(f64, f64)>,
    out: &'a mut [T],
}

impl<S: Element, T: Element> Kernel for ToFloat<'_, S, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let nan = T::BLANK.unwrap_or_default();
        let pairs = self.out.iter_mut().zip(self.numbers);
        match (self.scale, self.blank) {
            (None, None) => pairs.for_each(|(o, s)| *o = cast(*s)),
            (None, Some(blank)) => pairs.for_each(|(o, s)| *o = if *s == blank { nan } else { cast(*s) }),
            // Scaled in f64 and rounded once, whatever the target.
            (Some((a, b)), None) => pairs.for_each(|(o, s)| *o = cast(AsPrimitive::<f64>::as_(*s) * a + b)),
            (Some((a, b)), Some(blank)) => pairs.for_each(|(o, s)| {
                let value = cast(AsPrimitive::<f64>::as_(*s) * a + b);
                *o = if *s == blank { nan } else { value };
            }),
        }
    }
}

use num_traits::AsPrimitive;

/// To a float type, rounding once; integer targets never come here.
#[inline(always)]
fn cast<S: NumCast, T: Element>(s: S) -> T {
    <T as NumCast>::from(s).unwrap_or_default()
}

fn to_integers<S: Element, T: Element>(
    numbers: &[S],
    blank: Option<S>,
    scale: Option<(f64, f64)>,
    fill: Option<i128>,
    out: &mut [T],
) -> Result<(), Unfit> {
    let fill: Option<T> = fill.and_then(<T as NumCast>::from);
    let scale = scale.map(|(a, b)| (a as i128, b as i128));
    for (o, s) in out.iter_mut().zip(numbers) {
        *o = if blank == Some(*s) {
            fill.ok_or(Unfit::Blank)?
        } else if let Some((a, b)) = scale {
            let value = s.whole().saturating_mul(a).saturating_add(b);
            <T as NumCast>::from(value).ok_or(Unfit::Value(value))?
        } else {
            <T as NumCast>::from(*s).ok_or(Unfit::Value(s.whole()))?
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn be(values: &[i16]) -> Vec<u8> {
        values.iter().flat_map(|v| v.to_be_bytes()).collect()
    }

    #[test]
    fn signs_blanks_and_scales() {
        let bytes = be(&[-32768, -1, 0, 1, 32767]);
        let mut e = Encoding { flip: true, ..Encoding::plain(Format::U16, true) };
        let mut u = [0u16; 5];
        decode(&e, None, &bytes, 0, 2, &mut u).unwrap();
        assert_eq!(u, [0, 32767, 32768, 32769, 65535]);
        let mut small = [0u8; 1];
        assert_eq!(decode(&e, None, &bytes, 2, 2, &mut small), Err(Unfit::Value(32767)));
        e = Encoding { blank: Some(-1), scale: Some((0.5, 10.0)), ..Encoding::plain(Format::I16, true) };
        let mut f = [0f32; 5];
        decode(&e, None, &bytes, 0, 2, &mut f).unwrap();
        assert!(f[1].is_nan());
        assert_eq!([f[0], f[2], f[3], f[4]], [-16374.0, 10.0, 10.5, 16393.5]);
        assert!(e.refuses::<i16>().unwrap().contains("BSCALE = 0.5"));
        e.scale = None;
        let mut i = [0i32; 5];
        assert_eq!(decode(&e, None, &bytes, 0, 2, &mut i), Err(Unfit::Blank));
        decode(&e, Some(-99), &bytes, 0, 2, &mut i).unwrap();
        assert_eq!(i, [-32768, -99, 0, 1, 32767]);
        e = Encoding { scale: Some((2.0, 1e10)), ..Encoding::plain(Format::I16, true) };
        let mut l = [0i64; 2];
        decode(&e, None, &bytes, 2, 2, &mut l).unwrap();
        assert_eq!(l, [9_999_999_998, 10_000_000_000]);
    }

    #[test]
    fn any_stride_and_both_orders() {
        let values: Vec<f64> = (0..1300).map(|i| i as f64 * 0.1 - 7.0).collect();
        for big in [false, true] {
            let bytes: Vec<u8> =
                values.iter().flat_map(|v| if big { v.to_be_bytes() } else { v.to_le_bytes() }).collect();
            let e = Encoding::plain(Format::F64, big);
            let mut all = vec![0.0; 1300];
            decode(&e, None, &bytes, 0, 8, &mut all).unwrap();
            assert_eq!(all, values);
            let mut back = vec![0f32; 1300];
            decode(&e, None, &bytes, 1299 * 8, -8, &mut back).unwrap();
            assert!(back.iter().zip(values.iter().rev()).all(|(b, v)| *b == *v as f32));
            let mut third = vec![0.0; 400];
            decode(&e, None, &bytes, 8, 24, &mut third).unwrap();
            assert!(third.iter().enumerate().all(|(i, t)| *t == values[1 + 3 * i]));
        }
    }
}
