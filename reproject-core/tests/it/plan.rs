//! The plan names every pixel that the run then reads, and few others: random views of the sky onto random inputs.

use super::support::Plane;
use ndarray::{ArrayD, IxDyn};
use reproject_core::testing::Noted;
use reproject_core::{Adaptive, Axes, Bicubic, Bilinear, Grid, Job, Nearest, Plan, Reproject, Resampler};
use std::collections::BTreeSet;
use std::f64::consts::PI;

/// Numbers between 0 and 1 (a linear congruential generator, Knuth's MMIX constants).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
    fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.next()
    }
    fn whole(&mut self, low: usize, high: usize) -> usize {
        low + (self.next() * (high - low + 1) as f64) as usize
    }
}

/// A grid on the sky: pixels to directions and back; NaN where there is no such point.
#[derive(Clone, Copy)]
struct Sky {
    kind: usize,
    scale: f64,
    centre: [f64; 2],
    turn: [[f64; 3]; 3],
}

impl Sky {
    fn random(random: &mut Random, shape: [usize; 2], kind: usize, scale: f64) -> Self {
        let [a, b, c] = [random.within(-PI, PI), random.within(-1.5, 1.5), random.within(-PI, PI)];
        let about = |axis: usize, t: f64| {
            let (s, c) = t.sin_cos();
            let (i, j) = ((axis + 1) % 3, (axis + 2) % 3);
            let mut m = [[0.0; 3]; 3];
            (m[axis][axis], m[i][i], m[j][j], m[i][j], m[j][i]) = (1.0, c, c, -s, s);
            m
        };
        let times = |a: [[f64; 3]; 3], b: [[f64; 3]; 3]| -> [[f64; 3]; 3] {
            std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
        };
        let turn = times(about(2, a), times(about(1, b), about(0, c)));
        let centre = [shape[1] as f64 / 2.0 - 0.5, shape[0] as f64 / 2.0 - 0.5];
        Sky { kind, scale, centre, turn }
    }

    /// 0 gnomonic, 1 orthographic, 2 plate carrée, 3 Hammer's equal-area (Calabretta and Greisen 2002, sections 5.1.3,
    /// 5.1.5, 5.2.3; Snyder 1987, p. 182).
    fn lift(&self, [x, y]: [f64; 2]) -> [f64; 3] {
        let [x, y] = [(x - self.centre[0]) * self.scale, (y - self.centre[1]) * self.scale];
        let v = match self.kind {
            0 => {
                let r = (1.0 + x * x + y * y).sqrt();
                [1.0 / r, x / r, y / r]
            }
            1 => [(1.0 - x * x - y * y).sqrt(), x, y],
            2 if y.abs() > PI / 2.0 => [f64::NAN; 3],
            2 => [y.cos() * x.cos(), y.cos() * x.sin(), y.sin()],
            _ => {
                let z = (1.0 - x * x / 16.0 - y * y / 4.0).sqrt();
                let (lon, lat) = (2.0 * (z * x).atan2(2.0 * (2.0 * z * z - 1.0)), (z * y).asin());
                let beyond = x * x / 8.0 + y * y / 2.0 > 1.0;
                if beyond { [f64::NAN; 3] } else { [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()] }
            }
        };
        std::array::from_fn(|i| (0..3).map(|k| self.turn[i][k] * v[k]).sum())
    }

    fn project(&self, v: [f64; 3]) -> [f64; 2] {
        let [a, b, c]: [f64; 3] = std::array::from_fn(|i| (0..3).map(|k| self.turn[k][i] * v[k]).sum());
        let [x, y] = match self.kind {
            0 | 1 if a <= 1e-9 => [f64::NAN; 2],
            0 => [b / a, c / a],
            1 => [b, c],
            2 => [b.atan2(a), c.asin()],
            _ => {
                let (lon, lat) = (b.atan2(a) / 2.0, c.asin());
                let d = (1.0 + lat.cos() * lon.cos()).sqrt();
                [8f64.sqrt() * lat.cos() * lon.sin() / d, 2f64.sqrt() * lat.sin() / d]
            }
        };
        [x / self.scale + self.centre[0], y / self.scale + self.centre[1]]
    }
}

/// Runs one random job; gives planned over needed bytes of chunks and of windows, if anything is needed.
fn check(random: &mut Random, how: &dyn Resampler<f32, f32>) -> Option<[f64; 2]> {
    let output = [random.whole(100, 400), random.whole(100, 400)];
    let (from, to) = (random.whole(0, 3), random.whole(0, 3));
    let all_sky = random.next() < 0.4;
    let input = if to == 2 && all_sky { [180, 360] } else { [random.whole(80, 500), random.whole(80, 500)] };
    let scale = if all_sky { PI / 180.0 } else { random.within(1e-5, 3e-3) };
    let zoom = random.within(0.4, 2.0);
    let mut target = Sky::random(random, output, from, scale * zoom);
    let source = Sky::random(random, input, to, scale);
    if !all_sky {
        // Somewhere near: the same frame, and a little off.
        target.turn = source.turn;
        target.centre[0] += random.within(-60.0, 60.0);
        target.centre[1] += random.within(-60.0, 60.0);
    }
    let map = Plane(move |p: [f64; 2]| source.project(target.lift(p)));
    let mut map = Axes::<2, _>::new(map);
    if to == 2 && all_sky {
        let last = input[0] as f64 - 0.5;
        map = map.with_period([Some(360.0), None]).with_poles([[None; 2], [Some(-0.5), Some(last)]]);
    }
    let chunk = vec![random.whole(16, 128), random.whole(16, 128)];
    let pixels = Noted::new(&input, &chunk);
    let job = Reproject::<f32, f32, _, _, _>::new(&output, map, how, pixels).unwrap();
    let grid = Grid::new(&output, &[random.whole(40, 300), random.whole(40, 300)]).unwrap();
    let plan = Plan::new(&job, &grid.iter().collect::<Vec<_>>()).unwrap();
    let chunks = Grid::new(&input, &chunk).unwrap();
    let (mut planned, mut needed) = ([0usize; 2], [0usize; 2]);
    for block in &plan.blocks {
        job.source().take();
        job.run(&block.block, &()).unwrap();
        let read = job.source().take();
        let mut asked = ArrayD::<bool>::default(IxDyn(&input));
        block.windows.iter().for_each(|w| asked.slice_mut(&w.slices()[..]).fill(true));
        let mut used = BTreeSet::new();
        let mut touched = ArrayD::<bool>::default(IxDyn(&input));
        for window in &read {
            assert!(asked.slice(&window.slices()[..]).iter().all(|a| *a), "{window} of {}", block.block);
            touched.slice_mut(&window.slices()[..]).fill(true);
            used.extend(chunks.touched(window));
        }
        assert!(used.iter().all(|c| block.chunks.contains(c)));
        let bytes = |chunk: &usize| chunks.region(*chunk).len();
        planned[0] += block.chunks.iter().map(bytes).sum::<usize>();
        needed[0] += used.iter().map(bytes).sum::<usize>();
        planned[1] += asked.iter().filter(|a| **a).count();
        needed[1] += touched.iter().filter(|t| **t).count();
    }
    (needed[1] > 0).then(|| std::array::from_fn(|k| planned[k] as f64 / needed[k] as f64))
}

/// What is planned over what is read: median at most 1.1, 99th percentile at most 1.5.
#[test]
fn every_pixel_that_is_read_is_planned() {
    let hows: [&dyn Resampler<f32, f32>; 4] = [&Nearest, &Bilinear, &Bicubic, &Adaptive::default()];
    let mut random = Random(20_260_101);
    let mut ratios: Vec<[f64; 2]> = Vec::new();
    for number in 0..160 {
        ratios.extend(check(&mut random, hows[number % hows.len()]));
    }
    assert!(ratios.len() >= 100, "{} jobs met their input", ratios.len());
    for (k, what) in ["chunks", "windows"].into_iter().enumerate() {
        let mut sorted: Vec<f64> = ratios.iter().map(|r| r[k]).collect();
        sorted.sort_by(f64::total_cmp);
        let (median, most) = (sorted[sorted.len() / 2], sorted[sorted.len() * 99 / 100]);
        println!("{what}: median {median:.3}, 99th percentile {most:.3} of {}", sorted.len());
        assert!(median <= 1.1 && most <= 1.5, "{what}: {median} {most}");
    }
}
