//! Memory maps of files: the one unsafe file of this crate.
#![allow(
    unsafe_code,
    reason = "a file can change under its map; that is the caller's affair, as with every map"
)]

use reproject_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Something that owns bytes and keeps them where they are: a map, a vector, a Python object.
pub trait Bytes: Send + Sync {
    /// The bytes; always the same slice.
    fn bytes(&self) -> &[u8];
    /// Bytes of memory that they take; none where they are pages of the system's cache.
    fn held(&self) -> usize {
        0
    }
}

impl Bytes for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
    fn held(&self) -> usize {
        self.capacity()
    }
}

/// A whole file, read through the page cache; counts as no memory of ours.
#[derive(Debug)]
pub struct Map(Option<memmap2::Mmap>);

impl Bytes for Map {
    fn bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or(&[])
    }
}

impl Map {
    /// Maps a file for reading.
    ///
    /// # Errors
    /// If the system refuses; an empty file is an empty slice.
    pub fn of(file: &File, path: &Path) -> Result<Self> {
        let length =
            file.metadata().map_err(|e| Error::file(path, format!("cannot be examined: {e}")))?.len();
        if length == 0 {
            return Ok(Self(None));
        }
        // SAFETY: the map is read-only and private to us; a file that another process cuts short meanwhile is answered by
        // a signal, one that it rewrites by other pixel values, neither of which breaks a rule of the language for plain bytes
        // that are never assumed to hold anything. Handles compare a fingerprint before they map a file again.
        let map = unsafe { memmap2::Mmap::map(file) };
        map.map(|m| Self(Some(m))).map_err(|e| Error::file(path, format!("cannot be mapped: {e}")))
    }
}

/// Buffers of at least this length get pages of their own.
#[cfg(any(feature = "compressed", feature = "zarr"))]
const PAGES: usize = 256 << 10;

/// Pages without a file: the system has them back the moment they are dropped, where an allocator keeps the gaps that large
/// buffers leave.
#[cfg(any(feature = "compressed", feature = "zarr"))]
struct Pages(memmap2::MmapMut);

#[cfg(any(feature = "compressed", feature = "zarr"))]
impl Bytes for Pages {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
    fn held(&self) -> usize {
        self.0.len()
    }
}

/// So many bytes, filled by `fill`, which finds zeros, to be kept for some time as a decoded chunk in a cache is.
#[cfg(feature = "compressed")]
pub(crate) fn filled(
    length: usize,
    fill: impl FnOnce(&mut [u8]) -> Result<()>,
) -> Result<std::sync::Arc<dyn Bytes>> {
    use std::sync::Arc;
    if length >= PAGES
        && let Ok(mut pages) = memmap2::MmapMut::map_anon(length)
    {
        fill(&mut pages)?;
        return Ok(Arc::new(Pages(pages)));
    }
    let mut bytes = Vec::new();
    let none = |_| Error::invalid("memory", format!("there are no {length} bytes for a decoded chunk"));
    bytes.try_reserve_exact(length).map_err(none)?;
    bytes.resize(length, 0);
    fill(&mut bytes)?;
    Ok(Arc::new(bytes))
}

/// Bytes that are kept for some time among others that come and go, such as a decoded chunk in a cache.
#[cfg(feature = "zarr")]
pub(crate) fn kept(bytes: Vec<u8>) -> std::sync::Arc<dyn Bytes> {
    use std::sync::Arc;
    if bytes.len() < PAGES {
        return Arc::new(bytes);
    }
    match memmap2::MmapMut::map_anon(bytes.len()) {
        Ok(mut pages) => {
            pages.copy_from_slice(&bytes);
            Arc::new(Pages(pages))
        }
        // A system has so many maps only.
        Err(_) => Arc::new(bytes),
    }
}

/// What a file looked like when it was opened: reopened elsewhere, it must look the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Its length in bytes.
    pub length: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified: i128,
}

impl Fingerprint {
    /// That of an open file.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn of(file: &File, path: &Path) -> Result<Self> {
        let data = file.metadata().map_err(|e| Error::file(path, format!("cannot be examined: {e}")))?;
        let modified = match data.modified().map(|t| t.duration_since(UNIX_EPOCH)) {
            Ok(Ok(after)) => after.as_nanos() as i128,
            Ok(Err(before)) => -(before.duration().as_nanos() as i128),
            Err(_) => 0,
        };
        Ok(Self { length: data.len(), modified })
    }

    /// Refuses a file that is no longer the same.
    ///
    /// # Errors
    /// If length or time differ.
    pub fn check(&self, now: &Self, path: &Path) -> Result<()> {
        if self == now {
            return Ok(());
        }
        let why = format!(
            "has changed since it was opened ({} bytes, now {}; times {}); start again with the new file",
            self.length,
            now.length,
            if self.modified == now.modified { "equal" } else { "differ" }
        );
        Err(Error::file(path, why))
    }
}
