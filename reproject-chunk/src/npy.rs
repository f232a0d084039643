//! NumPy's `.npy` files (NEP 1) and raw arrays in files, mapped into memory; as sources and as sinks.

mod sink;

pub use sink::{NpyOptions, NpySink};

use crate::decode::Encoding;
use crate::element::Format;
use crate::input;
use crate::mmap::Fingerprint;
use crate::raw::RawSource;
use reproject_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// An array in a file, by path and layout: small, serialisable, and refused if the file has changed meanwhile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawHandle {
    path: PathBuf,
    start: usize,
    shape: Vec<usize>,
    strides: Vec<isize>,
    encoding: Encoding,
    print: Fingerprint,
    limit: usize,
}

impl RawHandle {
    /// Numbers in a file without a header; `strides` are bytes, C order without gaps if absent.
    ///
    /// # Errors
    /// If the file cannot be opened or is too short.
    pub fn raw(
        path: impl AsRef<Path>,
        start: usize,
        shape: &[usize],
        strides: Option<&[isize]>,
        encoding: Encoding,
    ) -> Result<Self> {
        let path = path.as_ref();
        let (bytes, print) = input::open(path, input::INFLATE_IN_MEMORY)?;
        let size = encoding.format.size();
        let strides = match strides {
            Some(strides) => strides.to_vec(),
            None => steps(shape, size, false).ok_or_else(|| large(path, shape))?,
        };
        let name = path.display().to_string();
        RawSource::new(name, bytes, start, shape, &strides, encoding.clone())?;
        let limit = input::INFLATE_IN_MEMORY;
        Ok(Self { path: path.to_owned(), start, shape: shape.to_vec(), strides, encoding, print, limit })
    }

    /// An `.npy` file of numbers, in either order and byte order.
    ///
    /// # Errors
    /// If it is none, or holds what is no pixel.
    pub fn npy(path: impl AsRef<Path>) -> Result<Self> {
        Self::npy_within(path, input::INFLATE_IN_MEMORY)
    }

    /// As [`RawHandle::npy`]; at most `limit` bytes of an inflated `.gz` stay in memory, more go to a temporary file.
    ///
    /// # Errors
    /// As [`RawHandle::npy`].
    pub fn npy_within(path: impl AsRef<Path>, limit: usize) -> Result<Self> {
        let path = path.as_ref();
        let (bytes, print) = input::open(path, limit)?;
        let (start, text) = preamble(bytes.bytes()).ok_or_else(|| Error::file(path, "is no .npy file"))?;
        let header =
            Described::parse(&text).map_err(|why| Error::file(path, format!("{why} in {text:?}")))?;
        let Described { encoding, fortran, shape } = header;
        let strides = steps(&shape, encoding.format.size(), fortran).ok_or_else(|| large(path, &shape))?;
        let name = path.display().to_string();
        RawSource::new(name, bytes, start, &shape, &strides, encoding.clone())?;
        Ok(Self { path: path.to_owned(), start, shape, strides, encoding, print, limit })
    }

    /// Opens the array.
    ///
    /// # Errors
    /// If the file has gone or changed.
    pub fn open(&self) -> Result<RawSource> {
        let (bytes, print) = input::open(&self.path, self.limit)?;
        self.print.check(&print, &self.path)?;
        let name = self.path.display().to_string();
        RawSource::new(name, bytes, self.start, &self.shape, &self.strides, self.encoding.clone())
    }
}

impl reproject_core::Handle for RawHandle {
    type Source = RawSource;
    fn open(&self) -> Result<RawSource> {
        self.open()
    }
}

fn large(path: &Path, shape: &[usize]) -> Error {
    Error::file(path, format!("shape {shape:?} has more bytes than can be counted"))
}

/// Byte strides without gaps; `None` if they overflow.
fn steps(shape: &[usize], size: usize, fortran: bool) -> Option<Vec<isize>> {
    let mut strides = vec![0; shape.len()];
    let mut step = size as isize;
    for i in 0..shape.len() {
        let k = if fortran { i } else { shape.len() - 1 - i };
        strides[k] = step;
        step = step.checked_mul(isize::try_from(shape[k].max(1)).ok()?)?;
    }
    Some(strides)
}

/// Where the numbers start, and the text that describes them.
fn preamble(bytes: &[u8]) -> Option<(usize, String)> {
    let rest = bytes.strip_prefix(b"\x93NUMPY")?;
    let (length, at): (usize, usize) = match *rest {
        [1, _, a, b, ..] => (u16::from_le_bytes([a, b]) as usize, 10),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([a, b, c, d]) as usize, 12),
        _ => return None,
    };
    let text = bytes.get(at..at.checked_add(length)?)?;
    Some((at + length, String::from_utf8_lossy(text).trim().to_owned()))
}

struct Described {
    encoding: Encoding,
    fortran: bool,
    shape: Vec<usize>,
}

impl Described {
    /// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
    fn parse(text: &str) -> std::result::Result<Self, String> {
        let after = |key: &str| {
            let at = text.find(&format!("'{key}'")).ok_or(format!("there is no {key}"))?;
            let rest = text[at + key.len() + 2..].trim_start();
            rest.strip_prefix(':').map(str::trim_start).ok_or(format!("{key} has no value"))
        };
        let descr = after("descr")?;
        let code = descr.strip_prefix('\'').and_then(|d| d.split_once('\'')).map(|(c, _)| c);
        let number = || format!("the type {:?} is no number type", code.unwrap_or(descr));
        let mut letters = code.ok_or_else(number)?.chars();
        let (order, kind) = (letters.next().ok_or_else(number)?, letters.next().ok_or_else(number)?);
        let size = letters.as_str().parse().map_err(|_| number())?;
        // Booleans are bytes, 0 or 1.
        let format =
            Format::of(if (kind, size) == ('b', 1) { 'u' } else { kind }, size).ok_or_else(number)?;
        let big = match order {
            '<' | '|' => false,
            '>' => true,
            _ => return Err(number()),
        };
        let fortran = match after("fortran_order")? {
            t if t.starts_with("True") => true,
            f if f.starts_with("False") => false,
            _ => return Err("fortran_order is neither True nor False".into()),
        };
        let shape = after("shape")?.strip_prefix('(').and_then(|s| s.split_once(')')).map(|(s, _)| s);
        let sides = shape.ok_or("shape is no tuple")?.split(',').map(str::trim).filter(|s| !s.is_empty());
        let shape = sides.map(str::parse).collect::<std::result::Result<_, _>>();
        let shape = shape.map_err(|_| "shape holds what is no length")?;
        Ok(Self { encoding: Encoding::plain(format, big), fortran, shape })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayD, IxDyn};
    use reproject_core::{ArraySink, ArraySource, Grid, Region, Tile};

    fn read(handle: &RawHandle) -> ArrayD<f64> {
        let bytes = postcard::to_allocvec(handle).unwrap();
        let source = postcard::from_bytes::<RawHandle>(&bytes).unwrap().open().unwrap();
        let mut out = ArrayD::zeros(IxDyn(source.shape()));
        source.read(&Region::whole(source.shape()), out.view_mut()).unwrap();
        out
    }

    #[test]
    fn what_is_written_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        for (raw, shape) in [(false, vec![5, 7]), (true, vec![2, 3, 4]), (false, vec![9])] {
            let (path, foot) = (dir.path().join(format!("a{raw}{}", shape.len())), dir.path().join("w.npy"));
            let options = NpyOptions {
                raw,
                footprint: Some((foot.clone(), Format::F32)),
                overwrite: true,
                ..NpyOptions::new(&shape, Format::I16)
            };
            let sink = NpySink::create(&path, &options).unwrap();
            for block in Grid::new(&shape, &vec![2; shape.len()]).unwrap().iter() {
                let mut tile = Tile::blank(block.clone(), 0.0);
                tile.data.fill((block.start[0] * 10) as f64);
                tile.weight.fill(0.5);
                sink.write(&tile).unwrap();
            }
            sink.finish().unwrap();
            let handle = if raw {
                RawHandle::raw(&path, 0, &shape, None, Encoding::plain(Format::I16, false)).unwrap()
            } else {
                RawHandle::npy(&path).unwrap()
            };
            let back = read(&handle);
            assert_eq!(back.shape(), shape);
            assert!(back.indexed_iter().all(|(i, v)| *v == (i[0] / 2 * 20) as f64));
            if !raw {
                assert!(read(&RawHandle::npy(&foot).unwrap()).iter().all(|v| *v == 0.5));
            }
        }
    }

    /// The bytes that `numpy.save` (NumPy 2.4) writes for `numpy.asfortranarray([[1, 2, 3], [4, 5, 6]], '>i2')`.
    #[test]
    fn fortran_order_and_big_endian() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.npy");
        let text = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }";
        let mut bytes = b"\x93NUMPY\x01\x00v\x00".to_vec();
        bytes.extend(format!("{text:<117}\n").bytes());
        bytes.extend([0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6]);
        std::fs::write(&path, &bytes).unwrap();
        let handle = RawHandle::npy(&path).unwrap();
        assert_eq!(read(&handle).into_raw_vec_and_offset().0, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(handle.open().is_err() && RawHandle::npy(&path).is_err());
        let truths = String::from_utf8_lossy(&bytes[10..128]).replace("'>i2'", "'|b1'");
        std::fs::write(&path, [b"\x93NUMPY\x01\x00v\x00", truths.as_bytes(), &[0, 1, 0, 0, 1, 1]].concat())
            .unwrap();
        let handle = RawHandle::npy(&path).unwrap();
        assert_eq!(read(&handle).into_raw_vec_and_offset().0, [0.0, 0.0, 1.0, 1.0, 0.0, 1.0]);
        for bad in
            ["'descr': 'O'", "'descr': [('a', '<f4')]", "'descr': '<c8'", "", "'descr': '<f4', 'shape': 3"]
        {
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            let text = format!("{{{bad}, 'fortran_order': False, 'shape': (99999999999999999999,)}}");
            bytes.extend((text.len() as u16).to_le_bytes());
            bytes.extend(text.bytes());
            std::fs::write(&path, &bytes).unwrap();
            assert!(RawHandle::npy(&path).is_err(), "{bad}");
        }
    }
}
