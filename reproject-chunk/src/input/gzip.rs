//! The members of a gzip file one after the other (RFC 1952, section 2.2), as gzip reads them: zeros that fill up a block of a
//! tape are passed over. Where gzip only warns of what else follows, there is an error: it may be a member that is damaged.

use flate2::bufread::GzDecoder;
use std::io::{self, Read};

pub(super) struct Members<'a>(GzDecoder<&'a [u8]>);

impl<'a> Members<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(GzDecoder::new(bytes))
    }
}

impl Read for Members<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let got = self.0.read(buffer)?;
            if got > 0 || buffer.is_empty() {
                return Ok(got);
            }
            let rest: &[u8] = self.0.get_ref();
            if rest.iter().all(|&b| b == 0) {
                return Ok(0);
            }
            if !rest.starts_with(&[0x1f, 0x8b]) {
                let why = format!(
                    "after its end come {} bytes that are not gzip's; cut them off, or unpack it first (gzip -dc)",
                    rest.len()
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            self.0 = GzDecoder::new(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn member(data: &[u8]) -> Vec<u8> {
        let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
        zip.write_all(data).unwrap();
        zip.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Members::new(bytes).read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn zeros_may_follow_and_members_do() {
        let two = [member(b"one "), member(b""), member(b"two")].concat();
        assert_eq!(read(&two).unwrap(), b"one two");
        for zeros in [1, 7, 10_240] {
            assert_eq!(read(&[&two[..], &vec![0; zeros]].concat()).unwrap(), b"one two", "{zeros}");
        }
        let why = read(&[&two[..], b"\0\0junk"].concat()).unwrap_err().to_string();
        assert!(why.contains("6 bytes that are not gzip's"), "{why}");
        assert!(read(&two[..two.len() - 1]).is_err() && read(&[&two[..], b"\x1f\x8b\x08"].concat()).is_err());
    }
}
