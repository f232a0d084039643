//! A FITS file as a sink: pre-sized, written tile by tile in any order from any thread, named when it is whole.

use super::checksum::Sum;
use crate::count::Count;
use crate::decode::Encoding;
use crate::element::{Element, Format};
use crate::header::{Header, Record};
use crate::journal::Resumable;
use crate::layout::{Layout, SinkHandle};
use crate::part::Part;
use reproject_core::{ArraySink, Error, Region, Result, SharedMap, Tile, sides};
use std::path::Path;
use std::sync::Arc;

/// The shape, type and cards of a FITS output.
#[derive(Clone, Debug, PartialEq)]
pub struct FitsOptions {
    /// Pixels along every axis in array order.
    pub shape: Vec<usize>,
    /// The type of the values. Unsigned integers and signed bytes take the BZERO convention.
    pub format: Format,
    /// Further cards of the values: WCS, provenance. Cards that describe the array itself are written by the sink.
    pub header: Header,
    /// For integers: the value that blank pixels get, written as BLANK. Without it they become 0.
    pub blank: Option<i128>,
    /// The type of the coverage, kept in a second HDU named FOOTPRINT with the same further cards; none is kept without.
    pub footprint: Option<Format>,
    /// Further units that follow, whole and of another file's making: tables that cards point to.
    pub appended: Vec<Arc<[u8]>>,
    /// Whether an existing file may be replaced.
    pub overwrite: bool,
    /// Whether to add CHECKSUM and DATASUM, which means reading the file once more.
    pub checksum: bool,
}

impl FitsOptions {
    /// An image of a shape and type with nothing else to it.
    pub fn new(shape: &[usize], format: Format) -> Self {
        let (shape, header) = (shape.to_vec(), Header::new());
        let (footprint, appended) = (None, Vec::new());
        Self { shape, format, header, blank: None, footprint, appended, overwrite: false, checksum: false }
    }
}

/// A FITS file being written.
#[derive(Debug)]
pub struct FitsSink {
    part: Part,
    handle: SinkHandle,
    headers: Vec<(u64, Header)>,
    /// Where the last of our own units ends.
    end: u64,
    checksum: bool,
    count: Count,
}

impl FitsSink {
    /// Creates `OUT.part` at its full size, headers written.
    ///
    /// # Errors
    /// If the output exists and may not be replaced, a header card cannot be, or the disk has no room.
    pub fn create(path: impl AsRef<Path>, options: &FitsOptions) -> Result<Self> {
        let path = path.as_ref();
        let plan = Plan::new(options).map_err(|e| Error::file(path, e))?;
        let part = Part::create(path, plan.length, options.overwrite)?;
        for (at, header) in &plan.headers {
            part.write_at(&header.to_bytes(), *at, &Region::whole(&[]))?;
        }
        let mut at = plan.end;
        for unit in &options.appended {
            part.write_at(unit, at, &Region::whole(&[]))?;
            at += unit.len() as u64;
        }
        Ok(Self::of(part, plan, options.checksum))
    }

    /// Takes up the `OUT.part` of an interrupted run with the same options. Regions that it holds already are to be
    /// [marked](FitsSink::mark).
    ///
    /// # Errors
    /// If there is none, or it is of another size or has other headers.
    pub fn resume(path: impl AsRef<Path>, options: &FitsOptions) -> Result<Self> {
        let path = path.as_ref();
        let plan = Plan::new(options).map_err(|e| Error::file(path, e))?;
        let part = Part::reopen(path, plan.length, options.overwrite)?;
        let map = crate::mmap::Map::of(part.file(), part.path())?;
        let bytes = crate::mmap::Bytes::bytes(&map);
        for (at, header) in &plan.headers {
            let at = *at as usize;
            let (found, _) = bytes
                .get(at..)
                .map_or_else(|| Header::parse(&[]), Header::parse)
                .map_err(|e| Error::file(part.path(), e))?;
            let differs = header.lines().zip(found.lines()).find(|(a, b)| a != b);
            if differs.is_some() || header.lines().count() != found.lines().count() {
                let card = differs.map(|(a, _)| String::from_utf8_lossy(a).trim_end().to_owned());
                let why = format!(
                    "was begun with another header ({}); it cannot be resumed, start anew",
                    card.unwrap_or("the number of cards differs".into())
                );
                return Err(Error::file(part.path(), why));
            }
        }
        Ok(Self::of(part, plan, options.checksum))
    }

    fn of(part: Part, plan: Plan, checksum: bool) -> Self {
        let handle = SinkHandle { path: part.path().to_owned(), data: plan.data, weight: plan.weight };
        let (headers, end) = (plan.headers, plan.end);
        let count = Count::new(&handle.data.shape);
        Self { part, handle, headers, end, checksum, count }
    }

    /// Counts a region as written that another process, or an earlier run, has written.
    pub fn mark(&self, region: &Region) {
        self.count.add(region);
    }

    /// A handle by which another process writes tiles.
    pub fn handle(&self) -> &SinkHandle {
        &self.handle
    }

    /// Waits until every tile written so far is on the disk.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn sync(&self) -> Result<()> {
        self.part.sync()
    }

    /// Adds checksums if wanted, brings the file to the disk and gives it its name.
    ///
    /// # Errors
    /// If pixels have not been written, or the disk fails; `OUT.part` then stays.
    pub fn finish(mut self) -> Result<()> {
        self.count.check(self.part.path())?;
        if self.checksum {
            self.sum()?;
        }
        self.part.finish()
    }

    fn sum(&mut self) -> Result<()> {
        let map = crate::mmap::Map::of(self.part.file(), self.part.path())?;
        let bytes = crate::mmap::Bytes::bytes(&map);
        let starts: Vec<u64> = self.headers.iter().map(|(at, _)| *at).chain([self.end]).collect();
        for (k, (at, header)) in self.headers.iter_mut().enumerate() {
            let data = *at as usize + header.to_bytes().len()..starts[k + 1] as usize;
            let mut sum = Sum::default();
            sum.add(&bytes[data]);
            header.set("DATASUM", sum.value().to_string(), "")?;
            sum.add(&header.to_bytes());
            header.set("CHECKSUM", sum.encoded(), "")?;
            self.part.write_at(&header.to_bytes(), *at, &Region::whole(&[]))?;
        }
        Ok(())
    }
}

impl<T: Element> ArraySink<T> for FitsSink {
    fn shape(&self) -> &[usize] {
        &self.handle.data.shape
    }

    fn write(&self, tile: &Tile<T>) -> Result<()> {
        self.handle.write(self.part.file(), self.part.path(), tile)?;
        self.mark(&tile.region);
        Ok(())
    }

    fn map(&self) -> Option<SharedMap> {
        self.handle.map::<T>()
    }

    fn written(&self, region: &Region) -> Result<()> {
        self.mark(region);
        Ok(())
    }
}

impl Resumable for FitsSink {
    fn target(&self) -> &Path {
        self.part.target()
    }

    fn sync(&self) -> Result<()> {
        self.sync()
    }

    fn mark(&self, region: &Region) {
        self.mark(region);
    }

    fn digest(&self, region: &Region) -> Result<u32> {
        self.handle.digest(self.part.file(), self.part.path(), region)
    }

    fn finish(self) -> Result<()> {
        self.finish()
    }
}

/// The headers, and where everything lies.
struct Plan {
    headers: Vec<(u64, Header)>,
    data: Layout,
    weight: Option<Layout>,
    /// Of our own units, and of the file.
    end: u64,
    length: u64,
}

impl Plan {
    fn new(options: &FitsOptions) -> Result<Self> {
        if options.shape.is_empty() || options.shape.contains(&0) {
            let why = format!("{} pixels are none; every side is at least 1", sides(&options.shape));
            return Err(Error::invalid("output", why));
        }
        let large = || {
            Error::invalid(
                "output",
                format!("{} pixels are more than a file can hold", sides(&options.shape)),
            )
        };
        let data = layout(options, options.format);
        let mut plan = Plan { headers: Vec::new(), data, weight: None, end: 0, length: 0 };
        let mut next = |layout: &mut Layout, header: Header| {
            let at = plan.length;
            layout.offset = at + header.to_bytes().len() as u64;
            let end = layout.length().and_then(|n| n.checked_next_multiple_of(2880)).ok_or_else(large)?;
            plan.length = end.checked_add(layout.offset).ok_or_else(large)?;
            plan.headers.push((at, header));
            Ok::<_, Error>(())
        };
        let header = header(options, &plan.data.encoding, false)?;
        next(&mut plan.data, header)?;
        if let Some(format) = options.footprint {
            let mut weight = layout(options, format);
            weight.encoding.blank = None;
            let header = self::header(options, &weight.encoding, true)?;
            next(&mut weight, header)?;
            plan.weight = Some(weight);
        }
        plan.end = plan.length;
        for unit in &options.appended {
            let whole = unit.len() as u64;
            if !whole.is_multiple_of(2880) || !unit.starts_with(b"XTENSION") {
                let why = "is no extension in blocks of 2880 bytes; give units as they stand in a file";
                return Err(Error::invalid("appended unit", why));
            }
            plan.length = plan.length.checked_add(whole).ok_or_else(large)?;
        }
        Ok(plan)
    }
}

fn layout(options: &FitsOptions, format: Format) -> Layout {
    let flip = matches!(format, Format::I8 | Format::U16 | Format::U32 | Format::U64);
    let blank = options.blank.filter(|_| !format.is_float());
    let encoding = Encoding { flip, blank, ..Encoding::plain(format, true) };
    Layout { offset: 0, shape: options.shape.clone(), encoding }
}

/// The mandatory cards in their order (sections 4.4.1.1 and 4.4.1.2), then the further ones.
fn header(options: &FitsOptions, encoding: &Encoding, extension: bool) -> Result<Header> {
    let mut h = Header::new();
    if extension {
        h.set("XTENSION", "IMAGE", "image extension")?;
    } else {
        h.set("SIMPLE", true, "conforms to the FITS standard")?;
    }
    let bits = 8 * encoding.format.size() as i64;
    h.set("BITPIX", if encoding.format.is_float() { -bits } else { bits }, "bits of a pixel")?;
    h.set("NAXIS", options.shape.len() as i64, "number of axes")?;
    for (k, &n) in options.shape.iter().rev().enumerate() {
        h.set(&format!("NAXIS{}", k + 1), n as i64, "")?;
    }
    if extension {
        h.set("PCOUNT", 0, "")?;
        h.set("GCOUNT", 1, "")?;
        h.set("EXTNAME", "FOOTPRINT", "coverage of each pixel by the input, 0 to 1")?;
    } else if options.footprint.is_some() || !options.appended.is_empty() {
        h.set("EXTEND", true, "")?;
    }
    let zero: i128 = match encoding.format {
        Format::I8 => -128,
        Format::U16 => 1 << 15,
        Format::U32 => 1 << 31,
        Format::U64 => 1 << 63,
        _ => 0,
    };
    if encoding.flip {
        h.set("BSCALE", 1, "")?;
        match i64::try_from(zero) {
            Ok(zero) => h.set("BZERO", zero, "")?,
            Err(_) => h.set("BZERO", zero as f64, "")?,
        }
    }
    if let Some(blank) = encoding.blank {
        let least = if encoding.format.size() == 1 { 0 } else { -(1i128 << (bits - 1)) };
        let stored = blank - zero;
        let stored =
            i64::try_from(stored).ok().filter(|_| stored >= least && stored < least + (1i128 << bits));
        let why = || format!("{blank} is no {} value; choose one that is", encoding.format);
        h.set(
            "BLANK",
            stored.ok_or_else(|| Error::invalid("blank value", why()))?,
            "value of undefined pixels",
        )?;
    }
    options.header.records().iter().filter(|r| !structural(r, extension)).for_each(|r| h.push(r.clone()));
    if options.checksum {
        // Placeholders of the final length, so that the header does not grow.
        h.set("DATASUM", "0", "sum of the data, FITS 4.0 appendix J")?;
        h.set("CHECKSUM", "0000000000000000", "complement of the sum of this HDU")?;
    }
    Ok(h)
}

/// Whether a card says how the array is stored, which is for the sink to say.
fn structural(record: &Record, extension: bool) -> bool {
    let k = record.keyword();
    matches!(
        k,
        "SIMPLE"
            | "XTENSION"
            | "BITPIX"
            | "NAXIS"
            | "EXTEND"
            | "PCOUNT"
            | "GCOUNT"
            | "GROUPS"
            | "BSCALE"
            | "BZERO"
            | "BLANK"
            | "CHECKSUM"
            | "DATASUM"
            | "END"
            | "DATAMIN"
            | "DATAMAX"
    ) || k.strip_prefix("NAXIS").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        || (extension && matches!(k, "EXTNAME" | "BUNIT"))
}
