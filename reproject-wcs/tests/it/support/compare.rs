//! How records are compared: great circles on the sky, pixels by what they mean on the sky, and the edge of a projection,
//! where the last bit decides whether a point exists.

use reproject_wcs::Wcs;

/// Great-circle distance in degrees.
pub fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    let unit = |p: [f64; 2]| {
        let (lon, lat) = (p[0].to_radians(), p[1].to_radians());
        [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
    };
    let (u, v) = (unit(a), unit(b));
    // A longitude difference of whole turns would lose digits in the vectors, so the half-angle form is used.
    let dlon = (a[0] - b[0]).rem_euclid(360.0);
    let dlon = dlon.min(360.0 - dlon).to_radians();
    let dlat = (a[1] - b[1]).to_radians();
    let h = (dlat / 2.0).sin().powi(2)
        + a[1].to_radians().cos() * b[1].to_radians().cos() * (dlon / 2.0).sin().powi(2);
    if h > 0.9 {
        return (0..3).map(|k| u[k] * v[k]).sum::<f64>().clamp(-1.0, 1.0).acos().to_degrees();
    }
    (2.0 * h.sqrt().asin()).to_degrees()
}

/// One point through a whole WCS.
pub fn world(wcs: &Wcs, pixel: &[f64]) -> Vec<f64> {
    one(pixel, |columns| wcs.pixel_to_world(columns))
}

/// And back.
pub fn pixel(wcs: &Wcs, world: &[f64]) -> Vec<f64> {
    one(world, |columns| wcs.world_to_pixel(columns))
}

fn one(point: &[f64], run: impl Fn(&mut [&mut [f64]]) -> reproject_core::Result<()>) -> Vec<f64> {
    let mut values: Vec<[f64; 1]> = point.iter().map(|&v| [v]).collect();
    let mut columns: Vec<&mut [f64]> = values.iter_mut().map(|v| &mut v[..]).collect();
    run(&mut columns).expect("as many columns as axes");
    values.iter().map(|v| v[0]).collect()
}

/// Whether a point so near has an image and another has none: then it lies on the edge of the projection.
pub fn on_edge(point: &[f64], axes: [usize; 2], step: f64, exists: impl Fn(&[f64]) -> bool) -> bool {
    let around = [
        (1.0, 0.0),
        (-1.0, 0.0),
        (0.0, 1.0),
        (0.0, -1.0),
        (0.7, 0.7),
        (-0.7, 0.7),
        (0.7, -0.7),
        (-0.7, -0.7),
    ];
    let here = exists(point);
    around.iter().any(|(dx, dy)| {
        let mut moved = point.to_vec();
        moved[axes[0]] += dx * step;
        moved[axes[1]] += dy * step;
        exists(&moved) != here
    })
}

/// Degrees per pixel of a celestial pair, by a small step about `at`; `fallback` where that is not on the sky.
pub fn scale(wcs: &Wcs, pair: [usize; 2], at: &[f64], fallback: f64) -> f64 {
    let sky = |p: &[f64]| {
        let w = world(wcs, p);
        [w[pair[0]], w[pair[1]]]
    };
    let here = sky(at);
    let far = (0..at.len()).filter_map(|k| {
        let mut moved = at.to_vec();
        moved[k] += 1e-3;
        let d = distance(here, sky(&moved)) / 1e-3;
        (d > 0.0).then_some(d)
    });
    far.fold(None, |least: Option<f64>, d| Some(least.map_or(d, |l| l.min(d)))).unwrap_or(fallback)
}
