//! The ten number types that files hold, and their bytes.

use bytemuck::{Pod, Zeroable};
use num_traits::AsPrimitive;
use reproject_core::Pixel;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A number type, without byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each is the Rust type of that name")]
pub enum Format {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Format {
    /// The bytes of one number.
    pub const fn size(self) -> usize {
        match self {
            Format::U8 | Format::I8 => 1,
            Format::U16 | Format::I16 => 2,
            Format::U32 | Format::I32 | Format::F32 => 4,
            Format::U64 | Format::I64 | Format::F64 => 8,
        }
    }

    /// Whether it is a floating-point type.
    pub const fn is_float(self) -> bool {
        matches!(self, Format::F32 | Format::F64)
    }

    /// The lowest and the highest number of an integer type.
    pub const fn range(self) -> Option<[i128; 2]> {
        let bits = 8 * self.size() as u32;
        match self {
            Format::F32 | Format::F64 => None,
            Format::U8 | Format::U16 | Format::U32 | Format::U64 => Some([0, (1 << bits) - 1]),
            _ => Some([-(1 << (bits - 1)), (1 << (bits - 1)) - 1]),
        }
    }

    /// NumPy's name of the type, such as `float32`.
    pub const fn name(self) -> &'static str {
        match self {
            Format::U8 => "uint8",
            Format::I8 => "int8",
            Format::U16 => "uint16",
            Format::I16 => "int16",
            Format::U32 => "uint32",
            Format::I32 => "int32",
            Format::U64 => "uint64",
            Format::I64 => "int64",
            Format::F32 => "float32",
            Format::F64 => "float64",
        }
    }

    /// The format of NumPy's kind letter (`u`, `i`, `f`; `b` counts as `u`) and item size.
    pub fn of(kind: char, size: usize) -> Option<Self> {
        Some(match (kind, size) {
            ('u' | 'b', 1) => Format::U8,
            ('i', 1) => Format::I8,
            ('u', 2) => Format::U16,
            ('i', 2) => Format::I16,
            ('u', 4) => Format::U32,
            ('i', 4) => Format::I32,
            ('u', 8) => Format::U64,
            ('i', 8) => Format::I64,
            ('f', 4) => Format::F32,
            ('f', 8) => Format::F64,
            _ => return None,
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A pixel type that files hold.
pub trait Element: Pixel + Pod + AsPrimitive<f64> + AsPrimitive<f32> {
    /// Which one it is.
    const FORMAT: Format;
    /// As many bytes as it takes.
    type Raw: Pod + Zeroable + Copy + Send + Sync;
    /// The number from its bytes in big-endian order.
    fn from_be(raw: Self::Raw) -> Self;
    /// The number from its bytes in little-endian order.
    fn from_le(raw: Self::Raw) -> Self;
    /// Its bytes in big-endian order.
    fn to_be(self) -> Self::Raw;
    /// Its bytes in little-endian order.
    fn to_le(self) -> Self::Raw;
    /// The number with its highest bit turned over: the step between signed numbers and FITS's unsigned convention.
    fn flipped(self) -> Self;
    /// As a whole number; 0 for floats, which never need it.
    fn whole(self) -> i128;
}

macro_rules! integers { ($($t:ident $f:ident $n:literal),*) => {$(
    impl Element for $t {
        const FORMAT: Format = Format::$f;
        type Raw = [u8; $n];
        #[inline(always)]
        fn from_be(raw: [u8; $n]) -> Self { <$t>::from_be_bytes(raw) }
        #[inline(always)]
        fn from_le(raw: [u8; $n]) -> Self { <$t>::from_le_bytes(raw) }
        #[inline(always)]
        fn to_be(self) -> [u8; $n] { self.to_be_bytes() }
        #[inline(always)]
        fn to_le(self) -> [u8; $n] { self.to_le_bytes() }
        #[inline(always)]
        fn flipped(self) -> Self { self ^ (1 << ($n * 8 - 1)) }
        #[inline(always)]
        fn whole(self) -> i128 { self as i128 }
    }
)*} }
macro_rules! floats { ($($t:ident $f:ident $n:literal),*) => {$(
    impl Element for $t {
        const FORMAT: Format = Format::$f;
        type Raw = [u8; $n];
        #[inline(always)]
        fn from_be(raw: [u8; $n]) -> Self { <$t>::from_be_bytes(raw) }
        #[inline(always)]
        fn from_le(raw: [u8; $n]) -> Self { <$t>::from_le_bytes(raw) }
        #[inline(always)]
        fn to_be(self) -> [u8; $n] { self.to_be_bytes() }
        #[inline(always)]
        fn to_le(self) -> [u8; $n] { self.to_le_bytes() }
        #[inline(always)]
        fn flipped(self) -> Self { self }
        #[inline(always)]
        fn whole(self) -> i128 { 0 }
    }
)*} }
integers!(u8 U8 1, i8 I8 1, u16 U16 2, i16 I16 2, u32 U32 4, i32 I32 4, u64 U64 8, i64 I64 8);
floats!(f32 F32 4, f64 F64 8);

/// Calls a macro's body with the Rust type of a [`Format`] named `$t`.
macro_rules! for_format {
    ($format:expr, $t:ident => $body:expr) => {
        match $format {
            $crate::element::Format::U8 => {
                type $t = u8;
                $body
            }
            $crate::element::Format::I8 => {
                type $t = i8;
                $body
            }
            $crate::element::Format::U16 => {
                type $t = u16;
                $body
            }
            $crate::element::Format::I16 => {
                type $t = i16;
                $body
            }
            $crate::element::Format::U32 => {
                type $t = u32;
                $body
            }
            $crate::element::Format::I32 => {
                type $t = i32;
                $body
            }
            $crate::element::Format::U64 => {
                type $t = u64;
                $body
            }
            $crate::element::Format::I64 => {
                type $t = i64;
                $body
            }
            $crate::element::Format::F32 => {
                type $t = f32;
                $body
            }
            $crate::element::Format::F64 => {
                type $t = f64;
                $body
            }
        }
    };
}
pub(crate) use for_format;
