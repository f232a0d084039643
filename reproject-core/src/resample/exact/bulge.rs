//! How far the borders of input pixels, great circles, bulge beyond straight ones.

use super::reach::{SAFETY, SAMPLE, halfway, lift_points};
use crate::{Projection, coords::Group};

/// Added to every bulge, in pixels: more than the rounding of positions.
const ROUNDING: f64 = 1e-6;
/// The largest bulge of an input pixel that is believed: what lies beyond the pole of a grid has no bulge.
const LARGEST: f64 = 2.0;

/// How far the borders of input pixels bulge around a block, along x and y: at some sites, or at all of them where the block
/// is wild, or the input ends near it.
pub(super) fn bulges(group: &Group, input: &dyn Projection, wild: bool) -> [f64; 2] {
    let (worst, lost) = bulges_at(group, input, SAMPLE, &[0.0]);
    // Towards a limb bulges grow fast, and borders about a site may reach beyond it.
    let worst = if wild || lost { bulges_at(group, input, 1, &[-0.5, 0.0, 0.5]).0 } else { worst };
    believed(worst)
}

/// The largest bulge of borders a pixel long, about every `every`th site or moved on by `shifts`; and whether any end was
/// nowhere.
fn bulges_at(group: &Group, input: &dyn Projection, every: usize, shifts: &[f64]) -> ([f64; 2], bool) {
    let Ends { x, y, centres } = ends(group, every, shifts);
    let [mx, my, _] = halfway(lift_points(x, y, input), input);
    largest_bulge(group, &centres, [&mx, &my])
}

/// The bulge that is taken for a block: of borders about some sites, as [`largest_bulge`] has it, or the largest there is.
pub(super) fn believed(worst: [f64; 2]) -> [f64; 2] {
    worst.map(|d| SAFETY * d.min(LARGEST) + ROUNDING)
}

/// Borders a pixel long: their ends, two by two, and their middles if they were straight.
pub(super) struct Ends {
    pub(super) x: Vec<f64>,
    pub(super) y: Vec<f64>,
    pub(super) centres: Vec<[f64; 2]>,
}

/// The borders about every `every`th site of a block, moved on by `shifts`.
pub(super) fn ends(group: &Group, every: usize, shifts: &[f64]) -> Ends {
    let (height, width) = (group.shape[0], group.shape[1]);
    let steps = |n: usize| (0..n).step_by(every).chain(n.checked_sub(1));
    let (mut x, mut y, mut centres) = (Vec::new(), Vec::new(), Vec::new());
    for site in steps(height).flat_map(|row| steps(width).map(move |column| row * width + column)) {
        let (cx, cy) = (group.columns[0][site], group.columns[1][site]);
        for shift in shifts {
            x.extend([cx + shift - 0.5, cx + shift + 0.5, cx, cx]);
            y.extend([cy, cy, cy + shift - 0.5, cy + shift + 0.5]);
            centres.extend([[cx + shift, cy], [cx, cy + shift]]);
        }
    }
    Ends { x, y, centres }
}

/// How far the middles of borders lie from where straight ones have them, at most; and whether any is nowhere.
pub(super) fn largest_bulge(group: &Group, centres: &[[f64; 2]], [mx, my]: [&[f64]; 2]) -> ([f64; 2], bool) {
    let (mut worst, mut lost) = ([0.0f64; 2], false);
    for (centre, at) in centres.iter().zip(mx.iter().zip(my)) {
        for (k, at) in [at.0, at.1].into_iter().enumerate() {
            let d = at - centre[k];
            let d = group.period[k].map_or(d, |p| d - p * (d / p).round_ties_even()).abs();
            lost |= d.is_nan();
            worst[k] = if d > worst[k] { d } else { worst[k] };
        }
    }
    (worst, lost)
}
