//! FITS files (FITS 4.0): header-data units, images as sources, tables, and images as sinks.

mod checksum;
#[cfg(feature = "compressed")]
mod compressed;
mod hdu;
mod image;
mod sink;
mod table;

pub use hdu::{Hdu, HduKind, HduSelect};
pub use image::{FitsHandle, FitsImage};
pub use sink::{FitsOptions, FitsSink};
pub use table::{Column, FitsTable};

use crate::input::{self, Wanted};
use crate::mmap::{Bytes, Fingerprint};
use reproject_core::{Error, Result, Why};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open FITS file, mapped into memory; gzip, bzip2, xz, zip and compress files are unpacked, whatever their names are.
#[derive(Clone)]
pub struct FitsFile {
    path: PathBuf,
    bytes: Arc<dyn Bytes>,
    hdus: Arc<[Hdu]>,
    damage: Option<String>,
    fingerprint: Fingerprint,
}

impl std::fmt::Debug for FitsFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FitsFile({}, {} HDUs)", self.path.display(), self.hdus.len())
    }
}

impl FitsFile {
    /// Opens a file and reads every header of it.
    ///
    /// # Errors
    /// If it cannot be opened or is not FITS. Damage behind the first unit is no error: see [`FitsFile::damage`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_within(path, input::INFLATE_IN_MEMORY)
    }

    /// Whether a zip file holds one FITS file, as opposed to a Zarr array or anything else.
    pub fn is_in_zip(path: impl AsRef<Path>) -> bool {
        input::zip_of(path.as_ref(), b"SIMPLE")
    }

    /// Opens a file, of which at most `limit` unpacked bytes stay in memory; more go to a temporary file.
    ///
    /// # Errors
    /// Those of [`FitsFile::open`].
    pub fn open_within(path: impl AsRef<Path>, limit: usize) -> Result<Self> {
        let path = path.as_ref();
        let wanted = Wanted { magic: b"SIMPLE", unpack: &hdu::unpack };
        let (bytes, fingerprint) = input::open(path, limit, &wanted)?;
        if !bytes.bytes().starts_with(b"SIMPLE") {
            let why = "is not FITS: it does not start with the keyword SIMPLE";
            return Err(Error::file(path, why));
        }
        let (hdus, damage) = hdu::walk(bytes.bytes()).map_err(|e| Error::file(path, e))?;
        Ok(Self { path: path.to_owned(), bytes, hdus: hdus.into(), damage, fingerprint })
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of memory that the file takes: those of an inflated file, unless it went to a temporary one.
    pub fn held(&self) -> usize {
        self.bytes.held()
    }

    /// Its header-data units.
    pub fn hdus(&self) -> &[Hdu] {
        &self.hdus
    }

    /// A unit as it stands in the file, header and padding included; `None` if there is none of that number, or it was cut
    /// short.
    pub fn unit(&self, index: usize) -> Option<&[u8]> {
        let end = |hdu: &Hdu| (hdu.data_start + hdu.data_length).next_multiple_of(2880) as usize;
        let start = index.checked_sub(1).map_or(Some(0), |before| self.hdus.get(before).map(end))?;
        self.bytes.bytes().get(start..end(self.hdus.get(index)?))
    }

    /// Why units may be missing at the end: a header that could not be read.
    pub fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// Finds a header-data unit.
    ///
    /// # Errors
    /// If there is none such, naming those that there are.
    pub fn hdu(&self, select: &HduSelect) -> Result<&Hdu> {
        let found = match select {
            HduSelect::Index(i) => self.hdus.get(*i),
            HduSelect::FirstImage => self.hdus.iter().find(|h| h.has_pixels() && h.shape.len() > 1),
            HduSelect::Name(name, version) => self.hdus.iter().find(|h| {
                h.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name))
                    && version.is_none_or(|v| v == h.version)
            }),
        };
        found.ok_or_else(|| {
            let mut list: Vec<String> = self.hdus.iter().take(20).map(Hdu::label).collect();
            list.extend((self.hdus.len() > 20).then(|| format!("and {} more", self.hdus.len() - 20)));
            list.extend(self.damage.clone());
            let what = match select {
                HduSelect::FirstImage => "holds no image of two or more axes".to_owned(),
                other => format!("has no HDU {other}"),
            };
            Error::file(&self.path, format!("{what}; it holds {}", list.join(", ")))
        })
    }

    /// Opens an image.
    ///
    /// # Errors
    /// If there is none such, or it has no pixels, or the file is too short for it.
    pub fn image(&self, select: &HduSelect) -> Result<FitsImage> {
        FitsImage::new(self, self.hdu(select)?.index)
    }

    /// Opens a binary table.
    ///
    /// # Errors
    /// If there is none such, or the file is too short for it.
    pub fn table(&self, select: &HduSelect) -> Result<FitsTable> {
        FitsTable::new(self, self.hdu(select)?.index)
    }

    /// An error about one of its units.
    fn error(&self, hdu: &Hdu, why: impl Into<Why>) -> Error {
        Error::file(&self.path, Why::said(hdu.label(), why))
    }

    /// Checks that the data of a unit is all there.
    /// Checks that the data of a unit are all there.
    ///
    /// # Errors
    /// If the file ends before them.
    pub fn whole(&self, hdu: &Hdu) -> Result<()> {
        let (end, length) = (hdu.data_start + hdu.data_length, self.bytes.bytes().len() as u64);
        if end <= length {
            return Ok(());
        }
        Err(self
            .error(hdu, format!("needs bytes up to {end} and the file ends at {length}; it was cut short")))
    }
}

#[cfg(test)]
mod tests;
