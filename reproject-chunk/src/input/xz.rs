//! Files of xz (the .xz file format 1.2): streams of blocks of LZMA2, with the check sums CRC-32 and CRC-64.

use flate2::Crc;
use lzma_rust2::Lzma2Reader;
use std::io::{self, Read};

/// The largest dictionary: that of `xz -9`.
const LARGEST: u64 = 64 << 20;

/// Bytes as they are unpacked.
pub(super) struct Xz<'a> {
    whole: &'a [u8],
    at: usize,
    /// The kind of check sum, in the stream that has been begun.
    stream: Option<u8>,
    block: Option<Block<'a>>,
}

struct Block<'a> {
    reader: Lzma2Reader<&'a [u8]>,
    start: usize,
    sum: Sum,
}

impl<'a> Xz<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self { whole: file, at: 0, stream: None, block: None }
    }

    fn bytes(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let bytes = self.whole.get(self.at..self.at.saturating_add(count));
        let bytes = bytes.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "it was cut short"))?;
        self.at += count;
        Ok(bytes)
    }

    /// Passes what is not data, up to the next block or the end.
    fn advance(&mut self) -> io::Result<bool> {
        loop {
            let Some(check) = self.stream else {
                let padding = self.whole[self.at..].iter().take_while(|b| **b == 0).count();
                self.at += padding;
                if self.at == self.whole.len() {
                    return Ok(false);
                }
                let head = self.bytes(12)?;
                if head[..6] != *b"\xfd7zXZ\0" || head[6] != 0 || crc(&head[6..8]) != head[8..] {
                    return Err(wrong("what follows is no xz stream"));
                }
                self.stream = Some(head[7]);
                continue;
            };
            let first = self.whole.get(self.at).copied().ok_or_else(|| wrong("it was cut short"))?;
            if first > 0 {
                self.begin(usize::from(first) * 4 + 4, check)?;
                return Ok(true);
            }
            // The index: pairs of lengths; then the footer.
            let start = self.at;
            self.at += 1;
            let count = self.number()?;
            if count > (self.whole.len() / 2) as u64 {
                return Err(wrong("its index is damaged"));
            }
            (0..2 * count).try_for_each(|_| self.number().map(drop))?;
            self.at = start + (self.at - start).next_multiple_of(4);
            self.bytes(4 + 12)?;
            self.stream = None;
        }
    }

    /// A number of up to nine bytes of seven bits, the lowest first.
    fn number(&mut self) -> io::Result<u64> {
        let mut number = 0;
        for k in 0..9 {
            let byte = self.bytes(1)?[0];
            number |= u64::from(byte & 0x7f) << (7 * k);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(wrong("a number in it is too long"))
    }

    fn begin(&mut self, length: usize, check: u8) -> io::Result<()> {
        let start = self.at;
        let head = self.bytes(length)?;
        if crc(&head[..length - 4]) != head[length - 4..] {
            return Err(wrong("a block header's check sum is wrong"));
        }
        self.at = start + 2;
        for bit in [0x40, 0x80] {
            if head[1] & bit != 0 {
                self.number()?;
            }
        }
        let filter = (self.number()?, self.number()?, self.bytes(1)?[0]);
        let (0, (0x21, 1, size @ 0..=40)) = (head[1] & 3, filter) else {
            return Err(wrong("it uses other filters than LZMA2 alone; unpack it with xz -d first"));
        };
        let dictionary =
            if size == 40 { u64::from(u32::MAX) } else { (2 | u64::from(size & 1)) << (size / 2 + 11) };
        if dictionary > LARGEST {
            let why = format!(
                "it needs a dictionary of {dictionary} bytes, and {LARGEST} are the most; unpack it with xz -d first"
            );
            return Err(io::Error::new(io::ErrorKind::OutOfMemory, why));
        }
        self.at = start + length;
        let rest = &self.whole[self.at..];
        let sum = match check {
            0 => Sum::None(0),
            1 => Sum::Crc32(Crc::new()),
            4 => Sum::Crc64(!0),
            10 => Sum::None(32),
            _ => return Err(wrong("its check sums are of an unknown kind")),
        };
        self.block =
            Some(Block { reader: Lzma2Reader::new(rest, dictionary as u32, None), start: self.at, sum });
        Ok(())
    }

    fn end(&mut self, block: Block<'a>) -> io::Result<()> {
        let left = block.reader.into_inner().len();
        self.at = self.whole.len() - left;
        self.at = block.start + (self.at - block.start).next_multiple_of(4);
        let expected = match block.sum {
            Sum::None(length) => return self.bytes(length).map(drop),
            Sum::Crc32(sum) => sum.sum().to_le_bytes().to_vec(),
            Sum::Crc64(sum) => (!sum).to_le_bytes().to_vec(),
        };
        if self.bytes(expected.len())? == expected {
            Ok(())
        } else {
            Err(wrong("a check sum is wrong; it is damaged"))
        }
    }
}

impl Read for Xz<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(block) = &mut self.block else {
                if self.advance()? {
                    continue;
                }
                return Ok(0);
            };
            let got = block.reader.read(buffer)?;
            block.sum.update(&buffer[..got]);
            if got > 0 || buffer.is_empty() {
                return Ok(got);
            }
            if let Some(block) = self.block.take() {
                self.end(block)?;
            }
        }
    }
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut sum = Crc::new();
    sum.update(bytes);
    sum.sum().to_le_bytes()
}

/// A check sum on the way, or the length of one that is passed over.
enum Sum {
    None(usize),
    Crc32(Crc),
    Crc64(u64),
}

impl Sum {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Sum::None(_) => {}
            Sum::Crc32(sum) => sum.update(bytes),
            Sum::Crc64(sum) => {
                for byte in bytes {
                    *sum = CRC64[usize::from(*sum as u8 ^ byte)] ^ (*sum >> 8);
                }
            }
        }
    }
}

/// The polynomial of ECMA-182, the lowest bit first.
const CRC64: [u64; 256] = {
    let mut table = [0; 256];
    let mut k = 0;
    while k < 256 {
        let (mut sum, mut bit) = (k as u64, 0);
        while bit < 8 {
            sum = (sum >> 1) ^ (0xc96c_5795_d787_0f42 * (sum & 1));
            bit += 1;
        }
        table[k] = sum;
        k += 1;
    }
    table
};
