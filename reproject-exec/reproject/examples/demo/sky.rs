//! The sample: the bright stars as an image of the whole sky, plate carree in equatorial coordinates.
//!
//! Each star is a Gaussian in angular distance, so that it is round on the sphere and wide in the image near the poles.

use ndarray::Array2;
use std::f64::consts::{FRAC_PI_2, PI};

/// Pixels of the image: 0.1° each way.
pub(crate) const SHAPE: [usize; 2] = [1800, 3600];
const PIXEL: f64 = PI / SHAPE[0] as f64;

/// How far out a star is drawn, in standard deviations.
const REACH: f64 = 5.0;
/// Lines of equal right ascension and declination, every 30°: their width in degrees and their brightness.
const GRATICULE: (f64, f64) = (0.09, 0.006);

/// A star of the table.
pub(crate) struct Star {
    /// Right ascension and declination, ICRS, radians.
    position: [f64; 2],
    /// Magnitude V.
    magnitude: f64,
}

impl Star {
    /// Standard deviation in radians: brighter stars look larger.
    fn sigma(&self) -> f64 {
        (0.18 + 0.06 * (4.0 - self.magnitude)).to_radians()
    }

    /// The peak is the flux in units of a star of magnitude 0 (Pogson's law).
    fn peak(&self) -> f64 {
        10f64.powf(-0.4 * self.magnitude)
    }
}

/// The table, the brightest star first.
pub(crate) fn stars() -> Vec<Star> {
    let lines = include_str!("../data/stars.csv").lines().filter(|line| !line.starts_with('#'));
    let number = |cell: &str| cell.parse::<f64>().expect("the table's first three columns are numbers");
    let star = |line: &str| {
        let cells: Vec<f64> = line.split(',').take(3).map(number).collect();
        Star { position: [cells[0].to_radians(), cells[1].to_radians()], magnitude: cells[2] }
    };
    lines.skip(1).map(star).collect()
}

/// The image; its unit is the peak of a star of magnitude 0.
pub(crate) fn render(stars: &[Star]) -> Array2<f32> {
    let mut image = Array2::from_shape_fn(SHAPE, |pixel| graticule(position(pixel)));
    for star in stars {
        draw(star, &mut image);
    }
    image
}

/// Right ascension and declination of a pixel's centre.
fn position((row, column): (usize, usize)) -> [f64; 2] {
    [2.0 * PI - (column as f64 + 0.5) * PIXEL, (row as f64 + 0.5) * PIXEL - FRAC_PI_2]
}

fn draw(star: &Star, image: &mut Array2<f32>) {
    let [ny, nx] = SHAPE.map(|n| n as isize);
    let ([ra, dec], sigma) = (star.position, star.sigma());
    let reach = REACH * sigma;
    let row = |dec: f64| (dec + FRAC_PI_2) / PIXEL - 0.5;
    // A small circle that holds a pole has every right ascension, another one spans 2 asin(sin r / cos dec).
    let columns = if dec.abs() + reach < FRAC_PI_2 {
        let middle = ((2.0 * PI - ra) / PIXEL - 0.5).round() as isize;
        let half = ((reach.sin() / dec.cos()).asin() / PIXEL).ceil() as isize;
        middle - half..middle + half + 1
    } else {
        0..nx
    };
    let centre = unit(star.position);
    let rows = row(dec - reach).floor() as isize..=row(dec + reach).ceil() as isize;
    for row in rows.filter(|row| (0..ny).contains(row)) {
        for column in columns.clone() {
            let pixel = (row as usize, column.rem_euclid(nx) as usize);
            let apart: f64 = unit(position(pixel)).iter().zip(centre).map(|(a, b)| (a - b).powi(2)).sum();
            image[pixel] += (star.peak() * (-0.5 * apart / sigma.powi(2)).exp()) as f32;
        }
    }
}

fn unit([lon, lat]: [f64; 2]) -> [f64; 3] {
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

fn graticule([ra, dec]: [f64; 2]) -> f32 {
    let away = |angle: f64| {
        let rest = angle.to_degrees().rem_euclid(30.0);
        rest.min(30.0 - rest)
    };
    // Meridians would run into each other at the poles: all ends 5° before.
    if dec.abs().to_degrees() > 85.0 {
        return 0.0;
    }
    let distance = away(dec).min(away(ra) * dec.cos());
    (GRATICULE.1 * (-0.5 * (distance / GRATICULE.0).powi(2)).exp()) as f32
}
