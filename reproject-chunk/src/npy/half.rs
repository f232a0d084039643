//! `.npy` files of float16 (IEEE 754 binary16) as files of float32, which holds each of their numbers: widened when they are opened.

use super::described::described;
use crate::input::{self, Wanted};
use crate::mmap::{Bytes, Fingerprint};
use reproject_core::Result;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// Opens a file as [`input::open`] does; float16 is widened, in memory or in a temporary file as unpacked bytes are.
pub(super) fn open(path: &Path, limit: usize, wanted: &Wanted<'_>) -> Result<(Arc<dyn Bytes>, Fingerprint)> {
    let (bytes, fingerprint) = input::open(path, limit, wanted)?;
    let (start, big) = match described(path, bytes.bytes()) {
        Ok((start, header)) if header.half => (start, header.encoding.big_endian),
        // What is wrong with it is said where it is read.
        _ => return Ok((bytes, fingerprint)),
    };
    let (text, rest) = bytes.bytes().split_at(start);
    // Of the same length.
    let wide = if big { [b"'>f2'", b"'>f4'"] } else { [b"'<f2'", b"'<f4'"] };
    let mut text = text.to_vec();
    if let Some(at) = text.windows(5).position(|w| w == wide[0]) {
        text[at..at + 5].copy_from_slice(wide[1]);
    }
    let stream = io::Cursor::new(text).chain(Widened { rest, big });
    Ok((input::stored(path, limit, Box::new(stream))?, fingerprint))
}

/// Numbers of two bytes as those of four, in their own byte order.
struct Widened<'a> {
    rest: &'a [u8],
    big: bool,
}

impl Read for Widened<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Whole numbers only, of which a reader has room for many.
        let count = (buffer.len() / 4).min(self.rest.len() / 2);
        let (now, rest) = self.rest.split_at(2 * count);
        for (two, four) in now.chunks_exact(2).zip(buffer.chunks_exact_mut(4)) {
            let two = [two[0], two[1]];
            four.copy_from_slice(&match self.big {
                true => wide(u16::from_be_bytes(two)).to_be_bytes(),
                false => wide(u16::from_le_bytes(two)).to_le_bytes(),
            });
        }
        self.rest = rest;
        Ok(4 * count)
    }
}

/// 1 sign bit, 5 of the exponent (bias 15), 10 of the fraction.
fn wide(half: u16) -> f32 {
    let (exponent, fraction) = (half >> 10 & 31, f32::from(half & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => return f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(i32::from(exponent) - 25),
    };
    if half >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RawHandle;
    use ndarray::ArrayD;
    use reproject_core::{ArraySource, Region};

    #[test]
    fn every_number_is_kept() {
        for (half, value) in [
            (0x0000, 0.0),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x3c01, 1.000_976_6),
            (0x7bff, 65504.0),
            (0xc000, -2.0),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(wide(half), value, "{half:#x}");
        }
        assert!(wide(0x7e00).is_nan() && wide(0x8000).is_sign_negative());
    }

    /// As `numpy.save` writes `numpy.array([[1, -2, 0.5], [65504, nan, 6e-8]], '<f2')`, in either byte order and gzipped.
    #[test]
    fn files_of_halves_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let numbers = [0x3c00u16, 0xc000, 0x3800, 0x7bff, 0x7e00, 0x0001];
        for big in [false, true] {
            let code = if big { ">f2" } else { "<f2" };
            let text = format!("{{'descr': '{code}', 'fortran_order': False, 'shape': (2, 3), }}");
            let mut bytes = b"\x93NUMPY\x01\x00v\x00".to_vec();
            bytes.extend(format!("{text:<117}\n").bytes());
            bytes.extend(numbers.iter().flat_map(|n| if big { n.to_be_bytes() } else { n.to_le_bytes() }));
            let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            io::Write::write_all(&mut zip, &bytes).unwrap();
            for (name, content) in [("a.npy", bytes.clone()), ("a.npy.gz", zip.finish().unwrap())] {
                let path = dir.path().join(name);
                std::fs::write(&path, content).unwrap();
                for limit in [0, 1 << 20] {
                    let source = RawHandle::npy_within(&path, limit).unwrap().open().unwrap();
                    let mut out = ArrayD::zeros(vec![2, 3]);
                    source.read(&Region::whole(&[2, 3]), out.view_mut()).unwrap();
                    let out: Vec<f32> = out.into_raw_vec_and_offset().0;
                    assert_eq!(out[..4], [1.0, -2.0, 0.5, 65504.0], "{name}");
                    assert!(out[4].is_nan() && out[5] == 2f32.powi(-24));
                }
            }
            let path = dir.path().join("short.npy");
            std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
            assert!(RawHandle::npy(&path).is_err());
        }
    }
}
