//! Adaptive resampling equals `reproject_adaptive` for every option: values of reproject 0.21 in data/adaptive.txt.

use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    Adaptive, AdaptiveOptions, Axes, BadValues, Boundary, Filter, Footprint, Job, Mat3, Points, Region,
    Reproject, Transform,
};

/// (x, y, 1) times a matrix, divided by the third component.
struct Homography(Mat3);

impl Transform for Homography {
    fn forward(&self, points: &mut Points<'_>) {
        points.each(|[x, y]| {
            let [u, v, w] = self.0 * [x, y, 1.0];
            [u / w, v / w]
        });
    }
    fn inverse(&self, _: &mut Points<'_>) {
        unreachable!("only the forward map is used")
    }
}

fn map(name: &str) -> Homography {
    Homography(Mat3(match name {
        "turned" => [[0.8, -0.35, 7.3], [0.4, 0.75, 4.6], [0.002, -0.001, 1.0]],
        "shrunk" => [[2.3, -1.1, 5.2], [1.2, 2.1, 2.4], [0.004, 0.003, 1.0]],
        "outside" => [[2.6, 0.7, -4.1], [-0.9, 2.9, 1.3], [0.001, 0.002, 1.0]],
        "sheared" => [[1.7, 0.1, 6.4], [0.2, 0.45, 6.1], [0.003, 0.0, 1.0]],
        _ => panic!("map {name}"),
    }))
}

fn input(name: &str) -> ArrayD<f64> {
    let mut image = ArrayD::from_shape_fn(IxDyn(&[18, 22]), |at| {
        let (row, column) = (at[0], at[1]);
        ((row * 7 + column * 13) % 11) as f64 + 0.25 * row as f64 - 0.125 * column as f64 + 20.0
    });
    if name == "bad" {
        for at in [[5, 6], [9, 10], [9, 11], [9, 12]] {
            image[&at[..]] = f64::NAN;
        }
        image[[12, 3]] = f64::INFINITY;
        image[[16, 20]] = f64::NEG_INFINITY;
    }
    image
}

fn options(words: &[&str]) -> AdaptiveOptions {
    let number = |k: usize| words[k].parse::<f64>().unwrap();
    let flag = |k: usize| words[k] == "1";
    AdaptiveOptions {
        filter: match words[2] {
            "hann" => Filter::Hann,
            _ => Filter::Gaussian { width: number(3), region: number(4) },
        },
        boundary: match words[5] {
            "strict" => Boundary::Strict,
            "constant" => Boundary::Constant(number(6)),
            "grid-constant" => Boundary::GridConstant(number(6)),
            "ignore" => Boundary::Ignore,
            "ignore_threshold" => Boundary::IgnoreThreshold(number(7)),
            _ => Boundary::Nearest,
        },
        cyclic: [flag(8), flag(9)],
        bad_values: match words[10] {
            "strict" => BadValues::Strict,
            "ignore" => BadValues::Ignore,
            _ => BadValues::Constant(number(11)),
        },
        conserve_flux: flag(12),
        center_jacobian: flag(13),
        despike_jacobian: false,
        footprint: Footprint::Coverage,
    }
}

/// Every line of the table. The largest relative deviation allowed is 1e-9; found: below 1e-12.
#[test]
fn every_option_agrees() {
    let (mut lines, mut worst, mut blank) = (0, 0.0f64, 0);
    for line in include_str!("../data/adaptive.txt").lines().filter(|line| !line.starts_with('#')) {
        let (words, values) = line.split_once(" | ").unwrap();
        let words: Vec<&str> = words.split(' ').collect();
        let how = Adaptive::new(options(&words)).unwrap();
        let map = Axes::<2, _>::new(map(words[0]));
        let job = Reproject::<f64, f64, _, _, _>::new(&[5, 6], map, how, input(words[1])).unwrap();
        let tile = job.run(&Region::whole(&[5, 6]), &()).unwrap();
        for (i, (got, want)) in tile.data.iter().zip(values.split(' ')).enumerate() {
            let want: f64 = want.parse().unwrap();
            assert_eq!(got.is_nan(), want.is_nan(), "pixel {i} is {got}, not {want}: {line}");
            if want.is_finite() {
                worst = worst.max((got / want - 1.0).abs());
                assert!((got / want - 1.0).abs() < 1e-9, "pixel {i} is {got}, not {want}: {line}");
            } else if !want.is_nan() {
                assert_eq!(*got, want, "{line}");
            }
            blank += usize::from(want.is_nan());
        }
        lines += 1;
    }
    println!("{lines} cases, largest relative deviation {worst:e}");
    assert_eq!(lines, 55);
    assert!(blank > 100 && worst < 1e-12);
}

/// An affine map with a displaced position at (6, 6): despiking gives back the Jacobian around it, 1.3 · 1.2 + 0.2 · 0.1,
/// as `reproject_adaptive(despike_jacobian=True, conserve_flux=True)` does.
#[test]
fn a_spike_is_replaced_by_its_neighbours() {
    struct Displaced;
    impl Transform for Displaced {
        fn forward(&self, points: &mut Points<'_>) {
            points.each(|[x, y]| {
                let jump = if x == 6.0 && y == 6.0 { 300.0 } else { 0.0 };
                [20.0 + 1.3 * x + 0.2 * y + jump, 22.0 - 0.1 * x + 1.2 * y]
            });
        }
        fn inverse(&self, _: &mut Points<'_>) {
            unreachable!("only the forward map is used")
        }
    }
    let run = |despike_jacobian| {
        let how = Adaptive::new(AdaptiveOptions {
            filter: Filter::Hann,
            boundary: Boundary::Nearest,
            conserve_flux: true,
            despike_jacobian,
            ..Default::default()
        });
        let image = ArrayD::from_elem(IxDyn(&[64, 64]), 1.0);
        let map = Axes::<2, _>::new(Displaced);
        let job = Reproject::<f64, f64, _, _, _>::new(&[12, 12], map, how.unwrap(), image).unwrap();
        job.run(&Region::whole(&[12, 12]), &()).unwrap().data
    };
    let (raw, smooth) = (run(false), run(true));
    // From reproject 0.21: 16.58 above the displaced pixel, 181.58 left of it.
    assert!((raw[[5, 6]] - 16.58).abs() < 1e-10 && (raw[[6, 5]] - 181.58).abs() < 1e-9);
    assert!(smooth.iter().all(|v| (v - 1.58).abs() < 1e-10));
}
