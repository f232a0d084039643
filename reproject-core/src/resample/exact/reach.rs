//! Which input pixels each output pixel can overlap, before any area is computed.
//!
//! The box around the corners' positions is not enough: the borders of pixels are great circles, curved on the other
//! grid. How far they bulge is measured at the middle of every output border, and at samples of the input grid.

use super::bulge::bulges;
use crate::{Coords, Kernel, Points, Projection, coords::Group, dispatch};

/// Bulges are taken this many times as large as measured at the middle of a border.
pub(super) const SAFETY: f64 = 2.0;
/// Every how many sites borders are sampled.
pub(super) const SAMPLE: usize = 8;
/// The largest deviation of any border of a block, in pixels, that leaves nothing to look at pixel by pixel: no seam, pole
/// or limb is near.
const TAME: f64 = 0.25;
/// The largest deviation of sampled borders from which it follows that none deviates by more than [`TAME`]: towards a pole
/// they grow with the square of the distance.
const ALMOST: f64 = 0.02;
const LANES: usize = 8;

/// The input pixels that an output pixel can overlap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Range {
    /// None: the pixel has no corner on the sky or on the input.
    Nowhere,
    /// First and last pixel along x, then along y; beyond the period or the edge of the input if need be.
    Box([[f64; 2]; 2]),
    /// Any: a pole, a limb or the far side of a seam lies in the pixel or near it.
    Anywhere,
}

/// The corners of the output pixels of a block, and the input pixels they can overlap.
pub(super) struct Reach {
    /// Unit vectors to the corners, in C order.
    pub corners: [Vec<f64>; 3],
    /// One range a pixel, in C order.
    pub ranges: Vec<Range>,
}

impl Reach {
    /// `None` unless the map has one group of two axes.
    pub(super) fn new(at: &Coords, input: &dyn Projection, output: &dyn Projection) -> Option<Self> {
        let survey = Survey::new(at, input, output)?;
        let mut ranges = Vec::with_capacity(survey.corners[0].len());
        match survey.tame {
            Some(margin) => dispatch(Boxes { group: survey.group, margin, ranges: &mut ranges }),
            None => ranges.extend(survey.pixels().map(|(range, _)| range)),
        }
        Some(Reach { corners: survey.corners, ranges })
    }

    /// How far ranges reach beyond corners, along x and y; infinite if any range is everywhere.
    pub(super) fn margin(at: &Coords, input: &dyn Projection, output: &dyn Projection) -> Option<[f64; 2]> {
        if let Some(margin) = sample(at, input, output) {
            return Some(margin);
        }
        let survey = Survey::new(at, input, output)?;
        let margin = survey.tame.unwrap_or_else(|| {
            let wider = |a: [f64; 2], (_, b): (Range, [f64; 2])| [a[0].max(b[0]), a[1].max(b[1])];
            survey.pixels().fold(survey.bulge, wider)
        });
        Some(margin.map(|m| m + 1.0))
    }
}

/// The margin of a block whose borders are all but straight, from some of them: half a pixel for what lies between.
/// `None` where a closer look is needed.
fn sample(at: &Coords, input: &dyn Projection, output: &dyn Projection) -> Option<[f64; 2]> {
    let [group] = &at.groups[..] else { return None };
    let width = *group.shape.get(1)?;
    let first = |k: usize| at.block.start[group.axis + k] as f64 + at.lattice.offset;
    let borders = some_borders(group);
    let ends = || borders.iter().flatten();
    let x = ends().map(|i| first(1) + (i % width) as f64).collect();
    let y = ends().map(|i| first(0) + (i / width) as f64).collect();
    let [mx, my, _] = halfway(lift_points(x, y, output), input);
    if !all_straight(group, &borders, [&mx, &my]) {
        return None;
    }
    let bulge = bulges(group, input, false);
    Some(sampled_margin(bulge).map(|m| m + 1.0))
}

/// How far ranges reach beyond corners where some borders are all but straight.
pub(super) fn sampled_margin(bulge: [f64; 2]) -> [f64; 2] {
    bulge.map(|b| b + SAFETY * TAME)
}

/// The sites that some borders of a block lead from and to.
pub(super) fn some_borders(group: &Group) -> Vec<[usize; 2]> {
    let (height, width) = (group.shape[0], group.shape[1]);
    let steps = |n: usize| (0..n - 1).step_by(SAMPLE).chain(n.checked_sub(2));
    let sites = steps(height).flat_map(|row| steps(width).map(move |column| row * width + column));
    sites.flat_map(|i| [[i, i + 1], [i, i + width]]).collect()
}

/// Whether all sites of a block are somewhere, and the middles of borders all but where straight ones have them.
pub(super) fn all_straight(group: &Group, borders: &[[usize; 2]], [mx, my]: [&[f64]; 2]) -> bool {
    let [px, py] = &group.columns[..] else { return false };
    let known = px.iter().chain(py).all(|at| !at.is_nan());
    // Written so that NaN fails.
    let near =
        |from: &[f64], [i, j]: [usize; 2], middle: f64| (middle - 0.5 * (from[i] + from[j])).abs() <= ALMOST;
    known && borders.iter().enumerate().all(|(k, &border)| near(px, border, mx[k]) && near(py, border, my[k]))
}

/// Positions on the input of the middles between every other point and the next.
pub(super) fn halfway(ends: [Vec<f64>; 3], input: &dyn Projection) -> [Vec<f64>; 3] {
    let mut middle = between(ends);
    let [x, y, z] = &mut middle;
    Points::new([&mut x[..], &mut y[..], &mut z[..]]).batches(|batch| input.project(batch));
    middle
}

/// Unit vectors halfway between every other one and the next.
pub(super) fn between(ends: [Vec<f64>; 3]) -> [Vec<f64>; 3] {
    let mut middle =
        ends.map(|column| column.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect::<Vec<_>>());
    let [x, y, z] = &mut middle;
    normalise(&mut Points::new([&mut x[..], &mut y[..], &mut z[..]]));
    middle
}

/// The borders of a block's pixels on the input.
pub(super) struct Survey<'a> {
    pub(super) group: &'a Group,
    pub(super) corners: [Vec<f64>; 3],
    /// Positions of the middles of borders, along rows and across them.
    pub(super) along: [Vec<f64>; 3],
    pub(super) across: [Vec<f64>; 3],
    pub(super) bulge: [f64; 2],
    /// The margin that does for every pixel, if no border is curved by more than a fraction of a pixel, and all are there.
    pub(super) tame: Option<[f64; 2]>,
}

impl<'a> Survey<'a> {
    fn new(at: &'a Coords, input: &dyn Projection, output: &dyn Projection) -> Option<Self> {
        let [group] = &at.groups[..] else { return None };
        let [_, _] = &group.columns[..] else { return None };
        let corners = lift(at, group, output);
        let along = middles(&corners, 1, input);
        let across = middles(&corners, group.shape[1], input);
        let sag = dispatch(Sags { group, along: &along, across: &across });
        let bulge = bulges(group, input, sag.is_none());
        let tame = sag.map(|sag| [0, 1].map(|k| SAFETY * sag[k] + bulge[k]));
        Some(Survey { group, corners, along, across, bulge, tame })
    }

    /// The range of every pixel, and how far it reaches beyond the corners.
    pub(super) fn pixels(&self) -> impl Iterator<Item = (Range, [f64; 2])> + '_ {
        let (height, width) = (self.group.shape[0], self.group.shape[1]);
        let sites = (1..height).flat_map(move |row| (1..width).map(move |c| (row - 1) * width + c - 1));
        sites.map(move |i| {
            let corner = [i, i + 1, i + width + 1, i + width];
            if !corner.iter().all(|&i| self.corners[2][i].is_finite()) {
                return (Range::Nowhere, [0.0; 2]);
            }
            let of = |columns: &[Vec<f64>], i: usize| [columns[0][i], columns[1][i]];
            let middle = [
                of(&self.along, i),
                of(&self.across, i + 1),
                of(&self.along, i + width),
                of(&self.across, i),
            ];
            range(corner.map(|i| of(&self.group.columns, i)), middle, &self.group.period, self.bulge)
        })
    }
}

/// How far borders deviate from straight ones at their middles, along x and y; `None` if any is nowhere or deviates by
/// more than [`TAME`].
struct Sags<'a> {
    group: &'a Group,
    along: &'a [Vec<f64>; 3],
    across: &'a [Vec<f64>; 3],
}

impl Kernel for Sags<'_> {
    type Output = Option<[f64; 2]>;
    #[inline(always)]
    fn run(self) -> Self::Output {
        let (height, width) = (self.group.shape[0], self.group.shape[1]);
        let mut worst = [0.0; 2];
        for k in 0..2 {
            let from = &self.group.columns[k];
            for (middles, step) in [(&self.along[k], 1), (&self.across[k], width)] {
                let (rows, columns) = if step == 1 { (height, width - 1) } else { (height - 1, width) };
                for row in 0..rows {
                    let start = row * width;
                    let a = &from[start..start + columns];
                    let b = &from[start + step..start + step + columns];
                    let m = &middles[start..start + columns];
                    let mut lanes = [0.0; LANES];
                    let mut lost = false;
                    for i in 0..columns {
                        let d = (m[i] - 0.5 * (a[i] + b[i])).abs();
                        lost |= d.is_nan();
                        let lane = &mut lanes[i % LANES];
                        *lane = if d > *lane { d } else { *lane };
                    }
                    if lost {
                        return None;
                    }
                    worst[k] = lanes.into_iter().fold(worst[k], f64::max);
                }
            }
        }
        (worst[0] <= TAME && worst[1] <= TAME).then_some(worst)
    }
}

/// Boxes around the corners of every pixel, with one margin.
struct Boxes<'a> {
    group: &'a Group,
    margin: [f64; 2],
    ranges: &'a mut Vec<Range>,
}

impl Kernel for Boxes<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (height, width) = (self.group.shape[0], self.group.shape[1]);
        for row in 1..height {
            for i in (row - 1) * width..row * width - 1 {
                let mut span = [[0.0; 2]; 2];
                for k in 0..2 {
                    let at = &self.group.columns[k];
                    let [a, b, c, d] = [at[i], at[i + 1], at[i + width], at[i + width + 1]];
                    let low = a.min(b).min(c.min(d)) - self.margin[k];
                    let high = a.max(b).max(c.max(d)) + self.margin[k];
                    span[k] = [(low + 0.5).floor(), (high + 0.5).floor()];
                }
                self.ranges.push(Range::Box(span));
            }
        }
    }
}

/// The range of one pixel and how far it reaches beyond the corners.
fn range(
    corner: [[f64; 2]; 4],
    middle: [[f64; 2]; 4],
    period: &[Option<f64>],
    bulge: [f64; 2],
) -> (Range, [f64; 2]) {
    const ANYWHERE: (Range, [f64; 2]) = (Range::Anywhere, [f64::INFINITY; 2]);
    let known = corner.iter().filter(|c| c[0].is_finite() && c[1].is_finite()).count();
    if known == 0 {
        return (Range::Nowhere, [0.0; 2]);
    }
    if known < 4 {
        return ANYWHERE;
    }
    let (mut span, mut margin) = ([[0.0; 2]; 2], [0.0; 2]);
    for k in 0..2 {
        let short = |d: f64| period[k].map_or(d, |p| d - p * (d / p).round_ties_even());
        let mut position = [corner[0][k]; 4];
        for n in 1..4 {
            position[n] = position[n - 1] + short(corner[n][k] - corner[n - 1][k]);
        }
        // Around a pole the way back to the first corner is a whole turn long.
        let back = short(corner[0][k] - corner[3][k]);
        let closed = (position[3] + back - corner[0][k]).abs() < 1e-3;
        let mut sag: f64 = 0.0;
        for n in 0..4 {
            let step = if n == 3 { back } else { position[n + 1] - position[n] };
            let deviation = short(middle[n][k] - position[n] - 0.5 * step).abs();
            // A middle that is nowhere must not be lost.
            sag = if deviation <= sag || sag.is_nan() { sag } else { deviation };
        }
        let low = position.iter().fold(f64::INFINITY, |a, &b| a.min(b));
        let high = position.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        let whole_turn = period[k].is_some_and(|p| high - low > 0.4 * p);
        let smooth = sag <= 0.25 * (high - low) + 1.0;
        if !(closed && smooth) || whole_turn {
            return ANYWHERE;
        }
        margin[k] = SAFETY * sag + bulge[k];
        span[k] = [(low - margin[k] + 0.5).floor(), (high + margin[k] + 0.5).floor()];
    }
    (Range::Box(span), margin)
}

/// Unit vectors to the lattice sites of a block.
pub(super) fn lift(at: &Coords, group: &Group, output: &dyn Projection) -> [Vec<f64>; 3] {
    let (height, width) = (group.shape[0], group.shape[1]);
    let first = |k: usize| at.block.start[group.axis + k] as f64 + at.lattice.offset;
    let mut x = Vec::with_capacity(width * height);
    let mut y = Vec::with_capacity(width * height);
    for row in 0..height {
        x.extend((0..width).map(|column| first(1) + column as f64));
        y.extend(std::iter::repeat_n(first(0) + row as f64, width));
    }
    lift_points(x, y, output)
}

/// Unit vectors to positions in a plane.
pub(super) fn lift_points(x: Vec<f64>, y: Vec<f64>, plane: &dyn Projection) -> [Vec<f64>; 3] {
    let (mut x, mut y, mut z) = (x, y, vec![0.0; 0]);
    z.resize(x.len(), 0.0);
    Points::new([&mut x[..], &mut y[..], &mut z[..]]).batches(|batch| plane.lift(batch));
    [x, y, z]
}

/// Positions on the input of the middles between every site and the one `step` further on.
fn middles(corners: &[Vec<f64>; 3], step: usize, input: &dyn Projection) -> [Vec<f64>; 3] {
    let n = corners[0].len();
    let mut middle: [Vec<f64>; 3] = std::array::from_fn(|k| {
        let column = &corners[k];
        let (here, there) = (&column[..n - step.min(n)], &column[step.min(n)..]);
        // The last have no further one; their middles are not used.
        here.iter().zip(there).map(|(a, b)| a + b).chain(column[n - step.min(n)..].iter().copied()).collect()
    });
    let [x, y, z] = &mut middle;
    let mut points = Points::new([&mut x[..], &mut y[..], &mut z[..]]);
    points.batches(|batch| {
        normalise(batch);
        input.project(batch);
    });
    middle
}

pub(super) fn normalise(points: &mut Points<'_, 3>) {
    crate::each!(points, |[x, y, z]| {
        let scale = 1.0 / x.mul_add(x, y.mul_add(y, z * z)).sqrt();
        [x * scale, y * scale, z * scale]
    });
}
