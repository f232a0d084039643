//! Spectral axes and coordinate tables by themselves, without the rest of a header: the one-dimensional spectra and the -TAB
//! records of the corpus (values of `astropy.wcs` 8.0.2), with the tolerances of its README.

use super::support::{RecordTables, columns, keywords, records};
use reproject_core::{Points, Transform};
use reproject_wcs::spectral::{Rest, Spectral, SpectralType, translate_aips};
use reproject_wcs::tab::Table;
use reproject_wcs::{Keywords, Tables, units};
use serde_json::Value as Json;

fn number(cards: &Keywords, keyword: &str) -> Option<f64> {
    cards.iter().rfind(|(k, _)| *k == keyword).and_then(|(_, v)| v.number())
}

fn text(cards: &Keywords, keyword: &str) -> String {
    let last = cards.iter().rfind(|(k, _)| *k == keyword);
    last.and_then(|(_, v)| v.text()).unwrap_or_default().to_owned()
}

/// Relative closeness of values, as the README has it; pixels by the same, divided by the pixel's width, with its floor.
struct Tolerance {
    relative: f64,
    width: f64,
}

impl Tolerance {
    fn world(&self, a: f64, b: f64) -> bool {
        (a - b).abs() <= self.relative * b.abs() || a.is_nan() && b.is_nan()
    }

    fn pixel(&self, a: f64, b: f64, world: f64) -> bool {
        let floor = 1e-9 * (b.abs() / 1000.0).max(1.0);
        (a - b).abs() <= floor.max(self.relative * world.abs() / self.width) || a.is_nan() && b.is_nan()
    }
}

#[test]
fn spectra_are_where_wcslib_puts_them() {
    let mut seen = 0;
    for record in records("cubes") {
        let id = record["id"].as_str().unwrap_or_default().to_owned();
        let cards = keywords(&record["header"]);
        if !id.contains("spec1d") {
            continue;
        }
        let velref = number(&cards, "VELREF").unwrap_or(0.0) as i64;
        let written = text(&cards, "CTYPE1");
        let ctype = translate_aips(&written, velref).unwrap().map_or(written, |aips| aips.ctype);
        let Some(kind) = SpectralType::parse(&ctype).unwrap() else { continue };
        let unit = units::scale(&text(&cards, "CUNIT1"), kind.quantity.unit(), "CUNIT1", &ctype);
        if record.get("error").is_some() {
            assert!(unit.is_err(), "{id}: accepted, against {}", record["error_text"]);
            seen += 1;
            continue;
        }
        let unit = unit.unwrap();
        let get = |keyword: &str| number(&cards, keyword);
        let rest =
            Rest::new(get("RESTFRQ").or(get("RESTFREQ")).unwrap_or(0.0), get("RESTWAV").unwrap_or(0.0));
        let crval = get("CRVAL1").unwrap_or(0.0) * unit;
        let spectral = Spectral::new(&ctype, crval, rest, |m| get(&format!("PV1_{m}")), 1).unwrap();
        assert_eq!(ctype, record["ctype"][0].as_str().unwrap_or_default(), "{id}");

        let (cdelt, crpix) = (get("CDELT1").unwrap() * unit, get("CRPIX1").unwrap());
        let tolerance =
            Tolerance { relative: if ctype.contains('A') { 1e-9 } else { 1e-12 }, width: cdelt.abs() };
        let [pixel, world] = ["pixel", "world"].map(|what| columns(&record[what], 1).remove(0));
        let mut found: Vec<f64> = pixel.iter().map(|p| cdelt * (p + 1.0 - crpix)).collect();
        spectral.forward(&mut Points::new([&mut found]));
        for (k, (a, b)) in found.iter().zip(&world).enumerate() {
            assert!(tolerance.world(*a, *b), "{id} {ctype} pixel {}: {a} instead of {b}", pixel[k]);
        }
        for (positions, pixels) in [("world", "back"), ("sky", "sky_pixel")] {
            let [mut x, truth] = [positions, pixels].map(|what| columns(&record[what], 1).remove(0));
            let worlds = x.clone();
            spectral.inverse(&mut Points::new([&mut x]));
            for (k, b) in truth.iter().enumerate() {
                let a = x[k] / cdelt + crpix - 1.0;
                assert!(
                    tolerance.pixel(a, *b, worlds[k]),
                    "{id} {ctype} world {}: pixel {a} instead of {b}",
                    worlds[k]
                );
            }
        }
        seen += 1;
    }
    // 54 records, nine of which are not spectral: STOKES, LINEAR, TIME, DIST, ENERGY-LOG, VELOCITY, LAMBDA, log_Energy,
    // photon energy.
    assert_eq!(seen, 45);
}

/// The table of the axes in `axes` (counted from 1), and ψ = CRVAL + CDELT (p − CRPIX) for each.
fn table(record: &Json, cards: &Keywords, axes: &[usize]) -> Table {
    let tables = RecordTables(record["tables"].clone());
    let column = |name: &str| tables.column(&text(cards, &format!("PS{}_0", axes[0])), 1, 1, name);
    let array = column(&text(cards, &format!("PS{}_1", axes[0]))).unwrap();
    let index = axes.iter().map(|i| column(&text(cards, &format!("PS{i}_2"))).map(|c| c.data)).collect();
    assert_eq!(array.shape[0], axes.len());
    Table::new(array.shape[1..].to_vec(), array.data, index).unwrap()
}

#[test]
fn tables_interpolate_as_in_wcslib() {
    let mut seen = 0;
    for record in records("distortion") {
        let cards = keywords(&record["header"]);
        let tabular = |i: &usize| text(&cards, &format!("CTYPE{i}")).ends_with("-TAB");
        let axes: Vec<usize> = (1..=4).filter(tabular).collect();
        if axes.is_empty() {
            continue;
        }
        seen += 1;
        let id = record["id"].as_str().unwrap_or_default();
        let table = table(&record, &cards, &axes);
        let n = record["naxis"].as_u64().unwrap() as usize;
        let (pixel, world, back) =
            (columns(&record["pixel"], n), columns(&record["world"], n), columns(&record["back"], n));
        let card = |stem: &str, i: usize| number(&cards, &format!("{stem}{i}")).unwrap();
        let psi: Vec<Vec<f64>> = axes
            .iter()
            .map(|&i| {
                let psi = |p: &f64| card("CRVAL", i) + card("CDELT", i) * (p + 1.0 - card("CRPIX", i));
                pixel[i - 1].iter().map(psi).collect()
            })
            .collect();
        let mut found = psi.clone();
        table.forward(&mut found.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
        for (m, &i) in axes.iter().enumerate() {
            for (k, (a, b)) in found[m].iter().zip(&world[i - 1]).enumerate() {
                let close = (a - b).abs() <= 1e-12 * b.abs() || a.is_nan() && b.is_nan();
                assert!(close, "{id} axis {i} pixel {}: {a} instead of {b}", pixel[i - 1][k]);
            }
        }
        table.inverse(&mut found.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
        for (m, &i) in axes.iter().enumerate() {
            for k in 0..psi[m].len() {
                let a = (found[m][k] - card("CRVAL", i)) / card("CDELT", i) + card("CRPIX", i) - 1.0;
                // Forwards and back again, in the half cells at the ends as well, where WCSLIB's own inverse does not close.
                let (p, b) = (pixel[i - 1][k], back[i - 1][k]);
                assert!(
                    (a - p).abs() < 1e-9 || world[i - 1][k].is_nan(),
                    "{id} axis {i}: {a} instead of {p}"
                );
                let closes = (p - b).abs() < 1e-6;
                assert!(!closes || (a - b).abs() < 1e-8, "{id} axis {i}: {a} against {b}");
            }
        }
    }
    assert_eq!(seen, 5);
}
