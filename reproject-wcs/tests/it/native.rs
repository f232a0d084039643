//! Every projection against WCSLIB's own routines: `data/native.csv` holds
//! `code;PVi_m=value,…;direction;two coordinates in;two coordinates out`, all in degrees, as printed by astropy 8.0.2
//! (`astropy.wcs.Prjprm` with `bounds = 7`: `prjs2x` of native longitude and latitude, `prjx2s` of plane coordinates;
//! random points, a quarter of them within 30° of a pole). `nan` stands for "no such point".

use reproject_core::{Points, Projection};
use reproject_wcs::native::Native;
use reproject_wcs::trig;
use std::collections::BTreeMap;

const DEG: f64 = std::f64::consts::PI / 180.0;

struct Row {
    code: String,
    pv: String,
    forward: bool,
    n: [f64; 4],
}

fn rows() -> Vec<Row> {
    let text = include_str!("../data/native.csv");
    text.lines()
        .map(|line| {
            let f: Vec<&str> = line.split(';').collect();
            let n = std::array::from_fn(|k| f[3 + k].parse().unwrap());
            Row { code: f[0].into(), pv: f[1].into(), forward: f[2] == "s2x", n }
        })
        .collect()
}

fn native(code: &str, pv: &str) -> Native {
    let mut values = [None; 30];
    for item in pv.split(',').filter(|s| !s.is_empty()) {
        let (m, v) = item.split_once('=').unwrap();
        values[m.parse::<usize>().unwrap()] = Some(v.parse().unwrap());
    }
    Native::new(code, &values).unwrap()
}

fn run(f: impl Fn(&mut Points<'_, 3>), v: [f64; 3]) -> [f64; 3] {
    let [mut x, mut y, mut z] = v.map(|c| [c]);
    f(&mut Points::new([&mut x, &mut y, &mut z]));
    [x[0], y[0], z[0]]
}

fn vector(phi: f64, theta: f64) -> [f64; 3] {
    let ((sp, cp), (st, ct)) = (trig::sin_cos_deg(phi), trig::sin_cos_deg(theta));
    [ct * cp, ct * sp, st]
}

/// The agreed limits, in degrees on the sky: closed forms 1e-11, iterations and limbs 1e-9, CSC 1e-5 (its published
/// polynomials are evaluated in single precision).
fn limit(code: &str) -> f64 {
    match code {
        "CSC" => 1e-5,
        "SIN" | "SZP" | "ZPN" | "AIR" | "PCO" | "MOL" | "QSC" => 1e-9,
        _ => 1e-11,
    }
}

/// The distance in degrees from what WCSLIB says; infinite where only one of the two finds a point.
fn error(native: &Native, row: &Row) -> f64 {
    let [a, b, c, d] = row.n;
    let (got, want) = if row.forward {
        let g = run(|p| native.project(p), vector(a, b));
        ([g[0] / DEG, g[1] / DEG, 0.0], [c, d, 0.0])
    } else {
        let g = run(|p| native.lift(p), [a * DEG, b * DEG, 0.0]);
        (g.map(|v| v / DEG), vector(c, d).map(|v| v / DEG))
    };
    let nowhere = got[0].is_nan() && got[1].is_nan();
    match (nowhere, c.is_nan()) {
        (true, true) => 0.0,
        (false, false) if row.forward => {
            // Where the scale of the map is large, the two plane positions are compared on the sky.
            let here = run(|p| native.lift(p), [c * DEG, d * DEG, 0.0]);
            distance(got, want).min(distance(here, vector(a, b)) / DEG)
        }
        (false, false) => distance(got, want),
        _ => f64::INFINITY,
    }
}

/// Infinite where either is no point.
fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let e = (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt();
    if e.is_nan() { f64::INFINITY } else { e }
}

#[test]
fn every_point_is_where_wcslib_puts_it() {
    let mut worst: BTreeMap<(String, String, bool), (f64, usize, Vec<String>)> = BTreeMap::new();
    let mut failures = 0;
    for row in rows() {
        let native = native(&row.code, &row.pv);
        let e = error(&native, &row);
        let entry = worst.entry((row.code.clone(), row.pv.clone(), row.forward)).or_default();
        if e > limit(&row.code) {
            failures += 1;
            entry.1 += 1;
            if entry.2.len() < 8 {
                entry.2.push(format!("{:?} off by {e:e}", row.n));
            }
        } else {
            entry.0 = entry.0.max(e);
        }
    }
    for ((code, pv, forward), (e, n, lines)) in &worst {
        println!(
            "{code} {} {pv:40} worst {e:.1e}, {n} beyond the limit",
            if *forward { "s2x" } else { "x2s" }
        );
        lines.iter().for_each(|l| println!("    {l}"));
    }
    assert!(worst.len() >= 2 * Native::CODES.len());
    assert_eq!(failures, 0);
}
