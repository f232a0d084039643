//! The kind of value that each keyword of a description takes (FITS 4.0 §8, SIP, draft paper IV, AIPS, DSS), and what becomes of
//! a card that holds another: a number in quotes or a word without is taken, with a note; whatever else would count is an error, never a default.

use super::cards::{Parts, Raw};
use super::celestial::PairTypes;
use super::distortion::PLATE_NUMBERS;
use super::keywords::number_in;
use super::{Keywords, Value};
use crate::spectral::{Sampling, SpectralType};
use reproject_core::Error;
use std::borrow::Cow;

/// A card that is not as it should be.
#[derive(Clone, Debug)]
pub(crate) struct Odd {
    keyword: String,
    stem: &'static str,
    /// The first number of the keyword, counted from 0.
    axis: Option<usize>,
    /// Why it cannot be used; `None` where it can.
    refused: Option<String>,
    note: String,
}

/// The parts of a description that are in use.
pub(crate) struct Used<'a> {
    pub(crate) raw: &'a Raw,
    /// The cards that are read.
    pub(crate) cards: &'a Keywords,
    pub(crate) pair: Option<PairTypes>,
    pub(crate) world: Vec<usize>,
    pub(crate) pixel: Vec<usize>,
    /// Whether there are all the cards of a plate solution, which takes the place of the linear part.
    pub(crate) plate: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Number,
    Whole,
    Text,
    /// `AXIS.1: 1`: a text that holds a number.
    Record,
}

/// Where the observer of a solar or planetary image is.
const OBSERVER: [&str; 5] = ["HGLN_OBS", "HGLT_OBS", "CRLN_OBS", "CRLT_OBS", "DSUN_OBS"];
/// Where a default is another place: these have a value, or are not there.
const PLACE: [&str; 7] = ["CTYPE", "CRPIX", "CRVAL", "CDELT", "PC", "CD", "PV"];
/// Keywords that are read for every description.
const SHARED: [(&str, Takes); 12] = [
    ("DP", Takes::Record),
    ("DQ", Takes::Record),
    ("D2IM", Takes::Record),
    ("CPDIS", Takes::Text),
    ("CQDIS", Takes::Text),
    ("D2IMDIS", Takes::Text),
    ("AMDX", Takes::Number),
    ("AMDY", Takes::Number),
    ("PROJP", Takes::Number),
    ("NAXIS", Takes::Whole),
    ("ZNAXIS", Takes::Whole),
    ("AXISCORR", Takes::Number),
];

/// The kind of value of a keyword, if description `key` reads it: its stem and first number as well.
fn takes(keyword: &str, key: char) -> Option<(Takes, &'static str, Option<usize>)> {
    if let Some(parts) = Parts::of(keyword) {
        let kind = match parts.stem {
            "WCSAXES" => Takes::Whole,
            "CTYPE" | "CUNIT" | "PS" | "RADESYS" => Takes::Text,
            // Names and errors move no pixel.
            "CNAME" | "WCSNAME" | "SPECSYS" | "CRDER" | "CSYER" | "CZPHS" | "CPERI" => return None,
            _ => Takes::Number,
        };
        let axis = parts.first.and_then(|i| i.checked_sub(1));
        return (parts.key == key).then_some((kind, parts.stem, axis));
    }
    let letter = |stem: &str| keyword.strip_prefix(stem).is_some_and(|rest| rest == key.to_string().trim());
    for (stem, kind) in [("RADECSYS", Takes::Text), ("EPOCH", Takes::Number), ("RESTFREQ", Takes::Number)] {
        if letter(stem) {
            return Some((kind, stem, None));
        }
    }
    for (stem, kind) in [("VELREF", Takes::Whole), ("PLTDECSN", Takes::Text)] {
        if keyword == stem {
            return Some((kind, stem, None));
        }
    }
    if let Some(stem) = OBSERVER.iter().chain(&PLATE_NUMBERS).find(|stem| **stem == keyword) {
        return Some((Takes::Number, stem, None));
    }
    let numbered = |stem: &str| {
        let rest = keyword.strip_prefix(stem)?;
        let own = matches!(stem, "CQDIS" | "DQ") && key != ' ';
        let rest = if own { rest.strip_suffix(key)? } else { rest };
        let alone = rest.is_empty() && matches!(stem, "NAXIS" | "ZNAXIS" | "AXISCORR");
        (alone || !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
            .then(|| rest.parse::<usize>().ok())
    };
    if let Some((stem, kind, axis)) =
        SHARED.iter().find_map(|(stem, kind)| Some((*stem, *kind, numbered(stem)?)))
    {
        return Some((kind, stem, axis.and_then(|i| i.checked_sub(1))));
    }
    // SIP looks at the kinds itself.
    let power = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let coefficient = |rest: &str| rest.split_once('_').is_some_and(|(p, q)| power(p) && power(q));
    let sip = ["A_", "B_", "AP_", "BP_"].iter().find_map(|stem| keyword.strip_prefix(stem));
    sip.filter(|rest| *rest == "ORDER" || coefficient(rest)).map(|_| (Takes::Number, "SIP", None))
}

/// The cards as they are read: numbers in quotes as numbers, and without what cannot be read; and what was odd among those of
/// description `key`.
pub(crate) fn check(cards: &Keywords, key: char) -> (Cow<'_, Keywords>, Vec<Odd>) {
    let mut odd: Vec<Odd> = Vec::new();
    let mut settled: Option<Vec<(String, Value)>> = None;
    for (at, (keyword, value)) in cards.iter().enumerate() {
        let known = takes(keyword, key).filter(|(kind, ..)| !fits(*kind, value));
        let Some((kind, stem, axis)) = known else {
            settled.iter_mut().for_each(|s| s.push((keyword.to_owned(), value.clone())));
            continue;
        };
        let before = || cards.iter().take(at).map(|(k, v)| (k.to_owned(), v.clone())).collect();
        let settled = settled.get_or_insert_with(before);
        let mut note = |refused: Option<String>, note: String| {
            odd.push(Odd { keyword: keyword.to_owned(), stem, axis, refused, note });
        };
        match (value, taken(kind, stem, value)) {
            (Value::Undefined, _) if !PLACE.contains(&stem) => {
                note(None, format!("{keyword} has no value and counts as absent"));
            }
            (_, Some(number)) => {
                let what = if kind == Takes::Text { "text" } else { "number" };
                note(None, format!("{keyword} = {value} is taken for the {what} {number}"));
                settled.push((keyword.to_owned(), number));
            }
            (_, None) if stem == "SIP" => settled.push((keyword.to_owned(), value.clone())),
            (_, None) => {
                let why = refusal(kind, value);
                note(Some(why.clone()), format!("{keyword} counts as absent: {why}"));
            }
        }
    }
    // A later card of the same name takes the place of one that cannot be read.
    let fine = |o: &Odd, from: usize| {
        cards.iter().skip(from).any(|(k, v)| {
            k == o.keyword
                && takes(k, key)
                    .is_some_and(|(kind, stem, _)| fits(kind, v) || taken(kind, stem, v).is_some())
        })
    };
    let last =
        |o: &Odd| cards.iter().enumerate().filter(|(_, (k, _))| *k == o.keyword).map(|(i, _)| i).last();
    odd.retain(|o| o.refused.is_none() || !last(o).is_some_and(|at| fine(o, at)));
    (settled.map_or(Cow::Borrowed(cards), |s| Cow::Owned(s.into_iter().collect())), odd)
}

fn fits(kind: Takes, value: &Value) -> bool {
    match (kind, value) {
        (Takes::Number, Value::Float(x)) => x.is_finite(),
        (Takes::Number | Takes::Whole, Value::Integer(_)) | (Takes::Text, Value::Text(_)) => true,
        (Takes::Record, Value::Text(text)) => is_record(text),
        _ => false,
    }
}

/// Whether a record that says something about a distortion holds a number. Other texts say nothing.
fn is_record(text: &str) -> bool {
    const FIELDS: [&str; 8] = ["NAXES", "AXIS", "EXTVER", "OFFSET", "SCALE", "AUX", "TPD", "DOCORR"];
    let Some((field, value)) = text.split_once(": ") else { return true };
    !FIELDS.contains(&field.split('.').next().unwrap_or_default().trim()) || number_in(value).is_some()
}

/// A value that can be taken for a number, or for a text that lacks its quotes.
fn taken(kind: Takes, stem: &str, value: &Value) -> Option<Value> {
    if let (Takes::Text, Value::Unreadable(text)) = (kind, value) {
        let word = text.split(" /").next().unwrap_or_default().trim_end();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.' | '*' | '^');
        let text = word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.chars().all(plain);
        return text.then(|| Value::Text(word.to_owned()));
    }
    let number = match value {
        Value::Text(text) if !matches!(kind, Takes::Text | Takes::Record) => {
            number_in(text).or_else(|| equinox(text).filter(|_| matches!(stem, "EQUINOX" | "EPOCH")))
        }
        Value::Float(x) if kind == Takes::Whole => Some(*x),
        _ => None,
    }?;
    match kind {
        Takes::Whole if number.fract() == 0.0 && number.abs() < 1e15 => Some(Value::Integer(number as i64)),
        Takes::Number => Some(Value::Float(number)),
        _ => None,
    }
}

/// `J2000.0` and `B1950`, where letter and default frame (paper II §3.1) agree.
fn equinox(text: &str) -> Option<f64> {
    let text = text.trim();
    let year = number_in(text.get(1..)?)?;
    match text.as_bytes()[0] {
        b'J' | b'j' => Some(year).filter(|y| *y >= 1984.0),
        b'B' | b'b' => Some(year).filter(|y| *y < 1984.0),
        _ => None,
    }
}

/// Why a value is of no use, and what would be.
fn refusal(kind: Takes, value: &Value) -> String {
    let what = match kind {
        Takes::Number => "a number such as 150.25 or -1.5E-3, without a unit, colons or quotes",
        Takes::Whole => "a whole number such as 2",
        Takes::Text => "a text in quotes such as 'deg'",
        Takes::Record => "a record with a number such as 'AXIS.1: 1'",
    };
    let found = match value {
        Value::Float(x) if !x.is_finite() => format!("{value} is not a finite number"),
        Value::Undefined => "no value".to_owned(),
        _ => format!("{value} cannot be read"),
    };
    format!("{found}; it has to be {what}: correct the card or remove it")
}

impl Keywords {
    /// Returns the cards as description `key` reads them: numbers in quotes as numbers, and without what cannot be read.
    pub fn settled(&self, key: char) -> Keywords {
        check(self, key).0.into_owned()
    }
}

impl Odd {
    /// The error of a card that cannot be used.
    pub(crate) fn error(&self) -> Option<Error> {
        self.refused.as_ref().map(|why| Error::invalid(&self.keyword, why.clone()))
    }

    /// Whether another error may come from its absence.
    pub(crate) fn may_mislead(&self) -> bool {
        PLACE.contains(&self.stem) || matches!(self.stem, "CUNIT" | "PS" | "WCSAXES" | "NAXIS" | "DP" | "DQ")
    }

    /// Whether it says anything about what is in use.
    fn matters(&self, used: &Used<'_>) -> bool {
        let Used { raw, pair, .. } = used;
        let pair = pair.as_ref();
        let system = pair.map_or("", |p| p.halves[0].system.as_str());
        let projected = pair.is_some_and(|p| p.code.is_some());
        let icrs = system == "RA" && raw.radesys.as_deref() == Some("ICRS");
        let given = |stem: &str| used.cards.first(format!("{stem}{}", raw.key).trim_end()).is_some();
        let described = |stem: &str| self.axis.is_some_and(|i| given(&format!("{stem}{}", i + 1)));
        let world = self.axis.is_some_and(|i| used.world.contains(&i));
        let spectral = |needs: &dyn Fn(&str) -> bool| used.world.iter().any(|&i| needs(&raw.axes[i].ctype));
        match self.stem {
            "CRPIX" => !used.plate && self.axis.is_some_and(|j| used.pixel.contains(&j)),
            "CTYPE" | "CRVAL" => world && !used.plate,
            "CUNIT" => world,
            "CDELT" => world && !used.plate && !raw.cd_form(),
            "PC" => world && !used.plate,
            "CD" => world && !used.plate && raw.pc.is_empty(),
            "CROTA" => {
                let latitude = pair.map(|p| p.axes[1]);
                world && !used.plate && raw.pc.is_empty() && raw.cd.is_empty() && self.axis == latitude
            }
            "PS" => self.axis.is_some_and(|i| world && raw.axes[i].ctype.get(4..) == Some("-TAB")),
            "PV" => {
                let celestial =
                    projected && pair.is_some_and(|p| p.axes.iter().any(|&i| Some(i) == self.axis));
                world
                    && (celestial
                        || self.axis.is_some_and(|i| raw.axes[i].ctype.as_bytes().get(4) == Some(&b'-')))
            }
            "PROJP" | "LONPOLE" | "LATPOLE" => projected,
            "RADESYS" => matches!(system, "RA" | "E"),
            "RADECSYS" => matches!(system, "RA" | "E") && !given("RADESYS"),
            "EQUINOX" => matches!(system, "RA" | "E") && !icrs,
            "EPOCH" => matches!(system, "RA" | "E") && !icrs && !given("EQUINOX"),
            "RESTFRQ" | "RESTFREQ" | "RESTWAV" => spectral(&|ctype| {
                let kind = SpectralType::parse(ctype).ok().flatten();
                kind.is_some_and(|k| k.quantity.needs_rest() || matches!(k.sampling, Sampling::Even(_)))
            }),
            "VELREF" => spectral(&|ctype| ctype.starts_with("VELO") || ctype.starts_with("FELO")),
            // Helioprojective frames alone are those of an observer.
            stem if OBSERVER.contains(&stem) => matches!(system, "HP" | "HR"),
            stem if PLATE_NUMBERS.contains(&stem) || matches!(stem, "AMDX" | "AMDY" | "PLTDECSN") => {
                used.plate
            }
            "DP" => described("CPDIS"),
            "D2IM" => described("D2IMDIS"),
            "DQ" => described("CQDIS"),
            _ => true,
        }
    }

    /// Whether it costs a note only: EPOCH is as often a date.
    fn is_aside(&self) -> bool {
        self.stem == "EPOCH"
    }
}

/// Notes about odd cards, of which some are errors.
///
/// # Errors
/// The first card that cannot be read though it counts.
pub(crate) fn notes(odd: &[Odd], used: &Used<'_>) -> Result<Vec<String>, Error> {
    let mut notes = Vec::new();
    for odd in odd.iter().filter(|odd| odd.matters(used)) {
        match odd.error() {
            Some(error) if !odd.is_aside() => return Err(error),
            _ => notes.push(odd.note.clone()),
        }
    }
    Ok(notes)
}
