//! A 4096² float32 image through a homography (TAN → TAN, rotated 30°), one thread: the map alone, then whole blocks.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    ArraySink, ArraySource, Axes, Bilinear, DenseSink, Grid, Job, Mat3, Nearest, Points, Region, Reproject,
    Resampler, Tile, Transform, instruction_set,
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

fn blocks<R: Resampler<f32, f32>>(c: &mut Criterion, name: &str, how: R, input: &ArrayD<f32>) {
    let mut group = c.benchmark_group("image");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64)).sample_size(10);
    let job =
        Reproject::<f32, f32, _, _, _>::new(input.shape(), rotated(), how, input as &dyn ArraySource<f32>)
            .unwrap();
    let mut out = ArrayD::zeros(IxDyn(&[SIDE, SIDE]));
    let blocks: Vec<Region> = Grid::automatic(&[SIDE, SIDE]).iter().collect();
    let mut tile = Tile::blank(Region::whole(&[0, 0]), 0f32);
    group.bench_function(format!("{name} f32 → f32 ({})", instruction_set()), |b| {
        b.iter(|| {
            let sink = DenseSink::new(out.view_mut());
            for block in &blocks {
                job.run_into(block, &mut tile, &()).unwrap();
                sink.write(&tile).unwrap();
            }
        });
    });
    group.finish();
}

fn bench(c: &mut Criterion) {
    let values: Vec<f32> = (0..SIDE * SIDE).map(|i| ((i % 1013) as f32).sin() + (i / SIDE) as f32).collect();
    let input = ArrayD::from_shape_vec(IxDyn(&[SIDE, SIDE]), values).unwrap();
    blocks(c, "nearest", Nearest, &input);
    blocks(c, "bilinear", Bilinear, &input);

    let mut group = c.benchmark_group("map");
    let n = 1 << 20;
    group.throughput(Throughput::Elements(n));
    let (mut x, mut y) = (vec![0.0; n as usize], vec![0.0; n as usize]);
    let map = rotated();
    group.bench_function("homography", |b| {
        b.iter(|| reproject_core::PixelMap::map(&map, 0, &mut [black_box(&mut x), black_box(&mut y)]));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
