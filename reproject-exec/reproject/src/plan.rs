//! The plan of a run: what it would read, write and take.

use crate::output::Listener;
use crate::settings::Settings;
use crate::task::{Crew, Task, Work};
use crate::{Grid, Image, formats, memory};
use reproject_chunk::Element;
use reproject_core::{Cost, Error, Plan, Resampler, Result, bytes};
use std::path::Path;

/// The plan of a run: what it would read, write and take.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Every block in the order in which they are computed, with the window and the chunks of the input that it needs.
    pub plan: Plan,
    /// Their cost together.
    pub cost: Cost,
    /// The mask, by file and HDU.
    mask: Option<String>,
    /// Bytes of memory of the program itself, and of headers, tables and the like once they are read.
    own: usize,
    held: usize,
    /// The most at any time.
    all: usize,
}

impl Planned {
    /// The plan in a few lines of text.
    pub fn explain(&self) -> String {
        let [all, own, held] = [self.all, self.own, self.held].map(|n| bytes(n as f64));
        let mask = self.mask.as_ref();
        self.plan.explain(&self.cost)
            + &mask.map_or_else(String::new, |mask| format!("mask      {mask}, in the same windows\n"))
            + &format!(
                "in all    {all}: beside those {own} of the program, {held} of headers, tables and the like\n"
            )
    }

    /// The plan as JSON: the cost, and every block with its windows and chunks.
    ///
    /// # Errors
    /// None that is known of.
    pub fn json(&self) -> Result<String> {
        let value = serde_json::json!({ "cost": self.cost, "mask": self.mask, "plan": self.plan });
        serde_json::to_string(&value).map_err(|e| Error::invalid("plan", e.to_string()))
    }
}

pub(crate) fn plan(
    (image, grid, settings): (&Image, &Grid, &Settings),
    output: Option<&Path>,
    listener: &dyn Listener,
) -> Result<Planned> {
    formats::check_chunks(settings, output)?;
    let task = Task::new(image, grid, settings)?;
    task.notes().iter().for_each(|note| listener.note(note));
    let mut planned = None;
    task.typed(Find { output, planned: &mut planned })?;
    planned.ok_or_else(|| Error::invalid("plan", "there are no blocks to plan"))
}

struct Find<'a> {
    output: Option<&'a Path>,
    planned: &'a mut Option<Planned>,
}

impl Work for Find<'_> {
    fn work<I: Element, O: Element>(self, task: &Task, how: Box<dyn Resampler<I, O>>) -> Result<()> {
        let blocks = task.blocks(self.output, &*how, true)?;
        let Some((plan, cost)) = blocks.plan else { return Ok(()) };
        let own = match blocks.crew {
            Crew::Threads(n) => memory::of_program(n),
            Crew::Processes(n) => memory::of_program(0) + n * memory::of_program(1),
        };
        let [held, reading] = task.held().map(|n| n.saturating_mul(task.settings.openers()));
        // Reading tables may take more than all of the run.
        let reading = if reading > held { reading + memory::of_program(0) } else { 0 };
        let all = (cost.peak + own + held).max(reading);
        let mask = task.mask.as_ref().map(|mask| mask.pixels().label());
        *self.planned = Some(Planned { plan, cost, mask, own, held, all });
        Ok(())
    }
}
