//! Which windows and chunks of the input every output block needs, and what a run costs, before any pixel is read.
//!
//! Windows come from the geometry that the run itself uses ([`Resampler::window`]), piece by piece: a plan may name more
//! than the run reads, never less.

mod budget;
mod cost;
mod explain;
mod order;
mod survey;

pub use budget::Budget;
pub use cost::Cost;

use crate::{ArraySource, Grid, Pixel, PixelMap, Region, Reproject, Resampler, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use survey::Survey;

/// One output block and the input it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedBlock {
    /// The block of the output.
    pub block: Region,
    /// The windows of the input that its pieces read, all inside the input (one that crosses a seam is two); they may
    /// overlap. None if no pixel of the block meets the input.
    pub windows: Vec<Region>,
    /// The numbers of the chunks that the windows touch, ascending, as counted by [`Plan::chunks`]; none if the input has
    /// no chunks.
    pub chunks: Vec<usize>,
}

impl PlannedBlock {
    /// The smallest box that holds all windows; `None` if there are none.
    pub fn bounds(&self) -> Option<Region> {
        self.windows.iter().cloned().reduce(|a, b| {
            let start: Vec<_> = a.start.iter().zip(&b.start).map(|(&a, &b)| a.min(b)).collect();
            let shape = (0..start.len()).map(|k| a.stop(k).max(b.stop(k)) - start[k]).collect::<Vec<_>>();
            Region::new(start, shape)
        })
    }
}

/// The blocks of a run, with the windows and chunks of the input that each needs.
///
/// ```
/// use reproject_core::{Axes, Bilinear, Grid, Identity, Plan, Reproject};
/// let image = ndarray::ArrayD::<f32>::zeros(vec![300, 200]);
/// let job = Reproject::<f32, f32, _, _, _>::new(&[300, 200], Axes::<2, _>::new(Identity), Bilinear, &image)?;
/// let blocks: Vec<_> = Grid::new(&[300, 200], &[100, 100])?.iter().collect();
/// let plan = Plan::with_chunks(&job, &blocks, Some(&[50, 50]))?;
/// assert_eq!(plan.blocks[0].chunks, [0, 1, 2, 4, 5, 6, 8, 9, 10]);
/// println!("{}", plan.explain(&plan.cost(64 << 20, 2)));
/// # Ok::<(), reproject_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Pixels of the output along every axis.
    pub output: Vec<usize>,
    /// Pixels of the input along every axis.
    pub input: Vec<usize>,
    /// The chunks of the input, numbered in C order; `None` if it can be read from anywhere.
    pub chunks: Option<Grid>,
    /// The blocks, in the order in which they are to be run.
    pub blocks: Vec<PlannedBlock>,
    /// Bytes of one input pixel and of one output pixel.
    pub pixel_bytes: [usize; 2],
    /// The most bytes of input and of positions that a piece of a block holds at once.
    pub scratch: [usize; 2],
    /// Bytes that the sink takes for each pixel of a block while it stores it.
    pub sink_bytes: usize,
    /// Further bytes that every block in flight takes, such as those of a mask that is read along.
    pub extra_bytes: usize,
}

impl Plan {
    /// Plans the blocks of a job, whose input's own chunks are counted.
    ///
    /// Where the map is smooth this takes a few positions of every block; near seams, poles, limbs and folds, and for
    /// resamplers that look at every position, it takes them all.
    ///
    /// # Errors
    /// If a block does not lie in the output, or the map fails.
    pub fn new<I, O, M, R, S>(job: &Reproject<I, O, M, R, S>, blocks: &[Region]) -> Result<Self>
    where
        I: Pixel,
        O: Pixel,
        M: PixelMap,
        R: Resampler<I, O>,
        S: ArraySource<I>,
    {
        Self::with_chunks(job, blocks, job.source().chunks())
    }

    /// The plan of a run whose input has chunks other than the source's own.
    ///
    /// # Errors
    /// Those of [`Plan::new`], and if the chunks have no pixels or another number of axes than the input.
    pub fn with_chunks<I, O, M, R, S>(
        job: &Reproject<I, O, M, R, S>,
        blocks: &[Region],
        chunks: Option<&[usize]>,
    ) -> Result<Self>
    where
        I: Pixel,
        O: Pixel,
        M: PixelMap,
        R: Resampler<I, O>,
        S: ArraySource<I>,
    {
        let (output, input) = (crate::Job::shape(job), job.source().shape());
        let survey = Survey { map: job.map(), how: job.resampler(), input };
        let mut plan = Plan {
            output: output.to_vec(),
            input: input.to_vec(),
            chunks: chunks.map(|chunk| Grid::new(input, chunk)).transpose()?,
            blocks: Vec::with_capacity(blocks.len()),
            pixel_bytes: [size_of::<I>(), size_of::<O>()],
            scratch: [0; 2],
            sink_bytes: 0,
            extra_bytes: 0,
        };
        let leading = output.len() - job.map().groups().iter().sum::<usize>();
        // Blocks of other planes have the same windows.
        let mut known: HashMap<Region, Vec<Region>> = HashMap::new();
        for block in blocks {
            block.check("block", output)?;
            let mut mapped = block.clone();
            mapped.start[..leading].fill(0);
            mapped.shape[..leading].fill(1);
            if !known.contains_key(&mapped) {
                let windows = plan.windows(job, &survey, &mapped)?;
                known.insert(mapped.clone(), windows);
            }
            let mut windows = known[&mapped].clone();
            if block.shape[..leading].contains(&0) {
                windows.clear();
            }
            for window in &mut windows {
                window.start[..leading].copy_from_slice(&block.start[..leading]);
                window.shape[..leading].copy_from_slice(&block.shape[..leading]);
                // Planes are read as many at a time as fit.
                let plane = window.shape[leading..].iter().product::<usize>() * size_of::<I>();
                let planes = if leading == 0 { 1 } else { window.shape[0] };
                let inner: usize = window.shape[..leading].iter().skip(1).product();
                let step = (crate::job::WINDOW_BYTES / (plane * inner).max(1)).clamp(1, planes.max(1));
                plan.scratch[0] = plan.scratch[0].max(plane * inner * step);
            }
            let chunks = plan.touched(&windows);
            plan.blocks.push(PlannedBlock { block: block.clone(), windows, chunks });
        }
        Ok(plan)
    }

    /// The windows of a block of one plane.
    fn windows<I, O, M, R, S>(
        &mut self,
        job: &Reproject<I, O, M, R, S>,
        survey: &Survey<'_, I, O>,
        block: &Region,
    ) -> Result<Vec<Region>>
    where
        I: Pixel,
        O: Pixel,
        M: PixelMap,
        R: Resampler<I, O>,
        S: ArraySource<I>,
    {
        let lattice = survey.how.lattice();
        let sites = |n: usize| n * lattice.density.max(1) + lattice.extra;
        let mut windows = Vec::new();
        for piece in job.pieces(block)?.iter().filter(|piece| !piece.is_empty()) {
            let positions: usize = piece.shape.iter().map(|&n| sites(n)).product();
            self.scratch[1] = self.scratch[1].max(positions * piece.ndim() * size_of::<f64>());
            if let Some(window) = survey.window(&piece)? {
                split(window, survey.input, &mut windows);
            }
        }
        // What lies in another window is read with it.
        let mut kept: Vec<Region> = Vec::new();
        for window in windows {
            if !kept.iter().any(|other| window.intersect(other) == window) {
                kept.retain(|other| other.intersect(&window) != *other);
                kept.push(window);
            }
        }
        Ok(kept)
    }

    /// The numbers of the chunks that windows touch.
    fn touched(&self, windows: &[Region]) -> Vec<usize> {
        let Some(chunks) = &self.chunks else { return Vec::new() };
        let numbers: BTreeSet<usize> = windows.iter().flat_map(|window| chunks.touched(window)).collect();
        numbers.into_iter().collect()
    }
}

/// Cuts a window that goes on beyond the last pixel of a joined axis into those inside of the input.
fn split(window: Region, input: &[usize], into: &mut Vec<Region>) {
    let Some(k) = (0..window.ndim()).find(|&k| window.stop(k) > input[k]) else { return into.push(window) };
    let before = input[k] - window.start[k];
    for (start, len) in [(window.start[k], before), (0, window.shape[k] - before)] {
        let mut part = window.clone();
        (part.start[k], part.shape[k]) = (start, len.min(input[k]));
        split(part, input, into);
    }
}
