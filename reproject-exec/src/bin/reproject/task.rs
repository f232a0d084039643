//! What run and plan have in common: input, target and the way between them, number types, and the blocks.

use crate::args::What;
use crate::dtype::Numbers;
use crate::image::Input;
use crate::memory;
use crate::output;
use crate::pixels::Pixels;
use crate::target::Target;
use crate::way::Way;
use num_traits::NumCast;
use reproject_chunk::{Element, Format};
use reproject_core::{
    ArraySource, Cost, Grid, Nearest, PixelMap, Plan, Region, Reproject, Resampler, Result, Room,
};
use std::path::Path;

/// A job of the command.
pub(crate) type Job<'a, I, O> = Reproject<I, O, &'a dyn PixelMap, &'a dyn Resampler<I, O>, Pixels>;

/// Everything about a job but the types of its numbers.
pub(crate) struct Task {
    pub(crate) input: Input,
    pub(crate) target: Target,
    pub(crate) way: Way,
    pub(crate) numbers: Numbers,
}

/// What is done with a job, whatever the types of its numbers.
pub(crate) trait Work {
    fn work<I: Element, O: Element>(self, task: &Task, how: &dyn Resampler<I, O>) -> Result<()>;
}

/// The order of blocks, what it costs if that is known, and the chunks of the output if it has any.
pub(crate) struct Blocks {
    pub(crate) blocks: Vec<Region>,
    pub(crate) plan: Option<(Plan, Cost)>,
    pub(crate) chunks: Option<Vec<usize>>,
}

impl Task {
    /// Finds out what arguments mean.
    ///
    /// # Errors
    /// With the file, HDU and rule, if anything is missing or wrong.
    pub(crate) fn new(args: &What) -> Result<Self> {
        let input = Input::open(args)?;
        let target = Target::find(&args.to, &input)?;
        let way = Way::find(&input, &target, args.order, !args.no_roundtrip)?;
        let numbers = Numbers::new(&input.image, args.dtype, args.order);
        Ok(Self { input, target, way, numbers })
    }

    /// Does some work with the types that the numbers call for.
    ///
    /// # Errors
    /// Those of the work, or if input and target share no sphere.
    pub(crate) fn typed(&self, args: &What, work: impl Work) -> Result<()> {
        macro_rules! go {
            ($i:ty, $o:ty) => {{
                let how = args.order.resampler::<$i, $o>(&self.input.celestial, &self.target.celestial)?;
                work.work::<$i, $o>(self, &*how)
            }};
        }
        // Few pairs: every type is read as one of these, and stored from one of these.
        match (self.numbers.read, self.numbers.compute) {
            (Format::F32, Format::F32) => go!(f32, f32),
            (Format::F32, _) => go!(f32, f64),
            (Format::F64, _) => go!(f64, f64),
            // Integers are only ever copied.
            (Format::U64, _) => work.work::<u64, u64>(self, &Nearest),
            _ => work.work::<i64, i64>(self, &Nearest),
        }
    }

    /// The job, with a cache of decoded chunks.
    ///
    /// # Errors
    /// If shapes do not fit.
    pub(crate) fn job<'a, I: Element, O: Element>(
        &'a self,
        how: &'a dyn Resampler<I, O>,
        cache: Option<usize>,
    ) -> Result<Job<'a, I, O>> {
        let blank = self.numbers.blank;
        let mut image = self.input.image.clone();
        if let Some(bytes) = cache {
            image = image.with_cache(bytes)?;
        }
        // What the input's own blank pixels become when they are read as integers.
        if let Some(blank) = blank {
            image = image.with_fill(blank.into())?;
        }
        let fill = O::BLANK.or_else(|| blank.and_then(<O as NumCast>::from)).unwrap_or_default();
        Reproject::with_fill(&self.way.shape, &*self.way.map, how, image, fill)
    }

    /// The blocks of the output. They are planned where that is asked for, memory is limited or the input has chunks.
    ///
    /// # Errors
    /// If they do not fit into the memory.
    pub(crate) fn blocks<I: Element, O: Element>(
        &self,
        args: &What,
        output: Option<&Path>,
        how: &dyn Resampler<I, O>,
        threads: usize,
        planned: bool,
    ) -> Result<Blocks> {
        let job = self.job(how, None)?;
        let shape = &self.way.shape;
        let input = ArraySource::<I>::chunks(job.source());
        let chunks = output::chunks(args, output, shape, input);
        let block = args.block.map(|sides| {
            let mut block = vec![1; shape.len()];
            block[shape.len() - 2..].copy_from_slice(&sides);
            block
        });
        if !planned && args.memory.is_none() && input.is_none() && chunks.is_none() {
            let grid = block.map_or_else(|| Ok(Grid::automatic(shape)), |block| Grid::new(shape, &block))?;
            return Ok(Blocks { blocks: grid.iter().collect(), plan: None, chunks });
        }
        let room = Room {
            memory: args.memory.map(|limit| memory::for_pixels(limit, threads)),
            threads,
            block,
            chunks: chunks.clone(),
            held: output::held(output, self.numbers.store.size()),
        };
        let (plan, cost) = Plan::within(&job, &room)?;
        let blocks = plan.blocks.iter().map(|b| b.block.clone()).collect();
        Ok(Blocks { blocks, plan: Some((plan, cost)), chunks })
    }
}

/// The number of threads to use.
pub(crate) fn threads(args: &What) -> usize {
    let here = || std::thread::available_parallelism().map_or(1, |n| n.get());
    args.threads.map_or_else(here, |n| n.get())
}
