//! The sphere: celestial images, the frames their directions belong to, and what an image covers.

mod celestial;
mod footprint;
mod frame;
mod inframe;
pub(crate) mod lonlat;
mod pole;
mod surface;

pub use celestial::Celestial;
pub use frame::{Frame, Observer, Route};
pub use inframe::InFrame;
pub(crate) use pole::{Fiducial, Pole};
pub use surface::{Surface, Viewpoint};
