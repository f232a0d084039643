//! How a reprojection is done: everything but the image and the grid.

use crate::{Dtype, MaskFile, Method};
use reproject_core::{AdaptiveOptions, Blanks, Footprint};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// How a reprojection is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) method: Method,
    /// The options of adaptive resampling; what its footprint counts, `footprint` says.
    pub(crate) adaptive: AdaptiveOptions,
    pub(crate) blanks: Blanks,
    pub(crate) mask: Option<MaskFile>,
    pub(crate) threads: Option<NonZeroUsize>,
    /// Worker processes, instead of threads.
    pub(crate) processes: Option<NonZeroUsize>,
    /// Bytes of memory for all processes.
    pub(crate) memory: Option<usize>,
    /// Rows and columns of blocks.
    pub(crate) block: Option<[usize; 2]>,
    /// Rows and columns of the chunks of a Zarr output.
    pub(crate) chunks: Option<[usize; 2]>,
    pub(crate) dtype: Dtype,
    /// The meaning of the footprint, if there is to be one.
    pub(crate) footprint: Option<Footprint>,
    /// Whether positions have to come back.
    pub(crate) roundtrip: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            method: Method::default(),
            adaptive: AdaptiveOptions::default(),
            blanks: Blanks::Propagate,
            mask: None,
            threads: None,
            processes: None,
            memory: None,
            block: None,
            chunks: None,
            dtype: Dtype::Auto,
            footprint: None,
            roundtrip: true,
        }
    }
}

impl Settings {
    /// Processes that open the input.
    pub(crate) fn openers(&self) -> usize {
        self.processes.map_or(1, |n| 1 + n.get())
    }

    /// The shape of the blocks of an output, if that is chosen: planes apart.
    pub(crate) fn block(&self, shape: &[usize]) -> Option<Vec<usize>> {
        self.block.map(|sides| {
            let mut block = vec![1; shape.len()];
            block[shape.len() - 2..].copy_from_slice(&sides);
            block
        })
    }
}
