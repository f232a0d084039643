//! The sphere: celestial images, the frames their directions belong to, and what an image covers.

pub(crate) mod celestial;
pub(crate) mod footprint;
pub(crate) mod frame;
mod inframe;
pub(crate) mod pole;

pub use celestial::{Celestial, sky_map};
pub use frame::{Frame, Observer, Route};
pub use inframe::InFrame;
