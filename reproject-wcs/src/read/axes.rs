//! World axes outside the celestial pair, from sorted cards to groups: linear, logarithmic, spectral (paper III) and tabular
//! ones (paper III §6).

use super::cards::Raw;
use super::celestial::{PairTypes, angle};
use super::ctype::Kind;
use super::{Keywords, Tables, units};
use crate::spectral::{Convention, Rest, Sampling, Spectral, SpectralType};
use crate::tab::Table;
use crate::wcs::{Group, Law, SingleAxis, SpectralAxis, Tabular};
use reproject_core::{Error, Result, sides};

/// The axes outside the pair.
#[derive(Debug, Default)]
pub(super) struct Others {
    /// Linear axes first, then those with a law of their own, then those that share a table.
    pub(super) groups: Vec<Group>,
    /// World axes whose values are in SI, and the unit.
    pub(super) units: Vec<(usize, &'static str)>,
    /// The first spectral axis.
    pub(super) spectral: Option<SpectralAxis>,
}

/// How many SI units CUNIT of a spectral axis is, where [`read`] finds nothing wrong with it; 1 for other axes and tables.
pub(super) fn spectral_unit(raw: &Raw, i: usize) -> f64 {
    let axis = &raw.axes[i];
    let kind = SpectralType::parse(&axis.ctype).ok().flatten().filter(|k| k.sampling != Sampling::Table);
    let factor = kind.map(|k| units::scale(&axis.cunit, k.quantity.unit(), "CUNIT", &axis.ctype));
    factor.and_then(Result::ok).unwrap_or(1.0)
}

/// Reads every axis that no projection has. `scale` is CDELT, or ones where there is CD.
///
/// # Errors
/// Those of [`Spectral::new`], [`Table::new`] and [`units::scale`]; a table that the file does not have; a second spectral
/// axis with an algorithm.
pub(super) fn read(
    raw: &Raw,
    kinds: &[Kind],
    pair: Option<&PairTypes>,
    scale: &[f64],
    tables: &dyn Tables,
) -> Result<Others> {
    let mut others = Others { groups: linear(raw, kinds, pair, scale)?, ..Others::default() };
    let mut sharing: Vec<Source> = Vec::new();
    let rest = Rest::new(raw.restfrq.unwrap_or(0.0), raw.restwav.unwrap_or(0.0));
    for (i, axis) in raw.axes.iter().enumerate() {
        let kind = SpectralType::parse(&axis.ctype)
            .map_err(|e| Error::invalid(raw.named("CTYPE", i), e.to_string()))?;
        let code = if axis.ctype.as_bytes().get(4) == Some(&b'-') { axis.ctype.get(5..8) } else { None };
        if code == Some("TAB") {
            Source::join(&mut sharing, raw, i)?;
        }
        let Some(kind) = kind else {
            if code == Some("LOG") {
                let value = positive(raw, i)?;
                others.groups.push(Group::Single(SingleAxis {
                    axis: i,
                    scale: scale[i],
                    law: Law::Log { value },
                }));
            }
            continue;
        };
        let convention = Convention { quantity: kind.quantity, rest };
        let keyword = raw.named("CUNIT", i);
        if kind.sampling == Sampling::Table {
            // The values stay in CUNIT, whatever that is; only a conversion has to know it.
            let unit =
                units::scale(&axis.cunit, kind.quantity.unit(), &keyword, &axis.ctype).unwrap_or(f64::NAN);
            others.spectral.get_or_insert(SpectralAxis { axis: i, convention, unit });
            continue;
        }
        let unit = units::scale(&axis.cunit, kind.quantity.unit(), &keyword, &axis.ctype)?;
        if let (Some(first), Sampling::Even(_) | Sampling::Grism { .. }) = (&others.spectral, kind.sampling) {
            let other = raw.named("CTYPE", first.axis);
            let why =
                format!("'{}' next to {other}: only one spectral axis may have an algorithm", axis.ctype);
            return Err(Error::invalid(raw.named("CTYPE", i), why));
        }
        let parameters = raw.parameters(i);
        let pv = |m: usize| parameters.get(m).copied().flatten();
        let spectral = Spectral::new(&axis.ctype, axis.crval * unit, rest, pv, i + 1)?;
        let law = Law::Spectral(spectral);
        others.groups.push(Group::Single(SingleAxis { axis: i, scale: scale[i] * unit, law }));
        others.units.push((i, kind.quantity.unit()));
        others.spectral.get_or_insert(SpectralAxis { axis: i, convention, unit: 1.0 });
    }
    for source in sharing {
        others.groups.push(Group::Tabular(Box::new(source.read(raw, scale, tables)?)));
    }
    Ok(others)
}

/// Linear axes, plain RA and DEC among them.
fn linear(raw: &Raw, kinds: &[Kind], pair: Option<&PairTypes>, scale: &[f64]) -> Result<Vec<Group>> {
    let mut groups = Vec::new();
    for (i, kind) in kinds.iter().enumerate() {
        let own = pair.filter(|p| p.axes.contains(&i));
        if own.is_some_and(PairTypes::projected) || !matches!(kind, Kind::Linear | Kind::Celestial(_)) {
            continue;
        }
        let factor = if own.is_some() { angle(raw, i)? } else { 1.0 };
        groups.push(Group::Linear { axis: i, scale: scale[i] * factor, value: raw.axes[i].crval * factor });
    }
    Ok(groups)
}

/// Looks whether the -TAB axes of all descriptions name a table and a column, which WCSLIB asks of all, whichever is read.
///
/// # Errors
/// If one does not.
pub(super) fn named_tables(cards: &Keywords) -> Result<()> {
    for raw in cards.descriptions().into_iter().filter_map(|key| Raw::read(cards, key).ok()) {
        for i in (0..raw.axes.len()).filter(|&i| raw.axes[i].ctype.get(4..) == Some("-TAB")) {
            Source::named(&raw, i)?;
        }
    }
    Ok(())
}

fn positive(raw: &Raw, i: usize) -> Result<f64> {
    let axis = &raw.axes[i];
    if axis.crval > 0.0 {
        return Ok(axis.crval);
    }
    let why = format!("{} on the logarithmic axis '{}' must be positive", axis.crval, axis.ctype);
    Err(Error::invalid(raw.named("CRVAL", i), why))
}

/// Where a coordinate table stands (PSi_0 to PSi_2, PVi_1 to PVi_3), and the header axes that share it.
struct Source {
    extname: String,
    extver: i64,
    extlevel: i64,
    column: String,
    /// World axis, axis of the table counted from 1, and the column of its index vector.
    axes: Vec<(usize, usize, Option<String>)>,
}

impl Source {
    /// PSi_m of world axis `i`, if it says anything.
    fn text(raw: &Raw, i: usize, m: usize) -> Option<String> {
        let found = raw.ps.iter().rev().find(|ps| ps.0 == i && ps.1 == m);
        found.map(|ps| ps.2.trim().to_owned()).filter(|s| !s.is_empty())
    }

    /// The names of the table and of the column of coordinates of world axis `i`.
    fn named(raw: &Raw, i: usize) -> Result<[String; 2]> {
        let needed = |m: usize, what: &str| {
            let fail = || format!("absent or blank: the axis '{}' needs {what}", raw.axes[i].ctype);
            Source::text(raw, i, m).ok_or_else(|| Error::invalid(raw.indexed("PS", i, m), fail()))
        };
        Ok([needed(0, "the EXTNAME of its table")?, needed(1, "the column of its coordinates")?])
    }

    /// Adds world axis `i` to the table it names.
    fn join(sources: &mut Vec<Source>, raw: &Raw, i: usize) -> Result<()> {
        let parameters = raw.parameters(i);
        let number = |m: usize| {
            let value = parameters.get(m).copied().flatten().unwrap_or(1.0);
            let whole = value.fract() == 0.0 && (0.0..1e9).contains(&value);
            let why = || format!("{value} is no whole number");
            let keyword = || raw.indexed("PV", i, m);
            if whole { Ok(value as i64) } else { Err(Error::invalid(keyword(), why())) }
        };
        // EXTVER and EXTLEVEL are rounded, the axis of the table has to be a whole number.
        let rounded = |m: usize| (parameters.get(m).copied().flatten().unwrap_or(1.0) + 0.5) as i64;
        let [extname, column] = Source::named(raw, i)?;
        let (extver, extlevel, m) = (rounded(1), rounded(2), number(3)? as usize);
        let same = |s: &&mut Source| {
            s.extname == extname && (s.extver, s.extlevel) == (extver, extlevel) && s.column == column
        };
        let entry = (i, m, Source::text(raw, i, 2));
        match sources.iter_mut().find(same) {
            Some(source) => source.axes.push(entry),
            None => sources.push(Source { extname, extver, extlevel, column, axes: vec![entry] }),
        }
        Ok(())
    }

    fn read(mut self, raw: &Raw, scale: &[f64], tables: &dyn Tables) -> Result<Tabular> {
        let first = self.axes[0].0;
        let keyword = raw.indexed("PS", first, 1);
        let get = |column: &str, m: usize| {
            let found = tables.column(&self.extname, self.extver, self.extlevel, column);
            found.ok_or_else(|| {
                let why = format!(
                    "no column '{column}' in a binary table '{}' (EXTVER {}, EXTLEVEL {}); give the file, not only the header",
                    self.extname, self.extver, self.extlevel
                );
                Error::invalid(raw.indexed("PS", first, m), why)
            })
        };
        let array = get(&self.column, 1)?;
        self.axes.sort_by_key(|axis| axis.1);
        let count = self.axes.len();
        // A plain vector is the array of one axis.
        let lengths = match array.shape.as_slice() {
            &[k] if count == 1 => vec![k],
            [m, lengths @ ..] if *m == count && lengths.len() == count => lengths.to_vec(),
            shape => {
                let why = format!(
                    "column '{}' of {} values does not fit a table of {count} axes",
                    self.column,
                    sides(shape)
                );
                return Err(Error::invalid(keyword, why));
            }
        };
        if let Some((k, axis)) = self.axes.iter().enumerate().find(|(k, axis)| axis.1 != k + 1) {
            let why = format!("{} is not the {}. of the {count} axes that share the table", axis.1, k + 1);
            return Err(Error::invalid(raw.indexed("PV", axis.0, 3), why));
        }
        let index = |axis: &(usize, usize, Option<String>)| {
            axis.2.as_deref().map(|column| get(column, 2).map(|c| c.data)).transpose()
        };
        let index = self.axes.iter().map(index).collect::<Result<Vec<_>>>()?;
        let table = Table::new(lengths, array.data, index)
            .map_err(|e| Error::invalid(keyword.clone(), e.to_string()))?;
        let axes: Vec<usize> = self.axes.iter().map(|axis| axis.0).collect();
        Ok(Tabular {
            scale: axes.iter().map(|&i| scale[i]).collect(),
            value: axes.iter().map(|&i| raw.axes[i].crval).collect(),
            axes,
            table,
        })
    }
}
