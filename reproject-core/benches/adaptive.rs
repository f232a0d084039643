//! Adaptive resampling, one thread: Hann 1024² → 1024² turned by 30°, Gaussian 4096² → 512² (eight times coarser).

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    Adaptive, AdaptiveOptions, ArraySource, Axes, Filter, Job, Mat3, Points, Region, Reproject, Transform,
    instruction_set,
};

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

/// Centre on centre, turned by 30°, output pixels `scale` times the input's.
fn turned(input: usize, output: usize, scale: f64) -> Axes<2, Homography> {
    let (s, c) = 30f64.to_radians().sin_cos();
    let (from, to) = (output as f64 / 2.0, input as f64 / 2.0);
    let to_centre = Mat3([[scale, 0.0, -from * scale], [0.0, scale, -from * scale], [0.0, 0.0, 1.0]]);
    let turn = Mat3([[c, -s, to], [s, c, to], [1e-9, 2e-9, 1.0]]);
    Axes::new(Homography(turn * to_centre))
}

fn measure(c: &mut Criterion, name: &str, filter: Filter, input: usize, output: usize) {
    let values: Vec<f64> =
        (0..input * input).map(|i| ((i % 1013) as f64).sin() + (i / input) as f64).collect();
    let image = ArrayD::from_shape_vec(IxDyn(&[input, input]), values).unwrap();
    let how = Adaptive::new(AdaptiveOptions { filter, ..Default::default() }).unwrap();
    let map = turned(input, output, input as f64 / output as f64);
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
