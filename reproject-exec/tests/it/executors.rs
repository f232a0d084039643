//! Every executor gives the bits of `Serial`, for any block shape; failures, panics and cancellation are reported.

use ndarray::{ArrayD, ArrayViewMutD, IxDyn};
use proptest::prelude::*;
use reproject_core::{
    ArraySource, Axes, Bilinear, DenseSink, Error, Executor, Grid, Job, Nearest, Points, Region, Reproject,
    Resampler, Result, Transform, Watch,
};
use reproject_exec::{Progress, Serial, Threads};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A rotation with a tangent-plane-like denominator: lines stay lines, steps change.
#[derive(Clone, Copy)]
struct Tilt {
    turn: f64,
    shift: [f64; 2],
}

impl Transform for Tilt {
    fn forward(&self, p: &mut Points<'_>) {
        let (s, c) = self.turn.sin_cos();
        p.each(|[x, y]| {
            let w = 1.0 / (1.0 + 1e-3 * x);
            [(c * x - s * y) * w + self.shift[0], (s * x + c * y) * w + self.shift[1]]
        });
    }
    fn inverse(&self, p: &mut Points<'_>) {
        p.each(|_| [f64::NAN; 2]);
    }
}

fn image(shape: &[usize]) -> ArrayD<f32> {
    let n: usize = shape.iter().product();
    let value = |i: usize| if i % 97 == 5 { f32::NAN } else { (i % 31) as f32 * 0.37 - (i % 7) as f32 };
    ArrayD::from_shape_vec(IxDyn(shape), (0..n).map(value).collect()).unwrap()
}

fn run<R: Resampler<f32, f32> + Copy>(
    input: &ArrayD<f32>,
    shape: &[usize],
    map: Tilt,
    how: R,
    block: &[usize],
    by: &dyn Fn(&dyn Job<Pixel = f32>, &[Region], &DenseSink<'_, f32>) -> Result<()>,
) -> (Vec<u32>, Vec<u64>) {
    let job = Reproject::<f32, f32, _, _, _>::new(shape, Axes::new(map), how, input as &dyn ArraySource<f32>)
        .unwrap();
    let blocks: Vec<Region> = Grid::new(shape, block).unwrap().iter().collect();
    let mut data = ArrayD::from_elem(IxDyn(shape), -1.0f32);
    let mut weight = ArrayD::from_elem(IxDyn(shape), -1.0);
    by(&job, &blocks, &DenseSink::with_weight(data.view_mut(), weight.view_mut()).unwrap()).unwrap();
    (data.iter().map(|v| v.to_bits()).collect(), weight.iter().map(|v| v.to_bits()).collect())
}

fn threads(n: usize) -> Threads {
    Threads::new(NonZeroUsize::new(n)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn threads_and_blocks_do_not_change_a_bit(
        turn in -3.2f64..3.2, dx in -20.0f64..60.0, dy in -20.0f64..60.0,
        rows in 1usize..40, columns in 1usize..300, n in 1usize..9, nearest: bool,
    ) {
        let input = image(&[2, 61, 83]);
        let (shape, map) = ([2, 150, 301], Tilt { turn, shift: [dx, dy] });
        let go = |block: &[usize], by: &dyn Fn(&dyn Job<Pixel = f32>, &[Region], &DenseSink<'_, f32>) -> Result<()>| {
            if nearest { run(&input, &shape, map, Nearest, block, by) } else { run(&input, &shape, map, Bilinear, block, by) }
        };
        let whole = go(&shape, &|job, blocks, sink| Serial.execute(job, blocks, sink, &()));
        let pool = threads(n);
        prop_assert!(whole == go(&[1, rows, columns], &|job, blocks, sink| Serial.execute(job, blocks, sink, &())));
        prop_assert!(whole == go(&[2, rows, columns], &|job, blocks, sink| pool.execute(job, blocks, sink, &())));
    }
}

/// A source whose pixels beyond a row cannot be read: by an error, or by a panic.
struct Broken {
    shape: [usize; 2],
    panics: bool,
}

impl ArraySource<f32> for Broken {
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn read(&self, window: &Region, mut out: ArrayViewMutD<'_, f32>) -> Result<()> {
        if window.stop(0) > 70 {
            assert!(!self.panics, "the disk is on fire");
            return Err(Error::invalid("row 70", "unreadable"));
        }
        out.fill(1.0);
        Ok(())
    }
}

#[test]
fn the_first_error_comes_out_and_a_panic_names_its_block() {
    for panics in [false, true] {
        let source = Broken { shape: [100, 100], panics };
        let map = Axes::new(Tilt { turn: 0.0, shift: [0.0; 2] });
        let job = Reproject::<f32, f32, _, _, _>::new(&[100, 100], map, Bilinear, source).unwrap();
        let blocks: Vec<Region> = Grid::new(&[100, 100], &[10, 100]).unwrap().iter().collect();
        let mut out = ArrayD::zeros(IxDyn(&[100, 100]));
        let error =
            threads(3).execute(&job, &blocks, &DenseSink::new(out.view_mut()), &()).unwrap_err().to_string();
        let expected = if panics { "panicked: the disk is on fire" } else { "row 70: unreadable" };
        assert!(error.contains(expected) && (!panics || error.starts_with("block [")), "{error}");
    }
}

#[test]
fn progress_counts_every_block_once_and_stops_when_told() {
    let input = image(&[300, 300]);
    let map = Axes::new(Tilt { turn: 0.1, shift: [0.0; 2] });
    let job = Reproject::<f32, f32, _, _, _>::new(&[300, 300], map, Nearest, input).unwrap();
    let blocks: Vec<Region> = Grid::new(&[300, 300], &[10, 300]).unwrap().iter().collect();
    let mut out = ArrayD::zeros(IxDyn(&[300, 300]));
    let calls = AtomicUsize::new(0);
    let watch = Progress::new(blocks.len(), |_| {
        calls.fetch_add(1, Ordering::Relaxed);
    });
    threads(2).execute(&job, &blocks, &DenseSink::new(out.view_mut()), &watch).unwrap();
    assert_eq!(
        (watch.status().blocks, watch.status().pixels, calls.load(Ordering::Relaxed)),
        (30, 90_000, 30)
    );
    assert_eq!(watch.status().remaining().unwrap().as_nanos(), 0);
    for pool in [None, Some(threads(2))] {
        let watch = Progress::new(blocks.len(), |_| {});
        watch.cancel();
        assert!(watch.cancelled());
        let sink = DenseSink::new(out.view_mut());
        let result = match pool {
            None => Serial.execute(&job, &blocks, &sink, &watch),
            Some(pool) => pool.execute(&job, &blocks, &sink, &watch),
        };
        assert!(result.unwrap_err().is_cancelled());
        assert_eq!(watch.status().blocks, 0);
    }
}
