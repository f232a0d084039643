//! NumPy's `.npy` files (NEP 1) and raw arrays in files, mapped into memory; as sources and as sinks.

mod described;
mod half;
mod sink;

pub use sink::{NpyOptions, NpySink};

use crate::decode::Encoding;
use crate::input::{self, Unpacking, Wanted};
use crate::mmap::Fingerprint;
use crate::raw::RawSource;
use described::{Described, MAGIC, described, preamble};
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
    fingerprint: Fingerprint,
    limit: usize,
    npy: bool,
}

impl RawHandle {
    /// Describes numbers in a file without a header; `strides` are bytes, C order without gaps if absent.
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
        let size = encoding.format.size();
        let strides = match strides {
            Some(strides) => strides.to_vec(),
            None => steps(shape, size, false).ok_or_else(|| large(path, shape))?,
        };
        let (path, shape, limit) = (path.to_owned(), shape.to_vec(), input::INFLATE_IN_MEMORY);
        let fingerprint = Fingerprint { length: 0, modified: 0 };
        let mut handle = Self { path, start, shape, strides, encoding, fingerprint, limit, npy: false };
        handle.fingerprint = handle.read()?.1;
        Ok(handle)
    }

    /// Opens an `.npy` file of numbers, in either order and byte order.
    ///
    /// # Errors
    /// If it is none, or holds what is no pixel.
    pub fn npy(path: impl AsRef<Path>) -> Result<Self> {
        Self::npy_within(path, input::INFLATE_IN_MEMORY)
    }

    /// Opens an `.npy` file; of an inflated `.gz` at most `limit` bytes stay in memory, more go to a temporary file.
    ///
    /// # Errors
    /// Those of [`RawHandle::npy`].
    pub fn npy_within(path: impl AsRef<Path>, limit: usize) -> Result<Self> {
        let path = path.as_ref();
        let unpack = |file: &mut Unpacking<'_>| {
            file.more(12)?;
            let length = preamble(&file.since(0)?).map_or(0, |(start, length)| start + length);
            file.more(length.saturating_sub(12) as u64)?;
            // What is wrong with it is said where it is read.
            let Ok((start, header)) = described(path, &file.since(0)?) else { return Ok(()) };
            let Some(strides) = steps(&header.shape, header.size(), header.fortran) else {
                return Ok(());
            };
            let end = reach(start, &header.shape, &strides, header.size());
            file.more(end.saturating_sub(file.length()))?;
            file.skip(TAIL)
        };
        let (bytes, fingerprint) = half::open(path, limit, &Wanted { magic: MAGIC, unpack: &unpack })?;
        let (start, header) = described(path, bytes.bytes())?;
        let strides = steps(&header.shape, header.encoding.format.size(), header.fortran)
            .ok_or_else(|| large(path, &header.shape))?;
        let Described { encoding, shape, .. } = header;
        let name = path.display().to_string();
        RawSource::new(name, bytes, start, &shape, &strides, encoding.clone())?;
        Ok(Self { path: path.to_owned(), start, shape, strides, encoding, fingerprint, limit, npy: true })
    }

    /// Opens the array.
    ///
    /// # Errors
    /// If the file has gone or changed.
    pub fn open(&self) -> Result<RawSource> {
        let (source, fingerprint) = self.read()?;
        self.fingerprint.check(&fingerprint, &self.path)?;
        Ok(source)
    }

    fn read(&self) -> Result<(RawSource, Fingerprint)> {
        let end = reach(self.start, &self.shape, &self.strides, self.encoding.format.size());
        let unpack = |file: &mut Unpacking<'_>| file.more(end).and_then(|_| file.skip(TAIL));
        let (bytes, fingerprint) = match self.npy {
            true => half::open(&self.path, self.limit, &Wanted { magic: MAGIC, unpack: &unpack })?,
            false => input::open(&self.path, self.limit, &Wanted { magic: b"", unpack: &unpack })?,
        };
        let name = self.path.display().to_string();
        let source =
            RawSource::new(name, bytes, self.start, &self.shape, &self.strides, self.encoding.clone())?;
        Ok((source, fingerprint))
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

/// Bytes behind the numbers of a packed file that are passed over for check sums to be looked at.
const TAIL: u64 = 16 << 20;

/// One past the last byte of an array.
fn reach(start: usize, shape: &[usize], strides: &[isize], size: usize) -> u64 {
    if shape.contains(&0) {
        return start as u64;
    }
    let steps = shape.iter().zip(strides).map(|(n, s)| (n - 1) as u128 * (*s).max(0) as u128);
    let end = steps.fold(start as u128 + size as u128, u128::saturating_add);
    u64::try_from(end).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;
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
