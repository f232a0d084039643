//! Executors of reprojection jobs: in turn, on threads, or in processes. The same bits from each.

#[doc = include_str!("guide.md")]
pub mod guide {}
mod lazy;
mod processes;
mod progress;
mod threads;

pub use lazy::{Lazy, LazyCounts};
pub use processes::{Jobs, Processes, Shared, SharedArray, SharedHandle, share};
pub use progress::{Progress, Status};
pub use reproject_core::Serial;
pub use threads::Threads;
