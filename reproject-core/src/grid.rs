//! The output cut into numbered blocks.

use crate::{Error, Region, Result, sides};
use serde::{Deserialize, Serialize};

/// A region cut into equal blocks, the last of each axis ragged; blocks are numbered in C order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    region: Region,
    block: Vec<usize>,
    counts: Vec<usize>,
}

/// Halves the longer side, unless there are no more than `least` pixels.
fn halved(sides: &mut [usize; 2], least: usize) -> bool {
    let more = sides[0] * sides[1] > least;
    sides[usize::from(sides[1] > sides[0])] /= 1 + usize::from(more);
    more
}

/// The most blocks of one list: half a gigabyte of them.
const MOST: usize = 1 << 22;

impl Grid {
    /// An array of `shape` in blocks of `block`; blocks larger than the array are one block.
    ///
    /// # Errors
    /// If `block` has another number of axes or a zero side.
    pub fn new(shape: &[usize], block: &[usize]) -> Result<Self> {
        Grid::of(Region::whole(shape), block)
    }

    /// A part of an array in blocks of `block`; the first block starts where the region starts.
    ///
    /// # Errors
    /// Those of [`Grid::new`].
    pub fn of(region: Region, block: &[usize]) -> Result<Self> {
        if block.len() != region.ndim() {
            return Err(Error::Shape { what: "block", expected: region.shape, found: block.to_vec() });
        }
        if block.contains(&0) {
            return Err(Error::invalid(
                "block",
                format!("{} pixels have a side of zero; sides are at least 1", sides(block)),
            ));
        }
        let block: Vec<usize> = block.iter().zip(&region.shape).map(|(&b, &s)| b.min(s.max(1))).collect();
        let counts = region.shape.iter().zip(&block).map(|(s, &b)| s.div_ceil(b)).collect();
        Ok(Self { region, block, counts })
    }

    /// Blocks of shape `block`, or where none is chosen those that [suit any executor](Grid::shared).
    ///
    /// # Errors
    /// Those of [`Grid::new`].
    pub fn chosen(shape: &[usize], block: Option<&[usize]>, piece: usize) -> Result<Self> {
        block.map_or_else(|| Ok(Self::shared(shape, piece)), |block| Self::new(shape, block))
    }

    /// Blocks that suit one thread after the other, for a resampler that works in pieces of side `piece`.
    ///
    /// They have at most 256 rows of 512 pixels: rows are long because fresh memory is written row by row, and there are many
    /// because the coefficients of a spline reach beyond its block on all sides. Planes share coordinates, so there are as
    /// many in a block as leave its results in the cache; for them the rest becomes smaller, down to half a piece.
    pub fn suited(shape: &[usize], piece: usize) -> Self {
        Self::within(shape, piece, [256, 512])
    }

    /// Blocks that suit threads: those of [`Grid::suited`], but smaller, down to half a piece, where there would be so few that
    /// some threads wait for the last.
    pub fn shared(shape: &[usize], piece: usize) -> Self {
        const FEW: usize = 64;
        const LONGEST: usize = 256;
        let least = piece.min(LONGEST).pow(2) / 2;
        let mut sides = [256, 512];
        loop {
            let grid = Self::within(shape, piece, sides);
            if grid.len() >= FEW || !halved(&mut sides, least) {
                return grid;
            }
        }
    }

    fn within(shape: &[usize], piece: usize, mut sides: [usize; 2]) -> Self {
        const PIXELS: usize = 1 << 16;
        let outer = shape.len().saturating_sub(2);
        let planes = shape[..outer].iter().fold(1usize, |n, &size| n.saturating_mul(size));
        // Pixels of a plane in a block: sides end where the plane does.
        let held = |[rows, columns]: [usize; 2]| -> usize {
            shape[outer..]
                .iter()
                .rev()
                .zip([columns, rows])
                .map(|(&size, side)| size.clamp(1, side))
                .product()
        };
        let crowded = |sides| planes > 1 && planes.saturating_mul(held(sides)) > PIXELS;
        while crowded(sides) && halved(&mut sides, piece * piece / 2) {}
        let [rows, columns] = sides;
        let mut block = vec![1; shape.len()];
        let mut left = (PIXELS / held(sides)).max(1);
        for (k, side) in block.iter_mut().enumerate().rev() {
            let most = [columns, rows].get(shape.len() - 1 - k).copied().unwrap_or(left);
            *side = shape[k].clamp(1, most);
            left = if k < outer { left / *side } else { left };
        }
        Grid::of(Region::whole(shape), &block).expect("one side an axis, none zero")
    }

    /// The number of blocks, none if the region is empty; saturates instead of overflowing.
    pub fn len(&self) -> usize {
        if self.counts.contains(&0) { 0 } else { self.counts.iter().fold(1, |n, &c| n.saturating_mul(c)) }
    }

    /// Whether there is no block.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shape of a whole block.
    pub fn block(&self) -> &[usize] {
        &self.block
    }

    /// Block number `index`.
    ///
    /// # Panics
    /// If `index` is not below [`Grid::len`].
    pub fn region(&self, index: usize) -> Region {
        assert!(index < self.len(), "block {index} of {}", self.len());
        let mut rest = index;
        let n = self.counts.len();
        let (mut start, mut shape) = (vec![0; n], vec![0; n]);
        for k in (0..n).rev() {
            let at = rest % self.counts[k] * self.block[k];
            rest /= self.counts[k];
            start[k] = self.region.start[k] + at;
            shape[k] = self.block[k].min(self.region.shape[k] - at);
        }
        Region { start, shape }
    }

    /// The numbers of the blocks that a region touches, ascending.
    pub fn touched(&self, region: &Region) -> impl Iterator<Item = usize> + use<> {
        let part = self.region.intersect(region);
        let empty = part.is_empty();
        let ranges: Vec<[usize; 2]> = (0..part.ndim())
            .map(|k| {
                let first = part.start[k].saturating_sub(self.region.start[k]);
                [first / self.block[k], (first + part.shape[k]).div_ceil(self.block[k])]
            })
            .collect();
        let counts = self.counts.clone();
        let touched = if empty { 0 } else { ranges.iter().map(|[a, b]| b - a).product() };
        (0..touched).map(move |mut rest| {
            let (mut number, mut scale) = (0, 1);
            for k in (0..counts.len()).rev() {
                let width = ranges[k][1] - ranges[k][0];
                number += (ranges[k][0] + rest % width) * scale;
                rest /= width;
                scale *= counts[k];
            }
            number
        })
    }

    /// A list of every block, in order.
    ///
    /// # Errors
    /// If there are more than four million (2²²): a list of them would not be held.
    pub fn regions(&self) -> Result<Vec<Region>> {
        if self.len() > MOST {
            let count = self.counts.iter().map(|&n| n as f64).product::<f64>();
            let why = format!(
                "{} pixels in blocks of {} would be {count:.0} blocks, and {MOST} are the most; give larger blocks, or fewer \
                 pixels",
                sides(&self.region.shape),
                sides(&self.block)
            );
            return Err(Error::invalid("blocks", why));
        }
        Ok(self.iter().collect())
    }

    /// Every block in order.
    pub fn iter(&self) -> impl Iterator<Item = Region> + '_ {
        (0..self.len()).map(|i| self.region(i))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_the_array_once() {
        for (shape, block) in
            [(vec![7, 5], vec![3, 2]), (vec![1, 9, 4], vec![1, 100, 3]), (vec![0, 3], vec![2, 2])]
        {
            let grid = Grid::new(&shape, &block).unwrap();
            let mut hits = ndarray::ArrayD::<u8>::zeros(shape.clone());
            for r in grid.iter() {
                assert!(r.fits(&shape) && !r.is_empty());
                hits.slice_mut(&r.slices()[..]).mapv_inplace(|h| h + 1);
            }
            assert!(hits.iter().all(|&h| h == 1), "{shape:?}");
        }
    }

    #[test]
    fn touched_blocks_are_those_that_meet_the_region() {
        let grid = Grid::of(Region::new([2, 3, 0], [9, 10, 4]), &[4, 3, 3]).unwrap();
        for region in [
            Region::new([0, 0, 0], [20, 20, 20]),
            Region::new([5, 6, 1], [2, 1, 1]),
            Region::new([6, 9, 3], [5, 3, 1]),
            Region::new([0, 0, 0], [2, 20, 4]),
            Region::new([5, 6, 1], [2, 0, 1]),
        ] {
            let meets = |i: &usize| !grid.region(*i).intersect(&region).is_empty();
            let expected: Vec<_> = (0..grid.len()).filter(meets).collect();
            assert_eq!(grid.touched(&region).collect::<Vec<_>>(), expected, "{region}");
        }
    }

    #[test]
    fn blocks_bound_their_pixels() {
        for (shape, piece, suited, shared) in [
            (vec![4096, 4096], 128, vec![256, 512], vec![256, 512]),
            (vec![2048, 2048], 128, vec![256, 512], vec![256, 256]),
            (vec![1024, 1024], 64, vec![256, 512], vec![128, 128]),
            (vec![300, 300], 32, vec![256, 300], vec![32, 32]),
            (vec![1024, 1024], 512, vec![256, 512], vec![128, 256]),
            (vec![100, 1024, 1024], 128, vec![8, 64, 128], vec![8, 64, 128]),
            (vec![100, 1024, 1024], 512, vec![1, 256, 512], vec![1, 256, 512]),
            (vec![100, 1024, 1024], 32, vec![100, 16, 32], vec![100, 16, 32]),
            (vec![3, 4096, 4096], 128, vec![3, 128, 128], vec![3, 128, 128]),
            (vec![1, 4096, 4096], 128, vec![1, 256, 512], vec![1, 256, 512]),
            (vec![4, 50, 10, 20], 128, vec![4, 50, 10, 20], vec![4, 50, 10, 20]),
            (vec![0, 7], 128, vec![1, 7], vec![1, 7]),
            (vec![0, 900, 900], 128, vec![1, 256, 512], vec![1, 64, 128]),
            (vec![5000], 128, vec![512], vec![128]),
            (vec![], 128, vec![], vec![]),
        ] {
            let grids = [Grid::suited(&shape, piece), Grid::shared(&shape, piece)];
            assert_eq!(grids.map(|grid| grid.block().to_vec()), [suited, shared], "{shape:?} {piece}");
        }
    }

    #[test]
    fn more_blocks_than_can_be_listed_are_an_error() {
        let error = Grid::shared(&[1 << 31, 1 << 31], 128).regions().unwrap_err().to_string();
        assert!(error.contains("256 × 512 would be 35184372088832 blocks"), "{error}");
        assert!(Grid::new(&[1 << 40, 1 << 40], &[1, 1]).unwrap().regions().is_err());
        assert_eq!(Grid::new(&[1 << 40, 1 << 40], &[1, 1]).unwrap().len(), usize::MAX);
        assert_eq!(Grid::new(&[0, 1 << 40, 1 << 40], &[1, 1, 1]).unwrap().regions().unwrap(), []);
        assert_eq!(Grid::new(&[2, 3], &[1, 2]).unwrap().regions().unwrap().len(), 4);
    }

    #[test]
    fn a_zero_block_and_a_wrong_rank_are_refused() {
        assert!(Grid::new(&[4, 4], &[0, 2]).unwrap_err().to_string().contains("at least 1"));
        assert!(Grid::new(&[4, 4], &[2]).is_err());
    }
}
