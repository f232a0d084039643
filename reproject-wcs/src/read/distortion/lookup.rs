//! Look-up tables: CPDISj with DPj and WCSDVARR (draft paper IV), D2IMDISj with D2IMj and D2IMARR, and the old AXISCORR.

use crate::distort::{Lookup, Sip, Table};
use crate::read::{Keywords, TableImage, Tables, Value};
use reproject_core::{Error, Result};

/// Corrections of x and y that a header asks for under one family of keywords.
pub(super) type Corrections = [Option<Table>; 2];

/// CPDISj = 'LOOKUP'. Other kinds of prior distortions are not applied, as in astropy.
///
/// # Errors
/// If a table is not there, or its records are incomplete.
pub(super) fn distortion(cards: &Keywords, tables: &dyn Tables, axes: usize) -> Result<Corrections> {
    let mut pair = [None, None];
    for axis in 1..=2 {
        let (kind, largest) = (format!("CPDIS{axis}"), format!("CPERR{axis}"));
        if !errs(cards, &largest)? && cards.first(&kind).is_some() {
            let why = format!(
                "below zero together with {kind}: astropy then leaves the table to WCSLIB, which reads none"
            );
            return Err(Error::invalid(largest, why));
        }
        if axis > axes || !is_lookup(cards, &kind) {
            continue;
        }
        let records = format!("DP{axis}");
        // WCSLIB asks for NAXES on this axis and on the last one, though it leaves the table to astropy.
        for needed in [axis, axes] {
            let records = format!("DP{needed}");
            let count = record(cards, &records, "NAXES");
            if !count.is_some_and(|n| n >= 1.0 && n <= axes as f64) {
                let found = count.map_or("absent".into(), |n| n.to_string());
                let why = format!("{found}: CPDIS{axis} needs it, a number from 1 to {axes}");
                return Err(Error::invalid(format!("{records}.NAXES"), why));
            }
        }
        let version = version(cards, &records);
        let image = tables.image("WCSDVARR", version).ok_or_else(|| {
            let why = format!(
                "there is no image WCSDVARR of version {version}; give the file that the header comes from"
            );
            Error::invalid(format!("{records}.EXTVER"), why)
        })?;
        pair[axis - 1] = Some(table(cards, &records, axis, image)?);
    }
    Ok(pair)
}

/// D2IMDISj = 'LOOKUP', or AXISCORR. Where the file has no such table the detector is taken as even.
///
/// # Errors
/// If the records of a table are incomplete.
pub(super) fn detector(cards: &Keywords, tables: &dyn Tables, axes: usize) -> Result<Corrections> {
    let mut pair = [None, None];
    if let Some(axis) = cards.first("AXISCORR").and_then(Value::number) {
        // One row that corrects one axis along x.
        if let (Some(image), true) = (tables.image("D2IMARR", 1), axis == 1.0 || axis == 2.0) {
            pair[axis as usize - 1] = Some(one_row(image)?);
        }
        return Ok(pair);
    }
    for axis in 1..=2 {
        if !errs(cards, &format!("D2IMERR{axis}"))?
            || axis > axes
            || !is_lookup(cards, &format!("D2IMDIS{axis}"))
        {
            continue;
        }
        let records = format!("D2IM{axis}");
        if let Some(image) = tables.image("D2IMARR", version(cards, &records)) {
            pair[axis - 1] = Some(table(cards, &records, axis, image)?);
        }
    }
    Ok(pair)
}

/// The map of one family of tables, with SIP where it belongs to it.
pub(super) fn lookup(pair: Corrections, sip: Option<Sip>, origin: [f64; 2]) -> Option<Lookup> {
    pair.iter().any(Option::is_some).then(|| Lookup::new(pair, sip, origin))
}

/// Whether the largest error that a table corrects is worth it: astropy leaves the table where it is below zero.
///
/// # Errors
/// If it is a text.
fn errs(cards: &Keywords, keyword: &str) -> Result<bool> {
    match cards.first(keyword) {
        Some(Value::Text(text)) => {
            let why = format!("{text:?} is no number; the largest error that a table corrects is one");
            Err(Error::invalid(keyword, why))
        }
        found => Ok(!found.and_then(Value::number).is_some_and(|error| error < 0.0)),
    }
}

fn is_lookup(cards: &Keywords, keyword: &str) -> bool {
    cards.first(keyword).and_then(Value::text).is_some_and(|kind| kind.eq_ignore_ascii_case("lookup"))
}

fn record(cards: &Keywords, records: &str, field: &str) -> Option<f64> {
    cards.records(records).find(|(name, _)| *name == field).map(|(_, v)| v)
}

fn version(cards: &Keywords, records: &str) -> i64 {
    record(cards, records, "EXTVER").map_or(1, |v| v as i64)
}

/// A table whose first axis is not the image's is transposed.
fn table(cards: &Keywords, records: &str, axis: usize, image: TableImage) -> Result<Table> {
    let field = format!("AXIS.{axis}");
    let which = record(cards, records, &field).ok_or_else(|| {
        Error::invalid(format!("{records}.{field}"), "absent: it says which axis the table runs along")
    })?;
    let TableImage { shape, data, header } = image;
    let mut shape = [shape.first().copied().unwrap_or(0), shape.get(1).copied().unwrap_or(1)];
    let [nx, ny] = shape;
    let values: Vec<f32> = if which != axis as f64 && data.len() == nx * ny {
        shape = [ny, nx];
        (0..nx * ny).map(|k| data[(k / ny) + (k % ny) * nx] as f32).collect()
    } else {
        data.iter().map(|&v| v as f32).collect()
    };
    // Tables may be large: not both at once.
    drop(data);
    build(&header, records, shape, values)
}

fn one_row(image: TableImage) -> Result<Table> {
    let values: Vec<f32> = image.data.iter().map(|&v| v as f32).collect();
    build(&image.header, "AXISCORR", [values.len(), 1], values)
}

fn build(header: &Keywords, records: &str, shape: [usize; 2], values: Vec<f32>) -> Result<Table> {
    let read = |stem: &str, default: f64| {
        [1, 2].map(|k| header.first(&format!("{stem}{k}")).and_then(Value::number).unwrap_or(default))
    };
    Table::new(shape, values, read("CRPIX", 0.0), read("CRVAL", 0.0), read("CDELT", 1.0))
        .map_err(|e| Error::invalid(format!("the table of {records}"), e.to_string()))
}
