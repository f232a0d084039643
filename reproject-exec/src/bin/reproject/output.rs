//! What is written: a FITS file or a Zarr array, with a journal of what it holds already, or an `.npy` file.

use crate::args::{Run, What};
use crate::pixels::{HEADER, Kind};
use reproject_chunk::{
    Element, FitsFile, FitsOptions, FitsSink, Format, HduSelect, Header, Journaled, NpyOptions, NpySink,
    RawHandle, ZarrArray, ZarrOptions, ZarrSink,
};
use reproject_core::{ArraySink, ArraySource, Error, Region, Result, SharedMap, Tile};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Sides of chunks where nothing else is said.
const CHUNK: usize = 1024;

/// The output.
pub(crate) enum Output {
    Fits(Journaled<FitsSink>),
    Npy(NpySink),
    Zarr(Box<Journaled<ZarrSink>>),
}

/// What the output is to hold.
pub(crate) struct Contents {
    pub(crate) shape: Vec<usize>,
    pub(crate) format: Format,
    pub(crate) header: Header,
    /// Tables of coordinates that go along, as whole HDUs.
    pub(crate) tables: Vec<Arc<[u8]>>,
    pub(crate) blank: Option<i64>,
}

/// The chunks of a Zarr output: those asked for, those of the input, or squares; planes apart.
pub(crate) fn chunks(
    args: &What,
    output: Option<&Path>,
    shape: &[usize],
    input: Option<&[usize]>,
) -> Option<Vec<usize>> {
    if output.map(Kind::of) != Some(Kind::Zarr) {
        return None;
    }
    let n = shape.len();
    let mut chunk = vec![1; n];
    chunk[n.saturating_sub(2)..].fill(CHUNK);
    match (args.chunks, input) {
        (Some(sides), _) => chunk[n.saturating_sub(2)..].copy_from_slice(&sides),
        (None, Some(own)) if own.len() == n => chunk.copy_from_slice(own),
        _ => {}
    }
    Some(chunk.iter().zip(shape).map(|(&c, &s)| c.clamp(1, s.max(1))).collect())
}

/// Bytes that a sink holds for each pixel of a block, given the bytes of a pixel and whether coverage is kept.
pub(crate) fn held(output: Option<&Path>, size: usize) -> usize {
    match output.map(Kind::of) {
        // The chunk, its bytes, and those bytes compressed.
        Some(Kind::Zarr) => 3 * size.max(4),
        _ => 0,
    }
}

/// `OUT.footprint.EXT`.
pub(crate) fn beside(output: &Path) -> PathBuf {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    let end = output.extension().map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()));
    output.with_file_name(format!("{stem}.footprint{end}"))
}

/// The file or folder beside the output that would hold the coverage; FITS has an HDU for it.
pub(crate) fn footprint(output: &Path) -> Option<PathBuf> {
    (Kind::of(output) != Kind::Fits).then(|| beside(output))
}

/// A path with something after its name.
pub(crate) fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(end);
    PathBuf::from(name)
}

impl Output {
    /// Begins the output, or takes up what an interrupted run left of it: then the blocks that it holds are given.
    /// `run` says what decides the result.
    ///
    /// # Errors
    /// If it cannot be created, or what is there belongs to another run.
    pub(crate) fn begin(
        args: &Run,
        what: Contents,
        chunks: Option<&[usize]>,
        run: &str,
    ) -> Result<(Self, Vec<Region>)> {
        let path = &args.output;
        let Contents { shape, format, header, tables: appended, blank } = what;
        let resume = args.resume && with(path, ".part").exists() && with(path, ".part.journal").exists();
        let (footprint, overwrite) = (args.what.footprint.is_some(), args.overwrite);
        match Kind::of(path) {
            Kind::Fits => {
                let footprint = footprint.then_some(Format::F32);
                let options = FitsOptions {
                    header,
                    blank,
                    footprint,
                    appended,
                    overwrite,
                    ..FitsOptions::new(&shape, format)
                };
                if resume {
                    let (sink, held) = Journaled::resume(FitsSink::resume(path, &options)?, run)?;
                    return Ok((Output::Fits(sink), held));
                }
                let sink = Journaled::create(FitsSink::create(path, &options)?, run)?;
                Ok((Output::Fits(sink), Vec::new()))
            }
            Kind::Zarr => {
                let mut options = ZarrOptions::new(&shape, format, chunks.unwrap_or(&shape));
                options.attributes.insert(HEADER.into(), header.to_text());
                options.footprint = footprint.then(|| (beside(path), Format::F32));
                (options.blank, options.overwrite) = (blank, overwrite);
                if resume {
                    let (sink, held) = Journaled::resume(ZarrSink::resume(path, &options)?, run)?;
                    return Ok((Output::Zarr(Box::new(sink)), held));
                }
                let sink = Journaled::create(ZarrSink::create(path, &options)?, run)?;
                Ok((Output::Zarr(Box::new(sink)), Vec::new()))
            }
            Kind::Npy if args.resume => {
                Err(Error::file(path, "runs to .npy cannot be resumed; write FITS or Zarr"))
            }
            Kind::Npy => {
                let footprint = footprint.then(|| (beside(path), Format::F32));
                let options = NpyOptions { blank, footprint, overwrite, ..NpyOptions::new(&shape, format) };
                Ok((Output::Npy(NpySink::create(path, &options)?), Vec::new()))
            }
        }
    }

    /// Enters what is written into the journal, so that a run which stops here loses nothing.
    ///
    /// # Errors
    /// If the disk fails.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        match self {
            Output::Fits(sink) => sink.checkpoint(),
            Output::Zarr(sink) => sink.checkpoint(),
            Output::Npy(_) => Ok(()),
        }
    }

    /// Gives the output its name.
    ///
    /// # Errors
    /// If the disk fails.
    pub(crate) fn finish(self) -> Result<()> {
        match self {
            Output::Fits(sink) => sink.finish(),
            Output::Zarr(sink) => sink.finish(),
            Output::Npy(sink) => sink.finish(),
        }
    }
}

/// Removes what an unfinished output left; that it cannot be removed is never the error to report.
pub(crate) fn discard(path: &Path) {
    for path in [path.to_owned(), beside(path)] {
        let part = with(&path, ".part");
        let _ = if part.is_dir() { std::fs::remove_dir_all(&part) } else { std::fs::remove_file(&part) };
        let _ = std::fs::remove_file(with(&part, ".journal"));
    }
}

/// The values in an output that has no name yet.
///
/// # Errors
/// If they cannot be read back.
pub(crate) fn written(path: &Path) -> Result<Box<dyn ArraySource<f32>>> {
    let part = with(path, ".part");
    Ok(match Kind::of(path) {
        Kind::Fits => Box::new(FitsFile::open(&part)?.image(&HduSelect::Index(0))?),
        Kind::Npy => Box::new(RawHandle::npy(&part)?.open()?),
        Kind::Zarr => Box::new(ZarrArray::open(&part, 64 << 20)?),
    })
}

impl<T: Element> ArraySink<T> for Output {
    fn shape(&self) -> &[usize] {
        match self {
            Output::Fits(sink) => ArraySink::<T>::shape(sink),
            Output::Npy(sink) => ArraySink::<T>::shape(sink),
            Output::Zarr(sink) => ArraySink::<T>::shape(&**sink),
        }
    }

    fn write(&self, tile: &Tile<T>) -> Result<()> {
        match self {
            Output::Fits(sink) => sink.write(tile),
            Output::Npy(sink) => sink.write(tile),
            Output::Zarr(sink) => sink.write(tile),
        }
    }

    fn map(&self) -> Option<SharedMap> {
        match self {
            Output::Fits(sink) => ArraySink::<T>::map(sink),
            Output::Npy(sink) => ArraySink::<T>::map(sink),
            Output::Zarr(sink) => ArraySink::<T>::map(&**sink),
        }
    }

    fn written(&self, region: &Region) -> Result<()> {
        match self {
            Output::Fits(sink) => ArraySink::<T>::written(sink, region),
            Output::Npy(sink) => ArraySink::<T>::written(sink, region),
            Output::Zarr(sink) => ArraySink::<T>::written(&**sink, region),
        }
    }
}
