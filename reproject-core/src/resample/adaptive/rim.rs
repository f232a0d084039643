//! The weighted mean where a box reaches beyond the edge of the input or meets NaN: by the rules of the options.

use super::super::planes::Planes;
use super::ellipse::{Ellipse, Ellipses, Geometry};
use super::window::{Scratch, Window, padded, weigh};
use super::{AdaptiveOptions, BadValues, Boundary};
use crate::{Kernel, Pixel, dispatch};

/// Input pixels in a box at most: a map that stretches one output pixel over more has no meaning there.
const LARGEST: f64 = 67_108_864.0;

/// Where the value of one sampled pixel comes from.
#[derive(Clone, Copy)]
enum Tap {
    Input(usize),
    Fill(f64),
}

/// Does what [`window::average`](super::window::average) left.
pub(super) fn average<I: Pixel, O: Pixel, W: Window>(
    window: &W,
    options: &AdaptiveOptions,
    geometry: &Geometry<'_>,
    ellipses: &Ellipses,
    data: &[I],
    planes: &mut Planes<'_, O>,
    scratch: &mut Scratch,
) {
    let mut taps = Vec::new();
    for (column, plane) in std::mem::take(&mut scratch.rest) {
        let ellipse = ellipses.get(column);
        let Some(coverage) = sample(window, options, geometry, &ellipse, scratch, &mut taps) else {
            continue;
        };
        let scale = if geometry.conserve_flux { ellipse.area } else { 1.0 };
        for plane in plane.map_or(0..planes.offsets().len(), |plane| plane..plane + 1) {
            let offset = planes.offsets()[plane];
            let value = |tap| match tap {
                Tap::Input(element) => data[offset + element].to_f64(),
                Tap::Fill(value) => value,
            };
            if let Some(mean) = mean(options.bad_values, taps.iter().map(|&(tap, w)| (value(tap), w))) {
                planes.set(plane, column, mean * scale, coverage);
            }
        }
    }
}

/// The mean of values with weights above zero; `None` if there is none.
fn mean(bad: BadValues, samples: impl Iterator<Item = (f64, f64)> + Clone) -> Option<f64> {
    let samples = samples.filter_map(|(value, weight)| match bad {
        _ if value.is_finite() => Some((value, weight)),
        BadValues::Strict => Some((value, weight)),
        BadValues::Ignore => None,
        BadValues::Constant(fill) => Some((fill, weight)),
    });
    let (mut total, mut sum) = (0.0, 0.0);
    // Counting from a value that occurs keeps a constant constant to the last bit.
    let anchor = samples.clone().map(|(value, _)| value).find(|value| value.is_finite()).unwrap_or(0.0);
    for (value, weight) in samples {
        total += weight;
        sum = weight.mul_add(value - anchor, sum);
    }
    (total > 0.0).then(|| anchor + sum / total)
}

/// Collects the taps of a box and their weights; the result is the part of the weight that lies on the input. `None`
/// where the pixel gets no value.
fn sample<W: Window>(
    window: &W,
    options: &AdaptiveOptions,
    geometry: &Geometry<'_>,
    ellipse: &Ellipse,
    scratch: &mut Scratch,
    taps: &mut Vec<(Tap, f64)>,
) -> Option<f64> {
    let ([x0, y0], [x1, y1]) = (ellipse.first, ellipse.last);
    // Not so where there is no footprint: NaN compares false.
    let sampled = x0 <= x1 && y0 <= y1 && (x1 - x0 + 1.0) * (y1 - y0 + 1.0) <= LARGEST;
    // Positions that f64 cannot tell from their neighbours are no positions.
    let placed = [x0, y0, x1, y1].iter().all(|edge| edge.abs() < 2f64.powi(50));
    if !(sampled && placed) {
        return None;
    }
    let [ax, ay] = &geometry.axes;
    match options.boundary {
        Boundary::Strict if ax.beyond(x0, x1) || ay.beyond(y0, y1) => return None,
        Boundary::GridConstant(_) | Boundary::Nearest => {}
        _ if ax.apart(x0, x1) || ay.apart(y0, y1) => return None,
        _ => {}
    }
    taps.clear();
    let width = (x1 - x0) as usize + 1;
    scratch.weights.resize(padded(width).max(scratch.weights.len()), 0.0);
    let weights = &mut scratch.weights[..padded(width)];
    let (mut total, mut inside) = (0.0, 0.0);
    for row in 0..(y1 - y0) as usize + 1 {
        let y = y0 + row as f64;
        dispatch(Row { window, ellipse, at: [x0, y], width, to: weights });
        for (i, &weight) in weights[..width].iter().enumerate() {
            if weight == 0.0 {
                continue;
            }
            total += weight;
            let (x, y) = (x0 as i64 + i as i64, y as i64);
            let tap = match (geometry.locate(x, y), options.boundary) {
                (Some(element), _) => {
                    inside += weight;
                    Some(Tap::Input(element))
                }
                (None, Boundary::Constant(fill) | Boundary::GridConstant(fill)) => Some(Tap::Fill(fill)),
                (None, Boundary::Nearest) => geometry.locate(ax.clamp(x), ay.clamp(y)).map(Tap::Input),
                // Strict meets this only more than a whole turn beyond a pole, where there is no weight to speak of.
                (None, Boundary::Strict | Boundary::Ignore | Boundary::IgnoreThreshold(_)) => None,
            };
            taps.extend(tap.map(|tap| (tap, weight)));
        }
    }
    match options.boundary {
        Boundary::IgnoreThreshold(part) if total - inside > part * total => None,
        _ if total > 0.0 => Some(inside / total),
        _ => None,
    }
}

struct Row<'a, W> {
    window: &'a W,
    ellipse: &'a Ellipse,
    at: [f64; 2],
    width: usize,
    to: &'a mut [f64],
}

impl<W: Window> Kernel for Row<'_, W> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        weigh(self.window, self.ellipse, self.at, self.width, self.to, &mut Default::default());
    }
}
