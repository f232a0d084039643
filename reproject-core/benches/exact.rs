//! Exact overlap between gnomonic images, one thread: 1024² → 1024² turned by 30°, 4096² → 512² (eight times coarser).

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    ArraySource, Axes, Between, Exact, Job, Points, Projection, Region, Reproject, instruction_set,
};
use std::hint::black_box;

/// Gnomonic about the x axis: (x, y) → (1, ξ, η), where ξ and η are pixels turned and scaled.
#[derive(Clone, Copy)]
struct Tan {
    centre: f64,
    cos: f64,
    sin: f64,
}

impl Tan {
    fn new(side: usize, pixel: f64, degrees: f64) -> Self {
        let (s, c) = degrees.to_radians().sin_cos();
        Tan { centre: side as f64 / 2.0, cos: c * pixel, sin: s * pixel }
    }
}

impl Projection for Tan {
    fn lift(&self, points: &mut Points<'_, 3>) {
        points.each(|[x, y, _]| {
            let (x, y) = (x - self.centre, y - self.centre);
            let (u, v) = (self.cos.mul_add(x, -self.sin * y), self.sin.mul_add(x, self.cos * y));
            let s = 1.0 / u.mul_add(u, v.mul_add(v, 1.0)).sqrt();
            [s, u * s, v * s]
        });
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        let square = self.cos.mul_add(self.cos, self.sin * self.sin);
        points.each(|[x, y, z]| {
            let s = if x > 0.0 { 1.0 / (x * square) } else { f64::NAN };
            let (u, v) = (y * s, z * s);
            [
                self.cos.mul_add(u, self.sin.mul_add(v, self.centre)),
                self.cos.mul_add(v, (-self.sin).mul_add(u, self.centre)),
                0.0,
            ]
        });
    }
}

fn measure(c: &mut Criterion, input: usize, output: usize, arcsec: f64) {
    let values: Vec<f64> =
        (0..input * input).map(|i| ((i % 1013) as f64).sin() + (i / input) as f64).collect();
    let image = ArrayD::from_shape_vec(IxDyn(&[input, input]), values).unwrap();
    let pixel = (arcsec / 3600.0).to_radians();
    let from = Tan::new(output, pixel * input as f64 / output as f64, 30.0);
    let to = Tan::new(input, pixel, 0.0);
    let map = Axes::new(Between { output: from, input: to });
    let source = &image as &dyn ArraySource<f64>;
    let how = Exact { input: to, output: from };
    let job = Reproject::<f64, f64, _, _, _>::new(&[output, output], map, how, source).unwrap();
    let mut group = c.benchmark_group("exact");
    group.throughput(Throughput::Elements((output * output) as u64)).sample_size(10);
    group.bench_function(format!("{input}² → {output}², {arcsec}″ ({})", instruction_set()), |b| {
        b.iter(|| black_box(job.run(&Region::whole(&[output, output]), &()).unwrap()));
    });
    group.finish();
}

fn bench(c: &mut Criterion) {
    measure(c, 1024, 1024, 1.0);
    measure(c, 4096, 512, 1.0);
    measure(c, 1024, 1024, 10.0);
    measure(c, 256, 256, 900.0);
}

criterion_group!(benches, bench);
criterion_main!(benches);
