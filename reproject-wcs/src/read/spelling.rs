//! Older spellings of axis types become those of the papers: AIPS names of spectral axes, SCAMP's TAN with PV.

use super::cards::{Raw, RawAxis};
use super::{Keywords, Value};
use crate::spectral::translate_aips;
use reproject_core::{Error, Result};

/// A description with the axis types of the papers.
pub(super) struct Spelled {
    pub(super) raw: Raw,
    /// Whether PVi_m are the polynomial that SCAMP wrote without a name.
    pub(super) scamp: bool,
}

/// Rewrites axis types as the papers have them.
///
/// # Errors
/// An axis type that is no text; an AIPS type with a VELREF that means nothing.
pub(super) fn fix(raw: Raw, cards: &Keywords) -> Result<Spelled> {
    let raw = name_spectral(raw)?;
    texts(cards)?;
    Ok(name_tpv(raw, cards))
}

/// AIPS axis types as those of paper III; the reference frame they imply becomes SPECSYS where there is none.
///
/// # Errors
/// For an AIPS type with a VELREF that means nothing.
fn name_spectral(mut raw: Raw) -> Result<Raw> {
    for axis in &mut raw.axes {
        if let Some(found) = translate_aips(&axis.ctype, raw.velref.unwrap_or(0))? {
            axis.ctype = found.ctype;
            raw.specsys = raw.specsys.take().or(found.specsys.map(str::to_owned));
        }
    }
    Ok(raw)
}

/// One of the first two axis types is no text: whoever wrote the header meant something else than a linear axis. The first
/// card counts, as in astropy, and that of the primary description.
fn texts(cards: &Keywords) -> Result<()> {
    for keyword in ["CTYPE1", "CTYPE2"] {
        if let Some(value) = cards.first(keyword).filter(|v| v.text().is_none() && **v != Value::Undefined) {
            let why = format!("{value} is no text; the type of an axis has to be one, such as 'RA---TAN'");
            return Err(Error::invalid(keyword, why));
        }
    }
    Ok(())
}

/// Names the TPV of SCAMP from before it had a name: the first two axes of code TAN and some PVi_m with m of 5 or more, whatever its value. They
/// become TPV. It is the primary description that tells; an axis type that is there twice is left as it is.
fn name_tpv(raw: Raw, cards: &Keywords) -> Spelled {
    let named = |i: usize| format!("CTYPE{}", i + 1);
    let ends = |v: &Value| v.text().is_some_and(|t| t.trim().ends_with("-TAN"));
    let tan: Vec<usize> = (0..2).filter(|&i| cards.first(&named(i)).is_some_and(ends)).collect();
    let high = |keyword: &str| {
        let (axis, m) = keyword.strip_prefix("PV")?.split_once('_')?;
        Some(tan.iter().any(|i| axis == (i + 1).to_string()) && m.parse::<usize>().ok()? >= 5)
    };
    let scamp = tan.len() == 2 && cards.iter().any(|(keyword, _)| high(keyword).unwrap_or(false));
    let once = |i: usize| {
        let keyword = named(i);
        cards.iter().filter(|(k, v)| *k == keyword && v.text().is_some()).count() == 1
    };
    let primary = raw.key == ' ';
    let becomes = |i: usize| scamp && primary && tan.contains(&i) && once(i);
    let renamed = |(i, axis): (usize, RawAxis)| match becomes(i) {
        true => RawAxis { ctype: axis.ctype.replace("-TAN", "-TPV"), ..axis },
        false => axis,
    };
    let axes = raw.axes.into_iter().enumerate().map(renamed).collect();
    Spelled { raw: Raw { axes, ..raw }, scamp }
}
