//! Cards that are not as they should be, and skies beside axes that are not: what counts, what is said, what is refused. Positions
//! are those of astropy 8.0.2 for the repaired header, `WCS(header).all_pix2world`.

use reproject_core::Points;
use reproject_wcs::{Keywords, Value, Wcs};

fn header(more: &[(&str, Value)]) -> Keywords {
    let mut cards: Keywords = [("CTYPE1", "RA---TAN"), ("CTYPE2", "DEC--TAN")].into_iter().collect();
    for (keyword, value) in [
        ("CRVAL1", 150.0),
        ("CRVAL2", 30.0),
        ("CRPIX1", 10.5),
        ("CRPIX2", 5.5),
        ("CDELT1", -0.01),
        ("CDELT2", 0.01),
    ] {
        cards.push(keyword, value);
    }
    more.iter().for_each(|(keyword, value)| cards.push(*keyword, value.clone()));
    cards
}

fn unreadable(text: &str) -> Value {
    Value::Unreadable(text.to_owned())
}

/// World values of pixel (3, 4), where the header is whole.
fn world(wcs: &Wcs) -> Vec<f64> {
    let mut columns = vec![vec![0.0]; wcs.naxis()];
    (columns[0][0], columns[1][0]) = (3.0, 4.0);
    wcs.pixel_to_world(&mut columns.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>()).unwrap();
    columns.into_iter().map(|c| c[0]).collect()
}

fn near(found: &[f64], wanted: &[f64]) {
    let close = found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9 * b.abs().max(1.0));
    assert!(found.len() == wanted.len() && close, "{found:?} instead of {wanted:?}");
}

#[test]
fn a_number_in_quotes_counts_and_is_noted() {
    let wcs = Wcs::parse(&header(&[("CRVAL1", "151.0".into())]), ' ', &()).unwrap();
    near(&world(&wcs), &[151.0750517107, 29.9949787174]);
    assert_eq!(wcs.notes(), ["CRVAL1 = '151.0' is taken for the number 151.0"]);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_value() {
    for (value, shown) in [
        (Value::Text("16:41:41".into()), "'16:41:41' cannot be read"),
        (Value::Float(f64::NAN), "NaN is not a finite number"),
        (Value::Logical(true), "T cannot be read"),
        (unreadable("150,0"), "150,0 cannot be read"),
        (Value::Undefined, "no value"),
    ] {
        let told = Wcs::parse(&header(&[("CRVAL1", value)]), ' ', &()).unwrap_err().to_string();
        assert!(told.starts_with(&format!("CRVAL1: {shown}; it has to be a number")), "{told}");
    }
}

/// Only what the description in use reads can be wrong with it.
#[test]
fn other_descriptions_and_what_is_overruled_may_hold_anything() {
    for more in [
        vec![("CRVAL1A", "abc".into()), ("CTYPE1A", "RA---TAN".into()), ("CTYPE2A", "DEC--TAN".into())],
        vec![("CD1_1", "x".into()), ("PC1_1", 1.0.into())],
        vec![("CROTA2", "x".into()), ("PC1_1", 1.0.into())],
        vec![("CRVAL3", unreadable("-")), ("RESTFRQ", "unknown".into()), ("PV3_1", "y".into())],
        vec![("CRVAL1", "abc".into()), ("CRVAL1", 150.0.into())],
    ] {
        let wcs = Wcs::parse(&header(&more), ' ', &()).unwrap();
        near(&world(&wcs), &[150.0750517107, 29.9949787174]);
        assert!(wcs.notes().is_empty(), "{:?}", wcs.notes());
    }
    let alternate =
        header(&[("CTYPE1A", "LINEAR".into()), ("CRVAL1A", 7.0.into()), ("CRVAL2", "abc".into())]);
    assert!(Wcs::parse(&alternate, 'A', &()).is_ok() && Wcs::parse(&alternate, ' ', &()).is_err());
}

#[test]
fn a_record_of_a_distortion_holds_a_number() {
    let records = |version: &str| {
        let record = |text: &str| ("DP1", Value::Text(text.to_owned()));
        vec![
            ("DP2", "NAXES: 2".into()),
            record("NAXES: 2"),
            record("AXIS.1: 1"),
            record("AXIS.2: 2"),
            record(&format!("EXTVER: {version}")),
        ]
    };
    let told = |cards: Vec<(&str, Value)>| Wcs::parse(&header(&cards), ' ', &()).map_err(|e| e.to_string());
    let lookup = |version: &str| [vec![("CPDIS1", "LOOKUP".into())], records(version)].concat();
    assert!(told(lookup("one")).unwrap_err().contains("DP1: 'EXTVER: one' cannot be read"));
    assert!(told(lookup("7")).unwrap_err().contains("of version 7"));
    assert!(told(records("one")).is_ok());
}

/// SPHEREx, SPICE: astropy's values of all three axes, and the sky that is in them.
#[test]
fn a_sky_is_one_though_another_axis_hangs_on_its_pixels() {
    let wave =
        [("CTYPE3", "WAVE".into()), ("CUNIT3", "m".into()), ("CRVAL3", 1e-6.into()), ("CRPIX3", 0.0.into())];
    let slopes = [("PC3_1", Value::Float(2.9e-10)), ("PC3_2", Value::Float(1.5e-9))];
    let wcs = Wcs::parse(&header(&[&wave[..], &slopes[..]].concat()), ' ', &()).unwrap();
    near(&world(&wcs), &[150.0750517107, 29.9949787174, 1.000000997365]);
    assert_eq!(wcs.celestial().unwrap().axes(), [0, 1]);
    let (mut x, mut y) = ([3.0], [4.0]);
    wcs.celestial().unwrap().pixel_to_sky(&mut Points::new([&mut x, &mut y]));
    near(&[x[0], y[0]], &[150.0750517107, 29.9949787174]);
}

#[test]
fn a_sky_is_read_beside_an_axis_that_cannot_be() {
    let units = |ctype: &str, unit: &str| vec![("CTYPE3", ctype.into()), ("CUNIT3", unit.into())];
    for more in
        [units("VRAD", "M/S"), units("WAVE", "Microns"), units("FELO-HEL", "m/s"), units("FREQ-XYZ", "")]
    {
        let cards = header(&more);
        let whole = Wcs::parse(&cards, ' ', &()).unwrap_err().to_string();
        let sky = Wcs::parse_sky(&cards, ' ', &()).unwrap();
        assert_eq!((sky.naxis(), sky.celestial().unwrap().axes()), (3, [0, 1]));
        assert!(sky.whole().unwrap_err().to_string().ends_with(&whole), "{whole}");
        assert!(sky.pixel_to_world(&mut [&mut [0.0], &mut [0.0], &mut [0.0]]).is_err());
    }
    // What is wrong with the sky is wrong with all of it.
    assert!(Wcs::parse_sky(&header(&[("CUNIT1", "furlong".into())]), ' ', &()).is_err());
    assert!(Wcs::parse_sky(&header(&[("CTYPE2", "DEC--SIN".into())]), ' ', &()).is_err());
}
