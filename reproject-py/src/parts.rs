//! Some chunks of an array as a source of pixels: windows may lie in one, reach across several, and nowhere else.

use ndarray::{ArrayViewMutD, Slice};
use reproject_chunk::{Element, Format, RawSource};
use reproject_core::{ArraySource, Error, Region, Result, Strided};

/// Chunks of an array of some shape, each where it belongs.
pub(crate) struct Parts {
    shape: Vec<usize>,
    parts: Vec<(Region, RawSource)>,
}

impl Parts {
    /// Chunks given with their first pixel.
    pub(crate) fn new(shape: &[usize], chunks: Vec<(Vec<usize>, RawSource)>) -> Self {
        let place = |(mut start, chunk): (Vec<usize>, RawSource)| {
            // One entry an axis; what does not fit the array holds no pixel of any window.
            start.resize(chunk.shape().len(), usize::MAX >> 1);
            (Region::new(start, chunk.shape()), chunk)
        };
        let parts = chunks.into_iter().map(place).filter(|(region, _)| region.fits(shape)).collect();
        Self { shape: shape.to_vec(), parts }
    }

    /// The format of the stored numbers; `None` without a chunk.
    pub(crate) fn format(&self) -> Option<Format> {
        self.parts.first().map(|(_, chunk)| chunk.encoding().format)
    }
}

impl<T: Element> ArraySource<T> for Parts {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn read(&self, window: &Region, mut out: ArrayViewMutD<'_, T>) -> Result<()> {
        let mut missing = window.len();
        for (region, chunk) in &self.parts {
            let common = window.intersect(region);
            if common.is_empty() {
                continue;
            }
            let place = common.relative_to(&window.start);
            let out = out.slice_each_axis_mut(|axis| {
                let k = axis.axis.index();
                Slice::from(place.start[k]..place.stop(k))
            });
            chunk.read(&common.relative_to(&region.start), out)?;
            missing = missing.saturating_sub(common.len());
        }
        if missing > 0 {
            let why = format!(
                "{missing} of the {} pixels of {window} are in no chunk that was planned for this block: the coordinate \
                 system bends between the positions that the plan looked at; give pad= (pixels to read around what is \
                 planned), or tolerance= (plan and run share one sampled map)",
                window.len()
            );
            return Err(Error::invalid("input window", why));
        }
        Ok(())
    }

    fn resident(&self, window: &Region) -> Option<Strided<'_, T>> {
        let (region, chunk) = self.parts.iter().find(|(region, _)| window.intersect(region) == *window)?;
        chunk.resident(&window.relative_to(&region.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, IxDyn};
    use reproject_chunk::Encoding;
    use std::sync::Arc;

    fn chunk(values: &[f32], shape: &[usize]) -> RawSource {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        RawSource::dense("chunk", Arc::new(bytes), 0, shape, Encoding::plain(Format::F32, false)).unwrap()
    }

    #[test]
    fn windows_are_put_together_from_chunks_and_gaps_are_refused() {
        let chunks =
            vec![(vec![0, 0], chunk(&[1., 2., 5., 6.], &[2, 2])), (vec![0, 2], chunk(&[3., 7.], &[2, 1]))];
        let parts = Parts::new(&[2, 4], chunks);
        let mut out = ArrayD::zeros(IxDyn(&[2, 2]));
        ArraySource::<f32>::read(&parts, &Region::new([0, 1], [2, 2]), out.view_mut()).unwrap();
        assert_eq!(out.as_slice().unwrap(), [2., 3., 6., 7.]);
        let gap = ArraySource::<f32>::read(&parts, &Region::new([0, 2], [2, 2]), out.view_mut()).unwrap_err();
        let gap = gap.to_string();
        assert!(gap.contains("2 of the 4 pixels of [0:2, 2:4]"), "{gap}");
        assert!(gap.contains("tolerance=") && gap.contains("pad="), "{gap}");
    }

    #[test]
    fn a_chunk_beyond_the_array_holds_no_pixel() {
        let parts = Parts::new(
            &[2, 2],
            vec![(vec![1, 1], chunk(&[1., 2., 5., 6.], &[2, 2])), (vec![0], chunk(&[1.], &[1, 1]))],
        );
        let mut out = ArrayD::<f64>::zeros(IxDyn(&[1, 1]));
        assert!(parts.read(&Region::new([1, 1], [1, 1]), out.view_mut()).is_err());
    }
}
