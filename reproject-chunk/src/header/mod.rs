//! FITS headers (FITS 4.0, section 4): every 80-byte card kept verbatim and in order, with typed look-ups and edits.

mod format;
mod read;
mod record;
mod value;

pub use record::{Line, Record};
pub use value::Value;

use reproject_core::{Error, Result};

/// A header: records in order, duplicates included. The END card is not one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Header {
    records: Vec<Record>,
}

impl Header {
    /// A header without cards.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every record in order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Every keyword with its value, in order. A record-valued card appears under its keyword with the record as text
    /// (`DP1`, `AXIS.1: 2`); [`Record::field`] splits it.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.records.iter().map(|r| (r.keyword(), r.value()))
    }

    /// Every record of a keyword; letters of either case, with or without `HIERARCH`.
    pub fn get_all<'a>(&'a self, keyword: &str) -> impl DoubleEndedIterator<Item = &'a Record> + use<'a> {
        let name = normal(keyword);
        self.records.iter().filter(move |r| r.keyword() == name)
    }

    /// The first record of a keyword.
    pub fn get(&self, keyword: &str) -> Option<&Record> {
        self.get_all(keyword).next()
    }

    /// The last record of a keyword.
    pub fn get_last(&self, keyword: &str) -> Option<&Record> {
        self.get_all(keyword).next_back()
    }

    /// The number of a field of a record-valued card, such as `DP1.AXIS.1`; the first one found.
    pub fn field(&self, name: &str) -> Option<f64> {
        let name = normal(name);
        self.records.iter().filter_map(Record::field).find(|(n, _)| *n == name).map(|(_, v)| v)
    }

    /// A logical keyword; `None` if absent or without a value.
    ///
    /// # Errors
    /// If its value is something else.
    pub fn logical(&self, keyword: &str) -> Result<Option<bool>> {
        self.typed(keyword, "T or F", Value::as_bool)
    }

    /// An integer keyword; `None` if absent or without a value.
    ///
    /// # Errors
    /// If its value is something else.
    pub fn integer(&self, keyword: &str) -> Result<Option<i64>> {
        self.typed(keyword, "an integer", Value::as_i64)
    }

    /// A numeric keyword; `None` if absent or without a value.
    ///
    /// # Errors
    /// If its value is something else.
    pub fn float(&self, keyword: &str) -> Result<Option<f64>> {
        self.typed(keyword, "a number", Value::as_f64)
    }

    /// A text keyword; `None` if absent or without a value.
    ///
    /// # Errors
    /// If its value is something else.
    pub fn text(&self, keyword: &str) -> Result<Option<&str>> {
        self.typed(keyword, "a text in quotes", Value::as_text)
    }

    fn typed<'a, T>(
        &'a self,
        keyword: &str,
        wanted: &str,
        f: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some((at, record)) =
            self.records.iter().enumerate().find(|(_, r)| r.keyword() == normal(keyword))
        else {
            return Ok(None);
        };
        if *record.value() == Value::Undefined {
            return Ok(None);
        }
        f(record.value()).map(Some).ok_or_else(|| {
            let card = 1 + self.records[..at].iter().map(|r| r.lines().len()).sum::<usize>();
            let line = String::from_utf8_lossy(&record.lines()[0]);
            Error::invalid(
                format!("FITS keyword {}", record.keyword()),
                format!("card {card} is {:?}; the value must be {wanted}", line.trim_end()),
            )
        })
    }

    /// Replaces the first record of a keyword, in its place, or appends one. An empty comment keeps the old one.
    ///
    /// # Errors
    /// If a card cannot hold it.
    pub fn set(&mut self, keyword: &str, value: impl Into<Value>, comment: &str) -> Result<()> {
        let name = normal(keyword);
        match self.records.iter_mut().find(|r| r.keyword() == name) {
            Some(record) => {
                let old = record.comment().to_owned();
                let comment = if comment.is_empty() && old.is_ascii() { &old } else { comment };
                *record = Record::new(&name, value, comment)?;
            }
            None => self.records.push(Record::new(&name, value, comment)?),
        }
        Ok(())
    }

    /// Appends a record as it is; duplicates are allowed.
    pub fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    /// Puts a record in front of record number `at`, or at the end.
    pub fn insert(&mut self, at: usize, record: Record) {
        self.records.insert(at.min(self.records.len()), record);
    }

    /// Appends commentary under `COMMENT`, `HISTORY` or a blank keyword, in as many cards as it takes.
    ///
    /// # Errors
    /// If the text is not printable ASCII.
    pub fn comment(&mut self, keyword: &str, text: &str) -> Result<()> {
        let mut rest = text;
        loop {
            let cut = rest.char_indices().nth(72).map_or(rest.len(), |(i, _)| i);
            self.records.push(Record::new(keyword, Value::Commentary(rest[..cut].to_owned()), "")?);
            rest = &rest[cut..];
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// Keeps the records that `keep` accepts.
    pub fn retain(&mut self, keep: impl FnMut(&Record) -> bool) {
        self.records.retain(keep);
    }

    /// Removes every record of a keyword.
    pub fn remove(&mut self, keyword: &str) {
        let name = normal(keyword);
        self.records.retain(|r| r.keyword() != name);
    }

    /// Every 80-byte card in order, without END.
    pub fn lines(&self) -> impl Iterator<Item = &Line> + '_ {
        self.records.iter().flat_map(|r| r.lines())
    }

    /// The header as it stands in a file: cards, END, blanks up to a multiple of 2880 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out: Vec<u8> = self.lines().flatten().copied().collect();
        let mut end = [b' '; 80];
        end[..3].copy_from_slice(b"END");
        out.extend(end);
        out.resize(out.len().next_multiple_of(2880), b' ');
        out
    }
}

fn normal(keyword: &str) -> String {
    let name = keyword.trim().to_ascii_uppercase();
    name.strip_prefix("HIERARCH ").map(|n| n.trim().to_owned()).unwrap_or(name)
}

#[cfg(test)]
mod tests;
