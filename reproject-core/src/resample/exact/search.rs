//! Input pixels near an output pixel, wherever they lie on their grid: found by spheres around groups of them.

use super::plane::Pixel;
use super::reach::Range;
use crate::Region;

/// Pixels along a side of a group.
const SIDE: usize = 16;
/// Pixels of a box that are looked at one by one; a larger one is the window as a whole.
const MOST: usize = 1 << 12;

/// Groups of input pixels, each with what it takes to tell that none of them is near.
pub(super) struct Near<'a> {
    corners: &'a [Vec<f64>],
    pixels: &'a Region,
    groups: Vec<Group>,
}

struct Group {
    /// First row and column, and past the last, from the first of the region.
    rows: [usize; 2],
    columns: [usize; 2],
    centre: [f64; 3],
    /// The distance of its farthest corner, as a chord.
    radius: f64,
    /// The longest diagonal of its pixels, as a chord.
    diagonal: f64,
}

impl<'a> Near<'a> {
    /// From unit vectors to the corners of a region of input pixels (rows, columns) in C order.
    pub(super) fn new(corners: &'a [Vec<f64>], pixels: &'a Region) -> Self {
        let (height, width) = (pixels.shape[0], pixels.shape[1]);
        let mut near = Near { corners, pixels, groups: Vec::new() };
        for y in (0..height).step_by(SIDE) {
            for x in (0..width).step_by(SIDE) {
                let [rows, columns] = [[y, (y + SIDE).min(height)], [x, (x + SIDE).min(width)]];
                near.groups.extend(near.group(rows, columns));
            }
        }
        near
    }

    fn corner(&self, row: usize, column: usize) -> [f64; 3] {
        let i = row * (self.pixels.shape[1] + 1) + column;
        [0, 1, 2].map(|k| self.corners[k][i])
    }

    /// `None` if no corner is on the sky.
    fn group(&self, rows: [usize; 2], columns: [usize; 2]) -> Option<Group> {
        let sites =
            || (rows[0]..=rows[1]).flat_map(|r| (columns[0]..=columns[1]).map(move |c| self.corner(r, c)));
        let first = sites().find(|v| v[2].is_finite())?;
        // NaN is passed over by `max`.
        let radius = sites().map(|v| chord(v, first)).fold(0.0, f64::max);
        let mut diagonal = 0.0f64;
        for r in rows[0]..rows[1] {
            for c in columns[0]..columns[1] {
                let [one, other] = [
                    chord(self.corner(r, c), self.corner(r + 1, c + 1)),
                    chord(self.corner(r, c + 1), self.corner(r + 1, c)),
                ];
                diagonal = diagonal.max(one).max(other);
            }
        }
        Some(Group { rows, columns, centre: first, radius, diagonal })
    }

    /// Visits rows and columns, from the first of the region, of the input pixels whose lower corner is not farther from a pixel
    /// than they are long.
    fn visit(&self, pixel: &Pixel, mut each: impl FnMut(usize, usize)) {
        for group in self.groups.iter().filter(|g| pixel.near(g.centre, g.radius + g.diagonal)) {
            for row in group.rows[0]..group.rows[1] {
                for column in group.columns[0]..group.columns[1] {
                    if pixel.near(self.corner(row, column), group.diagonal) {
                        each(row, column);
                    }
                }
            }
        }
    }

    /// Those input pixels (rows, columns) in C order, which does not depend on where the region begins.
    pub(super) fn pixels(&self, pixel: &Pixel) -> Vec<[usize; 2]> {
        let mut found = Vec::new();
        self.visit(pixel, |row, column| {
            found.push([self.pixels.start[0] + row, self.pixels.start[1] + column])
        });
        found.sort_unstable();
        found
    }

    /// The box of those input pixels.
    pub(super) fn range(&self, pixel: &Pixel) -> Range {
        let mut span: Option<[[usize; 2]; 2]> = None;
        self.visit(pixel, |row, column| {
            let [x, y] = span.get_or_insert([[column; 2], [row; 2]]);
            *x = [x[0].min(column), x[1].max(column)];
            *y = [y[0].min(row), y[1].max(row)];
        });
        let Some([x, y]) = span else { return Range::Nowhere };
        if (x[1] - x[0] + 1) * (y[1] - y[0] + 1) > MOST {
            return Range::Anywhere;
        }
        let [left, top] = [self.pixels.start[1], self.pixels.start[0]];
        Range::Box([x.map(|x| (left + x) as f64), y.map(|y| (top + y) as f64)])
    }
}

fn chord(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt()
}
