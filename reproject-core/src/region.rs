//! Boxes of pixels.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A box of pixels of an N-dimensional array; axes in array order (`[.., row, column]`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Region {
    /// The first pixel.
    pub start: Vec<usize>,
    /// Pixels along every axis; any of them may be zero.
    pub shape: Vec<usize>,
}

impl Region {
    /// A box from its first pixel and its shape.
    ///
    /// # Panics
    /// If the two differ in length.
    pub fn new(start: impl Into<Vec<usize>>, shape: impl Into<Vec<usize>>) -> Self {
        let (start, shape) = (start.into(), shape.into());
        assert_eq!(start.len(), shape.len(), "a region's start and shape have one entry an axis");
        Self { start, shape }
    }

    /// The whole of an array.
    pub fn whole(shape: &[usize]) -> Self {
        Self { start: vec![0; shape.len()], shape: shape.to_vec() }
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The number of pixels; saturates instead of overflowing.
    pub fn len(&self) -> usize {
        self.shape.iter().fold(1usize, |n, &s| n.saturating_mul(s))
    }

    /// Whether no pixel lies in it.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// One past the last pixel along `axis`.
    pub fn stop(&self, axis: usize) -> usize {
        self.start[axis] + self.shape[axis]
    }

    /// Whether every pixel lies in an array of `shape`.
    pub fn fits(&self, shape: &[usize]) -> bool {
        self.ndim() == shape.len()
            && (0..self.ndim())
                .all(|k| self.start[k].checked_add(self.shape[k]).is_some_and(|e| e <= shape[k]))
    }

    /// The longest runs of pixels of this box that lie without a gap in an array of `shape` in C order: the first pixel of
    /// each, counted from that of the array, and how many there are. Runs are in the order of their pixels.
    pub fn runs(&self, shape: &[usize]) -> impl Iterator<Item = (u64, usize)> {
        // Axes that the box spans wholly make one run with the next outer one.
        let (mut inner, mut run) = (self.ndim(), 1);
        while inner > 0 {
            inner -= 1;
            run *= self.shape[inner];
            if self.shape[inner] != shape[inner] {
                break;
            }
        }
        let outer = if self.is_empty() { 0 } else { self.shape[..inner].iter().product() };
        (0..outer).map(move |mut rest: usize| {
            let (mut first, mut step) = (0, 1);
            for k in (0..self.ndim()).rev() {
                let mut at = self.start[k];
                if k < inner {
                    at += rest % self.shape[k];
                    rest /= self.shape[k];
                }
                first += at as u64 * step;
                step *= shape[k] as u64;
            }
            (first, run)
        })
    }

    /// The pixels in both; empty regions where they do not meet.
    pub fn intersect(&self, other: &Region) -> Region {
        let start: Vec<_> = self.start.iter().zip(&other.start).map(|(&a, &b)| a.max(b)).collect();
        let shape = (0..start.len())
            .map(|k| self.stop(k).min(other.stop(k)).saturating_sub(start[k]))
            .collect::<Vec<_>>();
        Region { start, shape }
    }

    /// The same box counted from `origin` instead of the array's first pixel.
    ///
    /// # Panics
    /// If it starts before `origin`.
    pub fn relative_to(&self, origin: &[usize]) -> Region {
        let start = self.start.iter().zip(origin).map(|(a, o)| a.checked_sub(*o).expect("inside")).collect();
        Region { start, shape: self.shape.clone() }
    }

    /// The box as slices of ndarray.
    pub fn slices(&self) -> Vec<ndarray::SliceInfoElem> {
        (0..self.ndim()).map(|k| (self.start[k]..self.stop(k)).into()).collect()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for k in 0..self.ndim() {
            write!(f, "{}{}:{}", if k > 0 { ", " } else { "" }, self.start[k], self.stop(k))?;
        }
        f.write_str("]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_meet() {
        let a = Region::new([2, 3], [4, 4]);
        assert_eq!(a.intersect(&Region::new([4, 0], [10, 5])), Region::new([4, 3], [2, 2]));
        assert!(a.intersect(&Region::new([9, 9], [1, 1])).is_empty());
        assert!(!Region::new([usize::MAX], [2]).fits(&[5]));
        assert_eq!(a.to_string(), "[2:6, 3:7]");
    }

    #[test]
    fn runs_hold_every_pixel_once_and_in_order() {
        for (region, count) in [
            (Region::new([1, 0, 2], [2, 3, 2]), 6),
            (Region::new([1, 1, 0], [2, 2, 4]), 2),
            (Region::new([1, 0, 0], [2, 3, 4]), 1),
            (Region::new([1, 0, 0], [2, 0, 4]), 0),
        ] {
            let all =
                ndarray::ArrayD::from_shape_fn(vec![3, 3, 4], |i| ((i[0] * 3 + i[1]) * 4 + i[2]) as u64);
            let runs: Vec<_> = region.runs(&[3, 3, 4]).collect();
            assert_eq!(runs.len(), count, "{region}");
            let pixels: Vec<u64> = runs.iter().flat_map(|&(first, n)| first..first + n as u64).collect();
            assert_eq!(pixels, all.slice(&region.slices()[..]).iter().copied().collect::<Vec<_>>());
        }
        assert_eq!(Region::whole(&[]).runs(&[]).collect::<Vec<_>>(), [(0, 1)]);
    }
}
