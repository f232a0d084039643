//! Formats that are written: by the end of a name, with the chunks they are cut into and the memory they take.

use crate::image::pixels::Kind;
use crate::settings::Settings;
use reproject_core::{Error, Result};
use std::path::Path;

/// Sides of chunks where nothing else is said.
const CHUNK: usize = 1024;

/// Endings of names and what is written under them; `.gz` after all but the last is gzipped.
const ENDINGS: [(&str, Kind); 5] = [
    (".fits", Kind::Fits),
    (".fit", Kind::Fits),
    (".fts", Kind::Fits),
    (".npy", Kind::Npy),
    (".zarr", Kind::Zarr),
];

/// The format that is written under a name. One without an ending is FITS; a Zarr array that is there stays one.
///
/// # Errors
/// If its ending says something else.
pub(crate) fn kind(path: &Path) -> Result<Kind> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let (plain, zipped) = match name.strip_suffix(".gz") {
        Some(plain) => (plain, true),
        None => (&*name, false),
    };
    let known = ENDINGS.iter().find(|(end, kind)| plain.ends_with(end) && !(zipped && *kind == Kind::Zarr));
    match known {
        Some((_, kind)) => Ok(*kind),
        None if path.is_dir() => Ok(Kind::Zarr),
        None if !name.contains('.') => Ok(Kind::Fits),
        None => {
            let why = "has an ending that says no format that is written: FITS is .fits, .fit or .fts, or these with .gz; NumPy \
                       .npy or .npy.gz; Zarr .zarr";
            Err(Error::file(path, why))
        }
    }
}

/// Refuses chunks for a format that has none.
///
/// # Errors
/// If there are any, or the name of the output says no format.
pub(crate) fn check_chunks(settings: &Settings, output: Option<&Path>) -> Result<()> {
    let kind = output.map(kind).transpose()?;
    if settings.chunks.is_some() && kind != Some(Kind::Zarr) {
        let why = "only Zarr outputs have chunks; leave it out, or name the output OUT.zarr";
        return Err(Error::invalid("`chunks`", why));
    }
    Ok(())
}

/// Files of a Zarr output, at most: more are no use to anybody, and take hours to be made and removed.
const MOST_CHUNKS: usize = 1_000_000;

/// The chunks of a Zarr output: those asked for, those of the input, or squares; planes apart.
///
/// # Errors
/// If there would be too many.
pub(crate) fn chunks(
    settings: &Settings,
    output: Option<&Path>,
    shape: &[usize],
    input: Option<&[usize]>,
) -> Result<Option<Vec<usize>>> {
    if output.and_then(|path| kind(path).ok()) != Some(Kind::Zarr) {
        return Ok(None);
    }
    let n = shape.len();
    let mut chunk = vec![1; n];
    chunk[n.saturating_sub(2)..].fill(CHUNK);
    match (settings.chunks, input) {
        (Some(sides), _) => chunk[n.saturating_sub(2)..].copy_from_slice(&sides),
        (None, Some(own)) if own.len() == n => chunk.copy_from_slice(own),
        _ => {}
    }
    let chunk: Vec<usize> = chunk.iter().zip(shape).map(|(&c, &s)| c.clamp(1, s.max(1))).collect();
    let count = chunk.iter().zip(shape).fold(1usize, |n, (&c, &s)| n.saturating_mul(s.div_ceil(c)));
    if count > MOST_CHUNKS {
        let sides: Vec<_> = chunk.iter().map(usize::to_string).collect();
        let why = format!(
            "{} pixels a chunk make {count} chunks, each a file; {MOST_CHUNKS} are allowed, so choose larger ones",
            sides.join(" x ")
        );
        return Err(Error::invalid("`chunks`", why));
    }
    Ok(Some(chunk))
}

/// Bytes that a sink holds for each pixel of a block, given the bytes of a pixel and whether coverage is kept.
pub(crate) fn sink_bytes(output: Option<&Path>, size: usize) -> usize {
    match output.and_then(|path| kind(path).ok()) {
        // The chunk, its bytes, and those bytes compressed.
        Some(Kind::Zarr) => 3 * size.max(4),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_say_the_format() {
        for (name, want) in [
            ("a.fits", Kind::Fits),
            ("A.FIT", Kind::Fits),
            ("a.fts.gz", Kind::Fits),
            ("a.b.fits.GZ", Kind::Fits),
            ("none", Kind::Fits),
            ("a.npy", Kind::Npy),
            ("a.npy.gz", Kind::Npy),
            ("a.zarr", Kind::Zarr),
        ] {
            assert_eq!(kind(Path::new(name)).unwrap(), want, "{name}");
        }
        for name in ["a.tif", "a.zip", "a.zarr.gz", "a.gz", "a.fits.fz", "a.fits.bz2", "a.", "a.png", "v1.2"]
        {
            let e = kind(Path::new(name)).unwrap_err().to_string();
            assert!(e.contains(name) && e.contains(".fits") && e.contains(".zarr"), "{e}");
        }
    }
}
