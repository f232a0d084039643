//! Executors of reprojection jobs: in turn, on threads, or in processes. The same bits from each.
//!
//! # Features
//!
//! - `processes` (default): worker processes, and arrays in memory that they share. On Windows it adds nothing.

#[cfg(all(unix, feature = "processes"))]
#[doc = include_str!("guide.md")]
pub mod guide {}
mod lazy;
#[cfg(all(unix, feature = "processes"))]
mod processes;
mod progress;
mod threads;

pub use lazy::Lazy;
#[cfg(all(unix, feature = "processes"))]
pub use processes::{Jobs, Processes, Shared, SharedArray, SharedHandle, share};
pub use progress::{Progress, Status};
pub use reproject_core::Serial;
pub use threads::Threads;
