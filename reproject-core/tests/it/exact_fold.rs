//! Exact overlap where the map folds: a sphere (the Sun) seen by two observers. What the one sees beyond the limb of the other
//! lies, as directions go, upon what both see, and is none of it.

use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    Axes, Between, Coords, Exact, Job, Kept, Lattice, Points, Projection, Region, Reproject, Surveyed,
};
use std::f64::consts::PI;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

type Vector = [f64; 3];

fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn along(a: Vector, s: f64, b: Vector) -> Vector {
    [0, 1, 2].map(|k| a[k] + s * b[k])
}

fn unit(a: Vector) -> Vector {
    a.map(|v| v / dot(a, a).sqrt())
}

/// Where a ray first meets the unit sphere; NaN if nowhere.
fn surface(eye: Vector, ray: Vector) -> Vector {
    let b = dot(eye, ray);
    along(eye, -b - (b * b - dot(eye, eye) + 1.0).sqrt(), ray)
}

/// A gnomonic image of the unit sphere.
#[derive(Clone, Copy)]
struct Camera {
    eye: Vector,
    /// Forwards, and along growing x and y, one pixel long.
    axes: [Vector; 3],
    centre: [f64; 2],
}

impl Camera {
    /// At a longitude and latitude (degrees) and a distance, turned; the sphere has `radius` pixels and fills the image but
    /// for a rim.
    fn new([longitude, latitude]: [f64; 2], distance: f64, turn: f64, radius: f64) -> Self {
        let ((sl, cl), (sb, cb)) = (longitude.to_radians().sin_cos(), latitude.to_radians().sin_cos());
        let (s, c) = turn.to_radians().sin_cos();
        let (up, east) = ([-sb * cl, -sb * sl, cb], [-sl, cl, 0.0]);
        let pixel = 1.0 / (distance * distance - 1.0).sqrt() / radius;
        let axis = |a: f64, b: f64| [0, 1, 2].map(|k| (a * east[k] + b * up[k]) * pixel);
        let out = [cb * cl, cb * sl, sb];
        Camera {
            eye: out.map(|v| v * distance),
            axes: [out.map(|v| -v), axis(c, s), axis(s, -c)],
            centre: [radius + 1.3; 2],
        }
    }

    fn mirrored(self) -> Self {
        let [forward, right, up] = self.axes;
        Camera { axes: [forward, right.map(|v| -v), up], ..self }
    }

    fn side(&self) -> usize {
        (2.0 * self.centre[0]) as usize
    }

    fn ray(&self, [x, y]: [f64; 2]) -> Vector {
        let [forward, right, up] = self.axes;
        unit(along(along(forward, x - self.centre[0], right), y - self.centre[1], up))
    }

    fn pixel(&self, ray: Vector) -> [f64; 2] {
        let [forward, right, up] = self.axes;
        let at =
            |axis: Vector, k: usize| dot(ray, axis) / dot(axis, axis) / dot(ray, forward) + self.centre[k];
        [at(right, 0), at(up, 1)]
    }
}

impl Projection for Camera {
    fn lift(&self, points: &mut Points<'_, 3>) {
        points.each(|[x, y, _]| self.ray([x, y]));
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        points.each(|ray| {
            let [x, y] = self.pixel(ray);
            [x, y, 0.0]
        });
    }
}

/// Pixels of the sphere itself.
#[derive(Clone, Copy)]
enum Chart {
    /// What a camera sees.
    Image(Camera),
    /// All of it by longitude and latitude, in so many rows, turned about the x axis.
    Map(usize, f64),
}

impl Chart {
    fn shape(&self) -> [usize; 2] {
        match self {
            Chart::Image(camera) => [camera.side(); 2],
            Chart::Map(rows, _) => [*rows, 2 * rows],
        }
    }

    fn point(&self, [x, y]: [f64; 2]) -> Vector {
        match self {
            Chart::Image(camera) => surface(camera.eye, camera.ray([x, y])),
            Chart::Map(rows, turn) => {
                let step = PI / *rows as f64;
                let (longitude, latitude) = ((x + 0.5) * step - PI, (y + 0.5) * step - PI / 2.0);
                let ((sl, cl), (sb, cb), (s, c)) = (longitude.sin_cos(), latitude.sin_cos(), turn.sin_cos());
                [cb * cl, c * cb * sl - s * sb, s * cb * sl + c * sb]
            }
        }
    }

    /// Where a point lies, whether it is seen or not.
    fn place(&self, point: Vector) -> [f64; 2] {
        match self {
            Chart::Image(camera) => camera.pixel(along(point, -1.0, camera.eye)),
            Chart::Map(rows, turn) => {
                let (step, (s, c)) = (PI / *rows as f64, turn.sin_cos());
                let [x, y, z] = [point[0], c * point[1] + s * point[2], c * point[2] - s * point[1]];
                [(y.atan2(x) + PI) / step - 0.5, (z.atan2(x.hypot(y)) + PI / 2.0) / step - 0.5]
            }
        }
    }

    fn sees(&self, point: Vector) -> bool {
        match self {
            Chart::Image(camera) => dot(point, camera.eye) >= 1.0,
            Chart::Map(..) => true,
        }
    }

    /// Whether the pixels within `margin` of a place have all their corners on the sphere.
    fn has(&self, [x, y]: [f64; 2], margin: i64) -> bool {
        let (x, y, [height, width]) = (x.round(), y.round(), self.shape());
        let corners = move |m: f64| [-m, 1.0 + m].map(|d| [x - 0.5 + d, y - 0.5 + d]);
        let [low, high] = corners(margin as f64);
        let there = |at: [f64; 2]| self.point(at)[0].is_finite();
        let within = |x: f64, y: f64| x >= 0.0 && y >= 0.0 && x < width as f64 && y < height as f64;
        matches!(self, Chart::Map(..))
            || within(x, y) && [low, high, [low[0], high[1]], [high[0], low[1]]].into_iter().all(there)
    }
}

/// A chart in the directions of an observer, who may not see all of it.
#[derive(Clone)]
struct Seen {
    chart: Chart,
    from: Vector,
    folds: bool,
    calls: Arc<AtomicUsize>,
}

impl Projection for Seen {
    fn lift(&self, points: &mut Points<'_, 3>) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        points.each(|[x, y, _]| unit(along(self.chart.point([x, y]), -1.0, self.from)));
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        points.each(|ray| {
            let [x, y] = self.chart.place(surface(self.from, ray));
            [x, y, 0.0]
        });
    }
    fn folds(&self) -> bool {
        self.folds
    }
}

/// An input and an output of the same sphere.
struct Pair {
    input: Seen,
    output: Camera,
    image: ArrayD<f64>,
}

impl Pair {
    fn new(chart: Chart, output: Camera) -> Self {
        let image = ArrayD::from_shape_fn(IxDyn(&chart.shape()), |at| {
            (at[0] as f64 / 7.0).sin() + (at[1] as f64 / 9.0).cos()
        });
        let input = Seen { chart, from: output.eye, folds: true, calls: Arc::default() };
        Pair { input, output, image }
    }

    fn side(&self) -> usize {
        self.output.side()
    }

    /// Values and weights, in blocks of a shape.
    fn run(&self, block: [usize; 2]) -> [Vec<f64>; 2] {
        let (side, Pair { input, output, image }) = (self.side(), self);
        let map = Axes::<2, _>::new(Between { output: *output, input: input.clone() });
        let how = Exact { input: input.clone(), output: *output };
        let job = Reproject::<f64, f64, _, _, _>::new(&[side; 2], map, how, image).unwrap();
        in_blocks(side, block, |region| {
            let tile = job.run(region, &()).unwrap();
            [tile.data, tile.weight].map(|values| values.into_iter().collect())
        })
    }

    /// Samples of an output pixel, so many along a side: the point of the sphere, and the solid angle but for a factor.
    fn samples(&self, number: usize, count: usize) -> impl Iterator<Item = (Vector, f64)> + '_ {
        let (x, y) = ((number % self.side()) as f64, (number / self.side()) as f64);
        let part = move |i: usize| (i as f64 + 0.5) / count as f64 - 0.5;
        let ray = move |i: usize| self.output.ray([x + part(i % count), y + part(i / count)]);
        let Camera { eye, axes: [forward, ..], .. } = self.output;
        (0..count * count).map(ray).map(move |ray| (surface(eye, ray), dot(ray, forward).powi(3)))
    }

    /// Value times weight, and weight, of an output pixel by samples of it: what both observers see, and whose pixel exists.
    fn sampled(&self, number: usize, count: usize) -> [f64; 2] {
        let chart = &self.input.chart;
        let [mut sum, mut weight, mut area] = [0.0; 3];
        for (point, part) in self.samples(number, count) {
            area += part;
            if point[0].is_finite() && chart.sees(point) && chart.has(chart.place(point), 0) {
                let [x, y] = chart.place(point).map(|at| at.round().max(0.0) as usize);
                sum += part * self.image[[y, x]];
                weight += part;
            }
        }
        [sum / area, weight / area]
    }

    /// Whether an output pixel shows nothing near the limb of the input, whose last pixels are long and bent.
    fn clear(&self, number: usize) -> bool {
        let chart = &self.input.chart;
        self.samples(number, 24).all(|(p, _)| p[0].is_nan() || chart.has(chart.place(p), 2))
    }
}

fn in_blocks(side: usize, block: [usize; 2], run: impl Fn(&Region) -> [Vec<f64>; 2]) -> [Vec<f64>; 2] {
    let mut all = [vec![f64::NAN; side * side], vec![f64::NAN; side * side]];
    for y in (0..side).step_by(block[0]) {
        for x in (0..side).step_by(block[1]) {
            let [height, width] = [block[0].min(side - y), block[1].min(side - x)];
            let parts = run(&Region::new([y, x], [height, width]));
            for (all, part) in all.iter_mut().zip(parts) {
                part.iter().enumerate().for_each(|(k, v)| all[(y + k / width) * side + x + k % width] = *v);
            }
        }
    }
    all
}

fn bits(values: &[Vec<f64>; 2]) -> Vec<u64> {
    values.iter().flatten().map(|v| v.to_bits()).collect()
}

fn pairs() -> Vec<Pair> {
    let camera = Camera::new;
    let image = |at, distance, turn, radius| Chart::Image(camera(at, distance, turn, radius));
    vec![
        Pair::new(image([0.0, 0.0], 215.0, 0.0, 50.2), camera([60.0, 0.0], 211.0, 0.0, 9.6)),
        Pair::new(image([0.0, 3.0], 215.0, 12.0, 50.2), camera([-100.0, -7.0], 150.0, 31.0, 30.0)),
        Pair::new(
            Chart::Image(camera([0.0, 3.0], 6.0, 12.0, 60.0).mirrored()),
            camera([20.0, 40.0], 9.0, 200.0, 20.0),
        ),
        Pair::new(image([0.0, 3.0], 215.0, 12.0, 40.0), camera([178.0, 2.0], 215.0, 0.0, 12.0)),
        Pair::new(Chart::Map(90, 0.0), camera([150.0, 7.0], 215.0, 10.0, 14.0)),
        Pair::new(Chart::Map(60, 1.2), camera([20.0, 40.0], 5.0, 10.0, 14.0).mirrored()),
    ]
}

#[test]
fn what_an_observer_does_not_see_is_not_counted() {
    let mut rim = 0;
    for (case, pair) in pairs().into_iter().enumerate() {
        let side = pair.side();
        let [values, weights] = pair.run([side, side]);
        assert!(weights.iter().all(|&w| w <= 1.0), "a pixel is covered once");
        for i in (0..side * side).filter(|&i| pair.clear(i)) {
            let partly = weights[i] > 0.0 && weights[i] < 1.0;
            rim += usize::from(partly);
            let [sum, weight] = pair.sampled(i, if partly { 200 } else { 40 });
            let found = if weights[i] > 0.0 { values[i] * weights[i] } else { 0.0 };
            let at = [i % side, i / side];
            assert!((weights[i] - weight).abs() < 6e-4, "{case} {at:?}: {} for {weight}", weights[i]);
            // Values between -2 and 2, and borders of pixels that are straight.
            assert!((found - sum).abs() < 8e-3, "{case} {at:?}: {found} for {sum}");
        }
    }
    assert!(rim > 300, "{rim} pixels on the limb");
}

#[test]
fn every_block_shape_gives_the_same_bits() {
    for pair in pairs() {
        let whole = bits(&pair.run([pair.side(); 2]));
        for block in [[1, 1], [7, 5]] {
            assert!(bits(&pair.run(block)) == whole, "{block:?}");
        }
    }
}

#[test]
fn where_nothing_is_hidden_the_bits_are_those_of_a_map_that_does_not_fold() {
    let camera = |turn, radius| Camera::new([40.0, 10.0], 215.0, turn, radius);
    let mut pair = Pair::new(Chart::Image(camera(0.0, 50.2)), camera(25.0, 30.0));
    let folding = pair.run([pair.side(); 2]);
    pair.input.folds = false;
    assert!(bits(&folding) == bits(&pair.run([pair.side(); 2])));
}

/// Both halves of the output, asked ahead.
#[test]
fn asked_ahead_it_gives_the_same_bits_in_a_few_calls() {
    for pair in pairs() {
        let (side, shape) = (pair.side(), pair.input.chart.shape());
        let expected = bits(&pair.run([side; 2]));
        let map = Axes::<2, _>::new(Between { output: pair.output, input: pair.input.clone() });
        let mut left = None;
        let half = side / 2;
        let mut halves = [(0, half), (half, side)].map(|(first, last)| {
            let region = Region::new([first, 0], [last - first, side]);
            let kept = Kept::positions(&map, &region, Lattice::CORNERS, &()).unwrap();
            let before = pair.input.calls.load(Ordering::Relaxed);
            let at = Coords::on(&region, Lattice::CORNERS, &kept, &shape);
            let how = Surveyed::new(pair.input.clone(), &pair.output, &at).unwrap();
            let how = how.with_corners(&at, &shape, left.as_ref(), &()).unwrap();
            let calls = pair.input.calls.load(Ordering::Relaxed);
            // As without a fold, and: which way round pixels run (two), the same at corners near the fold, where it is.
            assert!(calls - before <= if left.is_some() { 3 } else { 4 + 4 }, "{} calls", calls - before);
            left = Some(how.corners().clone());
            let ahead = Reproject::<f64, f64, _, _, _>::new(&[side; 2], &kept, how, &pair.image).unwrap();
            let tile = ahead.run(&region, &()).unwrap();
            assert_eq!(calls, pair.input.calls.load(Ordering::Relaxed), "nothing is asked for pixels");
            [tile.data, tile.weight].map(|values| values.into_iter().collect::<Vec<f64>>())
        });
        let [first, second] = &mut halves;
        for k in 0..2 {
            let rest = std::mem::take(&mut second[k]);
            first[k].extend(rest);
        }
        for (k, (a, b)) in bits(first).iter().zip(&expected).enumerate() {
            let (a, b) = (f64::from_bits(*a), f64::from_bits(*b));
            if a.to_bits() != b.to_bits() {
                println!(
                    "side {side} {} {:?} {a} {b}",
                    k / (side * side),
                    [k % (side * side) % side, k % (side * side) / side]
                );
            }
        }
    }
}
