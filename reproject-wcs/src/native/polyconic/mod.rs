//! Polyconic and pseudoconic projections, paper II §5.5.

mod bon;
mod pco;

pub use bon::Bon;
pub use pco::Pco;
