//! Mutants of every format that is read: each is read or refused with an error that names the file, in less than a second, in
//! 64 MB and eight times its length, and without a panic.
//!
//! A mutant differs from a good file in one to four places that mean something: a card, a descriptor, a byte of the heap, a
//! number in JSON or in the head of a chunk. How many there are is in the environment variable `REPROJECT_MUTANTS`.

use super::damage::change::{change_fits, change_number};
use super::damage::soak::soak;
use super::damage::{Random, alone, bytes, fixture, look, pixels};
use reproject_chunk::{HduSelect, RawHandle};

/// Cards, descriptors, tiles and tables.
#[test]
fn mutants_of_fits_files() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mutant.fits");
    let mut whole = Vec::new();
    let packed =
        std::fs::File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tiles.fits.gz")).unwrap();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed), &mut whole).unwrap();
    let tiles = fixture("tiles.fits.gz");
    let hdus = tiles.hdus();
    let mut bases: Vec<(Vec<u8>, usize)> = Vec::new();
    for (k, hdu) in hdus.iter().enumerate().skip(1) {
        let start = (hdus[k - 1].data_start + hdus[k - 1].data_length.next_multiple_of(2880)) as usize;
        let end = (hdu.data_start + hdu.data_length.next_multiple_of(2880)) as usize;
        // Plain images are few among them.
        if hdu.table.is_some() || k % 20 == 0 {
            let head = 2880 + hdu.data_start as usize - start;
            bases.push(([&whole[..2880], &whole[start..end]].concat(), head));
        }
    }
    let mutant = |random: &mut Random| {
        let (mut file, head) = bases[random.below(bases.len())].clone();
        (0..1 + random.below(4)).for_each(|_| change_fits(&mut file, random, head));
        std::fs::write(&path, &file).unwrap();
        file.len()
    };
    soak(2, &path, mutant, || look(&path));
}

/// FITS files in gzip, bzip2, xz, zip and compress: what packs them, and what they hold.
#[test]
fn mutants_of_packed_files() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mutant.fits.gz");
    let all = fixture("packed.fits.gz");
    let file = |k: usize| bytes(&all, &HduSelect::Index(k));
    let bases: Vec<_> = (2..all.hdus().len()).map(file).collect();
    let (plain, head) = (super::damage::written("16, as it is, no blanks, IMAGE"), 5760);
    let mutant = |random: &mut Random| {
        let mut file = if random.below(3) == 0 {
            let mut inside = plain.clone();
            (0..1 + random.below(3)).for_each(|_| change_fits(&mut inside, random, head));
            let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut zip, &inside).unwrap();
            zip.finish().unwrap()
        } else {
            bases[random.below(bases.len())].clone()
        };
        for _ in 0..random.below(4) {
            match random.below(6) {
                0 => file.truncate(1 + random.below(file.len())),
                1..=3 => change_number(&mut file, random, 64),
                4 => {
                    let end = file.len().saturating_sub(120);
                    change_number(&mut file[end..], random, usize::MAX);
                }
                _ => change_number(&mut file, random, usize::MAX),
            }
        }
        std::fs::write(&path, &file).unwrap();
        file.len()
    };
    soak(8, &path, mutant, || look(&path));
}

#[test]
fn mutants_of_npy_files() {
    let _alone = alone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mutant.npy");
    const TYPES: &[&str] = &[
        "<f8",
        ">i2",
        "|u1",
        "<u8",
        "|O",
        "|V8",
        "<c16",
        "<f2",
        "|S99999999",
        "=f8",
        "<M8[ns]",
        "f8",
        "<f999999999999",
    ];
    const SHAPES: &[&str] = &[
        "(3, 5)",
        "(15,)",
        "()",
        "(0, 9223372036854775807)",
        "(-1,)",
        "(3,",
        "3",
        "(3, 5, 99999999999)",
        "(4294967296, 4294967296)",
        "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)",
        "(1.5,)",
        "('a',)",
        "(5) and more",
    ];
    let mutant = |random: &mut Random| {
        let descr = match random.below(8) {
            0 => "[('a', '<f4'), ('b', '<f4', (99999999,))]".to_owned(),
            _ => format!("'{}'", random.of(TYPES)),
        };
        let order = random.of(&["True", "False", "None", "0"]);
        let mut text =
            format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {}, }}", random.of(SHAPES));
        if random.below(4) == 0 {
            let at = random.below(text.len());
            text.replace_range(at..=at, random.of(&["'", "(", ")", "{", ":", "9", "é", ""]));
        }
        let version = [1, 1, 1, 2, 3, 0, 4, 255][random.below(8)];
        let mut file = b"\x93NUMPY".to_vec();
        file.extend([version, 0]);
        match version {
            2 | 3 => file.extend((text.len() as u32).to_le_bytes()),
            _ => file.extend((text.len() as u16).to_le_bytes()),
        }
        file.extend(text.bytes());
        file.extend((0..120).map(|k| k as u8));
        if random.below(4) == 0 {
            change_number(&mut file, random, 16);
        }
        if random.below(4) == 0 {
            file.truncate(1 + random.below(file.len()));
        }
        std::fs::write(&path, &file).unwrap();
        file.len()
    };
    soak(8, &path, mutant, || RawHandle::npy(&path).and_then(|handle| pixels(&handle.open()?)));
}
