//! PLIO_1 (FITS 4.0, section 10.4.3): the line lists of IRAF's pixel list package, for masks of 0 to 2²⁴.

/// The most pixels that so many bytes can stand for: an instruction of 2 bytes makes 4095.
pub(super) fn most(length: u64) -> u64 {
    (length / 2).saturating_mul(4095)
}

/// Decodes a line list of big-endian 16-bit words into `out`, which it must fill.
pub(super) fn decode(data: &[u8], out: &mut [i32]) -> Result<(), String> {
    let (words, _) = data.as_chunks::<2>();
    let word = |k: usize| words.get(k).map(|w| u16::from_be_bytes(*w)).unwrap_or_default();
    // A list of before 1988 has its length in the third word; in later ones that is negative, and the length and where the
    // instructions start stand elsewhere.
    let old = word(2) as i16;
    let (length, first) = if old > 0 {
        (old as usize, 3)
    } else {
        ((usize::from(word(4)) << 15) + usize::from(word(3)), usize::from(word(1)))
    };
    if length > words.len() || first > length || first < 3 {
        let why = format!("its list of {} words says that it has {length}, from {first}", words.len());
        return Err(why);
    }
    let (mut rest, mut high) = (out, 1i32);
    let mut put = |count: usize, value: i32| -> Result<(), String> {
        let (run, after) = std::mem::take(&mut rest)
            .split_at_mut_checked(count)
            .ok_or("its list has more pixels than it")?;
        run.fill(value);
        rest = after;
        Ok(())
    };
    let mut at = first;
    while at < length {
        let (operation, count) = (word(at) >> 12, i32::from(word(at) & 0xfff));
        at += 1;
        match operation {
            0 => put(count as usize, 0)?,
            // A new value, whose upper bits are the next word.
            1 if at < length => {
                high = (i32::from(word(at)) << 12) + count;
                at += 1;
            }
            2 => high = high.wrapping_add(count),
            3 => high = high.wrapping_sub(count),
            4 => put(count as usize, high)?,
            // Zeros up to one pixel of the value.
            5 => {
                put((count as usize).saturating_sub(1), 0)?;
                put(1, high)?;
            }
            6 | 7 => {
                high = high.wrapping_add(if operation == 6 { count } else { -count });
                put(1, high)?;
            }
            _ => return Err(format!("its list has the instruction {operation}, of which there is none")),
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(format!("its list ends {} pixels before it does", rest.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(instructions: &[u16]) -> Vec<u8> {
        let length = 7 + instructions.len() as u16;
        let head = [0, 7, (-100i16) as u16, length, 0, 0, 0];
        head.iter().chain(instructions).flat_map(|w| w.to_be_bytes()).collect()
    }

    #[test]
    fn every_instruction_is_carried_out() {
        let program = [0x0002, 0x4001, 0x1003, 0x0001, 0x2002, 0x4002, 0x5003, 0x3001, 0x6004, 0x7002];
        let mut out = [-1; 10];
        decode(&list(&program), &mut out).unwrap();
        assert_eq!(out, [0, 0, 1, 4101, 4101, 0, 0, 4101, 4104, 4102]);
        assert!(decode(&list(&program), &mut [0; 11]).unwrap_err().contains("1 pixels before"));
        assert!(decode(&list(&program), &mut [0; 9]).unwrap_err().contains("more pixels"));
        assert!(decode(&list(&[0x9000]), &mut [0; 1]).unwrap_err().contains("instruction 9"));
        assert!(decode(&list(&program)[..20], &mut [0; 10]).unwrap_err().contains("17"));
        assert!(decode(&[], &mut [0; 1]).is_err() && decode(&list(&[0x1001]), &mut [0; 1]).is_err());
    }
}
