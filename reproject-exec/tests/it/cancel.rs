//! A run that is told to stop stops inside a long block: the word reaches it, and resamplers that are slow ask often enough.

use super::support::{Camera, camera, count, image, processes, run};
use ndarray::ArrayD;
use reproject_core::{
    Adaptive, ArraySource, Axes, Between, Coords, Error, Exact, Job, Patch, Region, Reproject, Resampler,
    View, Watch,
};
use reproject_exec::{Progress, Serial, Shared, Threads, share};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A resampler that ends only when it is told to stop.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Endless;

impl Resampler<f32, f32> for Endless {
    fn support(&self, _: &Coords) -> Vec<f64> {
        vec![1.0; 2]
    }
    fn resample(&self, _: &Coords, _: &View<'_, f32>, _: Patch<'_, f32>, watch: &dyn Watch) {
        while !watch.cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

pub(crate) type Long = Reproject<f32, f32, Axes<2, Between<Camera, Camera>>, Endless, Shared<f32>>;

#[test]
fn the_word_to_stop_reaches_a_block_under_way_in_every_executor() {
    let cameras = Between { output: camera([40, 40], 0.01, 0.4), input: camera([40, 40], 0.01, 0.0) };
    let source = share(&image(&[40, 40])).unwrap();
    let job: Long = Reproject::new(&[40, 40], Axes::new(cameras), Endless, source).unwrap();
    let executors: [Box<dyn reproject_core::Executor<Long>>; 3] =
        [Box::new(Serial), Box::new(Threads::new(count(2)).unwrap()), Box::new(processes(2, &crate::jobs()))];
    for by in &executors {
        let watch = Progress::new(4, |_| {});
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(150));
                watch.cancel();
            });
            assert!(run(&**by, &job, &[20, 20], &watch).unwrap_err().is_cancelled());
        });
        assert_eq!(watch.status().blocks, 0);
    }
}

/// Says stop from the `after`th poll on.
struct Polls {
    count: AtomicUsize,
    after: usize,
}

impl Watch for Polls {
    fn done(&self, _: &Region) {}
    fn cancelled(&self) -> bool {
        self.count.fetch_add(1, Ordering::Relaxed) >= self.after
    }
}

#[test]
fn slow_resamplers_ask_every_few_rows_and_then_stop() {
    let (from, to) = (camera([120, 120], 0.004, 0.4), camera([90, 90], 0.006, 0.0));
    let source: ArrayD<f32> = image(&[90, 90]);
    let exact = Exact { input: to, output: from };
    let ways: [&dyn Resampler<f32, f32>; 2] = [&exact, &Adaptive::default()];
    for how in ways {
        let map = Axes::<2, _>::new(Between { output: from, input: to });
        let source = &source as &dyn ArraySource<f32>;
        let job = Reproject::<f32, f32, _, _, _>::new(&[120, 120], map, how, source).unwrap();
        let polls = |after: usize| {
            let watch = Polls { count: AtomicUsize::new(0), after };
            let outcome = job.run(&Region::whole(&[120, 120]), &watch);
            (outcome, watch.count.into_inner())
        };
        let (outcome, all) = polls(usize::MAX);
        outcome.unwrap();
        // A thousand pixels at 50 µs, ten times what exact overlap takes, are 50 ms.
        assert!(all * 1000 >= 120 * 120, "{all} polls for {} pixels", 120 * 120);
        for after in [0, 1, 7, 12] {
            let (outcome, asked) = polls(after);
            assert!(matches!(outcome, Err(Error::Cancelled)), "after {after} polls");
            assert!(asked <= after + 3, "{asked} polls, told to stop after {after}");
        }
    }
}
