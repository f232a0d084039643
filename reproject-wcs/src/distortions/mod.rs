//! Which distortions a header asks for, and which of several it gets: SIP, look-up tables, SCAMP's use of PV, and the
//! rest in files of their own.

mod plate;
mod sequent;
mod tables;

pub(crate) use plate::plate;
pub(crate) use sequent::{projp, sequent};

use crate::distort::{Distortion, Sip};
use crate::header::Raw;
use crate::{Keywords, Tables};
use reproject_core::{Error, Result};

/// Distortions of the pixel plane in their order: of the detector, then SIP and tables added up. `scamp` says that PV took
/// the place of SIP.
pub(crate) fn prior(
    raw: &Raw,
    cards: &Keywords,
    tables: &dyn Tables,
    scamp: bool,
) -> Result<Vec<Distortion>> {
    let sip = if scamp { Found::default() } else { sip(raw, cards)? };
    let axes = raw.axes.len();
    let detector = tables::detector(cards, tables, axes)?;
    let tabled = tables::distortion(cards, tables, axes)?;
    let any = |pair: &tables::Pair| pair.iter().any(Option::is_some);
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
    all.extend(tables::lookup(detector, None, origin).map(|d| Distortion::Lookup(Box::new(d))));
    match tables::lookup(tabled, sip.clone(), origin) {
        Some(both) => all.push(Distortion::Lookup(Box::new(both))),
        None => all.extend(sip.map(Distortion::Sip)),
    }
    Ok(all)
}

#[derive(Default)]
struct Found {
    found: bool,
    distortion: Option<Sip>,
}

/// A and B; AP and BP are never used, but have to be a pair too.
fn sip(raw: &Raw, cards: &Keywords) -> Result<Found> {
    let order = |name: &str| cards.first(name).and_then(|v| v.number()).map(f64::trunc);
    let pair = |one: &str, other: &str| -> Result<bool> {
        let [a, b] = [one, other].map(order);
        let missing = if a.is_some_and(|n| n > 1.0) { b.is_none() } else { b.is_some_and(|n| n > 1.0) };
        if missing {
            let why = format!("{a:?} beside {other} = {b:?}: SIP needs both orders").replace("Some", "");
            return Err(Error::invalid(one, why));
        }
        Ok(a.is_some_and(|n| n > 1.0))
    };
    let inverse = pair("AP_ORDER", "BP_ORDER")?;
    if !pair("A_ORDER", "B_ORDER")? || order("B_ORDER").is_some_and(|n| n <= 1.0) {
        return Ok(Found { found: inverse, distortion: None });
    }
    let terms = |name: &str| -> Result<Vec<(usize, usize, f64)>> {
        let keyword = format!("{name}_ORDER");
        let n = order(&keyword).unwrap_or(0.0);
        if n > Sip::MAX_ORDER as f64 {
            return Err(Error::invalid(
                keyword,
                format!("{n} is above {}, the highest order of SIP", Sip::MAX_ORDER),
            ));
        }
        let n = n as usize;
        let all = (0..=n).flat_map(|p| (0..=n - p).map(move |q| (p, q)));
        let value = |p, q| cards.first(&format!("{name}_{p}_{q}")).and_then(|v| v.number());
        Ok(all.filter_map(|(p, q)| Some((p, q, value(p, q)?))).collect())
    };
    let origin = [0, 1].map(|k| raw.axes.get(k).map_or(-1.0, |a| a.crpix - 1.0));
    Ok(Found { found: true, distortion: Some(Sip::new(origin, &terms("A")?, &terms("B")?)?) })
}

/// What SCAMP wrote before TPV had a name: two axes of code TAN and some PVi_m with m of 5 or more. They become TPV.
pub(crate) fn scamp(raw: &mut Raw) -> bool {
    let tan: Vec<usize> = (0..raw.axes.len()).filter(|&i| raw.axes[i].ctype.ends_with("-TAN")).collect();
    let found = tan.len() == 2 && raw.pv.iter().any(|(i, m, _)| tan.contains(i) && *m >= 5);
    if found {
        for i in tan {
            let ctype = &mut raw.axes[i].ctype;
            *ctype = ctype.replace("-TAN", "-TPV");
        }
    }
    found
}

/// PVi_m beside SIP, both suffixed: SIP is kept and the PV are forgotten, if they are SCAMP's (some m of 5 or more).
pub(crate) fn forget_scamp(raw: &mut Raw, distorted: bool) {
    let suffixed = raw.axes.iter().all(|a| a.ctype.ends_with("-SIP"));
    let tan = |i: usize| raw.axes.get(i).is_some_and(|a| a.ctype.contains("-TAN"));
    if distorted && suffixed && raw.pv.iter().any(|(i, m, _)| tan(*i) && *m >= 5) {
        raw.pv.clear();
    }
}
