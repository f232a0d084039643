//! Pixels that an integer output does not hold as they are: a run says how many there were.

use crate::image::pixels::Kind;
use crate::task::Task;
use reproject_chunk::{Element, Format, Misfits};
use reproject_core::Tile;
use std::sync::Mutex;

/// Counts of such pixels so far, of an output of integers.
pub(crate) struct Tally {
    format: Format,
    blank: i128,
    /// Whether integers that equal the blank value are blank ones of the input.
    own: bool,
    found: Mutex<Misfits>,
}

impl Tally {
    /// That of a run; `None` where floats are stored, which hold everything.
    pub(crate) fn of(task: &Task) -> Option<Self> {
        let (format, blank) = (task.numbers.store, task.numbers.blank?);
        let own = !task.numbers.compute.is_float() && task.input().image.encoding().blank == Some(blank);
        Some(Self { format, blank, own, found: Mutex::default() })
    }

    /// Counts a tile in.
    pub(crate) fn add<T: Element>(&self, tile: &Tile<T>) {
        let mut found = Misfits::default();
        found.count(self.format, self.blank, tile.data.iter().zip(&tile.weight));
        let mut all = self.found.lock().unwrap_or_else(|e| e.into_inner());
        all.beyond += found.beyond;
        all.blank += found.blank;
        all.taken += found.taken;
    }

    /// The counts in words.
    pub(crate) fn notes(&self, kind: Kind, computed: Format) -> Vec<String> {
        let mut notes = Vec::new();
        let Self { format, blank, .. } = *self;
        let found = *self.found.lock().unwrap_or_else(|e| e.into_inner());
        let Some([low, high]) = format.range() else { return notes };
        let mut note = |count: u64, why: String| {
            if count > 0 {
                let pixels = if count == 1 { "1 pixel".into() } else { format!("{count} pixels") };
                notes.push(format!("{pixels} {why}"));
            }
        };
        let out = "another `dtype`, such as float64, keeps them";
        note(
            found.beyond,
            format!("beyond {format} ({low} to {high}) became its lowest or highest number; {out}"),
        );
        let taken = if self.own { 0 } else { found.taken };
        let fate = if computed.is_float() { "became the number beside it" } else { "count as such" };
        note(taken, format!("of {blank}, which stands for \"no value\" in this output, {fate}; {out} apart"));
        if kind == Kind::Npy {
            let blanks = found.blank + if self.own { found.taken } else { 0 };
            let why = format!(
                "without a value became {blank}, and nothing in an .npy file says so; `dtype` float32 or float64 makes them NaN"
            );
            note(blanks, why);
        }
        notes
    }
}
