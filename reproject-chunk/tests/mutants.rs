//! Mutants of every format that is read: each is read or refused with an error that names the file, in less than a second, in
//! 64 MB and eight times its length, and without a panic.
//!
//! A mutant differs from a good file in one to four places that mean something: a card, a descriptor, a byte of the heap, a
//! number in JSON or in the head of a chunk. How many there are is in the environment variable `REPROJECT_MUTANTS`.
#![cfg(feature = "compressed")]

mod damage;

use damage::{Random, alone, busy, bytes, fixture, look, measured, pixels};
use reproject_chunk::{HduSelect, RawHandle};
use reproject_core::Result;
use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Calls `mutant(seed)`, which makes a file and gives its length, and `read`, and checks what the rules say.
fn soak(
    share: usize,
    path: &Path,
    mut mutant: impl FnMut(&mut Random) -> usize,
    read: impl Fn() -> Result<()>,
) {
    let all = std::env::var("REPROJECT_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(4000);
    let count = all / share;
    let panics = counted_panics();
    let (mut refused, mut memory, mut slowest) = (0, 0, Duration::ZERO);
    let started = Instant::now();
    for seed in 0..count {
        let length = mutant(&mut Random(seed as u64));
        RUNNING.store(seed, Ordering::Relaxed);
        let before = (panics.get(), busy());
        let (outcome, taken) = measured(&read);
        let time = busy().saturating_sub(before.1);
        assert_eq!(panics.get(), before.0, "seed {seed} panicked");
        assert!(taken <= (64 << 20) + 8 * length, "seed {seed}: {taken} bytes for {length}");
        assert!(time < Duration::from_secs(1), "seed {seed}: {time:?} for {length} bytes");
        if let Err(e) = outcome {
            let (name, e) = (path.file_name().unwrap().to_string_lossy(), e.to_string());
            assert!(e.contains(&*name), "seed {seed}: {e}");
            refused += 1;
        }
        (memory, slowest) = (memory.max(taken), slowest.max(time));
    }
    println!(
        "{}: {refused} of {count} mutants were refused in {:.1} s; at most {memory} bytes and {slowest:?}",
        path.display(),
        started.elapsed().as_secs_f64()
    );
    assert!(refused > count / 20);
}

static RUNNING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

/// Panics of this thread, those that are caught included; a mutant that never ends is named.
fn counted_panics() -> &'static std::thread::LocalKey<Cell<usize>> {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            usual(info);
        }));
        std::thread::spawn(|| {
            let mut last = (usize::MAX, Instant::now());
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let seed = RUNNING.load(Ordering::Relaxed);
                if last.0 != seed {
                    last = (seed, Instant::now());
                } else if last.1.elapsed() > Duration::from_secs(50) {
                    println!("if a mutant is being read, seed {seed} takes longer than 50 s");
                    last.1 = Instant::now();
                }
            }
        });
    });
    &PANICS
}

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
fn change_fits(file: &mut Vec<u8>, random: &mut Random, head: usize) {
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
fn change_number(bytes: &mut [u8], random: &mut Random, near: usize) {
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
    let (plain, head) = (damage::written("16, as it is, no blanks, IMAGE"), 5760);
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

#[cfg(feature = "zarr")]
mod zarr {
    use super::*;
    use reproject_chunk::ZarrArray;
    use serde_json::Value;

    /// The files of an array in the fixture, by their names in it.
    fn files(name: &str) -> Vec<(String, Vec<u8>)> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/arrays.zarr.zip");
        let archive = std::fs::read(path).unwrap();
        let number =
            |at: usize, n: usize| archive[at..at + n].iter().rev().fold(0, |s, &b| s << 8 | b as usize);
        let (mut at, mut found) = (0, Vec::new());
        // Its files are stored as they are, one behind the other.
        while archive[at..].starts_with(b"PK\x03\x04") {
            let (length, named, more) = (number(at + 18, 4), number(at + 26, 2), number(at + 28, 2));
            let start = at + 30 + named + more;
            let key = String::from_utf8_lossy(&archive[at + 30..at + 30 + named]).into_owned();
            if let Some(key) = key.strip_prefix(&format!("{name}/")) {
                found.push((key.to_owned(), archive[start..start + length].to_vec()));
            }
            at = start + length;
        }
        assert!(found.len() > 3, "{name}");
        found
    }

    /// The value number `n` of a document, counted from its root.
    fn nth<'a>(value: &'a mut Value, n: &mut usize) -> Option<&'a mut Value> {
        if *n == 0 {
            return Some(value);
        }
        *n -= 1;
        match value {
            Value::Array(list) => list.iter_mut().find_map(|v| nth(v, n)),
            Value::Object(map) => map.values_mut().find_map(|v| nth(v, n)),
            _ => None,
        }
    }

    const JSON: &[&str] = &[
        "0",
        "1",
        "2",
        "-1",
        "7",
        "4294967296",
        "9223372036854775807",
        "18446744073709551616",
        "1e300",
        "null",
        "true",
        "[]",
        "{}",
        "[1]",
        "[3, 4, 5]",
        "[0, 0]",
        "[100000, 100000]",
        "[4294967296, 4294967296]",
        "[4294967295, 4294967295]",
        "\"NaN\"",
        "\"float64\"",
        "\"<f8\"",
        "\"|O\"",
        "\"F\"",
        "\"zstd\"",
        "\"sharding_indexed\"",
        "[{\"name\": \"bytes\"}]",
        "\"start\"",
        "[{\"name\": \"bytes\", \"configuration\": {\"endian\": \"little\"}}, {\"name\": \"gzip\", \"configuration\": {\"level\": 5}}]",
    ];

    /// Changes a document in one place.
    fn change_json(bytes: &mut Vec<u8>, random: &mut Random) {
        let Ok(mut document) = serde_json::from_slice::<Value>(bytes) else { return };
        let new = serde_json::from_str(random.of(JSON)).unwrap();
        if let Some(place) = nth(&mut document, &mut random.below(60)) {
            *place = new;
        }
        *bytes = document.to_string().into_bytes();
    }

    /// Metadata, chunks and shards of stores in both versions.
    #[test]
    fn mutants_of_zarr_stores() {
        let _alone = alone();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mutant.zarr");
        let bases = ["v2", "v2f", "v3", "shards"].map(files);
        let mutant = |random: &mut Random| {
            let mut store = bases[random.below(bases.len())].clone();
            for _ in 0..1 + random.below(3) {
                let file = random.below(store.len());
                let (name, bytes) = &mut store[file];
                let metadata = name.contains(".z") || name.ends_with("zarr.json");
                match random.below(8) {
                    0 => bytes.truncate(random.below(bytes.len())),
                    1..=3 if !metadata => change_number(bytes, random, 32),
                    4 if !metadata => {
                        let end = bytes.len().saturating_sub(80);
                        change_number(&mut bytes[end..], random, usize::MAX);
                    }
                    5 => change_number(bytes, random, usize::MAX),
                    6 => bytes.clear(),
                    _ => store
                        .iter_mut()
                        .filter(|(name, _)| name.ends_with("zarr.json") || name == ".zarray")
                        .for_each(|(_, bytes)| change_json(bytes, random)),
                }
            }
            let _ = std::fs::remove_dir_all(&path);
            for (name, bytes) in &store {
                let file = path.join(name);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, bytes).unwrap();
            }
            store.iter().map(|(_, bytes)| bytes.len()).sum()
        };
        soak(4, &path, mutant, || pixels(&ZarrArray::open(&path, 1 << 20)?));
    }
}
