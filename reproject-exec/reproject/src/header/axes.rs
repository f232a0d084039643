//! The axes of a cube that are not the sky: their coordinates go over into the output as they are (WCS paper I, section 2.1),
//! those in a table (paper III, section 6) together with it.

use super::cards::{Kind, is_lookup, kind};
use reproject_chunk::{Header, Value};
use reproject_core::{Error, Result};
use std::ops::RangeInclusive;

/// How a header writes its matrix; two ways cannot stand in one description.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Style {
    /// CDi_j.
    Cd,
    /// PCi_j and CDELTi.
    Pc,
    /// CROTAi and CDELTi.
    Rotation,
}

impl Style {
    /// That of a header. Where neither is written, PC and CDELT may be added.
    pub(crate) fn of(header: &Header) -> Self {
        let any = |stem: &str, pair: bool| {
            header.records().iter().any(|r| {
                let k = r.keyword();
                k.starts_with(stem)
                    && matches!(kind(k), Kind::Wcs { axes: [_, j], primary: true } if (j > 0) == pair)
            })
        };
        match () {
            () if any("PC", true) => Style::Pc,
            () if any("CD", true) => Style::Cd,
            () if any("CROTA", false) => Style::Rotation,
            () => Style::Pc,
        }
    }
}

/// An axis whose coordinates stand in a table: `CTYPEi = 'WAVE-TAB'`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tabulated {
    pub(crate) axis: usize,
    pub(crate) ctype: String,
    /// PSi_0 and PVi_1.
    pub(crate) extname: String,
    pub(crate) extver: i64,
}

/// Those of some axes.
pub(crate) fn tabulated_axes(input: &Header, axes: RangeInclusive<usize>) -> Vec<Tabulated> {
    let text = |keyword: &str| input.text(keyword).ok().flatten().map(|t| t.trim().to_owned());
    let one = |axis: usize| {
        let keyword = format!("CTYPE{axis}");
        let ctype = text(&keyword).filter(|t| is_lookup(&keyword, t))?;
        let extname = text(&format!("PS{axis}_0")).unwrap_or_default();
        let extver = input.float(&format!("PV{axis}_1")).ok().flatten().map_or(1, |v| v as i64);
        Some(Tabulated { axis, ctype, extname, extver })
    };
    axes.filter_map(one).collect()
}

/// The cards of some axes of the primary description of `input`, for a header whose matrix has a style. Axes
/// that depend on the pixels of the sky count from 1, and so do those in a table unless `tables` go along.
///
/// # Errors
/// If the axes are turned against each other, and the style cannot say so.
pub(crate) fn extra(
    input: &Header,
    axes: RangeInclusive<usize>,
    style: Style,
    tables: bool,
) -> Result<Header> {
    let mut counted = hanging(input, axes.clone());
    // A scale of zero says as little as one that cannot be read.
    let flat = |i: usize| (1..=*axes.end()).all(|j| element(input, i, j) == 0.0);
    counted.extend(axes.clone().filter(|&i| is_unread(input, i) || flat(i)));
    if !tables {
        counted.extend(tabulated_axes(input, axes.clone()).into_iter().map(|table| table.axis));
    }
    let mut out = Header::new();
    for record in input.records() {
        let Kind::Wcs { axes: [i, 0], primary: true } = kind(record.keyword()) else { continue };
        let plain = axes.contains(&i) && !counted.contains(&i);
        let scale = record.keyword().starts_with("CDELT") || record.keyword().starts_with("CROTA");
        if plain && !scale {
            out.push(record.clone());
        }
    }
    for i in axes.clone() {
        let row = |j: usize| if counted.contains(&i) { f64::from(i == j) } else { element(input, i, j) };
        let scale = match style {
            Style::Cd => 1.0,
            // An axis that hangs on other pixels alone has no scale of its own.
            _ => Some(row(i)).filter(|s| *s != 0.0).unwrap_or(1.0),
        };
        if style != Style::Cd {
            out.set(&format!("CDELT{i}"), scale, "")?;
        }
        for j in axes.clone() {
            let value = row(j) / scale;
            match style {
                Style::Cd if i == j || value != 0.0 => out.set(&format!("CD{i}_{j}"), value, "")?,
                Style::Pc if value != f64::from(i == j) => out.set(&format!("PC{i}_{j}"), value, "")?,
                Style::Rotation if value != f64::from(i == j) => {
                    let why = "the target's header turns with CROTA, the input's axes beyond the sky with a matrix; rewrite the target with PCi_j";
                    return Err(Error::invalid(format!("PC{i}_{j}"), why));
                }
                _ => {}
            }
        }
    }
    Ok(out)
}

/// Whether a number of an axis cannot be read: then the others say nothing.
fn is_unread(input: &Header, axis: usize) -> bool {
    input.records().iter().any(|r| {
        let number = ["CRPIX", "CRVAL", "CDELT", "PC", "CD"].iter().any(|stem| r.keyword().starts_with(stem));
        let own = matches!(kind(r.keyword()), Kind::Wcs { axes: [i, _], primary: true } if i == axis);
        number && own && r.value().as_f64().is_none()
    })
}

/// Those of some axes whose values depend on the pixels of axes before them.
pub(crate) fn hanging(input: &Header, axes: RangeInclusive<usize>) -> Vec<usize> {
    let first = *axes.start();
    axes.filter(|&i| (1..first).any(|j| element(input, i, j) != 0.0)).collect()
}

/// Element (i, j) of the matrix of the primary description, CDELT included.
fn element(header: &Header, i: usize, j: usize) -> f64 {
    let number = |k: String| header.get_last(&k).and_then(|r| r.value().as_f64());
    let diagonal = f64::from(i == j);
    let cd = |j: usize| number(format!("CD{i}_{j}")).or_else(|| number(format!("CD{i:03}{j:03}")));
    if Style::of(header) == Style::Cd {
        let none = (1..=99).all(|j| cd(j).is_none());
        return cd(j).unwrap_or(if none { diagonal } else { 0.0 });
    }
    let pc = number(format!("PC{i}_{j}")).or_else(|| number(format!("PC{i:03}{j:03}")));
    pc.unwrap_or(diagonal) * number(format!("CDELT{i}")).unwrap_or(1.0)
}

/// Whether any of the cards points to a table that will not be there.
pub(crate) fn tabulated(header: &Header) -> Option<String> {
    let text = |v: &Value| v.as_text().unwrap_or_default().to_owned();
    let found = header.records().iter().find(|r| is_lookup(r.keyword(), &text(r.value())));
    found.map(|r| format!("{} = '{}'", r.keyword(), text(r.value())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(cards: &str) -> Header {
        Header::from_text(cards.as_bytes()).unwrap()
    }

    const CUBE: &str = "CTYPE1  = 'RA---TAN'\nCTYPE2  = 'DEC--TAN'\nCTYPE3  = 'FREQ    '\nCRPIX3  = 2.0\nCRVAL3  = 1.4E9\n\
                        CDELT1  = -0.1\nCDELT2  = 0.1\nCDELT3  = 1000.0\nCUNIT3  = 'Hz      '\nCTYPE3A = 'VELO    '\n";

    #[test]
    fn axes_go_over_in_the_style_of_the_target() {
        let names = |h: Header| h.records().iter().map(|r| r.keyword().to_owned()).collect::<Vec<_>>();
        let cube = header(CUBE);
        let pc = extra(&cube, 3..=3, Style::Pc, false).unwrap();
        assert_eq!(pc.float("CDELT3").unwrap(), Some(1000.0));
        assert_eq!(names(pc), ["CTYPE3", "CRPIX3", "CRVAL3", "CUNIT3", "CDELT3"]);
        let cd = extra(&cube, 3..=3, Style::Cd, false).unwrap();
        assert_eq!(cd.float("CD3_3").unwrap(), Some(1000.0));
        assert_eq!(cd.get("CDELT3"), None);
    }

    #[test]
    fn a_matrix_is_understood_in_either_style() {
        let cd = header("CD1_1   = 1.0\nCD2_2   = 1.0\nCD3_3   = 5.0\nCD3_4   = 2.0\nCD4_4   = 3.0\n");
        assert_eq!(Style::of(&cd), Style::Cd);
        let pc = extra(&cd, 3..=4, Style::Pc, false).unwrap();
        assert_eq!((pc.float("CDELT3").unwrap(), pc.float("PC3_4").unwrap()), (Some(5.0), Some(0.4)));
        let flat = header("CTYPE3  = 'FREQ    '\nCRVAL3  = 1.0\nCDELT3  = 0.0\n");
        for (style, scale) in [(Style::Pc, "CDELT3"), (Style::Rotation, "CDELT3"), (Style::Cd, "CD3_3")] {
            let axis = extra(&flat, 3..=3, style, false).unwrap();
            assert_eq!((axis.records().len(), axis.float(scale).unwrap()), (1, Some(1.0)));
        }
        assert!(extra(&cd, 3..=4, Style::Rotation, false).unwrap_err().to_string().contains("CROTA"));
        assert_eq!(extra(&cd, 3..=5, Style::Cd, false).unwrap().float("CD5_5").unwrap(), Some(1.0));
    }

    #[test]
    fn tabulated_axes_become_plain_ones() {
        let cube = header("CTYPE3  = 'WAVE-TAB'\nPS3_0   = 'TABLE   '\nCDELT3  = 7.0\n");
        let axes = extra(&cube, 3..=3, Style::Pc, false).unwrap();
        assert_eq!((axes.records().len(), axes.float("CDELT3").unwrap()), (1, Some(1.0)));
        let axes = extra(&cube, 3..=3, Style::Pc, true).unwrap();
        assert_eq!((axes.records().len(), axes.float("CDELT3").unwrap()), (3, Some(7.0)));
        let [table] = &tabulated_axes(&cube, 3..=4)[..] else { panic!("one axis") };
        assert_eq!((table.axis, &table.extname[..], table.extver), (3, "TABLE", 1));
        assert_eq!(tabulated(&cube).unwrap(), "CTYPE3 = 'WAVE-TAB'");
    }
}
