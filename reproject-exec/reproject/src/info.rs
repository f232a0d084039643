//! Contents of the HDUs of a file, and where on the sky they lie, in words.

use crate::image::{self, footprint};
use reproject_chunk::fits::{Hdu, HduKind};
use reproject_chunk::{FitsFile, Format};
use reproject_core::{Result, angle};
use reproject_wcs::{Celestial, Wcs};
use std::fmt::Write;
use std::path::Path;

/// A table of what the HDUs of a FITS file hold and where on the sky they lie; `name` is its first line.
///
/// # Errors
/// If the file cannot be read at all; HDUs that have no coordinates, or wrong ones, are part of the table.
pub fn describe(path: impl AsRef<Path>, name: &str) -> Result<String> {
    let file = FitsFile::open(path)?;
    let mut text = format!("{name}\n");
    for hdu in file.hdus() {
        let _ = write!(text, "\n{}", unit(&file, hdu));
    }
    if let Some(damage) = file.damage() {
        let _ = write!(text, "\n{damage}\n");
    }
    Ok(text)
}

fn unit(file: &FitsFile, hdu: &Hdu) -> String {
    let mut text = format!("{}: {}\n", hdu.label(), contents(hdu));
    if let Err(e) = file.whole(hdu) {
        let _ = writeln!(text, "  {:<12} {}", "damage", plain(&e));
    }
    let image = matches!(hdu.kind, HduKind::Image | HduKind::CompressedImage);
    if !image || hdu.shape.is_empty() {
        return text;
    }
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "  {name:<12} {}", value.replace('\n', "?"));
    };
    if let Ok(unit) = hdu.header.text("BUNIT")
        && let Some(unit) = unit.filter(|u| !u.is_empty())
    {
        line("unit", unit.to_owned());
    }
    let wcs = match image::wcs(file, hdu, None) {
        Ok(wcs) => wcs,
        Err(e) => {
            line("no WCS", plain(&e));
            return text;
        }
    };
    let celestial = match wcs.celestial() {
        Ok(celestial) => celestial,
        Err(e) => {
            line("no sky", plain(&e));
            return text;
        }
    };
    for (name, value) in sky(hdu, &wcs, celestial) {
        line(name, value);
    }
    wcs.notes().iter().for_each(|note| line("note", note.clone()));
    if let Err(e) = wcs.whole() {
        line("sky only", plain(&e));
    }
    text
}

/// The text of an error without the file and HDU, which stand above.
fn plain(error: &reproject_core::Error) -> String {
    let text = match error {
        reproject_core::Error::File { why, .. } => why.clone(),
        other => other.to_string(),
    };
    match text.split_once("): ") {
        Some((head, rest)) if head.starts_with("HDU ") => rest.to_owned(),
        _ => text,
    }
}

fn contents(hdu: &Hdu) -> String {
    let sides: Vec<_> = hdu.shape.iter().rev().map(usize::to_string).collect();
    match &hdu.kind {
        HduKind::Image if hdu.shape.is_empty() => "header only".into(),
        HduKind::Image => format!("image, {} pixels, {}", sides.join(" × "), number(hdu)),
        HduKind::CompressedImage => {
            format!("tile-compressed image, {} pixels, {}", sides.join(" × "), number(hdu))
        }
        HduKind::Table => match &hdu.shape[..] {
            [rows, bytes] => {
                let [a, b] = [(rows, "row"), (bytes, "byte")]
                    .map(|(n, what)| format!("{n} {what}{}", if *n == 1 { "" } else { "s" }));
                format!("binary table, {a} of {b}")
            }
            _ => "binary table".into(),
        },
        HduKind::Other(what) => what.clone(),
    }
}

/// BITPIX in words, and whether the numbers are scaled.
fn number(hdu: &Hdu) -> String {
    let format = match hdu.bitpix {
        8 => Format::U8,
        16 => Format::I16,
        32 => Format::I32,
        64 => Format::I64,
        -32 => Format::F32,
        _ => Format::F64,
    };
    let value = |keyword: &str| hdu.header.float(keyword).ok().flatten();
    let mut text = format!("{format} (BITPIX {})", hdu.bitpix);
    for keyword in ["BSCALE", "BZERO", "BLANK"] {
        let usual = if keyword == "BSCALE" {
            Some(1.0)
        } else if keyword == "BZERO" {
            Some(0.0)
        } else {
            None
        };
        if let Some(v) = value(keyword).filter(|v| Some(*v) != usual) {
            let _ = write!(text, ", {keyword} {v}");
        }
    }
    text
}

fn sky(hdu: &Hdu, wcs: &Wcs, celestial: &Celestial) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let code = if celestial.code().is_empty() { "none (linear)" } else { celestial.code() };
    let distorted = if celestial.is_distorted() { ", distorted" } else { "" };
    lines.push(("projection", format!("{code}{distorted}")));
    lines.push(("frame", celestial.frame().to_string()));
    if wcs.naxis() > 2 {
        let types: Vec<_> = wcs.axes().iter().map(|a| a.ctype.trim_end().to_owned()).collect();
        lines.push(("axes", types.join(", ")));
    }
    let shape = footprint::sides(celestial, &hdu.shape);
    lines.push(("centre", format!("{} deg", footprint::degrees(footprint::centre(celestial, shape)))));
    let scale = footprint::scale(celestial, shape).map(angle);
    lines.push(("pixel scale", scale.join(" × ")));
    let corners = footprint::corners(celestial, shape).map(footprint::degrees);
    lines.push(("corners", format!("{} {} deg", corners[0], corners[1])));
    lines.push(("", format!("{} {} deg", corners[3], corners[2])));
    lines
}
