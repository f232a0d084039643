//! Walking the header-data units of a file (FITS 4.0, sections 3 and 4.4.1): where each starts and what it holds.

use crate::header::{Header, Record};
use crate::input::Unpacking;
use reproject_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The kind of a header-data unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HduKind {
    /// The primary array or an IMAGE extension.
    Image,
    /// An image in compressed tiles, stored in a binary table (FITS 4.0, section 10.1).
    CompressedImage,
    /// A binary table.
    Table,
    /// Random groups, an ASCII table, or an extension of another kind: known by its size only.
    Other(String),
}

/// A header-data unit.
#[derive(Clone, Debug)]
pub struct Hdu {
    /// Its number; the primary one is 0.
    pub index: usize,
    /// Whether it holds an image, a table or something else.
    pub kind: HduKind,
    /// Its header; of a compressed image, that of the image it holds.
    pub header: Header,
    /// The header of the table that holds a compressed image.
    pub table: Option<Header>,
    /// Its EXTNAME in capitals; `PRIMARY` for a primary one without.
    pub name: Option<String>,
    /// Its EXTVER, 1 by default.
    pub version: i64,
    /// Pixels along every axis in array order (the last is NAXIS1); for a table, rows and bytes of a row. Empty for NAXIS = 0.
    pub shape: Vec<usize>,
    /// BITPIX, or ZBITPIX of a compressed image.
    pub bitpix: i64,
    /// The first byte of the data.
    pub data_start: u64,
    /// The number of bytes of the data, without padding.
    pub data_length: u64,
}

impl Hdu {
    /// Whether it is an image with at least one pixel.
    pub fn has_pixels(&self) -> bool {
        matches!(self.kind, HduKind::Image | HduKind::CompressedImage)
            && !self.shape.is_empty()
            && !self.shape.contains(&0)
    }

    /// The number and name of the unit, for messages.
    pub fn label(&self) -> String {
        let name = self.name.as_ref().map(|name| name.replace(char::is_control, "?"));
        match name {
            Some(name) if self.version != 1 => format!("HDU {} ({name},{})", self.index, self.version),
            Some(name) => format!("HDU {} ({name})", self.index),
            None => format!("HDU {}", self.index),
        }
    }

    /// Reads the unit that starts at byte `start`; gives it and where the next one starts.
    fn read(bytes: &[u8], start: u64, index: usize) -> Result<(Self, u64)> {
        let rest = usize::try_from(start).ok().and_then(|s| bytes.get(s..)).unwrap_or(&[]);
        let (mut header, used) = Header::parse(rest)?;
        let mut table = None;
        let first = header.records().first().map_or("", |r| r.keyword());
        let wanted = if index == 0 { "SIMPLE" } else { "XTENSION" };
        if first != wanted {
            let why = format!("starts with the keyword {first:?}; it must start with {wanted}");
            return Err(Error::invalid("header", why));
        }
        let axes = Axes::read(&header, "NAXIS", "BITPIX")?;
        let groups = index == 0
            && axes.shape.last() == Some(&0)
            && axes.shape.len() > 1
            && header.logical("GROUPS")? == Some(true);
        let data_length = axes.bytes(&header, index > 0 || groups, groups)?;
        let extension = if index == 0 { "" } else { header.text("XTENSION")?.unwrap_or("") };
        let (mut shape, mut bitpix) = (axes.shape, axes.bitpix);
        let kind = match extension {
            "" if groups => HduKind::Other("random groups".into()),
            "" | "IMAGE" | "IUEIMAGE" => HduKind::Image,
            "BINTABLE" | "A3DTABLE" if header.logical("ZIMAGE").is_ok_and(|z| z == Some(true)) => {
                let image = Axes::read(&header, "ZNAXIS", "ZBITPIX")?;
                (shape, bitpix) = (image.shape, image.bitpix);
                let image = uncompressed(&header, &shape, bitpix)?;
                table = Some(std::mem::replace(&mut header, image));
                HduKind::CompressedImage
            }
            "BINTABLE" | "A3DTABLE" => HduKind::Table,
            other => HduKind::Other(other.to_owned()),
        };
        let name = header.text("EXTNAME").ok().flatten().map(|n| n.trim().to_ascii_uppercase());
        let name = name.filter(|n| !n.is_empty()).or_else(|| (index == 0).then(|| "PRIMARY".to_owned()));
        let version = header.integer("EXTVER").ok().flatten().unwrap_or(1);
        let data_start = start + used as u64;
        let next = data_length
            .checked_next_multiple_of(2880)
            .and_then(|n| n.checked_add(data_start))
            .ok_or_else(|| Error::invalid("header", "describes more bytes than can be counted"))?;
        Ok((Self { index, kind, header, table, name, version, shape, bitpix, data_start, data_length }, next))
    }
}

/// The header of the image in a compressed HDU: what describes the table goes, the rest is the image's (section 10.1).
fn uncompressed(table: &Header, shape: &[usize], bitpix: i64) -> Result<Header> {
    let mut h = table.clone();
    let numbered = |k: &str, stem: &str| {
        k.strip_prefix(stem).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    h.retain(|r| {
        let k = r.keyword();
        let of_table = ["TTYPE", "TFORM", "TUNIT", "TDIM", "TNULL", "TSCAL", "TZERO", "TDISP", "NAXIS"];
        let of_tiles = ["ZNAXIS", "ZTILE", "ZNAME", "ZVAL"];
        let words = [
            "TFIELDS", "THEAP", "CHECKSUM", "DATASUM", "ZIMAGE", "ZCMPTYPE", "ZBITPIX", "ZNAXIS", "ZMASKCMP",
            "ZQUANTIZ", "ZDITHER0", "ZSIMPLE", "ZTENSION", "ZEXTEND", "ZBLOCKED", "ZPCOUNT", "ZGCOUNT",
            "ZHECKSUM", "ZDATASUM", "ZBLANK", "ZSCALE", "ZZERO",
        ];
        !words.contains(&k) && !of_table.iter().chain(&of_tiles).any(|stem| numbered(k, stem))
    });
    for (keyword, value) in [("BITPIX", bitpix), ("NAXIS", shape.len() as i64), ("PCOUNT", 0), ("GCOUNT", 1)]
    {
        h.set(keyword, value, "")?;
    }
    h.set("XTENSION", "IMAGE", "")?;
    let at = h.records().iter().position(|r| r.keyword() == "NAXIS").map_or(0, |at| at + 1);
    for (k, &n) in shape.iter().rev().enumerate() {
        h.insert(at + k, Record::new(&format!("NAXIS{}", k + 1), n as i64, "")?);
    }
    Ok(h)
}

/// Every unit of a file, and what stopped the walk if it did not reach the end.
///
/// # Errors
/// If the first one cannot be read.
pub(super) fn walk(bytes: &[u8]) -> Result<(Vec<Hdu>, Option<String>)> {
    let (first, mut next) = Hdu::read(bytes, 0, 0).map_err(|e| Error::invalid("HDU 0", e.to_string()))?;
    let mut hdus = vec![first];
    while next < bytes.len() as u64 {
        // What follows the last unit and is no extension is a special record, which readers disregard (section 3.5).
        if !bytes[next as usize..].starts_with(b"XTENSION") {
            break;
        }
        match Hdu::read(bytes, next, hdus.len()) {
            Ok((hdu, after)) => {
                hdus.push(hdu);
                next = after;
            }
            Err(e) => {
                let damage = format!("HDU {} cannot be read: {e}", hdus.len());
                return Ok((hdus, Some(damage)));
            }
        }
    }
    Ok((hdus, None))
}

/// The longest header that is unpacked, 200 000 cards, and what may follow the last unit for check sums to be looked at.
const LONGEST: u64 = 16 << 20;

/// Unpacks a file unit by unit, each as long as its header says; what is no FITS file is left after a block.
pub(super) fn unpack(file: &mut Unpacking<'_>) -> Result<()> {
    for index in 0.. {
        let start = file.length();
        loop {
            let at = file.length();
            if file.more(2880)? < 2880 {
                return Ok(());
            }
            let block = file.since(at)?;
            let first: &[u8] = if index == 0 { b"SIMPLE" } else { b"XTENSION" };
            if at == start && !block.starts_with(first) {
                return if index == 0 { Ok(()) } else { file.skip(LONGEST) };
            }
            let (cards, _) = block.as_chunks::<80>();
            if cards.iter().any(|card| card.starts_with(b"END") && card[3..].iter().all(|&b| b == b' ')) {
                break;
            }
            if at - start > LONGEST {
                let why = format!("HDU {index}: no END card in the first {LONGEST} bytes of its header");
                return Err(file.error(why));
            }
        }
        // What is wrong with a header is said where the units are read.
        let header = file.since(start)?;
        let Ok((_, next)) = Hdu::read(&header, 0, index) else { return Ok(()) };
        let data = next.saturating_sub(header.len() as u64);
        if file.more(data)? < data {
            return Ok(());
        }
    }
    Ok(())
}

struct Axes {
    bitpix: i64,
    shape: Vec<usize>,
}

impl Axes {
    fn read(header: &Header, naxis: &str, bitpix: &str) -> Result<Self> {
        let needed = |keyword: &str| -> Result<i64> {
            let absent =
                || Error::invalid(format!("FITS keyword {keyword}"), "is absent; an HDU must have it");
            header.integer(keyword)?.ok_or_else(absent)
        };
        let bits = needed(bitpix)?;
        if !matches!(bits, 8 | 16 | 32 | 64 | -32 | -64) {
            let why = format!("is {bits}; it must be 8, 16, 32, 64, -32 or -64");
            return Err(Error::invalid(format!("FITS keyword {bitpix}"), why));
        }
        let count = needed(naxis)?;
        if !(0..=999).contains(&count) {
            return Err(Error::invalid(
                format!("FITS keyword {naxis}"),
                format!("is {count}; it must be 0 to 999"),
            ));
        }
        let mut shape = Vec::new();
        for k in (1..=count).rev() {
            let keyword = format!("{naxis}{k}");
            let n = needed(&keyword)?;
            shape.push(usize::try_from(n).map_err(|_| {
                Error::invalid(format!("FITS keyword {keyword}"), format!("is {n}; a length is not negative"))
            })?);
        }
        Ok(Self { bitpix: bits, shape })
    }

    /// |BITPIX| / 8 × GCOUNT × (PCOUNT + NAXIS1 × …), equation 2 of section 4.4.1.2 (equation 4 for random groups).
    fn bytes(&self, header: &Header, counted: bool, groups: bool) -> Result<u64> {
        if self.shape.is_empty() {
            return Ok(0);
        }
        let mut counts = [0, 1];
        for (count, (keyword, least)) in counts.iter_mut().zip([("PCOUNT", 0), ("GCOUNT", 1)]) {
            if let Some(n) = header.integer(keyword)?.filter(|_| counted) {
                let rule = format!("is {n}; it must be at least {least}");
                *count = u64::try_from(n)
                    .ok()
                    .filter(|_| n >= least)
                    .ok_or_else(|| Error::invalid(format!("FITS keyword {keyword}"), rule))?;
            }
        }
        let sides = if groups { &self.shape[..self.shape.len() - 1] } else { &self.shape[..] };
        let pixels = if sides.contains(&0) {
            Some(0)
        } else {
            sides.iter().try_fold(1u64, |n, &s| n.checked_mul(s as u64))
        };
        pixels
            .and_then(|n| n.checked_add(counts[0]))
            .and_then(|n| n.checked_mul(counts[1]))
            .and_then(|n| n.checked_mul(self.bitpix.unsigned_abs() / 8))
            .filter(|&n| n < 1 << 62)
            .ok_or_else(|| {
                let why = format!(
                    "describe {:?} numbers of {} bits, more than can be counted",
                    self.shape, self.bitpix
                );
                Error::invalid("FITS keywords NAXISn, PCOUNT and GCOUNT", why)
            })
    }
}

/// The choice of a header-data unit of a file.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum HduSelect {
    /// The first image that has at least two axes.
    #[default]
    FirstImage,
    /// By number; the primary one is 0.
    Index(usize),
    /// By EXTNAME in either case, and by EXTVER if given.
    Name(String, Option<i64>),
}

impl FromStr for HduSelect {
    type Err = Error;

    /// Reads `2`, `SCI` or `SCI,2`. A name in quotes of either kind is taken as it is: `"A,B"`, `'2',1`.
    fn from_str(s: &str) -> Result<Self> {
        let s = s.trim();
        let quoted = |quote| s.strip_prefix(quote)?.rsplit_once(quote);
        if let Some((name, rest)) = quoted('"').or_else(|| quoted('\'')) {
            let version = match rest.trim().strip_prefix(',') {
                Some(version) => Some(version_of(s, version)?),
                None if rest.trim().is_empty() => None,
                None => {
                    let why = format!("{s:?}: behind a name in quotes comes a comma and EXTVER, or nothing");
                    return Err(Error::invalid("HDU", why));
                }
            };
            return Ok(HduSelect::Name(name.to_owned(), version));
        }
        if s.is_empty() {
            return Err(Error::invalid("HDU", "is empty; give a number, EXTNAME, or EXTNAME,EXTVER"));
        }
        if let Ok(index) = s.parse() {
            return Ok(HduSelect::Index(index));
        }
        match s.rsplit_once(',') {
            None => Ok(HduSelect::Name(s.to_owned(), None)),
            Some((name, version)) => {
                Ok(HduSelect::Name(name.trim().to_owned(), Some(version_of(s, version)?)))
            }
        }
    }
}

fn version_of(all: &str, version: &str) -> Result<i64> {
    version.trim().parse().map_err(|_| {
        let why = format!(
            "{all:?}: what follows the comma is EXTVER, a whole number; put a name that has a comma into quotes: '\"A,B\"'"
        );
        Error::invalid("HDU", why)
    })
}

impl fmt::Display for HduSelect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HduSelect::FirstImage => f.write_str("first image"),
            HduSelect::Index(i) => write!(f, "{i}"),
            HduSelect::Name(name, version) => {
                // As it would have to be written.
                let plain = name.parse::<usize>().is_err() && !name.contains([',', '[', ']', '"', '\'']);
                let quote = if plain {
                    ""
                } else if name.contains('"') {
                    "'"
                } else {
                    "\""
                };
                write!(f, "{quote}{name}{quote}")?;
                version.map_or(Ok(()), |version| write!(f, ",{version}"))
            }
        }
    }
}
