//! The way back through a coordinate table: which cell holds a world, and where in it.
//!
//! Cells are grouped in a tree of boxes in world coordinates: interpolated values never leave the hull of their corners.
//! In a cell that may hold the world, Newton's method solves the multilinear equations (in one step for one axis).

use super::{MOST, Parts};

/// Cells a leaf holds at most.
const LEAF: usize = 4;
/// Cells count as holding what lies this far outside them, in cells: rounding must not open gaps between them.
const SLACK: f64 = 1e-9;

/// Boxes of cells, each node followed by its first child.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    /// For every node the least and the greatest of each coordinate.
    bounds: Vec<f64>,
    /// For every node its second child; unused in a leaf.
    second: Vec<usize>,
}

/// A block of cells: the first and the one after the last along each axis.
#[derive(Clone, Copy)]
struct Block {
    start: [usize; MOST],
    stop: [usize; MOST],
}

impl Block {
    fn all(parts: &Parts) -> Block {
        let mut stop = [1; MOST];
        for (axis, &length) in parts.lengths.iter().enumerate() {
            stop[axis] = (length - 1).max(1);
        }
        Block { start: [0; MOST], stop }
    }

    fn cells(&self) -> usize {
        (0..MOST).map(|axis| self.stop[axis] - self.start[axis]).product()
    }

    /// Halves along the longest axis, or nothing for a leaf.
    fn split(&self) -> Option<[Block; 2]> {
        if self.cells() <= LEAF {
            return None;
        }
        let axis = (0..MOST).max_by_key(|&axis| self.stop[axis] - self.start[axis])?;
        let (mut first, mut second) = (*self, *self);
        first.stop[axis] = (self.start[axis] + self.stop[axis]) / 2;
        second.start[axis] = first.stop[axis];
        Some([first, second])
    }

    /// Every cell, the first axis fastest; stops at the first answer.
    fn find<T>(&self, mut f: impl FnMut(&[usize; MOST]) -> Option<T>) -> Option<T> {
        let mut cell = self.start;
        loop {
            if let Some(answer) = f(&cell) {
                return Some(answer);
            }
            let mut axis = 0;
            loop {
                cell[axis] += 1;
                if cell[axis] < self.stop[axis] {
                    break;
                }
                cell[axis] = self.start[axis];
                axis += 1;
                if axis == MOST {
                    return None;
                }
            }
        }
    }
}

impl Tree {
    /// Bytes of memory that it takes.
    pub(super) fn held(&self) -> usize {
        size_of::<f64>() * self.bounds.capacity() + size_of::<usize>() * self.second.capacity()
    }

    pub(super) fn new(parts: &Parts) -> Tree {
        let mut tree = Tree { bounds: Vec::new(), second: Vec::new() };
        tree.grow(parts, Block::all(parts));
        tree
    }

    /// Appends the node of `block` and everything below it; returns its number.
    fn grow(&mut self, parts: &Parts, block: Block) -> usize {
        let m = parts.lengths.len();
        let node = self.second.len();
        self.second.push(0);
        self.bounds.extend((0..2 * m).map(|k| if k < m { f64::INFINITY } else { f64::NEG_INFINITY }));
        let mut bounds = vec![f64::INFINITY; m];
        bounds.extend(vec![f64::NEG_INFINITY; m]);
        if let Some([first, second]) = block.split() {
            let children = [self.grow(parts, first), self.grow(parts, second)];
            self.second[node] = children[1];
            for child in children {
                for k in 0..m {
                    bounds[k] = bounds[k].min(self.bounds[2 * m * child + k]);
                    bounds[m + k] = bounds[m + k].max(self.bounds[2 * m * child + m + k]);
                }
            }
        } else {
            block.find(|cell| -> Option<()> {
                hull(parts, cell, &mut bounds);
                None
            });
            widen(&mut bounds);
        }
        self.bounds[2 * m * node..][..2 * m].copy_from_slice(&bounds);
        node
    }

    /// The place, counted from 0, of a world: inside the table if it is there, else in the half cell around it.
    pub(super) fn find(&self, parts: &Parts, world: &[f64]) -> Option<[f64; MOST]> {
        let all = Block::all(parts);
        [false, true].into_iter().find_map(|beyond| self.below(parts, world, 0, all, beyond))
    }

    fn below(
        &self,
        parts: &Parts,
        world: &[f64],
        node: usize,
        block: Block,
        beyond: bool,
    ) -> Option<[f64; MOST]> {
        let m = world.len();
        let bounds = &self.bounds[2 * m * node..][..2 * m];
        if !holds(bounds, world) {
            return None;
        }
        match block.split() {
            Some([first, second]) => self
                .below(parts, world, node + 1, first, beyond)
                .or_else(|| self.below(parts, world, self.second[node], second, beyond)),
            None => block.find(|cell| solve(parts, cell, world, beyond)),
        }
    }
}

/// Where a cell begins and ends along an axis, in cells: half a cell more at the ends of the table.
fn reach(parts: &Parts, cell: &[usize; MOST], axis: usize, beyond: bool) -> [f64; 2] {
    let length = parts.lengths[axis];
    if length == 1 {
        return [0.0, 0.0];
    }
    let low = if beyond && cell[axis] == 0 { -0.5 } else { 0.0 };
    let high = if beyond && cell[axis] + 2 == length { 1.5 } else { 1.0 };
    [low, high]
}

/// Whether a world lies in a box; NaN lies in none.
fn holds(bounds: &[f64], world: &[f64]) -> bool {
    let m = world.len();
    (0..m).all(|k| bounds[k] <= world[k] && world[k] <= bounds[m + k])
}

/// Makes room for rounding.
fn widen(bounds: &mut [f64]) {
    let m = bounds.len() / 2;
    for k in 0..m {
        let size = bounds[m + k].abs().max(bounds[k].abs());
        let slack = 8.0 * SLACK * (bounds[m + k] - bounds[k]) + 8.0 * f64::EPSILON * size;
        bounds[k] -= slack;
        bounds[m + k] += slack;
    }
}

/// Widens `bounds` by the corners of a cell, extrapolation included.
fn hull(parts: &Parts, cell: &[usize; MOST], bounds: &mut [f64]) {
    let m = parts.lengths.len();
    let mut value = [0.0; MOST];
    for corner in 0..1usize << m {
        let mut fraction = [0.0; MOST];
        (0..m).for_each(|axis| fraction[axis] = reach(parts, cell, axis, true)[corner >> axis & 1]);
        parts.interpolate(cell, &fraction, &mut value[..m]);
        for k in 0..m {
            bounds[k] = bounds[k].min(value[k]);
            bounds[m + k] = bounds[m + k].max(value[k]);
        }
    }
}

/// Newton's method in one cell: from its middle, and where that leads nowhere from its corners.
fn solve(parts: &Parts, cell: &[usize; MOST], world: &[f64], beyond: bool) -> Option<[f64; MOST]> {
    let m = world.len();
    let mut bounds = [f64::INFINITY; 2 * MOST];
    bounds[m..2 * m].fill(f64::NEG_INFINITY);
    hull(parts, cell, &mut bounds[..2 * m]);
    widen(&mut bounds[..2 * m]);
    if !holds(&bounds[..2 * m], world) {
        return None;
    }
    let mut reaches = [[0.0; 2]; MOST];
    (0..m).for_each(|axis| reaches[axis] = reach(parts, cell, axis, beyond));
    let corner = |corner: usize| std::array::from_fn(|axis| reaches[axis][corner >> axis & 1]);
    let middle = reaches.map(|[low, high]| (low + high) / 2.0);
    let starts = std::iter::once(middle).chain((0..1usize << m).map(corner));
    let fraction = starts.into_iter().find_map(|start| newton(parts, cell, world, start))?;
    let inside = (0..m).all(|k| (reaches[k][0] - SLACK..=reaches[k][1] + SLACK).contains(&fraction[k]));
    let mut place = [0.0; MOST];
    for axis in 0..m {
        let last = (parts.lengths[axis] - 1) as f64;
        place[axis] = (cell[axis] as f64 + fraction[axis]).clamp(-0.5, last + 0.5);
    }
    inside.then_some(place)
}

/// A solution of the equations of one cell, inside it or near it.
fn newton(parts: &Parts, cell: &[usize; MOST], world: &[f64], start: [f64; MOST]) -> Option<[f64; MOST]> {
    let m = world.len();
    let mut fraction = start;
    let mut size = [0.0f64; MOST];
    let mut value = [0.0; MOST];
    for _ in 0..40 {
        parts.interpolate(cell, &fraction, &mut value[..m]);
        let mut matrix = [[0.0; MOST + 1]; MOST];
        slopes(parts, cell, &fraction, &mut matrix);
        for k in 0..m {
            matrix[k][MOST] = world[k] - value[k];
            size[k] = matrix[k][..m].iter().map(|v| v.abs()).sum();
        }
        let step = eliminate(&mut matrix, m);
        let mut largest = 0.0f64;
        for axis in 0..m {
            // A world in this cell is within reach; steps beyond would only lose it.
            let next = (fraction[axis] + step[axis]).clamp(-1.0, 2.0);
            largest = largest.max((next - fraction[axis]).abs());
            fraction[axis] = next;
        }
        if largest <= 1e-15 || largest.is_nan() {
            break;
        }
    }
    parts.interpolate(cell, &fraction, &mut value[..m]);
    let close =
        |k: usize| (value[k] - world[k]).abs() <= SLACK * size[k] + 8.0 * f64::EPSILON * world[k].abs();
    (0..m).all(close).then_some(fraction)
}

/// ∂world_k/∂fraction_axis into `matrix[k][axis]`; zero along axes of one place.
fn slopes(parts: &Parts, cell: &[usize; MOST], fraction: &[f64; MOST], matrix: &mut [[f64; MOST + 1]; MOST]) {
    let m = parts.lengths.len();
    parts.corners(cell, |corner, at| {
        for axis in (0..m).filter(|&axis| parts.lengths[axis] > 1) {
            let mut weight = 1.0;
            for other in 0..m {
                let up = corner >> other & 1 == 1;
                weight *= match (other == axis, up) {
                    (true, true) => 1.0,
                    (true, false) => -1.0,
                    (false, true) => fraction[other],
                    (false, false) => 1.0 - fraction[other],
                };
            }
            for k in 0..m {
                matrix[k][axis] += weight * parts.coordinates[at + k];
            }
        }
    });
}

/// Gauss's elimination with full pivoting; unknowns that no equation determines stay 0.
fn eliminate(matrix: &mut [[f64; MOST + 1]; MOST], m: usize) -> [f64; MOST] {
    // Rows are of different units: scale them, so that pivots compare.
    for row in matrix[..m].iter_mut() {
        let largest = row[..m].iter().fold(0.0f64, |a, v| a.max(v.abs()));
        if largest > 0.0 {
            row.iter_mut().for_each(|v| *v /= largest);
        }
    }
    let mut pivots = [(usize::MAX, usize::MAX); MOST];
    let mut rank = 0;
    while rank < m {
        let used = |r: usize, c: usize| pivots[..rank].iter().any(|p| p.0 == r || p.1 == c);
        let free = (0..m * m).map(|k| (k / m, k % m)).filter(|&(r, c)| !used(r, c));
        let Some((r, c)) = free.max_by(|a, b| matrix[a.0][a.1].abs().total_cmp(&matrix[b.0][b.1].abs()))
        else {
            break;
        };
        if matrix[r][c].is_nan() || matrix[r][c].abs() <= 1e-14 {
            break;
        }
        pivots[rank] = (r, c);
        rank += 1;
        let pivot = matrix[r];
        for (other, row) in matrix[..m].iter_mut().enumerate() {
            if other != r {
                let factor = row[c] / pivot[c];
                row.iter_mut().zip(pivot).for_each(|(v, p)| *v -= factor * p);
            }
        }
    }
    let mut step = [0.0; MOST];
    pivots[..rank].iter().for_each(|&(r, c)| step[c] = matrix[r][MOST] / matrix[r][c]);
    step
}

#[cfg(test)]
mod tests {
    use crate::tab::Table;

    /// A sheared, rotated and bent raster: every place comes back, and what lies outside has none.
    #[test]
    fn two_axes_come_back() {
        let (nx, ny) = (37, 23);
        let mut coordinates = Vec::new();
        for j in 0..ny {
            for i in 0..nx {
                let (x, y) = (i as f64, j as f64);
                coordinates.extend([
                    1e3 + 0.8 * x - 0.5 * y + 0.3 * (0.4 * y).sin(),
                    -5.0 + 1e-3 * (0.5 * x + 0.9 * y + 0.2 * (0.3 * x).cos()),
                ]);
            }
        }
        let table = Table::new(vec![nx, ny], coordinates, vec![None, None]).unwrap();
        let points: Vec<[f64; 2]> = (0..2000)
            .map(|k| {
                [0.5 + (k as f64 * 0.618).fract() * nx as f64, 0.5 + (k as f64 * 0.4142).fract() * ny as f64]
            })
            .collect();
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = points.iter().map(|p| (p[0], p[1])).unzip();
        table.forward(&mut [&mut x, &mut y]);
        table.inverse(&mut [&mut x, &mut y]);
        for (k, p) in points.iter().enumerate() {
            assert!((x[k] - p[0]).abs() < 1e-10 && (y[k] - p[1]).abs() < 1e-10, "{p:?}: {} {}", x[k], y[k]);
        }
        let (mut x, mut y) = ([1e3, 990.0, f64::NAN], [7.0, -4.99, -5.0]);
        table.inverse(&mut [&mut x, &mut y]);
        assert!(x.iter().chain(&y).all(|v| v.is_nan()), "{x:?} {y:?}");
    }

    /// One of two axes has a single place: the other still comes back, off the line there is nothing.
    #[test]
    fn degenerate_axes_are_left_alone() {
        let table = Table::new(vec![3, 1], vec![1.0, 5.0, 2.0, 5.5, 4.0, 6.5], vec![None, None]).unwrap();
        let (mut x, mut y) = ([1.5, 3.25], [1.0, 1.3]);
        table.forward(&mut [&mut x, &mut y]);
        assert_eq!((x, y), ([1.5, 4.5], [5.25, 6.75]));
        table.inverse(&mut [&mut x, &mut y]);
        assert!((x[0] - 1.5).abs() < 1e-15 && (x[1] - 3.25).abs() < 1e-15 && y == [1.0, 1.0]);
        let (mut x, mut y) = ([1.5], [5.3]);
        table.inverse(&mut [&mut x, &mut y]);
        assert!(x[0].is_nan() && y[0].is_nan());
    }

    #[test]
    fn three_axes_come_back() {
        let mut coordinates = Vec::new();
        for k in 0..4 {
            for j in 0..5 {
                for i in 0..6 {
                    let (x, y, z) = (i as f64, j as f64, k as f64);
                    coordinates.extend([x + 0.1 * y * z, 10.0 * y - 0.5 * x, 1e9 * (z + 0.05 * x * y)]);
                }
            }
        }
        let table = Table::new(vec![6, 5, 4], coordinates, vec![None, None, None]).unwrap();
        let start = [[1.0, 3.3, 6.5], [1.0, 2.6, 0.5], [4.0, 2.9, 1.2]];
        let [mut x, mut y, mut z] = start;
        table.forward(&mut [&mut x, &mut y, &mut z]);
        table.inverse(&mut [&mut x, &mut y, &mut z]);
        for (a, b) in [x, y, z].as_flattened().iter().zip(start.as_flattened()) {
            assert!((a - b).abs() < 1e-11, "{a} {b}");
        }
    }

    /// A hole of NaN in the table has no coordinates and hides none beside it.
    #[test]
    fn holes_stay_holes() {
        let table = Table::new(vec![5], vec![1.0, 2.0, f64::NAN, 4.0, 5.0], vec![None]).unwrap();
        let mut psi = [1.5, 2.0, 2.5, 4.5];
        table.forward(&mut [&mut psi]);
        assert!(psi[0] == 1.5 && psi[1] == 2.0 && psi[2].is_nan() && psi[3] == 4.5);
        table.inverse(&mut [&mut psi]);
        assert!(psi[0] == 1.5 && psi[1] == 2.0 && psi[2].is_nan() && psi[3] == 4.5);
    }
}
