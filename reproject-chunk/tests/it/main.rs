//! Sources, sinks and journals: every suite in one program.

mod compressed;
mod data;
mod fits_sink;
mod journal;
mod written;
mod zarr;
