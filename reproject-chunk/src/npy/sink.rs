//! `.npy` and raw files as sinks: pre-sized, written tile by tile, named when they are whole.

use super::large;
use crate::count::Count;
use crate::decode::Encoding;
use crate::element::{Element, Format};
use crate::journal::Resumable;
use crate::layout::{Layout, SinkHandle};
use crate::part::Part;
use reproject_core::{ArraySink, Error, Region, Result, SharedMap, Tile};
use std::path::{Path, PathBuf};

/// An `.npy` or raw file being written, and one for the coverage if wanted.
#[derive(Debug)]
pub struct NpySink {
    data: One,
    weight: Option<One>,
    count: Count,
}

#[derive(Debug)]
struct One {
    part: Part,
    layout: Layout,
}

/// The shape and type of an array file.
#[derive(Clone, Debug, PartialEq)]
pub struct NpyOptions {
    /// Pixels along every axis.
    pub shape: Vec<usize>,
    /// The type of the values.
    pub format: Format,
    /// For integers: the value that blank pixels get. Without it they become 0.
    pub blank: Option<i128>,
    /// The file and type of the coverage; none is kept without.
    pub footprint: Option<(PathBuf, Format)>,
    /// Whether to write the numbers alone, without NumPy's header.
    pub raw: bool,
    /// Whether an existing file may be replaced.
    pub overwrite: bool,
}

impl NpyOptions {
    /// An `.npy` file of a shape and type.
    pub fn new(shape: &[usize], format: Format) -> Self {
        Self { shape: shape.to_vec(), format, blank: None, footprint: None, raw: false, overwrite: false }
    }
}

impl NpySink {
    /// Creates `OUT.part` at its full size.
    ///
    /// # Errors
    /// If the output exists and may not be replaced, or the disk has no room.
    pub fn create(path: impl AsRef<Path>, options: &NpyOptions) -> Result<Self> {
        Self::begin(path.as_ref(), options, false)
    }

    /// Takes up the `OUT.part` of an interrupted run with the same options. Regions that it holds already are to be
    /// [marked](NpySink::mark).
    ///
    /// # Errors
    /// If there is none, or it is of another size, shape or type.
    pub fn resume(path: impl AsRef<Path>, options: &NpyOptions) -> Result<Self> {
        Self::begin(path.as_ref(), options, true)
    }

    fn begin(path: &Path, options: &NpyOptions, resume: bool) -> Result<Self> {
        let data = One::begin(path, options, options.format, resume)?;
        let weight = (options.footprint.as_ref())
            .map(|(path, format)| One::begin(path, options, *format, resume))
            .transpose();
        // A part that is of no use does not stay.
        let weight =
            weight.inspect_err(|_| drop((!resume).then(|| std::fs::remove_file(data.part.path()))))?;
        Ok(Self { data, weight, count: Count::new(&options.shape) })
    }

    /// A handle by which another process writes values; coverage has [its own](NpySink::weight_handle).
    pub fn handle(&self) -> SinkHandle {
        SinkHandle { path: self.data.part.path().to_owned(), data: self.data.layout.clone(), weight: None }
    }

    /// A handle by which another process writes coverage, if that is kept.
    pub fn weight_handle(&self) -> Option<SinkHandle> {
        let weight = self.weight.as_ref()?;
        Some(SinkHandle { path: weight.part.path().to_owned(), data: weight.layout.clone(), weight: None })
    }

    /// Counts a region as written that another process has written.
    pub fn mark(&self, region: &Region) {
        self.count.add(region);
    }

    /// Brings the files to the disk and gives them their names.
    ///
    /// # Errors
    /// If pixels have not been written, or the disk fails; `OUT.part` then stays.
    pub fn finish(self) -> Result<()> {
        self.count.check(self.data.part.path())?;
        self.data.part.finish_all(self.weight.map(|weight| weight.part))
    }

    /// Waits until every tile written so far is on the disk.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn sync(&self) -> Result<()> {
        self.all().try_for_each(|one| one.part.sync())
    }

    fn all(&self) -> impl Iterator<Item = &One> {
        [Some(&self.data), self.weight.as_ref()].into_iter().flatten()
    }
}

impl Resumable for NpySink {
    fn target(&self) -> &Path {
        self.data.part.target()
    }

    fn sync(&self) -> Result<()> {
        self.sync()
    }

    fn mark(&self, region: &Region) {
        self.mark(region);
    }

    fn digest(&self, region: &Region) -> Result<u32> {
        let mut sum = flate2::Crc::new();
        for one in self.all() {
            let read = one.layout.digest(one.part.file(), region, &mut sum);
            read.map_err(|e| {
                Error::io(one.part.path(), format_args!("block {region} cannot be read back"), e)
            })?;
        }
        Ok(sum.sum())
    }

    fn finish(self) -> Result<()> {
        self.finish()
    }
}

impl One {
    fn begin(path: &Path, options: &NpyOptions, format: Format, resume: bool) -> Result<Self> {
        let blank = options.blank.filter(|_| !format.is_float());
        let encoding = Encoding { blank, ..Encoding::plain(format, false) };
        let mut layout = Layout { offset: 0, shape: options.shape.clone(), encoding };
        let head = if options.raw { Vec::new() } else { header(&options.shape, format) };
        layout.offset = head.len() as u64;
        let length = layout.length().ok_or_else(|| large(path, &options.shape))? + layout.offset;
        if !resume {
            let part = Part::create(path, length, options.overwrite)?;
            part.write_at(&head, 0, &Region::whole(&[]))?;
            return Ok(Self { part, layout });
        }
        let part = Part::reopen(path, length, options.overwrite)?;
        let mut found = vec![0; head.len()];
        let read = crate::files::read_exact_at(part.file(), &mut found, 0);
        read.map_err(|e| Error::io(part.path(), "cannot be read", e))?;
        if found != head {
            let why = "was begun with another shape or type; it cannot be resumed, start anew";
            return Err(Error::file(part.path(), why));
        }
        Ok(Self { part, layout })
    }

    fn put<T: Element>(&self, region: &Region, pixels: &ndarray::ArrayD<T>) -> Result<()> {
        let put = |bytes: &[u8], offset| crate::files::write_all_at(self.part.file(), bytes, offset);
        self.layout.write(region, pixels, put).map_err(|e| self.part.error(region, e))
    }
}

/// Version 1.0 of the format, padded to 64 bytes.
fn header(shape: &[usize], format: Format) -> Vec<u8> {
    let kind = match format {
        f if f.is_float() => 'f',
        Format::U8 | Format::U16 | Format::U32 | Format::U64 => 'u',
        _ => 'i',
    };
    let order = if format.size() == 1 { '|' } else { '<' };
    let sides: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let sides = if shape.len() > 1 { sides.trim_end_matches(", ") } else { sides.trim_end() };
    let text = format!(
        "{{'descr': '{order}{kind}{}', 'fortran_order': False, 'shape': ({sides}), }}",
        format.size()
    );
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((length as u16).to_le_bytes());
    out.extend(format!("{text:<width$}\n", width = length - 1).bytes());
    out
}

impl<T: Element> ArraySink<T> for NpySink {
    fn shape(&self) -> &[usize] {
        &self.data.layout.shape
    }

    fn write(&self, tile: &Tile<T>) -> Result<()> {
        crate::layout::check(tile, &self.data.layout.shape)?;
        self.data.put(&tile.region, &tile.data)?;
        if let Some(weight) = &self.weight {
            weight.put(&tile.region, &tile.weight)?;
        }
        self.mark(&tile.region);
        Ok(())
    }

    fn map(&self) -> Option<SharedMap> {
        let mut map = self.handle().map::<T>()?;
        if let Some(weight) = &self.weight {
            map.weight = Some(weight.layout.coverage(weight.part.path())?);
        }
        Some(map)
    }

    fn written(&self, region: &Region) -> Result<()> {
        self.mark(region);
        Ok(())
    }
}
