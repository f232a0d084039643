//! What a crate of its own owes and gets: the laws, and every executor.

mod executors;
mod laws;
