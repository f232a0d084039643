//! Kernels given by their weights: the same as the built-in ones where those can say it, and as the plain sum everywhere.

use ndarray::{Array2, ArrayD, Axis, IxDyn};
use proptest::prelude::*;
use reproject_core::{
    Axes, Bilinear, Blanks, DenseSink, Executor, Footprint, Identity, Interpolate, Order, PixelMap, Points,
    Pointwise, Resampler, Separable, Serial, Transform, Weighted, laws, reproject, testing,
};

/// Linear interpolation.
#[derive(Clone, Copy)]
struct Linear;
impl Pointwise<2> for Linear {
    fn weights(&self, t: f64) -> [f64; 2] {
        [1.0 - t, t]
    }
}

/// Lanczos 3 (Duchon 1979).
#[derive(Clone, Copy)]
struct Lanczos3;
impl Pointwise<6> for Lanczos3 {
    fn weights(&self, t: f64) -> [f64; 6] {
        std::array::from_fn(|i| lanczos(t + 2.0 - i as f64))
    }
}

fn lanczos(x: f64) -> f64 {
    let sinc =
        |x: f64| if x == 0.0 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
    if x.abs() < 3.0 { sinc(x) * sinc(x / 3.0) } else { 0.0 }
}

/// Three pixels, of which the middle one may weigh less than its neighbours.
#[derive(Clone, Copy)]
struct Odd;
impl Pointwise<3> for Odd {
    fn weights(&self, t: f64) -> [f64; 3] {
        [0.7 - t, 0.2, 0.7 + t]
    }
}

fn run<R: Resampler<f64, f64>>(
    how: R,
    map: impl PixelMap,
    image: &ArrayD<f64>,
    shape: &[usize],
) -> (ArrayD<f64>, ArrayD<f64>) {
    let job = reproject::<f64, f64>(shape, map, how, image).unwrap();
    let (mut data, mut weight) = (ArrayD::zeros(shape), ArrayD::zeros(shape));
    Serial.run(&job, &DenseSink::with_weight(data.view_mut(), weight.view_mut()).unwrap()).unwrap();
    (data, weight)
}

fn agree(a: &ArrayD<f64>, b: &ArrayD<f64>, tolerance: f64) -> Result<(), TestCaseError> {
    for ((i, a), b) in a.indexed_iter().zip(b) {
        prop_assert!((a - b).abs() <= tolerance || a.is_nan() && b.is_nan(), "{i:?}: {a} {b}");
    }
    Ok(())
}

/// A map of the whole sky: `shape` closes along x and has poles beyond its first and last row, or on them.
fn sky(shape: [usize; 2], on: bool, map: testing::AffineMap) -> impl PixelMap {
    let rows = shape[0] as f64;
    let poles = if on { [0.0, rows - 1.0] } else { [-0.5, rows - 0.5] };
    Axes::<2, _>::new(map).with_period([Some(shape[1] as f64), None]).with_poles([[None; 2], poles.map(Some)])
}

fn blanks() -> impl Strategy<Value = Blanks> {
    prop_oneof![
        Just(Blanks::Propagate),
        (0.01f64..=1.0).prop_map(|least| Blanks::Ignore { least }),
        (-9.0f64..9.0).prop_map(Blanks::Fill),
    ]
}

proptest! {
    /// Linear weights give the values, blanks and footprints of [`Bilinear`]: at edges, across seams and poles.
    #[test]
    fn linear_weights_are_bilinear(
        (shape, image, block, map) in [1usize..9, 1usize..9].prop_flat_map(|shape| (
            Just(shape), testing::image(&shape), testing::block(&[12, 13]), testing::affine(shape, [12, 13]),
        )),
        closed in any::<bool>(), on in any::<bool>(), blanks in blanks(), counts in 0usize..3,
    ) {
        let counts = [Footprint::Coverage, Footprint::Valid, Footprint::Known][counts];
        let ours = Weighted::new(Linear).with_blanks(blanks).unwrap().with_footprint(counts);
        let theirs = Interpolate::new(Order::Linear).with_blanks(blanks).unwrap().with_footprint(counts);
        let map: Box<dyn PixelMap> =
            if closed { Box::new(sky(shape, on, map)) } else { Box::new(Axes::<2, _>::new(map)) };
        let (a, b) = (run(ours, &map, &image, &[12, 13]), run(theirs, &map, &image, &[12, 13]));
        agree(&a.0, &b.0, 1e-9)?;
        agree(&a.1, &b.1, 1e-12)?;
        let job = reproject::<f64, f64>(&[12, 13], &map, ours, &image).unwrap();
        if a.1.iter().filter(|w| **w > 0.0).count() * 4 >= a.1.len() {
            laws::job_ignores_blocks(&job, &block).unwrap();
        }
    }

    /// Lanczos is the sum over all pixels of the image, by its weights, wherever it lies.
    #[test]
    fn lanczos_is_the_plain_sum(
        (shape, image, map) in [1usize..20, 1usize..20].prop_flat_map(|shape| (
            Just(shape), testing::image(&shape), testing::affine(shape, [9, 10]),
        )),
    ) {
        let (data, weight) = run(Weighted::new(Lanczos3), Axes::<2, _>::new(map), &image, &[9, 10]);
        let held = |x: f64, n: usize| x.clamp(0.0, n as f64 - 1.0);
        for row in 0..9 {
            for column in 0..10 {
                let (mut x, mut y) = ([f64::from(column)], [f64::from(row)]);
                map.forward(&mut Points::new([&mut x, &mut y]));
                let inside = |x: f64, n: usize| x >= -0.5 - 1e-9 && x <= n as f64 - 0.5 + 1e-9;
                let found = (data[[row as usize, column as usize]], weight[[row as usize, column as usize]]);
                if !(inside(x[0], shape[1]) && inside(y[0], shape[0])) {
                    prop_assert!(found.0.is_nan() && found.1 == 0.0);
                    continue;
                }
                let (mut sum, mut all) = (0.0, 0.0);
                for (at, value) in image.indexed_iter() {
                    let along = |x: f64, k: usize| lanczos(held(x, shape[k]) - at[k] as f64);
                    let w = [along(y[0], 0), along(x[0], 1)];
                    // Rounding of π is no weight.
                    if w.iter().all(|w| w.abs() > 1e-15) {
                        (sum, all) = (sum + w[0] * w[1] * value, all + w[0] * w[1]);
                    }
                }
                let value: f64 = sum / all;
                // A position may lie on a pixel within rounding, beside a blank.
                let near = |x: f64| (x - x.round()).abs() < 1e-8;
                prop_assert!(
                    (found.0 - value).abs() < 1e-8 || found.0.is_nan() && value.is_nan() || near(x[0]) || near(y[0]),
                    "{found:?} {value}"
                );
                prop_assert_eq!(found.1, 1.0);
            }
        }
    }
}

#[test]
fn kernels_obey_the_laws_on_images_and_cubes() {
    struct Turn;
    impl Transform for Turn {
        fn forward(&self, p: &mut Points<'_>) {
            p.each(|[x, y]| [0.8 * x - 0.6 * y + 8.3, 0.6 * x + 0.8 * y - 4.1]);
        }
        fn inverse(&self, _: &mut Points<'_>) {}
    }
    fn check<const TAPS: usize>(kernel: impl Pointwise<TAPS> + Copy) {
        let map = Axes::<2, _>::new(Turn);
        let how = Weighted::new(kernel);
        laws::resampler_keeps_constants(&how, &map, &[40, 50], &[30, 30]).unwrap();
        laws::resampler_keeps_constants(&how, &map, &[3, 40, 50], &[3, 30, 30]).unwrap();
        let cube = ArrayD::from_shape_fn(IxDyn(&[3, 40, 50]), |i| {
            ((i[0] * 71 + i[1] * 37 + i[2] * 11) % 101) as f64
        });
        laws::resampler_stays_in_support(&how, &map, &cube, &[3, 30, 30], &[2, 7, 11]).unwrap();
        let image = cube.index_axis(Axis(0), 0).to_owned();
        laws::resampler_ignores_planes(&how, &map, &image, &[30, 30]).unwrap();
    }
    check(Linear);
    check(Lanczos3);
    check(Odd);
}

#[test]
fn axes_beside_the_sky_take_part() {
    let cube = ArrayD::from_shape_fn(IxDyn(&[5, 8, 9]), |i| (i[0] * 100 + i[1] * 10 + i[2]) as f64);
    struct Half;
    impl Transform<1> for Half {
        fn forward(&self, p: &mut Points<'_, 1>) {
            p.each(|[x]| [x + 0.25]);
        }
        fn inverse(&self, _: &mut Points<'_, 1>) {}
    }
    let map = || Separable(Axes::<1, _>::new(Half), Axes::<2, _>::new(Identity));
    let (data, _) = run(Weighted::new(Linear), map(), &cube, &[5, 8, 9]);
    let (expected, _) = run(Bilinear, map(), &cube, &[5, 8, 9]);
    assert!(data.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-10) && data[[1, 2, 3]] == 148.0);
    let groups = Resampler::<f64, f64>::check(&Weighted::new(Lanczos3), &[3, 2], 0);
    assert!(groups.unwrap_err().to_string().contains("6^5 pixels"));
}

#[test]
fn a_whole_position_takes_one_pixel_alone() {
    let mut image = Array2::from_shape_fn((9, 9), |(y, x)| (y * 9 + x) as f64).into_dyn();
    image[[4, 5]] = f64::NAN;
    let (data, weight) = run(Weighted::new(Lanczos3), Axes::<2, _>::new(Identity), &image, &[9, 9]);
    assert!(data.iter().zip(&image).all(|(a, b)| a == b || a.is_nan() && b.is_nan()));
    assert!(weight.iter().all(|w| *w == 1.0));
}
