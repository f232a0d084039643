//! Executors run the blocks of a job and hand their tiles to a sink. [`Serial`] is the meaning of all others.
//!
//! The functions and types besides are for those who write one: [`compute`] and [`store`] do one block such that a panic is an
//! error that names it, [`FirstError`] and [`Stoppable`] let several workers stop at the first error of any.
//!
//! An executor that starts a thread for every third block:
//!
//! ```
//! use reproject_core::executor::{FirstError, Stoppable, compute, store};
//! use reproject_core::{ArraySink, Executor, Job, Region, Result, Tile, Watch};
//!
//! struct Three;
//!
//! impl<J: Job + ?Sized> Executor<J> for Three {
//!     fn execute(&self, job: &J, blocks: &[Region], sink: &dyn ArraySink<J::Pixel>, watch: &dyn Watch) -> Result<()> {
//!         let failure = FirstError::default();
//!         let watch = Stoppable::new(watch, &failure);
//!         let work = |first: usize| {
//!             let mut tile = Tile::empty();
//!             for block in blocks.iter().skip(first).step_by(3) {
//!                 if watch.cancelled() {
//!                     return failure.raise(reproject_core::Error::Cancelled);
//!                 }
//!                 match compute(job, block, &mut tile, &watch).and_then(|()| store(sink, &tile)) {
//!                     Ok(()) => watch.done(block),
//!                     Err(error) => return failure.raise(error),
//!                 }
//!             }
//!         };
//!         std::thread::scope(|scope| (0..3).for_each(|first| drop(scope.spawn(move || work(first)))));
//!         failure.take().map_or(Ok(()), Err)
//!     }
//! }
//!
//! let image = ndarray::array![[1.0f64, 2.0], [3.0, 5.0]].into_dyn();
//! let map = reproject_core::Axes::<2, _>::new(reproject_core::Identity);
//! let job = reproject_core::reproject::<f64, f64>(&[2, 2], map, reproject_core::Bilinear, &image)?;
//! reproject_core::laws::executor_equals_serial(&Three, &job, &[1, 1])?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod guard;

pub use guard::{FirstError, Stoppable, caught, compute, guarded, store};

use crate::{ArraySink, Error, Job, Region, Result, Tile, Watch};

/// A way of running the blocks of a job: in turn, on threads, in processes, on demand.
pub trait Executor<J: Job + ?Sized> {
    /// Runs every block and hands its tile to the sink. Blocks are begun in the order given; tiles may reach the sink in any.
    ///
    /// # Errors
    /// The first that a block or the sink meets; tiles stored before it stay in the sink.
    fn execute(
        &self,
        job: &J,
        blocks: &[Region],
        sink: &dyn ArraySink<J::Pixel>,
        watch: &dyn Watch,
    ) -> Result<()>;

    /// Runs the whole job, in [blocks that suit any executor](Job::blocks), with nobody watching.
    ///
    /// # Errors
    /// Those of [`execute`](Self::execute).
    fn run(&self, job: &J, sink: &dyn ArraySink<J::Pixel>) -> Result<()> {
        let blocks: Vec<Region> = job.blocks(None)?.iter().collect();
        self.execute(job, &blocks, sink, &())
    }
}

/// An executor that runs one block after another on the calling thread.
///
/// ```
/// use reproject_core::{Axes, Bilinear, DenseSink, Executor, Identity, Serial, reproject};
///
/// let image = ndarray::array![[1.0f32, 2.0], [3.0, 5.0]].into_dyn();
/// let job = reproject::<f32, f32>(&[2, 2], Axes::<2, _>::new(Identity), Bilinear, &image)?;
/// let mut result = image.clone();
/// Serial.run(&job, &DenseSink::new(result.view_mut()))?;
/// assert_eq!(result, image);
/// # Ok::<(), reproject_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Serial;

impl<J: Job + ?Sized> Executor<J> for Serial {
    fn execute(
        &self,
        job: &J,
        blocks: &[Region],
        sink: &dyn ArraySink<J::Pixel>,
        watch: &dyn Watch,
    ) -> Result<()> {
        let mut tile = Tile::empty();
        for block in blocks {
            if watch.cancelled() {
                return Err(Error::Cancelled);
            }
            compute(job, block, &mut tile, watch)?;
            store(sink, &tile)?;
            watch.done(block);
        }
        Ok(())
    }
}
