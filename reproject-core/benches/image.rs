//! A 4096² float32 image through a homography (TAN → TAN, rotated 30°), one thread: the map alone, then whole blocks.

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    ArraySink, ArraySource, Axes, Bilinear, DenseSink, Job, Nearest, Region, Reproject, Resampler, Tile,
    instruction_set,
};
use std::hint::black_box;
use support::{Homography, turned};

const SIDE: usize = 4096;

fn rotated() -> Axes<2, Homography> {
    turned(SIDE, SIDE, 1.0, [144.0, 216.0])
}

fn blocks<R: Resampler<f32, f32>>(c: &mut Criterion, name: &str, how: R, input: &ArrayD<f32>) {
    let mut group = c.benchmark_group("image");
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64)).sample_size(10);
    let job =
        Reproject::<f32, f32, _, _, _>::new(input.shape(), rotated(), how, input as &dyn ArraySource<f32>)
            .unwrap();
    let mut out = ArrayD::zeros(IxDyn(&[SIDE, SIDE]));
    let blocks: Vec<Region> = job.blocks(None).unwrap().iter().collect();
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
