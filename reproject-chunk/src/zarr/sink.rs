//! A Zarr version 3 array as a sink: written as the folder `OUT.part`, named when it is whole.

use super::store::Folder as Store;
use super::writer::{One, ZarrSinkHandle};
use super::{error, type_of};
use crate::count::Count;
use crate::decode::Encoding;
use crate::element::{Element, Format};
use crate::encode::encode;
use crate::files::{exists, is_at, part_path, rights, set_rights, taken, uncreated};
use crate::journal::Resumable;
use crate::naming::{Whole, give, there};
use reproject_core::{ArraySink, Error, Region, Result, Tile, Why};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zarrs::array::codec::ZstdCodec;
use zarrs::array::{Array, ArrayBuilder, ArrayMetadataOptions, FillValue};

/// The shape, type, chunks and attributes of a Zarr output.
#[derive(Clone, Debug, PartialEq)]
pub struct ZarrOptions {
    /// Pixels along every axis.
    pub shape: Vec<usize>,
    /// The type of the values.
    pub format: Format,
    /// For integers: the value that blank pixels get, which is the fill value then. Without it they become 0.
    pub blank: Option<i128>,
    /// Pixels of a chunk along every axis.
    pub chunk: Vec<usize>,
    /// Pixels of a shard (a file of many chunks), a multiple of the chunk; every chunk is a file without.
    pub shard: Option<Vec<usize>>,
    /// The Zstandard level; not compressed without.
    pub level: Option<i32>,
    /// Attributes: names and texts.
    pub attributes: BTreeMap<String, String>,
    /// The folder and type of the coverage; none is kept without.
    pub footprint: Option<(PathBuf, Format)>,
    /// Whether an existing array may be replaced.
    pub overwrite: bool,
}

impl ZarrOptions {
    /// An array of a shape, a type and chunks, lightly compressed.
    pub fn new(shape: &[usize], format: Format, chunk: &[usize]) -> Self {
        Self {
            shape: shape.to_vec(),
            format,
            blank: None,
            chunk: chunk.to_vec(),
            shard: None,
            level: Some(1),
            attributes: BTreeMap::new(),
            footprint: None,
            overwrite: false,
        }
    }
}

/// A Zarr array being written. Tiles that are whole chunks (or shards) are written without waiting; others take turns.
pub struct ZarrSink {
    data: Folder,
    weight: Option<Folder>,
    count: Count,
}

/// An array that is becoming, and the lock that says whose it is.
struct Folder {
    writer: One,
    target: PathBuf,
    overwrite: bool,
    lock: File,
}

impl std::fmt::Debug for ZarrSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ZarrSink({}, {:?})", self.data.target.display(), self.data.writer.shape)
    }
}

impl ZarrSink {
    /// Creates the folder `OUT.part` with its metadata.
    ///
    /// # Errors
    /// If the output exists and may not be replaced, or chunk and shard do not fit each other.
    pub fn create(path: impl AsRef<Path>, options: &ZarrOptions) -> Result<Self> {
        Self::begin(path.as_ref(), options, false)
    }

    /// Takes up the `OUT.part` of an interrupted run with the same options. Regions that it holds already are to be
    /// [marked](ZarrSink::mark).
    ///
    /// # Errors
    /// If there is none, or its metadata differ.
    pub fn resume(path: impl AsRef<Path>, options: &ZarrOptions) -> Result<Self> {
        Self::begin(path.as_ref(), options, true)
    }

    fn begin(path: &Path, options: &ZarrOptions, resume: bool) -> Result<Self> {
        let data = Folder::begin(path, options, options.format, resume)?;
        let weight = (options.footprint.as_ref())
            .map(|(path, format)| Folder::begin(path, options, *format, resume))
            .transpose();
        // A part that is of no use does not stay.
        let weight =
            weight.inspect_err(|_| drop((!resume).then(|| fs::remove_dir_all(&data.writer.path))))?;
        Ok(Self { data, weight, count: Count::new(&options.shape) })
    }

    /// Counts a region as written that another process, or an earlier run, has written.
    pub fn mark(&self, region: &Region) {
        self.count.add(region);
    }

    /// A handle by which another process writes tiles of whole chunks (or shards).
    pub fn handle(&self) -> ZarrSinkHandle {
        ZarrSinkHandle::new(&self.data.writer, self.weight.as_ref().map(|weight| &weight.writer))
    }

    /// Waits until every tile written so far is on the disk.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn sync(&self) -> Result<()> {
        self.data.sync()?;
        self.weight.as_ref().map_or(Ok(()), Folder::sync)
    }

    /// Brings the folders to the disk and gives them their names.
    ///
    /// # Errors
    /// If pixels have not been written, or the disk fails; `OUT.part` then stays.
    pub fn finish(self) -> Result<()> {
        self.count.check(&self.data.writer.path)?;
        self.sync()?;
        let folders = [Some(&self.data), self.weight.as_ref()];
        folders.into_iter().flatten().try_for_each(Folder::complete)?;
        give(&self.data.whole(), self.weight.as_ref().map(Folder::whole).as_ref())
    }
}

impl Folder {
    fn begin(target: &Path, options: &ZarrOptions, format: Format, resume: bool) -> Result<Self> {
        let path = part_path(target)?;
        refuse(target, options.overwrite)?;
        if !resume {
            if there(&path) {
                return Err(taken(&path));
            }
            fs::create_dir(&path).map_err(|e| uncreated(&path, e))?;
        }
        let lock = lock(&path)?;
        if !resume && let Some(rights) = rights(target) {
            set_rights(&lock, rights | 0o700).map_err(|e| error(&path, "cannot be given its rights", e))?;
        }
        // Another run may have given it its final name before it was locked.
        refuse(target, options.overwrite)?;
        let array = build(&path, options, format)?;
        if resume {
            let found = Array::open(array.storage(), "/")
                .map_err(|e| error(&path, "cannot be resumed", e.to_string()))?;
            if found.metadata() != array.metadata() {
                let (found, wanted) = (found.metadata().to_string(), array.metadata().to_string());
                return Err(error(
                    &path,
                    "was begun with other options; start anew",
                    format!("{found}, not {wanted}"),
                ));
            }
        } else {
            // Without the stamp of the library's version: two runs give the same bytes.
            let plain = ArrayMetadataOptions::default().with_include_zarrs_metadata(false);
            array
                .store_metadata_opt(&plain)
                .map_err(|e| error(&path, "cannot be created", super::stored(e)))?;
        }
        let writer = One::new(array, path, options.blank, false)?;
        Ok(Self { writer, target: target.to_owned(), overwrite: options.overwrite, lock })
    }

    fn sync(&self) -> Result<()> {
        let failed = |e: std::io::Error| error(&self.writer.path, "cannot be brought to the disk", e);
        #[cfg(target_os = "linux")]
        rustix::fs::syncfs(&self.lock).map_err(|e| failed(e.into()))?;
        self.lock.sync_all().map_err(failed)
    }

    /// Sees to it that what is to be replaced may be, and hands its rights on.
    fn complete(&self) -> Result<()> {
        refuse(&self.target, self.overwrite)?;
        let failed = |e| error(&self.writer.path, "cannot be given its rights", e);
        rights(&self.target).map_or(Ok(()), |rights| set_rights(&self.lock, rights)).map_err(failed)
    }

    fn whole(&self) -> Whole<'_> {
        Whole { held: &self.lock, part: &self.writer.path, target: &self.target }
    }
}

fn refuse(target: &Path, overwrite: bool) -> Result<()> {
    match fs::symlink_metadata(target) {
        Ok(_) if !overwrite => Err(exists(target)),
        // Only what is an array itself is ever removed.
        Ok(m)
            if m.is_dir()
                && !["zarr.json", ".zarray", ".zgroup"].iter().any(|n| target.join(n).is_file()) =>
        {
            let why = "is a folder and no Zarr array; it is not replaced, name another one";
            Err(Error::file(target, Why::of(std::io::ErrorKind::IsADirectory, why)))
        }
        Ok(m) if m.is_dir() => match foreign(target)? {
            Some(name) => {
                let why = format!(
                    "holds {name}, which is no part of one array; it is not replaced, name another one"
                );
                Err(Error::file(target, why))
            }
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The name of something in a folder that does not belong to a single array, its metadata and chunks: a group has other arrays.
fn foreign(folder: &Path) -> Result<Option<String>> {
    let failed = |e: std::io::Error| error(folder, "cannot be listed", e);
    let alone = folder.join(".zarray").is_file() || super::bounds::is_array(&folder.join("zarr.json"));
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        let metadata = ["zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"].contains(&&*name);
        let numbers = name.strip_prefix("c.").unwrap_or(&name);
        let chunk = name == "c" || numbers.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if !(metadata || alone && chunk) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn lock(path: &Path) -> Result<File> {
    let failed = |e: std::io::Error| error(path, "cannot be opened", e);
    if !fs::symlink_metadata(path).map_err(failed)?.is_dir() {
        return Err(Error::file(
            path,
            "is no folder of a Zarr array; move it away, or choose another output",
        ));
    }
    let file = File::open(path).map_err(failed)?;
    crate::files::lock(&file, path)?;
    if is_at(&file, path).map_err(failed)? {
        return Ok(file);
    }
    Err(Error::file(path, "was given its final name by another run meanwhile; start again"))
}

fn build(path: &Path, options: &ZarrOptions, format: Format) -> Result<Array<Store>> {
    let wrong = |why: String| error(path, "cannot be laid out as Zarr", why);
    let ZarrOptions { shape, chunk, shard, .. } = options;
    if chunk.len() != shape.len() || chunk.contains(&0) {
        return Err(wrong(format!(
            "chunks of {chunk:?} for shape {shape:?}; every axis needs a side of at least 1"
        )));
    }
    if let Some(shard) = shard
        && (shard.len() != chunk.len() || shard.iter().zip(chunk).any(|(s, c)| *s == 0 || s % c != 0))
    {
        return Err(wrong(format!("shards of {shard:?} for chunks of {chunk:?}; they must be multiples")));
    }
    let wide = |s: &[usize]| s.iter().map(|&n| n as u64).collect::<Vec<u64>>();
    let mut blank = vec![0; format.size()];
    let encoding = Encoding { blank: options.blank, ..Encoding::native(format) };
    encode(&encoding, &[f64::NAN], &mut blank);
    let unit = shard.as_ref().unwrap_or(chunk);
    let mut builder = ArrayBuilder::new(wide(shape), wide(unit), type_of(format), FillValue::new(blank));
    if shard.is_some() {
        builder.subchunk_shape(wide(chunk));
    }
    if let Some(level) = options.level {
        builder.bytes_to_bytes_codecs(vec![Arc::new(ZstdCodec::new(level, false))]);
    }
    for (name, text) in &options.attributes {
        builder.attributes_mut().insert(name.clone(), text.clone().into());
    }
    builder.build(Arc::new(Store::new(path)), "/").map_err(|e| wrong(e.to_string()))
}

impl Resumable for ZarrSink {
    fn target(&self) -> &Path {
        &self.data.target
    }

    fn sync(&self) -> Result<()> {
        self.sync()
    }

    fn mark(&self, region: &Region) {
        self.mark(region);
    }

    fn digest(&self, region: &Region) -> Result<u32> {
        let mut sum = flate2::Crc::new();
        self.data.writer.digest(region, &mut sum)?;
        self.weight.as_ref().map_or(Ok(()), |w| w.writer.digest(region, &mut sum))?;
        Ok(sum.sum())
    }

    fn finish(self) -> Result<()> {
        self.finish()
    }
}

impl<T: Element> ArraySink<T> for ZarrSink {
    fn shape(&self) -> &[usize] {
        &self.data.writer.shape
    }

    fn write(&self, tile: &Tile<T>) -> Result<()> {
        crate::layout::check(tile, &self.data.writer.shape)?;
        self.data.writer.put(&tile.region, &tile.data)?;
        if let Some(weight) = &self.weight {
            weight.writer.put(&tile.region, &tile.weight)?;
        }
        self.mark(&tile.region);
        Ok(())
    }

    fn chunks(&self) -> Option<&[usize]> {
        Some(&self.data.writer.unit)
    }
}
