//! The one file in a zip archive (PKWARE's APPNOTE 6.3, sections 4.3.7, 4.3.12, 4.3.16 and 4.5.3), stored or deflated.

use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::io::{self, Read};

/// A file in an archive as it is unpacked: its length and check sum are those of the directory, or there is an error.
pub(super) struct Entry<'a> {
    stream: Box<dyn Read + 'a>,
    left: u64,
    sum: Crc,
    expected: u32,
}

/// Other methods that are met (section 4.4.5).
const METHODS: [(u64, &str); 7] = [
    (1, "Shrink"),
    (6, "Implode"),
    (9, "Deflate64"),
    (12, "bzip2"),
    (14, "LZMA"),
    (93, "Zstandard"),
    (95, "XZ"),
];

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn number(&self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.0.get(at..at + size)?;
        Some(bytes.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b)))
    }

    fn from(&self, at: u64, signature: &[u8]) -> Option<Fields<'a>> {
        let rest = self.0.get(usize::try_from(at).ok()?..)?;
        rest.starts_with(signature).then_some(Fields(rest))
    }
}

/// The file in an archive of one file; folders, and the notes that macOS adds, are none.
pub(super) fn only(archive: &[u8]) -> Result<Entry<'_>, String> {
    let damaged = || "is a damaged zip archive; unpack it first".to_owned();
    let whole = Fields(archive);
    let tail = archive.len().saturating_sub(22 + 65535);
    let end = archive[tail..].windows(4).rposition(|w| w == b"PK\x05\x06").ok_or_else(damaged)?;
    let end = Fields(&archive[tail + end..]);
    let (count, start) = end.number(10, 2).zip(end.number(16, 4)).ok_or_else(damaged)?;
    let (mut at, mut files) = (start, Vec::new());
    for _ in 0..count {
        let entry = whole.from(at, b"PK\x01\x02").ok_or_else(damaged)?;
        let lengths = [28, 30, 32].map(|at| entry.number(at, 2).unwrap_or(0));
        let name = entry.0.get(46..46 + lengths[0] as usize).ok_or_else(damaged)?;
        if !name.ends_with(b"/") && !name.starts_with(b"__MACOSX/") {
            files.push((name, entry));
        }
        at += 46 + lengths.iter().sum::<u64>();
    }
    let [(name, entry)] = &files[..] else {
        let names: Vec<_> = files.iter().take(3).map(|(name, _)| String::from_utf8_lossy(name)).collect();
        return Err(format!(
            "is a zip archive of {} files ({:?} …), and one alone can be read from it; unpack it first",
            files.len(),
            names
        ));
    };
    open(&whole, entry, name.len()).ok_or_else(damaged)?
}

fn open<'a>(whole: &Fields<'a>, entry: &Fields<'a>, name: usize) -> Option<Result<Entry<'a>, String>> {
    let [flags, method] = [entry.number(8, 2)?, entry.number(10, 2)?];
    if flags & 1 != 0 {
        return Some(Err("is a zip archive with a password; unpack it first".into()));
    }
    // Numbers that do not fit 32 bits stand in the extra field 1, in this order.
    let mut numbers = [entry.number(24, 4)?, entry.number(20, 4)?, entry.number(42, 4)?];
    let extra = Fields(entry.0.get(46 + name..46 + name + entry.number(30, 2)? as usize)?);
    let mut at = 0;
    while let (Some(id), Some(length)) = (extra.number(at, 2), extra.number(at + 2, 2)) {
        if id == 1 {
            let large = numbers.iter_mut().filter(|n| **n == u64::from(u32::MAX)).enumerate();
            for (k, number) in large {
                *number = extra.number(at + 4 + 8 * k, 8)?;
            }
        }
        at += 4 + length as usize;
    }
    let [length, packed, offset] = numbers;
    let local = whole.from(offset, b"PK\x03\x04")?;
    let start = 30 + local.number(26, 2)? as usize + local.number(28, 2)? as usize;
    let data = local.0.get(start..)?.get(..usize::try_from(packed).ok()?)?;
    let stream: Box<dyn Read> = match method {
        0 => Box::new(data),
        8 => Box::new(DeflateDecoder::new(data)),
        other => {
            let name = METHODS.iter().find(|(method, _)| *method == other);
            let name = name.map_or_else(|| format!("method {other}"), |(_, name)| (*name).to_owned());
            let why = format!(
                "is a zip archive packed by {name}; of zip, stored and deflated files are read: unpack it first"
            );
            return Some(Err(why));
        }
    };
    Some(Ok(Entry { stream, left: length, sum: Crc::new(), expected: entry.number(16, 4)? as u32 }))
}

impl Read for Entry<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wrong = |why| io::Error::new(io::ErrorKind::InvalidData, why);
        let got = self.stream.read(buffer)?;
        self.left = self.left.checked_sub(got as u64).ok_or_else(|| wrong("longer than the archive says"))?;
        self.sum.update(&buffer[..got]);
        if got == 0 && !buffer.is_empty() && (self.left > 0 || self.sum.sum() != self.expected) {
            return Err(wrong("its length or check sum is not what the archive says"));
        }
        Ok(got)
    }
}
