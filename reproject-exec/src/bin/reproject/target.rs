//! The grid to reproject onto: the coordinates of another image, of a header in a text file, or a grid that fits the input.

use crate::cards::{self, Kind};
use crate::image::{self, Input};
use reproject_chunk::fits::HduKind;
use reproject_chunk::{FitsFile, HduSelect, Header};
use reproject_core::{Error, Result};
use reproject_wcs::{Celestial, Fit, Value, Wcs, fit};
use std::path::Path;

/// The grid to reproject onto.
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

/// FILE or FILE[HDU], as in `a.fits[SCI,2]` and `a.fits["A[1],B"]`; brackets that belong to the name of a file stay with it.
pub(crate) fn split(to: &str) -> Result<(&str, Option<HduSelect>)> {
    let bracketed = |t: &'_ str| {
        // A name in quotes may have brackets itself.
        let quoted = ["[\"", "['"].iter().filter_map(|open| t.find(open)).min();
        let open = quoted.or_else(|| t.rfind('['))?;
        Some((&to[..open], &to[open + 1..t.len()]))
    };
    match to.strip_suffix(']').and_then(bracketed) {
        Some((path, hdu)) if !Path::new(to).exists() => {
            let hdu = hdu.parse().map_err(|e: Error| Error::file(to, e))?;
            Ok((path, Some(hdu)))
        }
        _ => Ok((to, None)),
    }
}

/// Whether a file is a header as text: neither compressed nor binary, its lines shorter than cards without ends. A line feed
/// among the cards of a FITS file does not make it one.
pub(crate) fn is_text(path: &Path) -> Result<bool> {
    use std::io::Read;
    let mut head = Vec::new();
    reproject_chunk::open_file(path)?.take(2880).read_to_end(&mut head).map_err(|e| Error::file(path, e))?;
    let cards = head.starts_with(b"SIMPLE")
        && head.get(79..86).is_some_and(|b| b[0] != b'\n' && b[1..] == *b"BITPIX");
    let binary = head.starts_with(&[0x1f, 0x8b]) || head.contains(&0) || cards && head.len() == 2880;
    Ok(!binary && (head.contains(&b'\n') || head.len() < 2880))
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
    let wcs = Wcs::parse_sky(&image::keywords(&header), ' ', &()).map_err(error)?;
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
