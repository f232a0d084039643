//! Two-way maps: between pixels, and between a plane and the sphere.

use crate::roundtrip::comes_back;
use crate::{BATCH, Error, Points};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A two-way map of `N`-dimensional points, a batch at a time and in place. NaN out means "no such point".
pub trait Transform<const N: usize = 2>: Send + Sync {
    /// Maps every point forwards.
    fn forward(&self, points: &mut Points<'_, N>);
    /// Maps every point backwards.
    fn inverse(&self, points: &mut Points<'_, N>);
    /// The first error of a map that can fail (a call into another language); its points are NaN.
    fn failure(&self) -> Option<Error> {
        None
    }
    /// Whether `inverse(forward(p)) == p`, or whole periods away where the plane repeats, wherever `forward(p)` is finite,
    /// by construction: [`Checked`] is then free.
    fn injective(&self) -> bool {
        false
    }
}

/// A two-way map between a plane and the unit sphere: TAN is one, a whole celestial WCS is another.
pub trait Projection: Send + Sync {
    /// Plane → sphere: columns 0 and 1 hold x and y on entry; all three hold a unit vector on exit.
    fn lift(&self, points: &mut Points<'_, 3>);
    /// Sphere → plane: the converse. Column 2 is left unspecified.
    fn project(&self, points: &mut Points<'_, 3>);
    /// The period of the plane along x and y, in its own units (pixels for a WCS): points that far apart are the same
    /// point of the sphere. `None` where the plane does not repeat.
    fn period(&self) -> [Option<f64>; 2] {
        [None; 2]
    }
    /// Whether `lift` may take different points to one direction, all but one of which do not come back by `project`: an
    /// image of a sphere in the directions of another observer. [`Exact`](crate::Exact) then leaves those out.
    fn folds(&self) -> bool {
        false
    }
    /// The first error of a projection that can fail, if there was one (see [`Transform::failure`]).
    fn failure(&self) -> Option<Error> {
        None
    }
}

macro_rules! pointers { ($($p:ty),*) => {$(
    impl<const N: usize, T: Transform<N> + ?Sized> Transform<N> for $p {
        fn forward(&self, points: &mut Points<'_, N>) { (**self).forward(points) }
        fn inverse(&self, points: &mut Points<'_, N>) { (**self).inverse(points) }
        fn failure(&self) -> Option<Error> { (**self).failure() }
        fn injective(&self) -> bool { (**self).injective() }
    }
    impl<T: Projection + ?Sized> Projection for $p {
        fn lift(&self, points: &mut Points<'_, 3>) { (**self).lift(points) }
        fn project(&self, points: &mut Points<'_, 3>) { (**self).project(points) }
        fn period(&self) -> [Option<f64>; 2] { (**self).period() }
        fn folds(&self) -> bool { (**self).folds() }
        fn failure(&self) -> Option<Error> { (**self).failure() }
    }
)*} }
pointers!(&T, Box<T>, Arc<T>);

/// The map that changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity;

impl<const N: usize> Transform<N> for Identity {
    fn forward(&self, _: &mut Points<'_, N>) {}
    fn inverse(&self, _: &mut Points<'_, N>) {}
    fn injective(&self) -> bool {
        true
    }
}

/// One map after another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chain<A, B>(pub A, pub B);

impl<const N: usize, A: Transform<N>, B: Transform<N>> Transform<N> for Chain<A, B> {
    fn forward(&self, points: &mut Points<'_, N>) {
        points.batches(|p| {
            self.0.forward(p);
            self.1.forward(p);
        });
    }
    fn inverse(&self, points: &mut Points<'_, N>) {
        points.batches(|p| {
            self.1.inverse(p);
            self.0.inverse(p);
        });
    }
    fn failure(&self) -> Option<Error> {
        self.0.failure().or_else(|| self.1.failure())
    }
    fn injective(&self) -> bool {
        self.0.injective() && self.1.injective()
    }
}

/// A map run backwards.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inverse<T>(pub T);

impl<const N: usize, T: Transform<N>> Transform<N> for Inverse<T> {
    fn forward(&self, points: &mut Points<'_, N>) {
        self.0.inverse(points)
    }
    fn inverse(&self, points: &mut Points<'_, N>) {
        self.0.forward(points)
    }
    fn failure(&self) -> Option<Error> {
        self.0.failure()
    }
    fn injective(&self) -> bool {
        self.0.injective()
    }
}

/// Pixels of the output to pixels of the input, through the sky they share: any two projections make a transform.
///
/// Both lift to unit vectors of one frame. Backwards it leads from the input to the output.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Between<A, B> {
    /// The grid to be filled: points come from its pixels.
    pub output: A,
    /// The image to be read: points go to its pixels.
    pub input: B,
}

impl<A: Projection, B: Projection> Transform for Between<A, B> {
    fn forward(&self, points: &mut Points<'_>) {
        points.with_third(|sky| {
            self.output.lift(sky);
            self.input.project(sky);
        });
    }
    fn inverse(&self, points: &mut Points<'_>) {
        points.with_third(|sky| {
            self.input.lift(sky);
            self.output.project(sky);
        });
    }
    fn failure(&self) -> Option<Error> {
        self.output.failure().or_else(|| self.input.failure())
    }
}

/// A map that forgets every point which does not come back to within one pixel on each axis
/// (`roundtrip_coords` of `reproject`). Free where the map is injective by construction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checked<T>(pub T);

impl<const N: usize, T: Transform<N>> Transform<N> for Checked<T> {
    fn forward(&self, points: &mut Points<'_, N>) {
        if self.0.injective() {
            return self.0.forward(points);
        }
        round_trip(points, |p| self.0.forward(p), |p| self.0.inverse(p));
    }
    fn inverse(&self, points: &mut Points<'_, N>) {
        if self.0.injective() {
            return self.0.inverse(points);
        }
        round_trip(points, |p| self.0.inverse(p), |p| self.0.forward(p));
    }
    fn failure(&self) -> Option<Error> {
        self.0.failure()
    }
    fn injective(&self) -> bool {
        self.0.injective()
    }
}

fn round_trip<const N: usize>(
    points: &mut Points<'_, N>,
    go: impl Fn(&mut Points<'_, N>),
    back: impl Fn(&mut Points<'_, N>),
) {
    points.batches(|batch| {
        let n = batch.len();
        let mut start = [[0.0; BATCH]; N];
        for (kept, axis) in start.iter_mut().zip(batch.axes()) {
            kept[..n].copy_from_slice(axis);
        }
        go(batch);
        let mut again = [[0.0; BATCH]; N];
        for (copy, axis) in again.iter_mut().zip(batch.axes()) {
            copy[..n].copy_from_slice(axis);
        }
        back(&mut Points::new(again.each_mut().map(|column| &mut column[..n])));
        let mut axes = batch.axes();
        for i in 0..n {
            let near = (0..N).all(|k| comes_back(start[k][i], again[k][i]));
            if !near {
                axes.iter_mut().for_each(|axis| axis[i] = f64::NAN);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Folds the half-plane x < 0 onto x > 0: its inverse answers with the wrong point there.
    struct Fold;
    impl Transform for Fold {
        fn forward(&self, p: &mut Points<'_>) {
            p.each(|[x, y]| [x.abs(), y]);
        }
        fn inverse(&self, _: &mut Points<'_>) {}
    }

    #[test]
    fn a_fold_is_caught_by_the_round_trip() {
        let (mut x, mut y) = ([-5.0, -0.4, 3.0, f64::NAN], [0.0; 4]);
        Checked(Fold).forward(&mut Points::new([&mut x, &mut y]));
        assert!(x[0].is_nan() && y[0].is_nan());
        assert_eq!((x[1], x[2]), (0.4, 3.0));
        assert!(x[3].is_nan());
    }

    #[test]
    fn chains_undo_themselves() {
        struct Shift(f64);
        impl Transform for Shift {
            fn forward(&self, p: &mut Points<'_>) {
                p.each(|[x, y]| [x + self.0, y * 2.0]);
            }
            fn inverse(&self, p: &mut Points<'_>) {
                p.each(|[x, y]| [x - self.0, y / 2.0]);
            }
        }
        let t = Chain(Shift(1.0), Inverse(Shift(3.0)));
        let (mut x, mut y) = ([4.0], [5.0]);
        t.forward(&mut Points::new([&mut x, &mut y]));
        assert_eq!((x, y), ([2.0], [5.0]));
        t.inverse(&mut Points::new([&mut x, &mut y]));
        assert_eq!((x, y), ([4.0], [5.0]));
    }
}
