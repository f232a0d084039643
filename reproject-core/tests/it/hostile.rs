//! Inputs, outputs and maps that nobody means to have: empty and single-pixel arrays, nothing but NaN, maps to nowhere,
//! to infinity, and from a whole input to one pixel. Every resampler must answer, with the same bits in all blocks.

use super::common::Sky;
use super::support::{Plane, run, same};
use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    Adaptive, AdaptiveOptions, Axes, BadValues, Between, Blanks, Boundary, Exact, Filter, Footprint,
    Identity, Interpolate, Order, Reproject, Resampler, Separable, Transform,
};

const SHAPES: [[usize; 2]; 9] = [[0, 0], [0, 5], [5, 0], [1, 1], [1, 7], [7, 1], [2, 2], [1, 100], [90, 3]];

fn interpolators() -> Vec<Box<dyn Resampler<f64, f64>>> {
    let blanks = [Blanks::Propagate, Blanks::Ignore { least: 0.5 }, Blanks::Fill(2.5)];
    let mut all: Vec<Box<dyn Resampler<f64, f64>>> = Vec::new();
    for order in [Order::Nearest, Order::Linear, Order::Quadratic, Order::Cubic] {
        for blanks in blanks {
            let how = Interpolate::new(order).with_blanks(blanks).unwrap();
            all.extend([how, how.with_footprint(Footprint::Valid)].map(|how| Box::new(how) as Box<_>));
        }
    }
    all
}

fn adaptives() -> Vec<Box<dyn Resampler<f64, f64>>> {
    let boundaries = [
        Boundary::Strict,
        Boundary::Ignore,
        Boundary::IgnoreThreshold(0.4),
        Boundary::Nearest,
        Boundary::Constant(0.1),
        Boundary::GridConstant(0.1),
    ];
    let mut all: Vec<Box<dyn Resampler<f64, f64>>> = Vec::new();
    for (number, boundary) in boundaries.into_iter().enumerate() {
        for filter in [Filter::Hann, Filter::Gaussian { width: 1.3, region: 4.0 }] {
            let options = AdaptiveOptions {
                filter,
                boundary,
                despike_jacobian: number % 2 == 0,
                center_jacobian: number % 3 == 0,
                conserve_flux: number % 2 == 1,
                bad_values: [BadValues::Strict, BadValues::Ignore, BadValues::Constant(1.0)][number % 3],
                ..Default::default()
            };
            all.push(Box::new(Adaptive::new(options).unwrap()));
        }
    }
    all
}

/// Whole and in single rows and columns: the same bits, weights between 0 and 1 (but for rounding), and none of it a panic.
fn answers(
    name: &str,
    map: &Axes<2, impl Transform>,
    how: &dyn Resampler<f64, f64>,
    input: &ArrayD<f64>,
    shape: &[usize],
) -> (ArrayD<f64>, ArrayD<f64>) {
    let whole = run(shape, map, how, input, &[shape[0].max(1), shape[1].max(1)]);
    for block in [[1, 3], [3, 1]] {
        assert!(
            same(&whole, &run(shape, map, how, input, &block)),
            "{name}: {:?} to {shape:?}",
            input.shape()
        );
    }
    assert!(whole.1.iter().all(|w| (-1e-12..=1.0 + 1e-9).contains(w)), "{name}: {:?}", whole.1);
    whole
}

#[test]
fn every_shape_and_map_has_an_answer() {
    type Map = fn([f64; 2]) -> [f64; 2];
    let maps: [(&str, Map); 8] = [
        ("as it is", |p| p),
        ("half a pixel off", |[x, y]| [x - 0.5, y + 0.5]),
        ("all to one", |_| [0.25, 0.0]),
        ("thirty times coarser", |[x, y]| [30.0 * x + 3.0, 30.0 * y]),
        ("a thousand times finer", |[x, y]| [1e-3 * x, 1e-3 * y]),
        ("nowhere", |_| [f64::NAN, f64::NAN]),
        ("half of it nowhere", |[x, y]| [if x > 1.0 { f64::NAN } else { x }, y]),
        ("far away", |[x, y]| [1e300 * (x - 1.0), f64::INFINITY * (y - 1.0)]),
    ];
    for shape in SHAPES {
        let input = ArrayD::from_shape_fn(IxDyn(&shape), |at| (at[0] * 10 + at[1]) as f64);
        for (name, map) in maps {
            let map = Axes::<2, _>::new(Plane(map));
            for (how, output) in interpolators().iter().chain(&adaptives()).zip(SHAPES.iter().cycle()) {
                let (data, weight) = answers(name, &map, how.as_ref(), &input, output);
                if name == "nowhere" {
                    assert!(data.iter().all(|v| v.is_nan()) && weight.iter().all(|w| *w == 0.0));
                }
                // Finite pixels make finite numbers, or none.
                assert!(data.iter().all(|v| !v.is_infinite()), "{name}: {data:?}");
            }
        }
    }
}

#[test]
fn nothing_but_blank_pixels_gives_nothing_but_blanks() {
    let map = Axes::<2, _>::new(Plane(|[x, y]: [f64; 2]| [0.7 * x - 0.2 * y + 1.0, 0.2 * x + 0.7 * y + 1.0]));
    for blank in [f64::NAN, f64::INFINITY] {
        let input = ArrayD::from_elem(IxDyn(&[9, 11]), blank);
        for order in [Order::Nearest, Order::Linear, Order::Quadratic, Order::Cubic] {
            for blanks in [Blanks::Propagate, Blanks::Ignore { least: 1e-3 }] {
                let how = Interpolate::new(order).with_blanks(blanks).unwrap();
                let (data, _) = answers("blank", &map, &how, &input, &[6, 5]);
                assert!(data.iter().all(|v| !v.is_finite()), "{order:?} {blanks:?}: {data:?}");
            }
            let how = Interpolate::new(order).with_blanks(Blanks::Fill(2.5)).unwrap();
            let (data, weight) = answers("blank", &map, &how, &input, &[6, 5]);
            let filled = |(v, w): (&f64, &f64)| *v == 2.5 && *w == 1.0 || v.is_nan() && *w == 0.0;
            assert!(data.iter().zip(&weight).all(filled) && weight.sum() > 5.0, "{order:?}: {data:?}");
        }
        for bad_values in [BadValues::Strict, BadValues::Ignore] {
            let how = Adaptive::new(AdaptiveOptions { bad_values, ..Default::default() }).unwrap();
            let (data, _) = answers("blank", &map, &how, &input, &[6, 5]);
            assert!(data.iter().all(|v| !v.is_finite()), "{bad_values:?}: {data:?}");
        }
    }
}

/// A seam, and a pole at either end, of inputs hardly larger than the taps.
#[test]
fn small_spheres_have_an_answer() {
    for shape in [[1, 1], [1, 2], [2, 1], [2, 2], [3, 4], [5, 6]] {
        let input = ArrayD::from_elem(IxDyn(&shape), 0.1);
        let [rows, columns] = shape.map(|n| n as f64);
        let map = Axes::<2, _>::new(Plane(move |[x, y]: [f64; 2]| {
            [0.9 * x - 3.0, (0.4 * y - 0.7).min(rows - 0.4)]
        }))
        .with_period([Some(columns), None])
        .with_poles([[None; 2], [Some(-0.5), Some(rows - 0.5)]]);
        for how in interpolators().iter().chain(&adaptives()) {
            let (data, _) = answers("sphere", &map, how.as_ref(), &input, &[8, 13]);
            assert!(data.iter().all(|v| !v.is_infinite()));
        }
        for order in [Order::Nearest, Order::Linear, Order::Quadratic, Order::Cubic] {
            let (data, weight) = answers("sphere", &map, &Interpolate::new(order), &input, &[8, 13]);
            let constant = |(v, w): (&f64, &f64)| *v == 0.1 && *w == 1.0 || v.is_nan() && *w == 0.0;
            assert!(data.iter().zip(&weight).all(constant), "{order:?} {shape:?}: {data:?}");
            assert!(weight.sum() >= 13.0, "{order:?} {shape:?}: {weight:?}");
        }
    }
}

#[test]
fn exact_overlap_has_an_answer_for_every_shape() {
    let sky = |gnomonic: bool, shape: [usize; 2], size: f64| Sky {
        gnomonic,
        centre: [0.3, if gnomonic { 0.4 } else { 0.0 }],
        pixel: [shape[1] as f64 / 2.0 - 0.5, shape[0] as f64 / 2.0 - 0.5],
        scale: [[-size, 0.0], [0.0, size]],
        period: None,
    };
    for shape in SHAPES {
        for output in SHAPES {
            for (from, to) in [(1e-3, 1e-3), (1e-6, 1e-3), (1e-3, 1e-6), (1e-3, 0.3), (0.5, 0.5)] {
                for value in [0.1, f64::NAN, f64::INFINITY] {
                    let (input, target) = (sky(true, shape, from), sky(from == 0.5, output, to));
                    let how = Exact { input, output: target };
                    let map = Axes::<2, _>::new(Between { output: target, input });
                    let image = ArrayD::from_elem(IxDyn(&shape), value);
                    let (data, weight) = answers("exact", &map, &how, &image, &output);
                    for (v, w) in data.iter().zip(&weight) {
                        let right = if *w > 0.0 { *v == value } else { v.is_nan() };
                        assert!(
                            right && (*w == 0.0 || !value.is_nan()),
                            "{shape:?} to {output:?}: {v} of weight {w}"
                        );
                    }
                }
            }
        }
    }
}

/// Only images have pixels with an area or a Jacobian: other maps are refused before anything is read.
#[test]
fn what_needs_an_image_refuses_other_maps() {
    let cube = ArrayD::<f64>::zeros(IxDyn(&[3, 4, 5]));
    let sky = Sky {
        gnomonic: true,
        centre: [0.0; 2],
        pixel: [0.0; 2],
        scale: [[1.0, 0.0], [0.0, 1.0]],
        period: None,
    };
    let all: [&dyn Resampler<f64, f64>; 2] = [&Adaptive::default(), &Exact { input: sky, output: sky }];
    for how in all {
        let new = |map: &dyn reproject_core::PixelMap| {
            Reproject::<f64, f64, _, _, _>::new(&[3, 4, 5], map, how, cube.clone())
                .map(|_| ())
                .map_err(|e| e.to_string())
        };
        for map in [
            &Axes::<1, _>::new(Identity) as &dyn reproject_core::PixelMap,
            &Axes::<3, _>::new(Identity),
            &Separable(Axes::<1, _>::new(Identity), Axes::<2, _>::new(Identity)),
        ] {
            let error = new(map).unwrap_err();
            assert!(error.contains("one group of two"), "{error}");
        }
        assert_eq!(new(&Axes::<2, _>::new(Identity)), Ok(()));
    }
}
