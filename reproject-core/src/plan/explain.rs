//! A plan in words.

use super::{Cost, Plan};
use std::fmt::Write;

impl Plan {
    /// What a run will do, for a person: a few lines.
    pub fn explain(&self, cost: &Cost) -> String {
        let mut text = String::new();
        let mut line = |name: &str, what: String| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name:<9} {what}");
        };
        let [read, written] = self.pixel_bytes;
        line(
            "input",
            format!(
                "{} pixels of {read} bytes{}",
                sides(&self.input),
                match &self.chunks {
                    Some(grid) => format!(", in {} chunks of {}", grid.len(), sides(grid.block())),
                    None => String::new(),
                }
            ),
        );
        line("output", format!("{} pixels of {written} bytes", sides(&self.output)));
        let shape = self.blocks.iter().map(|b| &b.block.shape).max_by_key(|s| s.iter().product::<usize>());
        let shape = shape.map_or_else(String::new, |s| format!(" of up to {}", sides(s)));
        line("blocks", format!("{}{shape}; {} meet no input", cost.blocks, cost.empty));
        let [needed, all] = cost.chunks;
        if self.chunks.is_some() {
            let again = cost.chunk_reads as f64 / (needed as f64).max(1.0);
            line(
                "chunks",
                format!("{needed} of {all} needed, {} read ({again:.2} times each)", cost.chunk_reads),
            );
        }
        line("reads", format!("{} (windows: {})", bytes(cost.bytes_read), bytes(cost.window_bytes)));
        line("writes", bytes(cost.bytes_written));
        let (cache, blocks) = (bytes(cost.cache as u64), bytes(self.block_bytes() as u64));
        line(
            "memory",
            format!("{}: {cache} of chunks, {} blocks of {blocks}", bytes(cost.peak as u64), cost.in_flight),
        );
        text
    }
}

fn sides(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ")
}

/// A number of bytes in the unit that suits it (1 kB = 1000 bytes).
fn bytes(n: u64) -> String {
    const UNITS: [(&str, f64); 4] = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    let unit = UNITS.iter().find(|(_, size)| n as f64 >= *size);
    unit.map_or_else(|| format!("{n} bytes"), |(name, size)| format!("{:.3} {name}", n as f64 / size))
}
