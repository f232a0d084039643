//! Pixel to pixel: the fused map between two headers against astropy's `pixel_to_pixel`, for every pair of the corpus.

use super::support::{RecordTables, columns, keywords, records};
use reproject_core::{Points, Transform};
use reproject_wcs::{Wcs, sky_map};
use serde_json::Value as Json;
use std::collections::BTreeMap;

#[test]
fn every_pair_agrees() {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut worst = 0.0f64;
    for record in records("p2p") {
        let id = record["id"].as_str().unwrap_or_default().to_owned();
        let entry = |key: &str| -> reproject_core::Result<Wcs> {
            let tables = RecordTables(record["tables"].clone());
            Wcs::parse(&keywords(&record[key]), ' ', &tables)
        };
        let (from, to) = match (entry("header_in"), entry("header_out")) {
            (Ok(from), Ok(to)) => (from, to),
            (a, b) => {
                faults.push(format!("{id}: {:?} {:?}", a.err(), b.err()));
                continue;
            }
        };
        if from.naxis() != 2 || to.naxis() != 2 {
            counts.entry("more than two axes".into()).or_default().0 += 1;
            continue;
        }
        let (a, b) = match (from.celestial(), to.celestial()) {
            (Ok(a), Ok(b)) => (a, b),
            (a, b) => {
                faults.push(format!("{id}: {:?} {:?}", a.err(), b.err()));
                continue;
            }
        };
        let map = sky_map(a, b).expect("a shared sphere").bounded();
        let count = counts.entry("compared".into()).or_default();
        count.0 += 1;
        let pixels = columns(&record["pixel_in"], 2);
        let wanted = columns(&record["pixel_out"], 2);
        let (mut x, mut y) = (pixels[0].clone(), pixels[1].clone());
        map.forward(&mut Points::new([&mut x, &mut y]));
        let allowed = tolerance(&record, b.pixel_scale(b.reference_pixel())[0]);
        for k in 0..x.len() {
            count.1 += 1;
            let missing = [x[k].is_nan() || y[k].is_nan(), wanted[0][k].is_nan() || wanted[1][k].is_nan()];
            if missing == [true, true] {
                continue;
            }
            let off = (x[k] - wanted[0][k]).hypot(y[k] - wanted[1][k]);
            let size = 1f64.max(wanted[0][k].abs().max(wanted[1][k].abs()) / 1000.0);
            if missing[0] != missing[1] || off > allowed.max(1e-9 * size) {
                faults.push(format!(
                    "{id} {:?}: ({}, {}) -> ({}, {}) instead of ({}, {}): {off:e} > {allowed:e}",
                    record["tags"].to_string(),
                    pixels[0][k],
                    pixels[1][k],
                    x[k],
                    y[k],
                    wanted[0][k],
                    wanted[1][k]
                ));
            } else {
                worst = worst.max(off / allowed);
            }
        }
    }
    assert_eq!(counts.values().map(|c| c.0).sum::<usize>(), 251, "the README's table of files");
    println!("{counts:#?}\nworst {worst:.1e} of the tolerance");
    let shown = faults.iter().take(60).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} faults\n{shown}", faults.len());
}

/// The README's: 1e-9 degrees in pixels, at least 1e-7 pixel; 5e-8 degrees where E-terms are involved, 1e-5 for CSC.
fn tolerance(record: &Json, scale: f64) -> f64 {
    let fk4 = ["frame_in", "frame_out"].iter().any(|f| record[f]["name"] == "fk4");
    let tagged = |t: &str| record["tags"].as_array().is_some_and(|tags| tags.iter().any(|v| v == t));
    let degrees = if tagged("CSC") {
        1e-5
    } else if fk4 {
        5e-8
    } else {
        1e-9
    };
    (degrees / scale).max(1e-7)
}
