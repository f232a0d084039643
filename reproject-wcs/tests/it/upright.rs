//! Grids with north up: which way longitude grows, images that lie so already, and grids that nobody can want.

use reproject_core::{Points, Transform};
use reproject_wcs::{Fit, Keywords, Value, Wcs, fit, sky_map};

/// An image of a type and code: sides, CRPIX, CRVAL, CDELT, and a turn (CROTA2).
fn image(names: [&str; 2], sides: [i64; 2], values: [[f64; 2]; 3], turn: f64) -> Keywords {
    let mut cards: Keywords = [("CTYPE1", names[0]), ("CTYPE2", names[1])].into_iter().collect();
    for (k, keyword) in ["NAXIS1", "NAXIS2"].into_iter().enumerate() {
        cards.push(keyword, sides[k]);
    }
    cards.push("NAXIS", 2);
    for (stem, pair) in ["CRPIX", "CRVAL", "CDELT"].into_iter().zip(values) {
        cards.push(format!("{stem}1"), pair[0]);
        cards.push(format!("{stem}2"), pair[1]);
    }
    cards.push("CROTA2", turn);
    cards
}

fn wcs(cards: &Keywords) -> Wcs {
    Wcs::parse(cards, ' ', &()).unwrap()
}

/// Where corners and middle of an image lie on its grid.
fn placed(image: &Keywords, grid: &Keywords, [nx, ny]: [i64; 2]) -> Vec<[f64; 2]> {
    let (from, to) = (wcs(image), wcs(grid));
    let map = sky_map(from.celestial().unwrap(), to.celestial().unwrap()).unwrap();
    let (right, top) = (nx as f64 - 1.0, ny as f64 - 1.0);
    let (mut x, mut y) = (vec![0.0, right, 0.0, right, 7.0], vec![0.0, 0.0, top, top, 3.0]);
    map.forward(&mut Points::new([&mut x, &mut y]));
    x.into_iter().zip(y).map(|(x, y)| [x, y]).collect()
}

/// The list is that of `find_optimal_celestial_wcs(negative_lon_cdelt="auto")` of reproject: RA, GLON, ELON, HLON and SLON grow to
/// the left, all others to the right. Fields of all sizes: TAN, ZEA, and the whole sky in CAR.
#[test]
fn longitude_grows_as_its_sphere_is_seen() {
    for (names, sign) in [
        (["RA---TAN", "DEC--TAN"], -1.0),
        (["GLON-TAN", "GLAT-TAN"], -1.0),
        (["ELON-TAN", "ELAT-TAN"], -1.0),
        (["HLON-TAN", "HLAT-TAN"], -1.0),
        (["SLON-TAN", "SLAT-TAN"], -1.0),
        (["HPLN-TAN", "HPLT-TAN"], 1.0),
        (["HGLN-TAN", "HGLT-TAN"], 1.0),
        (["CRLN-TAN", "CRLT-TAN"], 1.0),
        (["TLON-TAN", "TLAT-TAN"], 1.0),
        (["MALN-TAN", "MALT-TAN"], 1.0),
        (["XYLN-TAN", "XYLT-TAN"], 1.0),
    ] {
        for (scale, code) in [(1e-3, "TAN"), (0.9, "ZEA")] {
            let cards = image(names, [80, 60], [[40.5, 30.5], [20.0, 10.0], [scale, scale]], 25.0);
            let grid = fit(wcs(&cards).celestial().unwrap(), Fit::NorthUp).unwrap();
            assert_eq!(grid.number("CDELT1").unwrap().signum(), sign, "{names:?}");
            assert!(grid.number("CDELT2").unwrap() > 0.0);
            assert_eq!(grid.text("CTYPE1").unwrap(), format!("{}{code}", &names[0][..5]));
        }
        let all = [names[0].replace("TAN", "AIT"), names[1].replace("TAN", "AIT")];
        let all = image([&all[0], &all[1]], [360, 180], [[180.5, 90.5], [20.0, 0.0], [0.9, 0.9]], 25.0);
        let grid = fit(wcs(&all).celestial().unwrap(), Fit::NorthUp).unwrap();
        assert_eq!(grid.number("CDELT1").unwrap().signum(), sign, "{names:?}");
    }
}

/// Grids that are what is asked for already come back as they are: sizes and cards of these headers.
#[test]
fn a_grid_that_is_asked_for_is_kept() {
    let whole = |names, sides: [i64; 2], values| (names, sides, values, Fit::NorthUp);
    for (names, sides, values, kind) in [
        whole(["CRLN-CAR", "CRLT-CAR"], [180, 90], [[90.5, 45.5], [180.0, 0.0], [2.0, 2.0]]),
        // Laid out from 0 to 360 degrees, beyond 180 of the plane.
        whole(["CRLN-CAR", "CRLT-CAR"], [360, 180], [[0.5, 90.5], [0.0, 0.0], [1.0, 1.0]]),
        // A synoptic map of HMI: equal areas, pixels that are not square.
        whole(["CRLN-CEA", "CRLT-CEA"], [720, 360], [[360.5, 180.5], [180.0, 0.0], [0.5, 0.3125]]),
        whole(["HPLN-TAN", "HPLT-TAN"], [128, 128], [[64.5, 64.5], [-0.001, 0.0008], [0.005, 0.005]]),
        whole(["RA---TAN", "DEC--TAN"], [65, 48], [[33.0, 24.5], [83.8, -5.4], [-1e-3, 1e-3]]),
        whole(["RA---SIN", "DEC--SIN"], [65, 48], [[33.0, 24.5], [83.8, 75.4], [-1e-4, 1e-4]]),
        (["GLON-AIT", "GLAT-AIT"], [480, 240], [[240.5, 120.5], [0.0, 0.0], [-0.675, 0.675]], Fit::Galactic),
        (["GLON-CAR", "GLAT-CAR"], [1025, 513], [[513.0, 257.0], [18.0, 0.0], [-3e-4, 3e-4]], Fit::Galactic),
        (["RA---ZEA", "DEC--ZEA"], [64, 64], [[32.5, 32.5], [10.0, 40.0], [-1.0, 1.0]], Fit::Icrs),
    ] {
        let cards = image(names, sides, values, 0.0);
        let grid = fit(wcs(&cards).celestial().unwrap(), kind).unwrap();
        for (keyword, value) in cards.iter().filter(|(k, _)| *k != "CROTA2") {
            match value {
                Value::Text(text) => assert_eq!(grid.text(keyword), Some(&text[..]), "{names:?} {keyword}"),
                _ => {
                    let (found, want) = (grid.number(keyword).unwrap(), value.number().unwrap());
                    assert!(
                        (found - want).abs() <= 4e-16 * (1.0 + want.abs()),
                        "{names:?} {keyword}: {found}, not {want}"
                    );
                }
            }
        }
    }
}

/// Axes that run the other way, or are exchanged, are turned over: every pixel keeps its place to 1e-11.
#[test]
fn mirrored_and_exchanged_axes_are_turned_over() {
    let values = [[30.25, 20.0], [83.8, -5.4], [1e-3, 1e-3]];
    let sides = [64, 48];
    // Right ascension to the right: reversed along x.
    let mirrored = image(["RA---TAN", "DEC--TAN"], sides, values, 0.0);
    let grid = fit(wcs(&mirrored).celestial().unwrap(), Fit::NorthUp).unwrap();
    let found = placed(&mirrored, &grid, sides);
    for (found, want) in found.iter().zip([[63., 0.], [0., 0.], [63., 47.], [0., 47.], [56., 3.]]) {
        assert!(
            (found[0] - want[0]).abs() < 1e-11 && (found[1] - want[1]).abs() < 1e-11,
            "{found:?} {want:?}"
        );
    }
    // The Sun upside down.
    let upside = image(["HPLN-TAN", "HPLT-TAN"], sides, [values[0], [0.0, 0.0], [1e-3, -1e-3]], 0.0);
    let grid = fit(wcs(&upside).celestial().unwrap(), Fit::NorthUp).unwrap();
    let found = placed(&upside, &grid, sides);
    for (found, want) in found.iter().zip([[0., 47.], [63., 47.], [0., 0.], [63., 0.], [7., 44.]]) {
        assert!(
            (found[0] - want[0]).abs() < 1e-11 && (found[1] - want[1]).abs() < 1e-11,
            "{found:?} {want:?}"
        );
    }
    // Latitude along x: exchanged, and the new x reversed.
    let exchanged = image(["DEC--TAN", "RA---TAN"], sides, [values[0], [-5.4, 83.8], values[2]], 0.0);
    let grid = fit(wcs(&exchanged).celestial().unwrap(), Fit::NorthUp).unwrap();
    assert_eq!((grid.number("NAXIS1"), grid.number("NAXIS2")), (Some(48.0), Some(64.0)));
    let found = placed(&exchanged, &grid, sides);
    for (found, want) in found.iter().zip([[47., 0.], [47., 63.], [0., 0.], [0., 63.], [44., 7.]]) {
        assert!(
            (found[0] - want[0]).abs() < 1e-11 && (found[1] - want[1]).abs() < 1e-11,
            "{found:?} {want:?}"
        );
    }
}

/// North leans by the difference in longitude times the sine of the latitude: a tile far from its reference point is no grid with
/// north up, and gets one.
#[test]
fn a_tile_far_from_its_reference_point_is_turned() {
    let values = [[5000.5, 30.5], [83.8, 60.0], [-1e-3, 1e-3]];
    let tile = image(["RA---TAN", "DEC--TAN"], [80, 60], values, 0.0);
    let grid = fit(wcs(&tile).celestial().unwrap(), Fit::NorthUp).unwrap();
    assert!((grid.number("CRVAL1").unwrap() - 83.8).abs() > 4.0);
    let target = wcs(&grid);
    let target = target.celestial().unwrap();
    assert!(target.position_angle([40.0, 30.0]).abs() < 0.1);
}

/// 20 × 20 pixels of 0.1° × 0.036", turned by 45°: at the smaller side some 141,000 pixels a side.
#[test]
fn a_grid_out_of_all_proportion_is_refused() {
    let odd = image(["RA---TAN", "DEC--TAN"], [20, 20], [[10.5, 10.5], [83.8, -5.4], [-0.1, 1e-5]], 45.0);
    let error = fit(wcs(&odd).celestial().unwrap(), Fit::NorthUp).unwrap_err().to_string();
    assert!(
        error.contains("times as many as those of the image (20 × 20)") && error.contains(" GB in single"),
        "{error}"
    );
    // A strip of 2000 × 40 pixels needs 25 times its pixels, and gets them.
    let strip =
        image(["RA---TAN", "DEC--TAN"], [2000, 40], [[1000.5, 20.5], [83.8, -5.4], [-1e-4, 1e-4]], 45.0);
    let grid = fit(wcs(&strip).celestial().unwrap(), Fit::NorthUp).unwrap();
    assert!((1440.0..1450.0).contains(&grid.number("NAXIS1").unwrap()));
}
