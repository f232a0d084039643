//! Where pixels come from and where they go: arrays of any dimension, read and written box by box.

use crate::{Error, Pixel, Region, Result, sides};
use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, Axis, IxDyn};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Pixels of a window that are already in memory: a slice and the steps through it.
#[derive(Clone, Debug)]
pub struct Strided<'a, T> {
    /// The window's first pixel is `data[0]`; the slice holds every pixel of it.
    pub data: &'a [T],
    /// Elements from one pixel to the next along every axis.
    pub strides: Vec<usize>,
}

/// A source of pixels: an array that is read window by window.
pub trait ArraySource<T: Pixel>: Send + Sync {
    /// Pixels along every axis, in array order.
    fn shape(&self) -> &[usize];
    /// Copies a window into `out`, which has the window's shape.
    ///
    /// # Errors
    /// If the pixels cannot be had, or the window does not [fit](Region::fits).
    fn read(&self, window: &Region, out: ArrayViewMutD<'_, T>) -> Result<()>;
    /// A hint: the window, if it is in memory as `T` already.
    fn resident(&self, _window: &Region) -> Option<Strided<'_, T>> {
        None
    }
    /// A hint: the natural unit of reading.
    fn chunks(&self) -> Option<&[usize]> {
        None
    }
}

impl Region {
    /// Refuses a box that does not [fit](Region::fits) into an array of `shape`; the error calls it `what`.
    ///
    /// # Errors
    /// If a pixel lies beyond the array, or it has another number of axes.
    pub fn check(&self, what: &str, shape: &[usize]) -> Result<()> {
        if self.fits(shape) {
            return Ok(());
        }
        Err(Error::invalid(what, format!("{self} reaches beyond an array of {} pixels", sides(shape))))
    }

    /// Refuses to read this window of an array of `shape` into an array of shape `out`, if the two do not fit.
    ///
    /// # Errors
    /// If the window reaches beyond the array, or has another shape than `out`.
    pub fn check_read(&self, shape: &[usize], out: &[usize]) -> Result<()> {
        self.check("window", shape)?;
        if out == self.shape {
            return Ok(());
        }
        Err(Error::Shape { what: "window", expected: self.shape.clone(), found: out.to_vec() })
    }
}

/// A sink of pixels: an array that is written tile by tile. Tiles never overlap; they may arrive from many threads in any order.
pub trait ArraySink<T: Pixel>: Send + Sync {
    /// Pixels along every axis, in array order.
    fn shape(&self) -> &[usize];
    /// Stores a tile.
    ///
    /// # Errors
    /// If it cannot be stored, or does not [fit](Region::fits).
    fn write(&self, tile: &Tile<T>) -> Result<()>;
    /// A hint: the natural unit of writing.
    fn chunks(&self) -> Option<&[usize]> {
        None
    }
    /// A hint: where other processes may write tiles themselves, if the output is stored as numbers of type `T`. Each region
    /// written there is then [reported](ArraySink::written).
    fn map(&self) -> Option<SharedMap> {
        None
    }
    /// Counts a tile as stored that another process has written through [`map`](ArraySink::map).
    ///
    /// # Errors
    /// If the sink keeps a record and cannot.
    fn written(&self, _region: &Region) -> Result<()> {
        Ok(())
    }
}

/// The places of the arrays of an output, where other processes write tiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedMap {
    /// The values.
    pub data: Place,
    /// The coverage, as float32 or float64, if it is kept.
    pub weight: Option<Place>,
}

/// An array in C order without gaps, somewhere in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The byte where the first pixel starts.
    pub offset: u64,
    /// Bytes of a number.
    pub size: usize,
    /// Whether the highest byte of a number comes first.
    pub big_endian: bool,
}

macro_rules! pointers { ($($p:ty),*) => {$(
    impl<T: Pixel, S: ArraySource<T> + ?Sized> ArraySource<T> for $p {
        fn shape(&self) -> &[usize] { (**self).shape() }
        fn read(&self, window: &Region, out: ArrayViewMutD<'_, T>) -> Result<()> { (**self).read(window, out) }
        fn resident(&self, window: &Region) -> Option<Strided<'_, T>> { (**self).resident(window) }
        fn chunks(&self) -> Option<&[usize]> { (**self).chunks() }
    }
)*} }
pointers!(&S, Box<S>, std::sync::Arc<S>);

/// An owned block of results: values, and how much input went into each.
#[derive(Clone, Debug)]
pub struct Tile<T> {
    /// Where it belongs in the output.
    pub region: Region,
    /// The values; the fill value where nothing is known.
    pub data: ArrayD<T>,
    /// Coverage, 0 to 1: how much of the pixel lies on the input. A blank *input* pixel counts as coverage.
    pub weight: ArrayD<f64>,
}

impl<T: Pixel> Tile<T> {
    /// A tile in which nothing is known yet: data `fill`, weight 0.
    pub fn blank(region: Region, fill: T) -> Self {
        let shape = IxDyn(&region.shape);
        Tile { data: ArrayD::from_elem(shape.clone(), fill), weight: ArrayD::zeros(shape), region }
    }

    /// A tile of no pixels, to be [reset](Self::reset) for the first block.
    pub fn empty() -> Self {
        Self::blank(Region::whole(&[0]), T::default())
    }

    /// Makes the tile blank for another region, in the same memory.
    pub fn reset(&mut self, region: &Region, fill: T) {
        fn again<V: Clone>(array: &mut ArrayD<V>, shape: &[usize], fill: V) {
            let empty = ArrayD::from_shape_vec(IxDyn(&[0]), Vec::new()).expect("nothing fits nothing");
            let (mut values, _) = std::mem::replace(array, empty).into_raw_vec_and_offset();
            values.clear();
            values.resize(shape.iter().product(), fill);
            *array = ArrayD::from_shape_vec(IxDyn(shape), values).expect("as many values as pixels");
        }
        again(&mut self.data, &region.shape, fill);
        again(&mut self.weight, &region.shape, 0.0);
        self.region = region.clone();
    }

    /// The part of the tile that lies in `region` (counted in the output), to be written.
    pub fn patch(&mut self, region: &Region) -> Patch<'_, T> {
        let slices = region.relative_to(&self.region.start).slices();
        Patch { data: self.data.slice_mut(&slices[..]), weight: self.weight.slice_mut(&slices[..]) }
    }
}

/// A part of a [`Tile`] that a resampler writes. It arrives blank: data fill, weight 0.
#[derive(Debug)]
pub struct Patch<'a, T> {
    /// The values.
    pub data: ArrayViewMutD<'a, T>,
    /// Coverage, as [`Tile::weight`].
    pub weight: ArrayViewMutD<'a, f64>,
}

impl<T> Patch<'_, T> {
    /// The parts before entry `index` of an axis and from there on.
    pub(crate) fn split_at(self, axis: usize, index: usize) -> [Self; 2] {
        let (data, weight) = (self.data.split_at(Axis(axis), index), self.weight.split_at(Axis(axis), index));
        [Patch { data: data.0, weight: weight.0 }, Patch { data: data.1, weight: weight.1 }]
    }
}

/// The window of the input that a resampler sees.
#[derive(Clone, Debug)]
pub struct View<'a, T> {
    /// The window, counted in the input. Along an axis that [closes](crate::Topology) it may go on beyond the last pixel
    /// with the first ones, if the resampler [asked for it](crate::Coords::window_across).
    pub window: Region,
    /// The shape of the whole input: what lies beyond it does not exist, what lies beyond the window was not asked for.
    pub full: &'a [usize],
    /// The window's pixels; `data[0]` is its first.
    pub data: &'a [T],
    /// Elements from one pixel to the next along every axis.
    pub strides: Vec<usize>,
}

impl<T: Pixel> View<'_, T> {
    /// Elements of `data` from the window's first pixel to pixel `index` of the input along `axis`; `None` if the window
    /// does not hold it.
    pub fn tap(&self, axis: usize, index: usize) -> Option<usize> {
        let (start, len, full) = (self.window.start[axis], self.window.shape[axis], self.full[axis]);
        let inside = if index >= start { index - start } else { (index + full).checked_sub(start)? };
        (index < full && inside < len).then(|| inside * self.strides[axis])
    }

    /// The window as an ndarray view.
    ///
    /// # Panics
    /// If `data` does not hold the window, which would be an error of the source.
    pub fn array(&self) -> ArrayViewD<'_, T> {
        use ndarray::ShapeBuilder;
        ArrayViewD::from_shape(IxDyn(&self.window.shape).strides(IxDyn(&self.strides)), self.data)
            .expect("a source's view holds its window")
    }
}

/// A watch over a run: it hears of progress and says when to stop. Polled per block, and per row inside long blocks.
pub trait Watch: Send + Sync {
    /// A block is finished and stored.
    fn done(&self, block: &Region);
    /// Whether the run should stop.
    fn cancelled(&self) -> bool;
    /// Input pixels of so many bytes were looked at.
    fn read(&self, _bytes: u64) {}
}

/// Nobody watches.
impl Watch for () {
    fn done(&self, _: &Region) {}
    fn cancelled(&self) -> bool {
        false
    }
}
