//! The order of blocks: such that chunks in a cache are used again before they go.

use super::Plan;
use crate::cache::Recent;

impl Plan {
    /// Puts the blocks in an order that reads few chunks twice through a cache of `cache` bytes: rows of blocks, columns
    /// of blocks, or along a curve that fills the input, whichever decodes the fewest chunks. Without chunks, or where
    /// nothing is gained, the order stays.
    pub fn arrange(&mut self, cache: usize) {
        if self.chunks.is_none() {
            return;
        }
        let n = self.output.len();
        let stay: Vec<usize> = (0..self.blocks.len()).collect();
        let by = |key: &dyn Fn(usize) -> Vec<u64>| {
            let mut order = stay.clone();
            order.sort_by_cached_key(|&i| key(i));
            order
        };
        let wide = |v: &[usize]| v.iter().map(|&v| v as u64).collect::<Vec<_>>();
        let columns = by(&|i| wide(&self.blocks[i].block.start).into_iter().rev().collect());
        let centre = |i: usize| {
            let bounds = self.blocks[i].bounds();
            bounds.map_or_else(|| vec![0; n], |b| (0..n).map(|k| b.start[k] + b.shape[k] / 2).collect())
        };
        let over_input = by(&|i| curve(&centre(i)));
        let over_output = by(&|i| curve(&self.blocks[i].block.start));
        let mut best = (self.decodes(&stay, cache), stay.clone());
        for order in [columns, over_input, over_output] {
            let decodes = self.decodes(&order, cache);
            if decodes < best.0 {
                best = (decodes, order);
            }
        }
        if best.1 != stay {
            let mut blocks: Vec<_> = std::mem::take(&mut self.blocks).into_iter().map(Some).collect();
            self.blocks = best.1.into_iter().filter_map(|i| blocks[i].take()).collect();
        }
    }

    /// The number of chunks decoded when blocks run in an order, one after another, with a cache of `limit` bytes that drops
    /// what was used least recently.
    pub(super) fn decodes(&self, order: &[usize], limit: usize) -> u64 {
        let Some(grid) = &self.chunks else { return 0 };
        let (mut cache, mut decodes) = (Recent::default(), 0);
        for &chunk in order.iter().flat_map(|&i| &self.blocks[i].chunks) {
            if cache.touch(chunk).is_some() {
                continue;
            }
            decodes += 1;
            let bytes = self.chunk_bytes(grid, chunk);
            cache.make_room(limit.saturating_sub(bytes));
            if bytes <= limit {
                cache.keep(chunk, (), bytes);
            }
        }
        decodes
    }
}

/// A number that grows along a curve that fills space (Morton 1966): neighbours on it are neighbours in space.
fn curve(point: &[usize]) -> Vec<u64> {
    let mut digits = vec![0u64; point.len()];
    for (place, digit) in digits.iter_mut().enumerate() {
        for bit in 0..64 {
            // Bit `bit` of this word, counted over all words from the highest.
            let from = place * 64 + bit;
            let (axis, level) = (from % point.len(), 63 - from / point.len());
            *digit = *digit << 1 | (point[axis] as u64 >> level & 1);
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Grid, PlannedBlock, Region};

    #[test]
    fn the_curve_goes_through_quarters() {
        let mut points: Vec<[usize; 2]> = (0..4).flat_map(|y| (0..4).map(move |x| [y, x])).collect();
        points.sort_by_key(|p| curve(p));
        assert_eq!(points[..5], [[0, 0], [0, 1], [1, 0], [1, 1], [0, 2]]);
        assert_eq!(points[8..10], [[2, 0], [2, 1]]);
    }

    #[test]
    fn blocks_are_put_where_their_chunks_are() {
        // A transposition: rows of output blocks run down columns of chunks, of which a cache of 8 holds two rows.
        let grid = Grid::new(&[80, 80], &[10, 10]).unwrap();
        let blocks = Grid::new(&[80, 80], &[10, 5]).unwrap();
        let blocks: Vec<_> = blocks
            .iter()
            .map(|block| {
                let window = Region::new([block.start[1], block.start[0]], [5, 10]);
                let chunks = grid.touched(&window).collect();
                PlannedBlock { block, windows: vec![window], chunks }
            })
            .collect();
        let shuffled = (0..128).map(|i| blocks[i * 37 % 128].clone()).collect();
        let mut plan = Plan {
            output: vec![80, 80],
            input: vec![80, 80],
            chunks: Some(grid),
            blocks: shuffled,
            pixel_bytes: [4, 4],
            scratch: [0; 2],
            sink_bytes: 0,
            extra_bytes: 0,
        };
        let stay: Vec<usize> = (0..128).collect();
        assert!(plan.decodes(&stay, 8 * 400) > 100);
        plan.arrange(8 * 400);
        assert_eq!(plan.decodes(&stay, 8 * 400), 64);
        assert_eq!(plan.decodes(&stay, 0), 128, "nothing is kept");
        let mut sorted: Vec<_> = plan.blocks.iter().map(|b| b.block.start.clone()).collect();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), 128, "every block is still there");
    }
}
