//! Pixel types: any number that ndarray can hold, with its way to f64 and back.

use num_traits::{Bounded, NumCast};
use std::fmt::Debug;

/// A number that an image can hold. Open: a downstream crate may add its own.
pub trait Pixel: Copy + PartialEq + Debug + Default + NumCast + Bounded + Send + Sync + 'static {
    /// The value that says "no data": NaN for floats; integers have none and need a fill value.
    const BLANK: Option<Self>;
    /// The number as f64; exact up to 53 bits.
    fn to_f64(self) -> f64;
    /// The nearest number of this type: floats round, integers round half to even and saturate. NaN becomes the
    /// canonical NaN, or zero for an integer (callers put their fill value there first).
    fn from_f64(value: f64) -> Self;
    /// Whether it says "no data".
    fn is_blank(self) -> bool;
}

macro_rules! floats { ($($t:ident),*) => {$(
    impl Pixel for $t {
        const BLANK: Option<Self> = Some(<$t>::NAN);
        #[inline(always)]
        fn to_f64(self) -> f64 { self as f64 }
        #[inline(always)]
        fn from_f64(value: f64) -> Self { if value.is_nan() { <$t>::NAN } else { value as $t } }
        #[inline(always)]
        fn is_blank(self) -> bool { self.is_nan() }
    }
)*} }
macro_rules! integers { ($($t:ident),*) => {$(
    impl Pixel for $t {
        const BLANK: Option<Self> = None;
        #[inline(always)]
        fn to_f64(self) -> f64 { self as f64 }
        #[inline(always)]
        fn from_f64(value: f64) -> Self { value.round_ties_even() as $t }
        #[inline(always)]
        fn is_blank(self) -> bool { false }
    }
)*} }
floats!(f32, f64);
integers!(u8, i8, u16, i16, u32, i32, u64, i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_and_saturate() {
        assert_eq!((u8::from_f64(300.0), u8::from_f64(-1.0), i16::from_f64(2.5)), (255, 0, 2));
        assert_eq!((i32::from_f64(f64::NAN), i64::from_f64(f64::INFINITY)), (0, i64::MAX));
        let odd = f64::from_bits(0xfff8_0000_0000_0007);
        assert_eq!(f64::from_f64(odd).to_bits(), f64::NAN.to_bits());
        assert!(f32::from_f64(odd).is_blank() && !7u8.is_blank());
    }
}
