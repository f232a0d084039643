//! Headers at the edge of what astropy accepts, and what it makes of them. The numbers are those of
//! `astropy.wcs.WCS(header).pixel_to_world_values(x, y)`, astropy 8.0.2, for the headers here.

use super::support::{keywords, records};
use reproject_wcs::{Keywords, Value, Wcs};

type Card<'a> = (&'a str, Value);

/// RA and DEC of a projection with unit scale, 30 degrees east and `lat` north, and more cards.
fn header<'a>(code: &str, lat: f64, more: impl IntoIterator<Item = Card<'a>>) -> Keywords {
    let mut cards = Keywords::new();
    for (i, name) in [(1, "RA--"), (2, "DEC-")] {
        cards.push(format!("CTYPE{i}"), format!("{name}-{code}"));
        cards.push(format!("CRPIX{i}"), 1.0);
        cards.push(format!("CDELT{i}"), 1.0);
    }
    cards.push("CRVAL1", 30.0);
    cards.push("CRVAL2", lat);
    more.into_iter().for_each(|(keyword, value)| cards.push(keyword, value));
    cards
}

fn numbers<'a>(cards: &[(&'a str, f64)]) -> Vec<Card<'a>> {
    cards.iter().map(|&(keyword, value)| (keyword, value.into())).collect()
}

fn texts<'a>(cards: &[(&'a str, &str)]) -> Vec<Card<'a>> {
    cards.iter().map(|&(keyword, value)| (keyword, value.into())).collect()
}

fn world(cards: &Keywords, [x, y]: [f64; 2]) -> [f64; 2] {
    let (mut x, mut y) = ([x], [y]);
    Wcs::parse(cards, ' ', &()).unwrap().pixel_to_world(&mut [&mut x, &mut y]).unwrap();
    [x[0], y[0]]
}

fn pixel(cards: &Keywords, [lon, lat]: [f64; 2]) -> [f64; 2] {
    let (mut x, mut y) = ([lon], [lat]);
    Wcs::parse(cards, ' ', &()).unwrap().world_to_pixel(&mut [&mut x, &mut y]).unwrap();
    [x[0], y[0]]
}

#[track_caller]
fn near(found: [f64; 2], wanted: [f64; 2], tolerance: f64) {
    let far = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(far <= tolerance && !found[0].is_nan(), "{found:?} instead of {wanted:?}");
}

#[track_caller]
fn refused(cards: &Keywords, keyword: &str) {
    let error = Wcs::parse(cards, ' ', &()).unwrap_err().to_string();
    assert!(error.contains(keyword), "{keyword}: {error}");
}

#[test]
fn projp_is_a_parameter_of_latitude_and_the_last_card_counts() {
    let zpn = |cards: &[(&str, f64)]| header("ZPN", 20.0, numbers(cards));
    let [pv, projp] = [("PV2_1", 1.0), ("PROJP1", 2.0)];
    near(world(&zpn(&[pv, projp]), [10.0, 20.0]), [35.7408046561185, 29.90065548284122], 1e-12);
    near(world(&zpn(&[projp, pv]), [10.0, 20.0]), [42.737521222450457, 39.49819719790591], 1e-12);
}

#[test]
fn a_fiducial_point_at_the_pole_has_a_longitude() {
    let given = [("PV1_0", 1.0), ("PV1_1", 0.0), ("PV1_2", 90.0)];
    for (code, theta, wanted) in [
        ("CEA", None, [351.14035183967025, -1.7867244660414163]),
        ("CYP", None, [14.784506465116522, 36.82374475735053]),
        ("CAR", None, [6.625869778348552, 25.98565172475103]),
        ("COE", Some(45.0), [344.2475989790985, 6.04983880663332]),
        ("COD", Some(45.0), [342.7041829510444, 17.402567983650872]),
    ] {
        let more = numbers(&given).into_iter().chain(theta.map(|v| ("PV2_1", Value::Float(v))));
        near(world(&header(code, 50.0, more), [-45.5, -30.0]), wanted, 1e-11);
    }
    refused(&header("MER", 50.0, numbers(&given)), "PV1_1");
    let hole = [("PV2_0", 0.0772), ("PV2_1", 1.23), ("PV2_2", -0.266), ("PV2_3", -0.147)];
    let given = [("PV1_0", 1.0), ("PV1_1", 60.0), ("PV1_2", 90.0), ("LONPOLE", 180.0)];
    let cards = header("ZPN", 70.0, numbers(&[&hole[..], &given[..]].concat()));
    near(world(&cards, [3.0, -2.0]), [36.83352120097987, 68.30446490747089], 1e-10);
}

/// θ_a of these is less by its last bit once it has been in radians; LONPOLE is 0 where CRVAL is no less than θ_a.
#[test]
fn a_cone_about_its_own_parallel_is_upright() {
    for code in ["COP", "COE", "COD", "COO"] {
        for theta in [57.610008979869285, 46.39267137003673] {
            let cards = header(code, theta, numbers(&[("PV2_1", theta), ("PV2_2", 9.0)]));
            assert_eq!(Wcs::parse(&cards, ' ', &()).unwrap().native_pole(), Some([0.0, 90.0]), "{code}");
        }
    }
}

/// CRVAL is at CRPIX however near the pole it lies, as `wcs_pix2world` has it.
#[test]
fn a_reference_point_next_to_the_pole_keeps_its_longitude() {
    for code in ["TAN", "ZEA", "SIN", "XPH"] {
        for latitude in [89.9999, -89.9999, 90.0 - 1e-6] {
            for pole in [0.0, 83.0, 180.0] {
                let cards = header(code, latitude, numbers(&[("LONPOLE", pole)]));
                near(world(&cards, [0.0, 0.0]), [30.0, latitude], 1e-11);
            }
        }
    }
}

#[test]
fn a_shifted_healpix_plane_comes_back() {
    // astropy puts (-45.5, 0) at (358.0689, 24.9162) and that at (-45.676, 0).
    let cards = header("HPX", 20.0, numbers(&[("PV1_0", 1.0), ("PV1_1", 0.0), ("PV1_2", 45.0)]));
    near(pixel(&cards, world(&cards, [-45.5, 0.0])), [-45.5, 0.0], 1e-10);
}

#[test]
fn the_central_meridian_of_pco_is_on_the_map() {
    // astropy: (30.00000015557238, -50) and (29.99999984442762, -50) at 1e-7 pixels on either side, NaN between.
    let cards = header("PCO", 0.0, []);
    near(world(&cards, [0.0, -50.0]), [30.0, -50.0], 1e-12);
    near(world(&cards, [1e-7, -50.0]), [30.000000155572383, -49.99999999999997], 1e-12);
}

#[test]
fn scamp_is_known_by_its_keywords_alone() {
    let given = numbers(&[("PV1_1", 1.0), ("PV2_1", 1.0), ("PV1_4", 0.01)]);
    let with = |last: Card<'static>| header("TAN", 20.0, given.iter().cloned().chain([last]));
    near(world(&with(("PV2_5", 0.0.into())), [10.0, 20.0]), [43.17254846133787, 38.495927658489634], 1e-11);
    // For astropy a text is no term, but a sign of SCAMP all the same; here it is refused.
    refused(&with(("PV2_5", "none".into())), "PV2_5");
    // astropy rewrites the first card of a type, and WCSLIB reads the last.
    let twice = [("CTYPE1", "RA---TAN".into()), ("PV2_5", 0.0.into())];
    refused(&header("TAN", 20.0, twice), "CTYPE2");
}

#[test]
fn the_last_tpd_record_counts_and_the_last_axis_needs_some() {
    let records = |dq: &'static str, first: &str| {
        let own = ["NAXES: 2", "AXIS.1: 1", "AXIS.2: 2", first, "TPD.FWD.1: 0.1"];
        own.map(|record| (dq, Value::from(record)))
    };
    let both = texts(&[("CQDIS1", "TPD"), ("CQDIS2", "TPD")]);
    let cards =
        both.iter().cloned().chain(records("DQ1", "TPD.FWD.1: 0.5")).chain(records("DQ2", "DOCORR: 1"));
    near(world(&header("CAR", 0.0, cards), [2.0, 4.0]), [32.2, 4.2], 1e-12);
    let second = texts(&[("CQDIS2", "TPD")]).into_iter().chain(records("DQ2", "DOCORR: 1"));
    near(world(&header("CAR", 0.0, second), [2.0, 4.0]), [32.0, 4.2], 1e-12);
    let first = || texts(&[("CQDIS1", "TPD")]).into_iter().chain(records("DQ1", "DOCORR: 1"));
    refused(&header("CAR", 0.0, first()), "DQ2.NAXES");
    refused(&header("CAR", 0.0, both.iter().cloned().chain(records("DQ1", "NAXES: 3"))), "NAXES");
    refused(&header("CAR", 0.0, first().skip(1)), "CQDIS1");
}

#[test]
fn a_plate_keeps_pole_units_and_parameters() {
    let record = records("real").into_iter().find(|r| r["id"] == "p-real-128").unwrap();
    let with = |keyword: &str, value: Value| {
        let mut cards = keywords(&record["header"]);
        cards.push(keyword, value);
        cards
    };
    let at = |cards: &Keywords| world(cards, [0.0, 0.0]);
    near(at(&with("LONPOLE", 1.0.into())), [209.61750301115674, 52.37875941040439], 1e-10);
    near(at(&with("CUNIT2", "arcsec".into())), [210.723350008018, 0.015061714516461102], 1e-10);
    near(at(&with("PV1_1", 3.0.into())), [211.0953869263782, 54.198268648717296], 1e-10);
    refused(&with("CRVAL3", 1.0.into()), "PLTRAH");
}

#[test]
fn naxis_counts_for_the_cards_after_it() {
    let axes = |cards: &Keywords| Wcs::parse(cards, ' ', &()).map(|wcs| wcs.naxis()).ok();
    let more = |n: i64| vec![("NAXIS", Value::Integer(n))];
    let equinox = || numbers(&[("EQUINOX", 2000.0)]);
    assert_eq!(axes(&header("TAN", 0.0, more(3))), Some(2));
    assert_eq!(axes(&header("TAN", 0.0, more(3).into_iter().chain(equinox()))), Some(3));
    let plain: Keywords = [("CTYPE1", "RA"), ("CTYPE2", "RA")].into_iter().collect();
    assert_eq!(axes(&plain), Some(2));
    assert_eq!(axes(&header("TAN", 0.0, more(40).into_iter().chain(equinox()))), None);
}

#[test]
fn logicals_and_fractions_are_numbers_of_sip_and_text_is_not() {
    let orders = || numbers(&[("A_ORDER", 2.9), ("B_ORDER", 2.0)]);
    let sip = |more: Vec<Card<'static>>| header("TAN-SIP", 0.0, orders().into_iter().chain(more));
    let logical = vec![("A_2_0", Value::Logical(true)), ("B_1_1", Value::Logical(false))];
    near(world(&sip(logical), [3.0, 2.0]), [41.829018355416316, 1.956766266140828], 1e-11);
    let inverse = numbers(&[("A_2_0", 1e-3), ("AP_ORDER", 1.3), ("BP_ORDER", 2.0)]);
    near(world(&sip(inverse.clone()), [3.0, 2.0]), [33.006238263848374, 1.9964392863667055], 1e-11);
    refused(&sip(texts(&[("A_2_0", "deg")])), "A_2_0");
    refused(&sip(inverse.into_iter().chain(texts(&[("AP_1_0", "deg")])).collect()), "AP_1_0");
    refused(&header("TAN", 0.0, texts(&[("B_ORDER", "deg")])), "B_ORDER");
}

#[test]
fn what_astropy_refuses_is_refused_by_name() {
    refused(&header("CAR", 0.0, numbers(&[("PV1_5", 1.0)])), "PV1_5");
    refused(&header("CAR", 0.0, numbers(&[("PC2_2", 5e-324), ("CDELT2", 0.1)])), "PC2_j");
    refused(&header("ZPN", 0.0, numbers(&[("PV2_0", 1.0)])), "PVi_1");
    let mut cards: Keywords = [("CTYPE1", 2.0)].into_iter().collect();
    cards.push("CTYPE2", "DEC--TAN");
    refused(&cards, "CTYPE1");
    refused(&header("TNX", 0.0, texts(&[("WAT2_002", "wtype=tnx")])), "WAT2_001");
    refused(&header("TNX", 0.0, texts(&[("WAT2_001", "axtype=ra")])), "WAT2_001");
    let table = ["EXTVER: 1", "NAXES: 2", "AXIS.1: 1", "AXIS.2: 2"].map(|record| ("DP1", record));
    let lookup = texts(&[("CPDIS1", "LOOKUP")]).into_iter().chain(texts(&table));
    refused(&header("TAN", 0.0, lookup), "DP2.NAXES");
}

#[test]
fn a_root_that_newton_overshoots_is_found_by_short_steps() {
    // Without PV2_1 the latitude is all but constant next to CRPIX. astropy finds the pixel, too: (4052.99999999, 8191).
    let record = records("real").into_iter().find(|r| r["id"] == "p-real-137").unwrap();
    let all = keywords(&record["header"]);
    let kept = all.iter().filter(|(k, _)| *k != "PV2_1");
    let cards: Keywords = kept.map(|(k, v)| (k, v.clone())).collect();
    let sky = world(&cards, [4053.0, 8191.0]);
    near(sky, [3.15305253, 0.89689889], 1e-8);
    near(pixel(&cards, sky), [4053.0, 8191.0], 1e-5);
}

/// Latitudes +d and -d lie alike near to LATPOLE 0; the last bit of the arc cosine chooses.
#[test]
fn of_two_poles_alike_near_rounding_chooses_as_in_wcslib() {
    for (latitude, wanted) in [
        (-62.46838247674788, 27.531617523252123),
        (-10.0, 80.0),
        (-30.0, -60.0),
        (-45.0, 45.0),
        (-51.7, -38.299999999999955),
        (-5.3, 84.69999999999999),
        (-77.7, 12.300000000000011),
        (-33.3, 56.70000000000002),
    ] {
        let cards = header("CAR", latitude, numbers(&[("LATPOLE", 0.0)]));
        assert_eq!(Wcs::parse(&cards, ' ', &()).unwrap().native_pole(), Some([180.0, wanted]));
    }
}

#[test]
fn a_plate_has_two_axes_counted_or_not() {
    let record = records("real").into_iter().find(|r| r["id"] == "p-real-128").unwrap();
    let all = keywords(&record["header"]);
    let counts = |keyword: &str| keyword.starts_with("NAXIS");
    let uncounted: Keywords = all.iter().filter(|(k, _)| !counts(k)).map(|(k, v)| (k, v.clone())).collect();
    near(world(&uncounted, [10.0, 20.0]), world(&all, [10.0, 20.0]), 1e-12);
}

#[test]
fn a_surface_needs_the_last_axis() {
    let record = records("real").into_iter().find(|r| r["id"] == "p-real-21").unwrap();
    let mut cards = keywords(&record["header"]);
    assert!(Wcs::parse(&cards, ' ', &()).is_ok());
    cards.push("CTYPE3", "FREQ");
    refused(&cards, "CTYPE1");
}

/// WCSLIB looks for the tables of all descriptions before one is chosen.
#[test]
fn every_description_has_to_name_its_tables() {
    let with = |more: &[(&str, &str)]| header("TAN", 20.0, texts(more));
    refused(&with(&[("CTYPE1A", "WAVE-TAB")]), "PS1_0A");
    refused(&with(&[("CTYPE1A", "WAVE-TAB"), ("PS1_0A", "TABLE"), ("PS1_1A", " ")]), "PS1_1A");
    for whole in
        [&[("CTYPE1A", "WAVE-TAB"), ("PS1_0A", "TABLE"), ("PS1_1A", "COORDS")][..], &[("CTYPE1A", "FO-TAB")]]
    {
        assert!(Wcs::parse(&with(whole), ' ', &()).is_ok());
    }
}

#[test]
fn orders_of_sip_that_are_left_over_count_axes() {
    let axes = |more: &[(&str, i64)]| {
        let mut cards: Keywords = [("CTYPE1", "FREQ")].into_iter().collect();
        more.iter().for_each(|&(keyword, value)| cards.push(keyword, value));
        Wcs::parse(&cards, ' ', &()).map(|wcs| wcs.naxis()).ok()
    };
    assert_eq!(axes(&[("A_ORDER", 0)]), Some(1));
    assert_eq!(axes(&[("B_ORDER", 0)]), Some(2));
    assert_eq!(axes(&[("AP_ORDER", 1), ("BP_ORDER", 1)]), Some(2));
    // What astropy reads it takes away.
    assert_eq!(axes(&[("A_ORDER", 2), ("B_ORDER", 0)]), None);
}

#[test]
fn sip_and_tables_are_read_before_they_are_left_out() {
    let mut cards = header("TAN-SIP", 20.0, [("A_ORDER", 2.into()), ("B_ORDER", 1.into())]);
    assert!(Wcs::parse(&cards, ' ', &()).is_ok());
    cards.push("A_0_2", "DEC");
    refused(&cards, "A_0_2");
    refused(&header("TAN", 20.0, texts(&[("CPERR2", "x")])), "CPERR2");
    refused(&header("TAN", 20.0, texts(&[("D2IMERR1", "x")])), "D2IMERR1");
    refused(&header("TAN", 20.0, [("CPDIS1", "LOOKUP".into()), ("CPERR1", (-1.0).into())]), "CPERR1");
    assert!(Wcs::parse(&header("TAN", 20.0, numbers(&[("CPERR1", -1.0)])), ' ', &()).is_ok());
}
