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
}
