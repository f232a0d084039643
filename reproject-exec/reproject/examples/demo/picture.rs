//! An image as a PNG file: night-blue to white, by the inverse hyperbolic sine; no sky (NaN) is transparent.

use ndarray::ArrayView2;
use std::{fs::File, io::BufWriter, path::Path};

/// Below this brightness the stretch is linear, above it logarithmic.
const FAINT: f32 = 0.008;
/// Colours at brightness 0, half way and 1.
const COLOURS: [[f32; 3]; 3] = [[8.0, 12.0, 32.0], [90.0, 130.0, 220.0], [255.0, 255.0, 250.0]];

/// Writes the image, its first row at the bottom as FITS has it.
pub(crate) fn write(path: &Path, image: ArrayView2<'_, f32>) -> Result<(), Box<dyn std::error::Error>> {
    let (ny, nx) = image.dim();
    let mut encoder =
        png::Encoder::new(BufWriter::new(File::create(path)?), u32::try_from(nx)?, u32::try_from(ny)?);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let bytes: Vec<u8> = image.rows().into_iter().rev().flatten().flat_map(|value| colour(*value)).collect();
    encoder.write_header()?.write_image_data(&bytes)?;
    Ok(())
}

fn colour(value: f32) -> [u8; 4] {
    if value.is_nan() {
        return [0; 4];
    }
    let level = ((value / FAINT).asinh() / (1.0 / FAINT).asinh()).clamp(0.0, 1.0) * 2.0;
    let (from, to) = if level < 1.0 { (COLOURS[0], COLOURS[1]) } else { (COLOURS[1], COLOURS[2]) };
    let part = if level < 1.0 { level } else { level - 1.0 };
    let [r, g, b] = [0, 1, 2].map(|k| (from[k] + part * (to[k] - from[k])).round() as u8);
    [r, g, b, 255]
}
