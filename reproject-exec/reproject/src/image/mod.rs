//! Images with their coordinates: headers from files to the WCS reader, and errors that say which file and HDU.

pub(crate) mod footprint;
pub(crate) mod mask;
pub(crate) mod named;
pub(crate) mod pixels;

pub use mask::MaskFile;

use crate::header::cards::{Kind, kind};
use crate::header::keywords;
use ndarray::{ArrayD, IxDyn};
use pixels::Pixels;
use reproject_chunk::fits::Hdu;
use reproject_chunk::{Element, FitsFile, HduSelect, Header, Record, Value};
use reproject_core::{ArraySource, Error, Region, Result, Why, bytes as told};
use reproject_wcs::{Celestial, TableColumn, TableImage, Tables, Wcs};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

/// An image of the sky: pixels in a file, and where they lie. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Image {
    pub(crate) input: Arc<Input>,
    pub(crate) options: ImageOptions,
}

/// Options for opening an image.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ImageOptions {
    /// The HDU of a FITS file; the first image, if it is not said.
    pub hdu: Option<HduSelect>,
    /// Where the pixels of an `.npy` or Zarr array lie: a FITS file, `FILE.fits[HDU]`, or a text file with a header.
    pub header: Option<String>,
    /// Bytes of memory for what is inflated (half of it) and for tables of coordinates, in each process that opens it.
    pub memory: Option<usize>,
}

impl Image {
    /// Opens an image: FITS (packed or not), `.npy` or Zarr; `FILE.fits[HDU]` names the HDU of a FITS file: a number (the
    /// primary one is 0), EXTNAME, or EXTNAME,EXTVER.
    ///
    /// # Errors
    /// If it cannot be read, or nothing says where its pixels lie on the sky.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let (path, hdu) = match path.to_str() {
            Some(text) => named::split(text).map(|(path, hdu)| (Path::new(path), hdu))?,
            None => (path, None),
        };
        Self::open_with(path, &ImageOptions { hdu, ..ImageOptions::default() })
    }

    /// Opens an image with options; the path is the file's alone, without an HDU.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, options: &ImageOptions) -> Result<Self> {
        let input = Arc::new(Input::open(path.as_ref(), options)?);
        Ok(Self { input, options: options.clone() })
    }

    /// An image in memory: pixels in array order (rows, columns), and the header that says where they lie. It stays in this
    /// process, so that it is [computed in threads](crate::Reprojection::threads).
    ///
    /// # Errors
    /// If the header has other lengths of axes, or does not say where the pixels lie.
    pub fn from_array<T: Element>(array: ArrayD<T>, header: &Header) -> Result<Self> {
        let (image, wcs) = pixels::of_array(array, header)?;
        Ok(Self { input: Arc::new(Input::new(image, wcs)?), options: ImageOptions::default() })
    }

    /// Pixels along every axis, in array order.
    pub fn shape(&self) -> &[usize] {
        self.input.image.shape()
    }

    /// Its coordinate system.
    pub fn wcs(&self) -> &Wcs {
        &self.input.wcs
    }

    /// Its header; for other formats than FITS what was given as such.
    pub fn header(&self) -> &Header {
        self.input.image.header()
    }

    /// Its name in messages and headers: file and HDU, without the folder.
    pub fn label(&self) -> String {
        self.input.label()
    }
}

/// The input: its pixels and where they lie on the sky.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) image: Pixels,
    pub(crate) wcs: Wcs,
    pub(crate) celestial: Celestial,
}

impl Input {
    /// Opens the input as an image of the sky.
    ///
    /// # Errors
    /// If it cannot be read, or nothing says where it lies.
    pub(crate) fn open(path: &Path, options: &ImageOptions) -> Result<Self> {
        let (image, wcs) = pixels::open(path, options)?;
        Self::new(image, wcs)
    }

    fn new(image: Pixels, wcs: Wcs) -> Result<Self> {
        if wcs.axes().iter().all(|axis| axis.ctype.is_empty()) {
            let why = "its header has no CTYPEn, so nothing says where the pixels lie on the sky (no longitude and latitude)";
            return Err(image.error(why));
        }
        let celestial = wcs.celestial().map_err(|e| image.error(e))?.clone();
        if celestial.axes().iter().any(|&axis| axis >= image.shape().len()) {
            let why = format!(
                "the sky lies along axes that an image of {} axes does not have",
                image.shape().len()
            );
            return Err(image.error(why));
        }
        Ok(Self { image, wcs, celestial })
    }

    /// File and HDU, as errors and provenance call it; the folder is left out.
    pub(crate) fn label(&self) -> String {
        self.image.label()
    }

    /// An error about it.
    pub(crate) fn error(&self, why: impl Into<Why>) -> Error {
        self.image.error(why)
    }
}

/// The name of a file without its folder.
pub(crate) fn name(file: &FitsFile) -> String {
    file.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// An error about an HDU.
pub(crate) fn error(file: &FitsFile, hdu: &Hdu, why: impl Into<Why>) -> Error {
    Error::file(file.path(), Why::said(hdu.label(), why))
}

/// The coordinates of an HDU, with tables of so many bytes at most.
///
/// # Errors
/// If they cannot be read, or take more.
pub(crate) fn wcs(file: &FitsFile, hdu: &Hdu, memory: Option<usize>) -> Result<Wcs> {
    let cards = keywords(&hdu.header);
    let extensions = Extensions { file, memory, over: Cell::new(None) };
    let wcs = Wcs::parse_sky(&cards, ' ', &extensions);
    if let (Some((index, bytes)), Some(memory)) = (extensions.over.get(), memory) {
        let why = format!(
            "{} are too few: the coordinates need HDU {index}, whose table takes {} as it is read; allow more than that",
            told(memory as f64),
            told(bytes as f64)
        );
        return Err(error(file, hdu, Error::invalid("memory limit", why)));
    }
    wcs.map_err(|e| error(file, hdu, e))
}

/// A header whose cards of coordinates are written by the standard, with the values that were read: what is not quite FITS is
/// read in many ways, and some read a `D` exponent as none.
pub(crate) fn repaired(header: &Header) -> Header {
    let settled = keywords(header).settled(' ');
    let mut out = Header::new();
    for record in header.records() {
        let (keyword, line) = (record.keyword(), record.lines()[0]);
        let coordinates = matches!(kind(keyword), Kind::Wcs { .. }) && record.lines().len() == 1;
        let value = match (record.value(), settled.first(keyword)) {
            (Value::Text(_), Some(reproject_wcs::Value::Integer(v))) => Value::Integer(*v),
            (Value::Text(_), Some(reproject_wcs::Value::Float(v))) => Value::Float(*v),
            (Value::Unreadable(_), Some(reproject_wcs::Value::Text(v))) => Value::Text(v.clone()),
            (value, _) => value.clone(),
        };
        let number = line[8..].split(|b| *b == b'/').next().unwrap_or_default();
        let exponent =
            matches!(value, Value::Float(_)) && number.iter().any(|b| matches!(b, b'D' | b'd' | b'e'));
        let written = line[8..10] == *b"= "
            && !line[..8].iter().any(u8::is_ascii_lowercase)
            && line.iter().all(|b| (32..127).contains(b));
        let anew = coordinates && (!written || exponent || value != *record.value());
        let comment: String = record.comment().chars().filter(|c| (' '..='~').contains(c)).collect();
        let fresh = Record::new(keyword, value, &comment).ok().filter(|_| anew);
        out.push(fresh.unwrap_or_else(|| record.clone()));
    }
    out
}

/// The other HDUs of a file, where distortions and coordinates may be tabulated.
struct Extensions<'a> {
    file: &'a FitsFile,
    memory: Option<usize>,
    /// The HDU that would not fit, and its bytes.
    over: Cell<Option<(usize, usize)>>,
}

impl Extensions<'_> {
    /// Whether so many numbers of 64 bits may be read.
    fn fits(&self, hdu: &Hdu, numbers: usize) -> bool {
        let bytes = numbers.saturating_mul(size_of::<f64>());
        let fits = self.memory.is_none_or(|memory| bytes <= memory);
        if !fits {
            self.over.set(Some((hdu.index, bytes)));
        }
        fits
    }
}

impl Tables for Extensions<'_> {
    fn image(&self, extname: &str, extver: i64) -> Option<TableImage> {
        let image = self.file.image(&HduSelect::Name(extname.to_owned(), Some(extver))).ok()?;
        let shape = image.shape().to_vec();
        if !self.fits(image.hdu(), shape.iter().product()) {
            return None;
        }
        let mut data = ArrayD::<f64>::zeros(IxDyn(&shape));
        image.read(&Region::whole(&shape), data.view_mut()).ok()?;
        let (data, _) = data.into_raw_vec_and_offset();
        let header = keywords(image.header());
        Some(TableImage { shape: shape.into_iter().rev().collect(), data, header })
    }

    /// EXTLEVEL is passed over, as in astropy.
    fn column(&self, extname: &str, extver: i64, _: i64, column: &str) -> Option<TableColumn> {
        let named = |h: &Hdu| h.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(extname.trim()));
        let hdu = self.file.hdus().iter().find(|h| named(h) && h.version == extver)?;
        let table = self.file.table(&HduSelect::Index(hdu.index)).ok()?;
        let described = table.columns().iter().find(|c| c.name.eq_ignore_ascii_case(column.trim()))?;
        if !self.fits(hdu, described.repeat) {
            return None;
        }
        let values = table.read(column, 0).ok()?;
        let unit = described.unit.clone();
        let shape = values.shape().iter().rev().copied().collect();
        let data = values.as_standard_layout().iter().copied().collect();
        Some(TableColumn { shape, data, unit })
    }
}
