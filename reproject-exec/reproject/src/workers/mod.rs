//! Runs in worker processes, where a build has them.

#[cfg(not(all(unix, feature = "processes")))]
mod absent;
#[cfg(all(unix, feature = "processes"))]
mod remote;

#[cfg(not(all(unix, feature = "processes")))]
pub(crate) use absent::execute;
#[cfg(not(all(unix, feature = "processes")))]
pub use absent::serve_if_worker;
#[cfg(all(unix, feature = "processes"))]
pub(crate) use remote::execute;
#[cfg(all(unix, feature = "processes"))]
pub use remote::serve_if_worker;
