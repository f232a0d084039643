//! Where workers knock, by system.

#[cfg(any(test, not(target_os = "linux")))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::{Door, clear};
#[cfg(target_os = "linux")]
pub(crate) use linux::{Door, clear};
