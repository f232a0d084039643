//! Opening an input file: mapped as it is, or unpacked first if its first bytes say gzip (RFC 1952), bzip2, xz, zip or compress.
//!
//! No more is unpacked than a file of its format can have: a few bytes that stand for many do not fill memory or disk before
//! anybody has looked what they are.

mod gzip;
mod lzw;
#[cfg(feature = "compressed")]
mod xz;
mod zip;

use crate::files::open_file;
use crate::mmap::{Bytes, Fingerprint, Map};
use reproject_core::{Error, Result, Why};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

/// Inflated bytes that are kept in memory; larger files go to a temporary file without a name.
pub const INFLATE_IN_MEMORY: usize = 256 << 20;

/// A format that is looked for in a file.
pub(crate) struct Wanted<'a> {
    /// How it begins; nothing where any bytes will do, which may then be gzip alone.
    pub(crate) magic: &'static [u8],
    /// Unpacks as much as it has.
    pub(crate) unpack: &'a dyn Fn(&mut Unpacking<'_>) -> Result<()>,
}

/// Opens a file for reading pixels at random; `limit` bytes of an unpacked file may stay in memory.
///
/// # Errors
/// If it cannot be opened, mapped or unpacked, or is known to be something else.
pub(crate) fn open(path: &Path, limit: usize, wanted: &Wanted<'_>) -> Result<(Arc<dyn Bytes>, Fingerprint)> {
    let file = open_file(path)?;
    let fingerprint = Fingerprint::of(&file, path)?;
    let map = Map::of(&file, path)?;
    let Some(stream) = unpacked(map.bytes(), wanted.magic).map_err(|why| Error::file(path, why))? else {
        return Ok((Arc::new(map), fingerprint));
    };
    let mut unpacking = Unpacking { path, stream, limit, memory: Vec::new(), file: None, length: 0 };
    (wanted.unpack)(&mut unpacking)?;
    Ok((unpacking.finish()?, fingerprint))
}

/// All bytes of a stream made of a file; `limit` of them may stay in memory.
///
/// # Errors
/// If it cannot be read or stored.
pub(crate) fn stored(path: &Path, limit: usize, stream: Box<dyn Read + '_>) -> Result<Arc<dyn Bytes>> {
    let mut unpacking = Unpacking { path, stream, limit, memory: Vec::new(), file: None, length: 0 };
    unpacking.more(u64::MAX)?;
    unpacking.finish()
}

/// The bytes that are packed in a file, or nothing if it is not packed.
fn unpacked<'a>(bytes: &'a [u8], magic: &[u8]) -> std::result::Result<Option<Box<dyn Read + 'a>>, String> {
    if !magic.is_empty() && bytes.starts_with(magic) {
        return Ok(None);
    }
    if let [0x1f, 0x8b, 8, ..] = bytes {
        return Ok(Some(Box::new(gzip::Members::new(bytes))));
    }
    if magic.is_empty() {
        return Ok(None);
    }
    Ok(match bytes {
        [b'P', b'K', 3, 4, ..] => Some(Box::new(zip::only(bytes)?)),
        [0x1f, 0x9d, ..] => Some(Box::new(lzw::Lzw::new(bytes)?)),
        #[cfg(feature = "compressed")]
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Box::new(bzip2::read::MultiBzDecoder::new(bytes))),
        #[cfg(feature = "compressed")]
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Box::new(xz::Xz::new(bytes))),
        _ => match foreign(bytes) {
            Some(what) => return Err(format!("is {what}; unpack or convert it first")),
            None => None,
        },
    })
}

/// The kind of a file by its first bytes, if it is one that is taken for an image by mistake.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: &[(usize, &[u8], &str)] = &[
        (0, b"BZh", "a bzip2 file"),
        (0, b"\xfd7zXZ\0", "an xz file"),
        (0, b"\x28\xb5\x2f\xfd", "a Zstandard file"),
        (0, b"\x04\x22\x4d\x18", "an LZ4 file"),
        (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (0, b"Rar!\x1a\x07", "a RAR archive"),
        (0, b"LZIP", "an lzip file"),
        (0, b"\x1f\xa0", "a file compressed with LZH"),
        (0, b"\x1f\x1e", "a file compressed with pack"),
        (257, b"ustar", "a tar archive"),
        (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (0, b"#ASDF", "an ASDF file"),
        (0, b"II*\0", "a TIFF image"),
        (0, b"MM\0*", "a TIFF image"),
        (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (0, b"\xff\xd8\xff", "a JPEG image"),
        (0, b"GIF8", "a GIF image"),
        (0, b"%PDF", "a PDF document"),
        (0, b"<!DOCTYPE", "an HTML page"),
        (0, b"<html", "an HTML page"),
        (0, b"<?xml", "an XML document"),
        (0, b"\x93NUMPY", "an .npy file"),
        (0, b"SIMPLE  =", "a FITS file"),
    ];
    let is = |(at, magic, _): &&(usize, &[u8], &str)| bytes.get(*at..).is_some_and(|b| b.starts_with(magic));
    KNOWN.iter().find(is).map(|(_, _, what)| *what)
}

/// Whether a file is a zip archive of one file that begins with `magic`.
pub(crate) fn zip_of(path: &Path, magic: &[u8]) -> bool {
    let map = open_file(path).ok().and_then(|file| Map::of(&file, path).ok());
    let Some(map) = map.filter(|m| m.bytes().starts_with(b"PK\x03\x04")) else { return false };
    let mut head = vec![0; magic.len()];
    zip::only(map.bytes()).is_ok_and(|mut entry| entry.read_exact(&mut head).is_ok()) && head == magic
}

/// A file that is unpacked as far as is asked for, into memory and, beyond a limit, into a temporary file.
pub(crate) struct Unpacking<'a> {
    path: &'a Path,
    stream: Box<dyn Read + 'a>,
    limit: usize,
    memory: Vec<u8>,
    file: Option<File>,
    length: u64,
}

impl Unpacking<'_> {
    /// Bytes unpacked so far.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// An error about the file.
    pub(crate) fn error(&self, why: impl Into<Why>) -> Error {
        Error::file(self.path, why)
    }

    /// Unpacks so many bytes more, or all that are left; how many there were.
    pub(crate) fn more(&mut self, count: u64) -> Result<u64> {
        let mut buffer = [0; 1 << 14];
        let mut done = 0;
        while done < count {
            let wanted = buffer.len().min(usize::try_from(count - done).unwrap_or(usize::MAX));
            let got = self.read(&mut buffer[..wanted])?;
            if got == 0 {
                break;
            }
            self.keep(&buffer[..got])
                .map_err(|e| self.error(Why::said("cannot be unpacked to a temporary file", e)))?;
            done += got as u64;
        }
        Ok(done)
    }

    /// Passes over at most so many bytes, so that check sums at the end are looked at.
    pub(crate) fn skip(&mut self, count: u64) -> Result<()> {
        let mut buffer = [0; 1 << 14];
        let mut done = 0;
        while done < count {
            match self.read(&mut buffer)? {
                0 => break,
                got => done += got as u64,
            }
        }
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            match self.stream.read(buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                result => return result.map_err(|e| self.error(Why::said("cannot be inflated", e))),
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        let room = |memory: &mut Vec<u8>| {
            memory.len() + bytes.len() <= self.limit && memory.try_reserve(bytes.len()).is_ok()
        };
        if self.file.is_none() && room(&mut self.memory) {
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let file = none.insert(tempfile::tempfile()?);
                file.write_all(&std::mem::take(&mut self.memory))?;
                file
            }
        };
        file.write_all(bytes)
    }

    /// The bytes that have been unpacked from a place on.
    pub(crate) fn since(&mut self, start: u64) -> Result<Vec<u8>> {
        let length = self.length.saturating_sub(start) as usize;
        let Some(file) = &mut self.file else {
            return Ok(self.memory[self.memory.len() - length..].to_vec());
        };
        let mut bytes = vec![0; length];
        let back = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut bytes));
        back.map_err(|e| self.error(Why::said("cannot be read back from a temporary file", e)))?;
        Ok(bytes)
    }

    fn finish(mut self) -> Result<Arc<dyn Bytes>> {
        match &mut self.file {
            None => {
                self.memory.shrink_to_fit();
                Ok(Arc::new(self.memory))
            }
            Some(file) => Ok(Arc::new(Map::of(file, self.path)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Wanted<'_> = Wanted { magic: b"", unpack: &|file| file.more(u64::MAX).map(drop) };

    #[test]
    fn gzip_is_inflated_in_memory_or_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let data: Vec<u8> = (0..100_000u32).map(|i| (i * 7 % 251) as u8).collect();
        let path = dir.path().join("a.gz");
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(&data).unwrap();
        let zipped = zip.finish().unwrap();
        std::fs::write(&path, &zipped).unwrap();
        for limit in [0, 1, 99_999, 100_000, 1 << 20] {
            assert_eq!(open(&path, limit, &ANY).unwrap().0.bytes(), data, "{limit}");
            let tail = |file: &mut Unpacking<'_>| {
                assert_eq!((file.more(50_000)?, file.more(7)?, file.length()), (50_000, 7, 50_007));
                assert_eq!(file.since(49_990)?, data[49_990..50_007]);
                Ok(())
            };
            let part = open(&path, limit, &Wanted { magic: b"", unpack: &tail }).unwrap().0;
            assert_eq!(part.bytes(), &data[..50_007], "{limit}");
        }
        std::fs::write(&path, &zipped[..zipped.len() / 2]).unwrap();
        assert!(open(&path, 1 << 20, &ANY).err().unwrap().to_string().contains("inflated"));
        std::fs::write(&path, b"").unwrap();
        assert!(open(&path, 1, &ANY).unwrap().0.bytes().is_empty());
        assert!(open(dir.path(), 1, &ANY).is_err() && open(&dir.path().join("absent"), 1, &ANY).is_err());
    }

    #[test]
    fn other_files_are_called_by_their_names() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.fits");
        let wanted = Wanted { magic: b"SIMPLE", ..ANY };
        for (bytes, what) in
            [(&b"\x89HDF\r\n\x1a\n and more"[..], "HDF5"), (b"\x28\xb5\x2f\xfd\0", "Zstandard")]
        {
            std::fs::write(&path, bytes).unwrap();
            let error = open(&path, 1, &wanted).err().unwrap().to_string();
            assert!(error.contains(what) && error.contains("a.fits"), "{error}");
            assert_eq!(open(&path, 1, &ANY).unwrap().0.bytes(), bytes);
        }
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        std::fs::write(&path, tar).unwrap();
        assert!(open(&path, 1, &wanted).err().unwrap().to_string().contains("tar archive"));
    }
}
