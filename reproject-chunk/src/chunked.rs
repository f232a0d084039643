//! Arrays that are stored in chunks: a store says how to get one, the source does the rest.

use ndarray::ArrayViewMutD;
use reproject_core::{ArraySource, Cache, CacheCounts, Error, Grid, Pixel, Region, Result};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::Builder;

/// An array of equal chunks, the last along every axis cut off at the array's end. All a downstream crate has to implement for
/// a format of its own, such as chunks under names of their own on a server:
///
/// ```
/// use ndarray::ArrayD;
/// use reproject_chunk::{ChunkStore, ChunkedSource};
/// use reproject_core::{ArraySource, Error, Region, Result};
/// use std::io::{self, Read, Write};
/// use std::net::{SocketAddr, TcpStream};
/// # // A server whose chunk i, j holds the number i + 10 j everywhere.
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let address = listener.local_addr()?;
/// # std::thread::spawn(move || {
/// #     for stream in listener.incoming() {
/// #         let (mut stream, mut request) = (stream.unwrap(), [0; 64]);
/// #         let n = stream.read(&mut request).unwrap();
/// #         let name = String::from_utf8_lossy(&request[..n]).into_owned();
/// #         let at: Vec<f32> = name[7..].split([' ', '/']).map_while(|word| word.parse().ok()).collect();
/// #         let body: Vec<u8> = [at[0] + 10.0 * at[1]; 100 * 100].iter().flat_map(|v| v.to_le_bytes()).collect();
/// #         stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n").and_then(|()| stream.write_all(&body)).unwrap();
/// #     }
/// # });
///
/// struct Remote(SocketAddr);
///
/// impl ChunkStore for Remote {
///     type Chunk = ArrayD<f32>;
///     fn shape(&self) -> &[usize] { &[400, 600] }
///     fn chunk_shape(&self) -> &[usize] { &[100, 100] }
///     fn pixel_size(&self) -> usize { 4 }
///     fn at_once(&self) -> usize { 16 } // to wait for many answers takes no longer than for one
///     fn chunk(&self, index: &[usize], _: &Region) -> Result<ArrayD<f32>> {
///         let name = format!("c/{}/{}", index[0], index[1]);
///         let bytes = self.get(&name).map_err(|e| Error::file(&name, e))?;
///         let pixels = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
///         ArrayD::from_shape_vec(vec![100, 100], pixels).map_err(|e| Error::invalid(name, e.to_string()))
///     }
/// }
///
/// impl Remote {
///     fn get(&self, name: &str) -> io::Result<Vec<u8>> {
///         let (mut stream, mut answer) = (TcpStream::connect(self.0)?, Vec::new());
///         stream.write_all(format!("GET /{name} HTTP/1.0\r\n\r\n").as_bytes())?;
///         stream.read_to_end(&mut answer)?;
///         let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
///         if !answer.starts_with(b"HTTP/1.0 200") {
///             return Err(io::Error::other(String::from_utf8_lossy(&answer[..end]).into_owned()));
///         }
///         Ok(answer.split_off(end + 4))
///     }
/// }
///
/// let source = ChunkedSource::new(Remote(address), 64 << 20)?;
/// let mut window = ArrayD::<f32>::zeros(vec![150, 250]);
/// source.read(&Region::new([50, 150], [150, 250]), window.view_mut())?;
/// assert_eq!((window[[0, 0]], window[[149, 249]]), (10.0, 31.0));
/// assert_eq!(source.cache_counts().made, 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// Chunks that one read may ask for at a time, each from a thread of its own: more than one where they are waited for, as on
    /// a network, rather than decoded.
    fn at_once(&self) -> usize {
        1
    }
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

    /// The store, without its cache.
    pub fn into_store(self) -> S {
        self.store
    }

    /// Counts of chunks decoded and found, and bytes held, so far.
    pub fn cache_counts(&self) -> CacheCounts {
        self.cache.counts()
    }

    /// The shape of the array.
    pub fn shape(&self) -> &[usize] {
        self.store.shape()
    }

    fn index(&self, region: &Region) -> Vec<usize> {
        region.start.iter().zip(self.grid.block()).map(|(s, b)| s / b).collect()
    }

    fn chunk(&self, number: usize) -> Result<Arc<S::Chunk>> {
        let region = self.grid.region(number);
        let bytes = region.len().saturating_mul(self.store.pixel_size());
        self.cache.get(number, bytes, || true, || self.store.chunk(&self.index(&region), &region))
    }

    /// Some chunks together.
    fn together(&self, numbers: &[usize]) -> Result<Vec<Arc<S::Chunk>>> {
        if let [number] = numbers {
            return Ok(vec![self.chunk(*number)?]);
        }
        std::thread::scope(|scope| {
            let ask =
                |&number: &usize| (number, Builder::new().spawn_scoped(scope, move || self.chunk(number)));
            let asked: Vec<_> = numbers.iter().map(ask).collect();
            let joined = asked.into_iter().map(|(number, thread)| match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                // The system has no more threads: one after the other is slower, no more.
                Err(_) => self.chunk(number),
            });
            joined.collect()
        })
    }

    fn copy<T: Pixel>(
        &self,
        number: usize,
        chunk: &S::Chunk,
        window: &Region,
        out: &mut ArrayViewMutD<'_, T>,
    ) -> Result<()>
    where
        S::Chunk: ArraySource<T>,
    {
        let region = self.grid.region(number);
        let common = region.intersect(window);
        let from = common.relative_to(&region.start);
        if !from.fits(chunk.shape()) {
            let why =
                format!("has shape {:?}, and its part of the array is {:?}", chunk.shape(), region.shape);
            return Err(Error::invalid(format!("chunk {:?}", self.index(&region)), why));
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
        let numbers: Vec<usize> = self.grid.touched(window).collect();
        for numbers in numbers.chunks(self.store.at_once().max(1)) {
            for (&number, chunk) in numbers.iter().zip(self.together(numbers)?) {
                self.copy(number, &chunk, window, &mut out)?;
            }
        }
        Ok(())
    }

    fn chunks(&self) -> Option<&[usize]> {
        Some(self.grid.block())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::store_holds_its_chunks;
    use ndarray::{ArrayD, IxDyn};
    use proptest::prelude::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Whole chunks of an array, as a format would store them.
    struct Whole {
        array: ArrayD<f64>,
        chunk: Vec<usize>,
        short: bool,
        at_once: usize,
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
        fn at_once(&self) -> usize {
            self.at_once
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

    /// Chunks that are filled with a number when they are asked for.
    struct Made<F> {
        shape: [usize; 2],
        chunk: [usize; 2],
        at_once: usize,
        make: F,
    }

    impl<F: Fn(&[usize]) -> f64 + Send + Sync> ChunkStore for Made<F> {
        type Chunk = ArrayD<f64>;
        fn shape(&self) -> &[usize] {
            &self.shape
        }
        fn chunk_shape(&self) -> &[usize] {
            &self.chunk
        }
        fn pixel_size(&self) -> usize {
            8
        }
        fn at_once(&self) -> usize {
            self.at_once
        }
        fn chunk(&self, index: &[usize], _: &Region) -> Result<ArrayD<f64>> {
            Ok(ArrayD::from_elem(IxDyn(&self.chunk), (self.make)(index)))
        }
    }

    fn store(shape: &[usize], chunk: &[usize], short: bool) -> Whole {
        let n: usize = shape.iter().product();
        let array = ArrayD::from_shape_vec(IxDyn(shape), (0..n).map(|i| i as f64).collect()).unwrap();
        Whole { array, chunk: chunk.to_vec(), short, at_once: 1 }
    }

    proptest! {
        #[test]
        fn windows_are_put_together(
            shape in [1usize..12, 1..12], chunk in [1usize..14, 1..14], a in [0usize..12, 0..12], b in [0usize..12, 0..12],
            cache in 0usize..2000, at_once in 0usize..7,
        ) {
            let start: Vec<usize> = (0..2).map(|k| a[k].min(b[k]).min(shape[k])).collect();
            let size: Vec<usize> = (0..2).map(|k| a[k].max(b[k]).min(shape[k]) - start[k]).collect();
            let window = Region::new(start, size);
            let store = Whole { at_once, ..store(&shape, &chunk, false) };
            let source = ChunkedSource::new(store, cache).unwrap();
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
    fn the_law_holds_and_finds_what_breaks_it() {
        store_holds_its_chunks::<f64, _>(store(&[5, 11], &[2, 4], false)).unwrap();
        store_holds_its_chunks::<f64, _>(Whole { at_once: 3, ..store(&[5, 11], &[2, 4], false) }).unwrap();
        let e = store_holds_its_chunks::<f64, _>(store(&[4, 4], &[2, 2], true)).unwrap_err().to_string();
        assert!(e.contains("chunk [0, 0]") && e.contains("[1, 1]"), "{e}");

        let count = AtomicU32::new(0);
        let fickle = Made {
            shape: [4, 4],
            chunk: [2, 4],
            at_once: 1,
            make: |_: &[usize]| f64::from(count.fetch_add(1, Ordering::Relaxed)),
        };
        let e = store_holds_its_chunks::<f64, _>(fickle).unwrap_err().to_string();
        assert!(e.contains("another when it is asked for again"), "{e}");
    }

    #[test]
    fn chunks_of_one_read_are_waited_for_together() {
        // No chunk is given before a second one is asked for.
        let second = Barrier::new(2);
        let make = |index: &[usize]| {
            second.wait();
            index[1] as f64
        };
        let slow = Made { shape: [2, 4], chunk: [2, 2], at_once: 2, make };
        let source = ChunkedSource::new(slow, 0).unwrap();
        let mut out = ArrayD::zeros(IxDyn(&[2, 4]));
        source.read(&Region::whole(&[2, 4]), out.view_mut()).unwrap();
        assert_eq!(out.iter().copied().collect::<Vec<f64>>(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
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
