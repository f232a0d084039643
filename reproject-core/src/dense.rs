//! Arrays in memory: any ndarray array is a source; [`DenseSink`] writes into borrowed ones of any strides.

use crate::{ArraySink, ArraySource, Error, Pixel, Region, Result, Strided, Tile};
use ndarray::{ArrayBase, ArrayViewMut1, ArrayViewMutD, Axis, Data, IxDyn};
use std::sync::Mutex;

impl<T: Pixel, S: Data<Elem = T> + Send + Sync> ArraySource<T> for ArrayBase<S, IxDyn> {
    fn shape(&self) -> &[usize] {
        ArrayBase::shape(self)
    }

    fn read(&self, window: &Region, mut out: ArrayViewMutD<'_, T>) -> Result<()> {
        check(window, ArrayBase::shape(self))?;
        if out.shape() != window.shape {
            return Err(Error::Shape {
                what: "window",
                expected: window.shape.clone(),
                found: out.shape().to_vec(),
            });
        }
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

fn check(window: &Region, shape: &[usize]) -> Result<()> {
    if window.fits(shape) {
        return Ok(());
    }
    Err(Error::invalid("window", format!("{window} reaches beyond an array of shape {shape:?}")))
}

/// Values, and coverage if wanted, written into borrowed arrays: one lock a row, so that tiles hardly ever wait.
pub struct DenseSink<'a, T> {
    shape: Vec<usize>,
    data: Vec<Mutex<ArrayViewMut1<'a, T>>>,
    weight: Option<Vec<Mutex<ArrayViewMut1<'a, f64>>>>,
}

impl<'a, T: Pixel> DenseSink<'a, T> {
    /// A sink that writes values only.
    pub fn new(data: ArrayViewMutD<'a, T>) -> Self {
        Self { shape: data.shape().to_vec(), data: rows(data), weight: None }
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
        Ok(Self { weight: Some(rows(weight)), ..Self::new(data) })
    }
}

/// The rows (lanes of the last axis) of an array, in C order; an array of no axes is one row.
fn rows<'a, T>(array: ArrayViewMutD<'a, T>) -> Vec<Mutex<ArrayViewMut1<'a, T>>> {
    let array = if array.ndim() == 0 { array.insert_axis(Axis(0)) } else { array };
    let mut parts = vec![array];
    while parts.first().is_some_and(|p| p.ndim() > 1) {
        parts = parts.into_iter().flat_map(split).collect();
    }
    parts.into_iter().map(|p| Mutex::new(p.into_dimensionality().expect("one axis is left"))).collect()
}

fn split<T>(array: ArrayViewMutD<'_, T>) -> Vec<ArrayViewMutD<'_, T>> {
    let n = array.len_of(Axis(0));
    let mut parts = Vec::with_capacity(n);
    let mut rest = array;
    for _ in 0..n {
        let (head, tail) = rest.split_at(Axis(0), 1);
        parts.push(head.index_axis_move(Axis(0), 0));
        rest = tail;
    }
    parts
}

fn store<T: Copy>(
    rows: &[Mutex<ArrayViewMut1<'_, T>>],
    shape: &[usize],
    region: &Region,
    from: &ndarray::ArrayD<T>,
) {
    let Some(last) = shape.len().checked_sub(1) else {
        if let Some(&value) = from.first() {
            rows[0].lock().unwrap_or_else(|e| e.into_inner())[0] = value;
        }
        return;
    };
    let columns = ndarray::s![region.start[last]..region.stop(last)];
    let width = region.shape[last].max(1);
    let whole = from.as_slice();
    for (i, lane) in from.lanes(Axis(last)).into_iter().enumerate() {
        let (mut rest, mut row, mut step) = (i, 0, 1);
        for k in (0..last).rev() {
            row += (region.start[k] + rest % region.shape[k]) * step;
            rest /= region.shape[k];
            step *= shape[k];
        }
        let mut target = rows[row].lock().unwrap_or_else(|e| e.into_inner());
        let mut target = target.slice_mut(columns);
        match (target.as_slice_mut(), whole) {
            (Some(to), Some(all)) => to.copy_from_slice(&all[i * width..(i + 1) * width]),
            _ => target.assign(&lane),
        }
    }
}

impl<T: Pixel> ArraySink<T> for DenseSink<'_, T> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn write(&self, tile: &Tile<T>) -> Result<()> {
        check(&tile.region, &self.shape)?;
        if tile.region.is_empty() {
            return Ok(());
        }
        store(&self.data, &self.shape, &tile.region, &tile.data);
        if let Some(weight) = &self.weight {
            store(weight, &self.shape, &tile.region, &tile.weight);
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
    fn a_tile_beyond_the_edge_is_refused() {
        let mut a = ArrayD::<f32>::zeros(IxDyn(&[3, 3]));
        let sink = DenseSink::new(a.view_mut());
        assert!(sink.write(&Tile::blank(Region::new([2, 2], [2, 1]), 0.0)).is_err());
    }
}
