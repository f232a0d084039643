//! Numbers anywhere in memory or in a mapped file, of any type, byte order, alignment and strides, as a source of pixels.

use crate::decode::{Encoding, Unfit, decode};
use crate::element::Element;
use crate::mmap::Bytes;
use ndarray::{ArrayD, ArrayViewMutD, Axis};
use reproject_core::{ArraySource, Error, Region, Result, Strided};
use std::sync::Arc;

/// An array of stored numbers. A source of every pixel type that can hold them.
#[derive(Clone)]
pub struct RawSource {
    owner: Arc<dyn Bytes>,
    start: usize,
    shape: Vec<usize>,
    strides: Vec<isize>,
    encoding: Encoding,
    fill: Option<i128>,
    name: String,
}

impl std::fmt::Debug for RawSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawSource({}, {:?}, {})", self.name, self.shape, self.encoding.format)
    }
}

/// Numbers that are their own bytes.
struct Owned<T>(Vec<T>);

impl<T: Element> Bytes for Owned<T> {
    fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
    fn held(&self) -> usize {
        size_of_val(&self.0[..])
    }
}

impl RawSource {
    /// An array whose first pixel starts `start` bytes into `owner`; `strides` are bytes from one pixel to the next along
    /// every axis, of either sign. `name` is how errors call it.
    ///
    /// # Errors
    /// If any pixel would lie outside the bytes.
    pub fn new(
        name: impl Into<String>,
        owner: Arc<dyn Bytes>,
        start: usize,
        shape: &[usize],
        strides: &[isize],
        encoding: Encoding,
    ) -> Result<Self> {
        let name = name.into();
        if strides.len() != shape.len() {
            let why = format!("{} strides for {} axes", strides.len(), shape.len());
            return Err(Error::invalid(name, why));
        }
        let length = owner.bytes().len() as i128;
        let empty = shape.contains(&0);
        let (mut low, mut high) = (start as i128, start as i128 + encoding.format.size() as i128);
        for (&n, &s) in shape.iter().zip(strides) {
            let reach = (n as i128 - 1).saturating_mul(s as i128);
            *(if s < 0 { &mut low } else { &mut high }) += reach.clamp(-(1 << 100), 1 << 100);
        }
        if !empty && (low < 0 || high > length) {
            let why = format!(
                "an array of shape {shape:?} in {} reaches from byte {low} to {high}, and there are {length}",
                encoding.format
            );
            return Err(Error::invalid(name, why));
        }
        Ok(Self {
            owner,
            start,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            encoding,
            fill: None,
            name,
        })
    }

    /// An array in C order without gaps.
    ///
    /// # Errors
    /// Those of [`RawSource::new`].
    pub fn dense(
        name: impl Into<String>,
        owner: Arc<dyn Bytes>,
        start: usize,
        shape: &[usize],
        encoding: Encoding,
    ) -> Result<Self> {
        let name = name.into();
        let mut strides = vec![0isize; shape.len()];
        let mut step = encoding.format.size() as isize;
        for (stride, &n) in strides.iter_mut().zip(shape).rev() {
            *stride = step;
            step = isize::try_from(n.max(1)).ok().and_then(|n| step.checked_mul(n)).ok_or_else(|| {
                Error::invalid(
                    &name,
                    format!("an array of shape {shape:?} has more bytes than can be counted"),
                )
            })?;
        }
        Self::new(name, owner, start, shape, &strides, encoding)
    }

    /// An array in memory, which it keeps.
    ///
    /// # Errors
    /// None that is known of.
    pub fn in_memory<T: Element>(name: impl Into<String>, array: ArrayD<T>) -> Result<Self> {
        let shape = array.shape().to_vec();
        let dense = array.as_standard_layout().into_owned();
        let values: Vec<T> = dense.into_iter().collect();
        Self::dense(name, Arc::new(Owned(values)), 0, &shape, Encoding::native(T::FORMAT))
    }

    /// Sets the integer that stands for "no data" when the array is read as integers.
    #[must_use]
    pub fn with_fill(mut self, fill: i128) -> Self {
        self.fill = Some(fill);
        self
    }

    /// Pixels along every axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Bytes of memory that its owner takes; none if that is a mapped file.
    pub fn held(&self) -> usize {
        self.owner.held()
    }

    /// The encoding of the stored numbers.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    fn first(&self, window: &Region) -> usize {
        let offset: isize = window.start.iter().zip(&self.strides).map(|(&i, s)| i as isize * s).sum();
        (self.start as isize + offset) as usize
    }

    /// Calls `f` with number, index and first byte of every row over the outer axes.
    fn each_row(
        &self,
        rows: &[usize],
        start: usize,
        mut f: impl FnMut(usize, &[usize], usize) -> Result<()>,
    ) -> Result<()> {
        let mut index = vec![0; rows.len()];
        for k in 0..rows.iter().product() {
            let offset: isize = index.iter().zip(&self.strides).map(|(&i, s)| i as isize * s).sum();
            f(k, &index, (start as isize + offset) as usize)?;
            for axis in (0..rows.len()).rev() {
                index[axis] += 1;
                if index[axis] < rows[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
        Ok(())
    }

    fn unfit<T: Element>(&self, unfit: Unfit, window: &Region) -> Error {
        let why = match unfit {
            Unfit::Blank => format!(
                "blank pixels in window {window} have no place in {}: give a fill value that fits, or read as float",
                T::FORMAT
            ),
            Unfit::Value(v) => format!("the value {v} in window {window} does not fit {}", T::FORMAT),
        };
        Error::invalid(&self.name, why)
    }
}

impl RawSource {
    fn decoded<T: Element>(&self, window: &Region, mut out: ArrayViewMutD<'_, T>) -> Result<()> {
        window.check_read(&self.shape, out.shape())?;
        if let Some(why) = self.encoding.refuses::<T>() {
            return Err(Error::invalid(&self.name, why));
        }
        if window.is_empty() {
            return Ok(());
        }
        let (bytes, start) = (self.owner.bytes(), self.first(window));
        let row = |start: usize, stride: isize, out: &mut [T]| {
            decode(&self.encoding, self.fill, bytes, start, stride, out)
                .map_err(|u| self.unfit::<T>(u, window))
        };
        let last = window.ndim().saturating_sub(1);
        let mut length = window.shape.last().copied().unwrap_or(1);
        let mut stride = self.strides.last().copied().unwrap_or(0);
        let mut outer = last;
        let Some(dense) = out.as_slice_mut() else {
            let mut spare = vec![T::default(); length];
            return self.each_row(&window.shape[..outer], start, |_, index, at| {
                let mut lane = out.view_mut();
                for &i in index {
                    lane = lane.index_axis_move(Axis(0), i);
                }
                if let Some(lane) = lane.as_slice_mut() {
                    return row(at, stride, lane);
                }
                row(at, stride, &mut spare)?;
                lane.iter_mut().zip(&spare).for_each(|(o, s)| *o = *s);
                Ok(())
            });
        };
        // Axes that follow each other without a gap are one long row.
        while outer > 0 {
            let (n, s) = (window.shape[outer - 1], self.strides[outer - 1]);
            if length == 1 {
                stride = s;
            } else if n > 1 && s != stride * length as isize {
                break;
            }
            length *= n;
            outer -= 1;
        }
        self.each_row(&window.shape[..outer], start, |k, _, at| {
            row(at, stride, &mut dense[k * length..(k + 1) * length])
        })
    }
}

impl<T: Element> ArraySource<T> for RawSource {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn read(&self, window: &Region, out: ArrayViewMutD<'_, T>) -> Result<()> {
        self.decoded(window, out)?;
        match self.owner.whole() {
            true => Ok(()),
            false => {
                let why = "was cut short while it was read; start again with the whole file";
                Err(Error::invalid(&self.name, why))
            }
        }
    }

    fn resident(&self, window: &Region) -> Option<Strided<'_, T>> {
        if window.is_empty() || !window.fits(&self.shape) || !self.encoding.is_native::<T>() {
            return None;
        }
        let size = T::FORMAT.size();
        let step = |s: isize| usize::try_from(s).ok().filter(|s| s % size == 0).map(|s| s / size);
        let strides: Vec<usize> = self.strides.iter().map(|&s| step(s)).collect::<Option<_>>()?;
        let start = self.first(window);
        let last: usize = window.shape.iter().zip(&strides).map(|(n, s)| (n - 1) * s).sum();
        let bytes = self.owner.bytes().get(start..start + (last + 1) * size)?;
        Some(Strided { data: bytemuck::try_cast_slice(bytes).ok()?, strides })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::Format;
    use ndarray::{Array, ArrayD, IxDyn, s};
    use proptest::prelude::*;

    fn source(values: &[i32], pad: usize) -> Arc<dyn Bytes> {
        let mut bytes = vec![0xa5; pad];
        bytes.extend(values.iter().flat_map(|v| v.to_be_bytes()));
        Arc::new(bytes)
    }

    #[test]
    fn what_lies_outside_the_bytes_is_refused() {
        let bytes = source(&[1, 2, 3, 4, 5, 6], 0);
        let e = Encoding::plain(Format::I32, true);
        assert!(RawSource::dense("x", bytes.clone(), 0, &[2, 3], e.clone()).is_ok());
        for (start, shape) in [(1, vec![2, 3]), (0, vec![7]), (usize::MAX, vec![1]), (0, vec![usize::MAX, 2])]
        {
            assert!(
                RawSource::dense("x", bytes.clone(), start, &shape, e.clone()).is_err(),
                "{start} {shape:?}"
            );
        }
        assert!(RawSource::new("x", bytes.clone(), 0, &[2], &[-4], e.clone()).is_err());
        assert!(RawSource::new("x", bytes.clone(), 20, &[6], &[-4], e.clone()).is_ok());
        assert!(RawSource::new("x", bytes, 0, &[usize::MAX, 3], &[isize::MAX, 4], e).is_err());
    }

    #[test]
    fn native_numbers_are_lent() {
        let values: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let bytes: Vec<u8> = bytemuck::cast_slice(&values).to_vec();
        let a = RawSource::dense("x", Arc::new(bytes), 0, &[4, 6], Encoding::native(Format::F32)).unwrap();
        let window = Region::new([1, 2], [2, 3]);
        if let Some(v) = ArraySource::<f32>::resident(&a, &window) {
            assert_eq!((v.data[0], v.strides, v.data.len()), (8.0, vec![6, 1], 9));
        }
        assert!(ArraySource::<f64>::resident(&a, &window).is_none());
        let mut one = ArrayD::zeros(IxDyn(&[]));
        let zero = RawSource::dense("x", Arc::new(vec![7u8]), 0, &[], Encoding::native(Format::U8)).unwrap();
        ArraySource::<f64>::read(&zero, &Region::new([], []), one.view_mut()).unwrap();
        assert_eq!(one[[]], 7.0);
    }

    proptest! {
        /// Slices, reversals and permutations of an ndarray, described by byte strides, read as ndarray reads them.
        #[test]
        fn strided_arrays_read_as_ndarray_does(
            shape in [1usize..5, 1..5, 1..6], steps in [1isize..3, 1..3, 1..3], turn in any::<[bool; 3]>(),
            swap in any::<bool>(), pad in 0usize..5, cut in [0usize..3, 0..3, 0..3], odd in any::<bool>(),
        ) {
            let n: usize = shape.iter().product();
            let values: Vec<i32> = (0..n as i32).collect();
            let whole = Array::from_shape_vec(shape, values.clone()).unwrap();
            let step = |k: usize| if turn[k] { -steps[k] } else { steps[k] };
            let mut view = whole.slice(s![..;step(0), ..;step(1), ..;step(2)]);
            if swap {
                view.swap_axes(0, 2);
            }
            let first = *view.first().unwrap() as usize;
            let strides: Vec<isize> = view.strides().iter().map(|s| s * 4).collect();
            let a = RawSource::new(
                "x", source(&values, pad), pad + first * 4, view.shape(), &strides, Encoding::plain(Format::I32, true),
            ).unwrap();
            let start: Vec<usize> = (0..3).map(|k| cut[k].min(view.shape()[k] - 1)).collect();
            let size: Vec<usize> = (0..3).map(|k| view.shape()[k] - start[k]).collect();
            let window = Region::new(start, size.clone());
            let want = view.slice(s![window.start[0].., window.start[1].., window.start[2]..]).mapv(f64::from).into_dyn();
            let mut wide = ArrayD::<f64>::zeros(IxDyn(&[size[0], size[1], size[2] * 2]));
            let mut dense = ArrayD::<f64>::zeros(IxDyn(&size));
            let mut out = if odd { wide.slice_mut(s![.., .., ..;2]).into_dyn() } else { dense.view_mut() };
            a.read(&window, out.view_mut()).unwrap();
            prop_assert_eq!(out, want);
        }
    }
}
