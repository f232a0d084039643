//! Floats as whole numbers (FITS 4.0, section 10.2; White and Greenfield 1999; Pence, White and Seaman 2010, PASP 122, 1065):
//! ZSCALE, ZZERO, ZBLANK and the dithering of ZQUANTIZ.

use crate::header::Header;
use reproject_core::{Error, Result};
use std::sync::OnceLock;

/// How ZQUANTIZ says that numbers were rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Dither {
    /// To the nearest, `NO_DITHER`.
    None,
    /// After a random number was subtracted, `SUBTRACTIVE_DITHER_1`.
    Subtracted,
    /// The same, but zeros are kept as they are, `SUBTRACTIVE_DITHER_2`.
    ZerosKept,
}

impl Dither {
    /// `None` where floats are stored without loss (`NONE`).
    pub(super) fn read(header: &Header) -> Result<Option<Self>> {
        let word = header.text("ZQUANTIZ")?.map(|w| w.trim().to_ascii_uppercase());
        Ok(Some(match word.as_deref() {
            None | Some("" | "NO_DITHER") => Self::None,
            Some("SUBTRACTIVE_DITHER_1") => Self::Subtracted,
            Some("SUBTRACTIVE_DITHER_2") => Self::ZerosKept,
            Some("NONE") => return Ok(None),
            Some(word) => {
                let why = format!(
                    "is {word:?}; known are NONE, NO_DITHER, SUBTRACTIVE_DITHER_1 and SUBTRACTIVE_DITHER_2"
                );
                return Err(Error::invalid("FITS keyword ZQUANTIZ", why));
            }
        }))
    }
}

/// The number that a 0 is stored as where zeros are kept (section 10.2.2).
const ZERO: i32 = -2147483646;

/// The whole numbers of one tile, as values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantized {
    pub(super) scale: f64,
    pub(super) zero: f64,
    /// The number that says "no data".
    pub(super) blank: Option<i32>,
    pub(super) dither: Dither,
    /// Number of the tile in the table (from 0) plus ZDITHER0 less 1.
    pub(super) seed: u64,
}

impl Quantized {
    /// Numbers that mean themselves.
    pub(super) fn plain() -> Self {
        Self { scale: 1.0, zero: 0.0, blank: None, dither: Dither::None, seed: 0 }
    }

    /// Calls `put` with the value of every number, in order.
    pub(super) fn values(&self, numbers: &[i32], mut put: impl FnMut(usize, f64)) {
        let blank = self.blank.map(i64::from).unwrap_or(i64::MAX);
        if self.dither == Dither::None {
            for (k, &n) in numbers.iter().enumerate() {
                let value = f64::from(n) * self.scale + self.zero;
                put(k, if i64::from(n) == blank { f64::NAN } else { value });
            }
            return;
        }
        let random = random();
        let start = |place: usize| (random[place] * 500.0) as usize;
        let mut place = (self.seed % PLACES as u64) as usize;
        let mut next = start(place);
        for (k, &n) in numbers.iter().enumerate() {
            let value = (f64::from(n) - f64::from(random[next]) + 0.5) * self.scale + self.zero;
            let zero = self.dither == Dither::ZerosKept && n == ZERO;
            let value = if zero { 0.0 } else { value };
            put(k, if i64::from(n) == blank { f64::NAN } else { value });
            next += 1;
            if next == PLACES {
                place = (place + 1) % PLACES;
                next = start(place);
            }
        }
    }
}

const PLACES: usize = 10_000;

/// The random numbers of appendix I: Park and Miller's generator, whose 10 000th seed is 1043618065.
fn random() -> &'static [f32] {
    static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
    TABLE.get_or_init(|| seeds().map(|seed| (seed as f64 / MODULUS as f64) as f32).collect())
}

const MODULUS: u64 = (1 << 31) - 1;

fn seeds() -> impl Iterator<Item = u64> {
    let next = |seed: &u64| Some(seed * 16807 % MODULUS);
    std::iter::successors(next(&1), next).take(PLACES)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check that appendix I gives.
    #[test]
    fn random_numbers_are_those_of_the_standard() {
        assert_eq!(seeds().last(), Some(1043618065));
        assert_eq!(random().len(), PLACES);
    }

    #[test]
    fn numbers_blanks_and_zeros_get_their_values() {
        let mut tile = Quantized { scale: 0.5, zero: 10.0, blank: Some(-7), dither: Dither::None, seed: 0 };
        let values = |tile: &Quantized, numbers: &[i32]| {
            let mut out = vec![0.0; numbers.len()];
            tile.values(numbers, |k, v| out[k] = v);
            out
        };
        let plain = values(&tile, &[0, 3, -7]);
        assert!(plain[..2] == [10.0, 11.5] && plain[2].is_nan());
        tile.dither = Dither::ZerosKept;
        let dithered = values(&tile, &[0, ZERO, -7]);
        let first = f64::from(random()[(random()[0] * 500.0) as usize]);
        assert_eq!(dithered[0], (0.5 - first) * 0.5 + 10.0);
        assert!(dithered[1] == 0.0 && dithered[2].is_nan());
        // The place in the table runs past its end.
        tile.seed = u64::MAX;
        assert!(values(&tile, &vec![1; 30_000]).iter().all(|v| (10.0..11.5).contains(v)));
    }
}
