//! Lazy arrays compute what is read and no more, once, within their memory, and compose.

use super::support::{Any, Bits, How, IN, Pixels, any, count, image, run};
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;
use reproject_core::{
    ArraySource, Axes, Bilinear, Error, Identity, Job, Region, Reproject, Result, Tile, Watch, laws,
};
use reproject_exec::{Lazy, Progress, Serial, Threads, share};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

/// Numbers pixels, and counts the blocks that it was asked for.
#[derive(Default)]
struct Numbered {
    runs: AtomicUsize,
    fails: AtomicBool,
    slow: bool,
}

const SIDE: usize = 40;

impl Job for Numbered {
    type Pixel = f64;
    fn shape(&self) -> &[usize] {
        &[SIDE, SIDE]
    }
    fn run_into(&self, block: &Region, tile: &mut Tile<f64>, _: &dyn Watch) -> Result<()> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        if self.slow {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert!(!self.fails.load(Ordering::Relaxed), "out of order");
        tile.reset(block, 0.0);
        for (at, v) in tile.data.indexed_iter_mut() {
            *v = ((block.start[0] + at[0]) * SIDE + block.start[1] + at[1]) as f64;
        }
        Ok(())
    }
}

fn read(lazy: &impl ArraySource<f64>, window: &Region) -> Result<ArrayD<f64>> {
    let mut out = ArrayD::zeros(IxDyn(&window.shape));
    lazy.read(window, out.view_mut()).map(|()| out)
}

#[test]
fn only_blocks_that_are_touched_are_computed_and_the_last_used_are_kept() {
    let bytes = 10 * 10 * size_of::<f64>();
    let lazy = Lazy::new(Numbered::default()).with_cache(2 * bytes).with_blocks(&[10, 10]).unwrap();
    let runs = || lazy.job().runs.load(Ordering::Relaxed);
    // The corner where four blocks meet; two of them are kept.
    read(&lazy, &Region::new([9, 9], [2, 2])).unwrap();
    assert_eq!((runs(), lazy.counts().bytes, lazy.counts().peak), (4, 2 * bytes, 2 * bytes));
    read(&lazy, &Region::new([12, 3], [1, 1])).unwrap();
    read(&lazy, &Region::new([12, 13], [1, 1])).unwrap();
    assert_eq!((runs(), lazy.counts().found), (4, 2));
    read(&lazy, &Region::new([0, 0], [1, 1])).unwrap();
    assert_eq!(runs(), 5);
    read(&lazy, &Region::new([12, 3], [1, 1])).unwrap();
    assert_eq!(runs(), 6, "the block used least recently has gone");
    let none = Lazy::new(Numbered::default()).with_cache(0);
    laws::source_reads_windows::<f64>(&none, &[17, 9]).unwrap();
    assert_eq!(none.counts().bytes, 0);
}

#[test]
fn many_threads_compute_a_block_once() {
    let lazy = Lazy::new(Numbered { slow: true, ..Numbered::default() }).with_blocks(&[10, 10]).unwrap();
    let start = Barrier::new(6);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                start.wait();
                let whole = read(&lazy, &Region::whole(&[SIDE, SIDE])).unwrap();
                assert!(whole.iter().enumerate().all(|(i, v)| *v == i as f64));
            });
        }
    });
    assert_eq!(lazy.job().runs.load(Ordering::Relaxed), 16);
    assert_eq!((lazy.counts().made, lazy.counts().found), (16, 80));
}

#[test]
fn a_failure_leaves_no_one_waiting_and_names_the_block() {
    let lazy = Lazy::new(Numbered::default()).with_blocks(&[10, 10]).unwrap();
    lazy.job().fails.store(true, Ordering::Relaxed);
    let window = Region::new([12, 35], [2, 2]);
    let error = read(&lazy, &window).unwrap_err();
    assert!(matches!(&error, Error::Block { block, .. } if block.start == [10, 30]), "{error}");
    assert!(error.to_string().contains("out of order"), "{error}");
    lazy.job().fails.store(false, Ordering::Relaxed);
    assert_eq!(read(&lazy, &window).unwrap()[[0, 0]], (12 * SIDE + 35) as f64);
    assert!(read(&lazy, &Region::new([39, 0], [2, 2])).is_err());
}

/// A lazy array in a lazy array that is read while the first is being computed, from many threads and in both orders, as work
/// that is stolen in the middle of a block would do.
#[test]
fn threads_that_hold_blocks_never_wait_in_a_circle() {
    struct Pair<'a> {
        other: &'a Lazy<Numbered>,
        met: Barrier,
    }
    impl Job for Pair<'_> {
        type Pixel = f64;
        fn shape(&self) -> &[usize] {
            &[SIDE, SIDE]
        }
        fn run_into(&self, block: &Region, tile: &mut Tile<f64>, _: &dyn Watch) -> Result<()> {
            self.met.wait();
            tile.reset(block, 0.0);
            self.other.read(block, tile.data.view_mut())
        }
    }
    let inner = Lazy::new(Numbered { slow: true, ..Numbered::default() }).with_blocks(&[SIDE, SIDE]).unwrap();
    let outer = Lazy::new(Pair { other: &inner, met: Barrier::new(2) }).with_blocks(&[20, SIDE]).unwrap();
    std::thread::scope(|scope| {
        for top in [0, 20] {
            let outer = &outer;
            scope.spawn(move || {
                let part = read(outer, &Region::new([top, 0], [20, SIDE])).unwrap();
                assert!(part.iter().enumerate().all(|(i, v)| *v == (top * SIDE + i) as f64));
            });
        }
    });
    // Both wait for the one inner block: outer before inner is the safe order.
    assert_eq!(inner.counts().made, 1);
}

type Twice = Reproject<f32, f32, Axes<2, Identity>, Bilinear, Lazy<Any>>;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// A reprojection of a reprojection is that of the computed intermediate image, whatever the blocks and the memory.
    #[test]
    fn lazy_reprojections_compose(
        inner in [1usize..50, 1usize..60], outer in [1usize..50, 1usize..60], kept in 0usize..9000, n in 1usize..5,
    ) {
        let shared = share(&image(&IN)).unwrap();
        let between = any(How::Bicubic, Pixels::Memory(shared.clone()));
        let Bits(first, _) = run(&Serial, &between, &[41, 53], &()).unwrap();
        let first = ArrayD::from_shape_vec(vec![41, 53], first.into_iter().map(f32::from_bits).collect()).unwrap();
        let want = Reproject::<f32, f32, _, _, _>::new(&[41, 53], Axes::<2, _>::new(Identity), Bilinear, first).unwrap();
        let want = run(&Serial, &want, &[41, 53], &()).unwrap();
        let lazy = Lazy::new(between).with_cache(kept).with_blocks(&inner).unwrap();
        let job: Twice = Reproject::new(&[41, 53], Axes::new(Identity), Bilinear, lazy).unwrap();
        prop_assert!(want == run(&Threads::new(count(n)).unwrap(), &job, &outer, &()).unwrap());
        prop_assert!(job.source().counts().peak <= kept);
    }
}

/// A job that goes on until it is told to stop.
struct Endless;

impl Job for Endless {
    type Pixel = f64;
    fn shape(&self) -> &[usize] {
        &[SIDE, SIDE]
    }
    fn run_into(&self, _: &Region, _: &mut Tile<f64>, watch: &dyn Watch) -> Result<()> {
        while !watch.cancelled() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        Err(Error::Cancelled)
    }
}

#[test]
fn a_lazy_array_stops_in_the_middle_of_a_block_when_its_watch_says_so() {
    let watch = Arc::new(Progress::new(1, |_| {}));
    let lazy = Lazy::new(Endless).with_watch(watch.clone()).with_blocks(&[SIDE, SIDE]).unwrap();
    std::thread::scope(|scope| {
        // Two readers: one computes, the other waits for it and then finds out for itself.
        let readers = [(); 2].map(|()| scope.spawn(|| read(&lazy, &Region::new([0, 0], [1, 1]))));
        std::thread::sleep(std::time::Duration::from_millis(30));
        let begun = std::time::Instant::now();
        watch.cancel();
        for reader in readers {
            assert!(reader.join().unwrap().unwrap_err().is_cancelled());
        }
        assert!(begun.elapsed() < std::time::Duration::from_millis(200), "{:?}", begun.elapsed());
    });
}
