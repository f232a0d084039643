//! Frames against matrices and positions of the corpus, made with astropy 8.0.2.

use super::support;
use super::support::compare::distance;
use reproject_wcs::Frame;
use serde_json::Value as Json;

fn frame(name: &str) -> Frame {
    match name.split_once('-') {
        None if name == "icrs" => Frame::Icrs,
        None => Frame::Galactic,
        Some((system, year)) => {
            let equinox = year.parse().expect("a year");
            match system {
                "fk5" => Frame::Fk5 { equinox },
                "fk4" => Frame::Fk4 { equinox },
                _ => Frame::Fk4NoE { equinox },
            }
        }
    }
}

/// The README's tolerances: 1e-12 degrees for rotations, 5e-8 where E-terms are involved.
#[test]
fn every_pair_of_frames_agrees() {
    let all: Json = serde_json::from_str(&support::text("frames.json.gz")).expect("JSON");
    let (mut rotations, mut others, mut worst) = (0, 0, [0.0f64; 2]);
    for (pair, truth) in all.as_object().expect("pairs") {
        let (from, to) = pair.split_once('>').expect("a pair");
        let route = frame(from).route(&frame(to)).expect("a route");
        let rotation = truth["pure_rotation"] == true;
        if rotation {
            rotations += 1;
            for (i, row) in route.rotation.0.iter().enumerate() {
                for (j, v) in row.iter().enumerate() {
                    let wanted = truth["matrix"][i][j].as_f64().expect("a number");
                    // The matrices were fitted to positions: good to 3e-10 arcsec.
                    assert!((v - wanted).abs() < 2e-15, "{pair} {i} {j}: {v} instead of {wanted}");
                }
            }
        } else {
            others += 1;
        }
        for sample in truth["samples"].as_array().expect("samples") {
            let at: Vec<f64> = sample.as_array().expect("four").iter().filter_map(Json::as_f64).collect();
            let d = distance(route.apply([at[0], at[1]]), [at[2], at[3]]);
            let kind = usize::from(!rotation);
            worst[kind] = worst[kind].max(d);
            assert!(d < [1e-12, 5e-8][kind], "{pair}: {d:e} degrees off at {at:?}");
        }
    }
    println!(
        "{rotations} rotations, worst {:e} degrees; {others} with E-terms, worst {:e}",
        worst[0], worst[1]
    );
    assert_eq!((rotations, others), (38, 26));
}
