//! Which keyword wins, and in which units distortions act. The numbers are those of `astropy.wcs.WCS(header).all_pix2world(pixel, 0)`
//! and `.wcs.lonpole`, astropy 8.0.2, for the headers here.

use reproject_wcs::{Keywords, Wcs};

fn cards(texts: &[(&str, &str)], numbers: &[(&str, f64)]) -> Keywords {
    let mut cards: Keywords = texts.iter().copied().collect();
    numbers.iter().for_each(|&(keyword, value)| cards.push(keyword, value));
    cards
}

fn world<const N: usize>(cards: &Keywords, pixel: [f64; N]) -> [f64; N] {
    let mut columns = pixel.map(|v| [v]);
    let mut views: Vec<&mut [f64]> = columns.iter_mut().map(|c| &mut c[..]).collect();
    Wcs::parse(cards, ' ', &()).unwrap().pixel_to_world(&mut views).unwrap();
    columns.map(|c| c[0])
}

#[test]
fn the_polynomial_of_a_cd_matrix_sees_degrees_whatever_cunit_says() {
    for (unit, factor) in [("deg", 1.0), ("arcsec", 3600.0)] {
        let texts = [("CTYPE1", "RA---TPV"), ("CTYPE2", "DEC--TPV"), ("CUNIT1", unit), ("CUNIT2", unit)];
        let scaled = [("CRVAL1", 10.0), ("CRVAL2", 20.0), ("CD1_1", -0.01), ("CD2_2", 0.01)];
        let mut cards = cards(&texts, &scaled.map(|(keyword, value)| (keyword, value * factor)));
        let rest = [
            ("CRPIX1", 1.0),
            ("CRPIX2", 1.0),
            ("PV1_1", 1.0),
            ("PV2_1", 1.0),
            ("PV1_4", 0.01),
            ("PV2_5", 0.02),
        ];
        rest.into_iter().for_each(|(keyword, value)| cards.push(keyword, value));
        let [lon, lat] = world(&cards, [50.0, 70.0]);
        assert!(
            (lon - 9.46824583463842).abs() < 1e-12 && (lat - 20.69215052210621).abs() < 1e-12,
            "{lon} {lat}"
        );
    }
}

#[test]
fn among_three_axes_the_polynomial_sees_si() {
    let texts = [("CTYPE1", "DEC--TPV"), ("CTYPE2", "VRAD"), ("CTYPE3", "RA---TPV"), ("CUNIT2", "km/s")];
    let numbers = [
        ("CRPIX1", 1.0),
        ("CRPIX2", 1.0),
        ("CRPIX3", 1.0),
        ("CRVAL1", 20.0),
        ("CRVAL2", 5.0),
        ("CRVAL3", 10.0),
        ("CD1_1", 0.01),
        ("CD2_2", 0.001),
        ("CD3_3", -0.01),
        ("RESTFRQ", 1e9),
        ("PV1_1", 1.0),
        ("PV1_5", 0.02),
        ("PV3_1", 1.0),
        ("PV3_4", 0.01),
    ];
    let found = world(&cards(&texts, &numbers), [50.0, 70.0, 5.0]);
    for (found, wanted) in found.into_iter().zip([70.97591356005667, 5070.0, 10.970625962118135]) {
        assert!((found - wanted).abs() < 1e-11, "{found} instead of {wanted}");
    }
}

#[test]
fn pv_overrides_lonpole_wherever_it_stands() {
    let texts = [("CTYPE1", "RA---TAN"), ("CTYPE2", "DEC--TAN")];
    for poles in [[("LONPOLE", 30.0), ("PV1_3", 50.0)], [("PV1_3", 50.0), ("LONPOLE", 30.0)]] {
        let numbers = [("CRVAL1", 10.0), ("CRVAL2", 20.0), ("CDELT1", -0.1), ("CDELT2", 0.1)];
        let cards = cards(&texts, &[&numbers[..], &poles[..]].concat());
        assert_eq!(Wcs::parse(&cards, ' ', &()).unwrap().native_pole(), Some([50.0, 20.0]));
    }
}
