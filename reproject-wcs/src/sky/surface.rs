//! Images of the surface of one sphere from two places: the Sun as two observers see it, or a map of it as one of them does.

use crate::stages::unit;
use reproject_core::{Error, Mat3, Points, Projection, Result, each};
use serde::{Deserialize, Serialize};

/// A place that directions to the surface of a sphere are taken from: outside of it, with its centre in direction (1, 0, 0), or
/// the centre itself.
///
/// A direction from outside means the nearer of the two points that it meets (Thompson 2006, A&A 449, 791, section 4.1), and
/// none beyond the limb.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Viewpoint {
    distance: f64,
    radius: f64,
}

impl Viewpoint {
    /// A place at some distance from the centre of a sphere; of both only the ratio to other lengths matters.
    ///
    /// # Errors
    /// If the radius is not positive, or the place lies within the sphere but not at its centre.
    pub fn new(distance: f64, radius: f64) -> Result<Self> {
        if !(radius > 0.0 && radius.is_finite()) {
            return Err(Error::invalid("radius", format!("{radius} is not that of a sphere")));
        }
        if distance == 0.0 || (distance > radius && distance.is_finite()) {
            return Ok(Self { distance, radius });
        }
        let why = format!("{distance} is neither 0, the centre, nor outside of a sphere of radius {radius}");
        Err(Error::invalid("distance", why))
    }

    /// The point of the surface in a direction (unit vector); NaN if there is none.
    fn point(&self, direction: [f64; 3]) -> [f64; 3] {
        let [_, y, z] = direction;
        // The ray passes the centre at distance · sin(angle): no difference of large squares.
        let past = self.distance * (y * y + z * z).sqrt();
        let depth = ((self.radius - past) * (self.radius + past)).sqrt();
        let along = match self.distance {
            0.0 => self.radius,
            distance => distance * direction[0] - depth,
        };
        // Whoever looks away sees nothing.
        let along = if along > 0.0 { along } else { f64::NAN };
        direction.map(|v| along * v)
    }
}

/// An image of the surface of a sphere in the directions from another place, as a projection between its pixels (0-based, x
/// first) and unit vectors.
///
/// Points on the far side of the other place have directions too, those of points on its near side: [`Projection::folds`]. The
/// near side alone comes back.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface<P> {
    image: P,
    here: Viewpoint,
    there: Viewpoint,
    rotation: Mat3,
    shift: [f64; 3],
}

impl<P> Surface<P> {
    /// An `image` in directions from `here`, seen from `there`. A point at p in the coordinates of `here` (origin at the place,
    /// in the units of its distance) is at `rotation` p + `shift` in those of `there`; `rotation` may mirror.
    ///
    /// ```
    /// use reproject_core::{Mat3, Points, Projection};
    /// use reproject_wcs::{Surface, Viewpoint};
    ///
    /// /// Directions themselves.
    /// struct Sky;
    /// impl Projection for Sky {
    ///     fn lift(&self, _: &mut Points<'_, 3>) {}
    ///     fn project(&self, _: &mut Points<'_, 3>) {}
    /// }
    ///
    /// // A sphere of radius 1, from a distance of 2 and from its centre.
    /// let (here, there) = (Viewpoint::new(2.0, 1.0)?, Viewpoint::new(0.0, 1.0)?);
    /// let surface = Surface::new(Sky, here, there, Mat3::IDENTITY, [-2.0, 0.0, 0.0]);
    /// let (mut x, mut y, mut z) = ([1.0, 0.75f64.sqrt()], [0.0, 0.5], [0.0; 2]);
    /// surface.lift(&mut Points::new([&mut x, &mut y, &mut z]));
    /// // The near pole is in front; at 30 degrees from the centre lies the limb, 120 degrees from the far pole.
    /// assert_eq!((x[0], y[0]), (-1.0, 0.0));
    /// assert!((x[1] + 0.5).abs() < 1e-7 && (y[1] - 0.75f64.sqrt()).abs() < 1e-7);
    /// # Ok::<(), reproject_core::Error>(())
    /// ```
    pub fn new(image: P, here: Viewpoint, there: Viewpoint, rotation: Mat3, shift: [f64; 3]) -> Self {
        Self { image, here, there, rotation, shift }
    }
}

impl<P: Projection> Projection for Surface<P> {
    fn lift(&self, points: &mut Points<'_, 3>) {
        self.image.lift(points);
        each!(points, |direction| {
            let turned = self.rotation * self.here.point(direction);
            unit([0, 1, 2].map(|k| turned[k] + self.shift[k]))
        });
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        let back = self.rotation.transpose();
        each!(points, |direction| {
            let point = self.there.point(direction);
            unit(back * [0, 1, 2].map(|k| point[k] - self.shift[k]))
        });
        self.image.project(points);
    }
    fn period(&self) -> [Option<f64>; 2] {
        self.image.period()
    }
    fn folds(&self) -> bool {
        // From the centre every point has a direction of its own.
        self.image.folds() || self.there.distance > 0.0
    }
    fn failure(&self) -> Option<Error> {
        self.image.failure()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug)]
    struct Sky;
    impl Projection for Sky {
        fn lift(&self, _: &mut Points<'_, 3>) {}
        fn project(&self, _: &mut Points<'_, 3>) {}
    }

    fn run(map: impl Fn(&mut Points<'_, 3>), at: [f64; 3]) -> [f64; 3] {
        let [mut x, mut y, mut z] = at.map(|v| [v]);
        map(&mut Points::new([&mut x, &mut y, &mut z]));
        [x[0], y[0], z[0]]
    }

    /// Two observers at distances a and b, an angle apart about the axis of rotation of the sphere.
    fn apart(a: f64, b: f64, angle: f64, radius: f64) -> Surface<Sky> {
        let (here, there) = (Viewpoint::new(a, radius).unwrap(), Viewpoint::new(b, radius).unwrap());
        // Coordinates about the centre, then about the other place.
        let rotation = Mat3::rotation(2, angle);
        let centre = rotation * [a, 0.0, 0.0];
        Surface::new(Sky, here, there, rotation, [b - centre[0], -centre[1], -centre[2]])
    }

    #[test]
    fn the_ray_meets_the_near_side() {
        let place = Viewpoint::new(215.0, 1.0).unwrap();
        for angle in [0.0f64, 1e-5, 1e-3, 4.6e-3] {
            let point = place.point([angle.cos(), angle.sin() * 0.6, angle.sin() * 0.8]);
            let from_centre = [point[0] - 215.0, point[1], point[2]];
            let length = from_centre.iter().map(|v| v * v).sum::<f64>().sqrt();
            assert!((length - 1.0).abs() < 1e-12, "{angle}: {length}");
            assert!(from_centre[0] <= 0.0, "{angle}: the far side");
        }
        for beyond in [4.7e-3f64, 1.0, std::f64::consts::PI] {
            assert!(place.point([beyond.cos(), beyond.sin(), 0.0])[0].is_nan(), "{beyond}");
        }
    }

    #[test]
    fn what_both_see_comes_back() {
        let surface = apart(215.0, 140.0, 0.4, 1.0);
        for (y, z) in [(0.0, 0.0), (1e-3, -2e-3), (-4e-3, 1e-3)] {
            let direction = unit([1.0, y, z]);
            let other = run(|p| surface.lift(p), direction);
            let back = run(|p| surface.project(p), other);
            for k in 0..3 {
                assert!((back[k] - direction[k]).abs() < 1e-14, "{direction:?} {back:?}");
            }
        }
    }

    #[test]
    fn the_far_side_folds() {
        // Seen from behind, the middle of the disk lies in the middle again, on the other side.
        let surface = apart(215.0, 215.0, std::f64::consts::PI, 1.0);
        assert!(surface.folds());
        let other = run(|p| surface.lift(p), [1.0, 0.0, 0.0]);
        assert!((other[0] - 1.0).abs() < 1e-14);
        // What lies there for that observer is what the first one does not see.
        let near = unit([1.0, 1e-3, 0.0]);
        let seen = run(|p| surface.lift(p), near);
        let back = run(|p| surface.project(p), seen);
        assert!((back[1] - near[1]).abs() > 1e-6, "{back:?}");
    }

    #[test]
    fn places_within_the_sphere_are_refused() {
        for (distance, radius) in
            [(0.5, 1.0), (1.0, 1.0), (-2.0, 1.0), (f64::NAN, 1.0), (2.0, 0.0), (2.0, f64::NAN)]
        {
            assert!(Viewpoint::new(distance, radius).is_err(), "{distance} {radius}");
        }
    }
}
