//! A 4096² float32 image through a homography (TAN → TAN, rotated 30°) to float64 by splines, one thread: blocks of 512².

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    ArraySource, Axes, Bicubic, Biquadratic, Grid, Job, Mat3, Points, Region, Reproject, Resampler, Tile,
    Transform, instruction_set,
};
use std::hint::black_box;

const SIDE: usize = 4096;

/// (x, y, 1) times a matrix, divided by the third component.
struct Homography(Mat3);

impl Transform for Homography {
    fn forward(&self, points: &mut Points<'_>) {
        let m = self.0;
        points.each(|[x, y]| {
            let [u, v, w] = m * [x, y, 1.0];
            let s = if w > 0.0 { 1.0 / w } else { f64::NAN };
            [u * s, v * s]
        });
    }
    fn inverse(&self, _: &mut Points<'_>) {
        unreachable!("only the forward map is measured")
    }
}

fn rotated() -> Axes<2, Homography> {
    let (s, c) = 30f64.to_radians().sin_cos();
    let half = SIDE as f64 / 2.0;
    let to_centre = Mat3([[1.0, 0.0, -half], [0.0, 1.0, -half], [0.0, 0.0, 1.0]]);
    let turn = Mat3([[c, -s, half + 144.0], [s, c, half + 216.0], [1e-9, 2e-9, 1.0]]);
    Axes::new(Homography(turn * to_centre))
}

fn blocks<R: Resampler<f32, f64>>(c: &mut Criterion, name: &str, how: R, input: &ArrayD<f32>) {
    let mut group = c.benchmark_group("spline");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64)).sample_size(10);
    let source = input as &dyn ArraySource<f32>;
    let job = Reproject::<f32, f64, _, _, _>::new(input.shape(), rotated(), how, source).unwrap();
    let mut tile = Tile::blank(Region::whole(&[0, 0]), 0.0);
    group.bench_function(format!("{name} f32 → f64 ({})", instruction_set()), |b| {
        b.iter(|| {
            for block in Grid::new(&[SIDE, SIDE], &[512, 512]).unwrap().iter() {
                job.run_into(&block, &mut tile, &()).unwrap();
                black_box(&tile);
            }
        });
    });
    group.finish();
}

fn bench(c: &mut Criterion) {
    let values: Vec<f32> = (0..SIDE * SIDE).map(|i| ((i % 1013) as f32).sin() + (i / SIDE) as f32).collect();
    let input = ArrayD::from_shape_vec(IxDyn(&[SIDE, SIDE]), values).unwrap();
    blocks(c, "quadratic", Biquadratic, &input);
    blocks(c, "cubic", Bicubic, &input);
}

criterion_group!(benches, bench);
criterion_main!(benches);
