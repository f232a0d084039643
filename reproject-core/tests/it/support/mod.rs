//! What tests of the interpolators share: maps made of tables, and images made of numbers.

use ndarray::{ArrayD, ArrayViewMutD, IxDyn};
use reproject_core::{
    ArraySource, Grid, Job, PixelMap, Points, Region, Reproject, Resampler, Result, Transform,
};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Sends pixel `x` of the only output row to the position listed for it.
#[derive(Clone)]
pub(crate) struct Table<const N: usize>(Vec<[f64; N]>);

impl<const N: usize> Table<N> {
    /// Positions in array order.
    pub(crate) fn new(positions: &[Vec<f64>]) -> Self {
        Self(positions.iter().map(|p| std::array::from_fn(|k| p[N - 1 - k])).collect())
    }
}

impl<const N: usize> Transform<N> for Table<N> {
    fn forward(&self, points: &mut Points<'_, N>) {
        points.each(|p| self.0[p[0] as usize]);
    }
    fn inverse(&self, _: &mut Points<'_, N>) {}
}

/// The image of the fixtures: numbers between −50 and 76 that no polynomial fits.
pub(crate) fn numbered(shape: &[usize]) -> ArrayD<f64> {
    let count: usize = shape.iter().product();
    let value = |k: usize| ((k * 7919 + (k * k) % 1013) % 1009) as f64 / 8.0 - 50.0;
    ArrayD::from_shape_vec(IxDyn(shape), (0..count).map(value).collect()).unwrap()
}

/// A map given by a function of x and y.
#[derive(Clone)]
pub(crate) struct Plane<F>(pub(crate) F);

impl<F: Fn([f64; 2]) -> [f64; 2] + Send + Sync> Transform for Plane<F> {
    fn forward(&self, points: &mut Points<'_>) {
        points.each(&self.0);
    }
    fn inverse(&self, _: &mut Points<'_>) {}
}

/// Pixels that are only ever copied window by window, counted.
pub(crate) struct Counted<'a>(pub(crate) &'a ArrayD<f64>, pub(crate) AtomicUsize);

impl ArraySource<f64> for Counted<'_> {
    fn shape(&self) -> &[usize] {
        self.0.shape()
    }
    fn read(&self, window: &Region, out: ArrayViewMutD<'_, f64>) -> Result<()> {
        self.1.fetch_add(window.len(), Ordering::Relaxed);
        self.0.read(window, out)
    }
}

/// The whole output, in one block or in blocks of `block`: values and weights.
pub(crate) fn run(
    shape: &[usize],
    map: &dyn PixelMap,
    how: &dyn Resampler<f64, f64>,
    source: &dyn ArraySource<f64>,
    block: &[usize],
) -> (ArrayD<f64>, ArrayD<f64>) {
    let job = Reproject::<f64, f64, _, _, _>::new(shape, map, how, source).unwrap();
    let (mut data, mut weight) = (ArrayD::zeros(IxDyn(shape)), ArrayD::zeros(IxDyn(shape)));
    for region in Grid::new(shape, block).unwrap().iter() {
        let tile = job.run(&region, &()).unwrap();
        data.slice_mut(&region.slices()[..]).assign(&tile.data);
        weight.slice_mut(&region.slices()[..]).assign(&tile.weight);
    }
    (data, weight)
}

/// Whether two images have the same bits.
pub(crate) fn same(a: &(ArrayD<f64>, ArrayD<f64>), b: &(ArrayD<f64>, ArrayD<f64>)) -> bool {
    let bits = |x: &ArrayD<f64>| x.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    bits(&a.0) == bits(&b.0) && bits(&a.1) == bits(&b.1)
}
