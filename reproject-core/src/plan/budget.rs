//! Blocks, blocks in flight and cache that fit into a memory limit.

use super::{Cost, Plan};
use crate::{
    ArraySource, Error, Grid, Job, Pixel, PixelMap, Region, Reproject, Resampler, Result, bytes, sides,
};

/// Chunks kept where no limit is set.
const CACHE: usize = 512 << 20;
/// Pixels of a block made of small chunks.
const PIXELS: usize = 1 << 16;
/// Blocks are not cut below this side to save memory.
const LEAST: usize = 64;

/// Memory and threads that a run may take, and the layout of its output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Bytes that blocks in flight and decoded chunks may take together; no limit if `None`.
    pub memory: Option<usize>,
    /// The most blocks in flight.
    pub threads: usize,
    /// The shape of the blocks, if it is settled.
    pub block: Option<Vec<usize>>,
    /// The chunks of the output, of which blocks then are whole ones.
    pub chunks: Option<Vec<usize>>,
    /// Bytes that the sink takes for each pixel of a block while it stores it.
    pub sink_bytes: usize,
    /// Further bytes that every block in flight takes, such as those of a mask that is read along.
    pub extra_bytes: usize,
}

impl Plan {
    /// Chooses blocks for a job such that it fits into `budget`, and puts them in order. Of the memory, what the blocks in
    /// flight leave goes to the cache ([`Cost::cache`]); where it is short, blocks become smaller, then fewer at a time
    /// ([`Cost::in_flight`]).
    ///
    /// # Errors
    /// Those of [`Plan::new`], and if not even one block at a time fits: the error says what would.
    pub fn within<I, O, M, R, S>(job: &Reproject<I, O, M, R, S>, budget: &Budget) -> Result<(Self, Cost)>
    where
        I: Pixel,
        O: Pixel,
        M: PixelMap,
        R: Resampler<I, O>,
        S: ArraySource<I>,
    {
        let (shape, threads) = (job.shape(), budget.threads.max(1));
        let mut block = match (&budget.block, &budget.chunks) {
            (Some(block), _) => block.clone(),
            (None, Some(chunks)) => multiple(shape, chunks),
            (None, None) => job.blocks(None)?.block().to_vec(),
        };
        loop {
            let grid = Grid::new(shape, &block)?;
            let mut plan = Plan::new(job, &grid.regions()?)?;
            (plan.sink_bytes, plan.extra_bytes) = (budget.sink_bytes, budget.extra_bytes);
            let each = plan.block_bytes().max(1);
            let chunk = plan
                .chunks
                .as_ref()
                .map_or(0, |g| Region::whole(g.block()).len().saturating_mul(plan.pixel_bytes[0]));
            let Some(memory) = budget.memory else {
                plan.arrange(CACHE);
                let cost = plan.cost(CACHE, threads);
                return Ok((plan, cost));
            };
            // Every block in flight wants a chunk that nobody else throws out of the cache.
            let fitting = memory / each.saturating_add(chunk).max(1);
            let wanted = threads.min(grid.len().max(1));
            let smaller =
                (budget.block.is_none() && budget.chunks.is_none()).then(|| halved(grid.block())).flatten();
            if fitting < wanted
                && let Some(smaller) = smaller
            {
                block = smaller;
                continue;
            }
            if fitting == 0 {
                let (needed, block) = (each.saturating_add(chunk), grid.block());
                let told = |n: usize| bytes(n as f64);
                let chunk = if chunk > 0 {
                    format!(", and a chunk of the input {}", told(chunk))
                } else {
                    String::new()
                };
                let why = format!(
                    "{} for blocks and chunks are too few: one block of {} pixels takes {}{chunk}; allow {} more{}",
                    told(memory),
                    sides(block),
                    told(each),
                    told(needed - memory),
                    match budget.chunks {
                        Some(_) => ", or make the chunks of the output smaller",
                        None => "",
                    }
                );
                return Err(Error::invalid("memory limit", why));
            }
            let in_flight = fitting.min(wanted);
            let cache = memory - in_flight * each;
            plan.arrange(cache);
            let cost = plan.cost(cache, in_flight);
            return Ok((plan, cost));
        }
    }
}

/// As many whole chunks as make a block of some size, rows longest.
fn multiple(shape: &[usize], chunks: &[usize]) -> Vec<usize> {
    let mut block: Vec<usize> = chunks.iter().zip(shape).map(|(&c, &s)| c.min(s).max(1)).collect();
    for k in (0..block.len()).rev() {
        let step = chunks.get(k).map_or(1, |&c| c.max(1));
        let pixels = block.iter().fold(1usize, |n, &s| n.saturating_mul(s));
        let times = (PIXELS / pixels.max(1)).clamp(1, (512 / step).max(1));
        if block[k] < shape[k] {
            block[k] = (step * times).min(shape[k]);
        }
    }
    block
}

/// A smaller block: fewer planes, then half of the longer side; `None` if it is small already.
fn halved(block: &[usize]) -> Option<Vec<usize>> {
    let mut smaller = block.to_vec();
    let outer = block.len().saturating_sub(2);
    let k = match smaller[..outer].iter().position(|&n| n > 1) {
        Some(k) => k,
        None => (outer..block.len()).max_by_key(|&k| block[k]).filter(|&k| block[k] > LEAST)?,
    };
    smaller[k] = block[k].div_ceil(2);
    Some(smaller)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axes, Bilinear, Identity};
    use ndarray::{ArrayD, ArrayViewMutD, IxDyn};

    struct Chunked(ArrayD<f32>);
    impl ArraySource<f32> for Chunked {
        fn shape(&self) -> &[usize] {
            self.0.shape()
        }
        fn read(&self, window: &Region, out: ArrayViewMutD<'_, f32>) -> Result<()> {
            self.0.read(window, out)
        }
        fn chunks(&self) -> Option<&[usize]> {
            Some(&[100, 100])
        }
    }

    fn within(memory: Option<usize>, chunks: Option<Vec<usize>>) -> Result<(Plan, Cost)> {
        let source = Chunked(ArrayD::zeros(IxDyn(&[1000, 1200])));
        let map = Axes::<2, _>::new(Identity);
        let job = Reproject::<f32, f32, _, _, _>::new(&[1000, 1200], map, Bilinear, source)?;
        Plan::within(&job, &Budget { memory, threads: 4, chunks, ..Budget::default() })
    }

    #[test]
    fn less_memory_means_smaller_blocks_then_fewer() {
        let (plan, cost) = within(None, None).unwrap();
        assert_eq!((plan.blocks[0].block.shape.as_slice(), cost.in_flight), (&[128, 128][..], 4));
        for memory in [20_000_000, 3_000_000, 1_500_000, 600_000] {
            let (plan, cost) = within(Some(memory), None).unwrap();
            assert!(cost.peak <= memory, "{memory}: {cost:?}");
            assert!(cost.in_flight >= 1 && cost.chunk_reads >= 120);
            let pixels: usize = plan.blocks.iter().map(|b| b.block.len()).sum();
            assert_eq!(pixels, 1_200_000);
        }
        let (plan, cost) = within(Some(1_500_000), Some(vec![200, 200])).unwrap();
        assert!(plan.blocks.iter().all(|b| b.block.shape == [200, 200]), "whole chunks");
        assert_eq!(cost.in_flight, 1);
        let error = within(Some(100_000), Some(vec![200, 200])).unwrap_err().to_string();
        assert!(error.contains("allow") && error.contains("200 × 200 pixels"), "{error}");
        assert!(within(Some(1000), None).is_err());
    }

    #[test]
    fn blocks_are_whole_chunks_of_the_output() {
        assert_eq!(multiple(&[4096, 4096], &[1024, 1024]), [1024, 1024]);
        assert_eq!(multiple(&[4096, 4096], &[64, 64]), [128, 512]);
        assert_eq!(multiple(&[10, 4096, 4096], &[1, 256, 256]), [1, 256, 256]);
        assert_eq!(multiple(&[100, 50], &[64, 64]), [100, 50]);
        assert_eq!(halved(&[8, 128, 512]), Some(vec![4, 128, 512]));
        assert_eq!(halved(&[1, 128, 512]), Some(vec![1, 128, 256]));
        assert_eq!(halved(&[64, 64]), None);
    }
}
