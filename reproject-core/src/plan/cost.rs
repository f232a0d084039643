//! The cost of a run by a plan.

use super::Plan;
use crate::{Grid, Region};
use serde::{Deserialize, Serialize};

/// The cost of a run by a plan, with a cache of chunks and some blocks in flight. Bytes are of decoded pixels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Output blocks.
    pub blocks: usize,
    /// Output blocks that meet no input.
    pub empty: usize,
    /// Chunks of the input that are needed at all, of so many that it has.
    pub chunks: [usize; 2],
    /// Chunks decoded, those that are decoded again included.
    pub chunk_reads: u64,
    /// Bytes of the windows, each counted for every block that wants it.
    pub window_bytes: u64,
    /// Bytes read: of the decoded chunks, or of the windows where there are no chunks.
    pub bytes_read: u64,
    /// Bytes of the output's values.
    pub bytes_written: u64,
    /// Bytes of decoded chunks that are kept.
    pub cache: usize,
    /// Blocks in flight.
    pub in_flight: usize,
    /// The most bytes held at once: cache, and what the blocks in flight take ([`Plan::block_bytes`]).
    pub peak: usize,
}

impl Plan {
    /// The cost of a run in this order, with a cache of `cache` bytes and `in_flight` blocks at a time. Chunk reads are
    /// counted as if blocks ran one after another.
    pub fn cost(&self, cache: usize, in_flight: usize) -> Cost {
        let order: Vec<usize> = (0..self.blocks.len()).collect();
        let chunk_reads = self.decodes(&order, cache);
        let windows = self.blocks.iter().flat_map(|b| &b.windows);
        let window_bytes = windows.map(|w| w.len() as u64).sum::<u64>() * self.pixel_bytes[0] as u64;
        let (mut needed, mut bytes) = (0, 0);
        if let Some(grid) = &self.chunks {
            let mut seen = vec![false; grid.len()];
            self.blocks.iter().flat_map(|b| &b.chunks).for_each(|&c| seen[c] = true);
            for chunk in (0..seen.len()).filter(|&c| seen[c]) {
                needed += 1;
                bytes += self.chunk_bytes(grid, chunk);
            }
        }
        // Chunks are of one size but for those at the edges.
        let again = chunk_reads as f64 / f64::max(needed as f64, 1.0);
        let bytes_read =
            if self.chunks.is_some() { (bytes as f64 * again).round() as u64 } else { window_bytes };
        let pixels: u64 = self.blocks.iter().map(|b| b.block.len() as u64).sum();
        let cache = cache.min(bytes);
        Cost {
            blocks: self.blocks.len(),
            empty: self.blocks.iter().filter(|b| b.windows.is_empty()).count(),
            chunks: [needed, self.chunks.as_ref().map_or(0, Grid::len)],
            chunk_reads,
            window_bytes,
            bytes_read,
            bytes_written: pixels * self.pixel_bytes[1] as u64,
            cache,
            in_flight,
            peak: cache.saturating_add(self.block_bytes().saturating_mul(in_flight)),
        }
    }

    /// Bytes that one block in flight takes at most: its values and weights, what the sink takes for it, the window and the
    /// positions of a piece, and a chunk that is being decoded (as stored, decoded, and twice what the allocator keeps of it).
    pub fn block_bytes(&self) -> usize {
        let pixels = self.blocks.iter().map(|b| b.block.len()).max().unwrap_or(0);
        let tile = pixels.saturating_mul(self.pixel_bytes[1] + size_of::<f64>() + self.sink_bytes);
        let chunk = self.chunks.as_ref().map_or(0, |grid| {
            let whole = Region::whole(grid.block());
            whole.len().saturating_mul(4 * self.pixel_bytes[0])
        });
        [tile, self.scratch[0], self.scratch[1], chunk, self.extra_bytes]
            .iter()
            .fold(0, |sum, &b| sum.saturating_add(b))
    }

    pub(super) fn chunk_bytes(&self, grid: &Grid, chunk: usize) -> usize {
        grid.region(chunk).len().saturating_mul(self.pixel_bytes[0])
    }
}
