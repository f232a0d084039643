//! The walk over a block: input corners lifted once for each tile of output pixels, then overlaps pixel by pixel.

use super::Owner;
use super::fold::Fold;
use super::mesh::{CORNERS, Mesh, Run, Span, bands, corners};
use super::plane::{Grid, Local, Pixel};
use super::reach::{Range, Reach};
use crate::{Coords, Kernel, Projection, View, Watch, dispatch};

/// Corners gathered before their overlaps are found: they stay in the cache.
const PENDING: usize = 512;

/// One axis of the input.
#[derive(Clone, Copy)]
struct Axis {
    /// Pixels that differ: all, or those of one period.
    size: i64,
    /// The window.
    first: usize,
    length: usize,
    stride: usize,
    /// The period in pixels, and whether there is one that is not whole.
    turn: Option<i64>,
    broken: bool,
}

impl Axis {
    /// The existing pixels of a range, which may reach across the seam: at most two runs.
    fn runs(&self, [low, high]: [f64; 2]) -> [Run; 2] {
        let limit = 2f64.powi(52);
        let (low, high) = (low.clamp(-limit, limit) as i64, high.clamp(-limit, limit) as i64 + 1);
        let clip = |(a, b): Run| {
            let first = self.first as i64;
            (a.max(first), b.min(self.size).min(first + self.length as i64))
        };
        match self.turn {
            None => [clip((low, high)), (0, 0)],
            Some(turn) if high - low >= turn => [clip((0, turn)), (0, 0)],
            Some(turn) => {
                let start = low.rem_euclid(turn);
                let end = start + (high - low);
                [clip((start, end.min(turn))), clip((0, end - turn))]
            }
        }
    }
}

/// The output pixels of a block, and all they need to find their overlaps.
pub(super) struct Overlaps<'a> {
    input: &'a dyn Projection,
    reach: &'a Reach,
    /// x, then y.
    axes: [Axis; 2],
    /// The poles of the input along x and y: what pixels have beyond them belongs to the opposite ones.
    poles: [[Option<f64>; 2]; 2],
    /// The parts of the input that are seen, if that is known.
    fold: Option<&'a Fold>,
    width: usize,
    height: usize,
}

impl<'a> Overlaps<'a> {
    pub(super) fn new<I>(
        at: &Coords,
        src: &View<'_, I>,
        input: &'a dyn Projection,
        reach: &'a Reach,
    ) -> Self {
        let group = &at.groups[0];
        let axes = std::array::from_fn(|k| {
            let axis = group.axis + 1 - k;
            let size = src.full[axis] as i64;
            let whole = |p: &f64| (p - p.round()).abs() <= 1e-9 * p && *p < 2f64.powi(52);
            let turn = group.period[k].filter(whole).map(|p| p.round() as i64);
            Axis {
                size: turn.map_or(size, |turn| size.min(turn)),
                first: src.window.start[axis],
                length: src.window.shape[axis],
                stride: src.strides[axis],
                turn,
                broken: group.period[k].is_some() && turn.is_none(),
            }
        });
        let poles = [0, 1].map(|k| group.poles.get(k).copied().unwrap_or([None; 2]));
        let (width, height) = (group.shape[1] - 1, group.shape[0] - 1);
        Overlaps { input, reach, axes, poles, fold: None, width, height }
    }

    /// With what is known of an input that folds, so that it need not be asked.
    pub(super) fn with_fold(self, fold: Option<&'a Fold>) -> Self {
        Self { fold, ..self }
    }

    /// The parts of an input that folds that are seen, unless they are known.
    fn fold(&self, mesh: &Mesh) -> Option<Fold> {
        (self.fold.is_none() && self.input.folds()).then(|| mesh.fold(self.input, self.poles))
    }

    /// Calls `each` with the overlaps of some output pixels, until every pixel was among them once.
    pub(super) fn run(&mut self, watch: &dyn Watch, mut each: impl FnMut(&[Owner], &[(usize, f64)])) {
        let mut lists = Lists::default();
        let mut tiles = vec![[(0, self.width), (0, self.height)]];
        while let Some(tile) = tiles.pop() {
            if watch.cancelled() {
                return;
            }
            let Some(span) = self.union(tile) else { continue };
            let [columns, rows] = tile;
            if corners(span) > CORNERS && (columns.1 - columns.0 > 1 || rows.1 - rows.0 > 1) {
                tiles.extend(halves(tile));
                continue;
            }
            // One pixel may still need more corners than are held: then it takes them in bands of rows.
            lists.clear();
            for span in bands(span) {
                let mesh = Mesh::new(span, self.input, self.poles);
                let fold = self.fold(&mesh);
                let fold = self.fold.or(fold.as_ref());
                dispatch(Tile { overlaps: self, tile, span, mesh: &mesh, fold, lists: &mut lists });
            }
            lists.merge();
            each(&lists.owners, &lists.found);
        }
        self.anywhere(watch, &mut lists, &mut each);
    }

    /// The box of input pixels that a tile of output pixels can overlap.
    fn union(&self, [columns, rows]: [(usize, usize); 2]) -> Option<Span> {
        let mut span: Span = [(i64::MAX, i64::MIN); 2];
        for pixel in
            (rows.0..rows.1).flat_map(|row| (columns.0..columns.1).map(move |c| row * self.width + c))
        {
            let Some(range) = self.boxed(pixel) else { continue };
            for k in 0..2 {
                for (a, b) in self.axes[k].runs(range[k]) {
                    if a < b {
                        span[k] = (span[k].0.min(a), span[k].1.max(b));
                    }
                }
            }
        }
        span.iter().all(|(a, b)| a < b).then_some(span)
    }

    fn boxed(&self, pixel: usize) -> Option<[[f64; 2]; 2]> {
        match self.reach.ranges[pixel] {
            Range::Box(range) if !self.crosses(range) => Some(range),
            _ => None,
        }
    }

    /// Whether a range reaches across a seam whose other side is not a whole number of pixels away.
    fn crosses(&self, range: [[f64; 2]; 2]) -> bool {
        let beyond =
            |axis: &Axis, [low, high]: [f64; 2]| axis.broken && (low < 0.0 || high >= axis.size as f64);
        beyond(&self.axes[0], range[0]) || beyond(&self.axes[1], range[1])
    }

    /// The output pixel with this number in the block.
    #[inline(always)]
    fn pixel(&self, number: usize) -> Option<Pixel> {
        let first = number / self.width * (self.width + 1) + number % self.width;
        let next = first + self.width + 1;
        Pixel::new([first, first + 1, next + 1, next].map(|i| self.reach.corners.each_ref().map(|c| c[i])))
    }

    /// The offset of an input pixel within its plane of the window.
    fn element(&self, x: i64, y: i64) -> usize {
        let [ax, ay] = &self.axes;
        (x as usize - ax.first) * ax.stride + (y as usize - ay.first) * ay.stride
    }

    /// Pixels that can overlap any input pixel: every one of the window that is near enough is tried.
    fn anywhere(
        &self,
        watch: &dyn Watch,
        lists: &mut Lists,
        each: &mut impl FnMut(&[Owner], &[(usize, f64)]),
    ) {
        let wild = |pixel: &usize| match self.reach.ranges[*pixel] {
            Range::Nowhere => false,
            Range::Box(range) => self.crosses(range),
            Range::Anywhere => true,
        };
        let pixels: Vec<(usize, Pixel)> = (0..self.reach.ranges.len())
            .filter(wild)
            .filter_map(|number| Some((number, self.pixel(number)?)))
            .collect();
        if pixels.is_empty() {
            return;
        }
        lists.clear();
        let window = self.axes.map(|axis| axis.runs([0.0, axis.size as f64 - 1.0])[0]);
        for span in bands(window) {
            if watch.cancelled() {
                return;
            }
            let mesh = Mesh::new(span, self.input, self.poles);
            let fold = self.fold(&mesh);
            let fold = self.fold.or(fold.as_ref());
            let region = mesh.region();
            let near = mesh.near(&region);
            for (number, pixel) in &pixels {
                for [y, x] in near.pixels(pixel).into_iter().map(|at| at.map(|v| v as i64)) {
                    let Lists { local, found, .. } = &mut *lists;
                    local.clear();
                    let grid = mesh.gather([(x, x + 1), (y, y + 1)], local);
                    pixel.place(&grid, local);
                    pixel.cut(&grid, local);
                    let element = self.element(x, y);
                    let found = |_, _, overlap| found.push((element, overlap));
                    pixel.overlaps_seen(&grid, local, fold, [x, y], found);
                }
                lists.owners.push(Owner { pixel: *number, area: pixel.area, end: lists.found.len() });
            }
        }
        lists.merge();
        each(&lists.owners, &lists.found);
    }
}

/// The overlaps that were found for a tile.
#[derive(Default)]
struct Lists {
    owners: Vec<Owner>,
    found: Vec<(usize, f64)>,
    local: Local,
}

impl Lists {
    fn clear(&mut self) {
        self.owners.clear();
        self.found.clear();
        self.local.clear();
    }

    /// Brings together the parts of pixels that were met in several bands; their order is that of the bands.
    fn merge(&mut self) {
        let mut start = 0;
        let mut parts = Vec::with_capacity(self.owners.len());
        for owner in &self.owners {
            parts.push((owner.pixel, owner.area, start..owner.end));
            start = owner.end;
        }
        if parts.windows(2).all(|w| w[0].0 < w[1].0) {
            return;
        }
        parts.sort_by_key(|part| part.0);
        let mut found = Vec::with_capacity(self.found.len());
        self.owners.clear();
        for (pixel, area, part) in parts {
            found.extend_from_slice(&self.found[part]);
            match self.owners.last_mut() {
                Some(last) if last.pixel == pixel => last.end = found.len(),
                _ => self.owners.push(Owner { pixel, area, end: found.len() }),
            }
        }
        self.found = found;
    }
}

fn halves([columns, rows]: [(usize, usize); 2]) -> [[(usize, usize); 2]; 2] {
    if columns.1 - columns.0 >= rows.1 - rows.0 {
        let middle = (columns.0 + columns.1) / 2;
        [[(columns.0, middle), rows], [(middle, columns.1), rows]]
    } else {
        let middle = (rows.0 + rows.1) / 2;
        [[columns, (rows.0, middle)], [columns, (middle, rows.1)]]
    }
}

struct Tile<'a, 'b> {
    overlaps: &'a Overlaps<'b>,
    tile: [(usize, usize); 2],
    /// The part of the input whose corners are held.
    span: Span,
    mesh: &'a Mesh,
    fold: Option<&'a Fold>,
    lists: &'a mut Lists,
}

impl Kernel for Tile<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { overlaps, tile: [columns, rows], span, mesh, fold, lists } = self;
        let mut pending = Vec::with_capacity(columns.1 - columns.0);
        let mut grids = Vec::new();
        for row in rows.0..rows.1 {
            for column in columns.0..columns.1 {
                let number = row * overlaps.width + column;
                let Some(range) = overlaps.boxed(number) else { continue };
                let Some(pixel) = overlaps.pixel(number) else { continue };
                let [runs_x, runs_y] = [overlaps.axes[0].runs(range[0]), overlaps.axes[1].runs(range[1])];
                for run_y in runs_y {
                    for run_x in runs_x {
                        let x = (run_x.0.max(span[0].0), run_x.1.min(span[0].1));
                        let y = (run_y.0.max(span[1].0), run_y.1.min(span[1].1));
                        if x.0 < x.1 && y.0 < y.1 {
                            let first = overlaps.element(x.0, y.0);
                            let grid = mesh.gather([x, y], &mut lists.local);
                            grids.push((pending.len(), grid, first, [x.0, y.0]));
                        }
                    }
                }
                pending.push((number, pixel));
                if lists.local.len() > PENDING {
                    finish(overlaps, &mut pending, &mut grids, fold, lists);
                }
            }
        }
        finish(overlaps, &mut pending, &mut grids, fold, lists);
    }
}

/// Finds the overlaps of the pixels whose corners are gathered.
#[inline(always)]
fn finish(
    overlaps: &Overlaps<'_>,
    pending: &mut Vec<(usize, Pixel)>,
    grids: &mut Vec<(usize, Grid, usize, [i64; 2])>,
    fold: Option<&Fold>,
    lists: &mut Lists,
) {
    let Lists { owners, found, local } = lists;
    for (pixel, grid, ..) in grids.iter() {
        pending[*pixel].1.place(grid, local);
    }
    for (pixel, grid, ..) in grids.iter() {
        pending[*pixel].1.cut(grid, local);
    }
    let [ax, ay] = &overlaps.axes;
    let mut grids = grids.drain(..).peekable();
    for (index, (number, pixel)) in pending.iter().enumerate() {
        while let Some((_, grid, first, at)) = grids.next_if(|(owner, ..)| *owner == index) {
            pixel.overlaps_seen(&grid, local, fold, at, |row, column, overlap| {
                found.push((first + row * ay.stride + column * ax.stride, overlap));
            });
        }
        owners.push(Owner { pixel: *number, area: pixel.area, end: found.len() });
    }
    drop(grids);
    pending.clear();
    local.clear();
}
