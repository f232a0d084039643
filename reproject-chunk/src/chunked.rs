//! Arrays that are stored in chunks: a store says how to get one, the source does the rest.

use ndarray::ArrayViewMutD;
use reproject_core::{ArraySource, Cache, CacheCounts, Error, Grid, Pixel, Region, Result};

/// An array of equal chunks, the last along every axis cut off at the array's end. All a downstream crate has to implement for
/// a format of its own.
pub trait ChunkStore: Send + Sync {
    /// A decoded chunk: an array of its own, such as [`ndarray::ArrayD`] or [`crate::RawSource`].
    type Chunk: Send + Sync;
    /// Pixels along every axis.
    fn shape(&self) -> &[usize];
    /// Pixels of a whole chunk along every axis.
    fn chunk_shape(&self) -> &[usize];
    /// Bytes of one decoded pixel.
    fn pixel_size(&self) -> usize;
    /// Decodes the chunk at `index` (counted in chunks along every axis). It must hold at least `region.shape` pixels, the part
    /// of the chunk that lies in the array; the rest is never looked at.
    ///
    /// # Errors
    /// If it cannot be had.
    fn chunk(&self, index: &[usize], region: &Region) -> Result<Self::Chunk>;
}

/// A store as a source of pixels, with a cache of decoded chunks.
pub struct ChunkedSource<S: ChunkStore> {
    store: S,
    cache: Cache<S::Chunk>,
    grid: Grid,
}

impl<S: ChunkStore> std::fmt::Debug for ChunkedSource<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChunkedSource({:?} in {:?})", self.store.shape(), self.store.chunk_shape())
    }
}

impl<S: ChunkStore> ChunkedSource<S> {
    /// A source that keeps at most `cache` bytes of decoded chunks, besides those that are being copied from.
    ///
    /// # Errors
    /// If a chunk has no pixels or another number of axes than the array.
    pub fn new(store: S, cache: usize) -> Result<Self> {
        let grid = Grid::new(store.shape(), store.chunk_shape())?;
        Ok(Self { store, cache: Cache::new(cache), grid })
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Counts of chunks decoded and found, and bytes held, so far.
    pub fn cache_counts(&self) -> CacheCounts {
        self.cache.counts()
    }

    /// The shape of the array.
    pub fn shape(&self) -> &[usize] {
        self.store.shape()
    }

    fn copy<T: Pixel>(&self, number: usize, window: &Region, out: &mut ArrayViewMutD<'_, T>) -> Result<()>
    where
        S::Chunk: ArraySource<T>,
    {
        let region = self.grid.region(number);
        let index: Vec<usize> = region.start.iter().zip(self.grid.block()).map(|(s, b)| s / b).collect();
        let bytes = region.len().saturating_mul(self.store.pixel_size());
        let chunk = self.cache.get(number, bytes, || true, || self.store.chunk(&index, &region))?;
        let common = region.intersect(window);
        let from = common.relative_to(&region.start);
        if !from.fits(chunk.shape()) {
            let why =
                format!("has shape {:?}, and its part of the array is {:?}", chunk.shape(), region.shape);
            return Err(Error::invalid(format!("chunk {index:?}"), why));
        }
        let to = common.relative_to(&window.start);
        chunk.read(&from, out.slice_mut(&to.slices()[..]))
    }
}

impl<T: Pixel, S: ChunkStore> ArraySource<T> for ChunkedSource<S>
where
    S::Chunk: ArraySource<T>,
{
    fn shape(&self) -> &[usize] {
        self.store.shape()
    }

    fn read(&self, window: &Region, mut out: ArrayViewMutD<'_, T>) -> Result<()> {
        window.check_read(self.store.shape(), out.shape())?;
        self.grid.touched(window).try_for_each(|number| self.copy(number, window, &mut out))
    }

    fn chunks(&self) -> Option<&[usize]> {
        Some(self.grid.block())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, IxDyn};
    use proptest::prelude::*;

    /// Whole chunks of an array, as a format would store them.
    struct Whole {
        array: ArrayD<f64>,
        chunk: Vec<usize>,
        short: bool,
    }

    impl ChunkStore for Whole {
        type Chunk = ArrayD<f64>;
        fn shape(&self) -> &[usize] {
            self.array.shape()
        }
        fn chunk_shape(&self) -> &[usize] {
            &self.chunk
        }
        fn pixel_size(&self) -> usize {
            8
        }
        fn chunk(&self, index: &[usize], region: &Region) -> Result<ArrayD<f64>> {
            assert!(index.iter().zip(&self.chunk).zip(&region.start).all(|((i, c), s)| i * c == *s));
            if self.short {
                return Ok(ArrayD::zeros(IxDyn(&[1, 1])));
            }
            let mut chunk = ArrayD::from_elem(IxDyn(&self.chunk), f64::NAN);
            let inside = Region::whole(&region.shape);
            chunk.slice_mut(&inside.slices()[..]).assign(&self.array.slice(&region.slices()[..]));
            Ok(chunk)
        }
    }

    fn store(shape: &[usize], chunk: &[usize], short: bool) -> Whole {
        let n: usize = shape.iter().product();
        let array = ArrayD::from_shape_vec(IxDyn(shape), (0..n).map(|i| i as f64).collect()).unwrap();
        Whole { array, chunk: chunk.to_vec(), short }
    }

    proptest! {
        #[test]
        fn windows_are_put_together(
            shape in [1usize..12, 1..12], chunk in [1usize..14, 1..14], a in [0usize..12, 0..12], b in [0usize..12, 0..12],
            cache in 0usize..2000,
        ) {
            let start: Vec<usize> = (0..2).map(|k| a[k].min(b[k]).min(shape[k])).collect();
            let size: Vec<usize> = (0..2).map(|k| a[k].max(b[k]).min(shape[k]) - start[k]).collect();
            let window = Region::new(start, size);
            let source = ChunkedSource::new(store(&shape, &chunk, false), cache).unwrap();
            let mut out = ArrayD::zeros(IxDyn(&window.shape));
            source.read(&window, out.view_mut()).unwrap();
            prop_assert_eq!(out, source.store().array.slice(&window.slices()[..]));
            prop_assert!(source.cache_counts().peak <= cache);
        }
    }

    #[test]
    fn bad_chunks_are_errors() {
        let source = ChunkedSource::new(store(&[4, 4], &[2, 2], true), 1000).unwrap();
        let mut out = ArrayD::zeros(IxDyn(&[4, 4]));
        let e = source.read(&Region::whole(&[4, 4]), out.view_mut()).unwrap_err().to_string();
        assert!(e.contains("chunk [0, 0]") && e.contains("[1, 1]"), "{e}");
        assert!(ChunkedSource::new(store(&[4, 4], &[0, 2], false), 0).is_err());
        assert!(ChunkedSource::new(store(&[4, 4], &[2], false), 0).is_err());
    }

    #[test]
    fn a_pass_in_order_decodes_every_chunk_once() {
        let source = ChunkedSource::new(store(&[64, 64], &[16, 16], false), 16 * 16 * 8 * 5).unwrap();
        for block in Grid::new(&[64, 64], &[8, 8]).unwrap().iter() {
            let mut out = ArrayD::zeros(IxDyn(&block.shape));
            source.read(&block, out.view_mut()).unwrap();
        }
        assert_eq!(source.cache_counts().made, 16);
    }
}
