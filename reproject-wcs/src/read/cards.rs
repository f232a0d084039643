//! The cards of one coordinate description sorted by meaning: paper I §2 and its table of keywords, with the older
//! spellings that archives hold.

use super::{Keywords, Value};
use reproject_core::{Error, Result};

/// As many axes as WCSLIB takes.
pub(crate) const MOST_AXES: usize = 32;

/// The cards of one axis (pixel axis j and world axis i share the number).
#[derive(Clone, Debug)]
pub(crate) struct RawAxis {
    pub(crate) crpix: f64,
    pub(crate) cdelt: f64,
    pub(crate) crval: f64,
    pub(crate) crota: Option<f64>,
    pub(crate) ctype: String,
    pub(crate) cunit: String,
    pub(crate) cname: String,
}

impl Default for RawAxis {
    /// An axis without cards (paper I, §2.3).
    fn default() -> RawAxis {
        let [ctype, cunit, cname] = [const { String::new() }; 3];
        RawAxis { crpix: 0.0, cdelt: 1.0, crval: 0.0, crota: None, ctype, cunit, cname }
    }
}

/// All the cards of one description, typed but not yet interpreted.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    /// `' '` or the letter of the alternate.
    pub(crate) key: char,
    /// NAXISn, in FITS order.
    pub(crate) shape: Vec<usize>,
    pub(crate) axes: Vec<RawAxis>,
    /// (i, j, value), axes counted from 0.
    pub(crate) pc: Vec<(usize, usize, f64)>,
    pub(crate) cd: Vec<(usize, usize, f64)>,
    /// (i, m, value): axes counted from 0, parameters as in the keyword.
    pub(crate) pv: Vec<(usize, usize, f64)>,
    pub(crate) ps: Vec<(usize, usize, String)>,
    pub(crate) lonpole: Option<f64>,
    pub(crate) latpole: Option<f64>,
    pub(crate) radesys: Option<String>,
    pub(crate) equinox: Option<f64>,
    pub(crate) restfrq: Option<f64>,
    pub(crate) restwav: Option<f64>,
    pub(crate) velref: Option<i64>,
    pub(crate) specsys: Option<String>,
}

/// A keyword taken apart: its stem, the numbers in it and the letter of the alternate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Parts {
    pub(crate) stem: &'static str,
    pub(crate) first: Option<usize>,
    second: Option<usize>,
    pub(crate) key: char,
}

/// Stems that carry one axis number.
const AXIS_STEMS: [&str; 11] =
    ["CRPIX", "CDELT", "CRVAL", "CROTA", "CTYPE", "CUNIT", "CNAME", "CRDER", "CSYER", "CZPHS", "CPERI"];
/// Stems that carry two numbers, `PCi_j`.
const PAIR_STEMS: [&str; 4] = ["PC", "CD", "PV", "PS"];
/// Stems without a number that belong to a description.
const GLOBAL_STEMS: [&str; 9] =
    ["WCSAXES", "LONPOLE", "LATPOLE", "RADESYS", "EQUINOX", "RESTFRQ", "RESTWAV", "SPECSYS", "WCSNAME"];

/// `"12A"` → (12, "A"): at most `most` digits.
fn digits(text: &str, most: usize) -> Option<(usize, &str)> {
    let n = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    Some((text.get(..n)?.parse().ok()?, &text[n..]))
}

/// `PROJPm`, m of one digit: what PVi_m of the latitude axis was called before paper II. It counts for every description.
fn projp(keyword: &str) -> Option<usize> {
    match keyword.strip_prefix("PROJP")?.as_bytes() {
        [digit @ b'0'..=b'9'] => Some(usize::from(digit - b'0')),
        _ => None,
    }
}

/// The rest of a keyword: nothing, or one capital letter.
fn letter(text: &str) -> Option<char> {
    match text.as_bytes() {
        [] => Some(' '),
        [c] if c.is_ascii_uppercase() => Some(*c as char),
        _ => None,
    }
}

impl Parts {
    fn of_description(keyword: &str, key: char) -> Option<Parts> {
        Parts::of(keyword).filter(|p| p.key == key)
    }

    /// Whether the value is of the type that the keyword takes.
    fn takes(&self, value: &Value) -> bool {
        match self.stem {
            "WCSAXES" => matches!(value, Value::Integer(_)),
            "CTYPE" | "CUNIT" | "CNAME" | "PS" | "RADESYS" | "SPECSYS" | "WCSNAME" => value.text().is_some(),
            _ => value.number().is_some(),
        }
    }

    pub(crate) fn of(keyword: &str) -> Option<Parts> {
        if let Some(stem) = GLOBAL_STEMS.iter().find(|s| keyword.starts_with(**s)) {
            return Some(Parts { stem, first: None, second: None, key: letter(&keyword[stem.len()..])? });
        }
        if let Some(stem) = AXIS_STEMS.iter().find(|s| keyword.starts_with(**s)) {
            let (axis, rest) = digits(&keyword[stem.len()..], 2)?;
            let counted = axis > 0 && !keyword[stem.len()..].starts_with('0');
            return counted.then_some(Parts { stem, first: Some(axis), second: None, key: letter(rest)? });
        }
        let stem = PAIR_STEMS.iter().find(|s| keyword.starts_with(**s))?;
        let text = &keyword[stem.len()..];
        // `PC001002`: the spelling before the papers.
        if text.len() >= 6 && text.bytes().take(6).all(|b| b.is_ascii_digit()) && matches!(*stem, "PC" | "CD")
        {
            let (i, rest) = digits(text, 3)?;
            let (j, rest) = digits(rest, 3)?;
            return Some(Parts { stem, first: Some(i), second: Some(j), key: letter(rest)? });
        }
        let (i, rest) = digits(text, 2)?;
        let (j, rest) = digits(rest.strip_prefix('_')?, 3)?;
        Some(Parts { stem, first: Some(i), second: Some(j), key: letter(rest)? })
    }
}

impl Keywords {
    /// The letters of the descriptions that the cards hold; the primary one is `' '` and always comes first.
    pub fn descriptions(&self) -> Vec<char> {
        let mut keys: Vec<char> = self.iter().filter_map(|(k, _)| Parts::of(k)).map(|p| p.key).collect();
        keys.push(' ');
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

impl Raw {
    /// The axis of PROJPm among the parameters until it is known which one it is.
    pub(crate) const LATITUDE: usize = usize::MAX;

    /// Sorts the cards of description `key` (`' '` for the primary one).
    pub(crate) fn read(cards: &Keywords, key: char) -> Result<Raw> {
        if !(key == ' ' || key.is_ascii_uppercase()) {
            return Err(Error::invalid("key", format!("{key:?} is neither blank nor a letter A-Z")));
        }
        if key != ' ' && !cards.descriptions().contains(&key) {
            let known: Vec<String> = cards.descriptions().iter().map(|k| format!("{k:?}")).collect();
            let why = format!("no WCS with key {key:?} in this header; there are {}", known.join(", "));
            return Err(Error::invalid("key", why));
        }
        let shape = shape(cards);
        let mut raw = Raw {
            key,
            shape,
            axes: Vec::new(),
            pc: Vec::new(),
            cd: Vec::new(),
            pv: Vec::new(),
            ps: Vec::new(),
            lonpole: None,
            latpole: None,
            radesys: None,
            equinox: None,
            restfrq: None,
            restwav: None,
            velref: cards.iter().rev().find_map(|card| match card {
                ("VELREF", Value::Integer(v)) => Some(*v),
                _ => None,
            }),
            specsys: None,
        };
        let count = |value: &Value| value.number().map(|n| n.clamp(0.0, 1e3) as usize);
        let compressed = cards.number("ZNAXIS").is_some();
        let mut naxis = None;
        let mut current = if compressed { raw.shape.len() } else { 0 };
        for (keyword, value) in cards.iter() {
            // Of several NAXIS each counts for what follows it.
            match count(value).filter(|_| keyword == "NAXIS" && !compressed) {
                Some(n) if value.number() >= Some(0.0) => current = n,
                _ => {}
            }
            let Some(p) = Parts::of_description(keyword, key).filter(|p| p.takes(value)) else { continue };
            let own = match (p.stem, p.first, p.second) {
                ("WCSAXES", ..) => count(value).unwrap_or(0),
                ("PC" | "CD", Some(i), Some(j)) => i.max(j),
                (_, first, _) => first.unwrap_or(0),
            };
            naxis = Some(naxis.unwrap_or(0).max(own).max(current));
        }
        let naxis = naxis.unwrap_or(current).max(if key == ' ' { sip_axes(cards) } else { 0 });
        if naxis > MOST_AXES {
            let why = format!("{naxis} axes; at most {MOST_AXES} can be described");
            return Err(Error::invalid("WCSAXES, NAXIS or an axis number", why));
        }
        raw.axes = vec![RawAxis::default(); naxis];
        for (keyword, value) in cards.iter() {
            if let Some(p) = Parts::of_description(keyword, key).filter(|p| p.takes(value)) {
                raw.put(keyword, p, value)?;
            } else if let (Some(m), Some(v)) = (projp(keyword), value.number()) {
                raw.pv.push((Raw::LATITUDE, m, v));
            }
        }
        raw.old_spellings(cards);
        Ok(raw)
    }

    fn put(&mut self, keyword: &str, p: Parts, value: &Value) -> Result<()> {
        let number = value.number();
        if number.is_some_and(|v| !v.is_finite()) {
            return Err(Error::invalid(keyword, "the value is not a finite number"));
        }
        let text = || value.text().map(str::to_owned);
        let axis = p.first.and_then(|i| i.checked_sub(1));
        if let (Some(i), None, true) = (axis, p.second, p.first.is_some()) {
            let axis = &mut self.axes[i];
            match p.stem {
                "CRPIX" => axis.crpix = number.unwrap_or(axis.crpix),
                "CDELT" => axis.cdelt = number.unwrap_or(axis.cdelt),
                "CRVAL" => axis.crval = number.unwrap_or(axis.crval),
                "CROTA" => axis.crota = number.or(axis.crota),
                "CTYPE" => axis.ctype = text().unwrap_or_default(),
                "CUNIT" => axis.cunit = text().unwrap_or_default().trim().to_owned(),
                "CNAME" => axis.cname = text().unwrap_or_default(),
                _ => {}
            }
        } else if let (Some(i), Some(m)) = (axis, p.second) {
            match (p.stem, number, m.checked_sub(1)) {
                ("PC", Some(v), Some(j)) => self.pc.push((i, j, v)),
                ("CD", Some(v), Some(j)) => self.cd.push((i, j, v)),
                ("PV", Some(v), _) => self.pv.push((i, m, v)),
                ("PS", None, _) => self.ps.extend(text().map(|t| (i, m, t))),
                _ => {}
            }
        } else {
            match p.stem {
                "LONPOLE" => self.lonpole = number.or(self.lonpole),
                "LATPOLE" => self.latpole = number.or(self.latpole),
                "RADESYS" => self.radesys = text().or(self.radesys.take()),
                "EQUINOX" => self.equinox = number.or(self.equinox),
                "RESTFRQ" => self.restfrq = number.or(self.restfrq),
                "RESTWAV" => self.restwav = number.or(self.restwav),
                "SPECSYS" => self.specsys = text().or(self.specsys.take()),
                _ => {}
            }
        }
        Ok(())
    }

    /// RADECSYS, EPOCH and RESTFREQ count where the modern keyword is absent.
    fn old_spellings(&mut self, cards: &Keywords) {
        let named =
            |stem: &str| if self.key == ' ' { stem.to_owned() } else { format!("{stem}{}", self.key) };
        let radecsys = cards.text(&named("RADECSYS")).map(str::to_owned);
        let epoch = cards.number(&named("EPOCH"));
        let restfreq = cards.number(&named("RESTFREQ"));
        self.radesys = self.radesys.take().or(radecsys);
        self.equinox = self.equinox.or(epoch);
        self.restfrq = self.restfrq.or(restfreq);
    }

    /// The description with every axis but the celestial ones a plain linear one, of its own pixels alone.
    pub(super) fn only(mut self, celestial: impl Fn(&str) -> bool) -> Raw {
        for i in 0..self.axes.len() {
            if celestial(&self.axes[i].ctype) {
                continue;
            }
            let crpix = self.axes[i].crpix;
            self.axes[i] = RawAxis { crpix, ..RawAxis::default() };
            let (pc, cd) = (self.pc.is_empty(), self.cd.is_empty());
            for matrix in [&mut self.pc, &mut self.cd] {
                matrix.retain(|element| element.0 != i);
            }
            match (pc, cd) {
                (true, true) => {}
                (true, false) => self.cd.push((i, i, 1.0)),
                (false, _) => self.pc.push((i, i, 1.0)),
            }
        }
        let kept = |i: usize| self.axes.get(i).is_none_or(|axis| celestial(&axis.ctype));
        let pv = self.pv.iter().copied().filter(|pv| kept(pv.0)).collect();
        Raw { pv, ps: Vec::new(), ..self }
    }

    /// The description with PROJPm on the latitude axis, or without it where there is none.
    pub(super) fn with_latitude(self, latitude: Option<usize>) -> Raw {
        let place = |i: usize| if i == Raw::LATITUDE { latitude } else { Some(i) };
        let pv = self.pv.iter().filter_map(|&(i, m, v)| Some((place(i)?, m, v))).collect();
        Raw { pv, ..self }
    }

    /// The parameters PVi_0.. of one axis; the last card of a number wins.
    pub(crate) fn parameters(&self, axis: usize) -> Vec<Option<f64>> {
        let mut pv = Vec::new();
        for &(_, m, v) in self.pv.iter().filter(|(i, ..)| *i == axis) {
            pv.resize(pv.len().max(m + 1), None);
            pv[m] = Some(v);
        }
        pv
    }

    /// Whether CDi_j is the matrix: it is where there is no PCi_j.
    pub(crate) fn cd_form(&self) -> bool {
        self.pc.is_empty() && !self.cd.is_empty()
    }

    /// A keyword of this description as it stands in the header: `CRVAL1A`.
    pub(crate) fn named(&self, stem: &str, axis: usize) -> String {
        format!("{stem}{}{}", axis + 1, if self.key == ' ' { String::new() } else { self.key.to_string() })
    }

    /// The same of two numbers: `PS1_0A`.
    pub(crate) fn indexed(&self, stem: &str, axis: usize, m: usize) -> String {
        let letter = if self.key == ' ' { String::new() } else { self.key.to_string() };
        format!("{stem}{}_{m}{letter}", axis + 1)
    }
}

/// The axes of SIP orders that astropy has no use for and leaves to WCSLIB, which counts the second for B and BP.
fn sip_axes(cards: &Keywords) -> usize {
    let left = |[one, other]: [&str; 2]| {
        let used = cards.first(one).and_then(Value::number).is_some_and(|n| n > 1.0);
        !used && cards.iter().any(|(k, v)| k == other && matches!(v, Value::Integer(_)))
    };
    if [["A_ORDER", "B_ORDER"], ["AP_ORDER", "BP_ORDER"]].into_iter().any(left) { 2 } else { 0 }
}

/// NAXIS1.. in FITS order; for a tile-compressed image what ZNAXISn say.
fn shape(cards: &Keywords) -> Vec<usize> {
    let read = |prefix: &str| -> Option<Vec<usize>> {
        let n = cards.iter().find_map(|card| match card {
            (k, Value::Integer(n)) if k == prefix => usize::try_from(*n).ok(),
            _ => None,
        })?;
        let n = n.min(999);
        let length = |i| cards.number(&format!("{prefix}{i}")).unwrap_or(0.0).clamp(0.0, 1e18) as usize;
        Some((1..=n).map(length).collect())
    };
    read("ZNAXIS").or_else(|| read("NAXIS")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_come_apart() {
        let parts = |stem, first, second, key| Some(Parts { stem, first, second, key });
        assert_eq!(Parts::of("CRVAL12B"), parts("CRVAL", Some(12), None, 'B'));
        assert_eq!(Parts::of("PC001002"), parts("PC", Some(1), Some(2), ' '));
        assert_eq!(Parts::of("CD1_2A"), parts("CD", Some(1), Some(2), 'A'));
        assert_eq!(Parts::of("PV2_01"), parts("PV", Some(2), Some(1), ' '));
        assert_eq!(Parts::of("LONPOLEC"), parts("LONPOLE", None, None, 'C'));
        for other in
            ["CRVAL", "CRVAL0", "CRVALA", "CD", "CDELT", "CDS", "PC1", "PV1_", "PVX", "CTYPE1AB", "LONPOLE1"]
        {
            assert_eq!(Parts::of(other), None, "{other}");
        }
    }

    #[test]
    fn axes_are_counted_by_every_card_of_the_description() {
        let cards: Keywords =
            [("NAXIS", 2), ("WCSAXES", 1), ("CRPIX4A", 1), ("PC3_1", 0)].into_iter().collect();
        assert_eq!(Raw::read(&cards, ' ').unwrap().axes.len(), 3);
        assert_eq!(Raw::read(&cards, 'A').unwrap().axes.len(), 4);
        assert!(Raw::read(&cards, 'B').unwrap_err().to_string().contains("no WCS with key 'B'"));
        assert!(Raw::read(&cards, '1').is_err());
        let vast: Keywords = [("WCSAXES", 100)].into_iter().collect();
        assert!(Raw::read(&vast, ' ').is_err());
    }
}
