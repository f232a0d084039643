//! Plate solutions of the Digitized Sky Survey (Lasker et al. 1990, AJ 99, 2019; the keywords in FITS paper IV draft §5.2): pixel
//! to plate millimetres, and from there a polynomial of fifth degree to standard coordinates about the plate centre.

use super::{
    newton::{self, Anchor},
    polynomial::Polynomial,
    template::{Template, Term},
};
use reproject_core::{Error, Points, Result, Transform};
use serde::{Deserialize, Serialize};

/// The keywords of a plate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plate {
    /// CNPIX1 and CNPIX2: the corner of the image on the scan.
    pub corner: [f64; 2],
    /// XPIXELSZ and YPIXELSZ in micrometres.
    pub pixel_size: [f64; 2],
    /// PPO3 and PPO6: the plate centre in micrometres.
    pub centre: [f64; 2],
    /// AMDX1 … AMDX13, in arcseconds over powers of millimetres.
    pub amdx: [f64; 13],
    /// AMDY1 … AMDY13.
    pub amdy: [f64; 13],
}

/// A plate solution: 0-based pixels to standard coordinates (the x and y of TAN about the plate centre) in degrees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dss {
    map: Template,
    anchor: Anchor,
}

impl Dss {
    /// Checks the keywords and prepares the solution.
    ///
    /// # Errors
    /// A number that is not finite, or a pixel size of zero.
    pub fn new(plate: &Plate) -> Result<Self> {
        let all = [plate.corner, plate.pixel_size, plate.centre];
        let mut numbers = all.iter().flatten().chain(&plate.amdx).chain(&plate.amdy);
        if !numbers.all(|v| v.is_finite()) || plate.pixel_size.contains(&0.0) {
            return Err(Error::invalid(
                "XPIXELSZ",
                "a plate solution needs finite CNPIX, PPO and AMD, and pixel sizes other than zero",
            ));
        }
        // Position on the scan X = CNPIX + p − 0.5 for the 1-based pixel p; x = (PPO3 − XPIXELSZ·X)/1000, y = (YPIXELSZ·Y − PPO6)/1000.
        let [sx, sy] = plate.pixel_size.map(|s| s / 1000.0);
        let scan = plate.corner.map(|c| c + 0.5);
        let arguments = [
            [plate.centre[0] / 1000.0 - sx * scan[0], -sx, 0.0],
            [sy * scan[1] - plate.centre[1] / 1000.0, 0.0, sy],
        ];
        let polynomial = |amd: &[f64; 13], swapped: bool| {
            let terms = monomials(amd).into_iter();
            Polynomial::new(terms.map(|(i, j, c)| if swapped { (j, i, c) } else { (i, j, c) }), [0.0; 5])
        };
        let term = |amd, swapped| Term { arguments, polynomial: polynomial(amd, swapped), added: false };
        let map = Template([term(&plate.amdx, false), term(&plate.amdy, true)]);
        // The plate centre, in pixels.
        let at = [plate.centre[0] / 1000.0 / sx - scan[0], plate.centre[1] / 1000.0 / sy - scan[1]];
        let anchor = map.anchor(at, 1e-7);
        Ok(Self { map, anchor })
    }
}

/// The terms x, y, 1, x², xy, y², r², x³, x²y, xy², y³, x r², x r⁴ of AMDX1 … AMDX13, in degrees; those of AMDY have the
/// variables exchanged.
fn monomials(amd: &[f64; 13]) -> Vec<(usize, usize, f64)> {
    let powers: [&[(usize, usize, f64)]; 13] = [
        &[(1, 0, 1.0)],
        &[(0, 1, 1.0)],
        &[(0, 0, 1.0)],
        &[(2, 0, 1.0)],
        &[(1, 1, 1.0)],
        &[(0, 2, 1.0)],
        &[(2, 0, 1.0), (0, 2, 1.0)],
        &[(3, 0, 1.0)],
        &[(2, 1, 1.0)],
        &[(1, 2, 1.0)],
        &[(0, 3, 1.0)],
        &[(3, 0, 1.0), (1, 2, 1.0)],
        &[(5, 0, 1.0), (3, 2, 2.0), (1, 4, 1.0)],
    ];
    amd.iter()
        .zip(powers)
        .flat_map(|(a, terms)| terms.iter().map(move |&(i, j, c)| (i, j, a * c / 3600.0)))
        .collect()
}

impl Transform for Dss {
    fn forward(&self, points: &mut Points<'_>) {
        newton::forward(&self.map, points);
    }
    fn inverse(&self, points: &mut Points<'_>) {
        newton::inverse(&self.map, &self.anchor, points);
    }
}
