//! A plan in words.

use super::{Cost, Plan};
use crate::{bytes, sides};
use std::fmt::Write;

impl Plan {
    /// The plan and its cost in a few lines of text.
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
                    Some(grid) => format!(", in {} of {}", count(grid.len(), "chunk"), sides(grid.block())),
                    None => String::new(),
                }
            ),
        );
        line("output", format!("{} pixels of {written} bytes", sides(&self.output)));
        let shape = self.blocks.iter().map(|b| &b.block.shape).max_by_key(|s| s.iter().product::<usize>());
        let shape = shape.map_or_else(String::new, |s| format!(" of up to {}", sides(s)));
        let verb = if cost.empty == 1 { "meets" } else { "meet" };
        line("blocks", format!("{}{shape}; {} {verb} no input", cost.blocks, cost.empty));
        let [needed, all] = cost.chunks;
        if self.chunks.is_some() {
            let again = cost.chunk_reads as f64 / (needed as f64).max(1.0);
            line(
                "chunks",
                format!("{needed} of {all} needed, {} read ({again:.2} times each)", cost.chunk_reads),
            );
        }
        line(
            "reads",
            format!("{} (windows: {})", bytes(cost.bytes_read as f64), bytes(cost.window_bytes as f64)),
        );
        line("writes", bytes(cost.bytes_written as f64));
        let (cache, block) = (bytes(cost.cache as f64), bytes(self.block_bytes() as f64));
        let blocks = count(cost.in_flight, "block");
        line("memory", format!("{}: {cache} of chunks, {blocks} of {block}", bytes(cost.peak as f64)));
        text
    }
}

/// `1 block` or `2 blocks`, and what it does.
fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
