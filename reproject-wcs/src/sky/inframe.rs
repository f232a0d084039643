//! A celestial image seen in the frame of another: two such images give unit vectors of one sphere.

use super::{Celestial, Frame};
use crate::stages::Stage;
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};

/// A celestial image as a projection between its pixels (0-based, x first) and unit vectors of a frame that need not be its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InFrame {
    image: Celestial,
    there: Vec<Stage>,
    back: Vec<Stage>,
}

impl InFrame {
    /// The projection of `image` in `frame`.
    ///
    /// # Errors
    /// If the two frames share no sphere.
    pub fn new(image: &Celestial, frame: &Frame) -> Result<Self> {
        let there = image.frame().route(frame)?.stages();
        let back = there.iter().rev().map(Stage::inverse).collect();
        Ok(Self { image: image.clone(), there, back })
    }
}

impl Projection for InFrame {
    fn lift(&self, points: &mut Points<'_, 3>) {
        self.image.lift(points);
        points.batches(|batch| self.there.iter().for_each(|stage| stage.run(batch)));
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        points.batches(|batch| self.back.iter().for_each(|stage| stage.run(batch)));
        self.image.project(points);
    }
    fn period(&self) -> [Option<f64>; 2] {
        self.image.period()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::sky_map;
    use crate::read::{Keywords, Value};
    use crate::wcs::Wcs;
    use reproject_core::{Between, Transform, laws};

    #[test]
    fn two_images_in_one_frame_make_the_pixel_map() {
        let wcs = |names: [&str; 2], crval: [f64; 2]| {
            let mut cards = Keywords::new();
            for i in 0..2 {
                cards.push(format!("CTYPE{}", i + 1), Value::from(names[i]));
                cards.push(format!("CRVAL{}", i + 1), crval[i]);
                cards.push(format!("CRPIX{}", i + 1), 50.5);
                cards.push(format!("CDELT{}", i + 1), 0.01);
            }
            Wcs::parse(&cards, ' ', &()).unwrap()
        };
        // The north Galactic pole of ICRS, to a tenth of a degree.
        let (equatorial, galactic) =
            (wcs(["RA---TAN", "DEC--TAN"], [192.86, 27.13]), wcs(["GLON-ZEA", "GLAT-ZEA"], [0.0, 90.0]));
        let (a, b) = (equatorial.celestial().unwrap(), galactic.celestial().unwrap());
        let between = Between {
            output: InFrame::new(a, b.frame()).unwrap(),
            input: InFrame::new(b, b.frame()).unwrap(),
        };
        let fused = sky_map(a, b).unwrap();
        let run = |map: &dyn Transform| {
            let (mut x, mut y) = ([0.0, 31.0, 99.0], [7.0, 50.0, 99.0]);
            map.forward(&mut Points::new([&mut x, &mut y]));
            [x, y].concat()
        };
        for (p, q) in run(&between).into_iter().zip(run(&fused)) {
            assert!((p - q).abs() < 1e-9, "{p} {q}");
        }
        laws::projection_round_trip(&between.output, &[[0.0, 0.0], [40.0, 70.0]], 1e-9).unwrap();
    }
}
