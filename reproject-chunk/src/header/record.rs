//! One logical card: a keyword, its value and comment, and the 80-byte lines it was read from, kept as they are.

use super::format;
use super::value::{Value, parse_field};
use reproject_core::Result;

/// One line of a header.
pub type Line = [u8; 80];

/// A keyword with its value: one 80-byte card, or several where a long string continues.
#[derive(Clone, PartialEq)]
pub struct Record {
    keyword: String,
    value: Value,
    comment: String,
    lines: Vec<Line>,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.lines.iter().map(|l| latin1(l).trim_end().to_owned())).finish()
    }
}

impl Record {
    /// A new record, formatted by the rules of the standard: fixed format, long strings continued, keywords that are
    /// longer than 8 letters or hold blanks or dots through HIERARCH.
    ///
    /// # Errors
    /// If the keyword or the text holds what a card cannot, or the value does not fit one.
    pub fn new(keyword: &str, value: impl Into<Value>, comment: &str) -> Result<Self> {
        let (keyword, value) = (keyword.trim().to_ascii_uppercase(), value.into());
        let lines = format::lines(&keyword, &value, comment)?;
        Ok(Self { keyword, value, comment: comment.trim().to_owned(), lines })
    }

    /// The keyword in capitals, without `HIERARCH`; empty for a blank keyword.
    pub fn keyword(&self) -> &str {
        &self.keyword
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The comment after the slash.
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// The 80-byte lines, verbatim.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The part of a record-valued card (FITS WCS Paper IV, section 2.1): `DP1 = 'AXIS.1: 2'` says that `DP1.AXIS.1` is 2.
    /// Only the keywords that are defined so (`DPja`, `DQia`, `D2IMja`) are read like this.
    pub fn field(&self) -> Option<(String, f64)> {
        let digits = ["DP", "DQ", "D2IM"].iter().find_map(|p| self.keyword.strip_prefix(p))?;
        let digits = digits.strip_suffix(|c: char| c.is_ascii_uppercase()).unwrap_or(digits);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (name, number) = self.value.as_text()?.split_once(':')?;
        let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.split('.').all(word) {
            return None;
        }
        let number = parse_field(number).0.as_f64()?;
        Some((format!("{}.{}", self.keyword, name), number))
    }

    /// Reads one line. Never fails: what follows no rule is [`Value::Unreadable`].
    pub(super) fn read(line: &Line) -> Self {
        let text = latin1(line);
        let make = |keyword: &str, value, comment| Self {
            keyword: keyword.trim().to_ascii_uppercase(),
            value,
            comment,
            lines: vec![*line],
        };
        let (head, tail) = text.split_at(byte(&text, 8));
        let keyword = head.trim().to_ascii_uppercase();
        if keyword == "HIERARCH"
            && tail.starts_with(' ')
            && let Some((name, field)) = tail.split_once('=')
        {
            let (value, comment) = parse_field(field);
            return make(name, value, comment);
        }
        if keyword == "CONTINUE" {
            let (value, comment) = parse_field(tail);
            return make(&keyword, value, comment);
        }
        if !matches!(keyword.as_str(), "" | "COMMENT" | "HISTORY" | "END") {
            // The indicator belongs in columns 9 and 10; writers that put it elsewhere, or drop the blank, are understood.
            if let Some((name, _)) = head.split_once('=').filter(|(name, _)| is_keyword(name.trim_end())) {
                let (value, comment) = parse_field(&text[name.len() + 1..]);
                return make(name, value, comment);
            }
            let late = is_keyword(&keyword) && tail.starts_with(' ');
            let tail = if late { tail.trim_start_matches(' ') } else { tail };
            if let Some(field) = tail.strip_prefix('=') {
                let (value, comment) = parse_field(field);
                return make(&keyword, value, comment);
            }
        }
        make(&keyword, Value::Commentary(tail.trim_end().to_owned()), String::new())
    }

    /// Whether a CONTINUE card may follow.
    pub(super) fn continues(&self) -> bool {
        matches!(&self.value, Value::Text(s) if s.ends_with('&'))
    }

    /// Joins a CONTINUE card; gives it back if it holds no text.
    pub(super) fn join(&mut self, next: Record) -> std::result::Result<(), Record> {
        let (Value::Text(text), Value::Text(more)) = (&mut self.value, &next.value) else { return Err(next) };
        text.pop();
        text.push_str(more);
        if !self.comment.is_empty() && !next.comment.is_empty() {
            self.comment.push(' ');
        }
        self.comment.push_str(&next.comment);
        self.lines.extend(next.lines);
        Ok(())
    }
}

/// Whether a keyword holds nothing but what one may (section 4.1.2.1).
fn is_keyword(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Bytes as characters, one each, for a card may hold what it should not; tabs and zeros are blanks.
fn latin1(line: &Line) -> String {
    line.iter().map(|&b| if matches!(b, 0 | b'\t') { ' ' } else { b as char }).collect()
}

/// Where character number `n` starts.
fn byte(text: &str, n: usize) -> usize {
    text.char_indices().nth(n).map_or(text.len(), |(i, _)| i)
}
