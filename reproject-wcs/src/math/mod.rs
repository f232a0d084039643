//! Arithmetic that the other wings share: angles, trigonometry of our own, several points abreast.

pub(crate) mod angle;
pub(crate) mod lanes;
pub use reproject_core::math::trig;
