//! A celestial image whose unit vectors are those of another frame, for what works on the sphere with two images at once.

use crate::celestial::Celestial;
use crate::frame::Frame;
use crate::stages::Stage;
use reproject_core::{Points, Projection, Result};
use serde::{Deserialize, Serialize};

/// Pixels of an image to unit vectors of a frame that need not be its own. Planes that repeat are lifted without bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reframed {
    lift: Vec<Stage>,
    project: Vec<Stage>,
    period: [Option<f64>; 2],
}

impl Celestial {
    /// The image as seen in a frame.
    ///
    /// # Errors
    /// If its own frame and that one share no sphere.
    pub fn in_frame(&self, frame: &Frame) -> Result<Reframed> {
        let to = self.frame().route(frame)?.stages();
        let project = to.iter().rev().map(Stage::inverse).chain(self.down()).collect();
        let lift = self.up(Stage::LiftUnbounded(*self.native())).chain(to).collect();
        Ok(Reframed { lift, project, period: self.period() })
    }
}

impl Projection for Reframed {
    fn lift(&self, points: &mut Points<'_, 3>) {
        points.batches(|batch| self.lift.iter().for_each(|stage| stage.run(batch)));
    }

    fn project(&self, points: &mut Points<'_, 3>) {
        points.batches(|batch| self.project.iter().for_each(|stage| stage.run(batch)));
    }

    fn period(&self) -> [Option<f64>; 2] {
        self.period
    }
}

#[cfg(test)]
mod tests {
    use crate::{Frame, Keywords, Wcs, pixel_map};
    use reproject_core::{Between, Points, Transform};

    fn image(types: [&str; 2], radesys: &str, crval: [f64; 2]) -> Wcs {
        let mut cards = Keywords::new();
        for k in [0, 1] {
            cards.push(format!("CTYPE{}", k + 1), types[k]);
            cards.push(format!("CRVAL{}", k + 1), crval[k]);
            cards.push(format!("CDELT{}", k + 1), [-0.01, 0.01][k]);
        }
        cards.push("RADESYS", radesys);
        Wcs::parse(&cards, ' ', &()).unwrap()
    }

    #[test]
    fn two_images_in_one_frame_meet_where_the_pixel_map_has_them() {
        let from = image(["RA---TAN", "DEC--TAN"], "FK4", [150.0, 30.0]);
        let to = image(["GLON-CAR", "GLAT-CAR"], "", [197.0, 0.0]);
        let (from, to) = (from.celestial().unwrap(), to.celestial().unwrap());
        for frame in [Frame::Icrs, Frame::Fk4 { equinox: 1950.0 }, Frame::Galactic] {
            let between = Between { from: from.in_frame(&frame).unwrap(), to: to.in_frame(&frame).unwrap() };
            let (mut x, mut y) = ([0.0, 40.0, -70.0], [0.0, 13.0, 55.5]);
            let (mut u, mut v) = (x, y);
            between.forward(&mut Points::new([&mut x, &mut y]));
            pixel_map(from, to).unwrap().forward(&mut Points::new([&mut u, &mut v]));
            for i in 0..3 {
                assert!((x[i] - u[i]).abs() < 1e-9 && (y[i] - v[i]).abs() < 1e-9, "{frame} {i}");
            }
            between.inverse(&mut Points::new([&mut x, &mut y]));
            assert!((x[1] - 40.0).abs() < 1e-9 && (y[2] - 55.5).abs() < 1e-9, "{frame}");
        }
        let solar = Frame::Named { system: "HPLN".into(), observer: None };
        assert!(from.in_frame(&solar).is_err());
    }
}
