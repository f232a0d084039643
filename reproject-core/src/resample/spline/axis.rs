//! One mapped axis of an input as a spline sees it: which coefficients a block needs, which tiles they come from, and
//! which samples those tiles are made of.

use super::basis;
use crate::Ends;

/// Coefficients are computed in tiles of this side, aligned to the input's first pixel: every coefficient comes from one
/// and the same piece of the input, whatever block asks for it.
pub(super) const TILE: i64 = 64;
/// The wider of the two splines' margins.
pub(super) const MARGIN: i64 = basis::margin::<4>() as i64;

/// One mapped axis. Pixels are counted unwrapped: those beyond a seam go on counting.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) ends: Ends,
    /// The pixels of the input that the view holds.
    pub(super) start: i64,
    pub(super) len: usize,
    /// The coefficients that are wanted: `low` to before `stop`.
    pub(super) low: i64,
    pub(super) stop: i64,
}

impl Axis {
    /// The coefficients wanted around positions within `[low, stop)`, with those that the ones beyond the ends are
    /// copies of.
    pub(super) fn taps(ends: &Ends, [low, stop]: [i64; 2]) -> [i64; 2] {
        let (n, [low, stop]) = (ends.size as i64, [low - 1, stop + 2]);
        if ends.joined {
            return [low, stop];
        }
        let [first, last] = Self::mirrors(ends);
        let [low, stop] = [
            if stop > n { low.min(last - stop + 1) } else { low },
            if low < 0 { stop.max(first - low + 1) } else { stop },
        ];
        if n < 8 { [-4, n + 4] } else { [low, stop] }
    }

    /// The numbers from which pixels beyond the low and the high end are subtracted to find what they are copies of.
    fn mirrors(ends: &Ends) -> [i64; 2] {
        [ends.poles[0].unwrap_or(0), ends.poles[1].unwrap_or(2 * ends.size as i64 - 2)]
    }

    /// The samples from which coefficients `[low, stop)` are made.
    pub(super) fn samples<const K: usize>(ends: &Ends, [low, stop]: [i64; 2]) -> [i64; 2] {
        let n = ends.size as i64;
        let [low, stop] = if ends.joined { [low, stop] } else { [low.clamp(0, n - 1), stop.clamp(1, n)] };
        let [first, last] = [tile(low, n), tile(stop - 1, n)];
        let margin = basis::margin::<K>() as i64;
        [first[0] - margin, last[1] + margin]
    }

    /// The number of coefficients wanted.
    pub(super) fn width(&self) -> usize {
        (self.stop - self.low) as usize
    }

    /// The tiles that hold the wanted coefficients, unwrapped: first pixel and past the last.
    pub(super) fn tiles(&self) -> Vec<[i64; 2]> {
        let n = self.ends.size as i64;
        let [mut at, stop] =
            if self.ends.joined { [self.low, self.stop] } else { [self.low.max(0), self.stop.min(n)] };
        let mut tiles = Vec::new();
        while at < stop {
            let tile = tile(at, n);
            tiles.push(tile);
            at = tile[1];
        }
        tiles
    }

    /// Where pixel `i`, which may lie beyond the ends, has its sample or coefficient: a pixel of the input, and whether
    /// the way there leads across a pole. Axes that just end are mirrored about their last pixel's centre.
    pub(super) fn continued(&self, mut i: i64) -> (i64, bool) {
        let n = self.ends.size as i64;
        if self.ends.joined {
            return (i.rem_euclid(n), false);
        }
        let [low, high] = Self::mirrors(&self.ends);
        let mut across = false;
        if low == high {
            return (0, false);
        }
        while !(0..n).contains(&i) {
            let end = usize::from(i >= n);
            i = [low, high][end] - i;
            across ^= self.ends.poles[end].is_some();
        }
        (i, across)
    }

    /// The place of pixel `i` of the input in the view.
    pub(super) fn in_view(&self, i: i64) -> usize {
        let inside = i - self.start;
        (if inside < 0 { inside + self.ends.size as i64 } else { inside }) as usize
    }

    /// The place of pixel `i` of the input among the wanted coefficients.
    pub(super) fn in_box(&self, i: i64) -> usize {
        let inside = i - self.low;
        (if inside < 0 && self.ends.joined { inside + self.ends.size as i64 } else { inside }) as usize
    }
}

/// The tile that pixel `i` lies in; beyond a seam, its copy there.
fn tile(i: i64, n: i64) -> [i64; 2] {
    let (turn, inside) = (i.div_euclid(n) * n, i.rem_euclid(n));
    let first = inside / TILE * TILE;
    [turn + first, turn + (first + TILE).min(n)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(size: usize, joined: bool, poles: [Option<i64>; 2]) -> Axis {
        let ends = Ends { size, joined, poles, turn: 0 };
        Axis { ends, start: 0, len: size, low: -3, stop: size as i64 + 3 }
    }

    #[test]
    fn pixels_beyond_the_ends_are_continued() {
        let plain = axis(5, false, [None; 2]);
        let mirrored: Vec<_> = (-5..10).map(|i| plain.continued(i).0).collect();
        assert_eq!(mirrored, [3, 4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0, 1]);
        assert!((-9..9).all(|i| axis(1, false, [None; 2]).continued(i) == (0, false)));
        assert_eq!(axis(5, true, [None; 2]).continued(-7), (3, false));
        let poles = axis(5, false, [Some(-1), Some(9)]);
        assert_eq!(
            [-1, -6, 5, 4].map(|i| poles.continued(i)),
            [(0, true), (4, false), (4, true), (4, false)]
        );
    }

    #[test]
    fn tiles_do_not_depend_on_what_is_wanted() {
        let wanted = |low, stop, joined| Axis { low, stop, ..axis(150, joined, [None; 2]) }.tiles();
        assert_eq!(wanted(-1, 3, false), [[0, 64]]);
        assert_eq!(wanted(63, 152, false), [[0, 64], [64, 128], [128, 150]]);
        assert_eq!(wanted(127, 152, true), [[64, 128], [128, 150], [150, 214]]);
        assert_eq!(wanted(-2, 1, true), [[-22, 0], [0, 64]]);
    }
}
