//! An image HDU as a source: BITPIX, BSCALE, BZERO and BLANK (FITS 4.0, sections 4.4.1.1 and 4.4.2.5).

use super::{FitsFile, Hdu, HduKind, HduSelect};
use crate::decode::Encoding;
use crate::element::{Element, Format};
use crate::header::Header;
use crate::mmap::Fingerprint;
use crate::raw::RawSource;
use ndarray::ArrayViewMutD;
use reproject_core::{ArraySource, Error, Region, Result, Strided};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The pixels of an image HDU, decoded window by window from the mapped file. A source of every pixel type: blank integers
/// become NaN in floats; integers are read as integers only if they are not scaled to fractions, and their blanks need a fill
/// value.
#[derive(Clone, Debug)]
pub struct FitsImage {
    pixels: RawSource,
    file: FitsFile,
    hdu: usize,
    fill: Option<i128>,
}

impl FitsImage {
    pub(super) fn new(file: &FitsFile, index: usize) -> Result<Self> {
        let hdu = &file.hdus[index];
        match &hdu.kind {
            HduKind::Image => {}
            HduKind::CompressedImage => {
                return Err(file.error(hdu, "is a tile-compressed image; decompress it first (funpack)"));
            }
            HduKind::Table => return Err(file.error(hdu, "is a table, not an image")),
            HduKind::Other(what) => return Err(file.error(hdu, format!("holds {what}, not an image"))),
        }
        if hdu.shape.is_empty() {
            return Err(file.error(hdu, "is a header without pixels (NAXIS = 0); choose another HDU"));
        }
        if hdu.shape.contains(&0) {
            return Err(file.error(hdu, format!("has no pixels: its shape is {:?}", hdu.shape)));
        }
        file.check_length(hdu)?;
        let encoding = encoding(&hdu.header, hdu.bitpix).map_err(|e| file.error(hdu, e))?;
        let start = usize::try_from(hdu.data_start).map_err(|e| file.error(hdu, e))?;
        let name = format!("{}: {}", file.path.display(), hdu.label());
        let pixels = RawSource::dense(name, file.bytes.clone(), start, &hdu.shape, encoding)?;
        Ok(Self { pixels, file: file.clone(), hdu: index, fill: None })
    }

    /// The integer that stands for blank pixels when the image is read as integers.
    #[must_use]
    pub fn with_fill(mut self, fill: i128) -> Self {
        self.fill = Some(fill);
        self.pixels = self.pixels.with_fill(fill);
        self
    }

    /// Pixels along every axis in array order.
    pub fn shape(&self) -> &[usize] {
        self.pixels.shape()
    }

    /// The header-data unit.
    pub fn hdu(&self) -> &Hdu {
        &self.file.hdus[self.hdu]
    }

    /// Its header.
    pub fn header(&self) -> &Header {
        &self.hdu().header
    }

    /// The file.
    pub fn file(&self) -> &FitsFile {
        &self.file
    }

    /// The stored numbers as an array of bytes.
    pub fn raw(&self) -> &RawSource {
        &self.pixels
    }

    /// The smallest type that holds every pixel value: the stored one, or a float if values are scaled or can be blank
    /// (float32 for 8 and 16 bits, float64 for more).
    pub fn format(&self) -> Format {
        let e = self.pixels.encoding();
        match (e.scale.is_some() || e.blank.is_some(), e.format.size()) {
            (true, 1 | 2) => Format::F32,
            (true, 4 | 8) if !e.format.is_float() => Format::F64,
            _ => e.format,
        }
    }

    /// What another process needs to open the same pixels.
    pub fn handle(&self) -> FitsHandle {
        FitsHandle { path: self.file.path.clone(), hdu: self.hdu, fill: self.fill, print: self.file.print }
    }
}

impl<T: Element> ArraySource<T> for FitsImage {
    fn shape(&self) -> &[usize] {
        self.pixels.shape()
    }

    fn read(&self, window: &Region, out: ArrayViewMutD<'_, T>) -> Result<()> {
        self.pixels.read(window, out)
    }

    fn resident(&self, window: &Region) -> Option<Strided<'_, T>> {
        self.pixels.resident(window)
    }
}

/// An image by path and number: small, serialisable, and refused if the file has changed meanwhile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitsHandle {
    path: PathBuf,
    hdu: usize,
    fill: Option<i128>,
    print: Fingerprint,
}

impl FitsHandle {
    /// Opens the image.
    ///
    /// # Errors
    /// If the file has gone or changed.
    pub fn open(&self) -> Result<FitsImage> {
        let file = FitsFile::open(&self.path)?;
        self.print.check(&file.print, &self.path)?;
        let image = file.image(&HduSelect::Index(self.hdu))?;
        Ok(match self.fill {
            Some(fill) => image.with_fill(fill),
            None => image,
        })
    }
}

/// How the numbers of an image are stored.
pub(super) fn encoding(header: &Header, bitpix: i64) -> Result<Encoding> {
    let stored = match bitpix {
        8 => Format::U8,
        16 => Format::I16,
        32 => Format::I32,
        64 => Format::I64,
        -32 => Format::F32,
        -64 => Format::F64,
        other => {
            return Err(Error::invalid("FITS keyword BITPIX", format!("is {other}, which is no pixel type")));
        }
    };
    let scale = header.float("BSCALE")?.unwrap_or(1.0);
    let zero = header.float("BZERO")?.unwrap_or(0.0);
    let blank = if stored.is_float() { None } else { header.integer("BLANK")?.map(i128::from) };
    // The unsigned (and signed byte) convention, table 11: exact for integers.
    let other_sign = match (stored, scale == 1.0, zero) {
        (Format::U8, true, -128.0) => Some(Format::I8),
        (Format::I16, true, 32768.0) => Some(Format::U16),
        (Format::I32, true, 2147483648.0) => Some(Format::U32),
        (Format::I64, true, 9223372036854775808.0) => Some(Format::U64),
        _ => None,
    };
    let scaled = other_sign.is_none() && (scale != 1.0 || zero != 0.0);
    Ok(Encoding {
        format: other_sign.unwrap_or(stored),
        big_endian: true,
        flip: other_sign.is_some(),
        blank: blank.map(|b| if other_sign.is_some() { b + zero as i128 } else { b }),
        scale: scaled.then_some((scale, zero)),
    })
}
