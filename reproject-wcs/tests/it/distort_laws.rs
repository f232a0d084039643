//! What every distortion owes: its inverse undoes it on the sheet of the reference point and gives nothing elsewhere, NaN stays NaN,
//! nothing panics on any float, and no point depends on its neighbours.

use proptest::prelude::*;
use reproject_core::{Points, Transform};
use reproject_wcs::distort::{Distortion, Dss, Lookup, Plate, Sip, Table, Tnx, Tpd, TpdAxis, Tpv, tnx};

/// A distortion, and the half-width of the field on which it is mild (the change of position is below a tenth of it).
fn any_distortion() -> impl Strategy<Value = (Distortion, f64)> {
    (0..6usize, prop::collection::vec(-1.0..1.0f64, 40)).prop_map(|(kind, c)| match kind {
        0 => {
            let terms = |shift: usize| -> Vec<(usize, usize, f64)> {
                let powers = [(2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (0, 3), (4, 0), (2, 2)];
                powers
                    .iter()
                    .zip(&c[shift..])
                    .map(|(&(p, q), c)| (p, q, 5.0 * c / 1000f64.powi((p + q) as i32)))
                    .collect()
            };
            (Distortion::Sip(Sip::new([0.0; 2], &terms(0), &terms(20)).unwrap()), 1000.0)
        }
        1 => {
            let terms = |shift: usize| -> Vec<(usize, f64)> {
                (0..20).filter(|&m| m != 1).map(|m| (m, 1e-3 * c[shift + m])).chain([(1, 1.0)]).collect()
            };
            (Distortion::Tpv(Tpv::new(&terms(0), &terms(20)).unwrap()), 1.0)
        }
        2 => {
            let surface = |kind: u32, c: &[f64]| {
                let numbers: String = c.iter().map(|v| format!(" {}", 1e-3 * v)).collect();
                tnx::Surface::parse(&format!("{kind} 4 4 2 -1 1 -1.1 1.2{numbers}")).unwrap()
            };
            let (one, two) = (surface(1, &c[..10]), surface(2, &c[20..30]));
            (Distortion::Tnx(Box::new(Tnx::new(Some(&one), Some(&two)))), 1.0)
        }
        3 => {
            let axis = |c: &[f64]| TpdAxis {
                forward: (0..20).map(|m| (m, 1e-3 * c[m])).collect(),
                offset: [0.01, -0.02],
                auxiliary: [[0.0, 1.0, 0.1], [0.0, -0.1, 1.0]],
                ..TpdAxis::default()
            };
            (Distortion::Tpd(Box::new(Tpd::new([&axis(&c), &axis(&c[20..])], [0.0; 2]).unwrap())), 1.0)
        }
        4 => {
            let table = |c: &[f64]| {
                let values = c[..20].iter().map(|&v| v as f32).collect();
                Table::new([5, 4], values, [1.0; 2], [-999.0; 2], [500.0, 700.0]).unwrap()
            };
            let tables = [Some(table(&c)), Some(table(&c[20..]))];
            (Distortion::Lookup(Box::new(Lookup::new(tables, None, [0.0; 2]))), 1000.0)
        }
        _ => {
            // Sizes as on real plates (record `p-real-63` of the truth corpus).
            let size =
                |k: usize| [0.0, 0.7, 90.0, 2e-5, 2e-5, 2e-5, 2e-5, 2e-6, 2e-6, 2e-6, 2e-6, 2e-6, 1e-12][k];
            let amd = |c: &[f64]| std::array::from_fn(|k| if k == 0 { 67.2 } else { c[k] * size(k) });
            let plate = Plate {
                corner: [-7000.0; 2],
                pixel_size: [25.0; 2],
                centre: [0.0; 2],
                amdx: amd(&c),
                amdy: amd(&c[20..]),
            };
            (Distortion::Dss(Box::new(Dss::new(&plate).unwrap())), 1000.0)
        }
    })
}

fn run(f: impl Fn(&mut Points<'_>), [x, y]: [f64; 2]) -> [f64; 2] {
    let (mut x, mut y) = ([x], [y]);
    f(&mut Points::new([&mut x, &mut y]));
    [x[0], y[0]]
}

fn extreme() -> impl Strategy<Value = f64> {
    let special = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, 5e-324, f64::MAX];
    prop_oneof![any::<f64>(), prop::sample::select(special.to_vec()), -1e5..1e5f64]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_inverse_undoes((d, field) in any_distortion(), u in -1.0..1.0f64, v in -1.0..1.0f64) {
        let p = [u * field, v * field];
        let there = run(|q| d.forward(q), p);
        let back = run(|q| d.inverse(q), there);
        prop_assert!((back[0] - p[0]).hypot(back[1] - p[1]) < 1e-12 * field, "{:?}: {:?} came back as {:?}", d, p, back);
    }

    /// Anywhere at all: either nothing, or a point that does map there.
    #[test]
    fn a_root_is_a_root((d, field) in any_distortion(), u in -1e3..1e3f64, v in -1e3..1e3f64) {
        let target = [u * field, v * field];
        let root = run(|q| d.inverse(q), target);
        prop_assert_eq!(root[0].is_nan(), root[1].is_nan());
        if !root[0].is_nan() {
            let again = run(|q| d.forward(q), root);
            let size = target[0].hypot(target[1]) + root[0].hypot(root[1]) + field;
            prop_assert!((again[0] - target[0]).hypot(again[1] - target[1]) < 1e-10 * size, "{:?}: {:?} for {:?} maps to {:?}", d, root, target, again);
        }
    }

    #[test]
    fn no_float_makes_it_panic((d, _) in any_distortion(), x in extreme(), y in extreme()) {
        for out in [run(|q| d.forward(q), [x, y]), run(|q| d.inverse(q), [x, y])] {
            prop_assert!(!(x.is_nan() || y.is_nan()) || out[0].is_nan() || out[1].is_nan());
        }
    }

    #[test]
    fn a_point_does_not_depend_on_its_neighbours((d, field) in any_distortion(), a in prop::collection::vec((-1.5..1.5f64, -1.5..1.5f64), 1..20)) {
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = a.iter().map(|(u, v)| (u * field, v * field)).unzip();
        let start: Vec<[f64; 2]> = x.iter().zip(&y).map(|(&x, &y)| [x, y]).collect();
        d.inverse(&mut Points::new([&mut x, &mut y]));
        for (i, p) in start.iter().enumerate() {
            let alone = run(|q| d.inverse(q), *p);
            prop_assert_eq!(alone.map(f64::to_bits), [x[i], y[i]].map(f64::to_bits));
        }
    }
}

/// x' = x − x³/3 folds at x = ±1: what lies beyond ±2/3 has a root only on another sheet (x = −2 maps to 2/3).
#[test]
fn no_root_is_better_than_a_wrong_one() {
    let fold = Sip::new([0.0; 2], &[(3, 0, -1.0 / 3.0)], &[]).unwrap();
    let [x, _] = run(|q| fold.inverse(q), [0.5, 0.0]);
    assert!((x - x.powi(3) / 3.0 - 0.5).abs() < 1e-14 && x < 1.0);
    for target in [0.7, 0.9, 5.0, 1e6] {
        assert!(run(|q| fold.inverse(q), [target, 0.0])[0].is_nan(), "{target}");
    }
}

/// Values of `astropy.wcs.WCS(header).pix2foc(pixel, 0)`, astropy 8.0.2, for the SIP of record `p-d02-sip-order4` of the truth corpus:
/// the image's first pixel, its last one, and one far outside.
#[test]
fn a_polynomial_agrees_with_astropy() {
    let a = [
        (0, 2, -9.085216613e-08),
        (0, 3, 6.725812724e-11),
        (0, 4, 9.667808603e-14),
        (1, 1, 3.440492176e-08),
        (1, 2, -1.092564164e-10),
        (1, 3, -1.302365854e-13),
        (2, 0, -1.060717238e-07),
        (2, 1, -2.767088253e-10),
        (2, 2, 5.17342264e-14),
        (4, 0, -1.15722074e-13),
    ];
    let b = [
        (0, 2, -2.943619377e-07),
        (0, 3, 5.595230541e-11),
        (0, 4, 6.194561873e-14),
        (1, 1, 1.236088692e-07),
        (1, 2, 3.934248828e-11),
        (1, 3, -2.721196877e-14),
        (2, 0, 1.454240159e-08),
        (2, 2, -3.613910154e-14),
        (3, 0, -7.371179632e-11),
        (3, 1, -7.168003476e-14),
        (4, 0, 1.44351659e-13),
    ];
    let sip = Sip::new([1041.789, 1004.525], &a, &b).unwrap();
    for (pixel, focal) in ORACLE {
        let [x, y] = run(|q| sip.forward(q), pixel);
        assert!((x - focal[0]).abs() < 1e-9 && (y - focal[1]).abs() < 1e-9, "{pixel:?}: {x} {y}");
        let [x, y] = run(|q| sip.inverse(q), focal);
        assert!((x - pixel[0]).abs() < 1e-9 && (y - pixel[1]).abs() < 1e-9, "{focal:?}: {x} {y}");
    }
}

const ORACLE: [([f64; 2], [f64; 2]); 3] = [
    ([0.0, 0.0], [0.058819391561725665, -0.0832384329171042]),
    ([2047.0, 2047.0], [2046.4000281837161, 2046.9297943186168]),
    ([-300.0, 2500.0], [-299.7541945745929, 2500.380268930572]),
];
