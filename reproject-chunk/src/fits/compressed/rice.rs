//! RICE_1 (FITS 4.0, section 10.4.1; Rice, Yeh and Miller 1993; Pence et al. 2009, PASP 121, 414): differences of neighbours,
//! in blocks that each say how many of their low bits are stored as they are.

use super::bits::Bits;

/// Bits of a block's code, and the code of a block whose differences are stored whole, for pixels of 1, 2 and 4 bytes.
fn code(bytes: usize) -> (u32, u32) {
    match bytes {
        1 => (3, 7),
        2 => (4, 15),
        _ => (5, 26),
    }
}

/// The most pixels that so many bytes can stand for: a block of equal pixels is its code alone.
pub(super) fn most(length: u64, block: usize, bytes: usize) -> u64 {
    (length.saturating_mul(8) / u64::from(code(bytes).0)).saturating_add(1).saturating_mul(block as u64)
}

/// Decodes as many pixels as `out` has room for, each of which had `bytes` bytes; those of 1 byte are not negative.
pub(super) fn decode(data: &[u8], block: usize, bytes: usize, out: &mut [i32]) -> Result<(), String> {
    let ((code, whole), width) = (code(bytes), 8 * bytes as u32);
    let pixel = |bits: u32| match bytes {
        1 => i32::from(bits as u8),
        2 => i32::from(bits as i16),
        _ => bits as i32,
    };
    let mut bits = Bits::new(data);
    // The first pixel comes whole, and its difference with itself follows.
    let mut last = bits.take(width)?;
    for out in out.chunks_mut(block) {
        let split = bits.take(code)?;
        if split == 0 {
            out.fill(pixel(last));
            continue;
        }
        if split > whole {
            return Err(format!("its Rice block has the code {split}; {whole} is the largest"));
        }
        for out in out {
            let folded = if split == whole {
                bits.take(width)?
            } else {
                let (high, low) = (bits.zeros()?, split - 1);
                let low_bits = if low == 0 { 0 } else { bits.take(low)? };
                high << low | low_bits
            };
            // 0, -1, 1, -2, 2 … are 0, 1, 2, 3, 4 …
            last = last.wrapping_add((folded >> 1) ^ (folded & 1).wrapping_neg());
            *out = pixel(last);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits written as text.
    fn bytes(bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits.bytes().filter(|b| b.is_ascii_digit()).map(|b| b - b'0').collect();
        bits.chunks(8).map(|b| b.iter().enumerate().fold(0, |n, (k, b)| n | b << (7 - k))).collect()
    }

    /// Put together by hand: 7; a block of equal pixels; one with split 2; one whose differences are whole.
    #[test]
    fn each_kind_of_block_is_read() {
        let text = "00000111 000 011 0100 0111 00101 110";
        // With a split of 2 bits: 0|01 -> 1 -> -1, ...
        let mut out = [0; 4];
        decode(&bytes("00000111 000"), 4, 1, &mut out).unwrap();
        assert_eq!(out, [7; 4]);
        let mut out = [0; 6];
        decode(&bytes("00000111 000 011 1 01 1 10 01 00 1 11"), 2, 1, &mut out[..2]).unwrap();
        assert_eq!(out[..2], [7, 7]);
        decode(&bytes("00000111 011 1 01 1 10 01 00 001 11"), 4, 1, &mut out[..4]).unwrap();
        assert_eq!(out[..4], [6, 7, 9, 3]);
        decode(&bytes("00000111 111 00000010 11111111"), 2, 1, &mut out[..2]).unwrap();
        assert_eq!(out[..2], [8, 136]);
        assert!(decode(&bytes(text), 2, 1, &mut [0; 60]).unwrap_err().contains("end before"));
        let mut wide = [0; 2];
        decode(&bytes("1000000000000000 1111 0000000000000001 0000000000000010"), 32, 2, &mut wide).unwrap();
        assert_eq!(wide, [32767, -32768]);
        let error = decode(&bytes("00000000000000000000000000000000 11111"), 32, 4, &mut wide).unwrap_err();
        assert!(error.contains("31"), "{error}");
    }
}
