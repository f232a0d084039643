//! Pixels in memory that worker processes map: put there once, never copied again. The one unsafe file of this crate.
#![allow(unsafe_code, reason = "a map of sealed memory; each use says why it is sound")]

use super::segment::Segment;
use bytemuck::Pod;
use memmap2::{Mmap, MmapMut};
use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn};
use reproject_core::{ArraySource, Error, Handle, Opened, Pixel, Region, Result, Strided};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;

/// An array in shared memory, as a source. It is serialised as a [`SharedHandle`], never as pixels.
pub type Shared<T> = Opened<SharedHandle<T>>;

/// Copies an array into shared memory, once; worker processes read it there.
///
/// # Errors
/// If it cannot be read, or there is not enough memory.
pub fn share<T: Pixel + Pod>(source: &dyn ArraySource<T>) -> Result<Shared<T>> {
    let shape = source.shape().to_vec();
    let segment = Segment::new(bytes::<T>(&shape)? as u64)?;
    if bytes::<T>(&shape)? > 0 {
        // SAFETY: the memory was made just now and its path told to nobody, so that this map is the only way to it.
        let mut map = unsafe { MmapMut::map_mut(segment.file()) }.map_err(unmapped)?;
        let pixels = ArrayViewMutD::from_shape(IxDyn(&shape), bytemuck::cast_slice_mut(&mut map[..]));
        let pixels = pixels.map_err(|e| Error::invalid("shared array", e.to_string()))?;
        source.read(&Region::whole(&shape), pixels)?;
    }
    segment.seal()?;
    let handle = SharedHandle { path: segment.path().to_owned(), shape, pixel: PhantomData };
    let map = map::<T>(segment.file(), &handle.shape)?;
    let source = SharedArray {
        map: Arc::new(Mapped { map, _segment: Some(segment) }),
        shape: handle.shape.clone(),
        pixel: PhantomData,
    };
    Ok(Opened::with(handle, source))
}

fn unmapped(error: std::io::Error) -> Error {
    Error::Store { what: "shared memory cannot be mapped".into(), why: error.into() }
}

fn bytes<T>(shape: &[usize]) -> Result<usize> {
    let bytes = shape.iter().try_fold(size_of::<T>(), |n, &s| n.checked_mul(s));
    bytes.filter(|&n| isize::try_from(n).is_ok()).ok_or_else(|| {
        Error::invalid("shared array", format!("an array of shape {shape:?} is larger than memory can be"))
    })
}

/// Maps sealed memory that holds an array.
fn map<T>(file: &std::fs::File, shape: &[usize]) -> Result<Option<Mmap>> {
    let (length, wanted) = (file.metadata().map_err(unmapped)?.len(), bytes::<T>(shape)?);
    if length != wanted as u64 {
        let why = format!("it has {length} bytes, and an array of shape {shape:?} has {wanted}");
        return Err(Error::invalid("shared array", why));
    }
    if wanted == 0 {
        return Ok(None);
    }
    // SAFETY: both callers hand in sealed memory: the kernel lets nobody write or shorten it any more.
    unsafe { Mmap::map(file) }.map(Some).map_err(unmapped)
}

/// A handle on an array in shared memory: small, serialisable, good as long as the process that shared it keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct SharedHandle<T> {
    path: PathBuf,
    shape: Vec<usize>,
    pixel: PhantomData<fn() -> T>,
}

impl<T: Pixel + Pod> Handle for SharedHandle<T> {
    type Source = SharedArray<T>;

    fn open(&self) -> Result<SharedArray<T>> {
        let file = Segment::open_sealed(&self.path)?;
        let map = Arc::new(Mapped { map: map::<T>(&file, &self.shape)?, _segment: None });
        Ok(SharedArray { map, shape: self.shape.clone(), pixel: PhantomData })
    }
}

/// An array in mapped shared memory.
#[derive(Clone, Debug)]
pub struct SharedArray<T> {
    map: Arc<Mapped>,
    shape: Vec<usize>,
    pixel: PhantomData<fn() -> T>,
}

#[derive(Debug)]
struct Mapped {
    map: Option<Mmap>,
    /// In the process that shared it: what keeps the path good.
    _segment: Option<Segment>,
}

impl<T: Pixel + Pod> SharedArray<T> {
    /// The pixels.
    pub fn view(&self) -> ArrayViewD<'_, T> {
        ArrayViewD::from_shape(IxDyn(&self.shape), self.pixels()).expect("the map has the array's length")
    }

    fn pixels(&self) -> &[T] {
        self.map.map.as_deref().map_or(&[], bytemuck::cast_slice)
    }
}

impl<T: Pixel + Pod> ArraySource<T> for SharedArray<T> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn read(&self, window: &Region, out: ArrayViewMutD<'_, T>) -> Result<()> {
        ArraySource::read(&self.view(), window, out)
    }

    fn resident(&self, window: &Region) -> Option<Strided<'_, T>> {
        if window.is_empty() || !window.fits(&self.shape) {
            return None;
        }
        let strides: Vec<usize> = self.view().strides().iter().map(|&s| s as usize).collect();
        let first: usize = window.start.iter().zip(&strides).map(|(i, s)| i * s).sum();
        let last: usize = window.shape.iter().zip(&strides).map(|(n, s)| (n - 1) * s).sum();
        Some(Strided { data: &self.pixels()[first..=first + last], strides })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayD;
    use std::io::Write;

    #[test]
    fn shared_pixels_are_found_by_handle_and_nobody_can_change_them() {
        let array = ArrayD::from_shape_fn(vec![3, 4, 5], |i| (i[0] * 20 + i[1] * 5 + i[2]) as f32);
        let shared = share(&array).unwrap();
        reproject_core::laws::source_reads_windows::<f32>(&shared, &[2, 3, 4]).unwrap();
        let text = postcard::to_allocvec(&shared).unwrap();
        assert!(text.len() < 60, "{} bytes for {} pixels", text.len(), array.len());
        let again: Shared<f32> = postcard::from_bytes(&text).unwrap();
        assert_eq!(again.source().view(), array);
        if cfg!(target_os = "linux") {
            let handle: SharedHandle<f32> = postcard::from_bytes(&text).unwrap();
            let mut file = Segment::open(&handle.path).unwrap();
            assert!(file.write_all(&[1]).is_err() && file.set_len(1).is_err());
        }
        drop((shared, again));
        assert!(postcard::from_bytes::<Shared<f32>>(&text).is_err());
        assert!(reproject_core::take_failure().is_some());
    }

    #[test]
    fn memory_that_may_still_change_is_not_mapped() {
        let segment = Segment::new(8).unwrap();
        let handle =
            SharedHandle::<f64> { path: segment.path().to_owned(), shape: vec![1], pixel: PhantomData };
        assert!(handle.open().unwrap_err().to_string().contains("may still change"));
        segment.seal().unwrap();
        assert_eq!(handle.open().unwrap().view()[[0]], 0.0);
        let longer = SharedHandle::<f64> { shape: vec![2], ..handle };
        assert!(longer.open().unwrap_err().to_string().contains("8 bytes"));
        assert_eq!(share(&ArrayD::<u8>::zeros(vec![0, 3])).unwrap().source().view().len(), 0);
    }
}
