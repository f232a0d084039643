//! What every interpolator owes: constants, ramps, shifts, flips and transposes, blocks, support and pixel types.

use super::support::run;
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;
use reproject_core::testing::{AffineMap, affine, block, image, shape};
use reproject_core::{
    Affine, ArraySource, Axes, Bicubic, Bilinear, Biquadratic, Identity, Job, Nearest, Pixel, Region,
    Reproject, Resampler, Separable, laws,
};

const ALL: [&dyn Resampler<f64, f64>; 4] = [&Nearest, &Bilinear, &Biquadratic, &Bicubic];

fn map(linear: [[f64; 2]; 2], offset: [f64; 2]) -> Axes<2, AffineMap> {
    Axes::new(AffineMap(Affine { linear, offset }))
}

/// The largest difference between two images, which are blank at the same pixels.
fn difference(a: &ArrayD<f64>, b: impl Iterator<Item = f64>) -> f64 {
    a.iter().zip(b).fold(0.0, |worst, (a, b)| {
        assert_eq!(a.is_nan(), b.is_nan());
        if a.is_nan() { worst } else { f64::max(worst, (a - b).abs()) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Constants to the last bit, the same bits in all blocks, and nothing read beyond the window.
    #[test]
    fn the_laws_of_resamplers_hold(
        (input, map, cut) in shape(90).prop_flat_map(|s| (image(&s), affine(s, [40, 33]), block(&[40, 33]))),
    ) {
        for how in ALL {
            let map = Axes::<2, _>::new(map);
            let source = &input as &dyn ArraySource<f64>;
            let (_, weight) = run(&[40, 33], &map, how, source, &[40, 33]);
            // Small inputs may fill less of the output than the laws demand.
            if 4 * weight.iter().filter(|w| **w > 0.0).count() >= weight.len() {
                let job = Reproject::<f64, f64, _, _, _>::new(&[40, 33], &map, how, source).unwrap();
                laws::job_ignores_blocks(&job, &cut).unwrap();
                laws::resampler_keeps_constants(how, &map, input.shape(), &[40, 33]).unwrap();
                laws::resampler_stays_in_support(how, &map, &input, &[40, 33], &cut).unwrap();
            }
        }
    }

    /// A whole shift copies pixels: exactly up to order 1, to rounding for splines of values up to 1000.
    #[test]
    fn whole_shifts_copy(input in shape(80).prop_flat_map(|s| image(&s)), dx in -9i32..9, dy in -9i32..9) {
        let input = input.mapv(|v| if v.is_nan() { 0.5 } else { v });
        let map = map([[1.0, 0.0], [0.0, 1.0]], [f64::from(dx), f64::from(dy)]);
        let moved = |i: usize, d: i32, n: usize| usize::try_from(i as i64 + i64::from(d)).ok().filter(|i| *i < n);
        for (how, most) in ALL.into_iter().zip([0.0, 0.0, 2e-12, 3e-12]) {
            let (data, _) = run(input.shape(), &map, how, &input, input.shape());
            let expected = ArrayD::from_shape_fn(input.raw_dim(), |i| {
                let at = moved(i[0], dy, input.shape()[0]).zip(moved(i[1], dx, input.shape()[1]));
                at.map_or(f64::NAN, |(y, x)| input[[y, x]])
            });
            let off = difference(&data, expected.into_iter());
            prop_assert!(off <= most, "{off}");
        }
    }

    /// Mirroring or transposing the input and the map with it changes nothing but rounding.
    #[test]
    fn flips_and_transposes_change_nothing(
        (input, map) in shape(80).prop_flat_map(|s| (image(&s), affine(s, [30, 30]))),
    ) {
        let input = input.mapv(|v| if v.is_nan() { -7.5 } else { v });
        let Affine { linear: [x, y], offset: [u, v] } = map.0;
        let [rows, columns] = [input.shape()[0], input.shape()[1]];
        let flipped = ArrayD::from_shape_fn(input.raw_dim(), |i| input[[i[0], columns - 1 - i[1]]]);
        let flip = [[-x[0], -x[1]], y];
        let transposed = ArrayD::from_shape_fn(IxDyn(&[columns, rows]), |i| input[[i[1], i[0]]]);
        // Ties of nearest neighbour go up, and up is elsewhere in a flipped image.
        for how in &ALL[1..] {
            let (plain, _) = run(&[30, 30], &Axes::<2, _>::new(map), *how, &input, &[30, 30]);
            let flip = self::map(flip, [columns as f64 - 1.0 - u, v]);
            let (a, _) = run(&[30, 30], &flip, *how, &flipped, &[30, 30]);
            let (b, _) = run(&[30, 30], &self::map([y, x], [v, u]), *how, &transposed, &[30, 30]);
            // Positions differ by up to 10⁻¹³ pixels, values by up to 2000 (for splines, twice that) a pixel.
            prop_assert!(difference(&plain, a.into_iter()) < 1e-9);
            prop_assert!(difference(&plain, b.into_iter()) < 1e-9);
        }
    }
}

/// Ramps are reproduced from order 1 on, away from edges: splines are mirrored there, and 40 pixels on 0.268⁴⁰ is left of
/// that.
#[test]
fn ramps_stay_ramps() {
    let ramp = |x: f64, y: f64| 3.0 * x - 2.0 * y + 100.0;
    let input = ArrayD::from_shape_fn(IxDyn(&[150, 140]), |i| ramp(i[1] as f64, i[0] as f64));
    let map = map([[0.6, -0.8], [0.8, 0.6]], [70.3, 40.7]);
    for how in &ALL[1..] {
        let (data, _) = run(&[40, 30], &map, *how, &input, &[40, 30]);
        for (i, value) in data.indexed_iter() {
            let [x, y] = [i[1] as f64, i[0] as f64];
            let truth = ramp(0.6 * x - 0.8 * y + 70.3, 0.8 * x + 0.6 * y + 40.7);
            assert!((value - truth).abs() < 1e-11, "{value} and {truth}");
        }
    }
}

/// Broadcast planes and separable groups give what each plane, and each line of sight, gives alone.
/// A block that looks at more of the input than memory should hold coefficients of is computed in parts.
#[test]
fn a_coarse_output_is_that_of_its_parts() {
    let mut input = ArrayD::from_shape_fn(IxDyn(&[2, 1500, 1400]), |i| ((i[0] + i[1] * i[2]) % 1013) as f64);
    input[[1, 700, 650]] = f64::NAN;
    let map = map([[16.0, 9.0], [-8.0, 17.0]], [150.0, 350.0]);
    for how in &ALL[2..] {
        let source = &input as &dyn ArraySource<f64>;
        let whole = run(&[2, 70, 66], &map, how, source, &[2, 70, 66]);
        let parts = run(&[2, 70, 66], &map, how, source, &[1, 9, 20]);
        let bits = |a: &ArrayD<f64>| a.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!((bits(&whole.0), bits(&whole.1)), (bits(&parts.0), bits(&parts.1)));
        assert!(whole.1.iter().filter(|w| **w > 0.0).count() > 5000);
        let expected = input[[0, 350 - 8 * 10 + 17 * 30, 150 + 16 * 10 + 9 * 30]];
        assert!((whole.0[[0, 30, 10]] - expected).abs() < 1e-10, "positions are whole pixels");
    }
}

#[test]
fn cubes_are_what_their_planes_are() {
    let cube =
        ArrayD::from_shape_fn(IxDyn(&[9, 70, 80]), |i| ((i[0] * 31 + i[1] * 7 + i[2] * i[2]) % 101) as f64);
    let sky = map([[0.9, -0.3], [0.3, 0.9]], [4.0, -2.0]);
    for how in ALL {
        let (data, weight) = run(&[9, 50, 60], &sky, how, &cube, &[9, 50, 60]);
        let blocks = run(&[9, 50, 60], &sky, how, &cube, &[4, 50, 13]);
        assert!(super::support::same(&(data.clone(), weight.clone()), &blocks));
        for plane in 0..9 {
            let image = cube.index_axis(ndarray::Axis(0), plane).to_owned();
            let (alone, _) = run(&[50, 60], &sky, how, &image, &[50, 60]);
            let off = difference(&alone, data.index_axis(ndarray::Axis(0), plane).iter().copied());
            assert_eq!(off, 0.0);
        }
        // Spectrum × sky, the spectrum unchanged: as the broadcast cube, to rounding.
        let mixed = Separable(Axes::<1, _>::new(Identity), sky.clone());
        let (both, _) = run(&[9, 50, 60], &mixed, how, &cube, &[9, 50, 60]);
        assert!(difference(&both, data.iter().copied()) < 2e-12);
        let blocks = run(&[9, 50, 60], &mixed, how, &cube, &[2, 11, 60]).0;
        assert_eq!(difference(&both, blocks.into_iter()), 0.0);
    }
}

fn copies<T: Pixel>(values: Vec<T>, fill: T) {
    let n = values.len();
    let input = ArrayD::from_shape_vec(IxDyn(&[1, n]), values).unwrap();
    let map = map([[1.0, 0.0], [0.0, 1.0]], [-1.0, 0.0]);
    let job = Reproject::<T, T, _, _, _>::with_fill(&[1, n + 2], map, Nearest, input.clone(), fill).unwrap();
    let tile = job.run(&Region::whole(&[1, n + 2]), &()).unwrap();
    let expected: Vec<T> = [fill].into_iter().chain(input).chain([fill]).collect();
    assert_eq!(tile.data.into_iter().collect::<Vec<T>>(), expected);
}

/// Nearest neighbour copies numbers that no float can hold.
#[test]
fn integers_stay_exact() {
    copies(vec![0u8, 1, 254, 255], 7);
    copies(vec![i64::MIN, i64::MAX, (1 << 53) + 1, -1], i64::MIN + 1);
    copies(vec![u64::MAX, u64::MAX - 1, (1 << 63) + 1, 0], 3);
    copies(vec![16_777_217i32, i32::MIN, i32::MAX], -5);
    copies(vec![f64::MIN_POSITIVE, -0.0, f64::INFINITY], -1.0);
}

/// Values become integers to the nearest, half to even, within the type's range; blank ones become the fill value.
#[test]
fn floats_become_integers() {
    let input =
        ArrayD::from_shape_vec(IxDyn(&[1, 6]), vec![0.5f32, 1.5, -3.0, 300.0, f32::NAN, 7.0]).unwrap();
    let map = map([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]);
    let linear = Reproject::<f32, u8, _, _, _>::with_fill(&[1, 7], map.clone(), Bilinear, input.clone(), 9);
    let cubic = Reproject::<f32, u8, _, _, _>::with_fill(&[1, 7], map, Bicubic, input, 9).unwrap();
    let whole = Region::whole(&[1, 7]);
    let tile = linear.unwrap().run(&whole, &()).unwrap();
    assert_eq!(tile.data.into_raw_vec_and_offset().0, [0, 2, 0, 255, 9, 7, 9]);
    assert_eq!(tile.weight.into_raw_vec_and_offset().0, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    // The spline passes through every pixel, and a blank one blanks itself alone where positions are whole.
    assert_eq!(cubic.run(&whole, &()).unwrap().data.into_raw_vec_and_offset().0[3..], [255, 9, 7, 9]);
}

/// Half-pixel shifts: rounding noise neither drops nor doubles a column.
#[test]
fn ties_fall_on_one_side() {
    let input = ArrayD::from_shape_fn(IxDyn(&[1, 100]), |i| i[1] as f64);
    for noise in [0.0, 1e-12, -1e-12, 1e-10, -1e-10] {
        let map = map([[1.0, 0.0], [0.0, 1.0]], [-0.5 + noise, 0.0]);
        let (data, weight) = run(&[1, 102], &map, &Nearest, &input, &[1, 102]);
        // Both outer borders lie on the input.
        let expected: Vec<f64> = (0..=100).map(|i| f64::min(f64::from(i), 99.0)).collect();
        assert_eq!(data.as_slice().unwrap()[..101], expected);
        assert_eq!(weight.iter().sum::<f64>(), 101.0);
    }
}

/// Beyond the last row coefficients are copies of others, which may lie in another tile (of 64), even if they weigh nothing.
#[test]
fn the_last_row_is_known_whatever_it_mirrors() {
    for n in [63, 64, 65, 66, 67, 130] {
        let input = ArrayD::from_shape_fn(IxDyn(&[n, n]), |i| (i[0] * i[0] + 3 * i[1]) as f64);
        let last = n as f64 - 1.0;
        for (start, step) in [([last + 0.1, 0.0], [0.0, 1.0]), ([0.0, last + 0.1], [1.0, 0.0])] {
            let line = map([[step[0], 0.0], [0.0, step[1]]], start);
            let shape = [if step[1] > 0.0 { n } else { 1 }, if step[0] > 0.0 { n } else { 1 }];
            for how in ALL {
                let (data, _) = run(&shape, &line, how, &input, &[1, 1]);
                let worst = data.iter().enumerate().fold(0.0f64, |worst, (i, v)| {
                    let at = if step[0] > 0.0 { [n - 1, i] } else { [i, n - 1] };
                    worst.max((v - input[at]).abs())
                });
                assert!(worst < 1e-7 && data.iter().all(|v| v.is_finite()), "{n}: {worst}");
            }
        }
    }
}
