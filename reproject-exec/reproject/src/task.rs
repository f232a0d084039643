//! The task that run and plan have in common: input, target and the way between them, number types, and the blocks.

use crate::grid::Target;
use crate::image::Input;
use crate::image::mask::{Mask, Source};
use crate::mapping::Mapping;
use crate::numbers::{Numbers, floating};
use crate::settings::Settings;
use crate::{Grid, Image, formats, memory};
use num_traits::NumCast;
use reproject_chunk::{Element, Fingerprint, Format};
use reproject_core::{
    ArraySource, Blanks, Budget, Cost, Error, Job as _, Nearest, PixelMap, Plan, Region, Reproject,
    Resampler, Result,
};
use std::path::Path;
use std::sync::Arc;

/// A job that has all its types.
pub(crate) type Job<I, O, R> = Reproject<I, O, Arc<dyn PixelMap>, R, Source>;

/// Everything about a job but the types of its numbers.
pub(crate) struct Task {
    pub(crate) image: Image,
    pub(crate) grid: Grid,
    pub(crate) mask: Option<Mask>,
    pub(crate) mapping: Mapping,
    pub(crate) numbers: Numbers,
    pub(crate) settings: Settings,
}

/// A job of which the type of the results is known.
pub type Typed<O> = Box<dyn reproject_core::Job<Pixel = O>>;

/// Work on a job, whatever the types of its numbers.
pub(crate) trait Work {
    fn work<I: Element, O: Element>(self, task: &Task, how: Box<dyn Resampler<I, O>>) -> Result<()>;
}

/// The order of blocks, what it costs if that is known, and the chunks of the output if it has any.
pub(crate) struct Blocks {
    pub(crate) blocks: Vec<Region>,
    pub(crate) plan: Option<(Plan, Cost)>,
    /// Who computes them.
    pub(crate) crew: Crew,
    /// Bytes of decoded chunks that each process keeps, if that is known.
    pub(crate) cache: Option<usize>,
    pub(crate) chunks: Option<Vec<usize>>,
}

impl Task {
    /// Finds out how an image goes onto a grid.
    ///
    /// # Errors
    /// With the file, HDU and rule, if anything is missing or wrong.
    pub(crate) fn new(image: &Image, grid: &Grid, settings: &Settings) -> Result<Self> {
        let (image, grid, settings) = (image.clone(), grid.clone(), settings.clone());
        let (input, memory) = (&image.input, settings.memory.map(|memory| memory / settings.openers()));
        let mask = settings.mask.as_ref().map(|named| Mask::open(named, memory, input)).transpose()?;
        let mapping = Mapping::find(input, &grid.target, settings.method, settings.roundtrip)?;
        let numbers = Numbers::new(&input.image, settings.dtype, settings.method, mask.is_some());
        Ok(Self { image, grid, mask, mapping, numbers, settings })
    }

    /// The image, opened.
    pub(crate) fn input(&self) -> &Input {
        &self.image.input
    }

    /// The grid, found.
    pub(crate) fn target(&self) -> &Target {
        &self.grid.target
    }

    /// Notes about what is odd in the headers.
    pub(crate) fn notes(&self) -> Vec<String> {
        let headers =
            [(self.input().label(), &self.input().wcs), (self.target().name.clone(), &self.target().wcs)];
        let mut notes: Vec<String> = headers
            .iter()
            .flat_map(|(name, wcs)| wcs.notes().iter().map(move |note| format!("{name}: {note}")))
            .collect();
        if let Err(why) = self.input().wcs.whole() {
            notes.push(format!("{}: the sky alone is read; {why}", self.input().label()));
        }
        notes
    }

    /// The fingerprints of the input and its mask: the same until they are written again.
    #[cfg_attr(not(all(unix, feature = "processes")), expect(dead_code, reason = "told to workers"))]
    pub(crate) fn fingerprints(&self) -> [Option<Fingerprint>; 2] {
        [self.input().image.fingerprint(), self.mask.as_ref().and_then(|mask| mask.pixels().fingerprint())]
    }

    /// Refuses what was computed of an input or mask that somebody has written meanwhile.
    ///
    /// # Errors
    /// If length or time of a file differ from what they were when it was opened.
    pub(crate) fn unchanged(&self) -> Result<()> {
        self.input().image.unchanged()?;
        self.mask.as_ref().map_or(Ok(()), |mask| mask.pixels().unchanged())
    }

    /// Does some work with the types that the numbers call for.
    ///
    /// # Errors
    /// Those of the work, and if input and target share no sphere.
    pub(crate) fn typed(&self, work: impl Work) -> Result<()> {
        let settings = &self.settings;
        macro_rules! go {
            ($i:ty, $o:ty) => {{
                let how = self.resampler::<$i, $o>()?;
                work.work::<$i, $o>(self, how)
            }};
        }
        if !self.numbers.compute.is_float() {
            if settings.blanks != Blanks::Propagate {
                let why = "integers are copied as they are, blanks and all; ask for floats with `dtype` float32 or float64";
                return Err(Error::invalid("`blanks`", why));
            }
            if self.mask.is_some() {
                let why = "integers of 64 bits are copied as they are, masked or not; ask for floats with `dtype` float64";
                return Err(Error::invalid("`mask`", why));
            }
        }
        // Few pairs: every type is read as one of these, and stored from one of these.
        match (self.numbers.read, self.numbers.compute) {
            (Format::F32, Format::F32) => go!(f32, f32),
            (Format::F32, _) => go!(f32, f64),
            (Format::F64, _) => go!(f64, f64),
            // Integers are only ever copied.
            (Format::U64, _) => work.work::<u64, u64>(self, Box::new(Nearest)),
            _ => work.work::<i64, i64>(self, Box::new(Nearest)),
        }
    }

    /// The resampler, which makes values of pixels.
    fn resampler<I: Element, O: Element>(&self) -> Result<Box<dyn Resampler<I, O>>> {
        let Settings { method, blanks, footprint, adaptive, .. } = &self.settings;
        let (input, output) = (&self.input().celestial, &self.target().celestial);
        Ok(method.with(*blanks, footprint.unwrap_or_default(), adaptive, input, output)?.resampler())
    }

    /// The job whose results are floating-point numbers of a type.
    ///
    /// # Errors
    /// If `O` is a type of integers, or as [`typed`](Self::typed).
    pub(crate) fn floating<O: Element>(&self) -> Result<Typed<O>> {
        if O::BLANK.is_none() {
            let why = "integers have no NaN for pixels without input; ask for f32 or f64, or write a file with a dtype";
            return Err(Error::invalid("type", why));
        }
        let image = &self.input().image;
        let fine = image.encoding().scale.is_some() || floating(image.format()) == Format::F64;
        Ok(match fine {
            true => Box::new(self.job::<f64, O, _>(self.resampler::<f64, O>()?, None)?),
            false => Box::new(self.job::<f32, O, _>(self.resampler::<f32, O>()?, None)?),
        })
    }

    /// The job, with a cache of decoded chunks.
    ///
    /// # Errors
    /// If shapes do not fit.
    pub(crate) fn job<I: Element, O: Element, R: Resampler<I, O>>(
        &self,
        how: R,
        cache: Option<usize>,
    ) -> Result<Job<I, O, R>> {
        let blank = self.numbers.blank;
        let mut image = self.input().image.clone();
        // What the input's own blank pixels become when they are read as integers.
        if let Some(blank) = blank {
            image = image.with_fill(blank)?;
        }
        if let Some(bytes) = cache {
            image = image.with_cache(bytes)?;
        }
        let image = match &self.mask {
            None => Source::Whole(Box::new(image)),
            Some(mask) => mask.over::<I>(image)?,
        };
        let fill = O::BLANK.or_else(|| blank.and_then(<O as NumCast>::from)).unwrap_or_default();
        Reproject::with_fill(&self.mapping.shape, self.mapping.map.clone(), how, image, fill)
    }

    /// Bytes of memory that each process holds whatever is worked on: headers, tables, what is inflated, and the mask; and the
    /// most while they were read.
    pub(crate) fn held(&self) -> [usize; 2] {
        let image = &self.input().image;
        let [tables, reading] = [0, 1].map(|k| self.input().wcs.held()[k] + self.target().wcs.held()[k]);
        let own = image.held() + image.headers() + self.mask.as_ref().map_or(0, Mask::held);
        [own + tables, own + reading]
    }

    /// The blocks of the output. They are planned where that is asked for, memory is limited or the input has chunks.
    ///
    /// # Errors
    /// If they do not fit into the memory.
    pub(crate) fn blocks<I: Element, O: Element>(
        &self,
        output: Option<&Path>,
        how: &dyn Resampler<I, O>,
        planned: bool,
    ) -> Result<Blocks> {
        let (job, settings) = (self.job(how, None)?, &self.settings);
        let shape = &self.mapping.shape;
        let input = ArraySource::<I>::chunks(job.source());
        let chunks = formats::chunks(settings, output, shape, input)?;
        let block = settings.block(shape).map(|block| {
            // A chunk that is written in parts is coded again for each.
            let whole = |(side, chunk): (&usize, &usize)| side.next_multiple_of(*chunk);
            match &chunks {
                Some(chunks) => block.iter().zip(chunks).map(whole).collect(),
                None => block,
            }
        });
        let crew = Crew::new(settings)?;
        if !planned && settings.memory.is_none() && input.is_none() && chunks.is_none() {
            let grid = job.blocks(block.as_deref())?;
            return Ok(Blocks { blocks: grid.regions()?, plan: None, crew, cache: None, chunks });
        }
        let budget = Budget {
            memory: None,
            threads: 1,
            block,
            chunks: chunks.clone(),
            sink_bytes: formats::sink_bytes(output, self.numbers.store.size()),
            extra_bytes: self.mask.as_ref().map_or(0, Mask::extra_bytes),
        };
        // What headers, tables, an inflated input and a mask take, nothing else can have.
        let [held_by_input, reading] = self.held();
        let processes = settings.openers();
        let left = |limit| memory::less_input(limit, held_by_input, reading, processes);
        let memory = settings.memory.map(left).transpose()?;
        let (plan, cost, crew) = crew.within(&job, budget, memory)?;
        let blocks = plan.blocks.iter().map(|b| b.block.clone()).collect();
        let cache = Some(cost.cache / crew.processes());
        Ok(Blocks { blocks, plan: Some((plan, cost)), crew, cache, chunks })
    }
}

/// Who computes the blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crew {
    Threads(usize),
    Processes(usize),
}

/// The error of a build that has no worker processes.
pub(crate) fn no_processes() -> Error {
    Error::invalid("processes", "this build has no worker processes; compute in threads")
}

/// Tiles of a worker that wait in memory, with their weights, until the parent takes them over.
const WAITING: usize = 2;

impl Crew {
    fn new(settings: &Settings) -> Result<Self> {
        let here = || std::thread::available_parallelism().map_or(1, |n| n.get());
        match settings.processes {
            Some(_) if cfg!(not(all(unix, feature = "processes"))) => Err(no_processes()),
            Some(n) => Ok(Crew::Processes(n.get())),
            None => Ok(Crew::Threads(settings.threads.map_or_else(here, |n| n.get()))),
        }
    }

    /// Processes that open the input.
    fn processes(self) -> usize {
        match self {
            Crew::Threads(_) => 1,
            Crew::Processes(n) => n,
        }
    }

    /// The plan that fits into so many bytes of memory, and as many of the crew as it takes.
    fn within<I: Element, O: Element, R: Resampler<I, O>>(
        self,
        job: &Job<I, O, R>,
        budget: Budget,
        limit: Option<usize>,
    ) -> Result<(Plan, Cost, Self)> {
        // Where the memory is too little for all of them, there are fewer.
        let fewer = |of: usize, share: &dyn Fn(usize) -> Result<(Plan, Cost)>| {
            let (mut n, mut planned) = (of, share(of));
            while planned.is_err() && n > 1 {
                n = if limit.is_some() { n - n.div_ceil(8) } else { 1 };
                planned = share(n);
            }
            planned.map(|(plan, cost)| (plan, cost, n))
        };
        let workers = match self {
            Crew::Threads(threads) => {
                let (plan, cost, threads) = fewer(threads, &|threads| {
                    let memory = limit.map(|limit| memory::for_pixels(limit, threads)).transpose()?;
                    Plan::within(job, &Budget { memory, threads, ..budget.clone() })
                })?;
                let crew = Crew::Threads(cost.in_flight.clamp(1, threads));
                return Ok((plan, cost, crew));
            }
            Crew::Processes(workers) => workers,
        };
        let held = budget.sink_bytes + WAITING * (size_of::<O>() + size_of::<f64>());
        // Each process takes its share of the memory.
        let (plan, mut cost, workers) = fewer(workers, &|n| {
            let each = |limit| memory::for_pixels(memory::for_pixels(limit, 0)? / n, 1);
            let memory = limit.map(each).transpose()?;
            Plan::within(job, &Budget { memory, threads: 1, sink_bytes: held, ..budget.clone() })
        })?;
        (cost.in_flight, cost.cache, cost.peak) = (workers, cost.cache * workers, cost.peak * workers);
        Ok((plan, cost, Crew::Processes(workers)))
    }
}
