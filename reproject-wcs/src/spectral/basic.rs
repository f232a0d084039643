//! Between the four basic spectral variables, through the wavelength in vacuum (paper III, equations 1 to 20 and §4).

use super::kind::Basic;

/// The speed of light, m/s.
pub(super) const C: f64 = 299_792_458.0;

impl Basic {
    /// The wavelength in vacuum, m. `rest` is the rest wavelength in vacuum; only velocities use it.
    #[inline(always)]
    pub(super) fn to_wave(self, value: f64, rest: f64) -> f64 {
        match self {
            Basic::Frequency => C / value,
            Basic::Wavelength => value,
            Basic::Air => air_to_vacuum(value),
            Basic::Velocity => rest * ((C + value) / (C - value)).sqrt(),
        }
    }

    /// The converse of [`Basic::to_wave`].
    #[inline(always)]
    pub(super) fn of_wave(self, wave: f64, rest: f64) -> f64 {
        match self {
            Basic::Frequency => C / wave,
            Basic::Wavelength => wave,
            Basic::Air => vacuum_to_air(wave),
            Basic::Velocity => {
                // (λ² − λ₀²)/(λ² + λ₀²), as a product so that small velocities keep their digits.
                let ratio = wave / rest;
                C * ((ratio - 1.0) * (ratio + 1.0) / ratio.mul_add(ratio, 1.0))
            }
        }
    }

    /// dλ/dvalue of [`Basic::to_wave`] at `value`, whose wavelength in vacuum is `wave`.
    pub(super) fn wave_slope(self, value: f64, wave: f64, rest: f64) -> f64 {
        match self {
            Basic::Frequency => -C / (value * value),
            Basic::Wavelength => 1.0,
            Basic::Air => {
                // By the iteration from the vacuum, whichever way the conversion goes, with 1/λ² as its last round found it:
                // so WCSLIB has it, and below 100 nm, where the iteration is slow, it tells.
                let [n, s] = index_from_vacuum(wave);
                let slope = 2.554e8 / (0.41e14 - s).powi(2) + 294.981e8 / (1.46e14 - s).powi(2);
                n - 2.0 * s * slope
            }
            Basic::Velocity => rest * C / ((C - value) * ((C - value) * (C + value)).sqrt()),
        }
    }
}

/// The refractive index of standard air as a function of 1/λ² (m⁻²), λ in air: the relation of Cox (2000) that early drafts
/// of paper III cite and WCSLIB uses (the IUGG relation of the published paper differs by 1.5e-5 of n − 1).
#[inline(always)]
fn index_of_air(s: f64) -> f64 {
    1.000064328 + 2.554e8 / (0.41e14 - s) + 294.981e8 / (1.46e14 - s)
}

#[inline(always)]
fn air_to_vacuum(air: f64) -> f64 {
    let k = 1.0 / air;
    air * index_of_air(k * k)
}

#[inline(always)]
fn vacuum_to_air(wave: f64) -> f64 {
    wave / index_from_vacuum(wave)[0]
}

/// Four rounds of n(n²/λ²), and n²/λ² of the last: above 200 nm n changes by less than 1e-16 from there on.
#[inline(always)]
fn index_from_vacuum(wave: f64) -> [f64; 2] {
    let (mut n, mut s) = (1.0, 0.0);
    for _ in 0..4 {
        let k = n / wave;
        s = k * k;
        n = index_of_air(s);
    }
    [n, s]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Basic; 4] = [Basic::Frequency, Basic::Wavelength, Basic::Air, Basic::Velocity];

    #[test]
    fn every_variable_comes_back() {
        let rest = 6.5628e-7;
        for wave in [2.1e-7, 5e-7, 6.5628e-7, 6.6e-7, 2e-6] {
            for basic in ALL {
                let value = basic.of_wave(wave, rest);
                assert!((basic.to_wave(value, rest) / wave - 1.0).abs() < 1e-13, "{basic:?} {wave}");
            }
        }
    }

    #[test]
    fn slopes_are_differences() {
        let rest = 6.5628e-7;
        for wave in [3e-7, 5e-7, 6.6e-7, 2e-6] {
            for basic in ALL {
                let value = basic.of_wave(wave, rest);
                let h = value * 1e-5;
                let slope = (basic.to_wave(value + h, rest) - basic.to_wave(value - h, rest)) / (2.0 * h);
                assert!((slope / basic.wave_slope(value, wave, rest) - 1.0).abs() < 1e-6, "{basic:?} {wave}");
            }
        }
    }

    /// Hα: 656.460 nm in vacuum, 656.279 nm in air (NIST Atomic Spectra Database, multiplet mean).
    #[test]
    fn air_shortens_waves() {
        assert!((vacuum_to_air(656.460e-9) - 656.279e-9).abs() < 1e-12);
    }
}
