//! Grids that fit an image hold all of it, in the frame that was asked for, at the image's own scale.

use super::support::{RecordTables, cards, key, records};
use reproject_core::{Points, Transform};
use reproject_wcs::{Celestial, Fit, Frame, Keywords, Wcs, fit, sky_map};

/// Every pixel centre of `image` on a lattice of 61×61 that is on the sky lies within the grid.
fn holds_all(image: &Celestial, grid: &Keywords, id: &str) -> usize {
    let wcs = Wcs::parse(grid, ' ', &()).expect("a header of our own");
    let target = wcs.celestial().expect("a celestial image");
    let [nx, ny] = image.sized().expect("NAXISn").map(|n| n as f64);
    let [mx, my] = target.sized().expect("NAXISn").map(|n| n as f64);
    let map = sky_map(image, target).expect("a shared sphere").bounded();
    let t = |i: usize| (i as f64) / 60.0;
    let mut x: Vec<f64> = (0..61 * 61).map(|i| t(i % 61) * (nx - 1.0)).collect();
    let mut y: Vec<f64> = (0..61 * 61).map(|i| t(i / 61) * (ny - 1.0)).collect();
    let valid: Vec<bool> = (0..x.len()).map(|i| !image.sky_at([x[i], y[i]])[0].is_nan()).collect();
    map.forward(&mut Points::new([&mut x, &mut y]));
    for i in (0..x.len()).filter(|&i| valid[i]) {
        let within = |v: f64, n: f64| v >= -0.5 - 1e-9 && v <= n - 0.5 + 1e-9;
        let inside = within(x[i], mx) && within(y[i], my);
        assert!(inside, "{id}: ({}, {}) outside {mx} x {my}", x[i], y[i]);
    }
    valid.iter().filter(|v| **v).count()
}

#[test]
fn all_of_an_image_is_inside() {
    let (mut images, mut points) = (0, 0);
    for record in records("real").iter().chain(&records("celestial")) {
        let Ok(wcs) = Wcs::parse(&cards(record), key(record), &RecordTables(record["tables"].clone())) else {
            continue;
        };
        let Ok(image) = wcs.celestial() else { continue };
        if image.shape().is_none_or(|s| s.contains(&0)) {
            continue;
        }
        for kind in [Fit::Galactic, Fit::Icrs, Fit::NorthUp] {
            match fit(image, kind) {
                Ok(grid) => points += holds_all(image, &grid, record["id"].as_str().unwrap_or_default()),
                // Nothing connects the Sun's frames with the stars'; some synthetic images have pixels beyond the sky only.
                Err(e) => {
                    let text = e.to_string();
                    let known = ["share no sphere", "on the sky", "pixels long", "times as many"];
                    assert!(known.iter().any(|k| text.contains(k)), "{}: {text}", record["id"]);
                    continue;
                }
            }
            images += 1;
        }
    }
    println!("{images} grids, {points} points");
    assert!(images > 600 && points > 1_000_000, "{images} grids, {points} points");
}

/// The cards of a TAN image of some sides.
fn tan(sides: [i64; 2], values: &[(&str, f64)]) -> Keywords {
    let mut cards: Keywords = [("CTYPE1", "RA---TAN"), ("CTYPE2", "DEC--TAN")].into_iter().collect();
    for (keyword, value) in [("NAXIS", 2), ("NAXIS1", sides[0]), ("NAXIS2", sides[1])] {
        cards.push(keyword, value);
    }
    for &(keyword, value) in values {
        cards.push(keyword, value);
    }
    cards
}

/// However it is turned, the centre of one pixel of the grid lies on the image, close to its middle.
#[test]
fn a_grid_does_not_miss_an_image_of_one_pixel() {
    for turn in [0.0f64, 13.0, 45.0, 60.0] {
        let (sin, cos) = turn.to_radians().sin_cos();
        let values = [
            ("CRPIX1", 1.0),
            ("CRPIX2", 1.0),
            ("CRVAL1", 150.0),
            ("CRVAL2", 30.0),
            ("CD1_1", -1e-3 * cos),
            ("CD1_2", 1e-3 * sin),
            ("CD2_1", 1e-3 * sin),
            ("CD2_2", 1e-3 * cos),
        ];
        let wcs = Wcs::parse(&tan([1, 1], &values), ' ', &()).unwrap();
        let image = wcs.celestial().unwrap();
        for kind in [Fit::Galactic, Fit::Icrs, Fit::NorthUp] {
            let grid = fit(image, kind).unwrap();
            let target = Wcs::parse(&grid, ' ', &()).unwrap();
            let map = sky_map(image, target.celestial().unwrap()).unwrap();
            let (mut x, mut y) = ([0.0], [0.0]);
            map.forward(&mut Points::new([&mut x, &mut y]));
            let off = [x[0], y[0]].map(|v| (v - v.round()).abs());
            assert!(off[0] < 1e-3 && off[1] < 1e-3, "{turn}: the middle lies at {x:?} {y:?}");
        }
    }
}

/// A rotated TAN field at a known place: the centre, the scale and the orientation of its grids.
#[test]
fn a_rotated_field_gets_a_grid_of_its_own_scale() {
    let values = [
        ("CRPIX1", 151.0),
        ("CRPIX2", 101.0),
        ("CRVAL1", 83.8),
        ("CRVAL2", -5.4),
        ("CDELT1", -0.001),
        ("CDELT2", 0.001),
        ("CROTA2", 30.0),
    ];
    let wcs = Wcs::parse(&tan([301, 201], &values), ' ', &()).unwrap();
    let image = wcs.celestial().unwrap();
    let grid = Wcs::parse(&fit(image, Fit::NorthUp).unwrap(), ' ', &()).unwrap();
    let target = grid.celestial().unwrap();
    assert_eq!((target.code(), target.frame()), ("TAN", &Frame::Icrs));
    let centre = target.sky_at(target.reference_pixel());
    assert!((centre[0] - 83.8).abs() < 1e-6 && (centre[1] + 5.4).abs() < 1e-6, "{centre:?}");
    let [small, large] = target.pixel_scale(target.reference_pixel());
    assert!((small - 0.001).abs() < 1e-9 && (large - 0.001).abs() < 1e-9);
    assert!(target.position_angle(target.reference_pixel()).abs() < 1e-6);
    assert!(
        (image.position_angle([150.0, 100.0]) + 30.0).abs() < 1e-6,
        "{}",
        image.position_angle([150.0, 100.0])
    );
    // 301 × 201 pixels turned by 30°: 301 cos 30° + 201 sin 30° = 361.2, and 324.6 high.
    let [nx, ny] = target.sized().unwrap();
    assert!((362..=366).contains(&nx) && (325..=329).contains(&ny), "{nx} x {ny}");
    let galactic = Wcs::parse(&fit(image, Fit::Galactic).unwrap(), ' ', &()).unwrap();
    assert_eq!(galactic.celestial().unwrap().frame(), &Frame::Galactic);
    assert!("ecliptic".parse::<Fit>().is_err());
}

/// An image that lies north-up already keeps its pixels, whether its sides are even or odd.
#[test]
fn an_aligned_image_keeps_its_pixels() {
    for sides in [[64, 48], [65, 48], [64, 49], [65, 49]] {
        let mut cards: Keywords = [("CTYPE1", "RA---TAN"), ("CTYPE2", "DEC--TAN")].into_iter().collect();
        for (keyword, value) in [("NAXIS", 2), ("NAXIS1", sides[0]), ("NAXIS2", sides[1])] {
            cards.push(keyword, value);
        }
        let middle = sides.map(|n| (n as f64 + 1.0) / 2.0);
        for (keyword, value) in [
            ("CRPIX1", middle[0]),
            ("CRPIX2", middle[1]),
            ("CRVAL1", 83.8),
            ("CRVAL2", -5.4),
            ("CDELT1", -0.001),
            ("CDELT2", 0.001),
        ] {
            cards.push(keyword, value);
        }
        let wcs = Wcs::parse(&cards, ' ', &()).unwrap();
        let image = wcs.celestial().unwrap();
        let grid = Wcs::parse(&fit(image, Fit::NorthUp).unwrap(), ' ', &()).unwrap();
        let target = grid.celestial().unwrap();
        assert_eq!(target.sized().unwrap(), sides.map(|n| n as usize));
        let (mut x, mut y) = (vec![0.0, 10.0, 60.0], vec![0.0, 40.0, 3.0]);
        sky_map(image, target).unwrap().forward(&mut Points::new([&mut x, &mut y]));
        for (at, want) in x.iter().chain(&y).zip([0.0, 10.0, 60.0, 0.0, 40.0, 3.0]) {
            assert!((at - want).abs() < 1e-11, "{sides:?}: {at}, not {want}");
        }
    }
}

/// An all-sky map becomes the whole sky in CAR.
#[test]
fn the_whole_sky_stays_whole() {
    let mut cards: Keywords = [("CTYPE1", "GLON-AIT"), ("CTYPE2", "GLAT-AIT")].into_iter().collect();
    for (keyword, value) in [("NAXIS", 2), ("NAXIS1", 480), ("NAXIS2", 240)] {
        cards.push(keyword, value);
    }
    for (keyword, value) in [("CRPIX1", 240.5), ("CRPIX2", 120.5), ("CDELT1", -0.675), ("CDELT2", 0.675)] {
        cards.push(keyword, value);
    }
    let wcs = Wcs::parse(&cards, ' ', &()).unwrap();
    let grid = Wcs::parse(&fit(wcs.celestial().unwrap(), Fit::Icrs).unwrap(), ' ', &()).unwrap();
    let target = grid.celestial().unwrap();
    assert_eq!((target.code(), target.sized().unwrap()), ("CAR", [534, 267]));
    let corners = target.corners().unwrap();
    assert!((corners[0][1] + 90.0).abs() < 1e-9 && (corners[2][1] - 90.0).abs() < 1e-9, "{corners:?}");
}
