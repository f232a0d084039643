//! Exact overlap with everything that it asks of two projections asked ahead, for all pixels of a region: for projections
//! that are dear to call.
//!
//! [`Reach`] asks for a few positions at a time. Here the cells of a region go step by step together, so that each step is
//! one call, and what the overlaps then need is looked up.

use super::bulge::{believed, ends, largest_bulge};
use super::fold::Fold;
use super::overlap;
use super::plane::Pixel as Plane;
use super::reach::{
    Range, Reach, SAMPLE, Survey, all_straight, between, lift, normalise, sampled_margin, some_borders,
};
use super::search::Near;
use super::walk::Overlaps;
use crate::resample::images_only;
use crate::{
    Coords, Group, Kept, Lattice, Patch, Pixel, Points, Projection, Region, Resampler, Result, View, Watch,
};
use std::sync::Arc;

/// Pixels along a side of the cells.
const SIDE: usize = 32;
/// Corners of input pixels that are kept at most: 24 bytes each.
const MOST: usize = 1 << 25;

/// [`Exact`](super::Exact) for one region of the output, and the same results.
///
/// The input must have neither a period nor poles: a projection with those is cheap to call.
#[derive(Clone, Debug)]
pub struct Surveyed<P> {
    input: Corners<P>,
    /// Rows and columns of the output.
    region: Region,
    /// Unit vectors to the corners of its pixels, in C order.
    corners: [Vec<f64>; 3],
    cells: Vec<Cell>,
}

/// A projection with the corners of some input pixels (rows and columns) kept.
#[derive(Clone, Debug)]
pub struct Corners<P> {
    kept: Arc<Kept<P>>,
    pixels: Region,
    /// The parts of those pixels that are seen, if the projection folds.
    fold: Option<Arc<Fold>>,
}

/// The ranges that the pixels of a cell can overlap.
#[derive(Clone, Debug)]
enum Cell {
    Nowhere,
    /// Boxes around their corners, with one margin.
    Tame([f64; 2]),
    Each(Vec<Range>),
}

/// A cell while it is looked at.
struct Part {
    group: Group,
    corners: [Vec<f64>; 3],
}

impl<P: Projection + Clone> Surveyed<P> {
    /// Asks the input's projection what the pixels of a region can overlap, whose corners are at `at` on the input: enough
    /// for windows.
    ///
    /// # Errors
    /// If the map is not one of images, or a projection fails.
    pub fn new(input: P, output: &dyn Projection, at: &Coords) -> Result<Self> {
        images_only(&at.groups.iter().map(|g| g.columns.len()).collect::<Vec<_>>(), "exact overlap")?;
        let axes = at.groups[0].axis..at.groups[0].axis + 2;
        let region = Region::new(&at.block.start[axes.clone()], &at.block.shape[axes]);
        let corners = lift(at, &at.groups[0], output);
        let parts = parts(at, &region, &corners);
        let cells = wild(&parts, tame(&parts, &input), &input);
        let input =
            Corners { kept: Arc::new(Kept::nothing(input)), pixels: Region::whole(&[0, 0]), fold: None };
        input.kept.failure().map_or(Ok(Self { input, region, corners, cells }), Err)
    }

    /// Asks for the corners of the input pixels that the region can overlap as well: enough for pixels. The input has
    /// `shape`; the corners of `before`, which came of another region, are used again if they are those of all pixels.
    ///
    /// # Errors
    /// If the projection fails or `watch` says stop.
    pub fn with_corners(
        mut self,
        at: &Coords,
        shape: &[usize],
        before: Option<&Corners<P>>,
        watch: &dyn Watch,
    ) -> Result<Self> {
        let full = &shape[shape.len() - 2..];
        let whole = Region::whole(full);
        let anywhere = |cell: &Cell| matches!(cell, Cell::Each(ranges) if ranges.contains(&Range::Anywhere));
        let anywhere = self.cells.iter().any(anywhere);
        if let Some(before) = before.filter(|before| before.pixels == whole) {
            self.input = before.clone();
        } else if let Some(touched) = bounds(self.ranges(at), full) {
            // Most of the input will be wanted again.
            let pixels = if 2 * touched.len() > whole.len() { whole } else { touched };
            if pixels.shape.iter().map(|n| n + 1).product::<usize>() <= MOST {
                let map = self.input.kept.exact().clone();
                let kept = Arc::new(Kept::directions(map, &pixels, Lattice::CORNERS, watch)?);
                self.input = Corners::new(kept, pixels)?;
            }
        }
        if anywhere && self.input.pixels.shape == full {
            self.settle();
        }
        Ok(self)
    }

    /// The corners of the input.
    pub fn corners(&self) -> &Corners<P> {
        &self.input
    }

    /// Finds the input pixels near those that can overlap any.
    fn settle(&mut self) {
        let near = Near::new(self.input.kept.columns(), &self.input.pixels);
        let tiles: Vec<Region> = tiles(&self.region.shape).collect();
        for (tile, cell) in tiles.into_iter().zip(&mut self.cells) {
            let Cell::Each(ranges) = cell else { continue };
            for (k, range) in ranges.iter_mut().enumerate().filter(|(_, r)| **r == Range::Anywhere) {
                let (row, column) = (tile.start[0] + k / tile.shape[1], tile.start[1] + k % tile.shape[1]);
                let first = row * (self.region.shape[1] + 1) + column;
                let next = first + self.region.shape[1] + 1;
                let around = [first, first + 1, next + 1, next];
                let pixel = Plane::new(around.map(|i| self.corners.each_ref().map(|c| c[i])));
                *range = pixel.map_or(Range::Nowhere, |pixel| near.range(&pixel));
            }
        }
    }
}

impl<P: Projection> Corners<P> {
    fn new(kept: Arc<Kept<P>>, pixels: Region) -> Result<Self> {
        let run = |k: usize| (pixels.start[k] as i64, pixels.stop(k) as i64);
        let fold = || Arc::new(Fold::new([run(1), run(0)], kept.columns(), &*kept, [[None; 2]; 2]));
        let fold = kept.folds().then(fold);
        kept.failure().map_or(Ok(Self { kept, pixels, fold }), Err)
    }
}

impl<P> Surveyed<P> {
    /// The ranges that the pixels of a part of the region can overlap, in C order.
    fn ranges(&self, at: &Coords) -> Vec<Range> {
        let group = &at.groups[0];
        let (rows, columns) = (group.shape[0] - 1, group.shape[1] - 1);
        let [y, x] = [0, 1].map(|k| at.block.start[group.axis + k] - self.region.start[k]);
        let across = self.region.shape[1].div_ceil(SIDE);
        let pixels = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        pixels
            .map(|(row, column)| {
                let (r, c) = (y + row, x + column);
                match &self.cells[r / SIDE * across + c / SIDE] {
                    Cell::Nowhere => Range::Nowhere,
                    Cell::Tame(margin) => boxed(group, row * (columns + 1) + column, *margin),
                    Cell::Each(ranges) => {
                        let wide = SIDE.min(self.region.shape[1] - c / SIDE * SIDE);
                        ranges[r % SIDE * wide + c % SIDE]
                    }
                }
            })
            .collect()
    }
}

impl<I: Pixel, O: Pixel, P: Projection> Resampler<I, O> for Surveyed<P> {
    fn check(&self, groups: &[usize], _leading: usize) -> Result<()> {
        images_only(groups, "exact overlap")
    }

    fn lattice(&self) -> Lattice {
        Lattice::CORNERS
    }

    fn support(&self, at: &Coords) -> Vec<f64> {
        // Windows are known without it.
        vec![f64::INFINITY; at.block.ndim() - at.leading()]
    }

    fn window(&self, at: &Coords, shape: &[usize]) -> Option<Region> {
        let leading = at.leading();
        let touched = bounds(self.ranges(at), &shape[leading..])?;
        let mut window = at.block.clone();
        window.start[leading..].copy_from_slice(&touched.start);
        window.shape[leading..].copy_from_slice(&touched.shape);
        Some(window)
    }

    fn resample(&self, at: &Coords, src: &View<'_, I>, out: Patch<'_, O>, watch: &dyn Watch) {
        let group = &at.groups[0];
        let start = [0, 1].map(|k| at.block.start[group.axis + k] - self.region.start[k]);
        let part = Region::new(start, &*group.shape);
        let corners = self.corners.each_ref().map(|column| cut(column, self.region.shape[1] + 1, &part));
        let reach = Reach { corners, ranges: self.ranges(at) };
        let overlaps =
            Overlaps::new(at, src, &*self.input.kept, &reach).with_fold(self.input.fold.as_deref());
        overlap(at, src, out, overlaps, watch);
    }

    fn piece(&self) -> usize {
        SIDE
    }
}

/// The cells of a region of some shape, in C order.
fn tiles(shape: &[usize]) -> impl Iterator<Item = Region> + use<> {
    let (height, width) = (shape[0], shape[1]);
    (0..height).step_by(SIDE).flat_map(move |y| {
        (0..width)
            .step_by(SIDE)
            .map(move |x| Region::new([y, x], [SIDE.min(height - y), SIDE.min(width - x)]))
    })
}

fn parts(at: &Coords, region: &Region, corners: &[Vec<f64>; 3]) -> Vec<Part> {
    tiles(&region.shape)
        .filter_map(|pixels| {
            let mut block = at.block.clone();
            let axis = at.groups[0].axis;
            for k in 0..2 {
                block.start[axis + k] += pixels.start[k];
                block.shape[axis + k] = pixels.shape[k];
            }
            let group = at.part(&block).groups.pop()?;
            let sites = Region::new(&*pixels.start, &*group.shape);
            let corners = corners.each_ref().map(|column| cut(column, region.shape[1] + 1, &sites));
            Some(Part { group, corners })
        })
        .collect()
}

/// A part of a column in C order, of rows of some width.
fn cut(column: &[f64], width: usize, part: &Region) -> Vec<f64> {
    let rows = part.start[0]..part.stop(0);
    rows.flat_map(|row| &column[row * width + part.start[1]..row * width + part.stop(1)]).copied().collect()
}

/// The box around the corners of a pixel, whose first corner is `i`.
fn boxed(group: &Group, i: usize, margin: [f64; 2]) -> Range {
    let j = i + group.shape[1];
    Range::Box([0, 1].map(|k| {
        let at = &group.columns[k];
        let [a, b, c, d] = [at[i], at[i + 1], at[j], at[j + 1]];
        let low = a.min(b).min(c.min(d)) - margin[k];
        let high = a.max(b).max(c.max(d)) + margin[k];
        [(low + 0.5).floor(), (high + 0.5).floor()]
    }))
}

/// The input pixels (rows, columns) within any range; `None` if there are none.
fn bounds(ranges: Vec<Range>, shape: &[usize]) -> Option<Region> {
    let mut span = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
    let size = [shape[1] as f64, shape[0] as f64];
    for range in ranges {
        let each = match range {
            Range::Nowhere => continue,
            Range::Anywhere => [[0.0, size[0] - 1.0], [0.0, size[1] - 1.0]],
            Range::Box(each) => [0, 1].map(|k| [each[k][0].max(0.0), each[k][1].min(size[k] - 1.0)]),
        };
        if each.iter().all(|[low, high]| low <= high) {
            for k in 0..2 {
                span[k] = [span[k][0].min(each[k][0]), span[k][1].max(each[k][1])];
            }
        }
    }
    let [x, y] = span;
    (x[0] <= x[1])
        .then(|| Region::new([y[0], x[0]].map(|v| v as usize), [y, x].map(|s| (s[1] - s[0]) as usize + 1)))
}

/// Positions or directions of several parts, asked together.
#[derive(Default)]
struct Together {
    columns: [Vec<f64>; 3],
    ends: Vec<usize>,
}

impl Together {
    fn push(&mut self, columns: [Vec<f64>; 3]) {
        self.columns.iter_mut().zip(columns).for_each(|(all, some)| all.extend(some));
        self.ends.push(self.columns[0].len());
    }

    fn ask(&mut self, call: impl FnOnce(&mut Points<'_, 3>)) {
        if !self.columns[0].is_empty() {
            call(&mut Points::new(self.columns.each_mut().map(|column| &mut column[..])));
        }
    }

    fn part(&self, i: usize) -> [&[f64]; 3] {
        let range = i.checked_sub(1).map_or(0, |i| self.ends[i])..self.ends[i];
        self.columns.each_ref().map(|column| &column[range.clone()])
    }
}

/// Cells that are nowhere, and those that are tame as far as some borders tell; `None` for the others.
fn tame(parts: &[Part], input: &dyn Projection) -> Vec<Option<Cell>> {
    let mut cells: Vec<Option<Cell>> = Vec::with_capacity(parts.len());
    let mut asked = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let [x, y] = [&part.group.columns[0], &part.group.columns[1]];
        let known = x.iter().zip(y).filter(|(x, y)| x.is_finite() && y.is_finite()).count();
        cells.push((known == 0).then_some(Cell::Nowhere));
        if known == x.len() && part.corners[2].iter().all(|z| z.is_finite()) {
            asked.push(number);
        }
    }
    let mut about = Together::default();
    let mut centres = Vec::with_capacity(asked.len());
    for &number in &asked {
        let ends = ends(&parts[number].group, SAMPLE, &[0.0]);
        let z = vec![0.0; ends.x.len()];
        about.push([ends.x, ends.y, z]);
        centres.push(ends.centres);
    }
    about.ask(|points| input.lift(points));
    let mut middles = Together::default();
    let borders: Vec<_> = asked.iter().map(|&number| some_borders(&parts[number].group)).collect();
    for k in 0..asked.len() {
        middles.push(between(about.part(k).map(<[f64]>::to_vec)));
        let corners = &parts[asked[k]].corners;
        middles.push(between(
            corners.each_ref().map(|column| borders[k].iter().flatten().map(|&i| column[i]).collect()),
        ));
    }
    middles.ask(|points| input.project(points));
    for (k, &number) in asked.iter().enumerate() {
        let group = &parts[number].group;
        let [bx, by, _] = middles.part(2 * k);
        let [mx, my, _] = middles.part(2 * k + 1);
        if all_straight(group, &borders[k], [mx, my]) {
            let (worst, lost) = largest_bulge(group, &centres[k], [bx, by]);
            let bulge = believed(if lost { [f64::INFINITY; 2] } else { worst });
            cells[number] = Some(Cell::Tame(sampled_margin(bulge)));
        }
    }
    cells
}

/// The other cells, pixel by pixel, from the middle of every border between two points; input pixels are taken to bulge as
/// far as is believed.
fn wild(parts: &[Part], cells: Vec<Option<Cell>>, input: &dyn Projection) -> Vec<Cell> {
    let mut middles = Together::default();
    let mut places = Vec::new();
    for (part, _) in parts.iter().zip(&cells).filter(|(_, cell)| cell.is_none()) {
        let known = |i: usize| part.group.columns[0][i].is_finite() && part.corners[2][i].is_finite();
        let n = part.corners[0].len();
        for step in [1, part.group.shape[1]] {
            let borders: Vec<usize> =
                (0..n.saturating_sub(step)).filter(|&i| known(i) && known(i + step)).collect();
            middles
                .push(part.corners.each_ref().map(|c| borders.iter().map(|&i| c[i] + c[i + step]).collect()));
            places.push(borders);
        }
    }
    middles.ask(|points| {
        normalise(points);
        input.project(points);
    });
    let mut number = 0;
    let spread = |number: usize, n: usize| {
        middles.part(number).map(|found| {
            let mut all = vec![f64::NAN; n];
            places[number].iter().zip(found).for_each(|(&i, &at)| all[i] = at);
            all
        })
    };
    let each = |(part, cell): (&Part, Option<Cell>)| {
        cell.unwrap_or_else(|| {
            let n = part.corners[0].len();
            let [along, across] = [number, number + 1].map(|k| spread(k, n));
            number += 2;
            let bulge = believed([f64::INFINITY; 2]);
            let (group, corners) = (&part.group, part.corners.clone());
            let survey = Survey { group, corners, along, across, bulge, tame: None };
            Cell::Each(survey.pixels().map(|(range, _)| range).collect())
        })
    };
    parts.iter().zip(cells).map(each).collect()
}
