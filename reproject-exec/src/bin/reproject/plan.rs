//! `reproject plan`: what a run would read and write, without reading a pixel.

use crate::args::Plan as Args;
use crate::pixels::openers;
use crate::task::{Crew, Task, Work};
use crate::{memory, names, print};
use reproject_chunk::Element;
use reproject_core::{Error, Resampler, Result, bytes};

/// Runs the command.
///
/// # Errors
/// As those of a run, before it begins.
pub(crate) fn plan(args: &Args) -> Result<()> {
    names::check_options(&args.what, args.output.as_deref())?;
    let task = Task::new(&args.what)?;
    task.say();
    task.typed(&args.what, Print(args))
}

struct Print<'a>(&'a Args);

impl Work for Print<'_> {
    fn work<I: Element, O: Element>(self, task: &Task, how: Box<dyn Resampler<I, O>>) -> Result<()> {
        let args = self.0;
        let blocks = task.blocks(&args.what, args.output.as_deref(), &*how, true)?;
        let Some((plan, cost)) = blocks.plan else { return Ok(()) };
        let mask = task.mask.as_ref().map(|mask| mask.pixels().label());
        let text = if args.json {
            let wrong = |e: serde_json::Error| Error::invalid("plan", e.to_string());
            let value = serde_json::json!({ "cost": cost, "mask": mask, "plan": plan });
            serde_json::to_string(&value).map_err(wrong)? + "\n"
        } else {
            let own = match blocks.crew {
                Crew::Threads(n) => memory::of_program(n),
                Crew::Processes(n) => memory::of_program(0) + n * memory::of_program(1),
            };
            let [held, reading] = task.held().map(|n| n.saturating_mul(openers(&args.what)));
            // Reading tables may take more than all of the run.
            let all = (cost.peak + own + held).max(if reading > held {
                reading + memory::of_program(0)
            } else {
                0
            });
            let [all, own, held] = [all, own, held].map(|n| bytes(n as f64));
            plan.explain(&cost)
                + &mask.map_or_else(String::new, |mask| format!("mask      {mask}, in the same windows\n"))
                + &format!(
                    "in all    {all}: beside those {own} of the program, {held} of headers, tables and the like\n"
                )
        };
        print(&text)
    }
}
