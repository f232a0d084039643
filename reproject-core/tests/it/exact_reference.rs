//! Exact overlap equals `reproject_exact`: values and footprints of reproject 0.21 in data/exact.txt.

use super::common::Sky;
use ndarray::{ArrayD, IxDyn};
use reproject_core::{Axes, Between, Exact, Job, Region, Reproject};

fn side(text: &str) -> (Sky, [usize; 2]) {
    let words: Vec<&str> = text.split(' ').collect();
    let number = |k: usize| words[k].parse::<f64>().unwrap();
    let radians = |k: usize| number(k).to_radians();
    let sky = Sky {
        gnomonic: words[0] == "TAN",
        centre: [radians(1), radians(2)],
        pixel: [number(3), number(4)],
        scale: [[radians(5), radians(6)], [radians(7), radians(8)]],
        period: (words[0] == "CAR").then(|| (360.0 / number(5)).abs()),
    };
    (sky, [words[9].parse().unwrap(), words[10].parse().unwrap()])
}

fn numbers(text: &str) -> Vec<f64> {
    text.split(' ').map(|v| v.parse().unwrap()).collect()
}

/// Where `reproject_exact` has a value, ours is equal to 1e-7 of the image's range, and so is the footprint: its own
/// footprints exceed 1 by up to 3e-8.
#[test]
fn values_and_footprints_agree() {
    let mut cases = 0;
    for line in include_str!("../data/exact.txt").lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split(" | ").collect();
        let ((input, shape), (output, target)) = (side(parts[1]), side(parts[2]));
        let image = ArrayD::from_shape_fn(IxDyn(&shape), |at| {
            let (row, column) = (at[0], at[1]);
            ((row * 7 + column * 13) % 11) as f64 + 0.25 * row as f64 - 0.125 * column as f64 + 20.0
        });
        let map = Axes::new(Between { output, input }).with_period([input.period, None]);
        let job = Reproject::<f64, f64, _, _, _>::new(&target, map, Exact { input, output }, image).unwrap();
        let tile = job.run(&Region::whole(&target), &()).unwrap();
        let (mut worst, mut compared, mut missed) = ([0.0f64; 2], 0, 0);
        let want = numbers(parts[3]).into_iter().zip(numbers(parts[4]));
        for ((got, weight), (value, footprint)) in tile.data.iter().zip(&tile.weight).zip(want) {
            if value.is_nan() {
                continue;
            }
            // Near a pole the borders of wide pixels bulge beyond the box that reproject searches: it misses slivers.
            if parts[0] == "pole" && weight - footprint > 1e-7 {
                missed += 1;
                continue;
            }
            worst[0] = worst[0].max((got - value).abs() / 10.0);
            worst[1] = worst[1].max((weight - footprint).abs());
            assert!(!got.is_nan(), "{}: no value where reproject has {value}", parts[0]);
            compared += 1;
        }
        println!("{:10} {compared} pixels: value {:.1e}, footprint {:.1e}", parts[0], worst[0], worst[1]);
        assert_eq!(missed, if parts[0] == "pole" { 2 } else { 0 });
        assert!(compared >= 12, "{}: {compared} pixels", parts[0]);
        assert!(worst[0] < 1e-7 && worst[1] < 1e-7, "{}: {worst:?}", parts[0]);
        cases += 1;
    }
    assert_eq!(cases, 9);
}
