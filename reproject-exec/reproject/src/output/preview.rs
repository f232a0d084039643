//! The output as a grey picture: read strip by strip, averaged down, stretched, row 0 at the bottom, nothing where no value is.

use ndarray::{ArrayD, Axis, IxDyn};
use reproject_chunk::Part;
use reproject_core::{ArraySource, Error, Region, Result, Why};
use std::io::{BufWriter, Write};
use std::path::Path;

/// The way in which values become grey in a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stretch {
    /// Inverse hyperbolic sine between the 1st and the 99.9th percentile: shows faint and bright.
    #[default]
    Asinh,
    /// Linear between the 0.5th and the 99.5th percentile.
    Percentile,
}

/// Pixels along the longer side, at most.
const SIDE: usize = 2048;
/// Below this fraction of the range the inverse hyperbolic sine is linear, above it logarithmic.
const SOFTENING: f64 = 0.1;

/// Writes the first plane of an image as a PNG file, called `OUT.png.part` until it is whole.
///
/// # Errors
/// If the file cannot be written, or `cancelled` says stop.
pub(crate) fn write(
    image: &dyn ArraySource<f32>,
    path: &Path,
    stretch: Stretch,
    overwrite: bool,
    cancelled: impl Fn() -> bool,
) -> Result<()> {
    let small = shrink(image, SIDE, cancelled)?;
    let grey = stretched(&small.values, stretch);
    let wrong = |why: Why| Error::file(path, Why::said("the preview cannot be written", why));
    let part = Part::create(path, 0, overwrite).map_err(|e| wrong(e.into()))?;
    let mut file = BufWriter::new(part.file());
    let written = encode(&small, &grey, &mut file).and_then(|()| Ok(file.flush()?));
    drop(file);
    match written {
        Ok(()) => part.finish(),
        Err(e) => {
            // What there is of it is of no use; that it cannot be removed is not the error to report.
            let _ = std::fs::remove_file(part.path());
            Err(wrong(match e {
                png::EncodingError::IoError(said) => said.into(),
                other => other.to_string().into(),
            }))
        }
    }
}

fn encode(small: &Small, grey: &[[u8; 2]], file: impl Write) -> std::result::Result<(), png::EncodingError> {
    let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(file, side(small.columns), side(small.rows));
    encoder.set_color(png::ColorType::GrayscaleAlpha);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    let bytes: Vec<u8> = grey.rchunks_exact(small.columns).flatten().flatten().copied().collect();
    writer.write_image_data(&bytes)?;
    writer.finish()
}

/// Mean values of square cells; NaN where a cell holds none.
struct Small {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

fn shrink(image: &dyn ArraySource<f32>, side: usize, cancelled: impl Fn() -> bool) -> Result<Small> {
    let shape = image.shape();
    let n = shape.len();
    let (height, width) = (shape[n - 2], shape[n - 1]);
    let cell = height.max(width).div_ceil(side).max(1);
    let (rows, columns) = (height.div_ceil(cell), width.div_ceil(cell));
    let mut values = Vec::with_capacity(rows * columns);
    for first in (0..height).step_by(cell) {
        if cancelled() {
            return Err(Error::Cancelled);
        }
        let mut strip = Region { start: vec![0; n], shape: vec![1; n] };
        (strip.start[n - 2], strip.shape[n - 2]) = (first, cell.min(height - first));
        strip.shape[n - 1] = width;
        let mut pixels = ArrayD::from_elem(IxDyn(&strip.shape), 0.0f32);
        image.read(&strip, pixels.view_mut())?;
        let (mut sum, mut count) = (vec![0.0; columns], vec![0.0; columns]);
        for lane in pixels.lanes(Axis(n - 1)) {
            for (x, value) in lane.iter().enumerate().filter(|(_, v)| v.is_finite()) {
                sum[x / cell] += f64::from(*value);
                count[x / cell] += 1.0;
            }
        }
        values.extend(sum.iter().zip(&count).map(|(s, c)| s / c));
    }
    Ok(Small { rows, columns, values })
}

/// Grey and opacity of every value.
fn stretched(values: &[f64], stretch: Stretch) -> Vec<[u8; 2]> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let percentile = |p: f64| match sorted.len() {
        0 => 0.0,
        n => sorted[(p / 100.0 * (n - 1) as f64).round() as usize],
    };
    let [low, high] = match stretch {
        Stretch::Asinh => [1.0, 99.9],
        Stretch::Percentile => [0.5, 99.5],
    }
    .map(percentile);
    // An image of one value is grey, not divided by nothing.
    let level = |v: f64| if high > low { ((v - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
    let curve = |t: f64| match stretch {
        Stretch::Asinh => (t / SOFTENING).asinh() / (1.0 / SOFTENING).asinh(),
        Stretch::Percentile => t,
    };
    let grey = |v: f64| [(255.0 * curve(level(v))).round() as u8, 255];
    values.iter().map(|&v| if v.is_finite() { grey(v) } else { [0, 0] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_span_black_to_white_and_leave_holes() {
        let mut values: Vec<f64> = (0..=1000).map(f64::from).collect();
        values.push(f64::NAN);
        for stretch in [Stretch::Asinh, Stretch::Percentile] {
            let grey = stretched(&values, stretch);
            assert_eq!((grey[0], grey[1000], grey[1001]), ([0, 255], [255, 255], [0, 0]));
            assert!(grey[..1001].windows(2).all(|w| w[0][0] <= w[1][0]));
        }
        // Half way is a straight line's half, and well above it for the inverse hyperbolic sine.
        assert_eq!(stretched(&values, Stretch::Percentile)[500][0], 128);
        assert!(stretched(&values, Stretch::Asinh)[500][0] > 180);
        // 255 asinh(5) / asinh(10).
        assert_eq!(stretched(&[7.0, 7.0], Stretch::Asinh)[0], [197, 255]);
        assert_eq!(stretched(&[f64::NAN], Stretch::Percentile), [[0, 0]]);
    }
}
