//! The names that a run takes: what each ending means, and that nothing is written where something else lies.

use crate::args::{Run, What};
use crate::output;
use crate::pixels::{self, Kind};
use crate::target;
use crate::task::Task;
use reproject_core::{Error, Result};
use reproject_wcs::Fit;
use std::path::{Path, PathBuf};

/// Endings of names and what is written under them; `.gz` after all but the last is gzipped.
const ENDINGS: [(&str, Kind); 5] = [
    (".fits", Kind::Fits),
    (".fit", Kind::Fits),
    (".fts", Kind::Fits),
    (".npy", Kind::Npy),
    (".zarr", Kind::Zarr),
];

/// What is written under a name. One without an ending is FITS; a Zarr array that is there stays one.
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

/// Refuses options that the format of the output has no use for.
///
/// # Errors
/// If there are any.
pub(crate) fn check_options(what: &What, output: Option<&Path>) -> Result<()> {
    let kind = output.map(kind).transpose()?;
    if what.chunks.is_some() && kind != Some(Kind::Zarr) {
        let why = "only Zarr outputs have chunks; leave it out, or name the output OUT.zarr";
        return Err(Error::invalid("--chunks", why));
    }
    Ok(())
}

/// Refuses outputs that would destroy what the run reads or, unless allowed, another file.
///
/// # Errors
/// With the name, what lies there and what to do.
pub(crate) fn check(args: &Run, task: &Task) -> Result<()> {
    let beside = output::footprint(&args.output).filter(|_| args.what.footprint.is_some());
    if let Some(preview) = &args.preview
        && !preview.extension().is_some_and(|end| end.eq_ignore_ascii_case("png"))
    {
        return Err(Error::file(preview, "previews are PNG files; name it so, with .png at its end"));
    }
    let written = [Some(&args.output), beside.as_ref(), args.preview.as_ref()];
    let written: Vec<&PathBuf> = written.into_iter().flatten().collect();
    for path in &written {
        if path.is_dir() && (pixels::metadata(path).is_none() || kind(&args.output)? != Kind::Zarr) {
            return Err(Error::file(path, "is a folder; name a file in it"));
        }
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") && kind(&args.output)? != Kind::Zarr {
            return Err(Error::file(path, "ends like a folder; name a file in it"));
        }
        if path.exists() && !path.is_file() && !path.is_dir() {
            return Err(Error::file(path, "is a device or pipe, not a file; choose another name"));
        }
    }
    let sources = sources(args, task)?;
    for path in &written {
        for (what, source) in &sources {
            let way_out = "write to another file";
            for name in names(path) {
                let (name, source) = (place(&name), place(source));
                let why = match () {
                    () if name == place(path) && name == source => format!("is the {what}; {way_out}"),
                    () if name == source => {
                        let path = path.display();
                        format!("is the {what}, and what {path} is called until it is whole; {way_out}")
                    }
                    () if source.starts_with(&name) => format!("holds the {what}; {way_out}"),
                    () if name.starts_with(&source) => format!("lies in the {what}; {way_out}"),
                    () => continue,
                };
                return Err(Error::file(if name == place(path) { (*path).clone() } else { name }, why));
            }
        }
    }
    for (k, path) in written.iter().enumerate() {
        if written[..k].iter().any(|other| meet(path, other)) {
            return Err(Error::file(path, "is named as output and as preview; they are two files"));
        }
    }
    // Where an interrupted run has left its journal, it may have given names already; that is looked at when this one begins.
    let journal = output::with(&args.output, ".part.journal");
    let preview = args.preview.as_ref();
    let all = if journal.exists() { preview.into_iter().collect() } else { written };
    all.into_iter().try_for_each(|path| free(args, path))
}

/// Refuses a name that is taken, unless it may be.
///
/// # Errors
/// If it is.
pub(crate) fn free(args: &Run, path: &Path) -> Result<()> {
    match path.exists() && !args.overwrite {
        true => Err(Error::file(path, "exists already; choose another name, or replace it with --overwrite")),
        false => Ok(()),
    }
}

/// The files that a run reads, and what they are to it.
fn sources(args: &Run, task: &Task) -> Result<Vec<(&'static str, PathBuf)>> {
    let mut all = vec![("input", task.input.image.path().to_owned())];
    all.extend(task.mask.as_ref().map(|mask| ("mask", mask.pixels().path().to_owned())));
    if args.what.to.parse::<Fit>().is_err() {
        all.push(("target", target::split(&args.what.to)?.0.into()));
    }
    if let Some(header) = &args.what.header {
        all.push(("header", target::split(header)?.0.into()));
    }
    Ok(all)
}

/// A name and those that the file has until it is whole.
fn names(path: &Path) -> Vec<PathBuf> {
    ["", ".part", ".part.gz", ".part.old", ".part.journal"].map(|end| output::with(path, end)).into()
}

/// Whether two outputs would take the same name at any time, or one a name within the other.
fn meet(one: &Path, other: &Path) -> bool {
    let [one, other] =
        [one, other].map(|path| names(path).iter().map(|name| place(name)).collect::<Vec<_>>());
    one.iter().any(|a| other.iter().any(|b| a.starts_with(b) || b.starts_with(a)))
}

/// Where a file lies or would lie, however its name is written.
fn place(path: &Path) -> PathBuf {
    let folder = || match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => Some(place(folder)),
        _ => Path::new(".").canonicalize().ok(),
    };
    let absent = || Some(folder()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(absent).unwrap_or_else(|| path.to_owned())
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
