//! Header keywords as values: what a header says, without the file it stood in.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The value of a header card. Numbers keep the type in which they were written: a number in quotes is text and does
/// not count as a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// `T` or `F`.
    Logical(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string without its quotes.
    Text(String),
    /// A keyword without a value: it counts as absent.
    Undefined,
    /// Text that follows no rule of the standard, as it stands. Where it would say something about the coordinates in use, it is an
    /// error.
    Unreadable(String),
}

impl Value {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Integer(i) => Some(*i as f64),
            Value::Float(x) => Some(*x),
            _ => None,
        }
    }

    /// The text without blanks at its end, if it is text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text.trim_end()),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    /// As it stands in a card.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Logical(truth) => f.write_str(if *truth { "T" } else { "F" }),
            Value::Integer(i) => write!(f, "{i}"),
            Value::Float(x) => write!(f, "{x:?}"),
            Value::Text(text) => write!(f, "'{text}'"),
            Value::Undefined => f.write_str("(no value)"),
            Value::Unreadable(text) => f.write_str(text),
        }
    }
}

/// The number that a text holds, if it stands there as in a card (FITS 4.0 §4.2.4): no `nan`, no `inf`, no colons.
pub(crate) fn number_in(text: &str) -> Option<f64> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |s: &str| s.bytes().filter(u8::is_ascii_digit).count();
    let (mantissa, exponent) = match unsigned.split_once(['E', 'e', 'D', 'd']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let points = mantissa.bytes().filter(|b| *b == b'.').count();
    let written = points <= 1 && digits(mantissa) > 0 && digits(mantissa) + points == mantissa.len();
    if !written || exponent.is_some_and(|e| e.is_empty() || digits(e) != e.len()) {
        return None;
    }
    text.replace(['D', 'd'], "E").parse().ok().filter(|v: &f64| v.is_finite())
}

macro_rules! from { ($($t:ty => $f:expr),*) => {$(
    impl From<$t> for Value {
        fn from(v: $t) -> Value { $f(v) }
    }
)*} }
from!(bool => Value::Logical, i64 => Value::Integer, f64 => Value::Float, String => Value::Text,
      &str => |v: &str| Value::Text(v.to_owned()), i32 => |v| Value::Integer(i64::from(v)),
      usize => |v| i64::try_from(v).map_or(Value::Float(v as f64), Value::Integer));

/// The cards of a header in their order, duplicates included.
///
/// A record-valued card is an entry of its own with the record as its text: (`DP1`, `AXIS.1: 1`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Keywords(Vec<(String, Value)>);

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Keywords {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(cards: I) -> Self {
        Self(cards.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }
}

impl Keywords {
    /// Makes a header without cards.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a card at the end.
    pub fn push(&mut self, keyword: impl Into<String>, value: impl Into<Value>) {
        self.0.push((keyword.into(), value.into()));
    }

    /// All cards in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// The number of cards.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there is no card.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first card of this name.
    pub fn first(&self, keyword: &str) -> Option<&Value> {
        self.0.iter().find(|(k, _)| k == keyword).map(|(_, v)| v)
    }

    /// The last card of this name that holds a number.
    pub fn number(&self, keyword: &str) -> Option<f64> {
        self.iter().rev().filter(|(k, _)| *k == keyword).find_map(|(_, v)| v.number())
    }

    /// The last card of this name that holds text.
    pub fn text(&self, keyword: &str) -> Option<&str> {
        self.iter().rev().filter(|(k, _)| *k == keyword).find_map(|(_, v)| v.text())
    }

    /// The records of a record-valued keyword, in order: `("AXIS.1", 1.0)` for `DP1 = 'AXIS.1: 1'`. Cards that are no
    /// records (no colon and blank, or no number after it) are passed over.
    pub fn records<'a>(&'a self, keyword: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        self.iter().filter(move |(k, _)| *k == keyword).filter_map(|(_, v)| {
            let (field, value) = v.text()?.split_once(": ")?;
            Some((field.trim(), value.trim().replace(['D', 'd'], "E").parse().ok()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_ups_follow_order_and_type() {
        let mut k: Keywords = [("CRVAL1", 1.0), ("CRVAL1", 2.0)].into_iter().collect();
        k.push("CRVAL1", "3.0");
        k.push("CTYPE1", "RA---TAN  ");
        assert_eq!(k.first("CRVAL1"), Some(&Value::Float(1.0)));
        assert_eq!(k.number("CRVAL1"), Some(2.0));
        assert_eq!(k.text("CTYPE1"), Some("RA---TAN"));
        assert_eq!((k.number("CTYPE1"), k.text("CRVAL2"), k.len()), (None, None, 4));
    }

    #[test]
    fn numbers_in_texts_are_written_as_in_cards() {
        for (text, value) in
            [("150.5", 150.5), (" -1.5D-3 ", -1.5e-3), ("+.5", 0.5), ("5.", 5.0), ("1e2", 100.0)]
        {
            assert_eq!(number_in(text), Some(value), "{text}");
        }
        for text in
            ["", ".", "nan", "inf", "1:2", "0x10", "1e", "1.2.3", "1,5", "1 2", "1e999", "- 1", "1E5E5"]
        {
            assert_eq!(number_in(text), None, "{text}");
        }
    }

    #[test]
    fn records_need_a_blank_after_the_colon() {
        let mut k = Keywords::new();
        for record in ["AXIS.1: 1", "EXTVER: 2.0", "NAXES:2", "TPD.FWD.1: 1.5D-3", "NOTE: none"] {
            k.push("DP1", record);
        }
        let found: Vec<_> = k.records("DP1").collect();
        assert_eq!(found, [("AXIS.1", 1.0), ("EXTVER", 2.0), ("TPD.FWD.1", 1.5e-3)]);
    }
}
