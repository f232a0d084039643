//! The camera obeys the laws of projections, and its images can be reprojected in blocks.

use fisheye::AllSky;
use reproject_core::{Axes, Between, Bilinear, Mat3, Reproject, laws};

fn camera(scale: f64, turn: f64) -> AllSky {
    AllSky { centre: [31.5, 31.5], scale, to_sky: Mat3::rotation(2, turn) * Mat3::rotation(0, 0.4) }
}

#[test]
fn the_camera_is_a_projection() {
    let points: Vec<[f64; 2]> =
        (0..256).map(|i| [f64::from(i % 16) * 4.1, f64::from(i / 16) * 4.1]).collect();
    laws::projection_round_trip(&camera(0.04, 0.3), &points, 1e-9).unwrap();
}

#[test]
fn its_image_can_be_reprojected_in_any_blocks() {
    let map = Axes::<2, _>::new(Between { output: camera(0.02, 0.0), input: camera(0.04, 1.0) });
    let image = ndarray::ArrayD::from_shape_fn(vec![64, 64], |i| (i[0] * 64 + i[1]) as f64);
    let job = Reproject::<f64, f64, _, _, _>::new(&[64, 64], map, Bilinear, image).unwrap();
    laws::job_ignores_blocks(&job, &[7, 20]).unwrap();
}
