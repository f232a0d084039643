//! Runs in worker processes.

mod remote;

pub use remote::serve_if_worker;
pub(crate) use remote::{Remote, covers, processes};
