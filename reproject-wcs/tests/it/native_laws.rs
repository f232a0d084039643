//! What every projection owes: its two directions undo each other, vectors have unit length, NaN stays NaN, nothing panics on any
//! float, and no point depends on its neighbours.

use proptest::prelude::*;
use reproject_core::{Points, Projection};
use reproject_wcs::native::Native;

const DEG: f64 = std::f64::consts::PI / 180.0;

/// Every code with parameters from its allowed range.
fn any_native() -> impl Strategy<Value = Native> {
    let unit = || 0.0..1.0f64;
    (0..Native::CODES.len(), unit(), unit(), unit()).prop_filter_map(
        "a parameter that is refused",
        |(k, a, b, c)| {
            let code = Native::CODES[k];
            let between = |x: f64, low: f64, high: f64| low + x * (high - low);
            let mut pv = [None; 30];
            let mut set = |values: &[f64]| values.iter().enumerate().for_each(|(m, &v)| pv[m + 1] = Some(v));
            match code {
                "AZP" => set(&[between(a, -3.0, 5.0), between(b, -60.0, 60.0)]),
                // Beyond a radius from the centre WCSLIB's limb, which is kept, lets some of the far side through.
                "SZP" => set(&[between(a, -0.9, 0.95), between(b, 0.0, 360.0), between(c, 40.0, 90.0)]),
                "SIN" => set(&[between(a, -0.5, 0.5), if b < 0.3 { 0.0 } else { b }]),
                "AIR" => set(&[between(a, -60.0, 90.0)]),
                "CYP" => set(&[between(a, 0.5, 4.0), between(b, 0.3, 2.0)]),
                "CEA" => set(&[between(a, 0.1, 1.0)]),
                "COP" | "COE" | "COD" | "COO" => {
                    let side = if c < 0.5 { -1.0 } else { 1.0 };
                    set(&[side * between(a, 30.0, 60.0), between(b, 0.0, 25.0)]);
                }
                // Towards zero, where it becomes SFL, Y_0 grows without bound and takes the digits.
                "BON" => set(&[(if c < 0.5 { -1.0 } else { 1.0 }) * between(a, 5.0, 89.0)]),
                "HPX" => set(&[(1.0 + 6.0 * a).round(), (1.0 + 5.0 * b).round()]),
                "ZPN" => {
                    set(&[between(a, 0.5, 1.5), between(b, -0.4, 0.2), between(c, -0.2, 0.2)]);
                    // A negative P_0 would fold the pole over itself.
                    pv[0] = Some(0.05 * a);
                }
                _ => {}
            }
            Native::new(code, &pv).ok()
        },
    )
}

fn run(f: impl Fn(&mut Points<'_, 3>), v: [f64; 3]) -> [f64; 3] {
    let [mut x, mut y, mut z] = v.map(|c| [c]);
    f(&mut Points::new([&mut x, &mut y, &mut z]));
    [x[0], y[0], z[0]]
}

fn lift(native: &Native, x: f64, y: f64) -> [f64; 3] {
    run(|p| native.lift(p), [x, y, 0.0])
}

/// x and y only.
fn project(native: &Native, v: [f64; 3]) -> [f64; 2] {
    let [x, y, _] = run(|p| native.project(p), v);
    [x, y]
}

fn unit_vector() -> impl Strategy<Value = [f64; 3]> {
    (-180.0..180.0f64, prop_oneof![-90.0..90.0f64, 89.0..90.0f64, -90.0..-89.0f64, -1e-3..1e-3f64]).prop_map(
        |(phi, theta)| {
            let ((sp, cp), (st, ct)) = ((phi * DEG).sin_cos(), (theta * DEG).sin_cos());
            [ct * cp, ct * sp, st]
        },
    )
}

fn angle(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt() / DEG
}

/// Whether the vector `again`, which came from `v` by way of the plane point `p`, closes: on the sky to the agreed limit, or, where the
/// map is so flat that a rounding of p moves v by more, in the plane to rounding and on the sky to 10⁻⁵ degree.
fn closes(native: &Native, v: [f64; 3], p: [f64; 2], again: [f64; 3]) -> Result<(), String> {
    let (limit, coarse) = match native.code() {
        "CSC" => (0.02, 0.02),
        "SIN" | "SZP" | "ZPN" | "AIR" | "PCO" | "MOL" | "QSC" => (1e-9, 1e-5),
        _ => (1e-11, 1e-5),
    };
    let off = angle(v, again);
    if off <= limit {
        return Ok(());
    }
    let [x, y] = project(native, again);
    let plane = (x - p[0]).hypot(y - p[1]) / (1.0 + p[0].hypot(p[1]));
    if off <= coarse && plane <= 1e-12 {
        return Ok(());
    }
    Err(format!("{v:?} by {p:?} came back as {again:?}, {off:e} degrees off ({plane:e} in the plane)"))
}

fn extreme() -> impl Strategy<Value = f64> {
    let special = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e300,
        -1e300,
        5e-324,
        1e-310,
        f64::MAX,
    ];
    prop_oneof![any::<f64>(), prop::sample::select(special.to_vec()), -7.0..7.0f64]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_projected_is_lifted_back(native in any_native(), v in unit_vector()) {
        let p = project(&native, v);
        if p[0].is_finite() && p[1].is_finite() {
            let again = lift(&native, p[0], p[1]);
            // Next to a limb the point may round to its far side.
            if !again[0].is_nan() {
                prop_assert!(closes(&native, v, p, again).is_ok(), "{:?}: {}", native, closes(&native, v, p, again).unwrap_err());
            } else {
                let inner = lift(&native, p[0] * (1.0 - 1e-9), p[1] * (1.0 - 1e-9));
                prop_assert!(!inner[0].is_nan(), "{:?}: {:?} projects to {:?}, which is nowhere", native, v, p);
            }
        }
    }

    #[test]
    fn what_is_lifted_is_projected_back(native in any_native(), x in -4.0..4.0f64, y in -4.0..4.0f64) {
        let v = lift(&native, x, y);
        if !v[0].is_nan() {
            let length = v.iter().map(|c| c * c).sum::<f64>().sqrt();
            prop_assert!((length - 1.0).abs() < 2e-12, "{:?}: {:?} has length {}", native, v, length);
            let p = project(&native, v);
            if p[0].is_finite() && p[1].is_finite() {
                let again = lift(&native, p[0], p[1]);
                if !again[0].is_nan() {
                    prop_assert!(closes(&native, v, p, again).is_ok(), "{:?}: {}", native, closes(&native, v, p, again).unwrap_err());
                }
            }
        }
    }

    #[test]
    fn any_float_gives_a_unit_vector_or_nothing(native in any_native(), x in extreme(), y in extreme(), z in extreme()) {
        for v in [lift(&native, x, y), run(|p| native.lift_unbounded(p), [x, y, 0.0])] {
            let nan = v.map(f64::is_nan);
            prop_assert!(nan == [true; 3] || nan == [false; 3], "{:?} at ({:e}, {:e}): {:?}", native, x, y, v);
            if !nan[0] {
                let length = v.iter().map(|c| c * c).sum::<f64>().sqrt();
                prop_assert!((length - 1.0).abs() < 1e-9, "{:?} at ({:e}, {:e}): {:?} of length {}", native, x, y, v, length);
            }
            prop_assert!(!(x.is_nan() || y.is_nan()) || nan[0], "{:?}: NaN in, {:?} out", native, v);
        }
        let [px, py] = project(&native, [x, y, z]);
        if x.is_nan() || y.is_nan() || z.is_nan() {
            prop_assert!(px.is_nan() || py.is_nan(), "{:?}: NaN in, ({}, {}) out", native, px, py);
        }
    }

    #[test]
    fn a_point_does_not_depend_on_its_neighbours(native in any_native(), a in prop::collection::vec((-3.2..3.2f64, -1.6..1.6f64), 1..20)) {
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = a.iter().copied().unzip();
        let mut z = vec![0.0; a.len()];
        native.lift(&mut Points::new([&mut x, &mut y, &mut z]));
        let lifted: Vec<[f64; 3]> = (0..a.len()).map(|i| [x[i], y[i], z[i]]).collect();
        native.project(&mut Points::new([&mut x, &mut y, &mut z]));
        for (i, v) in lifted.iter().enumerate() {
            let alone = lift(&native, a[i].0, a[i].1);
            prop_assert_eq!(alone.map(f64::to_bits), v.map(f64::to_bits));
            let back = project(&native, *v);
            prop_assert_eq!(back.map(f64::to_bits), [x[i], y[i]].map(f64::to_bits));
        }
    }

    #[test]
    fn periodic_planes_repeat(native in any_native(), x in -3.0..3.0f64, y in -1.5..1.5f64, turns in -3i32..=3) {
        if let [Some(period), None] = native.period() {
            let here = run(|p| native.lift_unbounded(p), [x, y, 0.0]);
            let there = run(|p| native.lift_unbounded(p), [x + f64::from(turns) * period, y, 0.0]);
            if !here[0].is_nan() {
                prop_assert!(angle(here, there) < 1e-12, "{native:?}");
            }
            let phi = x * std::f64::consts::TAU / period;
            prop_assert_eq!(here[0].is_nan() || phi.abs() > std::f64::consts::PI, lift(&native, x, y)[0].is_nan());
        }
    }
}

#[test]
fn parameters_that_break_a_rule_are_named() {
    let cases: [(&str, &[(usize, f64)], &str); 15] = [
        ("XYZ", &[], "CTYPE"),
        ("AZP", &[(1, -1.0)], "PVi_1"),
        ("SZP", &[(1, -1.0)], "PVi_1"),
        ("ZPN", &[], "PVi_1"),
        ("ZPN", &[(1, -1.0), (3, 2.0)], "PVi_1"),
        ("AIR", &[(1, -90.0)], "PVi_1"),
        ("CYP", &[(1, -1.0), (2, 1.0)], "PVi_1"),
        ("CEA", &[(1, 1.5)], "PVi_1"),
        ("COP", &[], "PVi_1"),
        ("COE", &[(1, 0.0)], "PVi_1"),
        ("COD", &[(1, 0.0), (2, 20.0)], "PVi_1"),
        ("COO", &[(1, 0.0), (2, 20.0)], "PVi_1"),
        ("COO", &[(1, 45.0), (2, 45.0)], "PVi_1"),
        ("BON", &[], "PVi_1"),
        ("HPX", &[(2, 0.0)], "PVi_2"),
    ];
    for (code, given, named) in cases {
        let mut pv = [None; 30];
        given.iter().for_each(|&(m, v)| pv[m] = Some(v));
        let error = Native::new(code, &pv).unwrap_err().to_string();
        assert!(error.starts_with(named), "{code}: {error}");
    }
    let tan = Native::new("TAN", &[Some(f64::NAN); 30]).unwrap();
    assert_eq!((tan.code(), tan.parameters(), tan.reference()), ("TAN", vec![], (0.0, 90.0 * DEG)));
    let azp = Native::new("AZP", &[None, Some(2.0)]).unwrap();
    assert_eq!(azp.parameters(), [(1, 2.0), (2, 0.0)]);
}

/// Code, PVi_1 and PVi_2, and native longitude and latitude of a point of the plane, in degrees: `wcs_pix2world` of `astropy.wcs` 8.0.2
/// with unit CDELT and the native pole at the celestial one (for θ_a = −90° that turns longitudes by 180°, which is undone here).
const RIGHT_ANGLES: [(&str, [f64; 2], [f64; 2], [f64; 2]); 5] = [
    ("COO", [-75.0, 15.0], [9.0, 6.0], [24.171340820591812, -66.64023141156827]),
    ("COO", [-90.0, 0.0], [9.0, 6.0], [56.3099324740202, -68.61833805955666]),
    ("AZP", [2.0, 90.0], [-19.0, 4.0], [270.0, 71.43094234146479]),
    ("AIR", [270.0, 0.0], [9.0, 6.0], [123.69006752597979, 68.23487470936885]),
    ("AIR", [120.0, 0.0], [9.0, 6.0], [123.69006752597979, 79.00282917198781]),
];

/// `astropy.wcs` 8.0.2 reads all of these: its right angles are 6e-17 off. Of the first two no pixel has a position there either.
#[test]
fn right_angles_are_those_of_wcslib() {
    let native = |code: &str, pv: &[f64]| {
        let pv: Vec<_> = std::iter::once(None).chain(pv.iter().map(|&v| Some(v))).collect();
        Native::new(code, &pv).unwrap()
    };
    for (code, pv) in [("COD", [40.0, 180.0]), ("AIR", [352.0, 0.0])] {
        assert!(lift(&native(code, &pv), 0.1, 0.2)[0].is_nan(), "{code}");
    }
    for (code, pv, plane, sky) in RIGHT_ANGLES {
        let [x, y, z] = lift(&native(code, &pv), plane[0] * DEG, plane[1] * DEG);
        let ((sp, cp), (st, ct)) = ((sky[0] * DEG).sin_cos(), (sky[1] * DEG).sin_cos());
        assert!(angle([x, y, z], [ct * cp, ct * sp, st]) < 1e-9, "{code} {pv:?}: {x} {y} {z}");
    }
}
