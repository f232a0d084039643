//! The grid to reproject onto: the coordinates of another image, of a header in a text file, or a grid that fits the input.

use crate::Image;
use crate::header::cards::{self, Kind};
use crate::header::keywords;
use crate::image::named::{is_text, split};
use crate::image::{self, Input};
use reproject_chunk::fits::HduKind;
use reproject_chunk::{FitsFile, HduSelect, Header};
use reproject_core::{Error, Result};
use reproject_wcs::{Celestial, Fit, Value, Wcs, fit};
use std::path::Path;
use std::sync::Arc;

/// A grid to reproject onto: where its pixels lie on the sky, and how many there are.
#[derive(Clone, Debug)]
pub struct Grid {
    pub(crate) target: Arc<Target>,
    /// The name or word it was made from, for other processes to make it again.
    pub(crate) spec: String,
    #[cfg_attr(not(all(unix, feature = "processes")), expect(dead_code, reason = "told to workers"))]
    pub(crate) memory: Option<usize>,
}

impl Grid {
    /// The grid that a text names: a FITS file, `FILE.fits[HDU]`, a text file with a header, or `galactic`, `icrs` or `north-up`,
    /// which are grids that just hold the image.
    ///
    /// # Errors
    /// If it is none of these, or does not describe a whole grid by itself.
    pub fn open(spec: &str, image: &Image) -> Result<Self> {
        Self::open_within(spec, image, None)
    }

    /// Opens a grid whose tables of coordinates may take so many bytes.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), and if they take more.
    pub fn open_within(spec: &str, image: &Image, memory: Option<usize>) -> Result<Self> {
        let target = Arc::new(Target::find(spec, &image.input, memory)?);
        Ok(Self { target, spec: spec.to_owned(), memory })
    }

    /// A grid in Galactic coordinates that just holds the image, with pixels of its size; the pixels of an image that lies so
    /// already.
    ///
    /// # Errors
    /// If no grid holds it.
    pub fn galactic(image: &Image) -> Result<Self> {
        Self::open("galactic", image)
    }

    /// A grid in ICRS that just holds the image, made as [`galactic`](Self::galactic) makes one.
    ///
    /// # Errors
    /// Those of [`galactic`](Self::galactic).
    pub fn icrs(image: &Image) -> Result<Self> {
        Self::open("icrs", image)
    }

    /// A grid in the image's own frame with north up, made as [`galactic`](Self::galactic) makes one.
    ///
    /// # Errors
    /// Those of [`galactic`](Self::galactic).
    pub fn north_up(image: &Image) -> Result<Self> {
        Self::open("north-up", image)
    }

    /// Pixels along every axis, in array order.
    pub fn shape(&self) -> &[usize] {
        &self.target.shape
    }

    /// Its coordinate system.
    pub fn wcs(&self) -> &Wcs {
        &self.target.wcs
    }

    /// Its name in messages and headers.
    pub fn name(&self) -> &str {
        &self.target.name
    }
}

/// The grid to reproject onto.
#[derive(Debug)]
pub(crate) struct Target {
    /// How provenance calls it.
    pub(crate) name: String,
    pub(crate) wcs: Wcs,
    pub(crate) celestial: Celestial,
    /// Pixels along every axis in array order.
    pub(crate) shape: Vec<usize>,
    /// Its header.
    pub(crate) header: Header,
}

impl Target {
    /// Finds out what `to` means; tables of its coordinates may take so many bytes.
    ///
    /// # Errors
    /// If it is neither a keyword nor a readable file, or does not describe a whole grid by itself.
    pub(crate) fn find(to: &str, input: &Input, memory: Option<usize>) -> Result<Self> {
        if let Ok(kind) = to.parse() {
            return fitting(to, kind, input);
        }
        let (path, select) = split(to)?;
        let path = Path::new(path);
        if !path.exists() {
            let why = "there is no such file, and the target is none of galactic, icrs and north-up";
            return Err(Error::file(path, why));
        }
        let select = match select {
            None if is_text(path)? => return text(path),
            other => other.unwrap_or_default(),
        };
        fits(path, &select, memory)
    }
}

fn fitting(name: &str, kind: Fit, input: &Input) -> Result<Target> {
    let cards =
        fit(&input.celestial, kind).map_err(|e| input.error(format!("no {name} grid fits it: {e}")))?;
    let wcs = Wcs::parse(&cards, ' ', &())?;
    let mut header = Header::new();
    for (keyword, value) in cards.iter() {
        match value {
            Value::Logical(v) => header.set(keyword, *v, "")?,
            Value::Integer(v) => header.set(keyword, *v, "")?,
            Value::Float(v) => header.set(keyword, *v, "")?,
            Value::Text(v) => header.set(keyword, v.as_str(), "")?,
            Value::Undefined | Value::Unreadable(_) => {}
        }
    }
    // Observer and time stay as the input has them, where the frame is its own.
    header.retain(|r| cards::kind(r.keyword()) != Kind::Observer);
    Target::new(name.to_owned(), wcs, header)
}

fn fits(path: &Path, select: &HduSelect, memory: Option<usize>) -> Result<Target> {
    let file = FitsFile::open(path)?;
    let hdu = file.hdu(select)?;
    if let HduKind::Table | HduKind::Other(_) = hdu.kind {
        return Err(image::error(&file, hdu, "is no image; choose an HDU that is"));
    }
    let wcs = image::wcs(&file, hdu, memory)?;
    let name = format!("{}, {}", image::name(&file), hdu.label());
    let error = |e: Error| image::error(&file, hdu, e);
    Target::new(name, wcs, hdu.header.clone()).map_err(error)
}

fn text(path: &Path) -> Result<Target> {
    let error = |e: Error| Error::file(path, e);
    let bytes = std::fs::read(path).map_err(|e| Error::file(path, e))?;
    let header = Header::from_text(&bytes).map_err(error)?;
    let wcs = Wcs::parse_sky(&keywords(&header), ' ', &()).map_err(error)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Target::new(name, wcs, header).map_err(error)
}

impl Target {
    fn new(name: String, wcs: Wcs, header: Header) -> Result<Self> {
        let celestial = wcs.celestial()?.clone();
        celestial.sized()?;
        let shape: Vec<usize> = wcs.shape().iter().rev().copied().collect();
        if shape.contains(&0) {
            // As they are written: lengths below 0 count as 0.
            let side = |k: usize| header.integer(&format!("NAXIS{k}")).ok().flatten().unwrap_or(0);
            let sides: Vec<_> = (1..=shape.len()).map(|k| side(k).to_string()).collect();
            let why =
                format!("a grid of {} pixels has none; give at least 1 along each axis", sides.join(" × "));
            return Err(Error::invalid("NAXISn", why));
        }
        Ok(Self { name, wcs, celestial, shape, header: image::repaired(&header) })
    }
}
