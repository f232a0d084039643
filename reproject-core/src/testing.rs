//! Strategies for property-based tests: images, grids, blocks and maps; and a source that notes what is read.

use crate::{Affine, ArraySource, Points, Region, Result, Transform};
use ndarray::{ArrayD, ArrayViewMutD, IxDyn};
use proptest::prelude::*;
use std::sync::{Mutex, MutexGuard};

/// Pixels of 1 in chunks, whose windows are noted as they are read.
#[derive(Debug)]
pub struct Noted {
    shape: Vec<usize>,
    chunk: Vec<usize>,
    read: Mutex<Vec<Region>>,
}

impl Noted {
    /// An array of `shape` in chunks of shape `chunk`.
    pub fn new(shape: &[usize], chunk: &[usize]) -> Self {
        Self { shape: shape.to_vec(), chunk: chunk.to_vec(), read: Mutex::default() }
    }

    fn noted(&self) -> MutexGuard<'_, Vec<Region>> {
        self.read.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The windows that were read since the last call.
    pub fn take(&self) -> Vec<Region> {
        std::mem::take(&mut self.noted())
    }
}

impl ArraySource<f32> for Noted {
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn read(&self, window: &Region, mut out: ArrayViewMutD<'_, f32>) -> Result<()> {
        out.fill(1.0);
        self.noted().push(window.clone());
        Ok(())
    }
    fn chunks(&self) -> Option<&[usize]> {
        Some(&self.chunk)
    }
}

/// Shapes of images of at least 1 and at most `largest` pixels a side.
pub fn shape(largest: usize) -> impl Strategy<Value = [usize; 2]> {
    [1..=largest, 1..=largest]
}

/// Blocks for an array of `shape`: thin, ragged, and larger than the array.
pub fn block(shape: &[usize]) -> impl Strategy<Value = Vec<usize>> + use<> {
    shape.iter().map(|&n| prop_oneof![Just(1), 1..=2 * n.max(1), Just(n.max(1))]).collect::<Vec<_>>()
}

/// Images of `shape` with values of ±1000 and, one in twenty, NaN.
pub fn image(shape: &[usize]) -> impl Strategy<Value = ArrayD<f64>> + use<> {
    let (shape, n) = (shape.to_vec(), shape.iter().product::<usize>());
    let pixel = prop_oneof![19 => -1e3..1e3, 1 => Just(f64::NAN)];
    proptest::collection::vec(pixel, n)
        .prop_map(move |values| ArrayD::from_shape_vec(IxDyn(&shape), values).expect("n values"))
}

/// Maps from an output of `output` pixels onto an input of `input`: turned by any angle, mirrored or not, with pixels up
/// to four times larger or smaller, centre on centre to within a tenth of the input.
pub fn affine(input: [usize; 2], output: [usize; 2]) -> impl Strategy<Value = AffineMap> {
    let middle = move |shape: [usize; 2], k: usize| (shape[1 - k] as f64 - 1.0) / 2.0;
    (-3.2f64..3.2, -1.4f64..1.4, any::<bool>(), -0.1f64..0.1, -0.1f64..0.1).prop_map(
        move |(turn, zoom, flip, dx, dy)| {
            let (s, c) = turn.sin_cos();
            let (z, parity) = (zoom.exp(), if flip { -1.0 } else { 1.0 });
            let linear = [[z * c, -z * s * parity], [z * s, z * c * parity]];
            let shift = [dx * input[1] as f64, dy * input[0] as f64];
            let (u, v) = (middle(output, 0), middle(output, 1));
            let offset =
                std::array::from_fn(|k| middle(input, k) + shift[k] - linear[k][0] * u - linear[k][1] * v);
            AffineMap(Affine { linear, offset })
        },
    )
}

/// An affine map as a [`Transform`].
#[derive(Clone, Copy, Debug)]
pub struct AffineMap(pub Affine);

impl Transform for AffineMap {
    fn forward(&self, points: &mut Points<'_>) {
        points.each(|[x, y]| self.0.apply(x, y));
    }
    fn inverse(&self, points: &mut Points<'_>) {
        match self.0.inverse() {
            Some(inverse) => points.each(|[x, y]| inverse.apply(x, y)),
            None => points.each(|_| [f64::NAN; 2]),
        }
    }
    fn injective(&self) -> bool {
        true
    }
}
