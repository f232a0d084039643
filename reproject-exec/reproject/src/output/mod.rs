//! The output: a FITS file, a Zarr array or an `.npy` file, with a journal of what it holds already.

mod header;
mod names;
mod preview;
mod resume;
mod tally;
pub(crate) mod write;

pub use preview::Stretch;
pub use write::{Begun, Listener, WriteOptions, Written};

use crate::formats::kind;
use crate::image::pixels::{HEADER, Kind};
use crate::zarr::{ZarrArray, ZarrOptions, ZarrSink};
use reproject_chunk::{
    Element, FitsFile, FitsOptions, FitsSink, Format, Found, HduSelect, Header, Journal, Journaled,
    NpyOptions, NpySink, RawHandle, Resumable, suffixed,
};
use reproject_core::{ArraySink, ArraySource, Error, Region, Result, SharedMap, Tile};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The output.
pub(crate) enum Output {
    Fits(Journaled<FitsSink>),
    Npy(Journaled<NpySink>),
    Zarr(Box<Journaled<ZarrSink>>),
}

/// Shape, type and header of the output.
pub(crate) struct Contents {
    pub(crate) shape: Vec<usize>,
    pub(crate) format: Format,
    pub(crate) header: Header,
    /// Tables of coordinates that go along, as whole HDUs.
    pub(crate) tables: Vec<Arc<[u8]>>,
    pub(crate) blank: Option<i128>,
    /// Whether coverage is kept.
    pub(crate) footprint: bool,
    /// The chunks of a Zarr array.
    pub(crate) chunks: Option<Vec<usize>>,
}

/// `OUT.footprint.EXT`, or `OUT.footprint.EXT.gz`.
pub(crate) fn footprint_path(output: &Path) -> PathBuf {
    let (mut stem, mut end) = (output.to_owned(), std::ffi::OsString::new());
    while let Some(extension) = stem.extension().map(ToOwned::to_owned) {
        let gzipped = end.is_empty() && extension.eq_ignore_ascii_case("gz");
        let mut whole = std::ffi::OsString::from(".");
        whole.push(&extension);
        whole.push(&end);
        (end, stem) = (whole, stem.with_extension(""));
        if !gzipped {
            break;
        }
    }
    let mut name = stem.into_os_string();
    name.push(".footprint");
    name.push(end);
    name.into()
}

/// The file or folder next to the output that would hold the coverage; FITS has an HDU for it.
pub(crate) fn footprint(output: &Path) -> Option<PathBuf> {
    kind(output).is_ok_and(|kind| kind != Kind::Fits).then(|| footprint_path(output))
}

/// An output that is ready for tiles, with the blocks that it holds already.
type Ready = (Output, HashSet<Region>);

impl Output {
    /// Begins the output, or takes up what an interrupted run left of it; `None` if that is whole. `run` says what decides the result.
    ///
    /// # Errors
    /// If it cannot be created, or what is there belongs to another run, or to this very run and nothing says what is to
    /// become of it.
    pub(crate) fn begin(
        path: &Path,
        options: &WriteOptions,
        what: Contents,
        blocks: &[Region],
        run: &str,
        listener: &dyn Listener,
    ) -> Result<Option<Ready>> {
        let coverage = footprint(path);
        let others: Vec<PathBuf> = options.preview.iter().map(|(path, _)| path.clone()).collect();
        let journal = Journal::open(path, coverage.as_deref(), &others, run)?;
        if let Some(news) = journal.news() {
            listener.notice(news);
        }
        if options.resume && *journal.found() == Found::Whole {
            return Ok(None);
        }
        names::free(options, path)?;
        coverage.filter(|_| what.footprint).map_or(Ok(()), |path| names::free(options, &path))?;
        let resume = takes_up(path, options, journal.found(), blocks.len())?;
        let Contents { shape, format, header, tables: appended, blank, footprint, chunks } = what;
        let overwrite = options.overwrite;
        let begun = match kind(path)? {
            Kind::Fits => {
                let footprint = footprint.then_some(Format::F32);
                let fits = FitsOptions {
                    header,
                    blank,
                    footprint,
                    appended,
                    overwrite,
                    ..FitsOptions::new(&shape, format)
                };
                let open = if resume { FitsSink::resume } else { FitsSink::create };
                begun(journal, resume, blocks, || open(path, &fits), Output::Fits)
            }
            Kind::Zarr => {
                let mut options = ZarrOptions::new(&shape, format, chunks.as_deref().unwrap_or(&shape));
                options.attributes.insert(HEADER.into(), header.to_text());
                options.footprint = footprint.then(|| (footprint_path(path), Format::F32));
                (options.blank, options.overwrite) = (blank, overwrite);
                let open = if resume { ZarrSink::resume } else { ZarrSink::create };
                begun(journal, resume, blocks, || open(path, &options), |sink| Output::Zarr(Box::new(sink)))
            }
            Kind::Npy => {
                let footprint = footprint.then(|| (footprint_path(path), Format::F32));
                let options = NpyOptions { blank, footprint, overwrite, ..NpyOptions::new(&shape, format) };
                let open = if resume { NpySink::resume } else { NpySink::create };
                begun(journal, resume, blocks, || open(path, &options), Output::Npy)
            }
        };
        begun.map(Some)
    }

    /// Enters what is written into the journal, so that a run which stops here loses nothing.
    ///
    /// # Errors
    /// If the disk fails.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        match self {
            Output::Fits(sink) => sink.checkpoint(),
            Output::Zarr(sink) => sink.checkpoint(),
            Output::Npy(sink) => sink.checkpoint(),
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

fn begun<S: Resumable>(
    journal: Journal,
    resume: bool,
    blocks: &[Region],
    make: impl FnOnce() -> Result<S>,
    output: impl FnOnce(Journaled<S>) -> Output,
) -> Result<Ready> {
    let (sink, held) = match resume {
        true => journal.resume(make, blocks)?,
        false => (journal.begin(make)?, HashSet::new()),
    };
    Ok((output(sink), held))
}

/// Whether a run goes on with what it finds.
///
/// # Errors
/// If that holds work which would be lost, and nothing says that it may be.
fn takes_up(path: &Path, options: &WriteOptions, found: &Found, all: usize) -> Result<bool> {
    let part = suffixed(path, ".part");
    let count = |n: usize| format!("{n} {}", if n == 1 { "block" } else { "blocks" });
    let why = match found {
        Found::Part(n) if options.resume && *n > 0 => return Ok(true),
        Found::Other(_, [found, wanted]) if options.resume => format!(
            "belongs to another run: it says \"{found}\", this run says \"{wanted}\"; `overwrite` without `resume` starts \
             anew, and another output leaves it"
        ),
        // Nothing is lost.
        Found::Nothing | Found::Whole | Found::Part(0) | Found::Other(0, _) => return Ok(false),
        _ if options.overwrite => return Ok(false),
        Found::Part(n) => {
            format!("holds {n} of {} of this very run; `resume` goes on, `overwrite` starts anew", count(all))
        }
        Found::Other(n, [found, wanted]) => format!(
            "holds {} of another run (it says \"{found}\", this run says \"{wanted}\"); `overwrite` starts anew, and another \
             output leaves it",
            count(*n)
        ),
    };
    Err(Error::file(part, why))
}

/// Removes what an unfinished output left; that it cannot be removed is never the error to report.
pub(crate) fn discard(path: &Path) {
    for path in [path.to_owned(), footprint_path(path)] {
        let part = suffixed(&path, ".part");
        let _ = if part.is_dir() { std::fs::remove_dir_all(&part) } else { std::fs::remove_file(&part) };
        let _ = std::fs::remove_file(suffixed(&part, ".journal"));
    }
}

/// The values in an output that has no name yet.
///
/// # Errors
/// If they cannot be read back.
pub(crate) fn written(path: &Path) -> Result<Box<dyn ArraySource<f32>>> {
    let part = suffixed(path, ".part");
    Ok(match kind(path)? {
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
