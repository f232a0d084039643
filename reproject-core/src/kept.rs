//! A map that is dear to call, called ahead for a whole lattice in a few large calls; its values are looked up from then on.

use crate::sampled::{Call, call_some, lifted, wraps};
use crate::{Error, Lattice, PixelMap, Points, Projection, Region, Result, Watch};

/// Positions in one call at most: a call that costs as much as thousands of positions is paid for by then, what it takes
/// in addition stays small, and whoever waits for it does not wait long.
const MOST: usize = 1 << 19;

/// A map with its values on the lattice of a region of the output, kept in memory (8 bytes a column and site).
///
/// It wraps a [`PixelMap`] ([`Kept::positions`]) or the [`lift`](Projection::lift) of a [`Projection`]
/// ([`Kept::directions`]). Sites of the lattice are looked up, whatever block asks and in whatever order; for any other
/// position the map is called. The calls depend on region and lattice alone, and none has fewer than a quarter of a
/// million positions where there are more than twice as many.
#[derive(Clone, Debug)]
pub struct Kept<M> {
    map: M,
    tables: Vec<Table>,
}

/// The sites along the axes of one group, x first, and their images.
#[derive(Clone, Debug)]
struct Table {
    /// The position of the first site along each axis.
    first: Vec<f64>,
    density: f64,
    sides: Vec<usize>,
    columns: Vec<Vec<f64>>,
}

impl<M: PixelMap> Kept<M> {
    /// The positions that the lattice of `region` (over all array axes) has, group by group.
    ///
    /// # Errors
    /// If the map fails, or `watch` says stop, which is asked between calls.
    pub fn positions(map: M, region: &Region, lattice: Lattice, watch: &dyn Watch) -> Result<Self> {
        let groups = map.groups();
        let mut axis = region.ndim() - groups.iter().sum::<usize>();
        let mut tables = Vec::with_capacity(groups.len());
        for (group, n) in groups.into_iter().enumerate() {
            let mut table = Table::blank(region, lattice, axis..axis + n, n);
            table.fill(watch, &|columns| map.map(group, columns), &|| map.failure())?;
            tables.push(table);
            axis += n;
        }
        Ok(Self { map, tables })
    }
}

impl<P: Projection> Kept<P> {
    /// The unit vectors that the lattice of `region` (rows, columns) is lifted to.
    ///
    /// # Errors
    /// Those of [`Kept::positions`].
    pub fn directions(map: P, region: &Region, lattice: Lattice, watch: &dyn Watch) -> Result<Self> {
        let mut table = Table::blank(region, lattice, region.ndim() - 2..region.ndim(), 3);
        table.fill(watch, &|columns| lifted(&map, columns), &|| map.failure())?;
        Ok(Self { map, tables: vec![table] })
    }
}

impl<M> Kept<M> {
    /// The map itself.
    pub fn exact(&self) -> &M {
        &self.map
    }

    /// A map of which nothing is kept.
    pub(crate) fn nothing(map: M) -> Self {
        Self { map, tables: Vec::new() }
    }

    fn run(&self, group: usize, columns: &mut [&mut [f64]], call: Call<'_>) {
        match self.tables.get(group) {
            Some(table) => table.run(columns, call),
            None => call(columns),
        }
    }

    /// The images of the sites of the only group in C order, one column an axis; empty for a map of several groups.
    pub(crate) fn columns(&self) -> &[Vec<f64>] {
        if let [table] = &self.tables[..] { &table.columns } else { &[] }
    }
}

impl Table {
    fn blank(region: &Region, lattice: Lattice, axes: std::ops::Range<usize>, columns: usize) -> Self {
        let density = lattice.density.max(1);
        let sides: Vec<usize> =
            axes.clone().rev().map(|k| region.shape[k] * density + lattice.extra).collect();
        let sites = sides.iter().product();
        Table {
            first: axes.rev().map(|k| region.start[k] as f64 + lattice.offset).collect(),
            density: density as f64,
            columns: vec![vec![0.0; sites]; columns],
            sides,
        }
    }

    /// Maps all sites, in calls of much the same size, until one fails.
    fn fill(&mut self, watch: &dyn Watch, call: Call<'_>, failure: &dyn Fn() -> Option<Error>) -> Result<()> {
        let sites: usize = self.sides.iter().product();
        let calls = sites.div_ceil(MOST);
        let spacing = 1.0 / self.density;
        for number in 0..calls {
            if watch.cancelled() {
                return Err(Error::Cancelled);
            }
            let part = sites * number / calls..sites * (number + 1) / calls;
            let mut stride = 1;
            for ((column, &side), first) in self.columns.iter_mut().zip(&self.sides).zip(&self.first) {
                // Multiples of a half, so that every way to them gives the same bits.
                let site = |i: usize| ((i / stride % side) as f64).mul_add(spacing, *first);
                column[part.clone()].iter_mut().zip(part.clone()).for_each(|(at, i)| *at = site(i));
                stride *= side;
            }
            let mut columns: Vec<&mut [f64]> =
                self.columns.iter_mut().map(|column| &mut column[part.clone()]).collect();
            call(&mut columns);
            failure().map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    /// The number of the site at position `i` of some columns.
    #[inline(always)]
    fn site(&self, columns: &[&mut [f64]], i: usize) -> Option<usize> {
        let (mut site, mut stride) = (0, 1);
        for ((column, &side), first) in columns.iter().zip(&self.sides).zip(&self.first) {
            let along = (column[i] - first) * self.density;
            // Written so that NaN fails.
            if !(along >= 0.0 && along < side as f64 && along == along.floor()) {
                return None;
            }
            site += along as usize * stride;
            stride *= side;
        }
        Some(site)
    }

    fn run(&self, columns: &mut [&mut [f64]], call: Call<'_>) {
        let mut rest = Vec::new();
        for i in 0..columns.first().map_or(0, |column| column.len()) {
            match self.site(columns, i) {
                Some(site) => {
                    columns.iter_mut().zip(&self.columns).for_each(|(column, kept)| column[i] = kept[site]);
                }
                None => rest.push(i),
            }
        }
        call_some(&rest, columns, call);
    }
}

impl<M: PixelMap> PixelMap for Kept<M> {
    wraps!(PixelMap);
    fn map(&self, group: usize, columns: &mut [&mut [f64]]) {
        self.run(group, columns, &|columns| self.map.map(group, columns));
    }
}

impl<P: Projection> Projection for Kept<P> {
    wraps!(Projection);
    fn lift(&self, points: &mut Points<'_, 3>) {
        self.run(0, &mut points.axes(), &|columns| lifted(&self.map, columns));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Coords, Separable};
    use std::sync::Mutex;

    /// Bends positions, and keeps the sizes of its calls.
    #[derive(Debug)]
    struct Dear(Mutex<Vec<usize>>, usize);

    impl PixelMap for Dear {
        fn groups(&self) -> Vec<usize> {
            vec![self.1]
        }
        fn map(&self, _: usize, columns: &mut [&mut [f64]]) {
            self.0.lock().unwrap().push(columns[0].len());
            columns
                .iter_mut()
                .for_each(|column| column.iter_mut().for_each(|x| *x = (*x / 9.0).sin() + 1.5 * *x));
        }
    }

    #[test]
    fn every_lattice_is_looked_up_and_every_other_position_is_asked_for() {
        let region = Region::new([7, 5, 3, 2], [9, 4, 50, 30]);
        let despiked = Lattice { offset: -1.5, density: 2, extra: 5 };
        for lattice in [Lattice::CENTRES, Lattice::CORNERS, Lattice::RING, Lattice::HALVES, despiked] {
            let exact = Separable(Dear(Mutex::default(), 1), Dear(Mutex::default(), 2));
            let kept = Kept::positions(&exact, &region, lattice, &()).unwrap();
            assert_eq!([&exact.0, &exact.1].map(|map| map.0.lock().unwrap().drain(..).count()), [1, 1]);
            for block in [region.clone(), Region::new([8, 6, 20, 3], [1, 3, 33, 29])] {
                let [ours, theirs] =
                    [Coords::new(&block, lattice, &kept), Coords::new(&block, lattice, &exact)];
                for (a, b) in ours.groups.iter().zip(&theirs.groups) {
                    assert_eq!((&a.shape, &a.columns), (&b.shape, &b.columns));
                }
            }
            // Only what was asked of the map itself.
            assert_eq!([&exact.0, &exact.1].map(|map| map.0.lock().unwrap().drain(..).count()), [2, 2]);
            let (mut x, mut y) =
                (vec![10.0, 10.25, f64::NAN, 900.0, 10.5], vec![20.0, 20.0, 20.0, 20.0, 20.5]);
            let (mut u, mut v) = (x.clone(), y.clone());
            kept.map(1, &mut [&mut x, &mut y]);
            let asked = exact.1.0.lock().unwrap().pop().unwrap();
            assert_eq!(asked, if lattice.density == 2 { 3 } else { 4 });
            exact.map(1, &mut [&mut u, &mut v]);
            assert!(x.iter().chain(&y).zip(u.iter().chain(&v)).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }

    #[test]
    fn calls_are_large_and_stop_when_told() {
        struct Stop;
        impl Watch for Stop {
            fn done(&self, _: &Region) {}
            fn cancelled(&self) -> bool {
                true
            }
        }
        let region = Region::whole(&[1100, 1000]);
        let exact = Dear(Mutex::default(), 2);
        Kept::positions(&exact, &region, Lattice::CENTRES, &()).unwrap();
        assert_eq!(*exact.0.lock().unwrap(), [366_666, 366_667, 366_667]);
        assert!(Kept::positions(&exact, &region, Lattice::CENTRES, &Stop).unwrap_err().is_cancelled());
    }
}
