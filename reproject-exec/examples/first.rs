//! One image onto the grid of another, from file to file.

use ndarray::ArrayD;
use reproject_chunk::{FitsFile, HduSelect, Header, Value as Card};
use reproject_core::{ArraySource, Axes, Bilinear, DenseSink, Executor, Job, Projection, Region, Reproject};
use reproject_exec::Threads;
use reproject_wcs::{Keywords, Value, Wcs, sky_map};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut names = std::env::args().skip(1);
    let (Some(image), Some(grid)) = (names.next(), names.next()) else {
        return Err("give two FITS images".into());
    };
    let [image, grid] = [image, grid].map(|name| FitsFile::open(name)?.image(&HduSelect::FirstImage));
    let (image, grid) = (image?, grid?);
    let [from, to] = [&image, &grid].map(|i| Wcs::parse(&cards(i.header()), ' ', &()));
    let (from, to) = (from?, to?);

    // From output pixels to input pixels: one fused map, no trigonometry where none is needed.
    let map = Axes::new(sky_map(to.celestial()?, from.celestial()?)?).with_period(from.celestial()?.period());
    let shape = grid.shape().to_vec();
    let job = Reproject::<f32, f32, _, _, _>::new(&shape, map, Bilinear, &image as &dyn ArraySource<f32>)?;

    let mut result = ArrayD::zeros(shape.clone());
    let blocks: Vec<Region> = job.blocks(None)?.iter().collect();
    Threads::new(None)?.execute(&job, &blocks, &DenseSink::new(result.view_mut()), &())?;
    println!("{} of {} pixels are known", result.iter().filter(|v| !v.is_nan()).count(), result.len());
    Ok(())
}

/// Header cards as the keywords that a coordinate system is read from: neither crate knows the other.
fn cards(header: &Header) -> Keywords {
    let value = |card: &Card| match card {
        Card::Logical(v) => Some(Value::Logical(*v)),
        Card::Integer(v) => Some(Value::Integer(*v)),
        Card::Float(v) => Some(Value::Float(*v)),
        Card::Text(v) => Some(Value::Text(v.clone())),
        Card::Unreadable(v) => Some(Value::Unreadable(v.clone())),
        _ => None,
    };
    header.values().filter_map(|(keyword, card)| Some((keyword, value(card)?))).collect()
}
