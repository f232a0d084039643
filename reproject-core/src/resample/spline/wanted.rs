//! Which tiles of coefficients a block of positions needs.

use super::axis::Axis;
use super::basis;
use crate::{Coords, Kernel, dispatch};

/// The tiles of coefficients that positions fall into, in C order over the axes' tiles: of an image, those near the
/// positions; of anything else, and where tiles need others across a pole, `all`.
pub(super) fn wanted<const K: usize>(at: &Coords, axes: &[Axis], all: bool) -> Vec<bool> {
    let tiles: Vec<_> = axes.iter().map(Axis::tiles).collect();
    let count = tiles.iter().map(Vec::len).product();
    let ([rows, columns], [group]) = (axes, &at.groups[..]) else { return vec![true; count] };
    let mut wanted = vec![all; count];
    if all {
        return wanted;
    }
    // Coefficients to numbers of tiles.
    let numbers = |axis: &Axis, tiles: &[[i64; 2]]| -> Vec<usize> {
        // Beyond an end they are copies, of pixels that may lie in another tile.
        let place = |i: i64| if axis.ends.joined { i } else { axis.continued(i).0 };
        (axis.low..axis.stop).map(|i| tiles.partition_point(|tile| tile[1] <= place(i))).collect()
    };
    let tile = [numbers(rows, &tiles[0]), numbers(columns, &tiles[1])];
    dispatch(Mark::<K> {
        columns: &group.columns,
        width: group.shape[1],
        axes: [columns, rows],
        tile: &tile,
        wanted: &mut wanted,
    });
    wanted
}

/// Marks the tiles that positions fall into: as wanted, for small parts of the block, whatever lies between the smallest
/// and the largest position.
struct Mark<'a, const K: usize> {
    /// Positions x and y, in C order over rows of `width`.
    columns: &'a [Vec<f64>],
    width: usize,
    /// In the order x, y.
    axes: [&'a Axis; 2],
    /// For every coefficient, by rows and by columns, the number of its tile.
    tile: &'a [Vec<usize>; 2],
    wanted: &'a mut [bool],
}

impl<const K: usize> Kernel for Mark<'_, K> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { columns, width, axes, tile: [row_tile, column_tile], wanted } = self;
        let across = column_tile.iter().max().map_or(0, |last| last + 1);
        let rows = columns[0].len() / width.max(1);
        for top in (0..rows).step_by(PART) {
            for left in (0..width).step_by(PART) {
                let part = [top..rows.min(top + PART), left..width.min(left + PART)];
                let (x, y) = (range(&columns[0], width, &part), range(&columns[1], width, &part));
                if let (Some([left, right]), Some([low, high])) =
                    (span::<K>(axes[0], x), span::<K>(axes[1], y))
                {
                    let columns = tiles(&column_tile[left..=right]);
                    for r in tiles(&row_tile[low..=high]) {
                        wanted[r * across..][columns.clone()].fill(true);
                    }
                }
            }
        }
    }
}

/// All tiles from the lowest number to the highest.
fn tiles(numbers: &[usize]) -> std::ops::RangeInclusive<usize> {
    let ends = numbers.iter().fold((usize::MAX, 0), |(low, high), &n| (low.min(n), high.max(n)));
    ends.0..=ends.1
}

/// Rows and columns of positions that are looked at together.
const PART: usize = 16;

/// The smallest and the largest position of a part of a block: some rows, some columns.
#[inline(always)]
fn range(positions: &[f64], width: usize, [rows, columns]: &[std::ops::Range<usize>; 2]) -> [f64; 2] {
    let (mut low, mut high) = ([f64::INFINITY; PART], [f64::NEG_INFINITY; PART]);
    for row in rows.clone() {
        let row = &positions[row * width..][columns.clone()];
        let mut p = [f64::NAN; PART];
        let p = if let Ok(all) = <&[f64; PART]>::try_from(row) {
            all
        } else {
            p[..row.len()].copy_from_slice(row);
            &p
        };
        for l in 0..PART {
            // NaN compares false and is passed over.
            low[l] = if p[l] < low[l] { p[l] } else { low[l] };
            high[l] = if p[l] > high[l] { p[l] } else { high[l] };
        }
    }
    let least = |a: f64, b: f64| if b < a { b } else { a };
    let most = |a: f64, b: f64| if b > a { b } else { a };
    [low.into_iter().fold(low[0], least), high.into_iter().fold(high[0], most)]
}

/// The coefficients along an axis, counted from the first that is wanted, that positions between two need.
#[inline(always)]
fn span<const K: usize>(axis: &Axis, [low, high]: [f64; 2]) -> Option<[usize; 2]> {
    let (n, last, reach) = (axis.ends.size as f64, axis.width() - 1, axis.ends.reach());
    if low > high || low > reach[1] || high < reach[0] {
        return None;
    }
    // Positions whose first tap comes before the wanted stretch have theirs beyond the seam; where some do and some do not, so
    // may all between.
    let beyond = |p: f64| axis.ends.joined && basis::split::<K>(p).0 < axis.low as f64;
    if beyond(low) != beyond(high) {
        return Some([0, last]);
    }
    let turn = if beyond(low) { n } else { 0.0 };
    let place = |p: f64| (p - axis.low as f64 + turn).clamp(0.0, last as f64) as usize;
    let [from, to] = [place(low.floor() - 1.0), place(high.floor() + 3.0)];
    Some(if from <= to { [from, to] } else { [0, last] })
}
