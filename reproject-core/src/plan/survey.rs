//! The window of one piece of an output block: from a few positions where the map is smooth, from all of them elsewhere.
//!
//! Where a map is open (its Jacobian vanishes nowhere), positions have no extremum inside a piece: the largest and smallest
//! lie on its border. The border is mapped pixel by pixel; a coarse lattice inside says whether the map is smooth there.

use crate::coords::Group;
use crate::{Coords, Error, Pixel, PixelMap, Region, Resampler, Result};

/// Pixels between the positions that are looked at inside a piece.
const STRIDE: usize = 16;
/// The largest change of the Jacobian between neighbouring positions, relative to the largest Jacobian, of a map that
/// counts as smooth: seams, poles, limbs and folds lie far above.
const SMOOTH: f64 = 0.1;
/// Curvature below this (pixels) is rounding.
const ROUNDING: f64 = 1e-9;

/// Everything that windows depend on.
pub(super) struct Survey<'a, I: Pixel, O: Pixel> {
    pub(super) map: &'a dyn PixelMap,
    pub(super) how: &'a dyn Resampler<I, O>,
    pub(super) input: &'a [usize],
}

impl<I: Pixel, O: Pixel> Survey<'_, I, O> {
    /// The window of the input that a piece needs: at least the one that its run reads.
    pub(super) fn window(&self, piece: &Region) -> Result<Option<Region>> {
        if self.how.window_by_bounds()
            && let Some(at) = self.sampled(piece)
        {
            return Ok(self.how.window(&at, self.input));
        }
        let at = Coords::on(piece, self.how.lattice(), self.map, self.input);
        self.map.failure().map_or_else(|| Ok(self.how.window(&at, self.input)), Err::<_, Error>)
    }

    /// A few positions with the same bounds as all of them, or slightly wider ones; `None` where all are wanted.
    fn sampled(&self, piece: &Region) -> Option<Coords> {
        let lattice = self.how.lattice();
        let sizes = self.map.groups();
        let mut axis = piece.ndim() - sizes.iter().sum::<usize>();
        let mut groups = Vec::with_capacity(sizes.len());
        for (number, n) in sizes.into_iter().enumerate() {
            let sides: Vec<usize> =
                (axis..axis + n).map(|k| piece.shape[k] * lattice.density.max(1) + lattice.extra).collect();
            let spacing = 1.0 / lattice.density.max(1) as f64;
            let site = |k: usize, i: usize| {
                ((piece.start[axis + k] * lattice.density.max(1) + i) as f64).mul_add(spacing, lattice.offset)
            };
            let group = match sides[..] {
                [side] => {
                    let column = (0..side).map(|i| site(0, i)).collect();
                    Group::at(self.map, number, Some(self.input), axis, sides, vec![column])
                }
                [rows, columns] if rows.min(columns) > 2 * STRIDE => {
                    let lines = Lines::new(rows, columns);
                    let y = lines.sites.iter().map(|s| site(0, s[0])).collect();
                    let x = lines.sites.iter().map(|s| site(1, s[1])).collect();
                    let mut group = Group::at(self.map, number, Some(self.input), axis, sides, vec![x, y]);
                    lines.widen(&mut group)?;
                    group
                }
                _ => return None,
            };
            axis += n;
            groups.push(group);
        }
        let at = Coords { block: piece.clone(), lattice, groups };
        self.map.failure().is_none().then_some(at)
    }
}

/// The sites of a piece that are looked at, as straight lines: its four borders, then the rows of a coarse lattice.
struct Lines {
    /// Row and column of every site.
    sites: Vec<[usize; 2]>,
    /// Columns and rows of the lattice.
    columns: Vec<usize>,
    rows: Vec<usize>,
    /// Where the lines start: borders along rows, borders along columns, lattice.
    starts: [usize; 5],
}

impl Lines {
    fn new(height: usize, width: usize) -> Self {
        let spread = |n: usize| {
            let steps = (n - 1).div_ceil(STRIDE);
            (0..=steps).map(|k| k * (n - 1) / steps).collect::<Vec<_>>()
        };
        let (rows, columns) = (spread(height), spread(width));
        let mut sites = Vec::with_capacity(2 * (height + width) + rows.len() * columns.len());
        let mut starts = [0; 5];
        for (k, row) in [0, height - 1].into_iter().enumerate() {
            starts[k] = sites.len();
            sites.extend((0..width).map(|column| [row, column]));
        }
        for (k, column) in [0, width - 1].into_iter().enumerate() {
            starts[2 + k] = sites.len();
            sites.extend((0..height).map(|row| [row, column]));
        }
        starts[4] = sites.len();
        sites.extend(rows.iter().flat_map(|&row| columns.iter().map(move |&column| [row, column])));
        Lines { sites, columns, rows, starts }
    }

    /// Adds the bounds of what may lie between the positions to them; `None` where the map is not smooth.
    fn widen(&self, group: &mut Group) -> Option<()> {
        let [x, y] = &group.columns[..] else { return None };
        let at = |i: usize| [x[i], y[i]];
        let mut bend = Bend::default();
        for line in 0..4 {
            let (from, to) = (self.starts[line], self.starts[line + 1]);
            bend.line((from..to).map(|i| (at(i), (i - from) as f64)));
        }
        let lattice = |r: usize, c: usize| at(self.starts[4] + r * self.columns.len() + c);
        for r in 0..self.rows.len() {
            bend.line(self.columns.iter().enumerate().map(|(c, &i)| (lattice(r, c), i as f64)));
        }
        for c in 0..self.columns.len() {
            bend.line(self.rows.iter().enumerate().map(|(r, &i)| (lattice(r, c), i as f64)));
        }
        // One orientation everywhere: no fold.
        let (mut positive, mut negative) = (false, false);
        for r in 1..self.rows.len() {
            for c in 1..self.columns.len() {
                let [o, a, b] = [lattice(r - 1, c - 1), lattice(r - 1, c), lattice(r, c - 1)];
                let turn = (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
                positive |= turn > 0.0;
                negative |= turn < 0.0;
                if turn == 0.0 || turn.is_nan() {
                    return None;
                }
            }
        }
        if positive == negative || !bend.smooth() {
            return None;
        }
        for (k, margin) in bend.margin().into_iter().enumerate() {
            let column = &group.columns[k];
            let low = column.iter().fold(f64::INFINITY, |a, &b| a.min(b)) - margin;
            let high = column.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b)) + margin;
            // Which way round a period is the shorter, few positions cannot say.
            if group.period[k].is_some_and(|period| high - low > 0.5 * period) {
                return None;
            }
            group.columns[k].extend([low, high]);
        }
        Some(())
    }
}

/// How much steps differ from their neighbours along lines.
#[derive(Default)]
struct Bend {
    /// The largest squared length of a step of one site.
    step: f64,
    /// The largest difference of two neighbouring steps of one site, along x and y, and the same times their spacing.
    change: [f64; 2],
    sag: [f64; 2],
    lost: bool,
}

impl Bend {
    fn line(&mut self, points: impl Iterator<Item = ([f64; 2], f64)>) {
        let (mut last, mut before): (Option<([f64; 2], f64)>, Option<[f64; 2]>) = (None, None);
        for (p, i) in points {
            self.lost |= !(p[0].is_finite() && p[1].is_finite());
            if let Some((q, j)) = last {
                let step = [(p[0] - q[0]) / (i - j), (p[1] - q[1]) / (i - j)];
                self.step = self.step.max(step[0] * step[0] + step[1] * step[1]);
                if let Some(before) = before {
                    for k in 0..2 {
                        let change = (step[k] - before[k]).abs();
                        self.change[k] = self.change[k].max(change);
                        self.sag[k] = self.sag[k].max(change * (i - j));
                    }
                }
                before = Some(step);
            }
            last = Some((p, i));
        }
    }

    fn smooth(&self) -> bool {
        let limit = SMOOTH * self.step.sqrt();
        !self.lost && self.step.is_finite() && self.change.iter().all(|&c| c <= limit)
    }

    /// Twice what a parabola through three sites can reach beyond them, and more than that between four.
    fn margin(&self) -> [f64; 2] {
        self.sag.map(|sag| if sag > ROUNDING { 0.5 * sag } else { 0.0 })
    }
}
