//! A 4096² float32 image through a homography (TAN → TAN, rotated 30°) to float64 by splines, one thread.

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    ArraySource, Axes, Bicubic, Biquadratic, Job, Region, Reproject, Resampler, Tile, instruction_set,
};
use std::hint::black_box;
use support::{Homography, turned};

const SIDE: usize = 4096;

fn rotated() -> Axes<2, Homography> {
    turned(SIDE, SIDE, 1.0, [144.0, 216.0])
}

fn blocks<R: Resampler<f32, f64>>(c: &mut Criterion, name: &str, how: R, input: &ArrayD<f32>) {
    let mut group = c.benchmark_group("spline");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64)).sample_size(10);
    let source = input as &dyn ArraySource<f32>;
    let job = Reproject::<f32, f64, _, _, _>::new(input.shape(), rotated(), how, source).unwrap();
    let blocks: Vec<Region> = job.blocks(None).unwrap().iter().collect();
    let mut tile = Tile::blank(Region::whole(&[0, 0]), 0.0);
    group.bench_function(format!("{name} f32 → f64 ({})", instruction_set()), |b| {
        b.iter(|| {
            for block in &blocks {
                job.run_into(block, &mut tile, &()).unwrap();
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
