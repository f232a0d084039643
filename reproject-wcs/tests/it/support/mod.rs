//! The corpus of reference records: gzipped JSON lines, one header with its positions a line.
#![allow(unreachable_pub, reason = "a test program has nobody to export to")]

pub mod cards;
pub mod compare;

use flate2::read::GzDecoder;
use reproject_wcs::{Keywords, TableColumn, TableImage, Tables, Value};
use serde_json::Value as Json;
use std::io::Read;
use std::path::Path;

/// The records of one file of the corpus.
pub fn records(name: &str) -> Vec<Json> {
    text(&format!("{name}.jsonl.gz"))
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record"))
        .collect()
}

/// A gzipped file of the corpus.
pub fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let file = std::fs::File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).expect("gzipped text");
    text
}

/// The cards of a record: the raw text where there is one, else the parsed values.
pub fn cards(record: &Json) -> Keywords {
    record["raw"].as_str().map_or_else(|| keywords(&record["header"]), cards::parse)
}

/// `[[keyword, value], ...]`.
pub fn keywords(header: &Json) -> Keywords {
    let mut keywords = Keywords::new();
    for card in header.as_array().expect("a header") {
        keywords.push(card[0].as_str().expect("a keyword"), value(&card[1]));
    }
    keywords
}

fn value(v: &Json) -> Value {
    match v {
        Json::Bool(b) => Value::Logical(*b),
        Json::Number(n) => {
            n.as_i64().map_or_else(|| Value::Float(n.as_f64().expect("a number")), Value::Integer)
        }
        Json::String(s) => Value::Text(s.clone()),
        _ => Value::Text(String::new()),
    }
}

/// The key of a record: blank for the primary description.
pub fn key(record: &Json) -> char {
    record["key"].as_str().and_then(|k| k.chars().next()).unwrap_or(' ')
}

/// The tables of a record.
pub struct RecordTables(pub Json);

impl Tables for RecordTables {
    fn image(&self, extname: &str, extver: i64) -> Option<TableImage> {
        let tables = self.0.as_array()?;
        let found = tables.iter().find(|t| {
            t["kind"] == "image" && t["extname"] == extname && t["extver"].as_i64().unwrap_or(1) == extver
        })?;
        let rows = found["data"].as_array()?;
        let single = found["dtype"] == "float32";
        let number = |v: &Json| v.as_f64().map(|v| if single { f64::from(v as f32) } else { v });
        let (shape, data) = if rows.first().is_some_and(Json::is_array) {
            let width = rows[0].as_array()?.len();
            let data =
                rows.iter().flat_map(|r| r.as_array().into_iter().flatten().filter_map(number)).collect();
            (vec![width, rows.len()], data)
        } else {
            (vec![rows.len()], rows.iter().filter_map(number).collect())
        };
        Some(TableImage { shape, data, header: keywords(&found["header"]) })
    }

    fn column(&self, extname: &str, extver: i64, _: i64, column: &str) -> Option<TableColumn> {
        let tables = self.0.as_array()?;
        let found = tables.iter().find(|t| {
            t["kind"] == "bintable" && t["extname"] == extname && t["extver"].as_i64().unwrap_or(1) == extver
        })?;
        let found = found["columns"].as_array()?.iter().find(|c| c["name"] == column)?;
        let shape =
            found["shape"].as_array()?.iter().rev().filter_map(|n| Some(n.as_u64()? as usize)).collect();
        let data = found["data"].as_array()?.iter().filter_map(Json::as_f64).collect();
        Some(TableColumn { shape, data, unit: found["unit"].as_str().unwrap_or_default().to_owned() })
    }
}

/// A list of points as one column an axis; null is NaN. `axes` fixes the number of columns.
pub fn columns(points: &Json, axes: usize) -> Vec<Vec<f64>> {
    let points = points.as_array().cloned().unwrap_or_default();
    (0..axes).map(|k| points.iter().map(|p| p[k].as_f64().unwrap_or(f64::NAN)).collect()).collect()
}
