//! What decides the result of a run, as lines of text: a run is only taken up by one that says the same.

use crate::args::{self, Run};
use crate::bad;
use crate::mask::Mask;
use crate::pixels::Pixels;
use crate::task::Task;
use reproject_core::Region;

/// The description that the journal keeps.
pub(crate) fn description(run: &Run, task: &Task, blocks: &[Region]) -> String {
    let what = &run.what;
    let from = |image: &Pixels| {
        let print = image.print();
        format!("{}, {} bytes, modified {} ns", image.label(), print.length, print.modified)
    };
    let mask = |mask: &Mask| format!("{} {}", mask.rule().name(), from(mask.pixels()));
    let sides = |shape: &[usize]| shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
    let largest = blocks.iter().map(|b| &b.shape).max_by_key(|shape| shape.iter().product::<usize>());
    let mut lines = vec![
        format!("program: reproject {}", env!("CARGO_PKG_VERSION")),
        format!("input: {}", from(&task.input.image)),
        format!("input header: {:016x}", sum(&task.input.image.header().to_text())),
        format!("target: {}, header {:016x}", task.target.name, sum(&task.target.header.to_text())),
        format!("mask: {}", task.mask.as_ref().map_or("none".into(), mask)),
        format!("order: {}", what.order.name()),
        format!("bad pixels: {}", bad::name(what.bad)),
        format!("round trip: {}", if what.no_roundtrip { "no" } else { "yes" }),
        format!("output: {} {}", sides(&task.way.shape), task.numbers.store),
        format!("footprint: {}", what.footprint.map_or("none", args::name)),
        format!("blocks: {}", largest.map_or_else(String::new, |shape| sides(shape))),
    ];
    lines.push(String::new());
    lines.join("\n")
}

/// The 64-bit FNV-1a hash of a text (Fowler, Noll, Vo; draft-eastlake-fnv).
fn sum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
