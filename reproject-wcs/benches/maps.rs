//! Nanoseconds a point, one thread: elementary functions, every projection in both directions, and distortions with their inverses.
//! `cargo bench -p reproject-wcs --bench maps -- <filter>`.

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use reproject_core::{Points, Projection, Transform, each, instruction_set};
use reproject_wcs::distort::{Distortion, Lookup, Sip, Table, Tpv};
use reproject_wcs::native::Native;
use reproject_wcs::trig;
use std::time::Duration;

const N: usize = 16_384;

/// Numbers in [−1, 1), evenly spread.
fn spread(step: f64) -> Vec<f64> {
    (0..N).map(|i| (i as f64 * step).fract() * 2.0 - 1.0).collect()
}

fn group<'a>(c: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(N as u64)).sample_size(20);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));
    group
}

fn functions(c: &mut Criterion) {
    println!("instruction set: {}", instruction_set());
    let (u, v) = (spread(0.618), spread(0.414));
    let mut g = group(c, "trig");
    macro_rules! bench {
        ($name:literal, $($f:tt)+) => {{
            let (mut x, mut y) = (u.clone(), v.clone());
            g.bench_function($name, |b| {
                b.iter(|| {
                    x.copy_from_slice(&u);
                    y.copy_from_slice(&v);
                    each!(&mut Points::new([&mut x, &mut y]), $($f)+);
                })
            });
        }};
    }
    bench!("copy", |[a, b]: [f64; 2]| [b, a]);
    bench!("sin_cos", |[a, _]: [f64; 2]| trig::sin_cos(3.0 * a).into());
    bench!("tan", |[a, b]: [f64; 2]| [trig::tan(a), b]);
    bench!("atan2", |[a, b]: [f64; 2]| [trig::atan2(a, b), b]);
    bench!("asin", |[a, b]: [f64; 2]| [trig::asin(a), b]);
    bench!("acos", |[a, b]: [f64; 2]| [trig::acos(a), b]);
    bench!("exp", |[a, b]: [f64; 2]| [trig::exp(a), b]);
    bench!("ln", |[a, b]: [f64; 2]| [trig::ln(1.0 + a), b]);
    bench!("cbrt", |[a, b]: [f64; 2]| [trig::cbrt(a), b]);
}

fn projections(c: &mut Criterion) {
    let (u, v) = (spread(0.618), spread(0.414));
    let mut g = group(c, "projection");
    for code in Native::CODES {
        let mut pv = [None; 30];
        match *code {
            "COP" | "COE" | "COD" | "COO" | "BON" => pv[1] = Some(45.0),
            "ZPN" => (pv[1], pv[3]) = (Some(1.0), Some(0.1)),
            _ => {}
        }
        let native = Native::new(code, &pv).expect("parameters are in range");
        let (mut x, mut y, mut z) = (u.clone(), v.clone(), vec![0.0; N]);
        g.bench_function(format!("{code} lift"), |b| {
            b.iter(|| {
                x.copy_from_slice(&u);
                y.copy_from_slice(&v);
                Points::new([&mut x, &mut y, &mut z]).batches(|p| native.lift(p));
            })
        });
        let lifted = [x.clone(), y.clone(), z.clone()];
        g.bench_function(format!("{code} project"), |b| {
            b.iter(|| {
                for (to, from) in [&mut x, &mut y, &mut z].into_iter().zip(&lifted) {
                    to.copy_from_slice(from);
                }
                Points::new([&mut x, &mut y, &mut z]).batches(|p| native.project(p));
            })
        });
    }
}

fn distortions(c: &mut Criterion) {
    // Some 5 pixels at the corners of a chip of 2048 pixels, most of it quadratic, as on ACS or IRAC.
    let sip = |order: usize| {
        let terms: Vec<_> = (0..=order)
            .flat_map(|p| (0..=order - p).map(move |q| (p, q)))
            .filter(|(p, q)| p + q > 1)
            .map(|(p, q)| (p, q, 6.0 / 4f64.powi((p + q) as i32 - 1) / 1000f64.powi((p + q) as i32)))
            .collect();
        Sip::new([1000.0; 2], &terms, &terms).expect("terms are in range")
    };
    let tpv = |last: usize| {
        let pv: Vec<_> =
            (0..=last).filter(|m| *m != 3).map(|m| (m, if m == 1 { 1.001 } else { 1e-4 })).collect();
        Tpv::new(&pv, &pv).expect("terms are in range")
    };
    let table = || {
        let values = (0..64 * 64).map(|i| (i as f32 * 0.37).sin() * 0.05).collect();
        Table::new([64; 2], values, [1.0; 2], [1.0; 2], [32.0; 2]).expect("the shape fits")
    };
    let lookup = Lookup::new([Some(table()), Some(table())], Some(sip(4)), [1000.0; 2]);
    let cases = [
        ("SIP 3", Distortion::Sip(sip(3)), 1000.0),
        ("SIP 5", Distortion::Sip(sip(5)), 1000.0),
        ("SIP 9", Distortion::Sip(sip(9)), 1000.0),
        ("TPV 10", Distortion::Tpv(tpv(10)), 0.5),
        ("TPV 39", Distortion::Tpv(tpv(39)), 0.5),
        ("SIP 4 + tables", Distortion::Lookup(Box::new(lookup)), 1000.0),
    ];
    let (u, v) = (spread(0.618), spread(0.414));
    let mut g = group(c, "distortion");
    for (name, distortion, field) in cases {
        let centre = if field > 1.0 { field } else { 0.0 };
        let at = |w: &[f64]| w.iter().map(|c| field * c + centre).collect::<Vec<f64>>();
        let (u, v) = (at(&u), at(&v));
        let (mut x, mut y) = (u.clone(), v.clone());
        g.bench_function(format!("{name} forward"), |b| {
            b.iter(|| {
                x.copy_from_slice(&u);
                y.copy_from_slice(&v);
                distortion.forward(&mut Points::new([&mut x, &mut y]));
            })
        });
        g.bench_function(format!("{name} inverse"), |b| {
            b.iter(|| {
                x.copy_from_slice(&u);
                y.copy_from_slice(&v);
                distortion.inverse(&mut Points::new([&mut x, &mut y]));
            })
        });
    }
}

criterion_group!(maps, functions, projections, distortions);
criterion_main!(maps);
