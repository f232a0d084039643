//! Several points abreast, for maps that loop: iterations and polynomials of any order.
//!
//! Loops over lanes have a fixed length and become vector instructions; the loops around them stay loops. A lane never
//! looks at its neighbours, except to learn that all of them are done.

use reproject_core::{Kernel, Points, dispatch};

/// How many points go abreast: two of the widest vectors, so that one can compute while the other waits. 16 inverts SIP in half the
/// time of 8; 32 runs out of registers.
pub(crate) const LANES: usize = 16;

/// One coordinate of all lanes.
pub(crate) type Lanes = [f64; LANES];

/// A zero in every lane.
pub(crate) const ZERO: Lanes = [0.0; LANES];

/// A computation on all lanes. `run` must be `#[inline(always)]`, or it is not compiled for the instruction
/// set of the loop around it.
pub(crate) trait Step<const N: usize> {
    /// The images of all lanes.
    fn run(&self, p: [Lanes; N]) -> [Lanes; N];
}

/// Replaces every point by its image under `step`.
pub(crate) fn abreast<const N: usize>(points: &mut Points<'_, N>, step: impl Step<N>) {
    dispatch(Batch { step, axes: points.axes() });
}

struct Batch<'a, const N: usize, S> {
    step: S,
    axes: [&'a mut [f64]; N],
}

impl<const N: usize, S: Step<N>> Kernel for Batch<'_, N, S> {
    type Output = ();
    #[inline(always)]
    fn run(mut self) {
        let n = self.axes[0].len();
        for start in (0..n).step_by(LANES) {
            // A shorter rest goes the same way, filled up with zeros.
            let stop = (start + LANES).min(n);
            let lanes = self.axes.each_ref().map(|column| load(&column[start..stop]));
            let lanes = self.step.run(lanes);
            for (column, lanes) in self.axes.iter_mut().zip(&lanes) {
                store(&mut column[start..stop], lanes);
            }
        }
    }
}

/// Up to [`LANES`] values; a copy of known length is one instruction.
#[inline(always)]
fn load(column: &[f64]) -> Lanes {
    column.first_chunk().copied().unwrap_or_else(|| {
        let mut lanes = ZERO;
        lanes[..column.len()].copy_from_slice(column);
        lanes
    })
}

/// The converse of [`load`].
#[inline(always)]
fn store(column: &mut [f64], lanes: &Lanes) {
    if let Some(whole) = column.first_chunk_mut() {
        *whole = *lanes;
    } else {
        let n = column.len();
        column.copy_from_slice(&lanes[..n]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Double;
    impl Step<2> for Double {
        #[inline(always)]
        fn run(&self, [x, y]: [Lanes; 2]) -> [Lanes; 2] {
            [x.map(|v| 2.0 * v), y]
        }
    }

    #[test]
    fn a_rest_shorter_than_the_lanes_is_mapped_too() {
        for n in [0, 1, 7, 8, 9, 20] {
            let mut x: Vec<f64> = (0..n).map(f64::from).collect();
            let mut y = x.clone();
            abreast(&mut Points::new([&mut x, &mut y]), Double);
            assert!((0..n as usize).all(|i| (x[i], y[i]) == (2.0 * i as f64, i as f64)), "{n}");
        }
    }
}
