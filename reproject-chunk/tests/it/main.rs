//! Sources, sinks and journals: every suite in one program.

mod compressed;
mod data;
mod fits_sink;
mod journal;
mod written;
mod zarr;

use ndarray::{ArrayD, IxDyn};
use reproject_core::{ArraySource, Grid, Pixel, Result};

/// All pixels of a source, read in blocks with sides of `block`.
fn read<T: Pixel>(source: &impl ArraySource<T>, block: usize) -> Result<ArrayD<T>> {
    let mut out = ArrayD::from_elem(IxDyn(source.shape()), T::default());
    for r in Grid::new(source.shape(), &vec![block; source.shape().len()])?.iter() {
        source.read(&r, out.slice_mut(&r.slices()[..]))?;
    }
    Ok(out)
}
