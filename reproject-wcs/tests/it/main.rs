//! Headers, maps and grids: every suite in one program.

mod astropy;
mod contradictions;
mod corpus;
mod distort_laws;
mod frames;
mod grid;
mod mutants;
mod native;
mod native_laws;
mod odd_cards;
mod p2p;
mod precedence;
mod properties;
mod spectral;
mod support;
mod tpv_cubes;
mod upright;
mod wcsmap;
