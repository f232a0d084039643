//! Numeric columns of binary tables (FITS 4.0, section 7.3): enough for look-up tables of a WCS.

use super::{FitsFile, Hdu, HduKind};
use crate::decode::{Encoding, decode};
use crate::element::Format;
use crate::header::Header;
use ndarray::{ArrayD, IxDyn};
use reproject_core::{Error, Result};

/// A column of a binary table.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// TTYPE, as written; empty if absent.
    pub name: String,
    /// TUNIT; empty if absent.
    pub unit: String,
    /// The letter of TFORM; of the array elements for a variable-length column.
    pub code: char,
    /// Numbers in every row; for a variable-length column, descriptors (0 or 1).
    pub repeat: usize,
    /// Whether rows differ in length: `P` (32-bit descriptors) or `Q` (64-bit).
    pub variable: Option<char>,
    /// TDIM in array order (the last axis varies fastest), if its product fits `repeat`.
    pub dim: Option<Vec<usize>>,
    offset: usize,
    encoding: Option<Encoding>,
}

/// A binary table of a mapped file.
#[derive(Clone, Debug)]
pub struct FitsTable {
    file: FitsFile,
    hdu: usize,
    rows: usize,
    width: usize,
    heap: u64,
    columns: Vec<Column>,
}

impl FitsTable {
    pub(super) fn new(file: &FitsFile, index: usize) -> Result<Self> {
        let hdu = &file.hdus[index];
        let header = hdu.table.as_ref().unwrap_or(&hdu.header);
        let [rows, width] = match (&hdu.kind, header.integer("NAXIS1"), header.integer("NAXIS2")) {
            (HduKind::Table | HduKind::CompressedImage, Ok(Some(width)), Ok(Some(rows))) => [rows, width],
            _ => return Err(file.error(hdu, "is not a binary table")),
        };
        file.whole(hdu)?;
        let wrong = |e: Error| file.error(hdu, e);
        let columns = columns(header).map_err(wrong)?;
        let (rows, width) = (rows.max(0) as usize, width.max(0) as usize);
        let used = columns.iter().map(|c| c.offset + c.width()).max().unwrap_or(0);
        if used > width {
            return Err(file.error(hdu, format!("its columns need {used} bytes a row and NAXIS1 is {width}")));
        }
        if rows.checked_mul(width).is_none_or(|n| n as u64 > hdu.data_length) {
            return Err(file.error(hdu, format!("{rows} rows of {width} bytes are more than its data")));
        }
        let heap = header.integer("THEAP").map_err(wrong)?.unwrap_or((rows * width) as i64);
        let heap = u64::try_from(heap).map_err(|_| file.error(hdu, format!("THEAP = {heap} is negative")))?;
        Ok(Self { file: file.clone(), hdu: index, rows, width, heap, columns })
    }

    /// The header-data unit.
    pub fn hdu(&self) -> &Hdu {
        &self.file.hdus[self.hdu]
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Every column.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The numbers of a column in one row (counted from 0) as f64, with TSCAL and TZERO applied and TNULL as NaN; shaped by TDIM.
    /// The name is matched in either case.
    ///
    /// # Errors
    /// If there is no such column or row, or it holds no numbers.
    pub fn read(&self, column: &str, row: usize) -> Result<ArrayD<f64>> {
        let hdu = self.hdu();
        let wrong = |why: String| self.file.error(hdu, why);
        let Some(c) = self.columns.iter().find(|c| c.name.eq_ignore_ascii_case(column.trim())) else {
            let names: Vec<_> = self.columns.iter().map(|c| c.name.as_str()).collect();
            return Err(wrong(format!("has no column {column:?}; it has {}", names.join(", "))));
        };
        if row >= self.rows {
            return Err(wrong(format!("has {} rows, and row {row} (from 0) was asked for", self.rows)));
        }
        let Some(encoding) = &c.encoding else {
            return Err(wrong(format!("column {column:?} of type {} holds no real numbers", c.code)));
        };
        let data = self.data();
        let (start, count) = self.cell(c, row, encoding.format.size())?;
        let mut values = vec![0.0; count];
        if c.code == 'L' {
            values.iter_mut().zip(&data[start..]).for_each(|(v, b)| *v = f64::from(u8::from(*b == b'T')));
        } else {
            decode(encoding, None, data, start, encoding.format.size() as isize, &mut values)
                .map_err(|_| wrong(format!("column {column:?} cannot be read as numbers")))?;
        }
        let shape = c.dim.clone().filter(|d| d.iter().product::<usize>() == count).unwrap_or(vec![count]);
        ArrayD::from_shape_vec(IxDyn(&shape), values).map_err(|e| wrong(e.to_string()))
    }
}

impl FitsTable {
    /// The rows and the heap.
    fn data(&self) -> &[u8] {
        let hdu = self.hdu();
        &self.file.bytes.bytes()[hdu.data_start as usize..(hdu.data_start + hdu.data_length) as usize]
    }

    /// The bytes of a cell.
    #[cfg(feature = "compressed")]
    pub(super) fn bytes(&self, c: &Column, row: usize) -> Result<&[u8]> {
        let element = size(c.code).unwrap_or(1);
        let (start, count) = self.cell(c, row, element)?;
        let bytes = self.data().get(start..start.saturating_add(count.saturating_mul(element)));
        bytes.ok_or_else(|| {
            self.file.error(self.hdu(), format!("column {:?} reaches beyond its data", c.name))
        })
    }

    /// The first number of a cell.
    #[cfg(feature = "compressed")]
    pub(super) fn number(&self, c: &Column, row: usize) -> Result<f64> {
        let wrong =
            || self.file.error(self.hdu(), format!("column {:?} holds no number in row {row}", c.name));
        let encoding = c.encoding.as_ref().filter(|_| c.code != 'L').ok_or_else(wrong)?;
        let step = encoding.format.size();
        let (start, count) = self.cell(c, row, step)?;
        let mut value = [0.0];
        match count {
            0 => Err(wrong()),
            _ => decode(encoding, None, self.data(), start, step as isize, &mut value).map_err(|_| wrong()),
        }?;
        Ok(value[0])
    }

    /// Where the numbers of a cell start in the data, and how many of `size` bytes there are.
    fn cell(&self, c: &Column, row: usize, size: usize) -> Result<(usize, usize)> {
        let data = self.data();
        let cell = row * self.width + c.offset;
        match c.variable {
            None => Ok((cell, c.repeat)),
            Some(_) if c.repeat == 0 => Ok((cell, 0)),
            Some(kind) => {
                let cell = &data[cell..cell + if kind == 'P' { 8 } else { 16 }];
                let (count, start) = cell.split_at(cell.len() / 2);
                let number = |b: &[u8]| b.iter().fold(0u64, |n, &b| n << 8 | u64::from(b));
                let (count, start) = (number(count), number(start).saturating_add(self.heap));
                let end = count.checked_mul(size as u64).and_then(|n| n.checked_add(start));
                if end.is_none_or(|end| end > data.len() as u64) {
                    let name = &c.name;
                    let why =
                        format!("column {name:?}: row {row} points outside the heap; the table is damaged");
                    return Err(self.file.error(self.hdu(), why));
                }
                Ok((start as usize, count as usize))
            }
        }
    }
}

impl Column {
    /// Bytes in a row.
    fn width(&self) -> usize {
        match (self.variable, self.code) {
            (Some('P'), _) => self.repeat * 8,
            (Some(_), _) => self.repeat * 16,
            (None, 'X') => self.repeat.div_ceil(8),
            (None, code) => self.repeat * size(code).unwrap_or(0),
        }
    }
}

/// Bytes of one element, table 18.
pub(super) fn size(code: char) -> Option<usize> {
    Some(match code {
        'L' | 'X' | 'B' | 'A' => 1,
        'I' => 2,
        'J' | 'E' => 4,
        'K' | 'D' | 'C' => 8,
        'M' => 16,
        _ => return None,
    })
}

fn columns(h: &Header) -> Result<Vec<Column>> {
    let fields = h.integer("TFIELDS")?.unwrap_or(0);
    if !(0..=999).contains(&fields) {
        return Err(Error::invalid("FITS keyword TFIELDS", format!("is {fields}; it must be 0 to 999")));
    }
    let mut offset = 0usize;
    let mut out = Vec::new();
    for k in 1..=fields {
        let keyword = format!("TFORM{k}");
        let form = h.text(&keyword)?.unwrap_or("").trim().to_ascii_uppercase();
        let wrong = |why: &str| Error::invalid(format!("FITS keyword {keyword}"), format!("{form:?} {why}"));
        let digits = form.len() - form.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let repeat: usize = if digits == 0 {
            1
        } else {
            form[..digits]
                .parse()
                .ok()
                .filter(|&r| r < 1 << 40)
                .ok_or_else(|| wrong("has too large a count"))?
        };
        let mut letters = form[digits..].chars();
        let (first, second) = (letters.next().unwrap_or(' '), letters.next());
        let variable = matches!(first, 'P' | 'Q').then_some(first);
        let code = if variable.is_some() { second.unwrap_or(' ') } else { first };
        size(code).ok_or_else(|| wrong("is no column format"))?;
        let real = |name: &str, default: f64| h.float(&format!("{name}{k}")).map(|v| v.unwrap_or(default));
        let (scale, zero) = (real("TSCAL", 1.0)?, real("TZERO", 0.0)?);
        let format = match code {
            'L' | 'B' => Some(Format::U8),
            'I' => Some(Format::I16),
            'J' => Some(Format::I32),
            'K' => Some(Format::I64),
            'E' => Some(Format::F32),
            'D' => Some(Format::F64),
            _ => None,
        };
        let blank = h.integer(&format!("TNULL{k}"))?.map(i128::from);
        let scale = (scale != 1.0 || zero != 0.0).then_some((scale, zero));
        let encoding = format.map(|f| Encoding { blank, scale, ..Encoding::plain(f, true) });
        let text = |name: &str| h.text(&format!("{name}{k}")).ok().flatten().unwrap_or("").trim().to_owned();
        let dim = dimensions(&text("TDIM"));
        let column = Column {
            name: text("TTYPE"),
            unit: text("TUNIT"),
            code,
            repeat,
            variable,
            dim,
            offset,
            encoding,
        };
        offset = offset.checked_add(column.width()).ok_or_else(|| wrong("makes a row too long"))?;
        out.push(column);
    }
    Ok(out)
}

/// `(3,2)` as an array shape, `[2, 3]`.
fn dimensions(text: &str) -> Option<Vec<usize>> {
    let inside = text.strip_prefix('(')?.strip_suffix(')')?;
    let mut dim: Vec<usize> = inside.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    dim.iter().try_fold(1usize, |n, &d| n.checked_mul(d))?;
    dim.reverse();
    Some(dim)
}
