//! Maps, resamplers, plans and laws: every suite in one program.

mod adaptive_laws;
mod adaptive_reference;
mod common;
mod exact_fold;
mod exact_laws;
mod exact_limb;
mod exact_reference;
mod hostile;
mod interp_blanks;
mod interp_laws;
mod interp_scipy;
mod interp_seams;
mod laws;
mod plan;
mod pointwise;
mod sampled;
mod support;
mod trig;
