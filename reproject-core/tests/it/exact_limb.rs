//! Exact overlap on a map whose sky ends inside the image: Hammer–Aitoff, with a limb instead of a seam.

use super::common::{Sky, areas};
use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    Axes, Between, Coords, Exact, Job, Kept, Lattice, Points, Projection, Region, Reproject, Surveyed,
};
use std::f64::consts::PI;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Hammer–Aitoff about longitude 0 (Calabretta & Greisen 2002, equations 79–84); `step` radians a pixel.
#[derive(Clone, Copy)]
struct Aitoff {
    centre: [f64; 2],
    step: [f64; 2],
}

impl Projection for Aitoff {
    fn lift(&self, points: &mut Points<'_, 3>) {
        points.each(|[x, y, _]| {
            let (x, y) = ((x - self.centre[0]) * self.step[0], (y - self.centre[1]) * self.step[1]);
            let square = 1.0 - (x / 4.0).powi(2) - (y / 2.0).powi(2);
            let z = if square >= 0.5 { square.sqrt() } else { f64::NAN };
            let (longitude, sine) = (2.0 * (z * x / 2.0).atan2(2.0 * z * z - 1.0), y * z);
            let cosine = (1.0 - sine * sine).max(0.0).sqrt();
            [cosine * longitude.cos(), cosine * longitude.sin(), sine]
        });
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        points.each(|[x, y, z]| {
            let (half, cosine) = (y.atan2(x) / 2.0, x.hypot(y));
            let gamma = (2.0 / (1.0 + cosine * half.cos())).sqrt();
            let at = [2.0 * gamma * cosine * half.sin(), gamma * z];
            [at[0] / self.step[0] + self.centre[0], at[1] / self.step[1] + self.centre[1], 0.0]
        });
    }
}

fn car(rows: usize) -> Sky {
    let step = PI / rows as f64;
    Sky {
        gnomonic: false,
        centre: [0.0; 2],
        pixel: [rows as f64 - 0.5, (rows as f64 - 1.0) / 2.0],
        scale: [[-step, 0.0], [0.0, step]],
        period: Some(2.0 * rows as f64),
    }
}

fn conserves<P, Q>(input: P, shape: [usize; 2], period: Option<f64>, output: Q, target: [usize; 2])
where
    P: Projection + Copy,
    Q: Projection + Copy,
{
    let image = ArrayD::from_shape_fn(IxDyn(&shape), |at| ((at[0] * 7 + at[1] * 13) % 11) as f64 + 1.0);
    let map = Axes::<2, _>::new(Between { output, input }).with_period([period, None]);
    let job =
        Reproject::<f64, f64, _, _, _>::new(&target, map, Exact { input, output }, image.clone()).unwrap();
    let tile = job.run(&Region::whole(&target), &()).unwrap();
    let (from, to) = (areas(&input, shape), areas(&output, target));
    // Pixels with a corner beyond the limb cover nothing and get nothing.
    let there = |a: &f64| if a.is_nan() { 0.0 } else { *a };
    let covered: f64 = tile.weight.iter().zip(&to).map(|(w, a)| w * there(a)).sum();
    let least =
        if period.is_some() { to.iter().map(there).sum() } else { from.iter().map(there).sum::<f64>() };
    assert!((covered / least - 1.0).abs() < 1e-12, "area {covered} of {least}");
    // Pixels at the limb are slivers: rounding that is small against their length is less so against their area.
    assert!(tile.weight.iter().all(|w| *w <= 1.0 + 1e-9));
    for ((value, weight), at) in tile.data.iter().zip(&tile.weight).zip(0..) {
        assert_eq!(value.is_nan(), *weight == 0.0, "{value} of weight {weight} at {at}");
    }
}

/// The last rows of corners lie 1/60 of a pixel within the limb and well within it; both pixels coarser and finer.
#[test]
fn all_of_the_sky_within_the_limb_is_conserved() {
    let degree = PI / 180.0;
    for (rows, step) in [(120, 1.35), (120, 1.4), (40, 4.05), (41, 4.0)] {
        let shape = [rows, 2 * rows];
        let centre = [rows as f64 - 0.5, (rows as f64 - 1.0) / 2.0];
        let sky = Aitoff { centre, step: [-step * degree, step * degree] };
        for target in [36, 90] {
            conserves(sky, shape, None, car(target), [target, 2 * target]);
            conserves(car(target), [target, 2 * target], Some(2.0 * target as f64), sky, shape);
        }
    }
}

/// Counts how often it is called.
#[derive(Clone)]
struct Counted(Aitoff, Arc<AtomicUsize>);

impl Projection for Counted {
    fn lift(&self, points: &mut Points<'_, 3>) {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.lift(points);
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.project(points);
    }
}

/// An input with a limb, on which some output pixels can overlap any input pixel; asked ahead for two regions of the output.
#[test]
fn asked_ahead_it_gives_the_same_bits_in_a_few_calls() {
    let degree = PI / 180.0;
    for (rows, step, target) in [(120, 1.4, 90), (40, 4.05, 90), (41, 4.0, 36)] {
        let (shape, target) = ([rows, 2 * rows], [target, 2 * target]);
        let centre = [rows as f64 - 0.5, (rows as f64 - 1.0) / 2.0];
        let (sky, output) = (Aitoff { centre, step: [-step * degree, step * degree] }, car(target[0]));
        let image = ArrayD::from_shape_fn(IxDyn(&shape), |at| ((at[0] * 7 + at[1] * 13) % 11) as f64 + 1.0);
        let map = Axes::<2, _>::new(Between { output, input: sky });
        let how = Exact { input: sky, output };
        let job = Reproject::<f64, f64, _, _, _>::new(&target, map.clone(), how, &image).unwrap();
        let mut left = None;
        for (first, last) in [(0, 32), (32, target[0])] {
            let region = Region::new([first, 0], [last - first, target[1]]);
            let expected = job.run(&region, &()).unwrap();
            let input = Counted(sky, Arc::default());
            let kept = Kept::positions(&map, &region, Lattice::CORNERS, &()).unwrap();
            let at = Coords::on(&region, Lattice::CORNERS, &kept, &shape);
            let how = Surveyed::new(input.clone(), &output, &at).unwrap();
            let how = how.with_corners(&at, &shape, left.as_ref(), &()).unwrap();
            let calls = input.1.load(Ordering::Relaxed);
            // Borders of the input here and there, of the output here and there, of the output where that is not enough, and
            // corners of the input, once for both regions.
            assert!(calls <= if left.is_some() { 3 } else { 4 }, "{calls} calls");
            left = Some(how.corners().clone());
            let ahead = Reproject::<f64, f64, _, _, _>::new(&target, &kept, how, &image).unwrap();
            let cut = (last - first) * 2 / 3;
            let halves = [(0, cut), (cut, last - first)].map(|(from, to)| {
                ahead.run(&Region::new([first + from, 0], [to - from, target[1]]), &()).unwrap()
            });
            let bits =
                |values: &mut dyn Iterator<Item = &f64>| values.map(|v| v.to_bits()).collect::<Vec<_>>();
            let found = bits(&mut halves.iter().flat_map(|half| half.data.iter()));
            assert!(found == bits(&mut expected.data.iter()));
            let weights = bits(&mut halves.iter().flat_map(|half| half.weight.iter()));
            assert!(weights == bits(&mut expected.weight.iter()));
            assert_eq!(calls, input.1.load(Ordering::Relaxed), "nothing is asked for pixels");
        }
    }
}
