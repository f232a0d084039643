//! Adaptive resampling, one thread: Hann 1024² → 1024² turned by 30°, Gaussian 4096² → 512² (eight times coarser).

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    Adaptive, AdaptiveOptions, ArraySource, Filter, Job, Region, Reproject, instruction_set,
};
use support::turned;

fn measure(c: &mut Criterion, name: &str, filter: Filter, input: usize, output: usize) {
    let values: Vec<f64> =
        (0..input * input).map(|i| ((i % 1013) as f64).sin() + (i / input) as f64).collect();
    let image = ArrayD::from_shape_vec(IxDyn(&[input, input]), values).unwrap();
    let how = Adaptive::new(AdaptiveOptions { filter, ..Default::default() }).unwrap();
    let map = turned(input, output, input as f64 / output as f64, [0.0; 2]);
    let source = &image as &dyn ArraySource<f64>;
    let job = Reproject::<f64, f64, _, _, _>::new(&[output, output], map, how, source).unwrap();
    let mut group = c.benchmark_group("adaptive");
    group.throughput(Throughput::Elements((output * output) as u64)).sample_size(10);
    group.bench_function(format!("{name} {input}² → {output}² ({})", instruction_set()), |b| {
        b.iter(|| job.run(&Region::whole(&[output, output]), &()).unwrap());
    });
    group.finish();
}

fn bench(c: &mut Criterion) {
    measure(c, "Hann", Filter::Hann, 1024, 1024);
    measure(c, "Gaussian", Filter::Gaussian { width: 1.3, region: 4.0 }, 4096, 512);
    measure(c, "Gaussian", Filter::Gaussian { width: 1.3, region: 4.0 }, 1024, 1024);
}

criterion_group!(benches, bench);
criterion_main!(benches);
