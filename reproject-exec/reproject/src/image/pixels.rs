//! The pixels of the input, whatever holds them, with the header that says where they lie.

use crate::header::axes::Tabulated;
use crate::header::keywords;
use crate::image::{self, ImageOptions, named};
use crate::memory;
use ndarray::{ArrayD, ArrayViewMutD};
use reproject_chunk::fits::{FitsFile, Hdu};
use reproject_chunk::{
    Element, Encoding, Fingerprint, FitsImage, Format, HduSelect, Header, INFLATE_IN_MEMORY, RawHandle,
    RawSource, ZarrArray, open_file,
};
use reproject_core::{ArraySource, Error, Region, Result, Strided, Why};
use reproject_wcs::Wcs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The attribute of a Zarr array that holds its header as text.
pub(crate) const HEADER: &str = "fits_header";

/// The format of the file or folder that a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Fits,
    Npy,
    Zarr,
}

impl Kind {
    /// By the end of the name; a folder is a Zarr array, and so is a zip file unless it holds one FITS file.
    pub(crate) fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match () {
            () if name.ends_with(".npy") || name.ends_with(".npy.gz") => Kind::Npy,
            () if name.ends_with(".zip") && FitsFile::is_in_zip(path) => Kind::Fits,
            () if name.ends_with(".zarr") || name.ends_with(".zip") || path.is_dir() => Kind::Zarr,
            () => Kind::Fits,
        }
    }
}

/// The pixels of the input.
#[derive(Clone, Debug)]
pub(crate) struct Pixels {
    store: Store,
    path: PathBuf,
    header: Arc<Header>,
    /// That of the file, if they lie in one.
    fingerprint: Option<Fingerprint>,
}

#[derive(Clone, Debug)]
enum Store {
    Fits(Box<FitsImage>),
    Npy(RawSource),
    Zarr(Arc<ZarrArray>),
}

/// Opens the input and finds out where it lies.
///
/// # Errors
/// If it cannot be read, or nothing says where it lies.
pub(crate) fn open(path: &Path, options: &ImageOptions) -> Result<(Pixels, Wcs)> {
    if Kind::of(path) == Kind::Fits && options.header.is_some() {
        let why = "a FITS image has a header of its own; it is for .npy and Zarr inputs";
        return Err(Error::invalid("`header`", why));
    }
    // Half for what a compressed file holds, half for working on it.
    let mut pixels = Pixels::open(path, options.hdu.clone(), options.memory.map(|memory| memory / 2))?;
    let own = match &pixels.store {
        Store::Fits(image) => {
            let wcs = image::wcs(image.file(), image.hdu(), options.memory)?;
            return Ok((pixels, wcs));
        }
        Store::Npy(_) => None,
        Store::Zarr(array) => array.attribute(HEADER),
    };
    let mut header = match (&options.header, own) {
        (Some(header), _) => described(header)?,
        (None, Some(text)) => Header::from_text(text.as_bytes()).map_err(|e| Error::file(path, e))?,
        (None, None) => {
            return Err(Error::file(
                path,
                "does not say where its pixels lie; name a header that does with `header`",
            ));
        }
    };
    if options.header.is_some() {
        fits(&header, &pixels)?;
    }
    let wcs = pixels.lie_as(&mut header)?;
    Ok((pixels, wcs))
}

/// An array in memory, and where its header says that it lies.
///
/// # Errors
/// If the header is one of another array, or does not say where it lies.
pub(crate) fn of_array<T: Element>(array: ArrayD<T>, header: &Header) -> Result<(Pixels, Wcs)> {
    let store = Store::Npy(RawSource::in_memory("array", array)?);
    let mut pixels = Pixels { store, path: PathBuf::new(), header: Arc::default(), fingerprint: None };
    fits(header, &pixels)?;
    let wcs = pixels.lie_as(&mut header.clone())?;
    Ok((pixels, wcs))
}

/// Refuses a header of an array of another size.
fn fits(header: &Header, pixels: &Pixels) -> Result<()> {
    for (k, &side) in pixels.shape().iter().rev().enumerate() {
        let keyword = format!("NAXIS{}", k + 1);
        if let Some(n) = header.integer(&keyword)?.filter(|&n| n != side as i64) {
            let why = format!(
                "has {side} pixels along its axis {} (first the one that varies fastest), but the header has {keyword} = {n}; give \
                 the header of this array, or one without NAXISn",
                k + 1
            );
            return Err(pixels.error(why));
        }
    }
    Ok(())
}

/// The header that a name means.
fn described(name: &str) -> Result<Header> {
    let (path, select) = named::split(name)?;
    let path = Path::new(path);
    if select.is_none() && named::is_text(path)? {
        let bytes = std::fs::read(path).map_err(|e| Error::file(path, e))?;
        return Header::from_text(&bytes).map_err(|e| Error::file(path, e));
    }
    Ok(FitsFile::open(path)?.hdu(&select.unwrap_or_default())?.header.clone())
}

/// The file in a folder that says that it is a Zarr array, and of which version.
pub(crate) fn metadata(folder: &Path) -> Option<PathBuf> {
    ["zarr.json", ".zarray"].map(|name| folder.join(name)).into_iter().find(|p| p.is_file())
}

/// That of a file, or of the metadata in a folder.
fn fingerprint(path: &Path) -> Result<Fingerprint> {
    let inside = metadata(path);
    if inside.is_none() && path.is_dir() {
        let why = "is a folder without zarr.json or .zarray, and so no Zarr array; name a file, or an array inside the folder";
        return Err(Error::file(path, why));
    }
    let path = inside.as_deref().unwrap_or(path);
    // As targets are called.
    if !path.exists()
        && let Some((name, hdu)) = path.to_str().and_then(|name| name.strip_suffix(']')?.rsplit_once('['))
        && Path::new(name).is_file()
    {
        let why =
            format!("there is no such file; for HDU {hdu} of {name} give the file as input, and `hdu` {hdu}");
        return Err(Error::file(path, why));
    }
    Fingerprint::of(&open_file(path)?, path)
}

impl Pixels {
    /// Opens what a path names, without a header if it has none of its own. A compressed file may take so many bytes of
    /// memory.
    ///
    /// # Errors
    /// If it cannot be read, or has no such HDU.
    pub(crate) fn open(path: &Path, hdu: Option<HduSelect>, limit: Option<usize>) -> Result<Self> {
        let (kind, fingerprint) = (Kind::of(path), fingerprint(path)?);
        let limit = limit.map_or(INFLATE_IN_MEMORY, |limit| limit.min(INFLATE_IN_MEMORY));
        if kind != Kind::Fits && hdu.is_some() {
            return Err(Error::file(path, "has no HDUs, as only FITS files do; leave the HDU out"));
        }
        let store = match kind {
            Kind::Fits => {
                Store::Fits(Box::new(FitsFile::open_within(path, limit)?.image(&hdu.unwrap_or_default())?))
            }
            Kind::Npy => Store::Npy(RawHandle::npy_within(path, limit)?.open()?),
            Kind::Zarr => Store::Zarr(Arc::new(ZarrArray::open(path, 0)?)),
        };
        let header = match &store {
            Store::Fits(image) => image::repaired(image.header()),
            _ => Header::new(),
        };
        Ok(Self { store, path: path.to_owned(), header: Arc::new(header), fingerprint: Some(fingerprint) })
    }

    /// Takes a header of its own, with the lengths of the axes, and reads where it says that the pixels lie.
    fn lie_as(&mut self, header: &mut Header) -> Result<Wcs> {
        let shape = self.shape().to_vec();
        header.set("NAXIS", shape.len() as i64, "")?;
        for (k, &n) in shape.iter().rev().enumerate() {
            header.set(&format!("NAXIS{}", k + 1), n as i64, "")?;
        }
        let wcs = Wcs::parse_sky(&keywords(header), ' ', &()).map_err(|e| self.error(e))?;
        self.header = Arc::new(image::repaired(header));
        Ok(wcs)
    }

    /// The number of the HDU, if they lie in one.
    pub(crate) fn hdu(&self) -> Option<usize> {
        match &self.store {
            Store::Fits(image) => Some(image.hdu().index),
            _ => None,
        }
    }

    /// Pixels along every axis in array order.
    pub(crate) fn shape(&self) -> &[usize] {
        match &self.store {
            Store::Fits(image) => FitsImage::shape(image),
            Store::Npy(raw) => raw.shape(),
            Store::Zarr(array) => ZarrArray::shape(array),
        }
    }

    /// The header; for other formats than FITS what was given as such.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The file that they lie in; empty in memory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The fingerprint of the file, if there is one: the same until it is written again.
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint
    }

    /// Refuses a file that somebody has written since it was opened.
    ///
    /// # Errors
    /// If its length or time differ.
    pub(crate) fn unchanged(&self) -> Result<()> {
        self.fingerprint.map_or(Ok(()), |before| before.check(&fingerprint(&self.path)?, &self.path))
    }

    /// How the numbers are stored.
    pub(crate) fn encoding(&self) -> Encoding {
        match &self.store {
            Store::Fits(image) => image.encoding().clone(),
            Store::Npy(raw) => raw.encoding().clone(),
            Store::Zarr(array) => Encoding::native(array.format()),
        }
    }

    /// The smallest type that holds every value.
    pub(crate) fn format(&self) -> Format {
        match &self.store {
            Store::Fits(image) => image.format(),
            _ => self.encoding().format,
        }
    }

    /// Name and HDU; the folder is left out.
    pub(crate) fn label(&self) -> String {
        let name = self.path.file_name().unwrap_or("array".as_ref()).to_string_lossy();
        match &self.store {
            Store::Fits(image) => format!("{name}, {}", image.hdu().label()),
            _ => name.into_owned(),
        }
    }

    /// An error about them.
    pub(crate) fn error(&self, why: impl Into<Why>) -> Error {
        match &self.store {
            Store::Fits(image) => image::error(image.file(), image.hdu(), why),
            _ if self.fingerprint.is_none() => Error::invalid("array", why.into().text),
            _ => Error::file(&self.path, why),
        }
    }

    /// The integer that stands for blank pixels when they are read as integers.
    ///
    /// # Errors
    /// None that opening did not have.
    pub(crate) fn with_fill(mut self, fill: i128) -> Result<Self> {
        self.store = match self.store {
            Store::Fits(image) => Store::Fits(Box::new(image.with_fill(fill)?)),
            Store::Npy(raw) => Store::Npy(raw.with_fill(fill)),
            zarr => zarr,
        };
        Ok(self)
    }

    /// As they are, keeping up to `bytes` of decoded chunks.
    ///
    /// # Errors
    /// If the array has gone meanwhile.
    pub(crate) fn with_cache(mut self, bytes: usize) -> Result<Self> {
        self.store = match self.store {
            Store::Fits(image) => Store::Fits(Box::new(image.with_cache(bytes)?)),
            Store::Zarr(_) => Store::Zarr(Arc::new(ZarrArray::open(&self.path, bytes)?)),
            npy => npy,
        };
        Ok(self)
    }

    /// The HDUs that hold the tables of some axes, whole; `None` if one is not there.
    pub(crate) fn tables(&self, axes: &[Tabulated]) -> Option<Vec<Arc<[u8]>>> {
        let Store::Fits(image) = &self.store else { return None };
        let file = image.file();
        let mut units: Vec<usize> = Vec::new();
        for table in axes {
            let named = |h: &&Hdu| h.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(&table.extname));
            let hdu = file.hdus().iter().filter(named).find(|h| h.version == table.extver)?;
            if !units.contains(&hdu.index) {
                units.push(hdu.index);
            }
        }
        units.into_iter().map(|unit| file.unit(unit).map(Arc::from)).collect()
    }

    /// Bytes of memory that they take before any is read: those of an inflated file.
    pub(crate) fn held(&self) -> usize {
        match &self.store {
            Store::Fits(image) => image.file().held(),
            Store::Npy(raw) => raw.held(),
            Store::Zarr(_) => 0,
        }
    }

    /// Bytes of memory that headers take, of the output's too.
    pub(crate) fn headers(&self) -> usize {
        let all = match &self.store {
            Store::Fits(image) => image.file().hdus(),
            _ => &[],
        };
        memory::of_headers(all.iter().map(|hdu| &hdu.header), &self.header)
    }

    /// Chunks decoded so far, if they come in chunks.
    pub(crate) fn decoded(&self) -> Option<u64> {
        match &self.store {
            Store::Zarr(array) => Some(array.cache_counts().made),
            _ => None,
        }
    }
}

impl<T: Element> ArraySource<T> for Pixels {
    fn shape(&self) -> &[usize] {
        self.shape()
    }
    fn read(&self, window: &Region, out: ArrayViewMutD<'_, T>) -> Result<()> {
        match &self.store {
            Store::Fits(image) => image.read(window, out),
            Store::Npy(raw) => raw.read(window, out),
            Store::Zarr(array) => array.read(window, out),
        }
    }
    fn resident(&self, window: &Region) -> Option<Strided<'_, T>> {
        match &self.store {
            Store::Fits(image) => image.resident(window),
            Store::Npy(raw) => raw.resident(window),
            Store::Zarr(_) => None,
        }
    }
    fn chunks(&self) -> Option<&[usize]> {
        match &self.store {
            Store::Fits(image) => ArraySource::<T>::chunks(&**image),
            Store::Npy(_) => None,
            Store::Zarr(array) => ArraySource::<T>::chunks(&**array),
        }
    }
}
