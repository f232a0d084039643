//! Plate solutions of the Digitized Sky Survey: a complete set of plate keywords takes the place of the whole linear part.

use crate::distort::{Dss, Plate};
use crate::read::Keywords;
use crate::read::cards::{Raw, RawAxis};
use reproject_core::{Error, Result};

/// Reads the plate solution, if its set of keywords is complete, and turns the description into TAN about the plate centre.
/// Units, LONPOLE, LATPOLE and PV keep their meaning, as in WCSLIB. A lone plate card means nothing.
///
/// # Errors
/// If a value of the set is of no use, or there are more than two axes.
pub(super) fn plate(raw: Raw, cards: &Keywords) -> Result<(Raw, Option<Dss>)> {
    let Some((centre, plate)) = read(cards).filter(|_| raw.key == ' ') else { return Ok((raw, None)) };
    let count = raw.axes.len();
    if count > 2 {
        let why = format!("a plate solution among {count} axes: a plate has two; drop the others");
        return Err(Error::invalid("PLTRAH", why));
    }
    let dss = Dss::new(&plate)?;
    // A plate has two axes, whether they are counted or not.
    let mut old = raw.axes.into_iter();
    let axes = [("RA---TAN", centre[0]), ("DEC--TAN", centre[1])].map(|(ctype, crval)| RawAxis {
        ctype: ctype.to_owned(),
        crval,
        crpix: 1.0,
        cdelt: 1.0,
        crota: None,
        ..old.next().unwrap_or_default()
    });
    let [pc, cd] = [Vec::new(), Vec::new()];
    Ok((Raw { axes: axes.into(), pc, cd, ..raw }, Some(dss)))
}

/// Whether every card of a plate solution is there, be it readable or not.
pub(in crate::read) fn is_plate(cards: &Keywords) -> bool {
    let series = |stem: &str| (1..=13).all(|k| cards.first(&format!("{stem}{k}")).is_some());
    NUMBERS.iter().chain(&["PLTDECSN"]).all(|keyword| cards.first(keyword).is_some())
        && series("AMDX")
        && series("AMDY")
}

/// The numbers of a plate solution that do not stand in a series.
pub(in crate::read) const NUMBERS: [&str; 12] = [
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
