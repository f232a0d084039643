//! Plate solutions of the Digitized Sky Survey: a complete set of plate keywords takes the place of the whole linear part.

use crate::distort::{Dss, Plate};
use crate::read::Keywords;
use crate::read::cards::{Raw, RawAxis};
use reproject_core::{Error, Result};

/// Reads the plate solution, if its set of keywords is complete, and turns the header into TAN about the plate centre. Units,
/// LONPOLE, LATPOLE and PV keep their meaning, as in WCSLIB.
/// A lone plate card means nothing.
///
/// # Errors
/// If a value of the set is of no use, or there are more than two axes.
pub(crate) fn plate(raw: &mut Raw, cards: &Keywords) -> Result<Option<Dss>> {
    if raw.key != ' ' {
        return Ok(None);
    }
    let Some((centre, plate)) = read(cards) else { return Ok(None) };
    // A plate has two axes, whether they are counted or not.
    raw.axes.resize(raw.axes.len().max(2), RawAxis::default());
    if raw.axes.len() > 2 {
        let why = format!("a plate solution among {} axes: a plate has two; drop the others", raw.axes.len());
        return Err(Error::invalid("PLTRAH", why));
    }
    let dss = Dss::new(&plate)?;
    for (axis, (ctype, value)) in raw.axes.iter_mut().zip([("RA---TAN", centre[0]), ("DEC--TAN", centre[1])])
    {
        axis.ctype = ctype.to_owned();
        axis.crval = value;
        (axis.crpix, axis.cdelt, axis.crota) = (1.0, 1.0, None);
    }
    raw.pc.clear();
    raw.cd.clear();
    Ok(Some(dss))
}

/// Whether every card of a plate solution is there, be it readable or not.
pub(crate) fn is_plate(cards: &Keywords) -> bool {
    let series = |stem: &str| (1..=13).all(|k| cards.first(&format!("{stem}{k}")).is_some());
    NUMBERS.iter().chain(&["PLTDECSN"]).all(|keyword| cards.first(keyword).is_some())
        && series("AMDX")
        && series("AMDY")
}

/// The numbers of a plate solution that do not stand in a series.
pub(crate) const NUMBERS: [&str; 12] = [
    "PLTRAH", "PLTRAM", "PLTRAS", "PLTDECD", "PLTDECM", "PLTDECS", "CNPIX1", "CNPIX2", "XPIXELSZ",
    "YPIXELSZ", "PPO3", "PPO6",
];

/// The plate centre in degrees, and the rest.
fn read(cards: &Keywords) -> Option<([f64; 2], Plate)> {
    let number = |keyword: &str| cards.number(keyword);
    let triple = |names: [&str; 3]| -> Option<f64> {
        let [a, b, c] = names.map(number);
        Some(a? + b? / 60.0 + c? / 3600.0)
    };
    let ra = 15.0 * triple(["PLTRAH", "PLTRAM", "PLTRAS"])?;
    let dec = triple(["PLTDECD", "PLTDECM", "PLTDECS"])?;
    let south = cards.text("PLTDECSN")?.trim().starts_with('-');
    let series = |stem: &str| -> Option<[f64; 13]> {
        let mut all = [0.0; 13];
        for (k, v) in all.iter_mut().enumerate() {
            *v = number(&format!("{stem}{}", k + 1))?;
        }
        Some(all)
    };
    let plate = Plate {
        corner: [number("CNPIX1")?, number("CNPIX2")?],
        pixel_size: [number("XPIXELSZ")?, number("YPIXELSZ")?],
        centre: [number("PPO3")?, number("PPO6")?],
        amdx: series("AMDX")?,
        amdy: series("AMDY")?,
    };
    Some(([ra, if south { -dec } else { dec }], plate))
}
