//! The laws hold for every built-in map, resampler, source and sink, over random maps, images and blocks.

use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;
use reproject_core::testing::{AffineMap, affine, block, image, shape};
use reproject_core::{
    Affine, ArraySource, Axes, Bicubic, Bilinear, Biquadratic, Chain, Checked, DenseSink, Identity, Inverse,
    Job, Nearest, Region, Reproject, Resampler, Tile, Transform, laws,
};

const RESAMPLERS: [&dyn Resampler<f64, f64>; 4] = [&Nearest, &Bilinear, &Biquadratic, &Bicubic];

fn whole(
    input: &ArrayD<f64>,
    output: [usize; 2],
    map: AffineMap,
    how: &dyn Resampler<f64, f64>,
) -> Tile<f64> {
    let source = input as &dyn ArraySource<f64>;
    let job = Reproject::<f64, f64, _, _, _>::new(&output, Axes::<2, _>::new(map), how, source).unwrap();
    job.run(&Region::whole(&output), &()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn maps_obey_their_laws(
        map in affine([50, 60], [40, 30]),
        points in proptest::collection::vec([-100.0f64..100.0, -100.0f64..100.0], 1..700),
    ) {
        let maps: [&dyn Transform; 5] = [&map, &Identity, &Inverse(map), &Chain(map, Inverse(map)), &Checked(map)];
        for t in maps {
            laws::transform_round_trip(t, &points, 1e-9).unwrap();
            laws::transform_ignores_batches(t, &points).unwrap();
            laws::transform_keeps_nan(t, points[0]).unwrap();
        }
    }

    #[test]
    fn resamplers_obey_their_laws(
        (input, map, cut) in shape(40).prop_flat_map(|s| (image(&s), affine(s, [31, 23]), block(&[31, 23]))),
    ) {
        for how in RESAMPLERS {
            // Small inputs may fill less of the output than the laws demand.
            let tile = whole(&input, [31, 23], map, how);
            if 4 * tile.weight.iter().filter(|w| **w > 0.0).count() >= tile.weight.len() {
                let map = Axes::<2, _>::new(map);
                let source = &input as &dyn ArraySource<f64>;
                let job = Reproject::<f64, f64, _, _, _>::new(&[31, 23], &map, how, source).unwrap();
                laws::job_ignores_blocks(&job, &cut).unwrap();
                laws::resampler_keeps_constants(how, &map, input.shape(), &[31, 23]).unwrap();
                laws::resampler_stays_in_support(how, &map, &input, &[31, 23], &cut).unwrap();
                laws::resampler_ignores_planes(how, &map, &input, &[31, 23]).unwrap();
                laws::pixel_map_ignores_blocks(&map, &[31, 23], &cut).unwrap();
            }
        }
    }

    #[test]
    fn arrays_obey_their_laws((input, cut) in shape(20).prop_flat_map(|s| (image(&s), block(&s)))) {
        if input.iter().any(|v| !v.is_nan()) {
            laws::source_reads_windows(&input, &cut).unwrap();
            laws::source_reads_windows(&input.clone().reversed_axes(), &[cut[1], cut[0]]).unwrap();
        }
        let mut array = ArrayD::<f64>::zeros(IxDyn(input.shape()));
        let mut weight = array.clone();
        let sink = DenseSink::with_weight(array.view_mut(), weight.view_mut()).unwrap();
        let written = laws::sink_takes_tiles(&sink, &cut).unwrap();
        drop(sink);
        laws::sink_holds(&array, &written).unwrap();
        prop_assert!(weight.iter().all(|&w| w == 1.0));
    }
}

/// Values are defined to the outer edge of edge pixels, as `reproject` does, and nowhere beyond; ties go up.
#[test]
fn edge_pixels_hold_to_their_outer_edge() {
    let input = ArrayD::from_shape_vec(IxDyn(&[1, 3]), vec![10.0, 20.0, 40.0]).unwrap();
    // Positions −0.75, −0.5, … 2.75.
    let map = AffineMap(Affine { linear: [[0.25, 0.0], [0.0, 1.0]], offset: [-0.75, 0.0] });
    let run = |how: &dyn Resampler<f64, f64>| {
        let tile = whole(&input, [1, 15], map, how);
        assert!(tile.data.iter().zip(&tile.weight).all(|(v, w)| v.is_nan() == (*w == 0.0)));
        tile.data.iter().map(|v| v.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(run(&Bilinear), "NaN 10 10 10 12.5 15 17.5 20 25 30 35 40 40 40 NaN");
    assert_eq!(run(&Nearest), "NaN 10 10 10 10 20 20 20 20 40 40 40 40 40 NaN");
}

/// A blank pixel whose weight is exactly zero does not blank its neighbour; one that carries any weight does.
#[test]
fn zero_weights_never_spread_nan() {
    let mut input = ArrayD::from_elem(IxDyn(&[3, 3]), 1.0);
    input[[1, 1]] = f64::NAN;
    for (shift, blanks) in [(0.0, 1), (0.25, 4)] {
        let map = AffineMap(Affine { linear: [[1.0, 0.0], [0.0, 1.0]], offset: [shift, shift] });
        let tile = whole(&input, [3, 3], map, &Bilinear);
        assert_eq!(tile.data.iter().filter(|v| v.is_nan()).count(), blanks);
        assert!(tile.weight.iter().all(|&w| w == 1.0), "a blank input pixel counts as coverage");
    }
}
