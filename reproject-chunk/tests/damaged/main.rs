//! Damaged files: a program apart, because memory is counted for all of it.

mod damage;
mod hostile;
mod mutants;
mod mutants_zarr;
mod packed;
mod zarr_claims;
