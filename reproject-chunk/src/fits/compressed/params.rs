//! ZCMPTYPE and the parameters of the algorithms, by name (FITS 4.0, sections 10.1.1 and 10.4).

use super::{gzip, hcompress, plio, rice};
use crate::header::Header;
use reproject_core::{Error, Result};

/// An algorithm with what it has to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Codec {
    /// Pixels a block, and bytes a pixel.
    Rice {
        block: usize,
        bytes: usize,
    },
    Gzip {
        shuffled: bool,
    },
    Plio,
    Hcompress {
        smooth: bool,
    },
    /// Numbers as they are.
    Plain,
}

/// The largest Rice block: the standard has 16 and 32, and says that others may come.
const LARGEST_BLOCK: i64 = 1024;

impl Codec {
    pub(super) fn read(header: &Header) -> Result<Self> {
        let kind = header.text("ZCMPTYPE")?.unwrap_or_default().trim().to_ascii_uppercase();
        Ok(match &*kind {
            "RICE_1" | "RICE_ONE" => {
                let block = parameter(header, "BLOCKSIZE", 32, |n| (1..=LARGEST_BLOCK).contains(&n))?;
                let bytes = parameter(header, "BYTEPIX", 4, |n| matches!(n, 1 | 2 | 4))?;
                Self::Rice { block: block as usize, bytes: bytes as usize }
            }
            "GZIP_1" => Self::Gzip { shuffled: false },
            "GZIP_2" => Self::Gzip { shuffled: true },
            "PLIO_1" => Self::Plio,
            "HCOMPRESS_1" => Self::Hcompress { smooth: parameter(header, "SMOOTH", 0, |_| true)? != 0 },
            "NOCOMPRESS" => Self::Plain,
            _ => {
                let known = "RICE_1, GZIP_1, GZIP_2, PLIO_1, HCOMPRESS_1 and NOCOMPRESS";
                return Err(Error::invalid(
                    "FITS keyword ZCMPTYPE",
                    format!("is {kind:?}; known are {known}"),
                ));
            }
        })
    }

    /// The most pixels that so many bytes can stand for.
    pub(super) fn most(&self, length: u64) -> u64 {
        match *self {
            Self::Rice { block, bytes } => rice::most(length, block, bytes),
            Self::Gzip { .. } => gzip::most(length),
            Self::Plio => plio::most(length),
            Self::Hcompress { .. } => hcompress::most(length),
            Self::Plain => length,
        }
    }
}

/// ZVALn of the ZNAMEn that holds a name, whatever its n.
fn parameter(header: &Header, name: &str, default: i64, allowed: impl Fn(i64) -> bool) -> Result<i64> {
    let is = |word: &str| word.trim().eq_ignore_ascii_case(name);
    let found = header.records().iter().find_map(|record| {
        let number = record.keyword().strip_prefix("ZNAME")?;
        record.value().as_text().is_some_and(is).then(|| format!("ZVAL{number}"))
    });
    let Some(keyword) = found else { return Ok(default) };
    // Some write SMOOTH as T or F.
    let value = match header.get(&keyword).and_then(|record| record.value().as_bool()) {
        Some(yes) => i64::from(yes),
        None => header.integer(&keyword)?.unwrap_or(default),
    };
    if allowed(value) {
        return Ok(value);
    }
    let rule = match name {
        "BLOCKSIZE" => format!("must be 1 to {LARGEST_BLOCK} pixels"),
        _ => "must be 1, 2 or 4 (for 8 no coding is defined)".to_owned(),
    };
    Err(Error::invalid(format!("FITS keyword {keyword}"), format!("is {value}; {name} {rule}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rice(cards: &[(&str, i64)]) -> Result<Codec> {
        let mut h = Header::new();
        h.set("ZCMPTYPE", "RICE_1", "").unwrap();
        for (k, (name, value)) in cards.iter().enumerate() {
            h.set(&format!("ZNAME{}", k + 1), *name, "").unwrap();
            h.set(&format!("ZVAL{}", k + 1), *value, "").unwrap();
        }
        Codec::read(&h)
    }

    /// Names as PUNCH writes them, and in the order of no known writer.
    #[test]
    fn parameters_belong_to_their_names() {
        let plain = Codec::Rice { block: 32, bytes: 4 };
        assert_eq!(rice(&[]).unwrap(), plain);
        assert_eq!(rice(&[("NOISEBIT", 16)]).unwrap(), plain);
        let other = Codec::Rice { block: 16, bytes: 2 };
        assert_eq!(rice(&[("NOISEBIT", 4), ("BYTEPIX", 2), ("BLOCKSIZE", 16)]).unwrap(), other);
        for block in [0, -1, 1 << 31, 1025] {
            let error = rice(&[("BYTEPIX", 4), ("BLOCKSIZE", block)]).unwrap_err().to_string();
            assert!(error.contains("ZVAL2") && error.contains("BLOCKSIZE"), "{error}");
        }
        assert!(rice(&[("BYTEPIX", 8)]).unwrap_err().to_string().contains("1, 2 or 4"));
    }
}
