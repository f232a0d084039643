//! `reproject plan`: what a run would read and write, without reading a pixel.

use crate::args::Plan as Args;
use crate::task::{Task, Work};
use crate::{names, print};
use reproject_chunk::Element;
use reproject_core::{Error, Resampler, Result};

/// Runs the command.
///
/// # Errors
/// As those of a run, before it begins.
pub(crate) fn plan(args: &Args) -> Result<()> {
    names::check_options(&args.what, args.output.as_deref())?;
    Task::new(&args.what)?.typed(&args.what, Print(args))
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
            plan.explain(&cost)
                + &mask.map_or_else(String::new, |mask| format!("mask      {mask}, in the same windows\n"))
        };
        print(&text)
    }
}
