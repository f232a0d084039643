//! Executors, progress and lazy arrays: every suite in one program, which is its own workers.

mod cancel;
mod errors;
mod executors;
mod lazy;
mod matrix;
mod progress;
#[path = "../support/mod.rs"]
mod support;

use reproject_exec::Jobs;

/// What the workers of all suites can run.
fn jobs() -> Jobs {
    Jobs::new().with::<support::Any>("any").with::<errors::LateJob>("late").with::<cancel::Long>("long")
}

/// The entry of the worker processes; in the test run itself it does nothing.
#[test]
fn worker() {
    jobs().serve_if_worker();
}
