//! GZIP_1 and GZIP_2 (FITS 4.0, section 10.4.2): one gzip member (RFC 1952) a tile; in the second, the bytes are sorted by their
//! place in the numbers.

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// The most bytes that so many bytes can stand for: DEFLATE makes 258 of 2 bits.
pub(super) fn most(length: u64) -> u64 {
    length.saturating_mul(1032)
}

/// Inflates one member after the other in the same memory.
pub(super) struct Inflater(Decompress);

impl Inflater {
    pub(super) fn new() -> Self {
        Self(Decompress::new(false))
    }

    /// Inflates one member into the front of `out`; the number of its bytes.
    pub(super) fn inflate(&mut self, data: &[u8], out: &mut [u8]) -> Result<usize, String> {
        let body = body(data).ok_or("it is no gzip member")?;
        self.0.reset(false);
        let status = self.0.decompress(body, out, FlushDecompress::Finish);
        let (used, length) = (self.0.total_in() as usize, self.0.total_out() as usize);
        match status {
            Ok(Status::StreamEnd) => {}
            Ok(_) if length == out.len() => {
                return Err("it inflates to more bytes than its pixels have".into());
            }
            Ok(_) => return Err("its bytes end before its pixels do".into()),
            Err(_) => return Err("it cannot be inflated; it is damaged".into()),
        }
        let mut sum = Crc::new();
        sum.update(&out[..length]);
        let tail = [sum.sum().to_le_bytes(), (length as u32).to_le_bytes()].concat();
        if body.get(used..used + 8) != Some(&tail[..]) {
            return Err("its check sum or length (RFC 1952) is not that of its bytes; it is damaged".into());
        }
        Ok(length)
    }
}

/// The bytes that follow the header of a member (section 2.3).
fn body(data: &[u8]) -> Option<&[u8]> {
    let [0x1f, 0x8b, 8, flags, _, _, _, _, _, _, rest @ ..] = data else { return None };
    let mut rest = rest;
    if flags & 4 != 0 {
        let [a, b, after @ ..] = rest else { return None };
        rest = after.get(usize::from(u16::from_le_bytes([*a, *b]))..)?;
    }
    for text in [8, 16] {
        if flags & text != 0 {
            rest = &rest[rest.iter().position(|&b| b == 0)? + 1..];
        }
    }
    if flags & 2 != 0 { rest.get(2..) } else { Some(rest) }
}

/// The bytes of numbers of `width` bytes, from all their first bytes, all their second ones and so on.
pub(super) fn unshuffle(sorted: &[u8], width: usize, out: &mut [u8]) {
    let count = sorted.len() / width.max(1);
    for (k, plane) in sorted.chunks_exact(count.max(1)).enumerate() {
        out.iter_mut().skip(k).step_by(width).zip(plane).for_each(|(o, b)| *o = *b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn members_are_inflated_whole_or_refused() {
        let builder = flate2::GzBuilder::new().filename("a name").comment("and more").extra(vec![1, 2, 3]);
        let mut zip = builder.write(Vec::new(), flate2::Compression::best());
        zip.write_all(b"some bytes some bytes some bytes").unwrap();
        let member = zip.finish().unwrap();
        let mut inflater = Inflater::new();
        let mut out = [0; 40];
        for _ in 0..2 {
            assert_eq!(inflater.inflate(&member, &mut out), Ok(32));
            assert_eq!(&out[..32], b"some bytes some bytes some bytes");
            assert!(inflater.inflate(&member, &mut out[..31]).unwrap_err().contains("more bytes"));
            assert!(
                inflater.inflate(&member[..member.len() - 12], &mut out).unwrap_err().contains("end before")
            );
            assert!(inflater.inflate(&member[..5], &mut out).unwrap_err().contains("no gzip"));
        }
        for k in 1..9 {
            let mut bytes = member.clone();
            let at = bytes.len() - k;
            bytes[at] ^= 1;
            assert!(inflater.inflate(&bytes, &mut out).unwrap_err().contains("check sum"));
        }
        let mut out = [0; 6];
        unshuffle(b"ACEBDF", 2, &mut out);
        assert_eq!(&out, b"ABCDEF");
    }
}
