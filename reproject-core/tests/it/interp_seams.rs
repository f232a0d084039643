//! Inputs that go all the way round the sky: no edge at the seam, none at the poles, and short windows across both.

use super::support::{Counted, Plane, numbered, run, same};
use ndarray::{ArrayD, IxDyn};
use reproject_core::{
    ArraySource, Axes, Bicubic, Bilinear, Biquadratic, Nearest, PixelMap, Resampler, Transform,
};
use std::sync::atomic::AtomicUsize;

const ALL: [&dyn Resampler<f64, f64>; 4] = [&Nearest, &Bilinear, &Biquadratic, &Bicubic];

/// A map onto a full-sky cylindrical input: `period` pixels around, poles on the outer borders of the first and last row.
fn sky<T: Transform>(map: T, period: f64, rows: usize) -> Axes<2, T> {
    Axes::new(map)
        .with_period([Some(period), None])
        .with_poles([[None; 2], [Some(-0.5), Some(rows as f64 - 0.5)]])
}

/// CAR 72×36 (5°) of sin(longitude), onto 720×36 whose middle is the input's seam: the error is nowhere larger than away
/// from the seam, and nothing is blank. The error of linear interpolation of sin with step h is at most h²/8.
#[test]
fn nothing_shows_at_the_seam() {
    let angle = |x: f64| ((x + 0.5) * 5.0).to_radians();
    let image = ArrayD::from_shape_fn(IxDyn(&[36, 72]), |i| angle(i[1] as f64).sin());
    // Output column i lies at longitude 180° + (i + ½) / 2 degrees, any number of turns away.
    let at = |[x, y]: [f64; 2]| [35.5 + (x + 0.5) / 10.0 + 72.0 * (y - 17.0), y];
    // Without poles: the sine of the longitude is not smooth there.
    let map = Axes::<2, _>::new(Plane(at)).with_period([Some(72.0), None]);
    let step: f64 = 5f64.to_radians();
    for (how, most) in ALL.into_iter().zip([step / 2.0, step.powi(2) / 8.0, 2e-5, 2e-6]) {
        let (data, weight) = run(&[36, 720], &map, how, &image, &[36, 720]);
        assert!(weight.iter().all(|w| *w == 1.0));
        for (i, value) in data.indexed_iter() {
            let truth = angle(35.5 + (i[1] as f64 + 0.5) / 10.0).sin();
            assert!((value - truth).abs() <= most, "{:?}: {value} and {truth}", (i[0], i[1]));
        }
    }
}

/// Full-sky GLON-CAR 360×180, CRVAL 0, CRPIX1 360.5: the native longitude of column x is −(x − 359.5)°, and half the columns
/// lie beyond ±180° of the reference. As an input, every position has a pixel, from whatever branch it comes.
#[test]
fn a_map_that_is_not_centred_on_its_reference_has_two_halves() {
    let image = numbered(&[180, 360]);
    let map = sky(Plane(|[x, y]: [f64; 2]| [359.5 - (180.0 - x - 0.5), y]), 360.0, 180);
    let (data, weight) = run(&[180, 360], &map, &Nearest, &image, &[180, 360]);
    assert!(weight.iter().all(|w| *w == 1.0));
    assert!(data.indexed_iter().all(|(i, v)| *v == image[[i[0], (i[1] + 180) % 360]]));
}

/// What lies across a pole is half a turn away: a smooth function on the sphere is followed to the pole, where an edge
/// would hold the value of the last row's centre.
#[test]
fn the_rows_at_the_poles_know_their_neighbours() {
    // The x component of the direction at a pixel of a 2° map.
    let x = |x: f64, y: f64| {
        let (longitude, latitude) = ((2.0 * x).to_radians(), (2.0 * y - 89.0).to_radians());
        latitude.cos() * longitude.cos()
    };
    let image = ArrayD::from_shape_fn(IxDyn(&[90, 180]), |i| x(i[1] as f64, i[0] as f64));
    // Around both poles, in the outer half of the edge rows.
    let at = |[i, j]: [f64; 2]| [i * 0.73, if j < 5.0 { -0.5 + 0.1 * j } else { 89.0 + 0.1 * (j - 5.0) }];
    for (how, most, edge) in [
        (&Bilinear as &dyn Resampler<f64, f64>, 1e-5, 1e-2),
        (&Biquadratic, 1e-6, 1e-2),
        (&Bicubic, 1e-9, 1e-2),
    ] {
        let error = |map: &dyn PixelMap| {
            let (data, weight) = run(&[11, 240], map, how, &image, &[4, 100]);
            assert!(weight.iter().all(|w| *w == 1.0));
            let errors = data.indexed_iter().map(|(i, value)| {
                let [u, v] = at([i[1] as f64, i[0] as f64]);
                (value - x(u, v)).abs()
            });
            errors.fold(0.0, f64::max)
        };
        let off = error(&sky(Plane(at), 180.0, 90));
        assert!(off < most, "{off}");
        assert!(error(&Axes::<2, _>::new(Plane(at)).with_period([Some(180.0), None])) > edge);
    }
}

/// Turning the input by whole pixels and the map with it changes nothing.
#[test]
fn it_does_not_matter_where_the_seam_is() {
    let image = numbered(&[40, 100]);
    let turn = |by: usize| {
        let turned = ArrayD::from_shape_fn(IxDyn(&[40, 100]), |i| image[[i[0], (i[1] + by) % 100]]);
        let back = move |[x, y]: [f64; 2]| [0.75 * x - 0.25 * y - by as f64, 0.5 * y + 0.25 * x - 3.0];
        (turned, sky(Plane(back), 100.0, 40))
    };
    let (plain, map) = turn(0);
    for how in ALL {
        let expected = run(&[80, 90], &map, how, &plain, &[80, 90]);
        assert!(expected.1.iter().filter(|w| **w == 1.0).count() > 5000);
        for by in [1, 37, 64] {
            let (turned, map) = turn(by);
            let (data, weight) = run(&[80, 90], &map, how, &turned, &[80, 90]);
            assert_eq!(weight, expected.1);
            let off = data.iter().zip(&expected.0).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            // Positions are exact; spline tiles lie differently.
            assert!(off < 2e-13, "{by}: {off}");
        }
    }
}

/// The same bits whole and in blocks, from memory and window by window, for inputs larger and smaller than tiles.
#[test]
fn blocks_and_windows_do_not_show_at_seams_and_poles() {
    for (shape, turns) in [([40, 300], 1.0), ([7, 10], 1.0), ([130, 150], 0.3)] {
        let (rows, columns) = (shape[0] as f64, shape[1] as f64);
        let image = numbered(&shape);
        let at = move |[x, y]: [f64; 2]| {
            [(x * turns / 50.0 + 0.9) * columns + 0.3 * y, (y - 0.02 * x) / 40.0 * (rows + 1.0) - 0.8]
        };
        let map = sky(Plane(at), columns, shape[0]);
        for (order, how) in ALL.into_iter().enumerate() {
            let whole = run(&[40, 60], &map, how, &image, &[40, 60]);
            assert!(whole.1.iter().filter(|w| **w == 1.0).count() > 2000);
            for block in [[40, 60], [7, 11], [1, 60], [40, 1]] {
                assert!(
                    same(&whole, &run(&[40, 60], &map, how, &image, &block)),
                    "{shape:?} {block:?} {order}"
                );
                let source = Counted(&image, AtomicUsize::new(0));
                assert!(
                    same(&whole, &run(&[40, 60], &map, how, &source, &block)),
                    "{shape:?} {block:?} {order}"
                );
            }
        }
    }
}

/// A few pixels around the sky, and many output pixels between the seam and the first of them: whatever part of them is asked
/// for, their coefficients are computed.
#[test]
fn blocks_do_not_show_where_few_pixels_close_around_the_sky() {
    for (shape, turn) in [([60, 3], 0.0), ([20, 3], 0.004), ([90, 4], 0.0), ([90, 17], 0.0)] {
        let (rows, columns) = (shape[0] as f64, shape[1] as f64);
        let image = ArrayD::from_shape_fn(IxDyn(&shape), |i| ((i[0] * 7919 + i[1] * 104_729) % 1013) as f64);
        let at =
            move |[x, y]: [f64; 2]| [(x + 0.5) / 200.0 * columns - 0.5 + turn * y, (y + 9.0) / 70.0 * rows];
        let map = Axes::<2, _>::new(Plane(at)).with_period([Some(columns), None]);
        for (order, how) in ALL.into_iter().enumerate() {
            let all = run(&[40, 200], &map, how, &image, &[40, 200]).0;
            for width in [16, 32, 60] {
                // On another thread, whose memory does not happen to hold these coefficients already.
                let part = || run(&[40, width], &map, how, &image, &[40, width]).0;
                let part = std::thread::scope(|scope| scope.spawn(part).join().unwrap());
                let same = part.indexed_iter().all(|(i, v)| v.to_bits() == all[[i[0], i[1]]].to_bits());
                assert!(same, "{shape:?} {turn} {width} {order}");
            }
        }
    }
}

/// A block across the seam reads what lies around it, not the width between.
#[test]
fn a_block_across_the_seam_reads_little() {
    let image = ArrayD::from_elem(IxDyn(&[200, 5000]), 1.0);
    let map = sky(Plane(|[x, y]: [f64; 2]| [x + 4990.0, y + 90.0]), 5000.0, 200);
    // Columns with taps, or tiles with their margins, on either side.
    for (how, columns) in ALL.into_iter().zip([21, 24, 2 * 64 + 2 * 21, 2 * 64 + 2 * 28]) {
        let source = Counted(&image, AtomicUsize::new(0));
        let (data, _) = run(&[10, 20], &map, how, &source, &[10, 20]);
        assert!(data.iter().all(|v| *v == 1.0));
        let read = source.1.into_inner();
        assert!(read <= 200 * columns, "{read} pixels");
        assert!(ArraySource::shape(&image) == [200, 5000]);
    }
}

/// An input that covers a part of its period has edges, and positions from every branch find it.
#[test]
fn an_input_with_a_gap_has_edges() {
    let image = numbered(&[4, 100]);
    for turn in [-2.0, 0.0, 1.0] {
        let at = move |[x, y]: [f64; 2]| [x / 2.0 - 1.0 + 360.0 * turn, y];
        let map = Axes::<2, _>::new(Plane(at)).with_period([Some(360.0), None]);
        for how in ALL {
            let (data, weight) = run(&[4, 204], &map, how, &image, &[4, 204]);
            let covered: Vec<bool> = (0..204).map(|i| (1..=201).contains(&i)).collect();
            assert!(weight.indexed_iter().all(|(i, w)| (*w == 1.0) == covered[i[1]]));
            let (first, last) = (image[[2, 0]], image[[2, 99]]);
            assert!((data[[2, 1]] - first).abs() < 1e-13 && (data[[2, 201]] - last).abs() < 1e-13);
        }
    }
}
