//! One block after another, on the calling thread: the meaning of every other executor.

use crate::failure::{compute, store};
use reproject_core::{ArraySink, Error, Executor, Job, Pixel, Region, Result, Tile, Watch};

/// One block after another, on the calling thread.
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
        let mut tile = empty();
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

/// A tile of no pixels, to be reset for the first block.
pub(crate) fn empty<T: Pixel>() -> Tile<T> {
    Tile::blank(Region::whole(&[0]), T::default())
}
