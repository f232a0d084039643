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
    pixels: Pixels,
    encoding: Encoding,
    file: FitsFile,
    hdu: usize,
    fill: Option<i128>,
}

#[derive(Clone, Debug)]
enum Pixels {
    Plain(RawSource),
    #[cfg(feature = "compressed")]
    Tiles(std::sync::Arc<crate::ChunkedSource<super::compressed::Tiles>>),
}

/// Decoded tiles of a compressed image that are kept.
#[cfg(feature = "compressed")]
const TILE_CACHE: usize = 64 << 20;

impl FitsImage {
    pub(super) fn new(file: &FitsFile, index: usize) -> Result<Self> {
        let hdu = &file.hdus[index];
        match &hdu.kind {
            HduKind::Image | HduKind::CompressedImage => {}
            HduKind::Table => return Err(file.error(hdu, "is a table, not an image")),
            HduKind::Other(what) => return Err(file.error(hdu, format!("holds {what}, not an image"))),
        }
        if hdu.shape.is_empty() {
            return Err(file.error(hdu, "is a header without pixels (NAXIS = 0); choose another HDU"));
        }
        if hdu.shape.contains(&0) {
            return Err(file.error(hdu, format!("has no pixels: its shape is {:?}", hdu.shape)));
        }
        file.whole(hdu)?;
        #[cfg_attr(
            not(feature = "compressed"),
            allow(unused_mut, reason = "only tiles name a blank of their own")
        )]
        let mut encoding = encoding(hdu).map_err(|e| file.error(hdu, e))?;
        let pixels = match &hdu.table {
            None => {
                let start = usize::try_from(hdu.data_start).map_err(|e| file.error(hdu, e.to_string()))?;
                let name = format!("{}: {}", file.path.display(), hdu.label());
                let bytes = file.bytes.clone();
                Pixels::Plain(RawSource::dense(name, bytes, start, &hdu.shape, encoding.clone())?)
            }
            #[cfg(feature = "compressed")]
            Some(_) => {
                let tiles = super::compressed::Tiles::new(file, index, &encoding, None)?;
                encoding.blank = tiles.encoding().blank;
                Pixels::Tiles(std::sync::Arc::new(crate::ChunkedSource::new(tiles, TILE_CACHE)?))
            }
            #[cfg(not(feature = "compressed"))]
            Some(_) => {
                let why = "is a tile-compressed image, which this build cannot read (feature `compressed`); funpack it first";
                return Err(file.error(hdu, why));
            }
        };
        Ok(Self { pixels, encoding, file: file.clone(), hdu: index, fill: None })
    }

    /// Keeps up to `bytes` of decoded tiles (64 MiB by default); plain images keep none.
    ///
    /// # Errors
    /// None that opening it did not have.
    pub fn with_cache(self, bytes: usize) -> Result<Self> {
        let _ = bytes;
        #[cfg(feature = "compressed")]
        if matches!(self.pixels, Pixels::Tiles(_)) {
            return self.with_tiles(bytes);
        }
        Ok(self)
    }

    #[cfg(feature = "compressed")]
    fn with_tiles(mut self, bytes: usize) -> Result<Self> {
        let tiles = super::compressed::Tiles::new(&self.file, self.hdu, &self.encoding, self.fill)?;
        self.pixels = Pixels::Tiles(std::sync::Arc::new(crate::ChunkedSource::new(tiles, bytes)?));
        Ok(self)
    }

    /// Sets the integer that stands for blank pixels when the image is read as integers.
    ///
    /// # Errors
    /// None that opening it did not have.
    pub fn with_fill(mut self, fill: i128) -> Result<Self> {
        self.fill = Some(fill);
        match self.pixels {
            Pixels::Plain(raw) => self.pixels = Pixels::Plain(raw.with_fill(fill)),
            #[cfg(feature = "compressed")]
            Pixels::Tiles(_) => return self.with_tiles(TILE_CACHE),
        }
        Ok(self)
    }

    /// Pixels along every axis in array order.
    pub fn shape(&self) -> &[usize] {
        &self.hdu().shape
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

    /// The encoding of the stored numbers.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// The smallest type that holds every pixel value: the stored one, or a float if values are scaled or can be blank
    /// (float32 for 8 and 16 bits, float64 for more).
    pub fn format(&self) -> Format {
        let e = &self.encoding;
        match (e.scale.is_some() || e.blank.is_some(), e.format.size()) {
            (true, 1 | 2) => Format::F32,
            (true, 4 | 8) if !e.format.is_float() => Format::F64,
            _ => e.format,
        }
    }

    /// A handle by which another process opens the same pixels.
    pub fn handle(&self) -> FitsHandle {
        FitsHandle {
            path: self.file.path.clone(),
            hdu: self.hdu,
            fill: self.fill,
            fingerprint: self.file.fingerprint,
        }
    }
}

impl<T: Element> ArraySource<T> for FitsImage {
    fn shape(&self) -> &[usize] {
        self.shape()
    }

    fn read(&self, window: &Region, out: ArrayViewMutD<'_, T>) -> Result<()> {
        match &self.pixels {
            Pixels::Plain(raw) => raw.read(window, out),
            #[cfg(feature = "compressed")]
            Pixels::Tiles(tiles) => tiles.read(window, out),
        }
    }

    fn resident(&self, window: &Region) -> Option<Strided<'_, T>> {
        match &self.pixels {
            Pixels::Plain(raw) => raw.resident(window),
            #[cfg(feature = "compressed")]
            Pixels::Tiles(_) => None,
        }
    }

    fn chunks(&self) -> Option<&[usize]> {
        match &self.pixels {
            Pixels::Plain(_) => None,
            #[cfg(feature = "compressed")]
            Pixels::Tiles(tiles) => ArraySource::<T>::chunks(&**tiles),
        }
    }
}

/// An image by path and number: small, serialisable, and refused if the file has changed meanwhile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitsHandle {
    path: PathBuf,
    hdu: usize,
    fill: Option<i128>,
    fingerprint: Fingerprint,
}

impl FitsHandle {
    /// Opens the image.
    ///
    /// # Errors
    /// If the file has gone or changed.
    pub fn open(&self) -> Result<FitsImage> {
        let file = FitsFile::open(&self.path)?;
        self.fingerprint.check(&file.fingerprint, &self.path)?;
        let image = file.image(&HduSelect::Index(self.hdu))?;
        match self.fill {
            Some(fill) => image.with_fill(fill),
            None => Ok(image),
        }
    }
}

impl reproject_core::Handle for FitsHandle {
    type Source = FitsImage;
    fn open(&self) -> Result<FitsImage> {
        self.open()
    }
}

/// How the numbers of an image are stored.
fn encoding(hdu: &Hdu) -> Result<Encoding> {
    let header = &hdu.header;
    let stored = match hdu.bitpix {
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
    let mut blank = if stored.is_float() { None } else { header.integer("BLANK")?.map(i128::from) };
    if let (None, Some(table), false) = (blank, &hdu.table, stored.is_float()) {
        blank = table.integer("ZBLANK")?.map(i128::from);
    }
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
