//! Executors of reprojection jobs: in turn, on threads, or in processes. The same bits from each.

#[doc = include_str!("guide.md")]
pub mod guide {}
mod jobs;
mod lazy;
mod output;
mod processes;
mod progress;
mod protocol;
mod segment;
mod shared;
mod threads;
mod worker;

pub use jobs::Jobs;
pub use lazy::{Lazy, LazyCounts};
pub use processes::Processes;
pub use progress::{Progress, Status};
pub use reproject_core::Serial;
pub use shared::{Shared, SharedArray, SharedHandle, share};
pub use threads::Threads;
