//! Which distortions a header asks for, and which of several it gets: SIP here, the rest in files of their own.

mod lookup;
mod plate;
mod sequent;

pub(super) use plate::{NUMBERS as PLATE_NUMBERS, is_plate};
pub(super) use sequent::{projp, sequent};

use super::cards::Raw;
use super::spelling::Spelled;
use super::{Keywords, Tables, Value};
use crate::distort::{Distortion, Sip};
use reproject_core::{Error, Result};

/// A description without what its distortions replace, and the distortions.
pub(super) struct Distorted {
    pub(super) raw: Raw,
    /// Those of the pixel plane, in their order.
    pub(super) prior: Vec<Distortion>,
}

/// Reads the distortions of the pixel plane. A plate solution takes the place of the linear part, SIP that of SCAMP's PV.
///
/// # Errors
/// Distortions that are incomplete, contradict each other, or stand among other than two axes.
pub(super) fn read(
    Spelled { raw, scamp }: Spelled,
    cards: &Keywords,
    tables: &dyn Tables,
    only_sky: bool,
) -> Result<Distorted> {
    // Of a sky alone the pixels that distortions act on are the first two.
    let count = if only_sky { raw.axes.len().min(2) } else { raw.axes.len() };
    let (mut prior, sip) = prior(&raw, cards, tables, scamp, count)?;
    let forget = (sip || !prior.is_empty()) && are_scamps(&raw);
    let raw = if forget { Raw { pv: Vec::new(), ..raw } } else { raw };
    let (raw, plate) = plate::plate(raw, cards)?;
    prior.extend(plate.map(|plate| Distortion::Dss(Box::new(plate))));
    Ok(Distorted { raw, prior })
}

/// Distortions of the pixel plane in their order: of the detector, then SIP and tables added up; and whether there is any SIP, be it
/// a way back alone, which is never used. `scamp` says that PV took the place of SIP; `axes` are there.
fn prior(
    raw: &Raw,
    cards: &Keywords,
    tables: &dyn Tables,
    scamp: bool,
    axes: usize,
) -> Result<(Vec<Distortion>, bool)> {
    let sip = if scamp { Found::default() } else { sip(raw, cards)? };
    let sip_found = sip.found;
    let detector = lookup::detector(cards, tables, axes)?;
    let tabled = lookup::distortion(cards, tables, axes)?;
    let any = |pair: &lookup::Corrections| pair.iter().any(Option::is_some);
    for (found, keyword) in [(sip.found, "A_ORDER"), (any(&detector), "D2IMDIS1"), (any(&tabled), "CPDIS1")] {
        if found && axes != 2 {
            let why =
                format!("among {axes} axes: it can distort the pixels of two axes only; drop the others");
            return Err(Error::invalid(keyword, why));
        }
    }
    // An explicit TPV has its own polynomial.
    let tpv = raw.axes.iter().filter(|a| a.ctype.ends_with("-TPV")).count() == 2;
    let sip = sip.distortion.filter(|_| !tpv);
    let origin = [0, 1].map(|k| raw.axes.get(k).map_or(-1.0, |a| a.crpix - 1.0));
    let mut all = Vec::new();
    all.extend(lookup::lookup(detector, None, origin).map(|d| Distortion::Lookup(Box::new(d))));
    match lookup::lookup(tabled, sip.clone(), origin) {
        Some(both) => all.push(Distortion::Lookup(Box::new(both))),
        None => all.extend(sip.map(Distortion::Sip)),
    }
    Ok((all, sip_found))
}

#[derive(Default)]
struct Found {
    found: bool,
    distortion: Option<Sip>,
}

/// A and B; AP and BP are never used, but have to be a pair too.
fn sip(raw: &Raw, cards: &Keywords) -> Result<Found> {
    for name in ["A_ORDER", "B_ORDER", "AP_ORDER", "BP_ORDER"] {
        if let Some(value @ (Value::Text(_) | Value::Unreadable(_))) = cards.first(name) {
            return Err(Error::invalid(
                name,
                format!("{value} is no number; the order of SIP has to be one"),
            ));
        }
    }
    let order = |name: &str| cards.first(name).and_then(number);
    let pair = |one: &str, other: &str| -> Result<bool> {
        let [a, b] = [one, other].map(order);
        let missing = if a.is_some_and(|n| n > 1.0) { b.is_none() } else { b.is_some_and(|n| n > 1.0) };
        if missing {
            let told = |n: Option<f64>| n.map_or("absent".into(), |n| n.to_string());
            let why = format!("{} with {other}, which is {}: SIP needs both orders", told(a), told(b));
            return Err(Error::invalid(one, why));
        }
        Ok(a.is_some_and(|n| n > 1.0))
    };
    let inverse = pair("AP_ORDER", "BP_ORDER")?;
    if inverse {
        if let Some(k) = (0..2).find(|&k| cards.first(&raw.named("CRPIX", k)).is_none()) {
            return Err(Error::invalid(raw.named("CRPIX", k), "absent: SIP counts from it"));
        }
        terms(cards, "AP", order("AP_ORDER"))?;
        terms(cards, "BP", order("BP_ORDER"))?;
    }
    if !pair("A_ORDER", "B_ORDER")? {
        return Ok(Found { found: inverse, distortion: None });
    }
    let a = terms(cards, "A", order("A_ORDER"))?;
    for i in 0..2 {
        let keyword = raw.named("CTYPE", i);
        if cards.first(&keyword).and_then(Value::text).is_none() {
            return Err(Error::invalid(keyword, "absent or no text: SIP needs the types of both axes"));
        }
    }
    if order("B_ORDER").is_some_and(|n| n < 2.0) {
        return Ok(Found { found: inverse, distortion: None });
    }
    // The first of several cards counts, unlike for the linear part.
    let mut origin = [0.0; 2];
    for (k, v) in origin.iter_mut().enumerate() {
        let keyword = raw.named("CRPIX", k);
        *v = cards
            .first(&keyword)
            .and_then(number)
            .ok_or_else(|| Error::invalid(keyword, "absent or no number: SIP counts from it"))?
            - 1.0;
    }
    let b = terms(cards, "B", order("B_ORDER"))?;
    Ok(Found { found: true, distortion: Some(Sip::new(origin, &a, &b)?) })
}

/// A number of SIP, where astropy takes T and F for 1 and 0.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Logical(truth) => Some(f64::from(u8::from(*truth))),
        value => value.number(),
    }
}

/// (p, q, coefficient) of one polynomial. Beyond the order, and after the first card of a name, nothing counts.
fn terms(cards: &Keywords, name: &str, order: Option<f64>) -> Result<Vec<(usize, usize, f64)>> {
    let prefix = format!("{name}_");
    let mut terms: Vec<(usize, usize, f64)> = Vec::new();
    for (keyword, value) in cards.iter() {
        let powers = keyword.strip_prefix(&prefix).and_then(|rest| rest.split_once('_'));
        let Some((Ok(p), Ok(q))) = powers.map(|(p, q)| (p.parse::<usize>(), q.parse::<usize>())) else {
            continue;
        };
        let beyond = p.saturating_add(q) as f64 > order.map_or(0.0, f64::trunc);
        if beyond || terms.iter().any(|t| (t.0, t.1) == (p, q)) {
            continue;
        }
        let bad = || Error::invalid(keyword, format!("{value}: a SIP coefficient has to be a number"));
        terms.push((p, q, number(value).ok_or_else(bad)?));
    }
    Ok(terms)
}

/// PVi_m together with SIP, both suffixed: SIP is kept and the PV are SCAMP's (some m of 5 or more), to be forgotten.
fn are_scamps(raw: &Raw) -> bool {
    let suffixed = raw.axes.iter().all(|a| a.ctype.ends_with("-SIP"));
    let tan = |i: usize| raw.axes.get(i).is_some_and(|a| a.ctype.contains("-TAN"));
    suffixed && raw.pv.iter().any(|(i, m, _)| tan(*i) && *m >= 5)
}
