//! A float32 cube of 64 planes of 1024² pixels through a homography (TAN → TAN, rotated 30°), bilinear, to float64 with
//! its footprint, one thread: coordinates are shared by the planes.

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    ArraySink, ArraySource, Bilinear, DenseSink, Job, Region, Reproject, Tile, instruction_set,
};
use support::turned;

const SHAPE: [usize; 3] = [64, 1024, 1024];

fn bench(c: &mut Criterion) {
    let count: usize = SHAPE.iter().product();
    let values: Vec<f32> = (0..count).map(|i| ((i % 1013) as f32).sin() + (i >> 10) as f32).collect();
    let input = ArrayD::from_shape_vec(IxDyn(&SHAPE), values).unwrap();
    let map = turned(SHAPE[1], SHAPE[1], 1.0, [144.0, 216.0]);
    let source = &input as &dyn ArraySource<f32>;
    let job = Reproject::<f32, f64, _, _, _>::new(&SHAPE, map, Bilinear, source).unwrap();
    let (mut out, mut weight) = (ArrayD::zeros(IxDyn(&SHAPE)), ArrayD::zeros(IxDyn(&SHAPE)));
    let blocks: Vec<Region> = job.blocks(None).unwrap().iter().collect();
    let mut tile = Tile::blank(Region::whole(&[0; 3]), 0.0);
    let mut group = c.benchmark_group("cube");
    group.throughput(Throughput::Elements(count as u64)).sample_size(10);
    group.bench_function(format!("bilinear f32 → f64 ({})", instruction_set()), |b| {
        b.iter(|| {
            let sink = DenseSink::with_weight(out.view_mut(), weight.view_mut()).unwrap();
            for block in &blocks {
                job.run_into(block, &mut tile, &()).unwrap();
                sink.write(&tile).unwrap();
            }
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
