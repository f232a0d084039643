//! Arrays in memory: any ndarray array is a source; [`DenseSink`] writes into borrowed ones of any strides.

use crate::{ArraySink, ArraySource, Error, Pixel, Region, Result, Strided, Tile, simd::stream};
use ndarray::{ArrayBase, ArrayD, ArrayViewMut2, ArrayViewMutD, Axis, Data, IxDyn, aview1, indices, s};
use std::sync::Mutex;

impl<T: Pixel, S: Data<Elem = T> + Send + Sync> ArraySource<T> for ArrayBase<S, IxDyn> {
    fn shape(&self) -> &[usize] {
        ArrayBase::shape(self)
    }

    fn read(&self, window: &Region, mut out: ArrayViewMutD<'_, T>) -> Result<()> {
        window.check_read(ArrayBase::shape(self), out.shape())?;
        out.assign(&self.slice(&window.slices()[..]));
        Ok(())
    }

    fn resident(&self, window: &Region) -> Option<Strided<'_, T>> {
        if window.is_empty() || !window.fits(ArrayBase::shape(self)) {
            return None;
        }
        let data = self.as_slice()?;
        let strides: Vec<usize> = self.strides().iter().map(|&s| s as usize).collect();
        let first: usize = window.start.iter().zip(&strides).map(|(i, s)| i * s).sum();
        let last: usize = window.shape.iter().zip(&strides).map(|(n, s)| (n - 1) * s).sum();
        Some(Strided { data: &data[first..=first + last], strides })
    }
}

/// Values, and coverage if wanted, written into borrowed arrays of any strides.
pub struct DenseSink<'a, T> {
    shape: Vec<usize>,
    data: Bands<'a, T>,
    weight: Option<Bands<'a, f64>>,
}

impl<'a, T: Pixel> DenseSink<'a, T> {
    /// A sink that writes values only.
    pub fn new(data: ArrayViewMutD<'a, T>) -> Self {
        Self { shape: data.shape().to_vec(), data: Bands::new(data), weight: None }
    }

    /// A sink that writes values and coverage.
    ///
    /// # Errors
    /// If the two arrays differ in shape.
    pub fn with_weight(data: ArrayViewMutD<'a, T>, weight: ArrayViewMutD<'a, f64>) -> Result<Self> {
        if data.shape() != weight.shape() {
            let (expected, found) = (data.shape().to_vec(), weight.shape().to_vec());
            return Err(Error::Shape { what: "footprint", expected, found });
        }
        Ok(Self { weight: Some(Bands::new(weight)), ..Self::new(data) })
    }
}

/// Rows that one lock guards: few enough that tiles side by side hardly ever wait for each other, and enough that the locks
/// of a cube stay in the cache.
const BAND: usize = 16;

/// Bytes of an array that no cache holds: what is written there is out of the cache before anybody reads it.
const LARGE: usize = 1 << 25;

/// An array as planes over its last two axes, one after another, each cut into bands of [`BAND`] rows.
struct Bands<'a, T> {
    bands: Vec<Mutex<ArrayViewMut2<'a, T>>>,
    /// Bands in a plane.
    count: usize,
    /// Whether rows are written past the caches: columns lie side by side in a large array.
    passes: bool,
}

impl<'a, T: Pixel> Bands<'a, T> {
    fn new(mut array: ArrayViewMutD<'a, T>) -> Self {
        while array.ndim() < 2 {
            array = array.insert_axis(Axis(0));
        }
        let large = array.len().saturating_mul(size_of::<T>()) > LARGE;
        let mut parts = vec![array];
        while parts.first().is_some_and(|p| p.ndim() > 2) {
            let planes = parts.into_iter().flat_map(|p| split(p, 1));
            parts = planes.filter(|p| !p.is_empty()).map(|p| p.index_axis_move(Axis(0), 0)).collect();
        }
        let passes = large && parts.first().is_some_and(|p| p.strides()[1] == 1);
        let count = parts.first().map_or(0, |p| p.len_of(Axis(0)).div_ceil(BAND));
        let bands = parts.into_iter().flat_map(|p| split(p, BAND));
        let lock = |p: ArrayViewMutD<'a, T>| Mutex::new(p.into_dimensionality().expect("two axes are left"));
        Self { bands: bands.map(lock).collect(), count, passes }
    }

    /// Copies what belongs into a region of an array of `shape`.
    fn store(&self, shape: &[usize], region: &Region, from: &ArrayD<T>) {
        let from = from.as_standard_layout();
        let from = from.as_slice().expect("the standard layout is dense");
        assert_eq!(from.len(), region.len(), "a tile has as many pixels as its region");
        let leading = shape.len().saturating_sub(2);
        let along =
            |back: usize| shape.len().checked_sub(back).map_or(0..1, |k| region.start[k]..region.stop(k));
        let (rows, columns) = (along(2), along(1));
        let mut values = from.chunks_exact(columns.len());
        for index in indices(IxDyn(&region.shape[..leading])) {
            let place = |plane, k| plane * shape[k] + region.start[k] + index[k];
            let plane = (0..leading).fold(0, place);
            for band in rows.start / BAND..rows.end.div_ceil(BAND) {
                let first = band * BAND;
                let mut guard =
                    self.bands[plane * self.count + band].lock().unwrap_or_else(|e| e.into_inner());
                let part = rows.start.max(first) - first..rows.end.min(first + BAND) - first;
                let mut to = guard.slice_mut(s![part, columns.clone()]);
                let copies = values.by_ref().take(to.nrows()).zip(to.outer_iter_mut());
                if self.passes {
                    stream(
                        copies.map(|(from, to)| (from, to.into_slice().expect("columns lie side by side"))),
                    );
                } else {
                    copies.for_each(|(from, mut to)| to.assign(&aview1(from)));
                }
            }
        }
    }
}

/// Parts of so many entries along the first axis.
fn split<T>(array: ArrayViewMutD<'_, T>, entries: usize) -> Vec<ArrayViewMutD<'_, T>> {
    let mut parts = Vec::with_capacity(array.len_of(Axis(0)).div_ceil(entries));
    let mut rest = array;
    while rest.len_of(Axis(0)) > entries {
        let (head, tail) = rest.split_at(Axis(0), entries);
        parts.push(head);
        rest = tail;
    }
    parts.push(rest);
    parts
}

impl<T: Pixel> ArraySink<T> for DenseSink<'_, T> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn write(&self, tile: &Tile<T>) -> Result<()> {
        tile.region.check("tile", &self.shape)?;
        if tile.region.is_empty() {
            return Ok(());
        }
        self.data.store(&self.shape, &tile.region, &tile.data);
        if let Some(weight) = &self.weight {
            weight.store(&self.shape, &tile.region, &tile.weight);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, s};

    fn numbered(shape: &[usize]) -> ArrayD<f64> {
        let n = shape.iter().product::<usize>();
        ArrayD::from_shape_vec(IxDyn(shape), (0..n).map(|i| i as f64).collect()).unwrap()
    }

    #[test]
    fn a_view_and_a_read_agree() {
        let a = numbered(&[2, 5, 7]);
        let w = Region::new([1, 2, 3], [1, 3, 2]);
        let mut out = ArrayD::zeros(IxDyn(&w.shape));
        a.read(&w, out.view_mut()).unwrap();
        let v = a.resident(&w).unwrap();
        let view = crate::View { window: w.clone(), full: a.shape(), data: v.data, strides: v.strides };
        assert_eq!(view.array(), out);
        assert_eq!(out[[0, 0, 0]], (35 + 2 * 7 + 3) as f64);
        assert!(
            a.read(&Region::new([1, 2, 3], [2, 1, 1]), ArrayD::zeros(IxDyn(&[2, 1, 1])).view_mut()).is_err()
        );
    }

    #[test]
    fn tiles_land_where_they_belong_for_any_strides() {
        let want = numbered(&[2, 4, 6]);
        let mut plain = ArrayD::zeros(IxDyn(&[2, 4, 6]));
        let mut wide = ArrayD::zeros(IxDyn(&[2, 4, 12]));
        let mut weight = ArrayD::zeros(IxDyn(&[2, 4, 6]));
        {
            let strange = wide.slice_mut(s![.., ..;-1, ..;2]).into_dyn();
            let sinks = [
                DenseSink::with_weight(plain.view_mut(), weight.view_mut()).unwrap(),
                DenseSink::new(strange),
            ];
            for region in crate::Grid::new(&[2, 4, 6], &[1, 3, 4]).unwrap().iter() {
                let mut tile = Tile::blank(region.clone(), f64::NAN);
                tile.data.assign(&want.slice(&region.slices()[..]));
                tile.weight.fill(0.5);
                sinks.iter().for_each(|sink| sink.write(&tile).unwrap());
            }
        }
        assert_eq!(plain, want);
        assert_eq!(wide.slice(s![.., ..;-1, ..;2]).into_dyn(), want);
        assert!(wide.slice(s![.., .., 1..;2]).iter().all(|&v| v == 0.0));
        assert!(weight.iter().all(|&w| w == 0.5));
    }

    #[test]
    fn arrays_of_any_number_of_axes_are_filled() {
        for shape in [&[][..], &[5], &[37, 3], &[2, 1, 33, 4], &[2, 0, 3], &[0, 3, 4], &[0, 2, 3, 4]] {
            let want = numbered(shape);
            let mut out = ArrayD::from_elem(IxDyn(shape), f64::NAN);
            let sink = DenseSink::new(out.view_mut());
            for region in crate::Grid::new(shape, &vec![3; shape.len()]).unwrap().iter() {
                let data = want.slice(&region.slices()[..]).to_owned();
                let weight = ArrayD::zeros(data.raw_dim());
                // The memory of a tile need not be in C order.
                let (data, n) = (data.reversed_axes().as_standard_layout().into_owned(), shape.len());
                let data = data.permuted_axes((0..n).rev().collect::<Vec<_>>());
                sink.write(&Tile { region, data, weight }).unwrap();
            }
            assert_eq!(out, want, "{shape:?}");
        }
    }

    #[test]
    fn tiles_land_where_they_belong_in_arrays_that_no_cache_holds() {
        let shape = [3, 1200, 1201];
        let want = numbered(&shape);
        assert!(want.len() * size_of::<f64>() > LARGE);
        let mut out = ArrayD::zeros(IxDyn(&shape));
        let sink = DenseSink::new(out.view_mut());
        for region in crate::Grid::new(&shape, &[2, 100, 333]).unwrap().iter() {
            let data = want.slice(&region.slices()[..]).to_owned();
            sink.write(&Tile { weight: ArrayD::zeros(data.raw_dim()), region, data }).unwrap();
        }
        drop(sink);
        assert!(out == want);
    }

    #[test]
    fn a_tile_beyond_the_edge_is_refused() {
        let mut a = ArrayD::<f32>::zeros(IxDyn(&[3, 3]));
        let sink = DenseSink::new(a.view_mut());
        assert!(sink.write(&Tile::blank(Region::new([2, 2], [2, 1]), 0.0)).is_err());
    }
}
