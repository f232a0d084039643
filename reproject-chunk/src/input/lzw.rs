//! Files of compress(1), `.Z`: LZW (Welch 1984) with codes of 9 to 16 bits, the lowest bit first.

use std::io::{self, Read};

/// The code that empties the table, if the file uses it.
const CLEAR: usize = 256;

/// Bytes as they are unpacked.
pub(super) struct Lzw<'a> {
    bytes: &'a [u8],
    /// Where the next code starts, and where codes of its width began, in bits: they are written eight at a time.
    at: usize,
    base: usize,
    width: usize,
    widest: usize,
    clears: bool,
    /// Entries: the one that it continues, and its last byte.
    prefix: Vec<u16>,
    suffix: Vec<u8>,
    last: Option<usize>,
    /// The first byte of the last entry.
    first: u8,
    /// Unpacked bytes that have not been taken, the next one last.
    ready: Vec<u8>,
}

impl<'a> Lzw<'a> {
    pub(super) fn new(file: &'a [u8]) -> Result<Self, String> {
        let [0x1f, 0x9d, flags, bytes @ ..] = file else { return Err("is no .Z file".into()) };
        let widest = usize::from(flags & 0x1f);
        if !(9..=16).contains(&widest) {
            return Err(format!("is a .Z file with codes of up to {widest} bits; 9 to 16 are known"));
        }
        let mut new = Self {
            bytes,
            at: 0,
            base: 0,
            width: 9,
            widest,
            clears: flags & 0x80 != 0,
            prefix: Vec::new(),
            suffix: Vec::new(),
            last: None,
            first: 0,
            ready: Vec::new(),
        };
        new.clear();
        Ok(new)
    }

    fn clear(&mut self) {
        self.prefix.clear();
        self.prefix.resize(if self.clears { CLEAR + 1 } else { CLEAR }, 0);
        self.suffix = (0..self.prefix.len()).map(|k| k as u8).collect();
        self.last = None;
    }

    /// The rest of a group of eight codes is filled up when their width changes.
    fn turn(&mut self, width: usize) {
        self.at = self.base + (self.at - self.base).next_multiple_of(8 * self.width);
        (self.base, self.width) = (self.at, width);
    }

    fn code(&mut self) -> Option<usize> {
        if self.prefix.len() >= 1 << self.width && self.width < self.widest {
            self.turn(self.width + 1);
        }
        let byte = self.at / 8;
        if self.at + self.width > 8 * self.bytes.len() {
            return None;
        }
        let get = |k: usize| usize::from(self.bytes.get(byte + k).copied().unwrap_or(0));
        let bits = (get(0) | get(1) << 8 | get(2) << 16) >> (self.at % 8);
        self.at += self.width;
        Some(bits & ((1 << self.width) - 1))
    }

    /// Makes the bytes of the next entry ready; nothing at the end.
    fn next(&mut self) -> io::Result<bool> {
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "its LZW codes are damaged");
        let Some(code) = self.code() else { return Ok(false) };
        if code == CLEAR && self.clears {
            self.turn(9);
            self.clear();
            return Ok(true);
        }
        let mut entry = code;
        match self.last {
            None if code >= CLEAR => return Err(damaged()),
            // The entry that this code makes: the last one and its own first byte.
            Some(last) if code == self.prefix.len() => {
                self.ready.push(self.first);
                entry = last;
            }
            _ if code >= self.prefix.len() => return Err(damaged()),
            _ => {}
        }
        while entry >= CLEAR {
            self.ready.push(self.suffix[entry]);
            entry = usize::from(self.prefix[entry]);
        }
        self.first = entry as u8;
        self.ready.push(self.first);
        if let Some(last) = self.last
            && self.prefix.len() < 1 << self.widest
        {
            self.prefix.push(last as u16);
            self.suffix.push(self.first);
        }
        self.last = Some(code);
        Ok(true)
    }
}

impl Read for Lzw<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match self.ready.pop() {
                Some(byte) => {
                    buffer[done] = byte;
                    done += 1;
                }
                None if self.next()? => {}
                None => break,
            }
        }
        Ok(done)
    }
}
