//! The window of the input that a block needs: bounds of its positions, around a seam without the width between.

use crate::{Coords, Kernel, Region, Topology, dispatch};

impl Coords {
    /// The window of the input that holds every position and `support` pixels around it; broadcast axes are those of the
    /// block. `None` where no position comes near the input. Along a period it never wraps: near a seam it is the whole
    /// period ([`Coords::window_across`] is shorter).
    ///
    /// `support` has one entry for every mapped axis in array order; `shape` is that of the whole input.
    pub fn window(&self, support: &[f64], shape: &[usize]) -> Option<Region> {
        let mut window = self.block.clone();
        let mut margins = support.iter();
        for group in &self.groups {
            let n = group.columns.len();
            for k in 0..n {
                let axis = group.axis + k;
                let margin = *margins.next()?;
                let [low, high] = bounds(&group.columns[n - 1 - k])?;
                let (start, len) = match group.period[n - 1 - k] {
                    // Taps across a seam, or positions on both sides of it, however far from it: the whole period.
                    Some(period)
                        if margin > 0.0
                            && (low - margin < 0.0
                                || high + margin > period - 1.0
                                || high - low > 0.5 * period) =>
                    {
                        (0, shape[axis])
                    }
                    _ => clip([low, high], margin, shape[axis])?,
                };
                (window.start[axis], window.shape[axis]) = (start, len);
            }
        }
        (!window.is_empty()).then_some(window)
    }

    /// The [window](Coords::window) of `support` whole pixels around every position, but one that crosses a seam starts
    /// before it and goes on beyond it: its start lies in the input, its end may lie up to one input further (find pixels
    /// with [`View::tap`](crate::View::tap)). Where taps reach across a pole, it holds every meridian.
    pub fn window_across(&self, support: usize, shape: &[usize]) -> Option<Region> {
        let topology = Topology::new(self, shape);
        let margin = support as i64;
        let spans = spans(self, &topology)?.into_iter().map(|[low, stop]| [low - margin, stop + margin]);
        enclose(self, &topology, &spans.collect::<Vec<_>>())
    }
}

/// The pixels around the positions along every mapped axis, `[first, past the last)`: positions off an axis that ends are
/// left out, spans across a seam go beyond the last pixel (or start before the first).
pub(crate) fn spans(at: &Coords, topology: &Topology) -> Option<Vec<[i64; 2]>> {
    let mut spans = Vec::new();
    for group in &at.groups {
        for column in group.columns.iter().rev() {
            let ends = &topology.axes()[spans.len()];
            if ends.size == 0 {
                return None;
            }
            let size = ends.size as f64;
            let [low, high] = bounds(column)?;
            let [low, high] = if ends.joined {
                // Two clusters at the ends are one across the seam, if less lies between that and the other way round.
                match around(column, size / 2.0 - 0.5) {
                    Some([below, above]) if above - below > size - (high - low) => [above, below + size],
                    _ => [low, high],
                }
            } else {
                let [first, last] = ends.reach();
                if low > last || high < first {
                    return None;
                }
                let across = ends.poles.map(|p| if p.is_some() { 0.5 } else { 0.0 });
                [low.max(-across[0]), high.min(size - 1.0 + across[1])]
            };
            // Off both ends of an axis, but not on it.
            let stop = high.ceil() as i64 + 1;
            spans.push([(low.floor() as i64).min(stop - 1), stop]);
        }
    }
    Some(spans)
}

/// The window of the input that holds spans of pixels, along joined axes unwrapped.
pub(crate) fn enclose(at: &Coords, topology: &Topology, spans: &[[i64; 2]]) -> Option<Region> {
    let mut window = at.block.clone();
    let leading = at.leading();
    for (k, ends) in topology.axes().iter().enumerate() {
        let size = ends.size as i64;
        let [low, stop] = spans[k];
        let [low, stop] = match ends.joined {
            true if across(topology, spans, k) || stop - low >= size => [0, size],
            true => [low.rem_euclid(size), low.rem_euclid(size) + stop - low],
            false => [low.max(0), stop.min(size)],
        };
        let len = usize::try_from(stop - low).ok().filter(|len| *len > 0)?;
        (window.start[leading + k], window.shape[leading + k]) = (low as usize, len);
    }
    (!window.is_empty()).then_some(window)
}

/// Whether spans of pixels reach across a pole, to which axis `k` leads.
pub(crate) fn across(topology: &Topology, spans: &[[i64; 2]], k: usize) -> bool {
    topology.axes().iter().zip(spans).any(|(ends, [low, stop])| {
        ends.turn == k
            && (ends.poles[0].is_some() && *low < 0 || ends.poles[1].is_some() && *stop > ends.size as i64)
    })
}

/// The smallest and largest position; `None` if there is none.
pub(crate) fn bounds(column: &[f64]) -> Option<[f64; 2]> {
    let [low, high] = dispatch(Bounds(column));
    (low <= high).then_some([low, high])
}

/// The largest position below `middle` and the smallest above; `None` if there is none on one of the sides.
fn around(column: &[f64], middle: f64) -> Option<[f64; 2]> {
    let (mut below, mut above) = (f64::NEG_INFINITY, f64::INFINITY);
    for &x in column {
        below = if x < middle && x > below { x } else { below };
        above = if x >= middle && x < above { x } else { above };
    }
    (below.is_finite() && above.is_finite()).then_some([below, above])
}

struct Bounds<'a>(&'a [f64]);

impl Kernel for Bounds<'_> {
    type Output = [f64; 2];
    #[inline(always)]
    fn run(self) -> Self::Output {
        const LANES: usize = 32;
        let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        let (pieces, rest) = self.0.as_chunks::<LANES>();
        for (i, &x) in rest.iter().enumerate() {
            (low[i], high[i]) = (low[i].min(x), high[i].max(x));
        }
        for piece in pieces {
            for l in 0..LANES {
                // NaN compares false and is passed over.
                low[l] = if piece[l] < low[l] { piece[l] } else { low[l] };
                high[l] = if piece[l] > high[l] { piece[l] } else { high[l] };
            }
        }
        [low.into_iter().fold(f64::INFINITY, f64::min), high.into_iter().fold(f64::NEG_INFINITY, f64::max)]
    }
}

fn clip([low, high]: [f64; 2], margin: f64, size: usize) -> Option<(usize, usize)> {
    let first = (low - margin).floor().max(0.0);
    let last = (high + margin).ceil().min(size as f64 - 1.0);
    (first <= last).then(|| (first as usize, (last - first) as usize + 1))
}

#[cfg(test)]
mod tests {
    use crate::{Axes, Coords, Lattice, Points, Region, Transform};

    struct Shift(f64, f64);
    impl Transform for Shift {
        fn forward(&self, p: &mut Points<'_>) {
            p.each(|[x, y]| [x + self.0, y + self.1]);
        }
        fn inverse(&self, p: &mut Points<'_>) {
            p.each(|[x, y]| [x - self.0, y - self.1]);
        }
    }

    fn window(shift: [f64; 2], block: Region, period: f64, shape: [usize; 2]) -> Option<Region> {
        let map = Axes::<2, _>::new(Shift(shift[0], shift[1]))
            .with_period([Some(period), None])
            .with_poles([[None; 2], [Some(-0.5), Some(shape[0] as f64 - 0.5)]]);
        Coords::on(&block, Lattice::CENTRES, &map, &shape).window_across(1, &shape)
    }

    #[test]
    fn a_window_across_a_seam_is_short() {
        let ten = Region::new([5, 0], [2, 10]);
        let all = [20, 360];
        for (shift, expected) in [
            (355.0, Region::new([4, 354], [4, 12])),  // positions on both sides
            (-365.0, Region::new([4, 354], [4, 12])), // the same, a turn before
            (0.0, Region::new([4, 359], [4, 12])),    // only taps reach across
            (350.0, Region::new([4, 349], [4, 12])),
            (100.5, Region::new([4, 99], [4, 13])),
        ] {
            assert_eq!(window([shift, 0.0], ten.clone(), 360.0, all), Some(expected), "{shift}");
        }
        // All the way round, but for a gap too small to save anything.
        let round = Region::new([5, 0], [1, 359]);
        assert_eq!(window([0.0, 0.0], round, 360.0, all), Some(Region::new([4, 0], [3, 360])));
    }

    #[test]
    fn taps_across_a_pole_want_every_meridian() {
        let ten = Region::new([0, 0], [2, 10]);
        let all = [20, 360];
        let expected = Region::new([0, 0], [3, 360]);
        assert_eq!(window([100.0, 0.0], ten.clone(), 360.0, all), Some(expected));
        let top = Region::new([17, 0], [3, 360]);
        assert_eq!(window([100.0, 18.0], ten.clone(), 360.0, all), Some(top));
        // No pole where the seam does not close.
        let edge = Region::new([0, 99], [3, 12]);
        assert_eq!(window([100.0, 0.0], ten, 400.0, all), Some(edge));
    }

    #[test]
    fn positions_are_brought_to_the_branch_that_lies_on_the_input() {
        // 100 pixels of a period of 360: positions from −130.5 to 229.5.
        let shape = [20, 100];
        let at = |shift: f64| window([shift, 0.0], Region::new([5, 0], [1, 3]), 360.0, shape);
        assert_eq!(at(-1.0), Some(Region::new([4, 0], [3, 3])));
        assert_eq!(at(359.0), Some(Region::new([4, 0], [3, 3])));
        assert_eq!(at(-263.0), Some(Region::new([4, 96], [3, 4])));
        assert_eq!(at(200.0), None);
        // One column more than the period: the last is the first again.
        let shape = [20, 361];
        let last = window([-0.25, 0.0], Region::new([5, 0], [1, 1]), 360.0, shape);
        assert_eq!(last, Some(Region::new([4, 358], [3, 3])));
    }
}
