//! Input positions of one output block, group by group.

use crate::{Kernel, PixelMap, Region, dispatch, pool};
use ndarray::ArrayViewD;

/// The sites around every output pixel at which the map is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lattice {
    /// The first site, relative to the centre of the block's first pixel.
    pub offset: f64,
    /// Sites a pixel along every axis: 1, or 2 for every half pixel.
    pub density: usize,
    /// Sites beyond those, along every axis.
    pub extra: usize,
}

impl Lattice {
    /// Pixel centres.
    pub const CENTRES: Lattice = Lattice { offset: 0.0, density: 1, extra: 0 };
    /// Pixel corners: one site more than pixels.
    pub const CORNERS: Lattice = Lattice { offset: -0.5, density: 1, extra: 1 };
    /// Pixel centres with a ring of neighbours: two sites more than pixels.
    pub const RING: Lattice = Lattice { offset: -1.0, density: 1, extra: 2 };
    /// Pixel centres and borders: every half pixel from border to border.
    pub const HALVES: Lattice = Lattice { offset: -0.5, density: 2, extra: 1 };
}

/// The positions of one group of axes.
#[derive(Clone, Debug)]
pub struct Group {
    /// The first array axis of the group.
    pub axis: usize,
    /// Sites along every array axis of the group.
    pub shape: Vec<usize>,
    /// Input positions in pixels, one column an axis in transform order (x first), each in C order over `shape`.
    pub columns: Vec<Vec<f64>>,
    /// The input's period along each column. Columns with a period are reduced to one branch ([`Coords::on`]).
    pub period: Vec<Option<f64>>,
    /// The positions of the input's poles along each column, at the low and the high end.
    pub poles: Vec<[Option<f64>; 2]>,
}

/// Input positions of one output block.
#[derive(Clone, Debug)]
pub struct Coords {
    /// The output block, over all array axes.
    pub block: Region,
    /// Where around every pixel the positions were taken.
    pub lattice: Lattice,
    /// The groups in array order; array axes before the first are broadcast.
    pub groups: Vec<Group>,
}

impl Coords {
    /// Positions on an input that covers its periods: those along a period `P` lie in [−½, P−½) (see [`Coords::on`]).
    pub fn new(block: &Region, lattice: Lattice, map: &dyn PixelMap) -> Self {
        Self::reduced(block, lattice, map, None)
    }

    /// Maps the lattice of a block onto an input of `shape`. Positions are computed from absolute pixel indices, so they
    /// do not depend on how the output is cut into blocks. Along a period they are brought to the branch that has the
    /// input in its middle.
    pub fn on(block: &Region, lattice: Lattice, map: &dyn PixelMap, shape: &[usize]) -> Self {
        Self::reduced(block, lattice, map, Some(shape))
    }

    fn reduced(block: &Region, lattice: Lattice, map: &dyn PixelMap, shape: Option<&[usize]>) -> Self {
        let sizes = map.groups();
        let mut axis = block.ndim() - sizes.iter().sum::<usize>();
        let mut groups = Vec::with_capacity(sizes.len());
        for (number, n) in sizes.into_iter().enumerate() {
            let group = Group::new(block, lattice, map, shape, number, axis, n);
            groups.push(group);
            axis += n;
        }
        Coords { block: block.clone(), lattice, groups }
    }

    /// The positions of a part of the block.
    pub(crate) fn part(&self, block: &Region) -> Self {
        let Lattice { density, extra, .. } = self.lattice;
        let groups = self.groups.iter().map(|group| {
            let axes = group.axis..group.axis + group.shape.len();
            let sites = Region {
                start: axes
                    .clone()
                    .map(|k| (block.start[k] - self.block.start[k]) * density.max(1))
                    .collect(),
                shape: axes.map(|k| block.shape[k] * density.max(1) + extra).collect(),
            };
            let cut = |column: &Vec<f64>| {
                let column =
                    ArrayViewD::from_shape(&group.shape[..], column).expect("a value for every site");
                column.slice(&sites.slices()[..]).iter().copied().collect()
            };
            let columns = group.columns.iter().map(cut).collect();
            Group {
                axis: group.axis,
                shape: sites.shape.clone(),
                columns,
                period: group.period.clone(),
                poles: group.poles.clone(),
            }
        });
        Coords { block: block.clone(), lattice: self.lattice, groups: groups.collect() }
    }

    /// The number of broadcast axes.
    pub fn leading(&self) -> usize {
        self.groups.first().map_or(self.block.ndim(), |g| g.axis)
    }
}

impl Group {
    fn new(
        block: &Region,
        lattice: Lattice,
        map: &dyn PixelMap,
        input: Option<&[usize]>,
        number: usize,
        axis: usize,
        n: usize,
    ) -> Self {
        let density = lattice.density.max(1);
        let shape: Vec<usize> = (axis..axis + n).map(|k| block.shape[k] * density + lattice.extra).collect();
        let spacing = 1.0 / density as f64;
        let sites: usize = shape.iter().product();
        let mut columns: Vec<Vec<f64>> = (0..n).map(|_| pool::take(sites)).collect();
        let mut inner = 1;
        for (column, values) in columns.iter_mut().enumerate() {
            let (size, first) = (shape[n - 1 - column], block.start[axis + n - 1 - column]);
            let site = |i: usize| ((first * density + i) as f64).mul_add(spacing, lattice.offset);
            if inner == 1 {
                let row: Vec<f64> = (0..size).map(site).collect();
                values.chunks_mut(size.max(1)).for_each(|values| values.copy_from_slice(&row));
            } else {
                // Runs of equal values, counting up and starting over after `size` of them.
                values.chunks_mut(inner).enumerate().for_each(|(run, values)| values.fill(site(run % size)));
            }
            inner *= size;
        }
        Self::at(map, number, input, axis, shape, columns)
    }

    /// Maps the given output positions, and brings them to one branch along every period.
    pub(crate) fn at(
        map: &dyn PixelMap,
        number: usize,
        input: Option<&[usize]>,
        axis: usize,
        shape: Vec<usize>,
        mut columns: Vec<Vec<f64>>,
    ) -> Self {
        let n = columns.len();
        let mut slices: Vec<&mut [f64]> = columns.iter_mut().map(|c| &mut c[..]).collect();
        map.map(number, &mut slices);
        let period = map.period(number);
        for (column, (values, period)) in columns.iter_mut().zip(&period).enumerate() {
            if let &Some(period) = period {
                let size = input.map_or(period, |input| input[axis + n - 1 - column] as f64);
                dispatch(Reduce { column: values, low: (size - 1.0 - period) / 2.0, period });
            }
        }
        Group { axis, shape, columns, period, poles: map.poles(number) }
    }
}

/// Brings positions to [low, low + period).
struct Reduce<'a> {
    column: &'a mut [f64],
    low: f64,
    period: f64,
}

impl Kernel for Reduce<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Reduce { column, low, period } = self;
        column.iter_mut().for_each(|x| *x -= period * ((*x - low) / period).floor());
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.columns.drain(..).for_each(pool::give);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axes, Identity, Points, Separable, Transform};

    struct Shift(f64, f64);
    impl Transform for Shift {
        fn forward(&self, p: &mut Points<'_>) {
            p.each(|[x, y]| [x + self.0, y + self.1]);
        }
        fn inverse(&self, p: &mut Points<'_>) {
            p.each(|[x, y]| [x - self.0, y - self.1]);
        }
    }

    #[test]
    fn positions_are_absolute_and_in_order() {
        let map = Separable(Axes::<1, _>::new(Identity), Axes::<2, _>::new(Shift(10.0, 20.0)));
        let at = Coords::new(&Region::new([7, 5, 3, 2], [9, 2, 2, 3]), Lattice::CENTRES, &map);
        assert_eq!(at.leading(), 1);
        assert_eq!((at.groups[0].axis, at.groups[1].axis), (1, 2));
        assert_eq!(at.groups[0].columns, [[5.0, 6.0]]);
        assert_eq!(at.groups[1].columns[0], [12., 13., 14., 12., 13., 14.]);
        assert_eq!(at.groups[1].columns[1], [23., 23., 23., 24., 24., 24.]);
        let window = at.window(&[0.0, 1.0, 1.0], &[50, 50, 50, 14]).unwrap();
        assert_eq!(window, Region::new([7, 5, 22, 11], [9, 2, 4, 3]));
        assert!(at.window(&[0.0, 1.0, 1.0], &[50, 50, 50, 10]).is_none());
        assert!(at.window(&[0.0, 1.0, 1.0], &[50, 0, 50, 50]).is_none());
    }

    #[test]
    fn rings_and_corners_reach_beyond_the_block() {
        let map = Axes::<2, _>::new(Identity);
        let at = Coords::new(&Region::new([0, 0], [2, 1]), Lattice::RING, &map);
        assert_eq!(at.groups[0].shape, [4, 3]);
        assert_eq!(at.groups[0].columns[0][..3], [-1.0, 0.0, 1.0]);
        let at = Coords::new(&Region::new([4, 4], [1, 1]), Lattice::CORNERS, &map);
        assert_eq!(at.groups[0].columns[1], [3.5, 3.5, 4.5, 4.5]);
        let at = Coords::new(&Region::new([4, 7], [1, 2]), Lattice::HALVES, &map);
        assert_eq!(at.groups[0].shape, [3, 5]);
        assert_eq!(at.groups[0].columns[0][..5], [6.5, 7.0, 7.5, 8.0, 8.5]);
    }

    #[test]
    fn a_part_has_the_positions_that_it_would_have_alone() {
        let map = Separable(Axes::<1, _>::new(Identity), Axes::<2, _>::new(Shift(10.0, 20.0)));
        let (whole, part) =
            (Region::new([7, 5, 3, 2], [9, 4, 5, 3]), Region::new([8, 6, 4, 2], [2, 3, 2, 2]));
        for lattice in [Lattice::CENTRES, Lattice::CORNERS, Lattice::RING, Lattice::HALVES] {
            let cut = Coords::new(&whole, lattice, &map).part(&part);
            let alone = Coords::new(&part, lattice, &map);
            assert_eq!((cut.block, cut.groups.len()), (alone.block.clone(), alone.groups.len()));
            for (a, b) in cut.groups.iter().zip(&alone.groups) {
                assert_eq!((a.axis, &a.shape, &a.columns), (b.axis, &b.shape, &b.columns));
            }
        }
    }

    #[test]
    fn a_period_brings_positions_to_one_branch() {
        let map = Axes::<2, _>::new(Shift(-355.0, 0.0)).with_period([Some(360.0), None]);
        let at = Coords::new(&Region::new([0, 350], [1, 10]), Lattice::CENTRES, &map);
        assert_eq!(at.groups[0].columns[0], [355., 356., 357., 358., 359., 0., 1., 2., 3., 4.]);
        assert_eq!(at.window(&[1.0, 1.0], &[5, 360]).unwrap(), Region::new([0, 0], [2, 360]));
    }
}
