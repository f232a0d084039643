//! Opening an input file: mapped as it is, or inflated first if it is gzip (RFC 1952).

use crate::files::open_file;
use crate::mmap::{Bytes, Fingerprint, Map};
use reproject_core::{Error, Result};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

/// Inflated bytes that are kept in memory; larger files go to a temporary file without a name.
pub const INFLATE_IN_MEMORY: usize = 256 << 20;

/// Opens a file for reading pixels at random; `limit` bytes of an inflated file may stay in memory.
///
/// # Errors
/// If it cannot be opened, mapped or inflated.
pub(crate) fn open(path: &Path, limit: usize) -> Result<(Arc<dyn Bytes>, Fingerprint)> {
    let file = open_file(path)?;
    let print = Fingerprint::of(&file, path)?;
    let map = Map::of(&file, path)?;
    if !map.bytes().starts_with(&[0x1f, 0x8b]) {
        return Ok((Arc::new(map), print));
    }
    let mut stream = flate2::read::MultiGzDecoder::new(map.bytes());
    let broken = |e: std::io::Error| Error::file(path, format!("cannot be inflated: {e}"));
    let mut head = Vec::new();
    stream.by_ref().take(limit as u64).read_to_end(&mut head).map_err(broken)?;
    let mut probe = [0];
    if head.len() < limit || stream.read(&mut probe).map_err(broken)? == 0 {
        head.shrink_to_fit();
        return Ok((Arc::new(head), print));
    }
    let full = |e: std::io::Error| Error::file(path, format!("cannot be inflated to a temporary file: {e}"));
    let mut file = tempfile::tempfile().map_err(full)?;
    file.write_all(&head).and_then(|()| file.write_all(&probe)).map_err(full)?;
    drop(head);
    std::io::copy(&mut stream, &mut file).map_err(full)?;
    file.seek(SeekFrom::Start(0)).map_err(full)?;
    Ok((Arc::new(Map::of(&file, path)?), print))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(open(&path, limit).unwrap().0.bytes(), data, "{limit}");
        }
        std::fs::write(&path, &zipped[..zipped.len() / 2]).unwrap();
        assert!(open(&path, 1 << 20).err().unwrap().to_string().contains("inflated"));
        std::fs::write(&path, b"").unwrap();
        assert!(open(&path, 1).unwrap().0.bytes().is_empty());
        assert!(open(dir.path(), 1).is_err() && open(&dir.path().join("absent"), 1).is_err());
    }
}
