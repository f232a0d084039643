//! Changes of a file in one place that means something.

use super::Random;

/// Values of cards, and what stands for a number elsewhere.
const VALUES: &[&str] = &[
    "0",
    "1",
    "2",
    "-1",
    "-7",
    "8",
    "16",
    "31",
    "32",
    "33",
    "64",
    "255",
    "1024",
    "4096",
    "65536",
    "99999",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967296",
    "1099511627776",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1E30",
    "-1E999",
    "1.5",
    "NaN",
    "T",
    "F",
    "'RICE_1  '",
    "'GZIP_2  '",
    "'HCOMPRESS_1'",
    "'PLIO_1  '",
    "'NOCOMPRESS'",
    "'SUBTRACTIVE_DITHER_2'",
    "'1PB(9)'",
    "'1QB     '",
    "'1PI     '",
    "'1PJ     '",
    "'99999999PB'",
    "'1D      '",
    "'16A     '",
    "'BLOCKSIZE'",
    "'BYTEPIX'",
    "'SMOOTH'",
    "'ZSCALE'",
    "'COMPRESSED_DATA'",
    "'GZIP_COMPRESSED_DATA'",
    "'UNCOMPRESSED_DATA'",
    "'NULL_PIXEL_MASK'",
    "''",
    "'unclosed",
    "é",
    "/",
];

const KEYWORDS: &[&str] = &[
    "NAXIS", "NAXIS1", "NAXIS2", "ZNAXIS", "ZNAXIS1", "ZNAXIS2", "ZTILE1", "ZTILE2", "ZBITPIX", "ZCMPTYPE",
    "ZNAME1", "ZNAME2", "ZVAL1", "ZVAL2", "ZQUANTIZ", "ZDITHER0", "ZBLANK", "ZSCALE", "ZZERO", "THEAP",
    "PCOUNT", "TFIELDS", "TFORM1", "TFORM2", "TTYPE1", "TTYPE2", "TDIM1", "BLANK", "BSCALE", "BZERO",
    "BITPIX", "END",
];

const NUMBERS: &[u64] = &[
    0,
    1,
    2,
    7,
    255,
    256,
    0x7fff,
    0x8000,
    0xffff,
    1 << 20,
    (1 << 31) - 1,
    1 << 31,
    1 << 32,
    (1 << 40) - 1,
    1 << 62,
    u64::MAX,
];

/// Changes a FITS file that begins with `head` bytes of headers in one place.
pub(crate) fn change_fits(file: &mut Vec<u8>, random: &mut Random, head: usize) {
    let cards = head.min(file.len()) / 80;
    match random.below(10) {
        // The value of a card; the whole card; its bytes.
        0..=2 if cards > 0 => {
            let at = 80 * random.below(cards);
            let text = format!("{:<70}", format!("{:>20}", random.of(VALUES)));
            file[at + 10..at + 80].copy_from_slice(&text.as_bytes()[..70]);
        }
        3 | 4 if cards > 0 => {
            let at = 80 * random.below(cards);
            let card = format!("{:<8}= {:>20}", random.of(KEYWORDS), random.of(VALUES));
            file[at..at + 80].copy_from_slice(&format!("{card:<80}").as_bytes()[..80]);
        }
        5 if cards > 0 => {
            let at = random.below(80 * cards);
            file[at] = [b' ', b'=', b'\'', b'9', b'-', 0, 0xc3, 0xff][random.below(8)];
        }
        // A number of 1 to 8 bytes behind the headers: descriptors come first there.
        6 | 7 if file.len() > head => {
            let near = if random.below(2) == 0 { 160 } else { usize::MAX };
            change_number(&mut file[head..], random, near);
        }
        8 => {
            let at = random.below(file.len());
            file[at] = random.below(256) as u8;
        }
        9 => file.truncate(1 + random.below(file.len())),
        _ => {}
    }
}

/// Puts a number of 1, 2, 4 or 8 bytes somewhere among the first `near` bytes.
pub(crate) fn change_number(bytes: &mut [u8], random: &mut Random, near: usize) {
    let width = 1 << random.below(4);
    let Some(places) = bytes.len().min(near).checked_sub(width) else { return };
    let at = match random.below(2) {
        0 => random.below(places + 1) / width * width,
        _ => random.below(places + 1),
    };
    let mut number = NUMBERS[random.below(NUMBERS.len())].to_be_bytes();
    if random.below(2) == 0 {
        number.reverse();
        bytes[at..at + width].copy_from_slice(&number[..width]);
    } else {
        bytes[at..at + width].copy_from_slice(&number[8 - width..]);
    }
}
