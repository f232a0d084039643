//! TPV among more than two axes. WCSLIB's polynomial takes the first two rows of the matrix, whichever axes they are: with the celestial
//! pair elsewhere CRPIX is not CRVAL, a celestial pixel moves nothing, and its own inverse finds nothing. Positions follow it all the
//! same; the way back leads to a pixel of the position, and maps from pixel to pixel give the pair its own rows.

use reproject_wcs::{Keywords, Wcs, WcsMap};

/// A cube of axes in this order, with a mild polynomial on the celestial pair; `slant` couples the first and the last axis.
fn cube(order: [&str; 3], slant: f64, scale: f64) -> Wcs {
    let mut cards = Keywords::new();
    for (axis, name) in (1..).zip(order) {
        let (ctype, value, step) = match name {
            "RA" => ("RA---TPV", 30.0, -1e-3 * scale),
            "DEC" => ("DEC--TPV", 20.0, 1e-3 * scale),
            // In steps that a polynomial of degrees survives, of a value that does not swallow them.
            _ => ("FREQ", 1e3, 0.05),
        };
        cards.push(format!("CTYPE{axis}"), ctype);
        for (stem, number) in [("CRPIX", 5.0), ("CRVAL", value)] {
            cards.push(format!("{stem}{axis}"), number);
        }
        cards.push(format!("CD{axis}_{axis}"), step);
        if name != "FREQ" {
            for (m, number) in [(0, 1e-5), (1, 1.01), (2, 1e-3), (3, 2e-4), (4, 0.3), (6, -0.1), (39, 0.02)] {
                cards.push(format!("PV{axis}_{m}"), number);
            }
        }
    }
    cards.push("CD1_3", slant);
    Wcs::parse(&cards, ' ', &()).unwrap()
}

const ORDERS: [[&str; 3]; 6] = [
    ["RA", "DEC", "FREQ"],
    ["DEC", "RA", "FREQ"],
    ["RA", "FREQ", "DEC"],
    ["DEC", "FREQ", "RA"],
    ["FREQ", "RA", "DEC"],
    ["FREQ", "DEC", "RA"],
];

fn pixels() -> Vec<Vec<f64>> {
    vec![vec![4.0, -3.0, 20.5, 11.0], vec![4.0, 17.0, -8.25, 2.0], vec![4.0, 9.0, 1.5, 30.0]]
}

fn through(columns: &[Vec<f64>], f: impl Fn(&mut [&mut [f64]])) -> Vec<Vec<f64>> {
    let mut columns = columns.to_vec();
    f(&mut columns.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
    columns
}

fn apart(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    let differences = a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |most, d| if d <= most { most } else { d })
}

#[test]
fn the_way_back_leads_to_a_pixel_of_the_position() {
    for order in ORDERS {
        for slant in [0.0, 1e-4] {
            let wcs = cube(order, slant, 1.0);
            let world = through(&pixels(), |p| wcs.pixel_to_world(p).unwrap());
            let back = through(&world, |w| wcs.world_to_pixel(w).unwrap());
            let again = through(&back, |p| wcs.pixel_to_world(p).unwrap());
            assert!(apart(&again, &world) < 1e-9, "{order:?} {slant}: {again:?} instead of {world:?}");
            if order[2] == "FREQ" {
                assert!(apart(&back, &pixels()) < 1e-7, "{order:?} {slant}: {back:?}");
            }
        }
    }
}

/// A frequency that the polynomial did not make this position from.
#[test]
fn no_pixel_has_a_position_of_another_frequency() {
    for order in &ORDERS[2..] {
        let wcs = cube(*order, 0.0, 1.0);
        let mut world = through(&pixels(), |p| wcs.pixel_to_world(p).unwrap());
        let frequency = order.iter().position(|name| *name == "FREQ").unwrap();
        world[frequency].iter_mut().for_each(|v| *v += 0.3);
        let back = through(&world, |w| wcs.world_to_pixel(w).unwrap());
        for (axis, column) in back.iter().enumerate() {
            assert_eq!(axis != frequency, column.iter().all(|v| v.is_nan()), "{order:?}: {column:?}");
        }
    }
}

#[test]
fn maps_between_pixels_lead_there_and_back() {
    let plain = cube(ORDERS[0], 0.0, 1.0);
    for order in ORDERS {
        for slant in [0.0, 1e-4] {
            let wcs = cube(order, slant, 1.3);
            let there = WcsMap::new(&plain, &wcs).unwrap();
            let back = WcsMap::new(&wcs, &plain).unwrap();
            let image = through(&pixels(), |p| there.run(p).unwrap());
            assert!(image.iter().flatten().all(|v| v.is_finite()), "{order:?} {slant}: {image:?}");
            let again = through(&image, |p| back.run(p).unwrap());
            assert!(apart(&again, &pixels()) < 1e-7, "{order:?} {slant}: {again:?}");
            // The reference pixels are those of one position.
            assert!(image.iter().all(|column| (column[0] - 4.0).abs() < 1e-9), "{order:?}: {image:?}");
        }
    }
}
