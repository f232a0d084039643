//! Pixels of one header to pixels of another over all their axes: celestial pairs through the sky, spectral axes through
//! their conventions, the others by type. Axes that depend on each other form a group; groups are separable.

use super::{StageMap, sky_map};
use crate::read::units;
use crate::sky::lonlat;
use crate::spectral::Conversion;
use crate::stages::Stage;
use crate::wcs::{SpectralAxis, Wcs};
use reproject_core::{Error, Points, Result, Transform};
use serde::{Deserialize, Serialize};

/// A map from the pixels of one header to those of another over all their axes, as separable groups.
///
/// Columns stand in FITS order (NAXIS1 first) and hold 0-based positions with pixel centres at integers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WcsMap {
    axes: usize,
    groups: Vec<WcsGroup>,
}

/// Pixel axes of two headers that depend on each other and on no others.
///
/// As a [`Transform`] it maps positions along the axes [`from`](WcsGroup::from) to positions along [`to`](WcsGroup::to), one column
/// an axis in that order; with another number of columns there is no point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WcsGroup {
    from: Vec<usize>,
    to: Vec<usize>,
    path: Path,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Path {
    /// A celestial image to a celestial image.
    Sky(StageMap),
    World(Box<World>),
}

/// The way through world values: two headers with the axes of the group alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct World {
    from: Wcs,
    to: Wcs,
    /// The world axis of `from` for each of `to`.
    order: Vec<usize>,
    steps: Vec<Step>,
}

/// How values of one header become values of the other; axes are those of `to`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Step {
    Scale { axis: usize, factor: f64 },
    Spectral { axis: usize, before: f64, conversion: Conversion, after: f64 },
    Sky { pair: [usize; 2], forward: Vec<Stage>, inverse: Vec<Stage> },
}

impl WcsMap {
    /// Matches the axes of two headers: the celestial pairs, the spectral axes, axes of one CTYPE, and what then remains in
    /// order.
    ///
    /// # Errors
    /// If the numbers of axes differ; if only one header has a celestial pair or a spectral axis; if the frames share no
    /// sphere, a rest value is missing, or units cannot be converted.
    pub fn new(from: &Wcs, to: &Wcs) -> Result<WcsMap> {
        from.whole().and(to.whole())?;
        let order = matched(from, to)?;
        let groups = blocks(from, to, &order)
            .into_iter()
            .map(|(a, b)| WcsGroup::new(from, to, &order, a, b))
            .collect::<Result<_>>()?;
        Ok(WcsMap { axes: from.naxis(), groups })
    }

    /// The groups; each axis of either header is in one of them.
    pub fn groups(&self) -> &[WcsGroup] {
        &self.groups
    }

    /// Maps pixels of the first header (0-based, one column an axis in FITS order) to pixels of the second, in place.
    ///
    /// # Errors
    /// If there is not one column per axis, or they differ in length.
    pub fn run(&self, columns: &mut [&mut [f64]]) -> Result<()> {
        let length = columns.first().map_or(0, |c| c.len());
        if columns.len() != self.axes || columns.iter().any(|c| c.len() != length) {
            let why =
                format!("{} axes need as many columns of one length; found {}", self.axes, columns.len());
            return Err(Error::invalid("columns", why));
        }
        let mut taken: Vec<Vec<f64>> = columns.iter().map(|c| c.to_vec()).collect();
        for group in &self.groups {
            let mut own: Vec<Vec<f64>> =
                group.from.iter().map(|&axis| std::mem::take(&mut taken[axis])).collect();
            group.run(&mut own.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>(), false);
            for (&axis, column) in group.to.iter().zip(&own) {
                columns[axis].copy_from_slice(column);
            }
        }
        Ok(())
    }
}

impl WcsGroup {
    /// The pixel axes of the first header, counted from 0 in FITS order, ascending.
    pub fn from(&self) -> &[usize] {
        &self.from
    }

    /// The pixel axes of the second header, counted from 0 in FITS order, ascending.
    pub fn to(&self) -> &[usize] {
        &self.to
    }

    /// The stages of a group that is nothing but two celestial images.
    pub fn sky(&self) -> Option<&StageMap> {
        match &self.path {
            Path::Sky(map) => Some(map),
            Path::World(_) => None,
        }
    }

    fn new(from: &Wcs, to: &Wcs, order: &[usize], a: Block, b: Block) -> Result<WcsGroup> {
        let only = |wcs: &Wcs, block: &Block| {
            wcs.pair.is_some_and(|p| block.world.len() == 2 && block.world.contains(&p[0]))
        };
        if let (true, true, Ok(x), Ok(y)) = (only(from, &a), only(to, &b), from.celestial(), to.celestial()) {
            let map = sky_map(x, y)?.bounded();
            return Ok(WcsGroup { from: a.pixel, to: b.pixel, path: Path::Sky(map) });
        }
        let (x, y) = (from.part(&a.world, &a.pixel), to.part(&b.world, &b.pixel));
        let place = |i: usize| a.world.iter().position(|&w| w == i);
        let order = b.world.iter().filter_map(|&i| place(order[i])).collect::<Vec<_>>();
        let steps = steps(&x, &y, &order)?;
        Ok(WcsGroup {
            from: a.pixel,
            to: b.pixel,
            path: Path::World(Box::new(World { from: x, to: y, order, steps })),
        })
    }

    /// Maps columns of the group's own axes in place.
    pub(crate) fn run(&self, columns: &mut [&mut [f64]], backwards: bool) {
        match (&self.path, columns) {
            (Path::Sky(map), [x, y]) if backwards => map.inverse(&mut Points::new([x, y])),
            (Path::Sky(map), [x, y]) => map.forward(&mut Points::new([x, y])),
            (Path::World(world), columns) if columns.len() == self.from.len() => {
                world.run(columns, backwards)
            }
            (_, columns) => columns.iter_mut().for_each(|column| column.fill(f64::NAN)),
        }
    }
}

impl<const N: usize> Transform<N> for WcsGroup {
    fn forward(&self, points: &mut Points<'_, N>) {
        self.run(&mut points.axes(), false);
    }
    fn inverse(&self, points: &mut Points<'_, N>) {
        self.run(&mut points.axes(), true);
    }
}

impl World {
    fn run(&self, columns: &mut [&mut [f64]], backwards: bool) {
        let (first, second) = if backwards { (&self.to, &self.from) } else { (&self.from, &self.to) };
        let mut values: Vec<Vec<f64>> = columns.iter().map(|c| c.to_vec()).collect();
        let mut slices: Vec<&mut [f64]> = values.iter_mut().map(Vec::as_mut_slice).collect();
        let mut done = first.pixel_to_world(&mut slices);
        if backwards {
            self.steps.iter().for_each(|step| step.inverse(&mut values));
        }
        let mut ordered = vec![Vec::new(); values.len()];
        for (k, &axis) in self.order.iter().enumerate() {
            let (source, target) = if backwards { (k, axis) } else { (axis, k) };
            ordered[target] = std::mem::take(&mut values[source]);
        }
        if !backwards {
            self.steps.iter().for_each(|step| step.forward(&mut ordered));
        }
        let mut slices: Vec<&mut [f64]> = ordered.iter_mut().map(Vec::as_mut_slice).collect();
        done = done.and_then(|()| second.world_to_pixel(&mut slices));
        for (column, value) in columns.iter_mut().zip(&ordered) {
            match done {
                Ok(()) => column.copy_from_slice(value),
                Err(_) => column.fill(f64::NAN),
            }
        }
    }
}

impl Step {
    fn forward(&self, values: &mut [Vec<f64>]) {
        match self {
            Step::Scale { axis, factor } => values[*axis].iter_mut().for_each(|v| *v *= factor),
            Step::Spectral { axis, before, conversion, after } => {
                values[*axis].iter_mut().for_each(|v| *v *= before);
                conversion.forward(&mut Points::new([&mut values[*axis]]));
                values[*axis].iter_mut().for_each(|v| *v /= after);
            }
            Step::Sky { pair, forward, .. } => turn(values, *pair, forward),
        }
    }

    fn inverse(&self, values: &mut [Vec<f64>]) {
        match self {
            Step::Scale { axis, factor } => values[*axis].iter_mut().for_each(|v| *v /= factor),
            Step::Spectral { axis, before, conversion, after } => {
                values[*axis].iter_mut().for_each(|v| *v *= after);
                conversion.inverse(&mut Points::new([&mut values[*axis]]));
                values[*axis].iter_mut().for_each(|v| *v /= before);
            }
            Step::Sky { pair, inverse, .. } => turn(values, *pair, inverse),
        }
    }
}

/// Longitude and latitude in degrees through stages of unit vectors.
fn turn(values: &mut [Vec<f64>], [lng, lat]: [usize; 2], stages: &[Stage]) {
    let (mut lon, mut other) = (std::mem::take(&mut values[lng]), std::mem::take(&mut values[lat]));
    Points::new([&mut lon, &mut other]).with_third(|batch| {
        lonlat::vectors(batch);
        stages.iter().for_each(|stage| stage.run(batch));
        lonlat::degrees(batch, true);
    });
    (values[lng], values[lat]) = (lon, other);
}

/// For every world axis of `to` that of `from`.
fn matched(from: &Wcs, to: &Wcs) -> Result<Vec<usize>> {
    let types = |wcs: &Wcs| wcs.axes.iter().map(|a| format!("'{}'", a.ctype)).collect::<Vec<_>>().join(", ");
    let fail =
        |why: String| Err(Error::invalid("CTYPE", format!("{why}: {} against {}", types(from), types(to))));
    if from.naxis() != to.naxis() {
        return fail("the headers have different numbers of axes".into());
    }
    let mut order: Vec<Option<usize>> = vec![None; to.naxis()];
    match (from.pair, to.pair) {
        (Some(a), Some(b)) => (0..2).for_each(|k| order[b[k]] = Some(a[k])),
        (None, None) => {}
        _ => return fail("only one header has a celestial pair".into()),
    }
    match (&from.spectral, &to.spectral) {
        (Some(a), Some(b)) => order[b.axis] = Some(a.axis),
        (None, None) => {}
        _ => return fail("only one header has a spectral axis".into()),
    }
    let mut free: Vec<usize> = (0..from.naxis()).filter(|i| !order.contains(&Some(*i))).collect();
    for (i, axis) in to.axes.iter().enumerate().filter(|(i, _)| order[*i].is_none()).collect::<Vec<_>>() {
        if let Some(k) = free.iter().position(|&f| from.axes[f].ctype == axis.ctype) {
            order[i] = Some(free.remove(k));
        }
    }
    let mut rest = free.into_iter();
    let order: Option<Vec<usize>> = order.into_iter().map(|o| o.or_else(|| rest.next())).collect();
    order.map_or_else(|| fail("the axes cannot be matched".into()), Ok)
}

/// World and pixel axes of one header in a group, ascending.
#[derive(Clone, Debug, Default)]
struct Block {
    world: Vec<usize>,
    pixel: Vec<usize>,
}

/// Splits the axes of both headers into groups that do not depend on each other.
fn blocks(from: &Wcs, to: &Wcs, order: &[usize]) -> Vec<(Block, Block)> {
    let n = order.len();
    // Nodes: pixels of `from`, worlds of `from`, worlds of `to`, pixels of `to`.
    let mut root: Vec<usize> = (0..4 * n).collect();
    let mut join = |a: usize, b: usize| {
        let (a, b) = (root[a], root[b]);
        root.iter_mut().filter(|r| **r == b).for_each(|r| *r = a);
    };
    for (wcs, pixels, worlds) in [(from, 0, n), (to, 3 * n, 2 * n)] {
        for i in 0..n {
            (0..n).filter(|&j| wcs.linear.at(i, j) != 0.0).for_each(|j| join(worlds + i, pixels + j));
        }
        for axes in wcs.groups.iter().map(|g| g.axes()) {
            axes.windows(2).for_each(|w| join(worlds + w[0], worlds + w[1]));
        }
    }
    (0..n).for_each(|i| join(2 * n + i, n + order[i]));
    let mut blocks: Vec<(usize, Block, Block)> = Vec::new();
    for (node, &root) in root.iter().enumerate() {
        let k = blocks.iter().position(|b| b.0 == root).unwrap_or_else(|| {
            blocks.push((root, Block::default(), Block::default()));
            blocks.len() - 1
        });
        let (_, a, b) = &mut blocks[k];
        [&mut a.pixel, &mut a.world, &mut b.world, &mut b.pixel][node / n].push(node % n);
    }
    let square = |b: &Block, n: usize| b.pixel.len() == n && b.world.len() == n;
    if blocks.iter().all(|(_, a, b)| square(a, a.pixel.len()) && square(b, a.pixel.len())) {
        return blocks.into_iter().map(|(_, a, b)| (a, b)).collect();
    }
    // A pixel axis that moves nothing: the whole is one group.
    let all = || Block { world: (0..n).collect(), pixel: (0..n).collect() };
    vec![(all(), all())]
}

/// The steps between the world values of two headers, whose axes are in the order of the second.
fn steps(from: &Wcs, to: &Wcs, order: &[usize]) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for (i, axis) in to.axes.iter().enumerate() {
        let special = to.pair.is_some_and(|p| p.contains(&i)) || to.spectral.is_some_and(|s| s.axis == i);
        let source = &from.axes[order[i]];
        if !special
            && source.unit != axis.unit
            && !source.unit.trim().is_empty()
            && !axis.unit.trim().is_empty()
        {
            let factor = units::scale(&source.unit, &axis.unit, "CUNIT", &axis.ctype)?;
            steps.push(Step::Scale { axis: i, factor });
        }
    }
    if let (Some(a), Some(b)) = (&from.spectral, &to.spectral) {
        let conversion = a.convention.convert(&b.convention)?;
        let unit = |s: &SpectralAxis, wcs: &Wcs| {
            let axis = &wcs.axes[s.axis];
            if s.unit.is_nan() {
                let why = format!("'{}' of the table on axis '{}' is no unit of it", axis.unit, axis.ctype);
                return Err(Error::invalid("CUNIT", why));
            }
            Ok(s.unit)
        };
        if !conversion.is_identity() || a.unit.to_bits() != b.unit.to_bits() {
            let (before, after) = (unit(a, from)?, unit(b, to)?);
            steps.push(Step::Spectral { axis: b.axis, before, conversion, after });
        }
    }
    if let (Some(pair), Some(a), Some(b)) = (to.pair, from.frame(), to.frame())
        && a != b
    {
        let (forward, inverse) = (a.route(b)?.stages(), b.route(a)?.stages());
        steps.push(Step::Sky { pair, forward, inverse });
    }
    Ok(steps)
}
