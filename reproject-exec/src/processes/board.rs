//! The signs of life of a worker and its slots, in shared memory. Bytes 0 to 7 count its beats, 8 to 15 are the block that it is
//! working on.

use super::segment::Segment;
use reproject_core::{Error, Result};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// A board, as its worker sees it.
#[derive(Clone, Debug)]
pub(crate) struct Board(Arc<File>);

/// Where the slots start.
pub(crate) const SLOTS: u64 = 4096;

/// No block.
const IDLE: u64 = u64::MAX;

impl Board {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self(Arc::new(Segment::open(path)?)))
    }

    pub(crate) fn beat(&self, count: u64) -> io::Result<()> {
        self.0.write_all_at(&count.to_ne_bytes(), 0)
    }

    pub(crate) fn begin(&self, block: Option<u64>) -> io::Result<()> {
        self.0.write_all_at(&block.unwrap_or(IDLE).to_ne_bytes(), 8)
    }

    pub(crate) fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, at)
    }
}

/// The signs on a board: the count of beats, and the block under way.
pub(crate) fn signs(board: &File) -> io::Result<(u64, Option<u64>)> {
    let (mut beats, mut block) = ([0; 8], [0; 8]);
    board.read_exact_at(&mut beats, 0)?;
    board.read_exact_at(&mut block, 8)?;
    let block = u64::from_ne_bytes(block);
    Ok((u64::from_ne_bytes(beats), (block != IDLE).then_some(block)))
}

/// A fresh board: no beat, no block.
pub(crate) fn board() -> Result<Segment> {
    let segment = Segment::new(SLOTS)?;
    let clean = segment.file().write_all_at(&IDLE.to_ne_bytes(), 8);
    clean.map_err(|e| Error::Store { what: "shared memory cannot be written".into(), why: e.into() })?;
    Ok(segment)
}
