//! A journal of the blocks that an unfinished output holds, so that an interrupted run can be taken up.
//!
//! `OUT.part.journal` is text: a line with its version, the lines that say which run it is, a blank line, and a line per block
//! with start, shape and the CRC-32 of its stored bytes. A block is entered when its bytes are on the disk, not before.

use crate::part::beside;
use reproject_core::{ArraySink, Error, Pixel, Region, Result, SharedMap, Tile};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

const VERSION: &str = "reproject journal 1";

/// How long blocks wait to be brought to the disk and entered: at least this, and so long that it takes no more than a
/// twentieth of the time.
const LEAST: Duration = Duration::from_millis(100);
const TWENTIETH: u32 = 20;

/// A sink whose unfinished output can be taken up by a later run.
pub trait Resumable: Send + Sync {
    /// The output's final name.
    fn target(&self) -> &Path;
    /// Waits until everything written so far is on the disk.
    ///
    /// # Errors
    /// If the disk fails.
    fn sync(&self) -> Result<()>;
    /// Counts a region as written.
    fn mark(&self, region: &Region);
    /// The CRC-32 of the stored bytes of a region.
    ///
    /// # Errors
    /// If they cannot be read back.
    fn digest(&self, region: &Region) -> Result<u32>;
    /// Gives the output its name.
    ///
    /// # Errors
    /// If it is not whole, or the disk fails.
    fn finish(self) -> Result<()>
    where
        Self: Sized;
}

/// A sink that keeps a journal of the tiles it was given.
#[derive(Debug)]
pub struct Journaled<S> {
    sink: S,
    path: PathBuf,
    file: Mutex<File>,
    waiting: Mutex<Waiting>,
}

/// Blocks that are written and not yet entered.
#[derive(Debug)]
struct Waiting {
    blocks: Vec<Region>,
    due: Instant,
}

impl<S: Resumable> Journaled<S> {
    /// A journal for a new output. `run` says in lines of text what decides the result (input, output, options): a later run
    /// takes up this one only if it says the same.
    ///
    /// # Errors
    /// If the journal cannot be written.
    pub fn create(sink: S, run: &str) -> Result<Self> {
        let path = path(sink.target())?;
        let failed = |e: std::io::Error| Error::file(&path, format!("cannot be created: {e}"));
        let mut file = File::create(&path).map_err(failed)?;
        file.write_all(head(run).as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(Self::of(sink, path, file))
    }

    /// Takes up the journal of an interrupted run over its resumed output; gives the blocks that the output holds already.
    /// What is entered but does not have its check sum is left to be computed again.
    ///
    /// # Errors
    /// If there is no journal, or it is that of another run, naming the line that differs.
    pub fn resume(sink: S, run: &str) -> Result<(Self, Vec<Region>)> {
        let path = path(sink.target())?;
        let failed = |e: std::io::Error| Error::file(&path, format!("cannot be taken up: {e}; start anew"));
        let text = std::fs::read(&path).map_err(failed)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        // A run that was killed while it began its journal had entered nothing.
        let head = head(run);
        if text.len() < head.len() && head.starts_with(&text) {
            return Ok((Self::create(sink, run)?, Vec::new()));
        }
        let mut found = text.split_inclusive('\n');
        for wanted in head.lines() {
            let line = found.next().unwrap_or_default();
            if line.strip_suffix('\n') != Some(wanted) {
                let why = format!(
                    "belongs to another run: it says {:?}, this run says {wanted:?}",
                    line.trim_end()
                );
                return Err(Error::file(&path, why));
            }
        }
        let mut held = Vec::new();
        let mut kept = text.len() - found.clone().map(str::len).sum::<usize>();
        for line in found {
            // A line that was cut off in the middle ends the journal.
            let Some((region, sum)) = line.strip_suffix('\n').and_then(parse) else { break };
            kept += line.len();
            if region.ndim() > 0 && sink.digest(&region).is_ok_and(|s| s == sum) {
                held.push(region);
            }
        }
        held.sort_by(|a, b| (&a.start, &a.shape).cmp(&(&b.start, &b.shape)));
        held.dedup();
        let mut file = OpenOptions::new().write(true).open(&path).map_err(failed)?;
        file.set_len(kept as u64).and_then(|()| file.seek(SeekFrom::End(0))).map_err(failed)?;
        held.iter().for_each(|region| sink.mark(region));
        Ok((Self::of(sink, path, file), held))
    }

    fn of(sink: S, path: PathBuf, file: File) -> Self {
        let waiting = Mutex::new(Waiting { blocks: Vec::new(), due: Instant::now() + LEAST });
        Self { sink, path, file: Mutex::new(file), waiting }
    }

    /// The sink.
    pub fn sink(&self) -> &S {
        &self.sink
    }

    /// Enters a block that another process has written into the sink.
    ///
    /// # Errors
    /// If the journal cannot be written.
    pub fn enter(&self, region: &Region) -> Result<()> {
        let mut waiting = lock(&self.waiting);
        waiting.blocks.push(region.clone());
        let due = Instant::now() >= waiting.due;
        drop(waiting);
        // One thread brings the blocks to the disk; the others go on computing.
        match self.file.try_lock() {
            Ok(mut file) if due => self.flush(&mut file),
            _ => Ok(()),
        }
    }

    fn flush(&self, file: &mut File) -> Result<()> {
        let begun = Instant::now();
        let blocks = std::mem::take(&mut lock(&self.waiting).blocks);
        let mut text = String::new();
        for region in &blocks {
            let list = |n: &[usize]| n.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
            let sum = self.sink.digest(region)?;
            text.push_str(&format!("{} {} {sum:08x}\n", list(&region.start), list(&region.shape)));
        }
        self.sink.sync()?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|e| Error::file(&self.path, format!("cannot be written: {e}")))?;
        lock(&self.waiting).due = Instant::now() + LEAST.max(begun.elapsed() * TWENTIETH);
        Ok(())
    }

    /// Enters what is waiting, so that a run that stops here loses nothing.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn checkpoint(&self) -> Result<()> {
        self.flush(&mut lock(&self.file))
    }

    /// Finishes the sink and removes the journal.
    ///
    /// # Errors
    /// As [`Resumable::finish`]; the journal then stays.
    pub fn finish(self) -> Result<()> {
        // What is waiting is brought to the disk with the rest, and needs no entry.
        self.sink.finish()?;
        std::fs::remove_file(&self.path)
            .map_err(|e| Error::file(&self.path, format!("cannot be removed: {e}")))
    }
}

impl<T: Pixel, S: Resumable + ArraySink<T>> ArraySink<T> for Journaled<S> {
    fn shape(&self) -> &[usize] {
        self.sink.shape()
    }

    fn write(&self, tile: &Tile<T>) -> Result<()> {
        self.sink.write(tile)?;
        self.enter(&tile.region)
    }

    fn chunks(&self) -> Option<&[usize]> {
        self.sink.chunks()
    }

    fn map(&self) -> Option<SharedMap> {
        self.sink.map()
    }

    fn written(&self, region: &Region) -> Result<()> {
        self.sink.written(region)?;
        self.enter(region)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

/// `OUT.part.journal`.
fn path(target: &Path) -> Result<PathBuf> {
    let mut name: OsString = beside(target)?.into_os_string();
    name.push(".journal");
    Ok(PathBuf::from(name))
}

/// What a journal begins with.
fn head(run: &str) -> String {
    format!("{VERSION}\n{}\n", lines(run).map(|l| format!("{l}\n")).collect::<String>())
}

/// The lines of a description, without blank ones, which end it.
fn lines(run: &str) -> impl Iterator<Item = &str> {
    run.lines().filter(|l| !l.is_empty())
}

fn parse(line: &str) -> Option<(Region, u32)> {
    let mut words = line.split(' ');
    let mut list = || words.next()?.split(',').map(|n| n.parse().ok()).collect::<Option<Vec<usize>>>();
    let (start, shape) = (list()?, list()?);
    let sum = words.next().filter(|w| w.len() == 8).and_then(|w| u32::from_str_radix(w, 16).ok())?;
    (start.len() == shape.len() && words.next().is_none()).then(|| (Region::new(start, shape), sum))
}
