//! The names that a run takes: what each ending means, and that nothing is written where something else lies.

use super::WriteOptions;
use crate::formats::kind;
use crate::image::named::split;
use crate::image::pixels::{self, Kind};
use crate::output;
use crate::task::Task;
use reproject_chunk::suffixed;
use reproject_core::{Error, Result, Why};
use reproject_wcs::Fit;
use std::io;
use std::path::{Path, PathBuf};

/// Refuses outputs that would destroy what the run reads or, unless allowed, another file.
///
/// # Errors
/// With the name, what lies there and what to do.
pub(crate) fn check(task: &Task, output: &Path, options: &WriteOptions) -> Result<()> {
    let beside = output::footprint(output).filter(|_| task.settings.footprint.is_some());
    let preview = options.preview.as_ref().map(|(path, _)| path.as_path());
    if let Some(preview) = preview
        && !preview.extension().is_some_and(|end| end.eq_ignore_ascii_case("png"))
    {
        return Err(Error::file(preview, "previews are PNG files; name it so, with .png at its end"));
    }
    let written = [Some(output), beside.as_deref(), preview];
    let written: Vec<&Path> = written.into_iter().flatten().collect();
    for path in &written {
        if path.is_dir() && (pixels::metadata(path).is_none() || kind(output)? != Kind::Zarr) {
            return Err(Error::file(
                path,
                Why::of(io::ErrorKind::IsADirectory, "is a folder; name a file in it"),
            ));
        }
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") && kind(output)? != Kind::Zarr {
            return Err(Error::file(path, "ends like a folder; name a file in it"));
        }
        if path.exists() && !path.is_file() && !path.is_dir() {
            return Err(Error::file(path, "is a device or pipe, not a file; choose another name"));
        }
    }
    let sources = sources(task)?;
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
                return Err(Error::file(if name == place(path) { path.to_path_buf() } else { name }, why));
            }
        }
    }
    for (k, path) in written.iter().enumerate() {
        if written[..k].iter().any(|other| meet(path, other)) {
            return Err(Error::file(path, "is named as output and as preview; they are two files"));
        }
    }
    // Where an interrupted run has left its journal, it may have given names already; that is looked at when this one begins.
    let journal = suffixed(output, ".part.journal");
    let all = if journal.exists() { preview.into_iter().collect() } else { written };
    all.into_iter().try_for_each(|path| free(options, path))
}

/// Refuses a name that is taken, unless it may be.
///
/// # Errors
/// If it is.
pub(crate) fn free(options: &WriteOptions, path: &Path) -> Result<()> {
    match path.exists() && !options.overwrite {
        true => {
            let why = "exists already; choose another name, or replace it with `overwrite`";
            Err(Error::file(path, Why::of(io::ErrorKind::AlreadyExists, why)))
        }
        false => Ok(()),
    }
}

/// The files that a run reads, and what they are to it.
fn sources(task: &Task) -> Result<Vec<(&'static str, PathBuf)>> {
    let input = task.input().image.path();
    let mut all: Vec<_> = input.file_name().map(|_| ("input", input.to_owned())).into_iter().collect();
    all.extend(task.mask.as_ref().map(|mask| ("mask", mask.pixels().path().to_owned())));
    if task.grid.spec.parse::<Fit>().is_err() {
        all.push(("target", split(&task.grid.spec)?.0.into()));
    }
    if let Some(header) = &task.image.options.header {
        all.push(("header", split(header)?.0.into()));
    }
    Ok(all)
}

/// A name and those that the file has until it is whole.
fn names(path: &Path) -> Vec<PathBuf> {
    ["", ".part", ".part.gz", ".part.old", ".part.journal"].map(|end| suffixed(path, end)).into()
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
