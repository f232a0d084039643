//! Meaning of names: `FILE` and `FILE[HDU]`, and whether a file is a header as text.

use reproject_chunk::HduSelect;
use reproject_core::{Error, Result};
use std::path::Path;

/// FILE or FILE[HDU], as in `a.fits[SCI,2]` and `a.fits["A[1],B"]`; brackets that belong to the name of a file stay with it.
pub(crate) fn split(to: &str) -> Result<(&str, Option<HduSelect>)> {
    let bracketed = |t: &'_ str| {
        // A name in quotes may have brackets itself.
        let quoted = ["[\"", "['"].iter().filter_map(|open| t.find(open)).min();
        let open = quoted.or_else(|| t.rfind('['))?;
        Some((&to[..open], &to[open + 1..t.len()]))
    };
    match to.strip_suffix(']').and_then(bracketed) {
        Some((path, hdu)) if !Path::new(to).exists() => {
            let hdu = hdu.parse().map_err(|e: Error| Error::file(to, e))?;
            Ok((path, Some(hdu)))
        }
        _ => Ok((to, None)),
    }
}

/// Whether a file is a header as text: neither compressed nor binary, its lines shorter than cards without ends. A line feed
/// among the cards of a FITS file does not make it one.
pub(crate) fn is_text(path: &Path) -> Result<bool> {
    use std::io::Read;
    let mut head = Vec::new();
    reproject_chunk::open_file(path)?.take(2880).read_to_end(&mut head).map_err(|e| Error::file(path, e))?;
    let cards = head.starts_with(b"SIMPLE")
        && head.get(79..86).is_some_and(|b| b[0] != b'\n' && b[1..] == *b"BITPIX");
    let binary = head.starts_with(&[0x1f, 0x8b]) || head.contains(&0) || cards && head.len() == 2880;
    Ok(!binary && (head.contains(&b'\n') || head.len() < 2880))
}
