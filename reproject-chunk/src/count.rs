//! How many pixels of an output have been written.

use reproject_core::{Error, Region, Result};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// The pixels of an output, and how many of them have been written.
#[derive(Debug)]
pub(crate) struct Count {
    pixels: u64,
    written: AtomicU64,
}

impl Count {
    /// None of the pixels of an array of `shape`.
    pub(crate) fn new(shape: &[usize]) -> Self {
        Self { pixels: shape.iter().map(|&n| n as u64).product(), written: AtomicU64::new(0) }
    }

    /// Counts the pixels of a region as written.
    pub(crate) fn add(&self, region: &Region) {
        self.written.fetch_add(region.len() as u64, Ordering::Relaxed);
    }

    /// Refuses to finish `part` while pixels are missing.
    pub(crate) fn check(&self, part: &Path) -> Result<()> {
        let written = self.written.load(Ordering::Relaxed);
        if written == self.pixels {
            return Ok(());
        }
        let why = format!("{written} of {} pixels were written; it stays unfinished", self.pixels);
        Err(Error::file(part, why))
    }
}
