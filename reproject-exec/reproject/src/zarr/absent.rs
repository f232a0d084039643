//! A build without Zarr: arrays that nobody can open or create.

use ndarray::ArrayViewMutD;
use reproject_chunk::{Element, Format, Resumable};
use reproject_core::{ArraySink, ArraySource, CacheCounts, Error, Region, Result, Tile};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(crate) enum ZarrArray {}

#[derive(Debug)]
pub(crate) enum ZarrSink {}

pub(crate) struct ZarrOptions {
    pub(crate) blank: Option<i128>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) footprint: Option<(PathBuf, Format)>,
    pub(crate) overwrite: bool,
}

fn none<T>(path: impl AsRef<Path>) -> Result<T> {
    let why =
        "is a Zarr array, and this build has the feature `zarr` left out; build with it, or use FITS or .npy";
    Err(Error::file(path.as_ref(), why))
}

impl ZarrOptions {
    pub(crate) fn new(_: &[usize], _: Format, _: &[usize]) -> Self {
        Self { blank: None, attributes: BTreeMap::new(), footprint: None, overwrite: false }
    }
}

impl ZarrArray {
    pub(crate) fn open(path: impl AsRef<Path>, _: usize) -> Result<Self> {
        none(path)
    }
    pub(crate) fn shape(&self) -> &[usize] {
        match *self {}
    }
    pub(crate) fn format(&self) -> Format {
        match *self {}
    }
    pub(crate) fn attribute(&self, _: &str) -> Option<&str> {
        match *self {}
    }
    pub(crate) fn cache_counts(&self) -> CacheCounts {
        match *self {}
    }
}

impl<T: Element> ArraySource<T> for ZarrArray {
    fn shape(&self) -> &[usize] {
        match *self {}
    }
    fn read(&self, _: &Region, _: ArrayViewMutD<'_, T>) -> Result<()> {
        match *self {}
    }
}

impl ZarrSink {
    pub(crate) fn create(path: impl AsRef<Path>, _: &ZarrOptions) -> Result<Self> {
        none(path)
    }
    pub(crate) fn resume(path: impl AsRef<Path>, _: &ZarrOptions) -> Result<Self> {
        none(path)
    }
}

impl<T: Element> ArraySink<T> for ZarrSink {
    fn shape(&self) -> &[usize] {
        match *self {}
    }
    fn write(&self, _: &Tile<T>) -> Result<()> {
        match *self {}
    }
}

impl Resumable for ZarrSink {
    fn target(&self) -> &Path {
        match *self {}
    }
    fn sync(&self) -> Result<()> {
        match *self {}
    }
    fn mark(&self, _: &Region) {
        match *self {}
    }
    fn digest(&self, _: &Region) -> Result<u32> {
        match *self {}
    }
    fn finish(self) -> Result<()> {
        match self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_file_and_the_feature() {
        let error = ZarrArray::open("a.zarr", 0).unwrap_err().to_string();
        assert!(error.contains("a.zarr") && error.contains("feature `zarr`"), "{error}");
    }
}
