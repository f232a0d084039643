//! Bits of a byte stream, the highest bit of a byte first, as Rice and HCOMPRESS write them.

/// Bits that are still to be read.
pub(super) struct Bits<'a> {
    rest: &'a [u8],
    /// The next bits, the first one highest. Those behind the first `count` are either 0 or what `rest` begins with.
    buffer: u64,
    count: u32,
}

/// The bytes end before the numbers do.
#[derive(Debug, PartialEq)]
pub(super) struct Ended;

impl From<Ended> for String {
    fn from(_: Ended) -> Self {
        "its bytes end before its pixels do".into()
    }
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, buffer: 0, count: 0 }
    }

    /// Makes 56 bits ready, or all there are.
    #[inline(always)]
    fn refill(&mut self) {
        if let Some(head) = self.rest.first_chunk::<8>() {
            self.buffer |= u64::from_be_bytes(*head) >> self.count;
            let bytes = (63 - self.count) / 8;
            self.rest = &self.rest[bytes as usize..];
            self.count += bytes * 8;
            return;
        }
        while self.count <= 55
            && let Some((&byte, rest)) = self.rest.split_first()
        {
            self.buffer |= u64::from(byte) << (56 - self.count);
            (self.rest, self.count) = (rest, self.count + 8);
        }
    }

    /// The next `n` bits, 1 to 32, as a number.
    #[inline(always)]
    pub(super) fn take(&mut self, n: u32) -> Result<u32, Ended> {
        if self.count < n {
            self.refill();
            if self.count < n {
                return Err(Ended);
            }
        }
        let value = (self.buffer >> (64 - n)) as u32;
        self.buffer <<= n;
        self.count -= n;
        Ok(value)
    }

    /// The number of 0 bits in front of the next 1, which is passed as well.
    #[inline(always)]
    pub(super) fn zeros(&mut self) -> Result<u32, Ended> {
        let mut before = 0u32;
        loop {
            let zeros = self.buffer.leading_zeros();
            if zeros < self.count {
                self.buffer <<= zeros + 1;
                self.count -= zeros + 1;
                return Ok(before.saturating_add(zeros));
            }
            before = before.saturating_add(self.count);
            (self.buffer, self.count) = (0, 0);
            self.refill();
            if self.count == 0 {
                return Err(Ended);
            }
        }
    }

    /// Passes over what is left of a byte that has been begun.
    pub(super) fn align(&mut self) {
        let begun = self.count % 8;
        self.buffer <<= begun;
        self.count -= begun;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_highest_first_and_end() {
        let mut bits = Bits::new(&[0b1010_0000, 0b0000_0001, 0xff]);
        assert_eq!((bits.take(1), bits.zeros()), (Ok(1), Ok(1)));
        assert_eq!(bits.zeros(), Ok(12));
        assert_eq!(bits.take(3), Ok(7));
        bits.align();
        assert_eq!(bits.take(1), Err(Ended));
        assert_eq!(Bits::new(&[0; 100]).zeros(), Err(Ended));
        let mut long = Bits::new(&[0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x34, 0x56, 0x78]);
        for want in [0x12345678, 0x9abcdef0, 0x12345678] {
            assert_eq!(long.take(32), Ok(want));
        }
        assert_eq!(long.take(1), Err(Ended));
        // A 1 behind 200 zeros, at any place.
        for shift in 0..16 {
            let mut bytes = [0u8; 40];
            bytes[(200 + shift) / 8] = 0x80 >> ((200 + shift) % 8);
            let mut bits = Bits::new(&bytes);
            assert!(shift == 0 || bits.take(shift as u32) == Ok(0));
            assert_eq!(bits.zeros(), Ok(200));
        }
    }
}
