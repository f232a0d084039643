//! A kernel of its own: Lanczos-3, so that stars stay sharp.

use reproject_core::{Pointwise, math::trig};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// Lanczos interpolation over six pixels along each axis (Duchon 1979, J. Appl. Meteorol. 18, 1016).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lanczos3;

impl Pointwise<6> for Lanczos3 {
    fn weights(&self, t: f64) -> [f64; 6] {
        let sinc = |x: f64| if x == 0.0 { 1.0 } else { trig::sin(PI * x) / (PI * x) };
        std::array::from_fn(|i| t + 2.0 - i as f64).map(|x| sinc(x) * sinc(x / 3.0))
    }
}
