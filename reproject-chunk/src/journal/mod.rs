//! A journal of the blocks that an unfinished output holds, so that an interrupted run can be taken up.
//!
//! A block is entered when its bytes are on the disk, not before. What the file looks like stands in `book.rs`, how it is found
//! again in `open.rs`.

mod book;
mod open;

use crate::naming::in_place;
use book::{Book, entry};
pub use open::{Found, Journal};
use reproject_core::{ArraySink, Pixel, Region, Result, SharedMap, Tile};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

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
    book: Mutex<Book>,
    waiting: Mutex<Waiting>,
}

/// Blocks that are written and not yet entered.
#[derive(Debug)]
struct Waiting {
    blocks: Vec<Region>,
    due: Instant,
}

impl<S: Resumable> Journaled<S> {
    fn of(sink: S, book: Book) -> Self {
        let waiting = Mutex::new(Waiting { blocks: Vec::new(), due: Instant::now() + LEAST });
        Self { sink, book: Mutex::new(book), waiting }
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
        match self.book.try_lock() {
            Ok(mut book) if due => self.flush(&mut book),
            _ => Ok(()),
        }
    }

    fn flush(&self, book: &mut Book) -> Result<()> {
        let begun = Instant::now();
        let blocks = std::mem::take(&mut lock(&self.waiting).blocks);
        let mut text = String::new();
        for region in &blocks {
            text.push_str(&entry(region, self.sink.digest(region)?));
        }
        self.sink.sync()?;
        book.add(&text)?;
        lock(&self.waiting).due = Instant::now() + LEAST.max(begun.elapsed() * TWENTIETH);
        Ok(())
    }

    /// Enters what is waiting, so that a run that stops here loses nothing.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn checkpoint(&self) -> Result<()> {
        self.flush(&mut lock(&self.book))
    }

    /// Finishes the sink and removes the journal.
    ///
    /// # Errors
    /// Those of [`Resumable::finish`]; the journal then stays. If only the journal cannot be removed, it says so.
    pub fn finish(self) -> Result<()> {
        let target = self.sink.target().to_owned();
        // What is waiting is brought to the disk with the rest, and needs no entry.
        self.sink.finish()?;
        let book = self.book.into_inner().unwrap_or_else(|e| e.into_inner());
        let path = book.path.clone();
        book.remove().map_err(|e| in_place(&target, &[path], e))
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
