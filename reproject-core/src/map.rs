//! The map of a whole array: from output pixels to input pixels, as separable groups of axes.
//!
//! An image is one group of two axes; a cube is spectrum × sky, a group of one and a group of two; axes that are coupled
//! share a group. Array axes before the first group are broadcast: they share one set of coordinates.

use crate::{Error, Points, Transform};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A map from output pixels to input pixels, group by group of axes.
pub trait PixelMap: Send + Sync {
    /// The number of axes in each group, in array order: `[1, 2]` is spectrum × sky. They are the array's last axes.
    fn groups(&self) -> Vec<usize>;
    /// Maps positions of one group in place; columns are in transform order (`x`, the last array axis, first).
    fn map(&self, group: usize, columns: &mut [&mut [f64]]);
    /// The period of the *input* along each axis of a group, in pixels and transform order: positions that far apart are
    /// the same point of the sky.
    fn period(&self, group: usize) -> Vec<Option<f64>> {
        vec![None; self.groups()[group]]
    }
    /// The positions of the *input*'s poles along each axis of a group, at the low and the high end, in pixels and
    /// transform order: beyond them the sky goes on along the opposite meridian, half a period away on the axis that has one.
    fn poles(&self, group: usize) -> Vec<[Option<f64>; 2]> {
        vec![[None; 2]; self.groups()[group]]
    }
    /// The first error of a map that can fail, if there was one (see [`Transform::failure`]).
    fn failure(&self) -> Option<Error> {
        None
    }
}

macro_rules! pointers { ($($p:ty),*) => {$(
    impl<T: PixelMap + ?Sized> PixelMap for $p {
        fn groups(&self) -> Vec<usize> { (**self).groups() }
        fn map(&self, group: usize, columns: &mut [&mut [f64]]) { (**self).map(group, columns) }
        fn period(&self, group: usize) -> Vec<Option<f64>> { (**self).period(group) }
        fn poles(&self, group: usize) -> Vec<[Option<f64>; 2]> { (**self).poles(group) }
        fn failure(&self) -> Option<Error> { (**self).failure() }
    }
)*} }
pointers!(&T, Box<T>, Arc<T>);

/// A pixel map of one group: a [`Transform`] of the array's last `N` axes, from output pixels to input pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "T: Serialize + serde::de::DeserializeOwned")]
pub struct Axes<const N: usize, T> {
    map: T,
    period: Vec<Option<f64>>,
    poles: Vec<[Option<f64>; 2]>,
}

impl<const N: usize, T: Transform<N>> Axes<N, T> {
    /// A map of the last `N` axes.
    pub fn new(map: T) -> Self {
        Self { map, period: vec![None; N], poles: vec![[None; 2]; N] }
    }

    /// Declares that the input repeats: positions `period` pixels apart (x first) are the same point of the sky.
    #[must_use]
    pub fn with_period(self, period: [Option<f64>; N]) -> Self {
        Self { period: period.map(|p| p.filter(|p| p.is_finite() && *p > 0.0)).to_vec(), ..self }
    }

    /// Declares where the input's poles lie along each axis (x first), at its low and its high end.
    #[must_use]
    pub fn with_poles(self, poles: [[Option<f64>; 2]; N]) -> Self {
        Self { poles: poles.map(|ends| ends.map(|p| p.filter(|p| p.is_finite()))).to_vec(), ..self }
    }
}

impl<const N: usize, T: Transform<N>> PixelMap for Axes<N, T> {
    fn groups(&self) -> Vec<usize> {
        vec![N]
    }
    fn map(&self, _: usize, columns: &mut [&mut [f64]]) {
        let mut columns = columns.iter_mut();
        let axes = std::array::from_fn(|_| &mut **columns.next().expect("one column an axis"));
        self.map.forward(&mut Points::<N>::new(axes));
    }
    fn period(&self, _: usize) -> Vec<Option<f64>> {
        self.period.clone()
    }
    fn poles(&self, _: usize) -> Vec<[Option<f64>; 2]> {
        self.poles.clone()
    }
    fn failure(&self) -> Option<Error> {
        self.map.failure()
    }
}

/// Two maps side by side: the axes of `A` come before those of `B`. `Separable(spectrum, sky)` is a cube.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Separable<A, B>(pub A, pub B);

impl<A: PixelMap, B: PixelMap> PixelMap for Separable<A, B> {
    fn groups(&self) -> Vec<usize> {
        [self.0.groups(), self.1.groups()].concat()
    }
    fn map(&self, group: usize, columns: &mut [&mut [f64]]) {
        match group.checked_sub(self.0.groups().len()) {
            None => self.0.map(group, columns),
            Some(group) => self.1.map(group, columns),
        }
    }
    fn period(&self, group: usize) -> Vec<Option<f64>> {
        match group.checked_sub(self.0.groups().len()) {
            None => self.0.period(group),
            Some(group) => self.1.period(group),
        }
    }
    fn poles(&self, group: usize) -> Vec<[Option<f64>; 2]> {
        match group.checked_sub(self.0.groups().len()) {
            None => self.0.poles(group),
            Some(group) => self.1.poles(group),
        }
    }
    fn failure(&self) -> Option<Error> {
        self.0.failure().or_else(|| self.1.failure())
    }
}

/// A map whose groups are one: resamplers that want all axes in one group take separable ones as well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Joined<T>(pub T);

impl<T: PixelMap> PixelMap for Joined<T> {
    fn groups(&self) -> Vec<usize> {
        vec![self.0.groups().iter().sum()]
    }
    fn map(&self, _: usize, columns: &mut [&mut [f64]]) {
        let mut rest = columns;
        // Groups come in array order, columns in the converse.
        for (group, axes) in self.0.groups().into_iter().enumerate() {
            let (before, own) = rest.split_at_mut(rest.len() - axes);
            self.0.map(group, own);
            rest = before;
        }
    }
    fn period(&self, _: usize) -> Vec<Option<f64>> {
        (0..self.0.groups().len()).rev().flat_map(|group| self.0.period(group)).collect()
    }
    fn poles(&self, _: usize) -> Vec<[Option<f64>; 2]> {
        (0..self.0.groups().len()).rev().flat_map(|group| self.0.poles(group)).collect()
    }
    fn failure(&self) -> Option<Error> {
        self.0.failure()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shift(f64);
    impl<const N: usize> Transform<N> for Shift {
        fn forward(&self, points: &mut Points<'_, N>) {
            points.each(|p| p.map(|v| v + self.0));
        }
        fn inverse(&self, points: &mut Points<'_, N>) {
            points.each(|p| p.map(|v| v - self.0));
        }
    }

    #[test]
    fn joined_groups_keep_their_columns_periods_and_poles() {
        let sky = Axes::<2, _>::new(Shift(10.0)).with_period([Some(360.0), None]);
        let sky = sky.with_poles([[None; 2], [Some(-0.5), Some(179.5)]]);
        let cube = Joined(Separable(Axes::<1, _>::new(Shift(1.0)), sky));
        assert_eq!(cube.groups(), [3]);
        let (mut x, mut y, mut channel) = ([1.0], [2.0], [3.0]);
        cube.map(0, &mut [&mut x, &mut y, &mut channel]);
        assert_eq!((x, y, channel), ([11.0], [12.0], [4.0]));
        assert_eq!(cube.period(0), [Some(360.0), None, None]);
        assert_eq!(cube.poles(0), [[None; 2], [Some(-0.5), Some(179.5)], [None; 2]]);
    }
}
