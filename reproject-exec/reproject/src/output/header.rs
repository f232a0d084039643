//! The header of the output: where its pixels lie (the target's cards), what was observed (the input's), how it was made.
//!
//! Nothing in it depends on the time, the machine or the number of threads: two runs give the same bytes. Which cards go
//! along, and why the others do not, stands in [`leftovers`](crate::header::leftovers).

use crate::header::axes::{Style, extra, hanging, tabulated_axes};
use crate::header::cards::{Kind, kind};
use crate::header::solar;
use crate::image::pixels;
use crate::task::Task;
use reproject_chunk::{Header, Record, Value};
use reproject_core::Result;
use reproject_wcs::Frame;
use std::path::Path;
use std::sync::Arc;

/// Cards and tables of the output.
pub(crate) struct Outgoing {
    /// The cards, apart from those that describe the array.
    pub(crate) header: Header,
    /// Tables of coordinates, as whole HDUs.
    pub(crate) tables: Vec<Arc<[u8]>>,
    /// Notes about what could not be kept, or had to be assumed.
    pub(crate) notes: Vec<String>,
}

/// The header of an output and what goes with it.
///
/// # Errors
/// If the axes of the input cannot be written together with those of the target.
pub(crate) fn output(task: &Task, output: &Path) -> Result<Outgoing> {
    let (input, mapping, target) = (task.input(), &task.mapping, task.target());
    let own = input.image.header();
    let axes = input.wcs.naxis().max(mapping.shape.len());
    let beyond = mapping.axes + 1..=axes;
    let (mut tables, mut notes) = (Vec::new(), Vec::new());
    let tabulated = tabulated_axes(own, beyond.clone());
    if !tabulated.is_empty() {
        // Only FITS has a place for tables.
        let found = if pixels::Kind::of(output) == pixels::Kind::Fits {
            input.image.tables(&tabulated)
        } else {
            None
        };
        match found {
            Some(found) => tables = found,
            None => notes.extend(tabulated.iter().map(|table| {
                format!(
                    "the coordinates of axis {} ({} in table {}) do not fit into this output; it counts its planes from 1 \
                     instead (FITS outputs keep them)",
                    table.axis, table.ctype, table.extname
                )
            })),
        }
    }
    notes.extend(hanging(own, beyond.clone()).into_iter().map(|axis| {
        let what = input.wcs.axes().get(axis - 1).map_or("", |a| a.ctype.trim_end());
        format!("axis {axis} ({what}) depends on the pixels of the sky; its values are not carried over, its planes count from 1")
    }));
    notes.extend(borrowed(task));
    let sun = Sun::of(task);
    let mut header = Header::new();
    header.set("WCSAXES", axes as i64, "number of world axes")?;
    mapping.cards.records().iter().for_each(|r| header.push(printable(r)));
    if sun == Sun::Target {
        let frame = |r: &&Record| matches!(kind(r.keyword()), Kind::Observer | Kind::Time);
        target.header.records().iter().filter(frame).for_each(|r| header.push(printable(r)));
    }
    let planes = extra(own, beyond, Style::of(&mapping.cards), !tables.is_empty())?;
    planes.records().iter().for_each(|r| header.push(printable(r)));
    let carried: Vec<_> = own.records().iter().filter(|r| carries(r, &header, sun)).map(printable).collect();
    for record in carried {
        // What follows no rule stays to be read by people: whoever reads the output by the standard would stop at it.
        match record.value() {
            Value::Unreadable(_) => header.comment("COMMENT", &plain(&record))?,
            _ if !is_named(&record) => header.comment("COMMENT", &plain(&record))?,
            _ => header.push(record),
        }
    }
    for line in provenance(task, sun) {
        header.comment("HISTORY", &line)?;
    }
    Ok(Outgoing { header, tables, notes })
}

/// Whose observer and time the output has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sun {
    /// The input's: its frame depends on neither, or is all that says them.
    Input,
    /// The target's.
    Target,
}

impl Sun {
    /// The frame is the target's wherever that says what it is: a helioprojective one by its observer, one on the surface by
    /// its time.
    fn of(task: &Task) -> Self {
        let Frame::Named { system, .. } = task.target().celestial.frame() else { return Sun::Input };
        let apparent = system.starts_with("RA (");
        if !(solar::is_sun(system) || apparent) {
            return Sun::Input;
        }
        let (own, target) = (task.input().image.header(), &task.target().header);
        if seen(target) || (has(target, Kind::Time) && !seen(own)) { Sun::Target } else { Sun::Input }
    }
}

/// Whether a header says where the Sun is seen from; its radius does not.
fn seen(header: &Header) -> bool {
    let is = |r: &Record| kind(r.keyword()) == Kind::Observer && !matches!(r.keyword(), "RSUN_REF" | "RSUN");
    header.records().iter().any(is)
}

fn has(header: &Header, wanted: Kind) -> bool {
    header.records().iter().any(|r| kind(r.keyword()) == wanted)
}

/// A word on an observer that one of the two images leaves out.
fn borrowed(task: &Task) -> Option<String> {
    let (input, target) = (task.input(), task.target());
    let (from, to) = (input.celestial.frame(), target.celestial.frame());
    let (silent, other) = match (from, to) {
        _ if !from.borrows(to) => return None,
        (Frame::Named { observer: None, .. }, _) => (input.label(), to),
        _ => (target.name.clone(), from),
    };
    Some(format!(
        "{silent} does not say where the Sun is seen from (HGLN_OBS, HGLT_OBS, DSUN_OBS); taken as {other}"
    ))
}

/// Whether a card of the input is still true of the output, and not said there already.
fn carries(record: &Record, header: &Header, sun: Sun) -> bool {
    let commentary = matches!(record.keyword(), "" | "COMMENT" | "HISTORY");
    let silent = |what| sun == Sun::Input || !has(header, what);
    match kind(record.keyword()) {
        _ if commentary => true,
        Kind::Observer => sun == Sun::Input && header.get(record.keyword()).is_none(),
        Kind::Time => silent(Kind::Time) && header.get(record.keyword()).is_none(),
        Kind::Other => header.get(record.keyword()).is_none(),
        Kind::Structure | Kind::Wcs { .. } | Kind::Grid => false,
    }
}

/// A card with `?` for every byte that a header must not hold (FITS 4.0, section 3.2).
fn printable(record: &Record) -> Record {
    let fine = |b: &u8| (b' '..=b'~').contains(b);
    if record.lines().iter().flatten().all(fine) {
        return record.clone();
    }
    let mut bytes: Vec<u8> =
        record.lines().iter().flatten().map(|b| if fine(b) { *b } else { b'?' }).collect();
    bytes.extend(Header::new().to_bytes());
    let mended = Header::parse(&bytes).ok().and_then(|(header, _)| header.records().first().cloned());
    mended.unwrap_or_else(|| record.clone())
}

/// Whether the columns of a card's keyword hold what they may (FITS 4.0, section 4.1.2.1).
fn is_named(record: &Record) -> bool {
    let fine = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"-_ ".contains(b);
    record.lines().iter().all(|line| line[..8].iter().all(fine))
}

/// A card as it stands, without the blanks at its end.
fn plain(record: &Record) -> String {
    let text: Vec<u8> = record.lines().concat();
    String::from_utf8_lossy(&text).trim_end().to_owned()
}

fn provenance(task: &Task, sun: Sun) -> Vec<String> {
    let (input, target, mask, settings) = (task.input(), task.target(), &task.mask, &task.settings);
    let checked = if settings.roundtrip { "" } else { ", positions not checked by a round trip" };
    let mut lines = vec![
        format!("reproject {}: {}", env!("CARGO_PKG_VERSION"), input.label()),
        format!("onto {}, {}{checked}", target.name, settings.method.name()),
    ];
    if sun == Sun::Target {
        let own = input.image.header();
        let dated = own.records().iter().filter(|r| kind(r.keyword()) == Kind::Time);
        lines.extend(
            dated.filter_map(|r| Some(format!("of the input: {} = {}", r.keyword(), r.value().as_text()?))),
        );
    }
    lines.extend(mask.as_ref().map(|mask| format!("masked by {}", mask.pixels().label())));
    // Cards hold printable ASCII only, file names anything.
    let printable = |l: String| l.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).collect();
    lines.into_iter().map(printable).collect()
}
