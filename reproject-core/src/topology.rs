//! How an input goes on beyond its first and last pixels: a map of the whole sky has no edge at its seam, and beyond a
//! pole it goes on along the opposite meridian.

use crate::{Coords, Group};

/// The neighbours of the two ends of one axis of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Pixels along the axis.
    pub size: usize,
    /// Whether the pixel after the last is the first again: the axis covers its period exactly.
    pub joined: bool,
    /// Twice the position of the pole at either end (a whole number: a pole lies on a pixel centre or border). Pixel `i`
    /// beyond it is pixel `pole − i`, half a turn along [`Ends::turn`].
    pub poles: [Option<i64>; 2],
    /// The axis, counted in the topology, along which half a turn leads across the pole.
    pub turn: usize,
}

/// Positions closer than this to a border (in pixels) count as on it: rounding noise cannot drop or double a column.
pub(crate) const TIE: f64 = 1e-9;

impl Ends {
    /// The positions that lie on the axis: up to the outer borders of its first and last pixel, or all where it closes.
    #[inline(always)]
    pub fn reach(&self) -> [f64; 2] {
        if self.joined {
            return [f64::NEG_INFINITY, f64::INFINITY];
        }
        [-0.5 - TIE, self.size as f64 - 0.5 + TIE]
    }
}

/// The ends of all mapped axes of an input, in array order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    axes: Vec<Ends>,
}

impl Topology {
    /// The topology of an input of `shape` that positions `at` lie on.
    ///
    /// An axis is joined where its period equals its size within a part in 10⁹. A pole counts where the axis reaches it
    /// (it lies on the first or last pixel's centre or outer border), and the period is joined and even.
    pub fn new(at: &Coords, shape: &[usize]) -> Self {
        let leading = at.leading();
        let mut axes = Vec::with_capacity(shape.len() - leading);
        for group in &at.groups {
            let n = group.columns.len();
            let (first, turn) = (axes.len(), (0..n).find(|&k| joined(group, k, shape)));
            for k in 0..n {
                let size = shape[group.axis + k];
                let across = turn.filter(|&t| t != k && shape[group.axis + t].is_multiple_of(2));
                let twice = group.poles[n - 1 - k].map(|pole| pole.and_then(|p| half(p, size)));
                let last = size as i64 * 2;
                let poles = [
                    twice[0].filter(|p| across.is_some() && (-1..=0).contains(p)),
                    twice[1].filter(|p| across.is_some() && (last - 2..last).contains(p)),
                ];
                axes.push(Ends { size, joined: turn == Some(k), poles, turn: first + across.unwrap_or(k) });
            }
        }
        Self { axes }
    }

    /// The ends of every mapped axis.
    pub fn axes(&self) -> &[Ends] {
        &self.axes
    }

    /// Moves a pixel that lies beyond the ends to where the sky has it; `false` if the input does not go on there.
    pub fn locate(&self, index: &mut [i64]) -> bool {
        for (k, ends) in self.axes.iter().enumerate() {
            let beyond = [index[k] < 0, index[k] >= ends.size as i64];
            if let Some(pole) = (0..2).find(|&e| beyond[e]).and_then(|e| ends.poles[e]) {
                index[k] = pole - index[k];
                index[ends.turn] += self.axes[ends.turn].size as i64 / 2;
            }
        }
        self.axes.iter().zip(index).all(|(ends, i)| {
            if ends.joined {
                *i = i.rem_euclid(ends.size as i64);
            }
            (0..ends.size as i64).contains(i)
        })
    }
}

/// Whether array axis `k` of a group covers its period.
fn joined(group: &Group, k: usize, shape: &[usize]) -> bool {
    let size = shape[group.axis + k] as f64;
    group.period[group.columns.len() - 1 - k].is_some_and(|p| (p - size).abs() <= 1e-9 * size)
}

/// Twice a position, if that is a whole number.
fn half(pole: f64, size: usize) -> Option<i64> {
    let twice = (2.0 * pole).round();
    ((2.0 * pole - twice).abs() <= 1e-9 * size as f64).then_some(twice as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axes, Identity, Lattice, Region};

    fn topology(period: f64, poles: [f64; 2], shape: [usize; 2]) -> Topology {
        let map = Axes::<2, _>::new(Identity)
            .with_period([Some(period), None])
            .with_poles([[None; 2], poles.map(Some)]);
        Topology::new(&Coords::new(&Region::new([0, 0], [1, 1]), Lattice::CENTRES, &map), &shape)
    }

    #[test]
    fn pixels_beyond_the_seam_and_the_poles_are_found() {
        // Poles on the outer borders of 5 rows, 8 columns around.
        let t = topology(8.0 + 1e-10, [-0.5, 4.5], [5, 8]);
        for (beyond, inside) in [
            ([2, -1], [2, 7]),
            ([4, 17], [4, 1]),
            ([-1, 0], [0, 4]),
            ([-2, 6], [1, 2]),
            ([5, 7], [4, 3]),
            ([0, 0], [0, 0]),
        ] {
            let mut index = beyond;
            assert!(t.locate(&mut index));
            assert_eq!(index, inside, "{beyond:?}");
        }
        // Poles on the centres of the first and last row.
        let t = topology(8.0, [0.0, 4.0], [5, 8]);
        for (beyond, inside) in [([-1, 0], [1, 4]), ([6, 5], [2, 1])] {
            let mut index = beyond;
            assert!(t.locate(&mut index));
            assert_eq!(index, inside, "{beyond:?}");
        }
    }

    #[test]
    fn an_input_that_does_not_close_has_edges() {
        for (period, poles, shape) in [
            (9.0, [-0.5, 4.5], [5, 8]),   // a gap at the seam
            (8.0, [-0.8, 5.5], [5, 8]),   // poles beyond the first and last row
            (7.0, [-0.5, 4.5], [5, 7]),   // no pixel lies half a turn away
            (8.0, [-0.25, 4.25], [5, 8]), // rows do not lie symmetrically about the pole
        ] {
            let t = topology(period, poles, shape);
            assert_eq!(t.axes()[1].joined, period == shape[1] as f64);
            assert!(!t.locate(&mut [-1, 0]) && !t.locate(&mut [5, 0]), "{poles:?}");
        }
    }
}
