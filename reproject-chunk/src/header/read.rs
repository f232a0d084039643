//! Cutting bytes or text into cards.

use super::{Header, Line, Record};
use reproject_core::{Error, Result};

impl Header {
    /// Reads a header at the start of `bytes`, as in a FITS file; gives it and the length of its blocks.
    ///
    /// # Errors
    /// If there is no END card.
    pub fn parse(bytes: &[u8]) -> Result<(Self, usize)> {
        let (lines, _) = bytes.as_chunks::<80>();
        let Some(end) = lines.iter().position(is_end) else {
            let why = format!("no END card in {} bytes; the header is damaged or cut short", bytes.len());
            return Err(Error::invalid("FITS header", why));
        };
        Ok((Self::from_lines(&lines[..end]), ((end + 1) * 80).next_multiple_of(2880)))
    }

    /// Reads a header from text: one card a line, or 80 columns a card without line ends. END may be missing, lines may be
    /// indented, and tabs count as blanks.
    ///
    /// # Errors
    /// If a line is longer than 80 columns, naming it.
    pub fn from_text(text: &[u8]) -> Result<Self> {
        let mut lines = Vec::new();
        let ends: &[u8] = if text.contains(&b'\n') { b"\n" } else { b"\r" };
        if text.contains(&ends[0]) {
            let rows: Vec<Vec<u8>> = text.split(|b| ends.contains(b)).map(row).collect();
            let cards = rows.iter().take_while(|r| r.trim_ascii() != b"END").filter(|r| !r.is_empty());
            let indent = cards.map(|r| blanks(r)).min().unwrap_or(0);
            for (i, row) in rows.iter().enumerate() {
                let row = unindented(row.get(indent..).unwrap_or_default());
                let mut line = [b' '; 80];
                let Some(target) = line.get_mut(..row.len()) else {
                    let why = format!(
                        "line {} has {} columns: {:?}; a card has at most 80",
                        i + 1,
                        row.len(),
                        String::from_utf8_lossy(&row[..100.min(row.len())])
                    );
                    return Err(Error::invalid("FITS header text", why));
                };
                target.copy_from_slice(row);
                if is_end(&line) {
                    break;
                }
                lines.push(line);
            }
            while lines.last().is_some_and(|l| l == &[b' '; 80]) {
                lines.pop();
            }
        } else {
            for row in text.chunks(80) {
                let mut line = [b' '; 80];
                line[..row.len()].copy_from_slice(row);
                if is_end(&line) {
                    break;
                }
                lines.push(line);
            }
        }
        Ok(Self::from_lines(&lines))
    }

    /// Reads cards, without END. Never fails; what breaks a rule is kept, and reported when it is asked for.
    pub fn from_lines(lines: &[Line]) -> Self {
        let mut records: Vec<Record> = Vec::with_capacity(lines.len());
        for line in lines {
            let mut record = Record::read(line);
            if record.keyword() == "CONTINUE"
                && let Some(last) = records.last_mut().filter(|r| r.continues())
            {
                match last.join(record) {
                    Ok(()) => continue,
                    Err(back) => record = back,
                }
            }
            records.push(record);
        }
        Self { records }
    }

    /// The header as text, one card a line, trailing blanks dropped, with END.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for line in self.lines() {
            let row: String = line.iter().map(|&b| b as char).collect();
            out.push_str(row.trim_end());
            out.push('\n');
        }
        out + "END\n"
    }
}

/// A line of a text without its end, tabs as blanks.
fn row(line: &[u8]) -> Vec<u8> {
    let mut row: Vec<u8> = line.iter().map(|&b| if b == b'\t' { b' ' } else { b }).collect();
    row.truncate(row.iter().rposition(|b| !matches!(b, b' ' | b'\r')).map_or(0, |p| p + 1));
    row
}

/// How far a line is indented.
fn blanks(row: &[u8]) -> usize {
    row.iter().take_while(|&&b| b == b' ').count()
}

/// A line that is indented although it holds a keyword and a value; eight blanks are a keyword of their own.
fn unindented(row: &[u8]) -> &[u8] {
    let start = blanks(row);
    let name = row[start..].split(|&b| b == b'=').next().unwrap_or_default().trim_ascii_end();
    let keyword = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    let card =
        name.len() < row.len() - start && !name.is_empty() && name.len() <= 8 && name.iter().all(keyword);
    if start < 8 && (card || row[start..] == *b"END") { &row[start..] } else { row }
}

/// END and blanks; some writers fill the block with zeros.
fn is_end(line: &Line) -> bool {
    line.starts_with(b"END") && line[3..].iter().all(|&b| matches!(b, b' ' | 0))
}
