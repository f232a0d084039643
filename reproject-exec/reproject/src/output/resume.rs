//! Everything that decides the result of a run, as lines of text: a run is only taken up by one that says the same.

use crate::image::mask::Mask;
use crate::image::pixels::Pixels;
use crate::names;
use crate::task::Task;
use crate::{AdaptiveOptions, Method};
use reproject_core::Region;

/// The description that the journal keeps.
pub(crate) fn description(task: &Task, blocks: &[Region]) -> String {
    let settings = &task.settings;
    let from = |image: &Pixels| {
        let file = image.fingerprint().map(|p| format!("{} bytes, modified {} ns", p.length, p.modified));
        format!("{}, {}", image.label(), file.as_deref().unwrap_or("in memory"))
    };
    let mask = |mask: &Mask| format!("{} {}", mask.rule().name(), from(mask.pixels()));
    let sides = |shape: &[usize]| shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
    let largest = blocks.iter().map(|b| &b.shape).max_by_key(|shape| shape.iter().product::<usize>());
    let mut lines = vec![
        format!("program: reproject {}", env!("CARGO_PKG_VERSION")),
        format!("input: {}", from(&task.input().image)),
        format!("input header: {:016x}", sum(&task.input().image.header().to_text())),
        format!("target: {}, header {:016x}", task.target().name, sum(&task.target().header.to_text())),
        format!("mask: {}", task.mask.as_ref().map_or("none".into(), mask)),
        format!("order: {}", settings.method.name()),
        format!("bad pixels: {}", names::blanks_name(settings.blanks)),
        format!("round trip: {}", if settings.roundtrip { "yes" } else { "no" }),
        format!("output: {} {}", sides(&task.mapping.shape), task.numbers.store),
        format!("footprint: {}", settings.footprint.map_or("none", names::footprint_name)),
        format!("blocks: {}", largest.map_or_else(String::new, |shape| sides(shape))),
    ];
    if settings.method == Method::Adaptive && settings.adaptive != AdaptiveOptions::default() {
        lines.push(format!("adaptive: {:?}", settings.adaptive));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The 64-bit FNV-1a hash of a text (Fowler, Noll, Vo; draft-eastlake-fnv).
fn sum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
