//! Corners of input pixels as unit vectors, lifted once for a tile of output pixels.

use super::fold::Fold;
use super::plane::{Grid, Local};
use super::reach::lift_points;
use super::search::Near;
use super::strip::LANES;
use crate::{Projection, Region};

/// Corners of input pixels held at once.
pub(super) const CORNERS: usize = 1 << 14;

/// Pixels of one axis: from, and one past the last.
pub(super) type Run = (i64, i64);

/// A box of input pixels: along x, along y.
pub(super) type Span = [Run; 2];

/// Unit vectors to the corners of a box of input pixels.
pub(super) struct Mesh {
    start: [i64; 2],
    /// Corners in a row, and rows of them.
    width: usize,
    height: usize,
    /// In C order, and some padding.
    corners: [Vec<f64>; 3],
}

impl Mesh {
    /// Lifts the corners of a box of pixels; `poles` are those of the input along x and y: what pixels have beyond them
    /// belongs to the opposite ones.
    pub(super) fn new(span: Span, input: &dyn Projection, poles: [[Option<f64>; 2]; 2]) -> Self {
        let [(x0, x1), (y0, y1)] = span;
        let width = (x1 - x0 + 1) as usize;
        let (mut x, mut y) = (Vec::with_capacity(corners(span)), Vec::with_capacity(corners(span)));
        for row in y0..=y1 {
            x.extend((x0..=x1).map(|column| column as f64 - 0.5));
            y.extend(std::iter::repeat_n(row as f64 - 0.5, width));
        }
        for (column, ends) in [&mut x, &mut y].into_iter().zip(poles) {
            if ends != [None; 2] {
                column.iter_mut().for_each(|at| *at = within(ends, *at));
            }
        }
        let mut corners = lift_points(x, y, input);
        corners.iter_mut().for_each(|column| column.extend([0.0; LANES]));
        Mesh { start: [x0, y0], width, height: (y1 - y0 + 1) as usize, corners }
    }

    /// The parts of its pixels that are seen.
    pub(super) fn fold(&self, input: &dyn Projection, poles: [[Option<f64>; 2]; 2]) -> Fold {
        let [x, y] = self.start;
        let span = [(x, x + self.width as i64 - 1), (y, y + self.height as i64 - 1)];
        Fold::new(span, &self.corners, input, poles)
    }

    fn index(&self, x: i64, y: i64) -> usize {
        (y - self.start[1]) as usize * self.width + (x - self.start[0]) as usize
    }

    /// Copies the corners of a box of pixels.
    #[inline(always)]
    pub(super) fn gather(&self, [(x0, x1), (y0, y1)]: Span, local: &mut Local) -> Grid {
        let first = self.index(x0, y0);
        let rows = (y1 - y0 + 1) as usize;
        local.take(&self.corners, (0..rows).map(|row| first + row * self.width), (x1 - x0 + 1) as usize)
    }

    /// A search for its pixels by where they lie in the sky.
    pub(super) fn near<'a>(&'a self, pixels: &'a Region) -> Near<'a> {
        Near::new(&self.corners, pixels)
    }

    /// Its pixels (rows, columns).
    pub(super) fn region(&self) -> Region {
        let [x, y] = self.start.map(|at| at as usize);
        Region::new([y, x], [self.height - 1, self.width - 1])
    }
}

/// A position along an axis of the input, or the pole that it lies beyond.
pub(super) fn within([low, high]: [Option<f64>; 2], at: f64) -> f64 {
    at.max(low.unwrap_or(f64::NEG_INFINITY)).min(high.unwrap_or(f64::INFINITY))
}

/// The corners of a box of pixels.
pub(super) fn corners([(x0, x1), (y0, y1)]: Span) -> usize {
    ((x1 - x0 + 1) as usize).saturating_mul((y1 - y0 + 1) as usize)
}

/// A box cut into bands of rows that hold a bounded number of corners.
pub(super) fn bands([columns, rows]: Span) -> impl Iterator<Item = Span> {
    let step = (CORNERS as i64 / (columns.1 - columns.0 + 1).max(1) - 1).max(1);
    let count = if columns.0 < columns.1 { (rows.1 - rows.0).max(0) } else { 0 };
    (0..(count + step - 1) / step).map(move |band| {
        let start = rows.0 + band * step;
        [columns, (start, (start + step).min(rows.1))]
    })
}
