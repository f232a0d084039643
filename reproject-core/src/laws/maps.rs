//! Laws of [`Transform`], [`Projection`] and [`PixelMap`].

use super::{Violation, demand};
use crate::{Coords, Grid, Lattice, PixelMap, Points, Projection, Region, Transform};

fn columns<const N: usize>(points: &[[f64; N]]) -> [Vec<f64>; N] {
    std::array::from_fn(|k| points.iter().map(|p| p[k]).collect())
}

fn apply<const N: usize>(points: &[[f64; N]], f: impl Fn(&mut Points<'_, N>)) -> Vec<[f64; N]> {
    let mut c = columns(points);
    f(&mut Points::new(c.each_mut().map(|c| &mut c[..])));
    (0..points.len()).map(|i| std::array::from_fn(|k| c[k][i])).collect()
}

/// `inverse(forward(p))` comes back to within `tolerance` of `p` on every axis, and at least half of the points have an
/// image.
///
/// # Errors
/// The first point that does not come back, or too many without an image.
pub fn transform_round_trip<const N: usize>(
    map: &(impl Transform<N> + ?Sized),
    points: &[[f64; N]],
    tolerance: f64,
) -> Result<(), Violation> {
    const LAW: &str = "a transform's inverse undoes it";
    let there = apply(points, |p| map.forward(p));
    let back = apply(&there, |p| map.inverse(p));
    let mut finite = 0;
    for ((p, q), b) in points.iter().zip(&there).zip(&back) {
        if q.iter().all(|v| v.is_finite()) {
            finite += 1;
            // Written so that NaN fails.
            let near = (0..N).all(|k| (b[k] - p[k]).abs() <= tolerance);
            demand(near, LAW, || format!("{p:?} goes to {q:?} and comes back as {b:?}"))?;
        }
    }
    demand(2 * finite >= points.len(), LAW, || {
        format!("only {finite} of {} points have an image", points.len())
    })
}

/// A point's image does not depend on the points that share its batch, bit for bit, and at least half have an image.
///
/// # Errors
/// The first point whose image changes.
pub fn transform_ignores_batches<const N: usize>(
    map: &(impl Transform<N> + ?Sized),
    points: &[[f64; N]],
) -> Result<(), Violation> {
    const LAW: &str = "a point's image does not depend on its batch";
    let together = apply(points, |p| map.forward(p));
    let mut finite = 0;
    for (i, p) in points.iter().enumerate() {
        let alone = apply(&[*p], |p| map.forward(p))[0];
        let same = (0..N).all(|k| {
            alone[k].to_bits() == together[i][k].to_bits() || alone[k].is_nan() && together[i][k].is_nan()
        });
        demand(same, LAW, || format!("{p:?} goes to {alone:?} alone and to {:?} in company", together[i]))?;
        finite += usize::from(alone.iter().all(|v| v.is_finite()));
    }
    demand(2 * finite >= points.len(), LAW, || {
        format!("only {finite} of {} points have an image", points.len())
    })
}

/// A point with a NaN on any axis has no image, in either direction, while `point` has one.
///
/// # Errors
/// The axis whose NaN is lost.
pub fn transform_keeps_nan<const N: usize>(
    map: &(impl Transform<N> + ?Sized),
    point: [f64; N],
) -> Result<(), Violation> {
    const LAW: &str = "no point has no image";
    let whole = apply(&[point], |p| map.forward(p))[0];
    demand(whole.iter().all(|v| v.is_finite()), LAW, || {
        format!("{point:?} should have an image, got {whole:?}")
    })?;
    for k in 0..N {
        let mut p = point;
        p[k] = f64::NAN;
        for (way, q) in
            [("forward", apply(&[p], |p| map.forward(p))[0]), ("inverse", apply(&[p], |p| map.inverse(p))[0])]
        {
            demand(q.iter().any(|v| v.is_nan()), LAW, || format!("{way} of {p:?} is {q:?}"))?;
        }
    }
    Ok(())
}

/// `lift` gives unit vectors that `project` brings back to within `tolerance` on both axes, and at least half of the
/// points lie on the sphere.
///
/// # Errors
/// The first point that does not come back, or too many off the sphere.
pub fn projection_round_trip(
    map: &(impl Projection + ?Sized),
    points: &[[f64; 2]],
    tolerance: f64,
) -> Result<(), Violation> {
    const LAW: &str = "a projection's lift gives unit vectors that project brings back";
    let flat: Vec<[f64; 3]> = points.iter().map(|p| [p[0], p[1], 0.0]).collect();
    let sky = apply(&flat, |p| map.lift(p));
    let back = apply(&sky, |p| map.project(p));
    let mut finite = 0;
    for ((p, s), b) in points.iter().zip(&sky).zip(&back) {
        if s.iter().all(|v| v.is_finite()) {
            finite += 1;
            let length = s.iter().map(|v| v * v).sum::<f64>().sqrt();
            demand((length - 1.0).abs() <= 1e-12, LAW, || {
                format!("{p:?} is lifted to {s:?}, of length {length}")
            })?;
            let near = (0..2).all(|k| (b[k] - p[k]).abs() <= tolerance);
            demand(near, LAW, || format!("{p:?} is lifted to {s:?} and comes back as {:?}", &b[..2]))?;
        }
    }
    demand(2 * finite >= points.len(), LAW, || {
        format!("only {finite} of {} points lie on the sphere", points.len())
    })
}

/// A pixel map has a period and poles for every axis of every group, and positions that do not depend on the block that asks,
/// bit for bit: an output of `shape` is asked for whole and in blocks of `block`. At least half of the positions are finite.
///
/// # Errors
/// The first group or position that differs.
pub fn pixel_map_ignores_blocks(
    map: &dyn PixelMap,
    shape: &[usize],
    block: &[usize],
) -> Result<(), Violation> {
    const LAW: &str = "a position does not depend on the block that asks";
    for (group, axes) in map.groups().into_iter().enumerate() {
        let told = [map.period(group).len(), map.poles(group).len()];
        demand(told == [axes; 2], LAW, || {
            let [periods, poles] = told;
            format!("group {group} has {axes} axes, {periods} periods and {poles} pairs of poles")
        })?;
    }
    let lattice = Lattice::CENTRES;
    let whole = Coords::new(&Region::whole(shape), lattice, map);
    let columns = || whole.groups.iter().flat_map(|group| &group.columns);
    let (all, finite) = (columns().flatten().count(), columns().flatten().filter(|x| x.is_finite()).count());
    demand(2 * finite >= all, LAW, || format!("only {finite} of {all} positions are finite"))?;
    let blocks = Grid::new(shape, block).map_err(|e| Violation { law: LAW, what: e.to_string() })?;
    for block in blocks.iter() {
        let (alone, part) = (Coords::new(&block, lattice, map), whole.part(&block));
        for (number, (a, b)) in alone.groups.iter().zip(&part.groups).enumerate() {
            let pairs = a.columns.iter().flatten().zip(b.columns.iter().flatten());
            for (a, b) in pairs {
                demand(a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(), LAW, || {
                    format!("group {number}, {block}: {a} alone and {b} in company")
                })?;
            }
        }
    }
    map.failure().map_or(Ok(()), |e| Err(Violation { law: LAW, what: e.to_string() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A transform from two closures.
    struct Map<F, G>(F, G);
    impl<F: Fn([f64; 2]) -> [f64; 2] + Send + Sync, G: Fn([f64; 2]) -> [f64; 2] + Send + Sync> Transform
        for Map<F, G>
    {
        fn forward(&self, p: &mut Points<'_>) {
            p.each(&self.0);
        }
        fn inverse(&self, p: &mut Points<'_>) {
            p.each(&self.1);
        }
    }
    /// Adds the batch's first x to every x.
    struct Gossip;
    impl Transform for Gossip {
        fn forward(&self, p: &mut Points<'_>) {
            let first = p.get(0)[0];
            p.each(|[x, y]| [x + first, y]);
        }
        fn inverse(&self, _: &mut Points<'_>) {}
    }
    const POINTS: [[f64; 2]; 3] = [[1.0, 2.0], [-3.5, 0.25], [100.0, 7.0]];

    #[test]
    fn broken_transforms_are_rejected() {
        let good = Map(|[x, y]: [f64; 2]| [2.0 * x, y - 1.0], |[x, y]: [f64; 2]| [x / 2.0, y + 1.0]);
        transform_round_trip(&good, &POINTS, 1e-12).unwrap();
        transform_ignores_batches(&good, &POINTS).unwrap();
        transform_keeps_nan(&good, POINTS[0]).unwrap();
        let off = Map(|[x, y]: [f64; 2]| [2.0 * x, y], |[x, y]: [f64; 2]| [x / 2.0 + 0.01, y]);
        assert!(transform_round_trip(&off, &POINTS, 1e-3).unwrap_err().what.contains("comes back"));
        let mute = Map(|_| [f64::NAN; 2], |p| p);
        assert!(transform_round_trip(&mute, &POINTS, 1.0).unwrap_err().what.contains("0 of 3"));
        assert!(transform_ignores_batches(&Gossip, &POINTS).is_err());
        let deaf = Map(|[x, _]: [f64; 2]| [x, 0.0], |p| p);
        assert!(transform_keeps_nan(&deaf, POINTS[0]).unwrap_err().what.contains("forward"));
    }

    #[test]
    fn broken_pixel_maps_are_rejected() {
        use crate::{Axes, Identity};
        struct Short;
        impl PixelMap for Short {
            fn groups(&self) -> Vec<usize> {
                vec![2]
            }
            fn map(&self, _: usize, _: &mut [&mut [f64]]) {}
            fn period(&self, _: usize) -> Vec<Option<f64>> {
                vec![None]
            }
        }
        let (shape, block) = ([3, 20, 30], [2, 7, 11]);
        pixel_map_ignores_blocks(&Axes::<2, _>::new(Identity), &shape, &block).unwrap();
        assert!(pixel_map_ignores_blocks(&Axes::<2, _>::new(Gossip), &shape, &block).is_err());
        let short = pixel_map_ignores_blocks(&Short, &shape, &block).unwrap_err();
        assert!(short.what.contains("2 axes, 1 periods"));
    }

    /// The gnomonic projection about +z, scaled on the way down by `stretch`.
    struct Gnomonic {
        stretch: f64,
        length: f64,
    }
    impl Projection for Gnomonic {
        fn lift(&self, p: &mut Points<'_, 3>) {
            p.each(|[x, y, _]| {
                let w = self.length / (1.0 + x * x + y * y).sqrt();
                [x * w, y * w, w]
            });
        }
        fn project(&self, p: &mut Points<'_, 3>) {
            p.each(|[u, v, w]| [u / w * self.stretch, v / w, w]);
        }
    }

    #[test]
    fn broken_projections_are_rejected() {
        projection_round_trip(&Gnomonic { stretch: 1.0, length: 1.0 }, &POINTS, 1e-12).unwrap();
        assert!(projection_round_trip(&Gnomonic { stretch: 1.1, length: 1.0 }, &POINTS, 1e-12).is_err());
        let long = projection_round_trip(&Gnomonic { stretch: 1.0, length: 1.1 }, &POINTS, 1e-12);
        assert!(long.unwrap_err().what.contains("of length"));
        let none = projection_round_trip(&Gnomonic { stretch: 1.0, length: f64::NAN }, &POINTS, 1e-12);
        assert!(none.unwrap_err().what.contains("0 of 3"));
    }
}
