//! Properties of exact overlap: conservation, poles, seams, blocks, parity, pixel sizes, NaN.

use super::common::{Sky, areas};
use ndarray::{ArrayD, Axis, IxDyn};
use proptest::prelude::*;
use reproject_core::testing::block;
use reproject_core::{Axes, Between, Exact, Job, Region, Reproject, Tile, laws};

type Whole = Reproject<f64, f64, Axes<2, Between<Sky, Sky>>, Exact<Sky, Sky>, ArrayD<f64>>;

fn job(input: Sky, image: &ArrayD<f64>, output: Sky, shape: &[usize]) -> Whole {
    let map = Axes::new(Between { output, input }).with_period([input.period, None]);
    Reproject::new(shape, map, Exact { input, output }, image.clone()).unwrap()
}

fn run(input: Sky, image: &ArrayD<f64>, output: Sky, shape: &[usize]) -> Tile<f64> {
    job(input, image, output, shape).run(&Region::whole(shape), &()).unwrap()
}

/// Gnomonic, `pixel` radians a pixel, turned, the centre of an image of `shape` at `centre`.
fn tan(centre: [f64; 2], pixel: [f64; 2], turn: f64, shape: [usize; 2]) -> Sky {
    let (s, c) = turn.sin_cos();
    let middle = |k: usize| (shape[1 - k] as f64 - 1.0) / 2.0;
    Sky {
        gnomonic: true,
        centre,
        pixel: [middle(0), middle(1)],
        scale: [[c * pixel[0], -s * pixel[1]], [s * pixel[0], c * pixel[1]]],
        period: None,
    }
}

/// Plate carrée of the whole sphere in `rows` rows and twice as many columns; longitude 0 in column `first`.
fn car(rows: usize, first: f64, mirrored: bool) -> Sky {
    let step = std::f64::consts::PI / rows as f64;
    Sky {
        gnomonic: false,
        centre: [0.0; 2],
        pixel: [first, (rows as f64 - 1.0) / 2.0],
        scale: [[if mirrored { -step } else { step }, 0.0], [0.0, step]],
        period: Some(2.0 * rows as f64),
    }
}

fn image(shape: [usize; 2]) -> ArrayD<f64> {
    ArrayD::from_shape_fn(IxDyn(&shape), |at| ((at[0] * 7 + at[1] * 13) % 11) as f64 + 1.0)
}

/// Σ weight · area over the whole sphere is the area of the input, and Σ value · weight · area its flux: to 1e-12.
fn conserves(input: Sky, shape: [usize; 2], output: Sky, target: [usize; 2]) {
    let image = image(shape);
    let tile = run(input, &image, output, &target);
    let (from, to) = (areas(&input, shape), areas(&output, target));
    let covered: f64 = tile.weight.iter().zip(&to).map(|(w, a)| w * a).sum();
    assert!((covered / from.sum() - 1.0).abs() < 1e-12, "area {covered} of {}", from.sum());
    let flux: f64 = tile
        .data
        .iter()
        .zip(&tile.weight)
        .zip(&to)
        .filter(|((v, _), _)| !v.is_nan())
        .map(|((v, w), a)| v * w * a)
        .sum();
    let want: f64 = image.iter().zip(&from).map(|(v, a)| v * a).sum();
    assert!((flux / want - 1.0).abs() < 1e-12, "flux {flux} of {want}");
    assert!(tile.weight.iter().all(|w| *w <= 1.0 + 1e-12));
}

#[test]
fn area_and_flux_are_conserved_on_the_sphere() {
    // Both parities, the seam anywhere, pixels of 3°, 5° and 10°.
    conserves(car(36, 35.5, false), [36, 72], car(60, 3.25, true), [60, 120]);
    conserves(car(60, 0.0, true), [60, 120], car(18, 7.0, false), [18, 36]);
    // Images that hold a pole inside a pixel, on a border, and at a corner; large and small against the pixels.
    for (lat, pixel) in [(90.0f64, 0.6), (89.9, 0.6), (90.0, 3.0), (-88.0, 0.1), (40.0, 7.0)] {
        for shape in [[11, 11], [10, 10], [9, 12]] {
            let pixel = f64::to_radians(pixel);
            let input = tan([0.4, lat.to_radians()], [-pixel, pixel], 0.3, shape);
            conserves(input, shape, car(36, 20.0, false), [36, 72]);
        }
    }
}

/// A full sphere onto a full sphere: no empty half, no lost column, every pixel covered once.
#[test]
fn the_seam_is_no_edge() {
    for first in [35.5, 0.0, 71.0, 12.3] {
        let tile = run(car(36, first, false), &image([36, 72]), car(36, 40.2, true), &[36, 72]);
        assert!(tile.weight.iter().all(|w| *w == 1.0), "longitude 0 in column {first}");
        assert!(tile.data.iter().all(|v| (1.0..=11.0).contains(v)));
    }
}

/// Onto an image around the pole, from every side.
#[test]
fn a_pole_inside_a_pixel_is_covered() {
    for lat in [90.0f64, -90.0, 89.3] {
        for size in [9, 10] {
            let output = tan([2.0, lat.to_radians()], [-0.05, 0.05], 0.2, [size, size]);
            let tile = run(car(36, 10.0, false), &image([36, 72]), output, &[size, size]);
            assert!(tile.weight.iter().all(|w| *w == 1.0), "{lat}: {}", tile.weight);
        }
    }
}

/// The first and last row centred on the poles: half of their pixels lies beyond, where the opposite meridian is.
#[test]
fn rows_centred_on_the_poles_end_there() {
    let input = Sky { pixel: [10.0, 18.0], ..car(36, 10.0, false) };
    let output = car(60, 17.0, true);
    let map = Axes::new(Between { output, input })
        .with_period([input.period, None])
        .with_poles([[None; 2], [Some(0.0), Some(36.0)]]);
    let image = image([37, 72]);
    let job = Reproject::<f64, f64, _, _, _>::new(&[60, 120], map, Exact { input, output }, image.clone());
    let tile = job.unwrap().run(&Region::whole(&[60, 120]), &()).unwrap();
    assert!(tile.weight.iter().all(|w| *w == 1.0));
    // Rows at the poles are 2.5° high.
    let strip = |low: f64, high: f64| high.to_radians().sin() - low.to_radians().sin();
    let height = |row: f64| strip((row * 5.0 - 92.5).max(-90.0), (row * 5.0 - 87.5).min(90.0));
    let step = 5f64.to_radians();
    let want: f64 = image.indexed_iter().map(|(at, v)| v * height(at[0] as f64) * step).sum();
    let flux: f64 = tile.data.iter().zip(&areas(&output, [60, 120])).map(|(v, a)| v * a).sum();
    // Borders are great circles, not parallels.
    assert!((flux / want - 1.0).abs() < 1e-3, "{flux} of {want}");
}

/// The same geometry from degrees to micro-arcseconds. Large images differ by the density of the tangent plane, 3 r per
/// radian at distance r; unit vectors hold 1e-16 radians, 2e-5 of a micro-arcsecond.
#[test]
fn every_pixel_size_gives_the_same_values() {
    let values = |pixel: f64| {
        let input = tan([0.5, 0.7], [-pixel, pixel], 0.0, [12, 12]);
        let output = tan([0.5, 0.7], [1.3 * pixel, 1.3 * pixel], 0.6, [8, 8]);
        run(input, &image([12, 12]), output, &[8, 8])
    };
    let arcsec = (1.0f64 / 3600.0).to_radians();
    let base = values(arcsec);
    for (pixel, tolerance) in
        [(0.1f64.to_radians(), 3e-4), (60.0 * arcsec, 1e-5), (1e-3 * arcsec, 1e-5), (1e-6 * arcsec, 1e-2)]
    {
        let other = values(pixel);
        for (a, b) in base.data.iter().zip(&other.data).chain(base.weight.iter().zip(&other.weight)) {
            assert!((a - b).abs() < tolerance, "{a} and {b} at {pixel:e}");
        }
    }
}

#[test]
fn the_same_grid_copies_and_a_shift_copies() {
    let pixel = 1e-5;
    let shape = [20, 17];
    let sky = tan([1.0, -0.4], [-pixel, pixel], 0.2, shape);
    let image = image(shape);
    let tile = run(sky, &image, sky, &shape);
    assert!(tile.weight.iter().all(|w| *w == 1.0));
    assert!(tile.data.iter().zip(&image).all(|(a, b)| (a - b).abs() < 1e-9));
    let moved = Sky { pixel: [sky.pixel[0] - 3.0, sky.pixel[1] + 2.0], ..sky };
    let tile = run(sky, &image, moved, &[10, 10]);
    for row in 0..10 {
        for column in 0..10 {
            let (value, weight) = (tile.data[[row, column]], tile.weight[[row, column]]);
            if row >= 2 {
                assert!((value - image[[row - 2, column + 3]]).abs() < 1e-9 && weight == 1.0);
            } else {
                assert!(value.is_nan() && weight == 0.0);
            }
        }
    }
}

/// NaN covers nothing: the weight is that of the other pixels, and the value their mean.
#[test]
fn blank_pixels_cover_nothing() {
    let shape = [12, 12];
    let input = tan([0.5, 0.7], [-1e-5, 1e-5], 0.0, shape);
    let output = tan([0.5, 0.7], [-1e-5, 1e-5], 0.5, [8, 8]);
    let mut image = ArrayD::from_elem(IxDyn(&shape), 0.3);
    image[[5, 6]] = f64::NAN;
    let tile = run(input, &image, output, &[8, 8]);
    assert!(tile.data.iter().all(|v| *v == 0.3));
    // One input pixel is missing of a grid of pixels of the same size.
    assert!((tile.weight.sum() - 63.0).abs() < 1e-6, "{}", tile.weight.sum());
    image.fill(f64::NAN);
    let tile = run(input, &image, output, &[8, 8]);
    assert!(tile.data.iter().all(|v| v.is_nan()) && tile.weight.iter().all(|w| *w == 0.0));
}

/// Planes share their overlaps and keep their own NaN.
#[test]
fn planes_are_images_of_their_own() {
    let shape = [12, 11];
    let input = tan([0.5, 0.7], [-1e-5, 1e-5], 0.0, shape);
    let output = tan([0.5, 0.7], [-2e-5, 2e-5], 0.5, [6, 7]);
    let mut planes = [image(shape), image(shape) * 2.0, image(shape)];
    planes[2][[4, 4]] = f64::NAN;
    let cube = ndarray::stack(Axis(0), &planes.iter().map(|p| p.view()).collect::<Vec<_>>()).unwrap();
    let together = run(input, &cube, output, &[3, 6, 7]);
    for (k, plane) in planes.iter().enumerate() {
        let alone = run(input, plane, output, &[6, 7]);
        let bits = |a: &ArrayD<f64>| a.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&alone.data), bits(&together.data.index_axis(Axis(0), k).to_owned()));
        assert_eq!(bits(&alone.weight), bits(&together.weight.index_axis(Axis(0), k).to_owned()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_laws_hold(
        turn in -3.2f64..3.2,
        zoom in -1.2f64..1.2,
        size in prop_oneof![Just(1e-9), Just(3e-6), Just(2e-4), Just(0.01)],
        flip in any::<bool>(),
        cut in block(&[13, 11]),
    ) {
        let shape = [23, 29];
        let input = tan([0.5, 0.7], [-size, size], 0.1, shape);
        let pixel = size * zoom.exp();
        let output = tan([0.5 + 2.0 * size, 0.7 - size], [if flip { pixel } else { -pixel }, pixel], turn, [13, 11]);
        let mut image = image(shape);
        image[[11, 13]] = f64::NAN;
        let how = Exact { input, output };
        let map = Axes::new(Between { output, input });
        laws::job_ignores_blocks(&job(input, &image, output, &[13, 11]), &cut).unwrap();
        laws::resampler_keeps_constants(&how, &map, &shape, &[13, 11]).unwrap();
        laws::resampler_stays_in_support(&how, &map, &image, &[13, 11], &cut).unwrap();
    }

    /// Mirroring the input together with its projection changes nothing; nor does transposing.
    #[test]
    fn mirrored_and_transposed_inputs_give_the_same(turn in -3.2f64..3.2, zoom in -1.2f64..1.2) {
        let shape = [14, 17];
        let input = tan([0.5, 0.7], [-1e-4, 1e-4], 0.1, shape);
        let pixel = 1e-4 * zoom.exp();
        let output = tan([0.5, 0.7], [-pixel, pixel], turn, [9, 8]);
        let image = image(shape);
        let straight = run(input, &image, output, &[9, 8]);
        let mut mirrored = image.clone();
        mirrored.invert_axis(Axis(1));
        let s = input.scale;
        let other = Sky {
            pixel: [16.0 - input.pixel[0], input.pixel[1]],
            scale: [[-s[0][0], s[0][1]], [-s[1][0], s[1][1]]],
            ..input
        };
        let transposed = Sky {
            pixel: [input.pixel[1], input.pixel[0]],
            scale: [[s[0][1], s[0][0]], [s[1][1], s[1][0]]],
            ..input
        };
        for (sky, image) in [(other, mirrored), (transposed, image.t().to_owned())] {
            let tile = run(sky, &image.as_standard_layout().to_owned(), output, &[9, 8]);
            let pairs = straight.data.iter().zip(&tile.data).chain(straight.weight.iter().zip(&tile.weight));
            for (a, b) in pairs {
                prop_assert!((a - b).abs() < 1e-9 || a.is_nan() && b.is_nan(), "{a} {b}");
            }
        }
    }
}
