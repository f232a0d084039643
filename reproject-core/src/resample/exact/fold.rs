//! Inputs that fold: what of their pixels lies on the sheet that the output sees.
//!
//! Beyond the limb of a sphere the directions of an input come back upon those of its near side (the Sun seen by two observers).
//! There the input runs round the other way: the Jacobian of its lift changes its sign at the fold. Pixels that the fold
//! crosses are cut along it.

use super::mesh::{Run, Span, within};
use super::plane::{minus, unit};
use super::strip::LANES;
use crate::{Points, Projection};
use std::collections::BTreeMap;

/// Pixels that are asked which way round the sheet runs that comes back, at most: one is enough, if it tells.
const VOTERS: usize = 1 << 9;
/// Pieces of the fold in a pixel that it crosses.
const ALONG: usize = 4;
/// Half the step of a derivative, in pixels.
const STEP: f64 = 1.0 / 64.0;

type Vector = [f64; 3];

/// The part of a pixel that is seen.
pub(super) enum Part<'a> {
    Whole,
    Nothing,
    Polygon(&'a [Vector]),
}

/// The parts of a box of pixels that are seen.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    columns: Run,
    first_row: i64,
    /// +1 if pixels that are seen run anticlockwise in the sky, −1 if clockwise, 0 if none is seen.
    pub(super) sign: f64,
    states: Vec<State>,
    /// Pixels that are cut, by number.
    polygons: BTreeMap<usize, Vec<Vector>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Seen,
    Hidden,
    Cut,
}

impl Fold {
    /// Of pixels with these corners (unit vectors in C order; there may be more).
    pub(super) fn new(
        span: Span,
        corners: &[Vec<f64>],
        input: &dyn Projection,
        poles: [[Option<f64>; 2]; 2],
    ) -> Self {
        let pixels = Pixels { span, corners, input, poles };
        let ways: Vec<i8> = (0..pixels.count()).map(|pixel| pixels.way(pixel)).collect();
        let seen = pixels.seen(&ways);
        let mut states = Vec::with_capacity(ways.len());
        let mut open = Vec::new();
        for pixel in 0..ways.len() {
            states.push(match pixels.settled(pixel, &ways) {
                _ if ways[pixel] == 0 || seen == 0 => State::Hidden,
                Some(way) if way == seen => State::Seen,
                Some(_) => State::Hidden,
                None => {
                    open.push(pixel);
                    State::Cut
                }
            });
        }
        let mut fold = Fold {
            columns: span[0],
            first_row: span[1].0,
            sign: f64::from(seen),
            states,
            polygons: BTreeMap::new(),
        };
        fold.settle(&pixels, &open);
        fold
    }

    /// The part that is seen of the pixel at column `x`, row `y`.
    pub(super) fn part(&self, x: i64, y: i64) -> Part<'_> {
        let width = self.columns.1 - self.columns.0;
        let pixel = ((y - self.first_row) * width + x - self.columns.0) as usize;
        match self.states[pixel] {
            State::Seen => Part::Whole,
            State::Hidden => Part::Nothing,
            State::Cut => self.polygons.get(&pixel).map_or(Part::Nothing, |corners| Part::Polygon(corners)),
        }
    }

    /// Settles pixels by the sign of the Jacobian at their corners.
    fn settle(&mut self, pixels: &Pixels<'_>, open: &[usize]) {
        let mut corners: Vec<usize> = open.iter().flat_map(|&pixel| pixels.around(pixel)).collect();
        corners.sort_unstable();
        corners.dedup();
        let jacobians = pixels.jacobians(&corners);
        let at =
            |corner: usize| corners.binary_search(&corner).map_or(f64::NAN, |k| self.sign * jacobians[k]);
        let mut outlines = Vec::new();
        for &pixel in open {
            let around = pixels.around(pixel);
            let jacobians = around.map(at);
            self.states[pixel] = match jacobians.iter().filter(|&&j| j > 0.0).count() {
                0 => State::Hidden,
                4 => State::Seen,
                _ => {
                    outlines.push((pixel, pixels.outline(around, jacobians)));
                    State::Cut
                }
            };
        }
        let fold = outlines.iter().flat_map(|(_, outline)| outline).filter_map(|vertex| match vertex {
            Vertex::Corner(_) => None,
            Vertex::Fold(at) => Some(*at),
        });
        let (x, y) = fold.map(|[x, y]| (x, y)).unzip();
        let fold = pixels.lift(x, y);
        let mut lifted = (0..fold[0].len()).map(|i| fold.each_ref().map(|column| column[i]));
        for (pixel, outline) in outlines {
            let corners = outline.into_iter().filter_map(|vertex| match vertex {
                Vertex::Corner(corner) => Some(pixels.corner(corner)),
                Vertex::Fold(_) => lifted.next(),
            });
            self.polygons.insert(pixel, corners.collect());
        }
    }
}

/// A corner of a polygon: one of its pixel, by number, or a position on the fold.
enum Vertex {
    Corner(usize),
    Fold([f64; 2]),
}

fn between(a: [f64; 2], b: [f64; 2], t: f64) -> [f64; 2] {
    [0, 1].map(|k| t.mul_add(b[k] - a[k], a[k]))
}

/// A box of pixels and their corners.
struct Pixels<'a> {
    span: Span,
    corners: &'a [Vec<f64>],
    input: &'a dyn Projection,
    poles: [[Option<f64>; 2]; 2],
}

impl Pixels<'_> {
    fn width(&self) -> usize {
        (self.span[0].1 - self.span[0].0) as usize
    }

    fn height(&self) -> usize {
        (self.span[1].1 - self.span[1].0) as usize
    }

    fn count(&self) -> usize {
        self.width() * self.height()
    }

    /// The corners of a pixel, in order around it.
    fn around(&self, pixel: usize) -> [usize; 4] {
        let first = pixel / self.width() * (self.width() + 1) + pixel % self.width();
        let next = first + self.width() + 1;
        [first, first + 1, next + 1, next]
    }

    fn corner(&self, corner: usize) -> Vector {
        [0, 1, 2].map(|k| self.corners[k][corner])
    }

    /// Where a corner lies on the input.
    fn place(&self, corner: usize) -> [f64; 2] {
        let (row, column) = (corner / (self.width() + 1), corner % (self.width() + 1));
        let at = [self.span[0].0 + column as i64, self.span[1].0 + row as i64].map(|at| at as f64 - 0.5);
        [0, 1].map(|k| within(self.poles[k], at[k]))
    }

    /// Unit vectors to positions, asked together: a call may be dear.
    fn lift(&self, mut x: Vec<f64>, mut y: Vec<f64>) -> [Vec<f64>; 3] {
        let mut z = vec![0.0; x.len()];
        if !x.is_empty() {
            self.input.lift(&mut Points::new([&mut x[..], &mut y[..], &mut z[..]]));
        }
        [x, y, z]
    }

    /// The outline of the part of a pixel that is seen, from its corners and the Jacobians there.
    fn outline(&self, around: [usize; 4], jacobians: [f64; 4]) -> Vec<Vertex> {
        let next = |k: usize| (k + 1) % 4;
        let seen = jacobians.map(|j| j > 0.0);
        let crossing = |k: usize| {
            // From the same end for both pixels of the border: they agree to the last bit.
            let (a, b) = if around[k] < around[next(k)] { (k, next(k)) } else { (next(k), k) };
            // The Jacobian is all but linear along a border.
            let t = jacobians[a] / (jacobians[a] - jacobians[b]);
            between(self.place(around[a]), self.place(around[b]), t)
        };
        let entries: Vec<usize> = (0..4).filter(|&k| !seen[k] && seen[next(k)]).collect();
        let mut outline = Vec::with_capacity(LANES);
        for k in 0..4 {
            if seen[k] {
                outline.push(Vertex::Corner(around[k]));
            }
            if seen[k] == seen[next(k)] {
                continue;
            }
            let here = crossing(k);
            outline.push(Vertex::Fold(here));
            // Along the fold to where the outline comes back: all but straight on the input, it is bent in the sky.
            if let (true, &[entry]) = (seen[k], &entries[..]) {
                let there = crossing(entry);
                let part = |n: usize| Vertex::Fold(between(here, there, n as f64 / ALONG as f64));
                outline.extend((1..ALONG).map(part));
            }
        }
        outline
    }

    /// Which way round a pixel runs in the sky; 0 if it is not there.
    fn way(&self, pixel: usize) -> i8 {
        way(self.around(pixel).map(|corner| self.corner(corner)))
    }

    /// The way round that pixels run which come back from the sky as themselves; 0 if there are none.
    fn seen(&self, ways: &[i8]) -> i8 {
        let sparse = ((ways.len() as f64 / VOTERS as f64).sqrt().ceil() as usize).max(1);
        let first = self.votes(ways, sparse);
        let votes = if first == 0 && sparse > 1 { self.votes(ways, 1) } else { first };
        votes.signum() as i8
    }

    /// The votes of every so many pixels along both axes, by places within them: corners may lie on a seam or a pole.
    fn votes(&self, ways: &[i8], every: usize) -> i64 {
        const WITHIN: [[f64; 2]; 4] = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]];
        let rows = (0..self.height()).step_by(every);
        let pixels =
            rows.flat_map(|row| (0..self.width()).step_by(every).map(move |x| row * self.width() + x));
        let voters: Vec<usize> = pixels.filter(|&pixel| ways[pixel] != 0).collect();
        if voters.is_empty() {
            return 0;
        }
        let places = |k: usize| {
            let first = voters.iter().map(move |&pixel| self.place(self.around(pixel)[0])[k]);
            first.flat_map(move |first| WITHIN.map(|part| first + part[k])).collect::<Vec<f64>>()
        };
        let (x, y) = (places(0), places(1));
        let inner = voters.iter().flat_map(|&pixel| {
            let corners = self.around(pixel).map(|corner| self.corner(corner));
            WITHIN.map(|part| inside(corners, part))
        });
        let inner: Vec<Vector> = inner.collect();
        let sky: [Vec<f64>; 3] = [0, 1, 2].map(|k| inner.iter().map(|direction| direction[k]).collect());
        let [mut u, mut v, mut w] = sky.clone();
        self.input.project(&mut Points::new([&mut u[..], &mut v[..], &mut w[..]]));
        let vote = |voter: usize| {
            let at = [0, 1, 2, 3].map(|k| 4 * voter + k);
            let way = i64::from(way(at.map(|i| inner[i])));
            let area = |x: &[f64], y: &[f64]| {
                let [a, b, c, d] = at;
                (x[c] - x[a]) * (y[d] - y[b]) - (x[d] - x[b]) * (y[c] - y[a])
            };
            let back = at.iter().all(|&i| (u[i] - x[i]).abs().max((v[i] - y[i]).abs()) < 0.5);
            // What comes back mirrored lies on the other sheet; what comes back elsewhere tells nothing.
            let now = area(&u, &v) / area(&x, &y);
            if now > 0.0 && back {
                way
            } else if now < 0.0 && now > -2.0 {
                -way
            } else {
                0
            }
        };
        (0..voters.len()).map(vote).sum()
    }

    /// The way round that a pixel runs if all of its neighbours do the same. Then so does the map at all its corners: a sheet
    /// that ended near one of them would have turned the neighbour beyond.
    fn settled(&self, pixel: usize, ways: &[i8]) -> Option<i8> {
        let (width, height) = (self.width(), self.height());
        let (row, column) = (pixel / width, pixel % width);
        if row == 0 || column == 0 || row + 1 == height || column + 1 == width {
            return None;
        }
        let near = |row: usize| &ways[row * width + column - 1..row * width + column + 2];
        let all = (row - 1..row + 2).all(|row| near(row).iter().all(|&way| way == ways[pixel]));
        all.then(|| ways[pixel])
    }

    /// The Jacobian of the lift at some corners, by central differences; by one-sided ones where the sphere ends.
    fn jacobians(&self, corners: &[usize]) -> Vec<f64> {
        let places = || corners.iter().map(|&corner| self.place(corner));
        let x = places().flat_map(|[x, _]| [x - STEP, x + STEP, x, x]).collect();
        let y = places().flat_map(|[_, y]| [y, y, y - STEP, y + STEP]).collect();
        let about = self.lift(x, y);
        let each = |(k, &corner): (usize, &usize)| {
            let here = self.corner(corner);
            let [a, b, c, d] = [0, 1, 2, 3].map(|n| {
                let there = about.each_ref().map(|column| column[4 * k + n]);
                if there[0].is_nan() { here } else { there }
            });
            triple(minus(b, a), minus(d, c), here)
        };
        corners.iter().enumerate().map(each).collect()
    }
}

/// The direction to a place within a pixel, from those to its corners: a vote needs no better, and a lift may be dear.
fn inside([a, b, c, d]: [Vector; 4], [x, y]: [f64; 2]) -> Vector {
    let across = |from: Vector, to: Vector| [0, 1, 2].map(|k| x.mul_add(to[k] - from[k], from[k]));
    let (low, high) = (across(a, b), across(d, c));
    let sum = [0, 1, 2].map(|k| y.mul_add(high[k] - low[k], low[k]));
    // No direction, where corners have none or lie opposite to each other.
    unit(sum).unwrap_or([f64::NAN; 3])
}

fn triple(a: Vector, b: Vector, c: Vector) -> f64 {
    (0..3).map(|k| (a[k] * b[(k + 1) % 3] - a[(k + 1) % 3] * b[k]) * c[(k + 2) % 3]).sum()
}

/// 1 if corners run anticlockwise in the sky, −1 if clockwise, 0 if they are not there.
fn way([a, b, c, d]: [Vector; 4]) -> i8 {
    // That of the diagonals is that of the map in the middle.
    let middle = [0, 1, 2].map(|k| (a[k] + c[k]) + (b[k] + d[k]));
    let signed = triple(minus(c, a), minus(d, b), middle);
    i8::from(signed > 0.0) - i8::from(signed < 0.0)
}
