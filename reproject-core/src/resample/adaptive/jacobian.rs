//! Jacobians d(input) / d(output) of a block, by finite differences of its lattice.

use super::AdaptiveOptions;
use crate::{Coords, Kernel, coords::Group, dispatch};

/// A Jacobian is a spike if its squared norm exceeds this many times that of its neighbourhood (`reproject`'s rule).
const SPIKE: f64 = 10.0;
/// Which of the nine, counted from the lowest, stands for the neighbourhood: the 25th percentile.
const QUARTILE: usize = 2;
const LANES: usize = 8;

/// Positions and Jacobians of every output pixel of a block, row by row.
pub(super) struct Jacobians {
    width: usize,
    /// Positions x and y, then ∂x/∂i, ∂x/∂j, ∂y/∂i, ∂y/∂j for output column i and row j.
    columns: [Vec<f64>; 6],
}

impl Jacobians {
    /// `None` unless the map has one group of two axes.
    pub(super) fn new(at: &Coords, options: &AdaptiveOptions) -> Option<Self> {
        let [group] = &at.groups[..] else { return None };
        let [_, _] = &group.columns[..] else { return None };
        let [height, width] = [at.block.shape[group.axis], at.block.shape[group.axis + 1]];
        let ring = usize::from(options.despike_jacobian);
        let (height, width) = (height + 2 * ring, width + 2 * ring);
        let mut columns: [Vec<f64>; 6] = std::array::from_fn(|_| vec![0.0; width * height]);
        dispatch(Differences { group, centred: options.center_jacobian, width, columns: &mut columns });
        let raw = Jacobians { width, columns };
        Some(if ring == 1 { raw.despiked() } else { raw })
    }

    /// One output row.
    pub(super) fn row(&self, row: usize) -> [&[f64]; 6] {
        self.columns.each_ref().map(|c| &c[row * self.width..(row + 1) * self.width])
    }

    /// The largest norm of any Jacobian; those that are not finite have no footprint and do not count.
    pub(super) fn norm(&self) -> f64 {
        dispatch(Largest(&self.columns)).sqrt()
    }

    fn square(&self, i: usize) -> f64 {
        self.columns[2..].iter().fold(0.0, |sum: f64, c| c[i].mul_add(c[i], sum))
    }

    /// Without the outermost ring, and without spikes.
    fn despiked(&self) -> Self {
        let [width, height] = [self.width - 2, self.columns[0].len() / self.width - 2];
        let mut columns: [Vec<f64>; 6] = std::array::from_fn(|_| Vec::with_capacity(width * height));
        for row in 0..height {
            for column in 0..width {
                let centre = (row + 1) * self.width + column + 1;
                let near: [usize; 9] = std::array::from_fn(|k| (row + k / 3) * self.width + column + k % 3);
                let squares = near.map(|i| self.square(i));
                let mut sorted = squares;
                sorted.sort_by(f64::total_cmp);
                let limit = SPIKE * sorted[QUARTILE];
                for (k, to) in columns.iter_mut().enumerate() {
                    let from = &self.columns[k];
                    let smooth = k < 2 || squares[4].is_nan() || squares[4] <= limit;
                    to.push(if smooth {
                        from[centre]
                    } else {
                        let smooth = near.iter().zip(&squares).filter(|(_, square)| **square <= limit);
                        let (sum, n) = smooth.fold((0.0, 0.0), |(sum, n), (&i, _)| (sum + from[i], n + 1.0));
                        sum / n
                    });
                }
            }
        }
        Jacobians { width, columns }
    }
}

/// The largest sum of squares that is finite.
struct Largest<'a>(&'a [Vec<f64>; 6]);

impl Kernel for Largest<'_> {
    type Output = f64;
    #[inline(always)]
    fn run(self) -> f64 {
        let [_, _, a, b, c, d] = self.0;
        let n = a.len();
        let (b, c, d) = (&b[..n], &c[..n], &d[..n]);
        let mut largest = [0.0; LANES];
        for start in (0..n).step_by(LANES) {
            for i in start..(start + LANES).min(n) {
                let square = (a[i] * a[i] + b[i] * b[i]) + (c[i] * c[i] + d[i] * d[i]);
                let lane = &mut largest[i - start];
                *lane = if square > *lane && square < f64::INFINITY { square } else { *lane };
            }
        }
        largest.into_iter().fold(0.0, f64::max)
    }
}

struct Differences<'a> {
    group: &'a Group,
    centred: bool,
    width: usize,
    columns: &'a mut [Vec<f64>; 6],
}

impl Kernel for Differences<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { group, centred, width, columns } = self;
        let sites = group.shape[1];
        // Pixel (0, 0) lies one site in from the corner of either lattice.
        let (step, scale) = if centred { (2, 1.0) } else { (1, 0.5) };
        let [px, py, xi, xj, yi, yj] = columns;
        for row in 0..px.len() / width.max(1) {
            let (here, centre) = (row * width..(row + 1) * width, (row * step + 1) * sites + 1);
            for (axis, (p, di, dj)) in
                [(&mut *px, &mut *xi, &mut *xj), (&mut *py, &mut *yi, &mut *yj)].into_iter().enumerate()
            {
                let from = &group.columns[axis][centre - sites - 1..];
                let turn = group.period[axis];
                let (p, di, dj) = (&mut p[here.clone()], &mut di[here.clone()], &mut dj[here.clone()]);
                for i in 0..width {
                    let at = sites + 1 + i * step;
                    let [left, right, below, above] =
                        [from[at - 1], from[at + 1], from[at - sites], from[at + sites]];
                    p[i] = from[at];
                    (di[i], dj[i]) = match turn {
                        None => ((right - left) * scale, (above - below) * scale),
                        // Either side of the seam is the same place: steps are taken the short way.
                        Some(turn) => {
                            let short = |d: f64| d - turn * (d / turn).round_ties_even();
                            let across = |a: f64, b: f64| (short(from[at] - a) + short(b - from[at])) * scale;
                            (across(left, right), across(below, above))
                        }
                    };
                }
            }
        }
    }
}
