//! Number types: what the output is stored as, and in which type the pixels are computed.

use crate::Method;
use crate::image::pixels::Pixels;
use reproject_chunk::Format;
use serde::{Deserialize, Serialize};

/// The number type of a file that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dtype {
    /// That of a floating-point input. Integers are kept by nearest neighbour (unsigned ones without BLANK in the next wider
    /// signed type), and become float32 (8 and 16 bits) or float64 otherwise.
    #[default]
    Auto,
    /// That of the input, integers included.
    Input,
    /// This one.
    As(Format),
}

use Dtype::As;
const ALL: [Dtype; 12] = [
    Dtype::Auto,
    Dtype::Input,
    As(Format::F32),
    As(Format::F64),
    As(Format::U8),
    As(Format::I8),
    As(Format::U16),
    As(Format::I16),
    As(Format::U32),
    As(Format::I32),
    As(Format::U64),
    As(Format::I64),
];

impl Dtype {
    /// Every choice, in the order of the help.
    pub fn all() -> &'static [Self] {
        &ALL
    }

    /// Its name: `auto`, `input`, or that of the type.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::Auto => "auto",
            Dtype::Input => "input",
            As(format) => format.name(),
        }
    }
}

/// How the numbers go through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Numbers {
    /// The type that the input is read as.
    pub(crate) read: Format,
    /// The type of the results before they are stored.
    pub(crate) compute: Format,
    /// The type that they are stored as.
    pub(crate) store: Format,
    /// For stored integers: the value of pixels that have none.
    pub(crate) blank: Option<i128>,
}

impl Numbers {
    /// Integers that are copied into integers stay integers all the way, but where some are masked: of up to 32 bits they
    /// are exact as floats, which can be blank. Everything else is computed in floating point.
    pub(crate) fn new(image: &Pixels, dtype: Dtype, method: Method, masked: bool) -> Self {
        let stored = image.encoding();
        // Scaled numbers are no integers, whatever they are stored as.
        let native = if stored.scale.is_some() { image.format() } else { stored.format };
        let store = match dtype {
            As(format) => format,
            Dtype::Input => native,
            Dtype::Auto if method.copies() && stored.blank.is_none() => beside_blank(native),
            Dtype::Auto if method.copies() => native,
            Dtype::Auto => floating(native),
        };
        let exact = masked && native.size() <= 4;
        if method.copies() && !native.is_float() && !store.is_float() && !exact {
            // 64 bits hold integers of every type; those of the largest one only if they stay what they are.
            let whole = if (native, store) == (Format::U64, Format::U64) { Format::U64 } else { Format::I64 };
            return Self { read: whole, compute: whole, store, blank: blank(store, whole, stored.blank) };
        }
        // A product of 16 bits and a factor needs more than float32, where more is kept.
        let fine = stored.scale.is_some() && store != Format::F32;
        let read = if fine { Format::F64 } else { floating(image.format()) };
        let compute = if (read, store) == (Format::F32, Format::F32) { Format::F32 } else { Format::F64 };
        Self { read, compute, store, blank: blank(store, store, stored.blank) }
    }
}

/// The smallest floating-point type that holds every number of a type, as far as there is one.
pub(crate) fn floating(format: Format) -> Format {
    match format {
        f if f.is_float() => f,
        f if f.size() <= 2 => Format::F32,
        _ => Format::F64,
    }
}

/// Unsigned integers reach the highest number (saturated pixels do), which then could not stand for "no value": the next
/// wider type has room for both.
fn beside_blank(format: Format) -> Format {
    match format {
        Format::U8 => Format::I16,
        Format::U16 => Format::I32,
        Format::U32 => Format::I64,
        other => other,
    }
}

/// Of stored integers, the input's own blank value where the type can hold it, otherwise the lowest number (of unsigned types
/// the highest). Integers that are copied hold it as well.
fn blank(store: Format, copied: Format, own: Option<i128>) -> Option<i128> {
    let [low, high] = store.range()?;
    let [least, most] = copied.range()?;
    let end = if low == 0 { high.min(most) } else { low.max(least) };
    Some(own.filter(|v| (low..=high).contains(v) && (least..=most).contains(v)).unwrap_or(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_of_their_type() {
        let blank = |store, own| super::blank(store, store, own);
        assert_eq!(blank(Format::I16, None), Some(-32768));
        assert_eq!(blank(Format::U8, None), Some(255));
        assert_eq!(blank(Format::U16, Some(-1)), Some(65535));
        assert_eq!(blank(Format::I32, Some(-99)), Some(-99));
        assert_eq!(blank(Format::I64, None), Some(i64::MIN.into()));
        assert_eq!(blank(Format::U64, None), Some(u64::MAX.into()));
        assert_eq!(super::blank(Format::U64, Format::I64, None), Some(i64::MAX.into()));
        assert_eq!(blank(Format::F32, Some(7)), None);
    }

    #[test]
    fn floats_hold_their_integers() {
        assert_eq!(floating(Format::U16), Format::F32);
        assert_eq!(floating(Format::I32), Format::F64);
        assert_eq!(floating(Format::F32), Format::F32);
    }
}
