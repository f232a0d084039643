//! The averaging windows, and the weighted mean over boxes that lie wholly on the input.

use super::super::kernels::{half_to_the, hann};
use super::super::planes::Planes;
use super::ellipse::{Ellipse, Ellipses, Geometry};
use crate::{Kernel, Pixel, dispatch, simd::gather};
use std::f64::consts::LOG2_E;

/// Input pixels weighed together.
const LANES: usize = 8;
/// Weights held at once: a box larger than that is done in bands of rows.
const BAND: usize = 4096;

/// A window on the output, as a function of the offset from the pixel's centre.
pub(super) trait Window: Copy {
    /// The weight at an offset in output pixels.
    fn weight(&self, x: f64, y: f64) -> f64;
    /// Half the sampled box along x and y in input pixels, from the padded Jacobian and its larger singular value.
    fn reach(&self, padded: [f64; 4], major: f64) -> [f64; 2];
}

/// The product of two Hann windows, one pixel to either side.
#[derive(Clone, Copy)]
pub(super) struct Hann;

impl Window for Hann {
    #[inline(always)]
    fn weight(&self, x: f64, y: f64) -> f64 {
        hann(x) * hann(y)
    }
    #[inline(always)]
    fn reach(&self, [a, b, c, d]: [f64; 4], _: f64) -> [f64; 2] {
        [a.abs() + b.abs(), c.abs() + d.abs()]
    }
}

/// A Gaussian, sampled over a square of the input that holds its region of the output however that is turned.
#[derive(Clone, Copy)]
pub(super) struct Gauss {
    /// log₂(e) / 2σ².
    rate: f64,
    half: f64,
}

impl Gauss {
    pub(super) fn new(width: f64, region: f64) -> Self {
        Gauss { rate: 2.0 * LOG2_E / (width * width), half: region / 2.0 }
    }
}

impl Window for Gauss {
    #[inline(always)]
    fn weight(&self, x: f64, y: f64) -> f64 {
        half_to_the(self.rate * x.mul_add(x, y * y))
    }
    #[inline(always)]
    fn reach(&self, _: [f64; 4], major: f64) -> [f64; 2] {
        [self.half * major; 2]
    }
}

/// Memory for the averages of a row, used again for the next.
#[derive(Default)]
pub(super) struct Scratch {
    /// Weights of a band, its rows padded to whole lanes.
    pub weights: Vec<f64>,
    /// Per plane: the value that all others are counted from, and the sum of weighted differences from it.
    anchor: Vec<f64>,
    sums: Vec<[f64; LANES]>,
    /// Offsets of the pixels of a small box from its corner.
    taps: Vec<usize>,
    /// Pixels that are left for the rim: a column, and the plane if only one.
    pub rest: Vec<(usize, Option<usize>)>,
}

/// Lanes that hold one row of a box.
pub(super) fn padded(width: usize) -> usize {
    width.next_multiple_of(LANES)
}

/// Weighs one row of a box: `y` and the pixels from `x` on, into `to`, whose padding gets zero. Returns the sums.
#[inline(always)]
pub(super) fn weigh<W: Window>(
    window: &W,
    ellipse: &Ellipse,
    [x, y]: [f64; 2],
    width: usize,
    to: &mut [f64],
    sums: &mut [f64; LANES],
) {
    let (dx, dy) = (x - ellipse.at[0], y - ellipse.at[1]);
    let [a, b, c, d] = ellipse.inverse;
    let (across, along) = (b * dy, d * dy);
    for (group, to) in to.chunks_exact_mut(LANES).enumerate() {
        let start = group * LANES;
        let mut lane = [0.0; LANES];
        for l in 0..LANES {
            let dx = dx + (start + l) as f64;
            let weight = window.weight(a.mul_add(dx, across), c.mul_add(dx, along));
            lane[l] = if start + l < width { weight } else { 0.0 };
            sums[l] += lane[l];
        }
        to.copy_from_slice(&lane);
    }
}

/// The weighted mean of every box that lies wholly on the input, where all its pixels are finite; columns and planes that
/// do not are left in `scratch.rest`.
pub(super) fn average<I: Pixel, O: Pixel, W: Window>(
    window: &W,
    geometry: &Geometry<'_>,
    ellipses: &Ellipses,
    data: &[I],
    planes: &mut Planes<'_, O>,
    scratch: &mut Scratch,
) {
    scratch.rest.clear();
    dispatch(Average { window, geometry, ellipses, data, planes, scratch });
}

struct Average<'a, 'b, I, O, W> {
    window: &'a W,
    geometry: &'a Geometry<'a>,
    ellipses: &'a Ellipses,
    data: &'a [I],
    planes: &'a mut Planes<'b, O>,
    scratch: &'a mut Scratch,
}

impl<I: Pixel, O: Pixel, W: Window> Kernel for Average<'_, '_, I, O, W> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { window, geometry, ellipses, data, planes, scratch } = self;
        let Geometry { axes: [ax, ay], conserve_flux, .. } = geometry;
        for column in 0..ellipses.len() {
            let ellipse = ellipses.get(column);
            let ([x0, y0], [x1, y1]) = (ellipse.first, ellipse.last);
            let inside = x0 >= 0.0 && y0 >= 0.0 && x1 < ax.size && y1 < ay.size && x0 <= x1 && y0 <= y1;
            if !inside {
                scratch.rest.push((column, None));
                continue;
            }
            let (width, height) = ((x1 - x0) as usize + 1, (y1 - y0) as usize + 1);
            let corner = ay.offset(y0 as usize) + ax.offset(x0 as usize);
            // Counting from the nearest value keeps a constant constant to the last bit.
            let near = ay.offset(ellipse.at[1].round() as usize) + ax.offset(ellipse.at[0].round() as usize);
            scratch.anchor.clear();
            scratch.anchor.extend(planes.offsets().iter().map(|offset| {
                let value = data[offset + near].to_f64();
                if value.is_finite() { value } else { 0.0 }
            }));
            scratch.sums.clear();
            scratch.sums.resize(planes.offsets().len(), [0.0; LANES]);
            // A group a row is mostly empty then, which costs more than gathering once there are several rows.
            if width < LANES && (4..LANES).contains(&height) {
                let total = weigh_small(window, &ellipse, [width, height], [ax.stride, ay.stride], scratch);
                let size = (width * height).next_multiple_of(LANES);
                let (weights, taps) = (&scratch.weights[..size], &scratch.taps[..size]);
                for (plane, offset) in planes.offsets().iter().enumerate() {
                    let (anchor, data) = (scratch.anchor[plane], &data[offset + corner..]);
                    let sum = &mut scratch.sums[plane];
                    for (weights, taps) in weights.chunks_exact(LANES).zip(taps.chunks_exact(LANES)) {
                        let mut at = [0; LANES];
                        at.copy_from_slice(taps);
                        let [lane] = gather(data, &at, [0]);
                        for l in 0..LANES {
                            sum[l] = weights[l].mul_add(lane[l].to_f64() - anchor, sum[l]);
                        }
                    }
                }
                finish(planes, scratch, column, total, if *conserve_flux { ellipse.area } else { 1.0 });
                continue;
            }
            let (row_lanes, mut total) = (padded(width), [0.0; LANES]);
            let band = (BAND / row_lanes).max(1);
            for rows in (0..height).step_by(band) {
                let rows = rows..(rows + band).min(height);
                let size = row_lanes * rows.len();
                if scratch.weights.len() < size {
                    scratch.weights.resize(size, 0.0);
                }
                for (weights, row) in scratch.weights.chunks_exact_mut(row_lanes).zip(rows.clone()) {
                    weigh(window, &ellipse, [x0, y0 + row as f64], width, weights, &mut total);
                }
                for (plane, offset) in planes.offsets().iter().enumerate() {
                    let (anchor, sums) = (scratch.anchor[plane], &mut scratch.sums[plane]);
                    let mut sum = *sums;
                    for (weights, row) in scratch.weights.chunks_exact(row_lanes).zip(rows.clone()) {
                        let start = offset + corner + row * ay.stride;
                        accumulate(weights, &data[start..], ax.stride, width, anchor, &mut sum);
                    }
                    *sums = sum;
                }
            }
            finish(planes, scratch, column, fold(total), if *conserve_flux { ellipse.area } else { 1.0 });
        }
    }
}

/// Sets the means of one output pixel; planes in which it is not finite are left for later.
#[inline(always)]
fn finish<O: Pixel>(
    planes: &mut Planes<'_, O>,
    scratch: &mut Scratch,
    column: usize,
    total: f64,
    scale: f64,
) {
    for plane in 0..planes.offsets().len() {
        let value = (scratch.anchor[plane] + fold(scratch.sums[plane]) / total) * scale;
        if value.is_finite() {
            planes.set(plane, column, value, 1.0);
        } else {
            scratch.rest.push((column, Some(plane)));
        }
    }
}

/// Weighs a box narrower than a group, rows on end, and finds the offsets of its pixels from its corner.
#[inline(always)]
fn weigh_small<W: Window>(
    window: &W,
    ellipse: &Ellipse,
    [width, height]: [usize; 2],
    [step_x, step_y]: [usize; 2],
    scratch: &mut Scratch,
) -> f64 {
    let count = width * height;
    let size = count.next_multiple_of(LANES);
    if scratch.weights.len() < size {
        scratch.weights.resize(size, 0.0);
    }
    if scratch.taps.len() < size {
        scratch.taps.resize(size, 0);
    }
    let (dx, dy) = (ellipse.first[0] - ellipse.at[0], ellipse.first[1] - ellipse.at[1]);
    let ([a, b, c, d], inverse) = (ellipse.inverse, 1.0 / width as f64);
    let mut total = [0.0; LANES];
    for start in (0..count).step_by(LANES) {
        let (mut weights, mut taps) = ([0.0; LANES], [0; LANES]);
        for l in 0..LANES {
            let i = (start + l) as f64;
            // Half a pixel keeps rounding away from whole numbers.
            let row = ((i + 0.5) * inverse).floor();
            let column = i - row * width as f64;
            let (x, y) = (dx + column, dy + row);
            let weight = window.weight(a.mul_add(x, b * y), c.mul_add(x, d * y));
            let inside = start + l < count;
            weights[l] = if inside { weight } else { 0.0 };
            let tap = row.mul_add(step_y as f64, column * step_x as f64);
            taps[l] = if inside { tap as usize } else { 0 };
            total[l] += weights[l];
        }
        scratch.weights[start..start + LANES].copy_from_slice(&weights);
        scratch.taps[start..start + LANES].copy_from_slice(&taps);
    }
    fold(total)
}

/// Adds the weighted differences from `anchor` of one row of a box.
#[inline(always)]
fn accumulate<I: Pixel>(
    weights: &[f64],
    data: &[I],
    step: usize,
    width: usize,
    anchor: f64,
    sum: &mut [f64; LANES],
) {
    for (group, weights) in weights.chunks_exact(LANES).enumerate() {
        let start = group * LANES;
        let len = LANES.min(width - start);
        let mut lane = [I::default(); LANES];
        match data.get(start..start + LANES) {
            Some(whole) if step == 1 => {
                for l in 0..LANES {
                    lane[l] = if l < len { whole[l] } else { I::default() };
                }
            }
            _ => {
                for l in 0..len {
                    lane[l] = data[(start + l) * step];
                }
            }
        }
        for l in 0..LANES {
            sum[l] = weights[l].mul_add(lane[l].to_f64() - anchor, sum[l]);
        }
    }
}

#[inline(always)]
fn fold(sum: [f64; LANES]) -> f64 {
    ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]))
}
