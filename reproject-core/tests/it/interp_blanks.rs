//! Pixels that hold no number: what they blank, what is done about them, and what the footprint says.

use super::support::{numbered, run};
use ndarray::{ArrayD, IxDyn};
use reproject_core::testing::AffineMap;
use reproject_core::{
    Affine, Axes, Bicubic, Bilinear, Biquadratic, Blanks, Footprint, Interpolate, Masked, Nearest, Order,
    Resampler,
};

const ORDERS: [Order; 4] = [Order::Nearest, Order::Linear, Order::Quadratic, Order::Cubic];

fn turned() -> Axes<2, AffineMap> {
    let (s, c) = (0.342_020_143_325_668_7, 0.939_692_620_785_908_4); // sine and cosine of 20°
    let middle = 24.5 - 24.5 * (c - s);
    let linear = [[c, -s], [s, c]];
    Axes::new(AffineMap(Affine { linear, offset: [middle, 24.5 - 24.5 * (c + s)] }))
}

fn shifted(dx: f64) -> Axes<2, AffineMap> {
    Axes::new(AffineMap(Affine { linear: [[1.0, 0.0], [0.0, 1.0]], offset: [dx, 0.0] }))
}

/// 50×50, one NaN at (5, 5), turned by 20°: every order loses the values whose support holds it, and nothing else.
#[test]
fn one_blank_pixel_blanks_its_surroundings_only() {
    let clean = numbered(&[50, 50]);
    for bad in [f64::NAN, f64::INFINITY] {
        let mut image = clean.clone();
        image[[5, 5]] = bad;
        let plain: [&dyn Resampler<f64, f64>; 4] = [&Nearest, &Bilinear, &Biquadratic, &Bicubic];
        for (order, (how, side)) in plain.into_iter().zip([1.0, 2.0, 3.0, 4.0]).enumerate() {
            let (data, weight) = run(&[50, 50], &turned(), how, &image, &[50, 50]);
            let (truth, covered) = run(&[50, 50], &turned(), how, &clean, &[50, 50]);
            assert_eq!(weight, covered);
            let lost =
                data.iter().zip(&truth).filter(|(a, b)| !a.is_finite() && b.is_finite()).count() as f64;
            assert!((lost - side * side).abs() <= 2.0 * side, "order {order}: {lost} lost");
            // What is left differs by the spline's memory of the pixel: no more than the pixel's neighbours do.
            let off = data.iter().zip(&truth).filter(|(a, _)| a.is_finite()).map(|(a, b)| (a - b).abs());
            let most = if order < 2 { 0.0 } else { 20.0 };
            assert!(off.fold(0.0, f64::max) <= most);
        }
    }
}

/// On the same grid, or one shifted by whole pixels, a pixel is a pixel: positions are whole but for rounding, and one blank
/// pixel blanks one. A quarter of a pixel aside along one axis, only pixels of its own column or row see it.
#[test]
fn a_blank_pixel_blanks_one_where_positions_are_whole() {
    let clean = numbered(&[20, 30]);
    let mut image = clean.clone();
    image[[9, 14]] = f64::NAN;
    let plane = |dx: f64, dy: f64| {
        let linear = [[1.0, 0.0], [0.0, 1.0]];
        Axes::<2, _>::new(AffineMap(Affine { linear, offset: [dx, dy] }))
    };
    let blank = |a: &ArrayD<f64>| {
        a.indexed_iter().filter(|(_, v)| v.is_nan()).map(|(i, _)| [i[0], i[1]]).collect::<Vec<_>>()
    };
    for (order, side) in ORDERS.into_iter().zip([1, 2, 3, 4]) {
        for (dx, dy) in [(0.0, 0.0), (4.0, -3.0), (-5e-10, 5e-10), (3.0 + 9e-10, -2.0 - 9e-10)] {
            for footprint in [Footprint::Known, Footprint::Valid] {
                let how = Interpolate::new(order).with_footprint(footprint);
                let (data, weight) = run(&[12, 20], &plane(dx, dy + 4.0), &how, &image, &[5, 20]);
                let at = [(9.0 - dy - 4.0).round() as usize, (14.0 - dx).round() as usize];
                assert_eq!(blank(&data), [at], "{order:?} {dx} {dy}");
                for (i, w) in weight.indexed_iter() {
                    assert_eq!(*w, f64::from(u8::from([i[0], i[1]] != at)), "{order:?} {dx} {dy} {i:?}");
                }
                // Neighbours of the hole are themselves: the range of values is 126.
                for (i, v) in data.indexed_iter().filter(|(_, v)| !v.is_nan()) {
                    let pixel = clean
                        [[(i[0] as f64 + dy + 4.0).round() as usize, (i[1] as f64 + dx).round() as usize]];
                    assert!(
                        (v - pixel).abs() <= 126.0 * 2e-9 * 2.0,
                        "{order:?} {dx} {dy} {i:?}: {v} {pixel}"
                    );
                }
            }
        }
        let how = Interpolate::new(order);
        for (dx, dy) in [(0.25, 1e-10), (-1e-10, 0.25)] {
            let (data, _) = run(&[12, 20], &plane(dx, dy + 4.0), &how, &image, &[12, 7]);
            let lost = blank(&data);
            assert_eq!(lost.len(), side, "{order:?} {dx} {dy}: {lost:?}");
            let own = |[row, column]: &[usize; 2]| if dx == 0.25 { *row == 5 } else { *column == 14 };
            assert!(lost.iter().all(own), "{order:?} {dx} {dy}: {lost:?}");
        }
    }
}

/// A blank pixel is on the input, but its values are not known; infinity is.
#[test]
fn what_is_known_is_told_from_what_is_covered() {
    let mut image = numbered(&[50, 50]);
    (image[[5, 5]], image[[30, 30]]) = (f64::NAN, f64::INFINITY);
    for order in ORDERS {
        let how = Interpolate::new(order).with_footprint(Footprint::Known);
        let (data, weight) = run(&[50, 50], &turned(), &how, &image, &[50, 50]);
        assert!(data.iter().zip(&weight).all(|(v, w)| *w == f64::from(u8::from(!v.is_nan()))), "{order:?}");
        let (_, covered) = run(&[50, 50], &turned(), &Interpolate::new(order), &image, &[50, 50]);
        assert!(covered.sum() > weight.sum(), "{order:?}");
    }
}

/// The fill of a hole follows its row: a hole in a ramp, or in a constant, leaves no trace.
#[test]
fn holes_in_ramps_leave_no_trace() {
    let mut image = ArrayD::from_shape_fn(IxDyn(&[100, 120]), |i| 5.0 * i[1] as f64 + i[0] as f64);
    image[[50, 60]] = f64::NAN;
    for row in 20..30 {
        (0..3).for_each(|k| image[[row, 60 + k]] = f64::NAN);
    }
    // Everything beyond a column, and a whole row.
    (0..120).for_each(|x| image[[70, x]] = f64::NAN);
    for (how, far) in [(&Biquadratic as &dyn Resampler<f64, f64>, 40), (&Bicubic, 40)] {
        let (data, _) = run(&[100, 120], &shifted(0.25), how, &image, &[33, 41]);
        for (i, value) in data.indexed_iter().filter(|(i, v)| v.is_finite() && (far..80).contains(&i[1])) {
            let truth = 5.0 * (i[1] as f64 + 0.25) + i[0] as f64;
            assert!(
                (value - truth).abs() < 1e-9 || i[0] < 40 || i[0] > 62,
                "{:?}: {value} {truth}",
                (i[0], i[1])
            );
        }
        assert_eq!((data[[50, 57]].is_finite(), data[[50, 60]].is_nan()), (true, true));
        assert!((0..119).all(|x| data[[70, x]].is_nan() && data[[75, x]].is_finite()));
    }
}

/// Ignored pixels leave their weight to the others; the footprint says how much there was.
#[test]
fn ignored_pixels_leave_their_weight_to_others() {
    let image = ArrayD::from_shape_vec(IxDyn(&[1, 5]), vec![1.0, 2.0, f64::NAN, 8.0, 8.0]).unwrap();
    let results = |order, least, dx| {
        let how = Interpolate::new(order).with_blanks(Blanks::Ignore { least }).unwrap();
        run(&[1, 5], &shifted(dx), &how.with_footprint(Footprint::Valid), &image, &[1, 5])
    };
    let text = |a: &ArrayD<f64>| a.iter().map(|v| v.to_string()).collect::<Vec<_>>().join(" ");
    let (data, weight) = results(Order::Linear, 0.5, 0.25);
    assert_eq!((&*text(&data), &*text(&weight)), ("1.25 2 NaN 8 8", "1 0.75 0 1 1"));
    let (data, weight) = results(Order::Linear, 0.25, 0.25);
    assert_eq!((&*text(&data), &*text(&weight)), ("1.25 2 8 8 8", "1 0.75 0.25 1 1"));
    let (data, weight) = results(Order::Nearest, 0.5, 0.25);
    assert_eq!((&*text(&data), &*text(&weight)), ("1 2 NaN 8 8", "1 1 0 1 1"));
    // Quadratic weights at an offset of 1/4: 1/32, 22/32, 9/32.
    let (data, weight) = results(Order::Quadratic, 0.5, 0.25);
    let share: Vec<f64> = vec![1.0, 23.0 / 32.0, 0.0, 31.0 / 32.0, 1.0];
    assert!(weight.iter().zip(&share).all(|(w, s)| (w - s).abs() < 1e-15), "{weight}");
    assert_eq!(data.iter().map(|v| v.is_nan()).collect::<Vec<_>>(), [false, false, true, false, false]);
}

/// A constant with holes stays that constant wherever anything is left.
#[test]
fn constants_with_holes_stay_constant() {
    let mut image = ArrayD::from_elem(IxDyn(&[50, 50]), 0.1);
    image.iter_mut().enumerate().filter(|(i, _)| i * i % 7 == 1).for_each(|(_, v)| *v = f64::NAN);
    for order in ORDERS {
        let how = Interpolate::new(order).with_blanks(Blanks::Ignore { least: 1e-3 }).unwrap();
        let (data, weight) = run(&[50, 50], &turned(), &how, &image, &[50, 50]);
        let (left, covered) =
            (data.iter().filter(|v| !v.is_nan()).count(), weight.iter().filter(|w| **w == 1.0).count());
        assert!(data.iter().all(|v| v.is_nan() || *v == 0.1));
        assert!(
            left > covered * if order == Order::Nearest { 6 } else { 9 } / 10,
            "{order:?}: {left} of {covered}"
        );
    }
}

/// Filled pixels count as pixels of that value: as if the input held it.
#[test]
fn filled_pixels_count() {
    let mut image = numbered(&[50, 50]);
    [[5, 5], [30, 20], [30, 21]].into_iter().for_each(|at| image[at] = f64::NAN);
    let filled = image.mapv(|v| if v.is_nan() { -3.25 } else { v });
    for order in ORDERS {
        let how = Interpolate::new(order).with_blanks(Blanks::Fill(-3.25)).unwrap();
        let (data, _) = run(&[50, 50], &turned(), &how, &image, &[50, 50]);
        let (truth, _) = run(&[50, 50], &turned(), &Interpolate::new(order), &filled, &[50, 50]);
        let off =
            data.iter().zip(&truth).filter(|(a, b)| !(a.is_nan() && b.is_nan())).map(|(a, b)| (a - b).abs());
        let off = off.fold(0.0, f64::max);
        // Blank lanes of linear interpolation take the plain sum.
        assert!(off <= 3e-14, "{order:?}: {off}");
    }
}

/// A mask does what NaN does.
#[test]
fn masked_pixels_are_blank() {
    let image = numbered(&[50, 50]);
    let mask = ArrayD::from_shape_fn(IxDyn(&[50, 50]), |i| u8::from(i[0] * i[1] % 37 == 5));
    let mut blanked = image.clone();
    blanked.iter_mut().zip(&mask).filter(|(_, m)| **m != 0).for_each(|(v, _)| *v = f64::NAN);
    let masked = Masked::by_mask(&image, &mask).unwrap();
    for order in ORDERS {
        let how = Interpolate::new(order).with_footprint(Footprint::Valid);
        let a = run(&[50, 50], &turned(), &how, &masked, &[50, 50]);
        assert!(super::support::same(&a, &run(&[50, 50], &turned(), &how, &blanked, &[13, 50])));
    }
}

#[test]
fn a_share_that_no_value_can_have_is_refused() {
    for least in [0.0, -0.5, 1.5, f64::NAN] {
        let error = Interpolate::new(Order::Cubic).with_blanks(Blanks::Ignore { least }).unwrap_err();
        assert!(error.to_string().contains("above 0 and at most 1"), "{error}");
    }
}
