//! The tangent plane of one output pixel: great circles are straight lines in it.

use super::fold::{Fold, Part};
use super::strip::{self, Bent, Density, Edge, Flat, LANES, LARGE, SMALL};

/// Overlaps below this part of the output pixel's area are rounding noise.
const NOISE: f64 = 1e-13;
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
pub(super) fn minus(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

#[inline(always)]
fn times(a: Vector, s: f64) -> Vector {
    [a[0] * s, a[1] * s, a[2] * s]
}

#[inline(always)]
pub(super) fn unit(a: Vector) -> Option<Vector> {
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

    /// Places the corners of a grid in the plane: the first of three steps, each of which is done for several pixels
    /// before the next, so that no step waits for what the one before has just stored.
    #[inline(always)]
    pub(super) fn place(&self, grid: &Grid, local: &mut Local) {
        let Local { corners: [vx, vy, vz], plane: [x, y], .. } = local;
        for group in (grid.start..grid.start + grid.padded()).step_by(LANES) {
            let here = group..group + LANES;
            let mut at = [[0.0; LANES]; 2];
            let mut v = [[0.0; LANES]; 3];
            v[0].copy_from_slice(&vx[here.clone()]);
            v[1].copy_from_slice(&vy[here.clone()]);
            v[2].copy_from_slice(&vz[here.clone()]);
            for l in 0..LANES {
                [at[0][l], at[1][l]] = self.project([v[0][l], v[1][l], v[2][l]]);
            }
            x[here.clone()].copy_from_slice(&at[0]);
            y[here].copy_from_slice(&at[1]);
        }
    }

    /// Finds what lies within the pixel and below every edge of a grid: the second step.
    #[inline(always)]
    pub(super) fn cut(&self, grid: &Grid, local: &mut Local) {
        let Local { plane: [x, y], below: [along, across], .. } = local;
        let (here, room) = (grid.start..grid.start + grid.padded(), grid.start..grid.start + grid.room());
        self.with_density(Below {
            edges: &self.edges,
            x: &x[room.clone()],
            y: &y[room],
            columns: grid.columns,
            along: &mut along[here.clone()],
            across: &mut across[here],
        });
    }

    /// Calls `found(row, column, solid angle)` for the overlaps with the pixels of a grid that are not zero: the last step.
    /// The first of them lies at column and row `at` of the input, which may be one that folds.
    #[inline(always)]
    pub(super) fn overlaps_seen(
        &self,
        grid: &Grid,
        local: &Local,
        fold: Option<&Fold>,
        at: [i64; 2],
        found: impl FnMut(usize, usize, f64),
    ) {
        match fold {
            None => self.overlaps(grid, local, found),
            Some(fold) => self.overlaps_of_sheet(grid, local, fold, at, found),
        }
    }

    #[inline(always)]
    fn overlaps(&self, grid: &Grid, local: &Local, mut found: impl FnMut(usize, usize, f64)) {
        let [along, across] = &local.below;
        for row in 0..grid.rows - 1 {
            for column in 0..grid.columns - 1 {
                let i = grid.start + row * grid.columns + column;
                // Around the pixel: forwards along its lower and right border, backwards along the others. The sign is
                // that of both orientations.
                let overlap = ((along[i] - along[i + grid.columns]) + (across[i + 1] - across[i])).abs();
                if overlap > NOISE * self.area {
                    found(row, column, overlap);
                }
            }
        }
    }

    /// The overlaps with what is seen of pixels. Beside the fold a polygon may be so thin that it runs the other way round
    /// than its sheet: its neighbours then have what there is of it.
    fn overlaps_of_sheet(
        &self,
        grid: &Grid,
        local: &Local,
        fold: &Fold,
        [x, y]: [i64; 2],
        mut found: impl FnMut(usize, usize, f64),
    ) {
        let [along, across] = &local.below;
        let sign = fold.sign * strip::area(&self.edges, Flat).signum();
        for row in 0..grid.rows - 1 {
            for column in 0..grid.columns - 1 {
                let i = grid.start + row * grid.columns + column;
                let signed = match fold.part(x + column as i64, y + row as i64) {
                    Part::Nothing => continue,
                    Part::Whole => (along[i] - along[i + grid.columns]) + (across[i + 1] - across[i]),
                    Part::Polygon(corners) => self.signed(corners),
                };
                if sign * signed > NOISE * self.area {
                    found(row, column, sign * signed);
                }
            }
        }
    }

    /// The overlap with a polygon of at most [`LANES`] corners; its sign is that of both orientations.
    fn signed(&self, corners: &[Vector]) -> f64 {
        let (mut x, mut y, mut below) = ([0.0; 2 * LANES], [0.0; 2 * LANES], [[0.0; LANES]; 2]);
        for i in 0..2 * LANES {
            [x[i], y[i]] = self.project(corners[if i < corners.len() { i } else { 0 }]);
        }
        let reach = self.radius.sqrt();
        let beyond = |at: &[f64]| at.iter().all(|&v| v > reach) || at.iter().all(|&v| v < -reach);
        if beyond(&x) || beyond(&y) {
            return 0.0;
        }
        let [along, across] = &mut below;
        self.with_density(Below { edges: &self.edges, x: &x, y: &y, columns: 1, along, across });
        along.iter().sum()
    }
}

/// A grid of corners in [`Local`].
pub(super) struct Grid {
    start: usize,
    rows: usize,
    columns: usize,
}

impl Grid {
    /// The corners, in whole groups.
    fn padded(&self) -> usize {
        (self.rows * self.columns).next_multiple_of(LANES)
    }

    /// The number of edges that are read: those from the last corners on are not used, but must be there.
    fn room(&self) -> usize {
        self.padded() + self.columns + LANES
    }
}

/// Scratch for grids of corners.
#[derive(Default)]
pub(super) struct Local {
    /// Unit vectors to the corners in C order, then their places in the plane, then what lies below the edges that start
    /// there.
    corners: [Vec<f64>; 3],
    plane: [Vec<f64>; 2],
    below: [Vec<f64>; 2],
    used: usize,
}

impl Local {
    /// Forgets all grids.
    pub(super) fn clear(&mut self) {
        self.used = 0;
    }

    /// How much is in use.
    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// Takes a grid of corners: `count` from each of the rows that start at `starts`. The columns go on for at least
    /// [`LANES`] beyond the last corner.
    #[inline(always)]
    pub(super) fn take(
        &mut self,
        from: &[Vec<f64>; 3],
        starts: impl ExactSizeIterator<Item = usize>,
        count: usize,
    ) -> Grid {
        let grid = Grid { start: self.used, rows: starts.len(), columns: count };
        self.used += grid.room().next_multiple_of(LANES);
        let size = self.used + LANES;
        if self.corners[0].len() < size {
            self.corners
                .iter_mut()
                .chain(&mut self.plane)
                .chain(&mut self.below)
                .for_each(|c| c.resize(size, 0.0));
        }
        let [tx, ty, tz] = &mut self.corners;
        let [fx, fy, fz] = from;
        // Whole groups: what is too much is overwritten by the next row.
        for (row, start) in starts.enumerate() {
            for group in (0..count).step_by(LANES) {
                let (to, from) = (grid.start + row * count + group, start + group);
                tx[to..to + LANES].copy_from_slice(&fx[from..from + LANES]);
                ty[to..to + LANES].copy_from_slice(&fy[from..from + LANES]);
                tz[to..to + LANES].copy_from_slice(&fz[from..from + LANES]);
            }
        }
        grid
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
