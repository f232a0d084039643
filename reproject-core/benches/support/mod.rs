//! The map that the benches of images share: TAN → TAN, which is a homography.

use reproject_core::{Axes, Mat3, Points, Transform};

/// (x, y, 1) times a matrix, divided by the third component.
pub(crate) struct Homography(Mat3);

impl Transform for Homography {
    fn forward(&self, points: &mut Points<'_>) {
        let m = self.0;
        points.each(|[x, y]| {
            let [u, v, w] = m * [x, y, 1.0];
            let s = if w > 0.0 { 1.0 / w } else { f64::NAN };
            [u * s, v * s]
        });
    }
    fn inverse(&self, _: &mut Points<'_>) {
        unreachable!("only the forward map is measured")
    }
}

/// Turned by 30°, output pixels `scale` times the input's: the centre of the output lies `shift` from that of the input.
pub(crate) fn turned(input: usize, output: usize, scale: f64, shift: [f64; 2]) -> Axes<2, Homography> {
    let (s, c) = 30f64.to_radians().sin_cos();
    let (from, to) = (output as f64 / 2.0, input as f64 / 2.0);
    let to_centre = Mat3([[scale, 0.0, -from * scale], [0.0, scale, -from * scale], [0.0, 0.0, 1.0]]);
    let turn = Mat3([[c, -s, to + shift[0]], [s, c, to + shift[1]], [1e-9, 2e-9, 1.0]]);
    Axes::new(Homography(turn * to_centre))
}
