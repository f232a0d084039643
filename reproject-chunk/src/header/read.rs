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

    /// Reads a header from text: one card a line, or 80 columns a card without line ends. END may be missing.
    ///
    /// # Errors
    /// If a line is longer than 80 columns, naming it.
    pub fn from_text(text: &[u8]) -> Result<Self> {
        let mut lines = Vec::new();
        if text.contains(&b'\n') {
            for (i, row) in text.split(|&b| b == b'\n').enumerate() {
                let row = row.strip_suffix(b"\r").unwrap_or(row);
                let row = &row[..row.iter().rposition(|&b| b != b' ').map_or(0, |p| p + 1)];
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

fn is_end(line: &Line) -> bool {
    line.starts_with(b"END") && line[3..].iter().all(|&b| b == b' ')
}
