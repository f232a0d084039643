//! The grism equation (paper III §5): G m λ / cos ε = n(λ) sin α + sin β, on a detector tilted by θ.

use crate::math::angle::sin_cosd;
use crate::math::trig::{asin, atan2, sin, tan};
use serde::{Deserialize, Serialize};

/// A grism at its reference wavelength; maps the grism parameter less its reference value to a wavelength.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Grism {
    /// The parameter Γ at the reference point, −tan θ.
    origin: f64,
    /// dΓ/dλ there.
    pub(super) slope: f64,
    /// β_r + θ.
    angle: f64,
    /// (n_r − n′ λ_r) sin α.
    incidence: f64,
    /// 1 / (G m / cos ε − n′ sin α).
    period: f64,
}

impl Grism {
    /// `parameters` are G (1/m), the order m, α (deg), n_r, n′ (1/m), ε (deg) and θ (deg): PVi_0 to PVi_6.
    ///
    /// Where the reference wavelength is not diffracted at all (|sin β| > 1) the map has no point.
    pub(super) fn new(parameters: [f64; 7], wave: f64) -> Grism {
        let [ruling, order, alpha, index, dispersion, epsilon, theta] = parameters;
        let (sin_alpha, _) = sin_cosd(alpha);
        let grating = ruling * order / sin_cosd(epsilon).1;
        let (sin_theta, cos_theta) = sin_cosd(theta);
        let sin_beta = grating * wave - index * sin_alpha;
        let rate = grating - dispersion * sin_alpha;
        let cos_beta = ((1.0 - sin_beta) * (1.0 + sin_beta)).sqrt();
        Grism {
            origin: -sin_theta / cos_theta,
            slope: rate / (cos_beta * cos_theta * cos_theta),
            angle: asin(sin_beta) + theta.to_radians(),
            incidence: (index - dispersion * wave) * sin_alpha,
            period: 1.0 / rate,
        }
    }

    /// Whether every wavelength goes the same way.
    pub(super) fn is_flat(&self) -> bool {
        self.slope == 0.0
    }

    #[inline(always)]
    pub(super) fn wave(&self, offset: f64) -> f64 {
        let beta = self.angle + atan2(self.origin + offset, 1.0);
        (self.incidence + sin(beta)) * self.period
    }

    #[inline(always)]
    pub(super) fn offset(&self, wave: f64) -> f64 {
        let beta = asin(wave / self.period - self.incidence);
        tan(beta - self.angle) - self.origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_fixed_and_the_slope_is_a_difference() {
        let grism = Grism::new([450000.0, 1.0, 27.0, 1.765, -1077000.0, 3.0, 5.0], 7.245e-7);
        assert!((grism.wave(0.0) / 7.245e-7 - 1.0).abs() < 1e-14);
        let h = 1e-6;
        let difference = (grism.wave(h) - grism.wave(-h)) / (2.0 * h);
        assert!((difference * grism.slope - 1.0).abs() < 1e-8);
        assert!((grism.offset(grism.wave(0.03)) - 0.03).abs() < 1e-14);
    }

    #[test]
    fn no_diffraction_is_no_point() {
        let grism = Grism::new([6e6, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], 5e-7);
        assert!(grism.wave(0.0).is_nan() && grism.offset(5e-7).is_nan());
    }
}
