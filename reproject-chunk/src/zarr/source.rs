//! A Zarr array as a source: chunk by chunk, or inner chunk by inner chunk of a shard.

use super::shards::Shards;
use super::stored::{Stored, memory};
use super::{bounds, error, format_of};
use crate::chunked::{ChunkStore, ChunkedSource};
use crate::decode::Encoding;
use crate::element::{Element, Format};
use crate::mmap::{Fingerprint, kept};
use crate::raw::RawSource;
use ndarray::ArrayViewMutD;
use reproject_core::{ArraySource, CacheCounts, Region, Result};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zarrs::array::{Array, ArrayShardedExt};
use zarrs::filesystem::FilesystemStore;
use zarrs::storage::byte_range::ByteRange;
use zarrs::storage::{ReadableStorageTraits, StoreKey};

/// The largest decoded chunk that is read: larger ones are taken for damaged metadata.
const LARGEST: u64 = 1 << 33;

/// A decoded chunk that needs no justification by the length of what is stored, and the most bytes that one stored byte
/// stands for beyond it (a Zstandard block of 128 KiB takes 4 bytes at least, RFC 8878 section 3.1.1.2).
const MODEST: u64 = 64 << 20;
const EXPANSION: u64 = 1 << 15;

/// A Zarr array, read through a cache of decoded chunks. A source of every pixel type that can hold its numbers.
#[derive(Debug)]
pub struct ZarrArray {
    source: ChunkedSource<Store>,
    path: PathBuf,
    inner: String,
    cache: usize,
    fingerprint: Fingerprint,
}

struct Store {
    array: Array<dyn ReadableStorageTraits>,
    shards: Option<Shards>,
    shape: Vec<usize>,
    chunk: Vec<usize>,
    encoding: Encoding,
    stored: Stored,
    name: PathBuf,
}

impl ZarrArray {
    /// Opens the array in a folder (the one that holds `zarr.json` or `.zarray`) or at the root of a zip file; `cache` bytes of
    /// decoded chunks are kept.
    ///
    /// # Errors
    /// If there is none, or its numbers, chunks or codecs are none that can be read.
    pub fn open(path: impl AsRef<Path>, cache: usize) -> Result<Self> {
        Self::open_in(path, "", cache)
    }

    /// Opens the array `inner` of a group, such as `scale0/image`.
    ///
    /// # Errors
    /// Those of [`ZarrArray::open`].
    pub fn open_in(path: impl AsRef<Path>, inner: &str, cache: usize) -> Result<Self> {
        let path = path.as_ref();
        let inner = inner.trim_matches('/');
        let wrong = |why: String| error(path, "cannot be opened as Zarr", why);
        let opened = catch_unwind(|| -> Result<_> {
            let storage: Arc<dyn ReadableStorageTraits> = if path.is_dir() {
                Arc::new(FilesystemStore::new(path).map_err(|e| wrong(e.to_string()))?)
            } else {
                let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let name = path
                    .file_name()
                    .and_then(|n| n.to_str())
                    .ok_or_else(|| wrong("its name is no text".into()))?;
                let folder = Arc::new(FilesystemStore::new(folder).map_err(|e| wrong(e.to_string()))?);
                let key = StoreKey::new(name).map_err(|e| wrong(e.to_string()))?;
                Arc::new(zarrs_zip::ZipStorageAdapter::new(folder, key).map_err(|e| wrong(e.to_string()))?)
            };
            bounds::check(&*storage, inner).map_err(wrong)?;
            Array::open(storage, &format!("/{inner}")).map_err(|e| wrong(e.to_string()))
        });
        let array = opened.map_err(|_| wrong("its metadata are damaged".into()))??;
        let fingerprint = fingerprint(path, inner)?;
        let store = Store::new(array, path)?;
        let source = ChunkedSource::new(store, cache)?;
        Ok(Self { source, path: path.to_owned(), inner: inner.to_owned(), cache, fingerprint })
    }

    /// Pixels along every axis.
    pub fn shape(&self) -> &[usize] {
        self.source.shape()
    }

    /// The type of its numbers.
    pub fn format(&self) -> Format {
        self.source.store().encoding.format
    }

    /// Its attributes, as JSON text.
    pub fn attributes(&self) -> String {
        serde_json::Value::Object(self.source.store().array.attributes().clone()).to_string()
    }

    /// One of its attributes, if it is a text.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.source.store().array.attributes().get(name)?.as_str()
    }

    /// Counts of chunks decoded and found, and bytes held, so far.
    pub fn cache_counts(&self) -> CacheCounts {
        self.source.cache_counts()
    }

    /// A handle by which another process opens the same array.
    pub fn handle(&self) -> ZarrHandle {
        let (path, inner) = (self.path.clone(), self.inner.clone());
        ZarrHandle { path, inner, cache: self.cache, fingerprint: self.fingerprint }
    }
}

impl<T: Element> ArraySource<T> for ZarrArray {
    fn shape(&self) -> &[usize] {
        self.source.shape()
    }

    fn read(&self, window: &Region, out: ArrayViewMutD<'_, T>) -> Result<()> {
        self.source.read(window, out)
    }

    fn chunks(&self) -> Option<&[usize]> {
        ArraySource::<T>::chunks(&self.source)
    }
}

/// A Zarr array by path: small, serialisable, and refused if its metadata (or zip file) have changed meanwhile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZarrHandle {
    path: PathBuf,
    inner: String,
    cache: usize,
    fingerprint: Fingerprint,
}

impl ZarrHandle {
    /// Opens the array.
    ///
    /// # Errors
    /// If it has gone or changed.
    pub fn open(&self) -> Result<ZarrArray> {
        let array = ZarrArray::open_in(&self.path, &self.inner, self.cache)?;
        self.fingerprint.check(&array.fingerprint, &self.path)?;
        Ok(array)
    }
}

impl reproject_core::Handle for ZarrHandle {
    type Source = ZarrArray;
    fn open(&self) -> Result<ZarrArray> {
        self.open()
    }
}

/// That of the zip file, or of the array's metadata.
fn fingerprint(path: &Path, inner: &str) -> Result<Fingerprint> {
    let candidates = [path.join(inner).join("zarr.json"), path.join(inner).join(".zarray"), path.to_owned()];
    let file = candidates.iter().find(|c| c.is_file()).unwrap_or(&candidates[2]);
    let open = File::open(file).map_err(|e| error(path, "cannot be opened", e))?;
    Fingerprint::of(&open, file)
}

impl Store {
    fn new(array: Array<dyn ReadableStorageTraits>, path: &Path) -> Result<Self> {
        let wrong = |why: String| error(path, "cannot be read as an image", why);
        let Some(format) = format_of(array.data_type()) else {
            return Err(wrong(format!(
                "its type {} is none of the integer and float types",
                array.data_type()
            )));
        };
        let sizes = |s: &[u64]| s.iter().map(|&n| usize::try_from(n).ok()).collect::<Option<Vec<_>>>();
        let shape = sizes(array.shape()).ok_or_else(|| wrong("its shape is too large".into()))?;
        let first = vec![0; shape.len()];
        let sides = match array.subchunk_shape() {
            Some(inner) => Ok(inner),
            None => array.chunk_shape(&first),
        };
        let sides: Vec<u64> = sides.map_err(|e| wrong(e.to_string()))?.iter().map(|n| n.get()).collect();
        let bytes =
            sides.iter().try_fold(format.size() as u64, |n, &s| n.checked_mul(s)).filter(|&n| n <= LARGEST);
        let chunk = sizes(&sides).filter(|_| bytes.is_some());
        let chunk =
            chunk.ok_or_else(|| wrong(format!("a chunk of {sides:?} is larger than {LARGEST} bytes")))?;
        let whole = array.chunk_shape(&first).map_err(|e| wrong(e.to_string()))?;
        let shards = array.is_sharded().then(|| Shards::new(array.metadata(), &whole, &chunk));
        let shards = shards.transpose().map_err(wrong)?;
        let encoding = Encoding::native(format);
        let stored = Stored::new(&array.codecs(), array.metadata(), array.is_sharded()).map_err(wrong)?;
        Ok(Self { array, shards, shape, chunk, encoding, stored, name: path.to_owned() })
    }
}

impl ChunkStore for Store {
    type Chunk = RawSource;

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn chunk_shape(&self) -> &[usize] {
        &self.chunk
    }

    fn pixel_size(&self) -> usize {
        self.encoding.format.size()
    }

    fn chunk(&self, index: &[usize], region: &Region) -> Result<RawSource> {
        let wrong = |why: String| error(&self.name, &format!("chunk {index:?} cannot be read"), why);
        let name = self.name.display().to_string();
        let bytes = catch_unwind(AssertUnwindSafe(|| self.pixels(index, region)));
        let Some(bytes) = bytes.map_err(|_| wrong("it is damaged".into()))?.map_err(wrong)? else {
            // One that is absent holds the fill value, which takes no memory as often as it is wanted.
            let fill = self.array.fill_value().as_ne_bytes().to_vec();
            let still = vec![0; self.chunk.len()];
            return RawSource::new(name, Arc::new(fill), 0, &self.chunk, &still, self.encoding.clone());
        };
        // A chunk at the edge is stored whole. One of another shape belongs to an irregular grid.
        let whole: usize = self.chunk.iter().product();
        if bytes.len() != whole * self.pixel_size() {
            let why = format!(
                "it has {} bytes, and chunks of {:?} pixels have more or fewer",
                bytes.len(),
                self.chunk
            );
            return Err(wrong(why));
        }
        RawSource::dense(name, kept(bytes), 0, &self.chunk, self.encoding.clone())
    }
}

impl Store {
    /// The decoded bytes of a chunk, unless it is absent.
    fn pixels(&self, index: &[usize], region: &Region) -> std::result::Result<Option<Vec<u8>>, String> {
        let at: Vec<u64> = index.iter().map(|&i| i as u64).collect();
        let pixels = self.chunk.iter().fold(1, |n: u64, &side| n.saturating_mul(side as u64));
        let length = pixels.saturating_mul(self.pixel_size() as u64);
        let most = self.stored.most(pixels, length);
        // The file that holds it: the shard, or the chunk itself.
        let whole = self.array.chunk_shape(&vec![0; at.len()]).map_err(|e| e.to_string())?;
        let file: Vec<u64> = region.start.iter().zip(&whole).map(|(&s, w)| s as u64 / w.get()).collect();
        let key = self.array.chunk_key(&file);
        let Some(mut stored) = self.array.storage().size_key(&key).map_err(|e| e.to_string())? else {
            return Ok(None);
        };
        let mut start = None;
        if let Some(shards) = &self.shards {
            match shards.find(&*self.array.storage(), &key, stored, &at)? {
                None => return Ok(None),
                Some((from, length)) => (start, stored) = (Some(from), length),
            }
        }
        if stored > most {
            return Err(format!("{stored} bytes are more than its {length} bytes of pixels can take"));
        }
        if length > MODEST && length / EXPANSION > stored {
            return Err(format!("{stored} bytes cannot hold its {length} bytes of pixels"));
        }
        memory(stored)?;
        let range = ByteRange::FromStart(start.unwrap_or(0), Some(stored));
        let bytes = self.array.storage().get_partial(&key, range).map_err(|e| e.to_string())?;
        let Some(bytes) = bytes else { return Ok(None) };
        let sides: Option<Vec<_>> = self.chunk.iter().map(|&n| std::num::NonZeroU64::new(n as u64)).collect();
        let sides = sides.ok_or("it has no pixels")?;
        let (data_type, fill) = (self.array.data_type(), self.array.fill_value());
        self.stored.decode(bytes.to_vec(), &sides, data_type, fill, most).map(Some)
    }
}
