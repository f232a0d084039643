//! The value field of a header card (FITS 4.0, sections 4.1 and 4.2): logical, integer, float, complex, text.

use std::fmt;

/// The value of a card.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `T` or `F`.
    Logical(bool),
    /// A whole number that fits 64 bits; larger ones are floats.
    Integer(i64),
    /// A floating-point number; `D` exponents are read as `E`.
    Float(f64),
    /// A character string without its quotes, doubled quotes halved, trailing blanks dropped, CONTINUE cards joined.
    Text(String),
    /// A pair of numbers.
    Complex(f64, f64),
    /// A keyword with a value indicator and no value.
    Undefined,
    /// The text of COMMENT, HISTORY, a blank keyword, or any card without a value indicator.
    Commentary(String),
    /// A value field that follows no rule of the standard, as it stands.
    Unreadable(String),
}

impl Value {
    /// The number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Value::Integer(i) => Some(i as f64),
            Value::Float(f) => Some(f),
            _ => None,
        }
    }

    /// The whole number, if it is one; a float such as `2.0` counts.
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Value::Integer(i) => Some(i),
            Value::Float(f) if f.fract() == 0.0 && f.abs() < 9.2e18 => Some(f as i64),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(s) => Some(s),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match *self {
            Value::Logical(b) => Some(b),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Logical(b) => f.write_str(if *b { "T" } else { "F" }),
            Value::Integer(i) => write!(f, "{i}"),
            Value::Float(x) => write!(f, "{x:?}"),
            Value::Text(s) => write!(f, "'{s}'"),
            Value::Complex(re, im) => write!(f, "({re:?}, {im:?})"),
            Value::Undefined => f.write_str("(no value)"),
            Value::Commentary(s) | Value::Unreadable(s) => f.write_str(s),
        }
    }
}

impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Value::Logical(v)
    }
}
impl From<i64> for Value {
    fn from(v: i64) -> Self {
        Value::Integer(v)
    }
}
impl From<i32> for Value {
    fn from(v: i32) -> Self {
        Value::Integer(v.into())
    }
}
impl From<f64> for Value {
    fn from(v: f64) -> Self {
        Value::Float(v)
    }
}
impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Value::Text(v.into())
    }
}
impl From<String> for Value {
    fn from(v: String) -> Self {
        Value::Text(v)
    }
}

/// Reads what follows the value indicator: the value and the comment.
pub(super) fn parse_field(field: &str) -> (Value, String) {
    let trimmed = field.trim_start_matches(' ');
    let parsed = match trimmed.bytes().next() {
        None => Some((Value::Undefined, trimmed)),
        Some(b'/') => Some((Value::Undefined, trimmed)),
        Some(b'\'') => text(&trimmed[1..]),
        Some(b'T') => Some((Value::Logical(true), &trimmed[1..])),
        Some(b'F') => Some((Value::Logical(false), &trimmed[1..])),
        Some(b'(') => complex(trimmed),
        Some(_) => number(trimmed),
    };
    match parsed {
        Some((value, rest)) => {
            let rest = rest.trim_start_matches(' ');
            if let Some(comment) = rest.strip_prefix('/') {
                return (value, comment.trim().to_owned());
            }
            if rest.is_empty() {
                return (value, String::new());
            }
            (Value::Unreadable(field.trim().to_owned()), String::new())
        }
        None => (Value::Unreadable(field.trim().to_owned()), String::new()),
    }
}

/// A string after its opening quote. Like other readers, takes a single quote inside a word (`'it's'`) as a letter.
fn text(s: &str) -> Option<(Value, &str)> {
    let bytes = s.as_bytes();
    let mut out = String::new();
    let (mut from, mut i) = (0, 0);
    while i < bytes.len() {
        if bytes[i] == b'\'' {
            match bytes.get(i + 1) {
                Some(b'\'') => {
                    out.push_str(&s[from..=i]);
                    i += 2;
                    from = i;
                    continue;
                }
                None | Some(b' ' | b'/') => {
                    out.push_str(&s[from..i]);
                    out.truncate(out.trim_end_matches(' ').len());
                    return Some((Value::Text(out), &s[i + 1..]));
                }
                Some(_) => {}
            }
        }
        i += 1;
    }
    None
}

/// A number, blanks allowed around its signs and exponent; the rest of the field.
fn number(s: &str) -> Option<(Value, &str)> {
    let bytes = s.as_bytes();
    let digits = |mut i: usize| {
        while bytes.get(i).is_some_and(u8::is_ascii_digit) {
            i += 1;
        }
        i
    };
    let blanks = |mut i: usize| {
        while bytes.get(i) == Some(&b' ') {
            i += 1;
        }
        i
    };
    let mut literal = String::new();
    let mut i = 0;
    if matches!(bytes.first(), Some(b'+' | b'-')) {
        literal.push(bytes[0] as char);
        i = blanks(1);
    }
    let whole = digits(i);
    let mut end = whole;
    let mut float = false;
    if bytes.get(whole) == Some(&b'.') {
        float = true;
        end = digits(whole + 1);
    }
    if end == i || (float && end == i + 1) {
        return None;
    }
    literal.push_str(&s[i..end]);
    let mark = blanks(end);
    if matches!(bytes.get(mark), Some(b'e' | b'E' | b'd' | b'D')) {
        let mut k = blanks(mark + 1);
        let sign = bytes.get(k).copied().filter(|b| matches!(b, b'+' | b'-'));
        if sign.is_some() {
            k = blanks(k + 1);
        }
        let stop = digits(k);
        if stop == k {
            return None;
        }
        float = true;
        literal.push('e');
        literal.extend(sign.map(char::from));
        literal.push_str(&s[k..stop]);
        end = stop;
    }
    let value = match literal.parse::<i64>() {
        Ok(i) if !float => Value::Integer(i),
        _ => Value::Float(literal.parse().ok()?),
    };
    Some((value, &s[end..]))
}

fn complex(s: &str) -> Option<(Value, &str)> {
    let inside = s.strip_prefix('(')?;
    let (re, rest) = number(inside.trim_start_matches(' '))?;
    let rest = rest.trim_start_matches(' ').strip_prefix(',')?;
    let (im, rest) = number(rest.trim_start_matches(' '))?;
    let rest = rest.trim_start_matches(' ').strip_prefix(')')?;
    Some((Value::Complex(re.as_f64()?, im.as_f64()?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(field: &str) -> Value {
        parse_field(field).0
    }

    #[test]
    fn values_of_every_kind() {
        assert_eq!(
            parse_field("                    T / it is so "),
            (Value::Logical(true), "it is so".into())
        );
        assert_eq!(value("  -42"), Value::Integer(-42));
        assert_eq!(value(" +007"), Value::Integer(7));
        assert_eq!(value(" 1.5D-3"), Value::Float(1.5e-3));
        assert_eq!(value(" 1.5d3 / x"), Value::Float(1500.0));
        assert_eq!(value(" .5"), Value::Float(0.5));
        assert_eq!(value(" 5."), Value::Float(5.0));
        assert_eq!(value(" - 5 E + 2"), Value::Float(-500.0));
        assert_eq!(value(" (1, -2.5)/c"), Value::Complex(1.0, -2.5));
        assert_eq!(value("   / only a comment"), Value::Undefined);
        assert_eq!(value(" 9223372036854775808"), Value::Float(9_223_372_036_854_775_808.0));
    }

    #[test]
    fn text_keeps_leading_and_drops_trailing_blanks() {
        assert_eq!(parse_field(" ' a''b  '  / c/d"), (Value::Text(" a'b".into()), "c/d".into()));
        assert_eq!(value(" ''"), Value::Text(String::new()));
        assert_eq!(value(" 'it's'"), Value::Text("it's".into()));
        assert_eq!(value(" 'a / b'"), Value::Text("a / b".into()));
    }

    #[test]
    fn what_breaks_the_rules_is_kept() {
        for bad in ["'open", "1.2.3", "nan", "inf", "0x10", "TRUE", "1 2", "(1,2", "1e", "+", "."] {
            assert_eq!(value(bad), Value::Unreadable(bad.into()));
        }
    }
}
