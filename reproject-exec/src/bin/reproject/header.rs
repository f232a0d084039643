//! The header of the output: where its pixels lie (the target's cards), what was observed (the input's), how it was made.
//!
//! Nothing in it depends on the time, the machine or the number of threads: two runs give the same bytes.

use crate::args::What;
use crate::axes::{Style, extra};
use crate::cards::{Kind, kind};
use crate::task::Task;
use reproject_chunk::{Header, Record};
use reproject_core::Result;

/// The cards beside those that describe the array.
///
/// # Errors
/// If the axes of the input cannot be written beside those of the target.
pub(crate) fn output(task: &Task, args: &What) -> Result<Header> {
    let Task { input, way, .. } = task;
    let own = input.image.header();
    let axes = input.wcs.naxis().max(way.shape.len());
    let mut header = Header::new();
    header.set("WCSAXES", axes as i64, "number of world axes")?;
    way.cards.records().iter().for_each(|r| header.push(r.clone()));
    let planes = extra(own, way.axes + 1..=axes, Style::of(&way.cards))?;
    planes.records().iter().for_each(|r| header.push(r.clone()));
    let carried: Vec<_> = own.records().iter().filter(|r| carries(r, &header)).cloned().collect();
    carried.into_iter().for_each(|r| header.push(r));
    for line in provenance(task, args) {
        header.comment("HISTORY", &line)?;
    }
    Ok(header)
}

/// The cards of a header that say where the pixels of its first axes lie, of the primary description.
pub(crate) fn coordinates(header: &Header, count: usize) -> Header {
    let mut out = Header::new();
    for record in header.records() {
        let keep = match kind(record.keyword()) {
            Kind::Wcs { axes: [i, j], primary: true } => {
                i <= count && j <= count && record.keyword() != "WCSAXES"
            }
            Kind::Observer => true,
            _ => false,
        };
        if keep {
            out.push(record.clone());
        }
    }
    out
}

/// Whether a card of the input is still true of the output, and not said there already.
fn carries(record: &Record, header: &Header) -> bool {
    let commentary = matches!(record.keyword(), "" | "COMMENT" | "HISTORY");
    match kind(record.keyword()) {
        _ if commentary => true,
        Kind::Observer | Kind::Other => header.get(record.keyword()).is_none(),
        Kind::Structure | Kind::Wcs { .. } | Kind::Grid => false,
    }
}

fn provenance(task: &Task, args: &What) -> Vec<String> {
    let Task { input, target, mask, .. } = task;
    let checked = if args.no_roundtrip { ", positions not checked by a round trip" } else { "" };
    let mut lines = vec![
        format!("reproject {}: {}", env!("CARGO_PKG_VERSION"), input.label()),
        format!("onto {}, {}{checked}", target.name, args.order.name()),
    ];
    lines.extend(mask.as_ref().map(|mask| format!("masked by {}", mask.pixels().label())));
    // Cards hold printable ASCII only, file names anything.
    let printable = |l: String| l.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).collect();
    lines.into_iter().map(printable).collect()
}
