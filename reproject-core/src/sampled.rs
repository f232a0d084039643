//! An expensive map, sampled on an absolute lattice to a stated tolerance; exact where the lattice does not hold it.
//!
//! The plane is cut into cells of 128 pixels. A cell is mapped at 9 × 9 nodes and at some points that lie on no lattice
//! (Roberts' R₂ sequence). It is kept if every other node, by Lagrange's polynomial of degree four through the 5 × 5 nodes
//! between, and every further point, by the polynomial through the finest nodes about it, come out to within half of the
//! tolerance; the finest polynomials then give the values (of smooth maps, to a hundredth of it). A cell that does not hold
//! is cut into four; below 16 pixels, and wherever a node has no image, the map itself is called. Values depend on the
//! position alone: cells lie where they lie, whatever is asked for.

use crate::{Error, PixelMap, Points, Projection, Result, Transform};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Pixels along a side of the cells that the plane is cut into, and of the smallest that are worth it.
const CELL: f64 = 128.0;
const SMALLEST: f64 = 16.0;
/// Cells along a side of the squares of cells that are mapped together.
const GROUP: i64 = 4;
/// Nodes along a side of a cell, and further points inside of it.
const NODES: usize = 9;
const FURTHER: usize = 16;
const SITES: usize = NODES * NODES + FURTHER;
/// Numbers that are kept in cells: 16 MiB.
const KEPT: usize = 2 << 20;
/// Positions further out are mapped exactly.
const FAR: f64 = 1e12;

/// A map that is called at few points and interpolated between them, to within a tolerance.
///
/// It wraps a [`Transform`] (its forward direction), the groups of two axes of a [`PixelMap`], or the
/// [`lift`](Projection::lift) of a [`Projection`] (to that part of a pixel's angle): whatever is called with pixel
/// positions. The tolerance is in pixels, on every axis. It holds at the nodes and the points that are checked, and between
/// them for maps that are smooth on the scale of a few pixels or not at all; a domain that is convex in the plane keeps its
/// border to the pixel, holes narrower than 16 pixels may be lost. Maps without an image at a point have none here.
///
/// ```
/// use reproject_core::{Points, Sampled, Transform};
/// struct Slow;
/// impl Transform for Slow {
///     fn forward(&self, points: &mut Points<'_>) { points.each(|[x, y]| [x + (x / 90.0).sin(), y * 1.5]) }
///     fn inverse(&self, points: &mut Points<'_>) { points.each(|p| p) }
/// }
/// let fast = Sampled::new(Slow, 1e-3)?;
/// let (mut x, mut y) = ([10.25], [20.0]);
/// fast.forward(&mut Points::new([&mut x, &mut y]));
/// assert!((x[0] - (10.25 + (10.25f64 / 90.0).sin())).abs() < 1e-3 && (y[0] - 30.0).abs() < 1e-3);
/// # Ok::<(), reproject_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Sampled<M> {
    map: M,
    tolerance: f64,
    cells: Mutex<Cells>,
}

#[derive(Debug, Default)]
struct Cells {
    known: HashMap<Key, Arc<Cell>>,
    kept: usize,
}

/// A group of axes, and the column and row of a cell.
type Key = (usize, i64, i64);

/// A cell as a tree: its first node is the root.
type Cell = Vec<Node>;

#[derive(Debug)]
enum Node {
    /// Values at the nodes of a cell, one column after the other.
    Patch(Vec<f64>),
    /// The first of four parts that lie one after the other.
    Split(usize),
    Exact,
}

/// A function that is called with columns of positions, and leaves their images there.
pub(crate) type Call<'a> = &'a dyn Fn(&mut [&mut [f64]]);

impl<M> Sampled<M> {
    /// The map `map` to within `tolerance` pixels.
    ///
    /// # Errors
    /// If the tolerance is not a positive number of pixels.
    pub fn new(map: M, tolerance: f64) -> Result<Self> {
        if tolerance > 0.0 && tolerance.is_finite() {
            return Ok(Self { map, tolerance, cells: Mutex::default() });
        }
        let why = format!(
            "{tolerance} is not a positive number of pixels, such as 0.001; without one, maps are exact"
        );
        Err(Error::invalid("tolerance", why))
    }

    /// The map itself.
    pub fn exact(&self) -> &M {
        &self.map
    }

    /// Positions in the first two columns become images in all of them.
    fn run(&self, group: usize, columns: &mut [&mut [f64]], call: Call<'_>) {
        let [x, y, ..] = &columns[..] else { return call(columns) };
        let place = |i: usize| {
            let near = x[i].abs() < FAR && y[i].abs() < FAR;
            near.then(|| (group, (x[i] / CELL).floor() as i64, (y[i] / CELL).floor() as i64))
        };
        let keys: Vec<Option<Key>> = (0..x.len()).map(place).collect();
        let cells = self.cells(&keys, columns.len(), call);
        let mut exact = Vec::new();
        let mut last: Option<(Key, &Arc<Cell>)> = None;
        for (i, key) in keys.into_iter().enumerate() {
            let found = match (key, last) {
                (Some(key), Some((before, cell))) if key == before => Some(cell),
                (Some(key), _) => cells.get(&key),
                (None, _) => None,
            };
            last = key.zip(found).or(last);
            let position = [columns[0][i], columns[1][i]];
            match key.zip(found).and_then(|(key, cell)| leaf(cell, key, position)) {
                Some((patch, at)) => interpolate(patch, at, |k, value| columns[k][i] = value),
                None => exact.push(i),
            }
        }
        call_some(&exact, columns, call);
    }

    /// The cells of those keys: known ones, and new ones in a few calls for all together.
    fn cells(&self, keys: &[Option<Key>], columns: usize, call: Call<'_>) -> HashMap<Key, Arc<Cell>> {
        let mut wanted: HashSet<Key> = HashSet::new();
        let mut last = None;
        for key in keys.iter().flatten().filter(|&&key| last.replace(key) != Some(key)) {
            wanted.insert(*key);
        }
        let mut found = HashMap::new();
        {
            let cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
            wanted.retain(|key| {
                cells.known.get(key).is_none_or(|cell| found.insert(*key, cell.clone()).is_some())
            });
        }
        if wanted.is_empty() {
            return found;
        }
        // A call costs more than its positions: neighbours will be wanted too.
        let group = |i: i64| {
            let first = i.div_euclid(GROUP) * GROUP;
            first..first + GROUP
        };
        let about: Vec<Key> = wanted
            .iter()
            .flat_map(|&(n, i, j)| group(j).flat_map(move |j| group(i).map(move |i| (n, i, j))))
            .collect();
        wanted.extend(about.into_iter().filter(|key| !found.contains_key(key)));
        // No lock is held while the map is called: it may call anything.
        let made = self.make(wanted.into_iter().collect(), columns, call);
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, cell) in made {
            let size =
                cell.iter().map(|node| if let Node::Patch(p) = node { p.len() } else { 1 }).sum::<usize>();
            if cells.kept + size > KEPT {
                *cells = Cells::default();
            }
            cells.kept += size;
            let cell = Arc::new(cell);
            cells.known.insert(key, cell.clone());
            found.insert(key, cell);
        }
        found
    }

    /// Samples cells, level by level.
    fn make(&self, keys: Vec<Key>, columns: usize, call: Call<'_>) -> Vec<(Key, Cell)> {
        let mut cells: Vec<Cell> = keys.iter().map(|_| vec![Node::Exact]).collect();
        let corner = |&(_, i, j): &Key| [i as f64 * CELL, j as f64 * CELL];
        let mut open: Vec<(usize, usize, [f64; 2])> =
            keys.iter().enumerate().map(|(cell, key)| (cell, 0, corner(key))).collect();
        let mut side = CELL;
        while !open.is_empty() && side >= SMALLEST {
            let mut sites = vec![vec![0.0; open.len() * SITES]; columns];
            for (n, (.., corner)) in open.iter().enumerate() {
                for (k, [u, v]) in offsets().enumerate() {
                    sites[0][n * SITES + k] = u.mul_add(side, corner[0]);
                    sites[1][n * SITES + k] = v.mul_add(side, corner[1]);
                }
            }
            call(&mut sites.iter_mut().map(|column| &mut column[..]).collect::<Vec<_>>());
            let mut next = Vec::new();
            for (n, (cell, node, corner)) in open.into_iter().enumerate() {
                let part: Vec<&[f64]> = sites.iter().map(|s| &s[n * SITES..][..SITES]).collect();
                let patch: Vec<f64> = part.iter().flat_map(|s| &s[..NODES * NODES]).copied().collect();
                if holds(&part, &patch, side, self.tolerance) {
                    cells[cell][node] = Node::Patch(patch);
                } else if side > SMALLEST && !part[0].iter().all(|x| x.is_nan()) {
                    let first = cells[cell].len();
                    cells[cell][node] = Node::Split(first);
                    for k in 0..4 {
                        cells[cell].push(Node::Exact);
                        let half = [(k % 2) as f64, (k / 2) as f64].map(|s| s * 0.5 * side);
                        next.push((cell, first + k, [corner[0] + half[0], corner[1] + half[1]]));
                    }
                }
            }
            (open, side) = (next, 0.5 * side);
        }
        keys.into_iter().zip(cells).collect()
    }
}

/// Calls for the positions of those indices alone, all at once.
pub(crate) fn call_some(indices: &[usize], columns: &mut [&mut [f64]], call: Call<'_>) {
    if indices.is_empty() {
        return;
    }
    if indices.len() == columns[0].len() {
        return call(columns);
    }
    let mut some: Vec<Vec<f64>> =
        columns.iter().map(|column| indices.iter().map(|&i| column[i]).collect()).collect();
    call(&mut some.iter_mut().map(|column| &mut column[..]).collect::<Vec<_>>());
    for (column, values) in columns.iter_mut().zip(some) {
        indices.iter().zip(values).for_each(|(&i, value)| column[i] = value);
    }
}

/// The nodes of a cell row by row, then the further points, as parts of its side.
fn offsets() -> impl Iterator<Item = [f64; 2]> {
    let nodes =
        (0..NODES * NODES).map(|k| [(k % NODES) as f64, (k / NODES) as f64].map(|i| i / (NODES - 1) as f64));
    // Roberts (2018): multiples of 1/ρ and 1/ρ², ρ³ = ρ + 1, are spread evenly over the square.
    const RHO: f64 = 1.324_717_957_244_746;
    let further =
        (1..=FURTHER).map(|k| [1.0 / RHO, 1.0 / (RHO * RHO)].map(|step| (0.5 + k as f64 * step).fract()));
    nodes.chain(further)
}

/// Whether the polynomials give every site of a cell that they do not pass through. Of directions (three columns) the
/// tolerance is the angle that so many pixels are apart where they lie closest.
fn holds(sites: &[&[f64]], patch: &[f64], side: f64, tolerance: f64) -> bool {
    let limit = 0.5 * tolerance * if sites.len() == 2 { 1.0 } else { pixel(sites, side) };
    // Written so that NaN fails.
    let nodes = (0..NODES * NODES).all(|k| {
        let weights = [k % NODES, k / NODES].map(|i| weights(0.5 * i as f64));
        let through = |s: &[f64]| combined(&weights, |c, r| s[2 * r * NODES + 2 * c]);
        sites.iter().all(|s| (through(s) - s[k]).abs() <= limit)
    });
    nodes
        && offsets().enumerate().skip(NODES * NODES).all(|(k, at)| {
            let mut near = true;
            let at = at.map(|u| u * (NODES - 1) as f64);
            interpolate(patch, at, |column, value| near &= (value - sites[column][k]).abs() <= limit);
            near
        })
}

/// The smallest distance of neighbouring nodes, for each pixel between them.
fn pixel(sites: &[&[f64]], side: f64) -> f64 {
    let step = |a: usize, b: usize| sites.iter().map(|s| (s[a] - s[b]).powi(2)).sum::<f64>().sqrt();
    let steps = (0..NODES * (NODES - 1)).flat_map(|k| {
        let [i, j] = [k % (NODES - 1), k / (NODES - 1)];
        [step(j * NODES + i, j * NODES + i + 1), step(i * NODES + j, (i + 1) * NODES + j)]
    });
    steps.fold(f64::INFINITY, f64::min) * (NODES - 1) as f64 / side
}

/// The patch about a position, and the position in it, in nodes; `None` where the map is to be called.
fn leaf(cell: &Cell, (_, i, j): Key, [x, y]: [f64; 2]) -> Option<(&[f64], [f64; 2])> {
    let mut at = [x - i as f64 * CELL, y - j as f64 * CELL];
    let (mut side, mut node) = (CELL, 0);
    loop {
        match &cell[node] {
            Node::Patch(patch) => return Some((patch, at.map(|u| u / side * (NODES - 1) as f64))),
            Node::Exact => return None,
            Node::Split(first) => {
                side *= 0.5;
                let upper = at.map(|u| u >= side);
                (0..2).filter(|&k| upper[k]).for_each(|k| at[k] -= side);
                node = first + usize::from(upper[0]) + 2 * usize::from(upper[1]);
            }
        }
    }
}

/// Gives the value of every column at a position, by the 5 × 5 nodes of the quarter that it lies in.
fn interpolate(patch: &[f64], at: [f64; 2], mut put: impl FnMut(usize, f64)) {
    let first = at.map(|u| if u < 4.0 { 0 } else { 4 });
    let weights = [weights(at[0] - first[0] as f64), weights(at[1] - first[1] as f64)];
    for (k, column) in patch.chunks_exact(NODES * NODES).enumerate() {
        put(k, combined(&weights, |c, r| column[(first[1] + r) * NODES + first[0] + c]));
    }
}

/// A sum over 5 × 5 values (column, row).
#[inline(always)]
fn combined(weights: &[[f64; 5]; 2], value: impl Fn(usize, usize) -> f64) -> f64 {
    let mut sum = 0.0;
    for (r, row) in weights[1].iter().enumerate() {
        let along: f64 = weights[0].iter().enumerate().map(|(c, w)| w * value(c, r)).sum();
        sum += row * along;
    }
    sum
}

/// Lagrange's polynomials through 0, 1, 2, 3, 4.
#[inline(always)]
fn weights(t: f64) -> [f64; 5] {
    let [a, b, c, d, e] = [t, t - 1.0, t - 2.0, t - 3.0, t - 4.0];
    [
        b * c * d * e / 24.0,
        -a * c * d * e / 6.0,
        a * b * d * e / 4.0,
        -a * b * c * e / 6.0,
        a * b * c * d / 24.0,
    ]
}

/// Lifts positions in the first two of three columns to unit vectors.
pub(crate) fn lifted(map: &dyn Projection, columns: &mut [&mut [f64]]) {
    if let [x, y, z] = columns {
        map.lift(&mut Points::new([x, y, z]));
    }
}

/// The methods that a map which is called through a table has from the map itself: all but positions.
macro_rules! wraps {
    (PixelMap) => {
        fn groups(&self) -> Vec<usize> {
            self.map.groups()
        }
        fn period(&self, group: usize) -> Vec<Option<f64>> {
            self.map.period(group)
        }
        fn poles(&self, group: usize) -> Vec<[Option<f64>; 2]> {
            self.map.poles(group)
        }
        fn failure(&self) -> Option<Error> {
            self.map.failure()
        }
    };
    (Projection) => {
        fn project(&self, points: &mut Points<'_, 3>) {
            self.map.project(points);
        }
        fn period(&self) -> [Option<f64>; 2] {
            self.map.period()
        }
        fn folds(&self) -> bool {
            self.map.folds()
        }
        fn failure(&self) -> Option<Error> {
            self.map.failure()
        }
    };
}
pub(crate) use wraps;

impl<T: Transform> Transform for Sampled<T> {
    fn forward(&self, points: &mut Points<'_>) {
        self.run(0, &mut points.axes(), &|columns| {
            if let [x, y] = columns {
                self.map.forward(&mut Points::new([x, y]));
            }
        });
    }
    fn inverse(&self, points: &mut Points<'_>) {
        self.map.inverse(points);
    }
    fn failure(&self) -> Option<Error> {
        self.map.failure()
    }
}

impl<P: Projection> Projection for Sampled<P> {
    wraps!(Projection);
    fn lift(&self, points: &mut Points<'_, 3>) {
        self.run(0, &mut points.axes(), &|columns| lifted(&self.map, columns));
        points.each(|v| {
            let length = v[2].mul_add(v[2], v[1].mul_add(v[1], v[0] * v[0])).sqrt();
            v.map(|u| u / length)
        });
    }
}

impl<M: PixelMap> PixelMap for Sampled<M> {
    wraps!(PixelMap);
    fn map(&self, group: usize, columns: &mut [&mut [f64]]) {
        if columns.len() == 2 {
            return self.run(group, columns, &|columns| self.map.map(group, columns));
        }
        self.map.map(group, columns);
    }
}
