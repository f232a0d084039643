//! From cards to a coordinate system, once per header, in steps of which each returns a value for the next:
//!
//! 1. [`spelling::fix`]: old names of axis types become those of the papers;
//! 2. [`distortion::read`]: distortions of pixels, and the description without what they replace;
//! 3. [`ctype::kinds`] and [`celestial::pair`]: what kind of axis each one is, and which two make the sky;
//! 4. [`linear::read`] and [`celestial::read`]: the matrix; projection, native pole and frame;
//! 5. [`axes::read`]: linear, logarithmic, spectral and tabular axes;
//! 6. [`assemble`](assemble::assemble): the coordinate system.
//!
//! Before them [`accepted`] looks which cards can be read at all, after them it says which of the others would have counted.

mod accepted;
mod assemble;
mod axes;
mod cards;
mod celestial;
mod ctype;
mod distortion;
mod extensions;
mod keywords;
mod linear;
mod observer;
pub(crate) mod radesys;
mod spelling;
pub mod units;

pub(crate) use ctype::OTHER_CODES;
pub use extensions::{TableColumn, TableImage, Tables};
pub use keywords::{Keywords, Value};

use crate::wcs::Wcs;
use accepted::{Odd, Used};
use assemble::{Parts, assemble};
use cards::Raw;
use celestial::PairTypes;
use distortion::Distorted;
use reproject_core::Result;

impl Wcs {
    /// Reads description `key` (`' '` for the primary one) of a header. `tables` holds look-up arrays and coordinate
    /// tables of the same file; `&()` where there are none.
    ///
    /// # Errors
    /// For what WCSLIB refuses: codes that nobody knows, axes that do not match, units of the wrong kind, singular matrices,
    /// poles that do not exist; and cards that cannot be read though they say something about the coordinates, for which
    /// WCSLIB takes the default. The message names keyword, value and rule.
    pub fn parse(cards: &Keywords, key: char, tables: &dyn Tables) -> Result<Wcs> {
        parse(cards, key, tables, false)
    }

    /// Reads description `key` of a header, or of one in which something is wrong with other axes the sky alone. Then what is
    /// said of the other axes is their types only, and what needs them is [an error](Wcs::whole).
    ///
    /// # Errors
    /// As there, if it concerns the sky, or there is none.
    pub fn parse_sky(cards: &Keywords, key: char, tables: &dyn Tables) -> Result<Wcs> {
        let whole = Wcs::parse(cards, key, tables);
        let why = match &whole {
            Ok(wcs) if wcs.celestial.is_some() => return whole,
            Ok(wcs) => wcs.without.clone(),
            Err(e) => e.to_string(),
        };
        match parse(cards, key, tables, true) {
            Ok(mut sky) if sky.celestial.is_some() => {
                sky.beyond = Some(why);
                Ok(sky)
            }
            _ => whole,
        }
    }
}

/// Reads description `key` of a header. With `only_sky`, axes other than the celestial pair are passed over, whatever they are.
fn parse(cards: &Keywords, key: char, tables: &dyn Tables, only_sky: bool) -> Result<Wcs> {
    let (settled, odd) = accepted::check(cards, key);
    let raw = Raw::read(&settled, key)?;
    let told: Vec<_> = raw.axes.iter().map(|a| a.ctype.clone()).collect();
    let raw = if only_sky { raw.only(ctype::is_celestial) } else { raw };
    // What cannot be read may be what something else needs.
    let mut hidden = odd.iter().filter(|o| o.may_mislead()).filter_map(Odd::error);
    let Reading { mut wcs, raw, pair } =
        read(raw, &settled, tables, only_sky).map_err(|e| hidden.next().unwrap_or(e))?;
    if !odd.is_empty() {
        let all: Vec<usize> = (0..wcs.naxis()).collect();
        let used = Used {
            raw: &raw,
            cards: &settled,
            world: wcs.pair.filter(|_| only_sky).map_or(all.clone(), Vec::from),
            pixel: wcs.celestial.as_ref().filter(|_| only_sky).map_or(all, |c| c.axes().to_vec()),
            pair,
            plate: key == ' ' && distortion::is_plate(cards),
        };
        wcs.notes = accepted::notes(&odd, &used)?;
    }
    wcs.axes.iter_mut().zip(told).filter(|_| only_sky).for_each(|(axis, ctype)| {
        if axis.ctype.is_empty() {
            axis.ctype = ctype;
        }
    });
    Ok(wcs)
}

/// A coordinate system, and what it was made of.
struct Reading {
    wcs: Wcs,
    raw: Raw,
    pair: Option<PairTypes>,
}

fn read(raw: Raw, cards: &Keywords, tables: &dyn Tables, only_sky: bool) -> Result<Reading> {
    let spelled = spelling::fix(raw, cards)?;
    if !only_sky {
        axes::named_tables(cards)?;
    }
    let Distorted { raw, prior } = distortion::read(spelled, cards, tables, only_sky)?;
    let kinds = ctype::kinds(&raw)?;
    let pair = celestial::pair(&raw, &kinds)?;
    let tpv = pair.as_ref().is_some_and(|p| p.code.as_deref() == Some("TPV"));
    let raw = raw.with_latitude(pair.as_ref().filter(|_| !tpv).map(|p| p.axes[1]));
    let linear = linear::read(&raw, pair.as_ref())?;
    let celestial = match &pair {
        Some(pair) => Some((pair, celestial::read(&raw, cards, pair, &linear)?)),
        None => None,
    };
    let others = axes::read(&raw, &kinds, pair.as_ref(), &linear.scale, tables)?;
    let wcs = assemble(Parts { raw: &raw, prior, linear, celestial, others });
    Ok(Reading { wcs, raw, pair })
}
