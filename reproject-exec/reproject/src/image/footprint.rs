//! Where an image lies on the sky, in words: the corners, centre and pixel scale of a celestial WCS.

use reproject_core::Points;
use reproject_wcs::{Celestial, Frame};

/// Longitude and latitude in degrees of pixel positions (x, y); NaN where there is no sky. Longitudes are from 0 to 360,
/// but from -180 to 180 on the Sun and other bodies, whatever the sign of CRVAL.
pub(crate) fn sky<const N: usize>(celestial: &Celestial, at: [[f64; 2]; N]) -> [[f64; 2]; N] {
    let (mut x, mut y) = (at.map(|p| p[0]), at.map(|p| p[1]));
    celestial.pixel_to_sky(&mut Points::new([&mut x, &mut y]));
    let least = if matches!(celestial.frame(), Frame::Named { .. }) { -180.0 } else { 0.0 };
    for lon in &mut x {
        *lon = (*lon - least).rem_euclid(360.0) + least;
    }
    std::array::from_fn(|k| [x[k], y[k]])
}

/// Rows and columns of the sky in an array of a shape; a side that the array does not have counts one pixel.
pub(crate) fn sides(celestial: &Celestial, shape: &[usize]) -> [usize; 2] {
    let [x, y] = celestial.axes();
    [y, x].map(|axis| shape.len().checked_sub(axis + 1).map_or(1, |k| shape[k]))
}

/// The centres of the four corner pixels, anticlockwise from the first pixel.
pub(crate) fn corners(celestial: &Celestial, [rows, columns]: [usize; 2]) -> [[f64; 2]; 4] {
    let (x, y) = (columns.saturating_sub(1) as f64, rows.saturating_sub(1) as f64);
    sky(celestial, [[0.0, 0.0], [x, 0.0], [x, y], [0.0, y]])
}

/// The middle of the image.
pub(crate) fn centre(celestial: &Celestial, [rows, columns]: [usize; 2]) -> [f64; 2] {
    let middle = |n: usize| 0.5 * (n as f64 - 1.0);
    sky(celestial, [[middle(columns), middle(rows)]])[0]
}

/// Degrees from one pixel to the next along x and y, measured on the sky at the middle of the image.
pub(crate) fn scale(celestial: &Celestial, [rows, columns]: [usize; 2]) -> [f64; 2] {
    let (x, y) = (0.5 * (columns as f64 - 1.0), 0.5 * (rows as f64 - 1.0));
    let [left, right, below, above] =
        sky(celestial, [[x - 0.5, y], [x + 0.5, y], [x, y - 0.5], [x, y + 0.5]]);
    [apart(left, right), apart(below, above)]
}

/// The angle between two points on the sky (haversine formula), all in degrees.
fn apart(a: [f64; 2], b: [f64; 2]) -> f64 {
    let [[a0, a1], [b0, b1]] = [a, b].map(|p| p.map(f64::to_radians));
    let half = |d: f64| (0.5 * d).sin().powi(2);
    let h = half(b1 - a1) + a1.cos() * b1.cos() * half(b0 - a0);
    2.0 * h.sqrt().min(1.0).asin().to_degrees()
}

/// A position in degrees.
pub(crate) fn degrees([lon, lat]: [f64; 2]) -> String {
    // Rounded before they are printed, so that there is neither 360.00000 nor -0.00000.
    let [lon, lat] = [lon, lat].map(|a| (a * 1e5).round() / 1e5);
    let lon = if lon.abs() == 360.0 { 0.0 } else { lon + 0.0 };
    let lat = lat + 0.0;
    if lon.is_finite() && lat.is_finite() { format!("({lon:.5}, {lat:+.5})") } else { "(off the sky)".into() }
}

/// The corners of an image in one line.
pub(crate) fn describe(celestial: &Celestial, shape: [usize; 2]) -> String {
    let corners = corners(celestial, shape).map(degrees).join(" ");
    let [columns, rows] = [shape[1], shape[0]];
    format!("{columns} × {rows} pixels, corners {corners} deg, {}", celestial.frame())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_read_well() {
        assert_eq!(degrees([359.999999, -1e-9]), "(0.00000, +0.00000)");
        assert_eq!(degrees([12.5, -3.25]), "(12.50000, -3.25000)");
        assert_eq!(degrees([f64::NAN, 0.0]), "(off the sky)");
    }

    /// The poles are 90 degrees from the equator; a degree of longitude at 60 degrees of latitude is half as long.
    #[test]
    fn distances_are_great_circles() {
        assert!((apart([10.0, 0.0], [200.0, 90.0]) - 90.0).abs() < 1e-12);
        assert!((apart([0.0, 60.0], [1e-3, 60.0]) - 5e-4).abs() < 1e-12);
    }
}
