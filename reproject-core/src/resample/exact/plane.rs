//! The tangent plane of one output pixel: great circles are straight lines in it.

use super::strip::{self, Bent, Density, Edge, Flat, LANES, LARGE, SMALL};

/// Overlaps below this part of the output pixel's area are rounding noise.
const NOISE: f64 = 2e-14;
/// Directions with a smaller cosine from the centre of the plane are not on it.
const HORIZON: f64 = 1e-6;
/// The squared radius (radians) of an output pixel up to which a density is good: see [`strip`].
const FLAT: f64 = 1e-9;
const BENT: f64 = 2.5e-7;
const ROUND: f64 = 1e-3;

type Vector = [f64; 3];

#[inline(always)]
fn dot(a: Vector, b: Vector) -> f64 {
    a[0].mul_add(b[0], a[1].mul_add(b[1], a[2] * b[2]))
}

#[inline(always)]
fn minus(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

#[inline(always)]
fn times(a: Vector, s: f64) -> Vector {
    [a[0] * s, a[1] * s, a[2] * s]
}

#[inline(always)]
fn unit(a: Vector) -> Option<Vector> {
    let square = dot(a, a);
    if square > 0.0 { Some(times(a, 1.0 / square.sqrt())) } else { None }
}

#[inline(always)]
fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// An output pixel in its own tangent plane.
pub(super) struct Pixel {
    centre: Vector,
    axes: [Vector; 2],
    edges: [Edge; 4],
    /// Its solid angle.
    pub area: f64,
    /// The squared distance of its farthest corner, in the plane.
    radius: f64,
}

impl Pixel {
    /// The pixel with these corners, in order around it; `None` if it has no area or spans a hemisphere.
    #[inline(always)]
    pub(super) fn new(corners: [Vector; 4]) -> Option<Self> {
        // Written out: closures would leave the instruction set that the caller was compiled for.
        let [a, b, c, d] = corners;
        let sum = |k: usize| (a[k] + c[k]) + (b[k] + d[k]);
        let centre = unit([sum(0), sum(1), sum(2)])?;
        // The first axis along a diagonal: the borders of a square pixel then are not upright.
        let (one, other) = (minus(c, a), minus(d, b));
        let along = if dot(other, other) > dot(one, one) { other } else { one };
        let first = unit(minus(along, times(centre, dot(along, centre))))?;
        let axes = [first, cross(centre, first)];
        let mut pixel =
            Pixel { centre, axes, edges: strip::edges([0.0; 4], [0.0; 4]), area: 0.0, radius: 0.0 };
        let [a, b, c, d] = [pixel.project(a), pixel.project(b), pixel.project(c), pixel.project(d)];
        let (x, y) = ([a[0], b[0], c[0], d[0]], [a[1], b[1], c[1], d[1]]);
        for k in 0..4 {
            let square = x[k].mul_add(x[k], y[k] * y[k]);
            if square.is_nan() {
                return None;
            }
            pixel.radius = if square > pixel.radius { square } else { pixel.radius };
        }
        pixel.edges = strip::edges(x, y);
        pixel.area = pixel.with_density(Area { edges: &pixel.edges }).abs();
        // A border that crosses itself encloses nothing.
        if pixel.area > 1e-9 * pixel.radius.min(1.0) { Some(pixel) } else { None }
    }

    /// A direction in the plane; NaN where it is not on it.
    #[inline(always)]
    fn project(&self, v: Vector) -> [f64; 2] {
        // Differences from the centre first: they are exact where it matters.
        let d = [v[0] - self.centre[0], v[1] - self.centre[1], v[2] - self.centre[2]];
        let cosine = dot(self.centre, v);
        let scale = if cosine > HORIZON { 1.0 / cosine } else { f64::NAN };
        [dot(self.axes[0], d) * scale, dot(self.axes[1], d) * scale]
    }

    /// The chord from the centre to a direction, squared, if it is nearer than `limit` beyond the pixel's corners.
    #[inline(always)]
    pub(super) fn near(&self, v: Vector, limit: f64) -> bool {
        let d = minus(v, self.centre);
        // A chord is shorter than the distance in the plane.
        let reach = self.radius.sqrt() + limit;
        dot(d, d) <= reach * reach
    }

    #[inline(always)]
    fn with_density<F: WithDensity>(&self, f: F) -> F::Output {
        if self.radius <= FLAT {
            f.run(Flat)
        } else if self.radius <= BENT {
            f.run(Bent)
        } else if self.radius <= ROUND {
            f.run(SMALL)
        } else {
            f.run(LARGE)
        }
    }

    /// The overlaps with the pixels of a grid of `rows` × `columns` corners: calls `found(row, column, solid angle)`
    /// for those that are not zero.
    #[inline(always)]
    pub(super) fn overlaps(
        &self,
        local: &mut Local,
        [rows, columns]: [usize; 2],
        mut found: impl FnMut(usize, usize, f64),
    ) {
        let n = rows * columns;
        let padded = n.next_multiple_of(LANES);
        // Edges from the last corners on are not used, but must be there.
        let room = padded + columns + LANES;
        for column in local.plane.iter_mut().chain(&mut local.below) {
            if column.len() < room {
                column.resize(room, 0.0);
            }
        }
        let Local { corners: [vx, vy, vz], plane: [x, y], below: [along, across] } = local;
        for group in (0..padded).step_by(LANES) {
            let mut at = [[0.0; LANES]; 2];
            let mut v = [[0.0; LANES]; 3];
            for (v, column) in v.iter_mut().zip([&*vx, vy, vz]) {
                v.copy_from_slice(&column[group..group + LANES]);
            }
            for l in 0..LANES {
                [at[0][l], at[1][l]] = self.project([v[0][l], v[1][l], v[2][l]]);
            }
            x[group..group + LANES].copy_from_slice(&at[0]);
            y[group..group + LANES].copy_from_slice(&at[1]);
        }
        let (along, across) = (&mut along[..padded], &mut across[..padded]);
        self.with_density(Below { edges: &self.edges, x, y, columns, along, across });
        for row in 0..rows - 1 {
            for column in 0..columns - 1 {
                let i = row * columns + column;
                // Around the pixel: forwards along its lower and right border, backwards along the others. The sign is
                // that of both orientations.
                let overlap = ((along[i] - along[i + columns]) + (across[i + 1] - across[i])).abs();
                if overlap > NOISE * self.area {
                    found(row, column, overlap);
                }
            }
        }
    }
}

/// Scratch for one grid of corners.
#[derive(Default)]
pub(super) struct Local {
    /// Unit vectors to the corners in C order.
    corners: [Vec<f64>; 3],
    plane: [Vec<f64>; 2],
    below: [Vec<f64>; 2],
}

impl Local {
    /// Takes a grid of corners: `count` from each of the rows that start at `starts`. The columns go on for at least
    /// [`LANES`] beyond the last corner.
    #[inline(always)]
    pub(super) fn take(
        &mut self,
        from: &[Vec<f64>; 3],
        starts: impl Iterator<Item = usize> + Clone,
        count: usize,
    ) {
        let room = starts.clone().count() * count + 2 * LANES;
        for (to, from) in self.corners.iter_mut().zip(from) {
            if to.len() < room {
                to.resize(room, 0.0);
            }
            // Whole groups: what is too much is overwritten by the next row.
            for (row, start) in starts.clone().enumerate() {
                for group in (0..count).step_by(LANES) {
                    let to = &mut to[row * count + group..][..LANES];
                    to.copy_from_slice(&from[start + group..][..LANES]);
                }
            }
        }
    }
}

/// Work that is compiled once for every density.
trait WithDensity {
    type Output;
    fn run<D: Density>(self, density: D) -> Self::Output;
}

struct Area<'a> {
    edges: &'a [Edge; 4],
}

impl WithDensity for Area<'_> {
    type Output = f64;
    #[inline(always)]
    fn run<D: Density>(self, density: D) -> f64 {
        strip::area(self.edges, density)
    }
}

struct Below<'a> {
    edges: &'a [Edge; 4],
    x: &'a [f64],
    y: &'a [f64],
    columns: usize,
    along: &'a mut [f64],
    across: &'a mut [f64],
}

impl WithDensity for Below<'_> {
    type Output = ();
    #[inline(always)]
    fn run<D: Density>(self, density: D) {
        strip::below(self.edges, density, self.x, self.y, 1, self.along);
        strip::below(self.edges, density, self.x, self.y, self.columns, self.across);
    }
}
