//! Distortions between the matrix and CDELT: TPV from PV, TNX and ZPX from WAT, TPD from CQDIS and DQ.

use crate::distort::{Distortion, Tnx, Tpd, TpdAxis, Tpv, tnx};
use crate::read::cards::Raw;
use crate::read::{Keywords, Value};
use reproject_core::{Error, Result};

/// The distortion of the (longitude, latitude) rows that a header asks for.
///
/// # Errors
/// If a polynomial cannot be read, or is of a kind that is not known.
pub(in crate::read) fn sequent(
    raw: &Raw,
    cards: &Keywords,
    code: &str,
    axes: [usize; 2],
) -> Result<Option<Distortion>> {
    match code {
        "TPV" => {
            let [first, second] = axes.map(|axis| -> Vec<(usize, f64)> {
                raw.parameters(axis).into_iter().enumerate().filter_map(|(m, v)| Some((m, v?))).collect()
            });
            Ok(Some(Distortion::Tpv(Tpv::new(&first, &second)?)))
        }
        "TNX" | "ZPX" => {
            if axes.iter().all(|axis| axis + 1 < raw.axes.len()) {
                let why = format!(
                    "{:?} among {} axes: WCSLIB reads a surface only where the last axis is one of the pair; drop the others",
                    raw.axes[axes[0]].ctype,
                    raw.axes.len()
                );
                return Err(Error::invalid(raw.named("CTYPE", axes[0]), why));
            }
            let [lng, lat] = [wat(raw, cards, axes[0])?, wat(raw, cards, axes[1])?];
            for (wat, axis) in [(&lng, axes[0]), (&lat, axes[1])] {
                if !wat.wtype.is_empty() && wat.surface.is_none() {
                    let why = format!("wtype={} needs a surface, lngcor or latcor, and has none", wat.wtype);
                    return Err(Error::invalid(format!("WAT{}_001", axis + 1), why));
                }
            }
            Ok(Some(Distortion::Tnx(Box::new(Tnx::new(lng.surface.as_ref(), lat.surface.as_ref())))))
        }
        _ => tpd(raw, cards, axes),
    }
}

/// ZPN's parameters, which ZPX keeps as projpM in the text of its axes.
pub(in crate::read) fn projp(raw: &Raw, cards: &Keywords, axes: [usize; 2]) -> Result<Vec<Option<f64>>> {
    let mut pv = Vec::new();
    for axis in axes {
        for (m, v) in wat(raw, cards, axis)?.projp {
            if m > 29 {
                return Err(Error::invalid(
                    format!("WAT{}_001", axis + 1),
                    format!("projp{m}: ZPN ends with 29"),
                ));
            }
            pv.resize(pv.len().max(m + 1), None);
            pv[m] = Some(v);
        }
    }
    Ok(pv)
}

/// WATi_001, WATi_002 … as one text. Part of it would be another surface, or none.
fn wat(raw: &Raw, cards: &Keywords, axis: usize) -> Result<tnx::Wat> {
    let stem = format!("WAT{}_", axis + 1);
    let mut numbered: Vec<(usize, &str)> = Vec::new();
    for (k, v) in cards.iter() {
        let Some(Ok(n)) = k.strip_prefix(&stem).map(str::parse) else { continue };
        let Value::Text(text) = v else {
            return Err(Error::invalid(k, format!("{v} is no text; it holds part of a surface")));
        };
        numbered.push((n, text.as_str()));
    }
    numbered.sort_by_key(|(n, _)| *n);
    if let Some(i) = (0..numbered.len()).find(|&i| numbered[i].0 != i + 1) {
        let why = "missing, or there twice; the text of a surface is cut into WATi_001, WATi_002 and so on";
        return Err(Error::invalid(format!("{stem}{:03}", i + 1), why));
    }
    let named = |e: Error| Error::invalid(format!("{stem}001"), format!("{:?}: {e}", raw.axes[axis].ctype));
    let any = !numbered.is_empty();
    let wat = tnx::parse_wat(&tnx::join_wat(numbered.into_iter().map(|(_, text)| text))).map_err(named)?;
    if any && wat.wtype.is_empty() {
        let why = "it has to begin with wtype=, the kind of projection that the surface belongs to";
        return Err(Error::invalid(format!("{stem}001"), why));
    }
    Ok(wat)
}

/// CQDISi = 'TPD' on one or both axes of the pair.
fn tpd(raw: &Raw, cards: &Keywords, axes: [usize; 2]) -> Result<Option<Distortion>> {
    let key = if raw.key == ' ' { String::new() } else { raw.key.to_string() };
    let mut found = false;
    let mut each = [TpdAxis::default(), TpdAxis::default()];
    for (place, axis) in axes.into_iter().enumerate() {
        let keyword = format!("CQDIS{}{key}", axis + 1);
        let records = format!("DQ{}{key}", axis + 1);
        let Some(kind) = cards.text(&keyword) else {
            if cards.records(&records).next().is_some() {
                let why = format!("absent, though {records} says what the distortion is");
                return Err(Error::invalid(keyword, why));
            }
            continue;
        };
        if kind != "TPD" {
            let why = format!("{kind:?} is no distortion that can follow the matrix; TPD is");
            return Err(Error::invalid(keyword, why));
        }
        found = true;
        each[place] = self::records(cards, &records, axes)?;
    }
    let last = format!("DQ{}{key}", raw.axes.len());
    if found && cards.records(&last).next().is_none() {
        let why = "absent: with TPD on one axis WCSLIB needs the records of the last axis, too";
        return Err(Error::invalid(format!("{last}.NAXES"), why));
    }
    let [first, second] = &each;
    Ok(if found { Some(Distortion::Tpd(Box::new(Tpd::new([first, second], [0.0; 2])?))) } else { None })
}

fn records(cards: &Keywords, keyword: &str, axes: [usize; 2]) -> Result<TpdAxis> {
    let mut axis = TpdAxis::default();
    let mut count = f64::NAN;
    for (field, value) in cards.records(keyword) {
        let bad = |why: &str| Error::invalid(format!("{keyword}.{field}"), format!("{value}: {why}"));
        let parts: Vec<&str> = field.split('.').collect();
        let number = |text: &str| text.parse::<usize>().ok();
        let variable = |text: &str| number(text).filter(|k| (1..=2).contains(k)).map(|k| k - 1);
        match parts[..] {
            ["NAXES"] => count = value,
            ["AXIS", k] => {
                let k = variable(k).ok_or_else(|| bad("TPD has variables 1 and 2"))?;
                let place = axes.iter().position(|&a| (a + 1) as f64 == value);
                axis.axes[k] =
                    Some(place.ok_or_else(|| bad("only the celestial axes can be its variables"))?);
            }
            ["OFFSET", k] => {
                axis.offset[variable(k).ok_or_else(|| bad("TPD has variables 1 and 2"))?] = value
            }
            ["SCALE", k] => axis.scale[variable(k).ok_or_else(|| bad("TPD has variables 1 and 2"))?] = value,
            ["AUX", k, "COEFF", m] => {
                let k = variable(k).ok_or_else(|| bad("TPD has variables 1 and 2"))?;
                let m = number(m).filter(|m| *m < 3).ok_or_else(|| bad("coefficients are 0, 1 and 2"))?;
                axis.auxiliary[k][m] = value;
            }
            ["TPD", "FWD", m] => {
                // The last card counts.
                let m = number(m).ok_or_else(|| bad("no number of a term"))?;
                axis.forward.retain(|term| term.0 != m);
                axis.forward.push((m, value));
            }
            ["DOCORR"] => axis.correction = value != 0.0,
            // TPD.REV only starts WCSLIB's iteration; EXTVER, CPERR and the like say nothing here.
            _ => {}
        }
    }
    if count != 1.0 && count != 2.0 {
        let why = format!("{count} (NaN: absent): TPD needs the number of its variables, 1 or 2");
        return Err(Error::invalid(format!("{keyword}.NAXES"), why));
    }
    if count < 2.0 {
        axis.axes[1] = None;
    }
    Ok(axis)
}
