//! Properties of adaptive resampling: constants, blocks, support, parity, seams, flux, NaN.

use super::common::Sky;
use ndarray::{ArrayD, Axis, IxDyn};
use proptest::prelude::*;
use reproject_core::testing::{AffineMap, affine, block, image, shape};
use reproject_core::{
    Adaptive, AdaptiveOptions, Affine, ArraySource, Axes, BadValues, Between, Boundary, Filter, Footprint,
    Job, Points, Region, Reproject, Tile, Transform, laws,
};

const GAUSS: Filter = Filter::Gaussian { width: 1.3, region: 4.0 };

fn adaptive(options: AdaptiveOptions) -> Adaptive {
    Adaptive::new(options).unwrap()
}

fn run<T: Transform>(input: &ArrayD<f64>, output: &[usize], map: Axes<2, T>, how: Adaptive) -> Tile<f64> {
    let source = input as &dyn ArraySource<f64>;
    let job = Reproject::<f64, f64, _, _, _>::new(output, map, how, source).unwrap();
    job.run(&Region::whole(output), &()).unwrap()
}

fn filters() -> impl Strategy<Value = Filter> {
    prop_oneof![Just(Filter::Hann), Just(GAUSS), Just(Filter::Gaussian { width: 1.0, region: 2.5 })]
}

fn boundaries() -> impl Strategy<Value = Boundary> {
    prop_oneof![
        Just(Boundary::Strict),
        Just(Boundary::Ignore),
        Just(Boundary::IgnoreThreshold(0.4)),
        Just(Boundary::Nearest),
        Just(Boundary::Constant(0.1)),
        Just(Boundary::GridConstant(0.1)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_laws_hold(
        (input, map, cut) in shape(40).prop_flat_map(|s| (image(&s), affine(s, [31, 23]), block(&[31, 23]))),
        filter in filters(),
        boundary in boundaries(),
        (center_jacobian, despike_jacobian) in any::<(bool, bool)>(),
        cyclic in any::<[bool; 2]>(),
        bad_values in prop_oneof![Just(BadValues::Strict), Just(BadValues::Ignore), Just(BadValues::Constant(2.0))],
    ) {
        let how = adaptive(AdaptiveOptions {
            filter, boundary, center_jacobian, despike_jacobian, cyclic, bad_values, ..Default::default()
        });
        let tile = run(&input, &[31, 23], Axes::new(map), how);
        if 4 * tile.weight.iter().filter(|w| **w > 0.0).count() >= tile.weight.len() {
            let map = Axes::<2, _>::new(map);
            let source = &input as &dyn ArraySource<f64>;
            let job = Reproject::<f64, f64, _, _, _>::new(&[31, 23], &map, how, source).unwrap();
            laws::job_ignores_blocks(&job, &cut).unwrap();
            // The constant of the law is 0.1, which is also the fill value above.
            laws::resampler_keeps_constants(&how, &map, input.shape(), &[31, 23]).unwrap();
            laws::resampler_stays_in_support(&how, &map, &input, &[31, 23], &cut).unwrap();
        }
    }

    /// Mirroring or transposing the input together with the map changes nothing.
    #[test]
    fn mirrored_and_transposed_inputs_give_the_same(map in affine([24, 30], [13, 11]), filter in filters()) {
        let input = ArrayD::from_shape_fn(IxDyn(&[24, 30]), |at| ((at[0] * 7 + at[1] * 13) % 11) as f64);
        let how = adaptive(AdaptiveOptions { filter, boundary: Boundary::Ignore, ..Default::default() });
        let straight = run(&input, &[13, 11], Axes::new(map), how);
        let Affine { linear: [x, y], offset: [u, v] } = map.0;
        let mut turned = input.clone();
        turned.invert_axis(Axis(1));
        let mirror = AffineMap(Affine { linear: [[-x[0], -x[1]], y], offset: [29.0 - u, v] });
        let transpose = AffineMap(Affine { linear: [y, x], offset: [v, u] });
        for (input, map) in [(turned, mirror), (input.t().to_owned(), transpose)] {
            let tile = run(&input.as_standard_layout().to_owned(), &[13, 11], Axes::new(map), how);
            let pairs = straight.data.iter().zip(&tile.data).chain(straight.weight.iter().zip(&tile.weight));
            for (a, b) in pairs {
                prop_assert!((a - b).abs() < 1e-11 || a.is_nan() && b.is_nan(), "{a} {b}");
            }
        }
    }

    /// A uniform field keeps its sum: an output pixel gets its area on the input, to 1e-3 on the whole.
    #[test]
    fn flux_of_a_uniform_field_is_conserved(turn in -3.2f64..3.2, zoom in 0.3f64..4.0, filter in filters()) {
        let (s, c) = turn.sin_cos();
        let map = AffineMap(Affine {
            linear: [[zoom * c, -zoom * s], [zoom * s, zoom * c]],
            offset: [60.0 - 5.0 * zoom * (c - s), 60.0 - 5.0 * zoom * (s + c)],
        });
        let how = adaptive(AdaptiveOptions { filter, conserve_flux: true, ..Default::default() });
        let tile = run(&ArrayD::from_elem(IxDyn(&[121, 121]), 2.5), &[11, 11], Axes::new(map), how);
        prop_assert!((tile.data.sum() / (121.0 * 2.5 * zoom * zoom) - 1.0).abs() < 1e-12);
    }
}

/// A point source keeps its flux, to the 1 % that the documentation of `reproject_adaptive` states for these widths.
#[test]
fn flux_of_a_point_is_conserved() {
    for zoom in [0.45, 1.0, 2.3, 5.0] {
        let mut input = ArrayD::zeros(IxDyn(&[101, 101]));
        input[[50, 50]] = 7.0;
        let size = (100.0 / zoom) as usize;
        let offset = 50.3 - zoom * (size as f64 / 2.0);
        let map = AffineMap(Affine { linear: [[zoom, 0.0], [0.0, zoom]], offset: [offset, offset] });
        let how = adaptive(AdaptiveOptions {
            conserve_flux: true,
            boundary: Boundary::Ignore,
            ..Default::default()
        });
        let sum =
            run(&input, &[size, size], Axes::new(map), how).data.iter().filter(|v| !v.is_nan()).sum::<f64>();
        assert!((sum / 7.0 - 1.0).abs() < 0.01, "{sum} at {zoom}");
    }
}

/// The Hann window is one pixel at whole positions: shifts by whole pixels copy.
#[test]
fn whole_shifts_copy() {
    let input = ArrayD::from_shape_fn(IxDyn(&[20, 22]), |at| (at[0] * 100 + at[1]) as f64 * 0.1);
    let map = AffineMap(Affine { linear: [[1.0, 0.0], [0.0, 1.0]], offset: [4.0, 3.0] });
    let how = adaptive(AdaptiveOptions { filter: Filter::Hann, ..Default::default() });
    let tile = run(&input, &[10, 10], Axes::new(map), how);
    for row in 0..10 {
        for column in 0..10 {
            assert_eq!(tile.data[[row, column]], input[[row + 3, column + 4]]);
        }
    }
}

/// The footprint counts coverage, that of known values, or known values; at the edge a part of the window is on the input.
#[test]
fn footprints_are_read_as_asked() {
    let mut input = ArrayD::from_elem(IxDyn(&[20, 22]), 1.5);
    input[[9, 11]] = f64::NAN;
    let map = AffineMap(Affine { linear: [[1.0, 0.0], [0.0, 1.0]], offset: [0.25, 0.0] });
    let read = |footprint| {
        let boundary = Boundary::Ignore;
        let how = adaptive(AdaptiveOptions { footprint, boundary, ..Default::default() });
        run(&input, &[20, 22], Axes::new(map), how)
    };
    let [coverage, valid, known] = [Footprint::Coverage, Footprint::Valid, Footprint::Known].map(read);
    for ((&value, &w), (&v, &k)) in
        coverage.data.iter().zip(&coverage.weight).zip(valid.weight.iter().zip(&known.weight))
    {
        assert!(w > 0.0 && v == if value.is_nan() { 0.0 } else { w } && k == f64::from(u8::from(v > 0.0)));
    }
    assert!(
        coverage.data[[9, 11]].is_nan() && coverage.weight[[9, 11]] == 1.0 && coverage.weight[[0, 0]] < 1.0
    );
}

/// A map with a period has no seam: no spike in the Jacobians, no edge under the window.
#[test]
fn a_period_is_no_boundary() {
    struct Turned(f64);
    impl Transform for Turned {
        fn forward(&self, points: &mut Points<'_>) {
            points.each(|[x, y]| [1.3 * x + self.0, 0.9 * y + 3.0]);
        }
        fn inverse(&self, _: &mut Points<'_>) {
            unreachable!("only the forward map is used")
        }
    }
    let input = ArrayD::from_shape_fn(IxDyn(&[20, 36]), |at| ((at[0] * 7 + at[1] * 13) % 11) as f64);
    let mut rolled = input.clone();
    for ((row, column), value) in
        rolled.view_mut().into_dimensionality::<ndarray::Ix2>().unwrap().indexed_iter_mut()
    {
        *value = input[[row, (column + 18) % 36]];
    }
    for filter in [Filter::Hann, GAUSS] {
        let how = adaptive(AdaptiveOptions { filter, ..Default::default() });
        let at = |input: &ArrayD<f64>, x: f64| {
            run(input, &[12, 40], Axes::new(Turned(x)).with_period([Some(36.0), None]), how)
        };
        let (one, other) = (at(&input, 5.25), at(&rolled, 5.25 - 18.0));
        assert!(one.weight.iter().all(|w| *w == 1.0) && one.data.iter().all(|v| !v.is_nan()));
        for (a, b) in one.data.iter().zip(&other.data) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }
}

/// A plate carrée of the whole sky goes on beyond its poles: a smooth function comes out smooth around them.
#[test]
fn a_pole_is_no_boundary() {
    let step = 2f64.to_radians();
    let input = Sky {
        gnomonic: false,
        centre: [0.0; 2],
        pixel: [30.25, 44.5],
        scale: [[step, 0.0], [0.0, step]],
        period: Some(180.0),
    };
    let output = Sky {
        gnomonic: true,
        centre: [0.7, 90f64.to_radians()],
        pixel: [7.2, 6.9],
        scale: [[-0.8 * step, 0.0], [0.0, 0.8 * step]],
        period: None,
    };
    let value = |[x, y, z]: [f64; 3]| 3.0 + z + 0.3 * x - 0.2 * y;
    let at = |sky: Sky, at: &[usize]| {
        let (mut x, mut y, mut z) = ([at[1] as f64], [at[0] as f64], [0.0]);
        reproject_core::Projection::lift(&sky, &mut Points::new([&mut x, &mut y, &mut z]));
        value([x[0], y[0], z[0]])
    };
    let image = ArrayD::from_shape_fn(IxDyn(&[90, 180]), |index| at(input, &[index[0], index[1]]));
    for filter in [Filter::Hann, GAUSS] {
        let map = Axes::new(Between { output, input })
            .with_period([Some(180.0), None])
            .with_poles([[None; 2], [Some(-0.5), Some(89.5)]]);
        let how = adaptive(AdaptiveOptions { filter, ..Default::default() });
        let tile = run(&image, &[15, 15], map, how);
        for (index, got) in tile.data.indexed_iter() {
            let want = at(output, &[index[0], index[1]]);
            assert!((got - want).abs() < 0.02, "{filter:?} {index:?}: {got}, not {want}");
        }
    }
}

/// Planes share coordinates and weights, and keep their own NaN.
#[test]
fn planes_are_images_of_their_own() {
    let plane = ArrayD::from_shape_fn(IxDyn(&[20, 22]), |at| ((at[0] * 7 + at[1] * 13) % 11) as f64);
    let mut other = &plane * 3.0;
    other[[9, 9]] = f64::NAN;
    let cube = ndarray::stack(Axis(0), &[plane.view(), other.view()]).unwrap();
    let map = AffineMap(Affine { linear: [[1.2, 0.3], [-0.4, 0.9]], offset: [4.0, 6.0] });
    for filter in [Filter::Hann, GAUSS] {
        let how = adaptive(AdaptiveOptions { filter, boundary: Boundary::Ignore, ..Default::default() });
        let together = run(&cube, &[2, 9, 10], Axes::new(map), how);
        for (k, plane) in [&plane, &other].into_iter().enumerate() {
            let alone = run(plane, &[9, 10], Axes::new(map), how);
            for (a, b) in alone.data.iter().zip(together.data.index_axis(Axis(0), k)) {
                assert_eq!(a.to_bits(), b.to_bits());
            }
        }
        assert!(together.data.index_axis(Axis(0), 1).iter().any(|v| v.is_nan()));
    }
}

#[test]
fn options_without_meaning_are_refused() {
    for width in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for filter in
            [Filter::Gaussian { width, region: 4.0 }, Filter::Gaussian { width: 1.3, region: width }]
        {
            let error = Adaptive::new(AdaptiveOptions { filter, ..Default::default() }).unwrap_err();
            assert!(error.to_string().contains("above zero"), "{error}");
        }
    }
    let boundary = Boundary::IgnoreThreshold(1.5);
    assert!(Adaptive::new(AdaptiveOptions { boundary, ..Default::default() }).is_err());
}
