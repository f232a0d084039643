//! The description of the numbers in an `.npy` file (NEP 1, versions 1 to 3): a dictionary in the words of Python.

use crate::decode::Encoding;
use crate::element::Format;
use reproject_core::{Error, Result};
use std::path::Path;

/// How an `.npy` file begins.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest description that is read: NumPy's have some hundred bytes.
const LONGEST: usize = 1 << 20;

/// Where the description starts, and its length.
pub(super) fn preamble(bytes: &[u8]) -> Option<(usize, usize)> {
    let (start, length) = match *bytes.strip_prefix(MAGIC)? {
        [1, _, a, b, ..] => (10, u16::from_le_bytes([a, b]) as usize),
        [2 | 3, _, a, b, c, d, ..] => (12, u32::from_le_bytes([a, b, c, d]) as usize),
        _ => return None,
    };
    (length <= LONGEST).then_some((start, length))
}

/// Where the numbers start, and what they are.
pub(super) fn described(path: &Path, bytes: &[u8]) -> Result<(usize, Described)> {
    let none = || Error::file(path, "is no .npy file of version 1, 2 or 3 with a short description");
    let (start, length) = preamble(bytes).ok_or_else(none)?;
    let cut = || Error::file(path, "ends before the description of its numbers does");
    let text = String::from_utf8_lossy(bytes.get(start..start + length).ok_or_else(cut)?);
    let header = Described::parse(text.trim()).map_err(|why| {
        let shown: String = text.trim().chars().take(200).collect();
        Error::file(path, format!("{why} in {shown:?}"))
    })?;
    Ok((start + length, header))
}

pub(super) struct Described {
    /// float32 where they are float16 (`half`).
    pub(super) encoding: Encoding,
    pub(super) half: bool,
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
}

impl Described {
    /// Bytes of one number.
    pub(super) fn size(&self) -> usize {
        if self.half { 2 } else { self.encoding.format.size() }
    }

    /// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
    fn parse(text: &str) -> std::result::Result<Self, String> {
        let after = |key: &str| {
            let at = text.find(&format!("'{key}'")).ok_or(format!("there is no {key}"))?;
            let rest = text[at + key.len() + 2..].trim_start();
            rest.strip_prefix(':').map(str::trim_start).ok_or(format!("{key} has no value"))
        };
        let descr = after("descr")?;
        let code = descr.strip_prefix('\'').and_then(|d| d.split_once('\'')).map(|(c, _)| c);
        let number = || format!("the type {:?} is no number type", code.unwrap_or(descr));
        let mut letters = code.ok_or_else(number)?.chars();
        let (order, kind) = (letters.next().ok_or_else(number)?, letters.next().ok_or_else(number)?);
        let size = letters.as_str().parse().map_err(|_| number())?;
        if kind == 'f' && size > 8 {
            return Err(format!(
                "{:?} numbers of {size} bytes are different ones on different machines; save them with .astype('float64')",
                code.unwrap_or(descr)
            ));
        }
        let half = (kind, size) == ('f', 2);
        // Booleans are bytes, 0 or 1.
        let format =
            Format::of(if (kind, size) == ('b', 1) { 'u' } else { kind }, if half { 4 } else { size });
        let format = format.ok_or_else(number)?;
        let big = match order {
            '<' | '|' => false,
            '>' => true,
            _ => return Err(number()),
        };
        let fortran = match after("fortran_order")? {
            t if t.starts_with("True") => true,
            f if f.starts_with("False") => false,
            _ => return Err("fortran_order is neither True nor False".into()),
        };
        let shape = after("shape")?.strip_prefix('(').and_then(|s| s.split_once(')')).map(|(s, _)| s);
        let sides = shape.ok_or("shape is no tuple")?.split(',').map(str::trim).filter(|s| !s.is_empty());
        let shape = sides.map(str::parse).collect::<std::result::Result<_, _>>();
        let shape = shape.map_err(|_| "shape holds what is no length")?;
        Ok(Self { encoding: Encoding::plain(format, big), half, fortran, shape })
    }
}
