//! Executors of reprojection jobs: in turn, or on threads. The same bits from each.

mod progress;
mod serial;
mod threads;

pub use progress::{Progress, Status};
pub use serial::Serial;
pub use threads::Threads;
