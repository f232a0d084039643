//! DATASUM and CHECKSUM (FITS 4.0, section 4.4.2.7 and appendix J): the ones' complement sum of 32-bit words, and its
//! encoding in sixteen letters.

/// A running ones' complement sum of big-endian 32-bit words.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum(u32);

impl Sum {
    /// Adds bytes, a multiple of four of them; what is missing counts as zero.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<4>();
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        // 2³² words of 32 bits fit 64 bits, so carries are folded in once a gigabyte at the latest.
        for piece in words.chunks(1 << 28) {
            let sum: u64 = piece.iter().map(|w| u64::from(u32::from_be_bytes(*w))).sum();
            self.fold(sum);
        }
        self.fold(u64::from(u32::from_be_bytes(last)));
    }

    fn fold(&mut self, more: u64) {
        let mut sum = u64::from(self.0) + (more & 0xffff_ffff) + (more >> 32);
        while sum >> 32 != 0 {
            sum = (sum & 0xffff_ffff) + (sum >> 32);
        }
        self.0 = sum as u32;
    }

    /// The sum as DATASUM gives it.
    pub(crate) fn value(self) -> u32 {
        self.0
    }

    /// The complement as CHECKSUM gives it: letters and digits only, rotated by one for the card's column.
    pub(crate) fn encoded(self) -> String {
        let mut letters = [0u8; 16];
        for (i, byte) in (!self.0).to_be_bytes().into_iter().enumerate() {
            let mut four = [b'0' + byte / 4; 4];
            four[0] += byte % 4;
            let banned = |c: u8| matches!(c, 0x3a..=0x40 | 0x5b..=0x60);
            // Pairs keep their sum while they move away from punctuation.
            while four.into_iter().any(banned) {
                for j in [0, 2] {
                    if banned(four[j]) || banned(four[j + 1]) {
                        four[j] += 1;
                        four[j + 1] -= 1;
                    }
                }
            }
            for (j, c) in four.into_iter().enumerate() {
                letters[(4 * j + i + 1) % 16] = c;
            }
        }
        letters.into_iter().map(char::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of appendix J.2: the sum 868229149 is written `hcHjjc9ghcEghc9g`.
    #[test]
    fn the_example_of_the_standard() {
        let mut s = Sum::default();
        s.add(&868_229_149u32.to_be_bytes());
        assert_eq!((s.value(), s.encoded().as_str()), (868_229_149, "hcHjjc9ghcEghc9g"));
    }

    #[test]
    fn carries_come_back_in() {
        let mut s = Sum::default();
        s.add(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 2, 1]);
        assert_eq!(s.value(), 0x0100_0002);
    }
}
