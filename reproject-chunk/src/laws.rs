//! What every [`ChunkStore`] must obey, as a function that returns the first violation: for the tests of your own.

use crate::{ChunkStore, ChunkedSource};
use ndarray::{ArrayD, IxDyn};
use reproject_core::laws::{Violation, source_reads_windows};
use reproject_core::{ArraySource, Grid, Pixel, Region};

const LAW: &str = "a store holds its chunks";

fn broken(what: impl Into<String>) -> Violation {
    Violation { law: LAW, what: what.into() }
}

/// Every chunk holds its part of the array, is the same whenever it is asked for, and in whatever order; windows across chunks,
/// of a few sizes, hold the pixels of the whole, without a cache and with one. All of the array is read several times.
///
/// ```
/// # use ndarray::{ArrayD, IxDyn};
/// # use reproject_chunk::{ChunkStore, laws::store_holds_its_chunks};
/// # use reproject_core::{Region, Result};
/// /// Chunks of 3 × 4 numbers, each the sum of its row and column.
/// struct Sums;
/// impl ChunkStore for Sums {
///     type Chunk = ArrayD<f64>;
///     fn shape(&self) -> &[usize] { &[7, 9] }
///     fn chunk_shape(&self) -> &[usize] { &[3, 4] }
///     fn pixel_size(&self) -> usize { 8 }
///     fn chunk(&self, index: &[usize], _: &Region) -> Result<ArrayD<f64>> {
///         Ok(ArrayD::from_shape_fn(IxDyn(&[3, 4]), |at| (3 * index[0] + at[0] + 4 * index[1] + at[1]) as f64))
///     }
/// }
/// store_holds_its_chunks::<f64, _>(Sums).unwrap();
/// ```
///
/// # Errors
/// The first chunk or window for which it does not hold, or that cannot be had.
pub fn store_holds_its_chunks<T: Pixel, S: ChunkStore>(store: S) -> Result<(), Violation>
where
    S::Chunk: ArraySource<T>,
{
    let block = store.chunk_shape().to_vec();
    let grid = Grid::new(store.shape(), &block).map_err(|e| broken(e.to_string()))?;
    // Without a cache every read asks the store again.
    let source = ChunkedSource::new(store, 0).map_err(|e| broken(e.to_string()))?;
    let read = |region: &Region| {
        let mut pixels = ArrayD::from_elem(IxDyn(&region.shape), T::default());
        source.read(region, pixels.view_mut()).map_err(|e| broken(format!("{region}: {e}")))?;
        Ok(pixels)
    };
    let there: Vec<ArrayD<T>> = grid.iter().map(|region| read(&region)).collect::<Result<_, _>>()?;
    for (number, before) in there.iter().enumerate().rev() {
        let (region, again) = (grid.region(number), read(&grid.region(number))?);
        if !again.iter().zip(before).all(|(a, b)| a == b || a.is_blank() && b.is_blank()) {
            return Err(broken(format!("chunk {region} is another when it is asked for again")));
        }
    }
    let across: Vec<usize> = block.iter().map(|n| n + 1).collect();
    source_reads_windows::<T>(&source, &across)?;
    let within: Vec<usize> = across.iter().map(|n| n.div_ceil(3)).collect();
    let cached = ChunkedSource::new(source.into_store(), usize::MAX).map_err(|e| broken(e.to_string()))?;
    source_reads_windows::<T>(&cached, &within)
}
