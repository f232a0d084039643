//! Giving whole outputs their names: at every instant a name leads to the old or to the new one, and values and coverage under
//! their names are of one run.
//!
//! The old coverage steps aside (`OUT.part.old`), the values change places with the old ones (`renameat2` with `RENAME_EXCHANGE`
//! for folders, where the system has it; `rename` for files), the new coverage gets its name, and then the old ones are removed.
//! A run that is killed meanwhile leaves one of these states, which [`settle`] leads to an end.

use crate::files::{is_at, suffixed};
use reproject_core::{Error, Result, Why};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A whole file or folder, its temporary name and the name that it is to have.
pub(crate) struct Whole<'a> {
    pub(crate) held: &'a File,
    pub(crate) part: &'a Path,
    pub(crate) target: &'a Path,
}

impl Whole<'_> {
    fn failed(&self, e: io::Error) -> Error {
        let text =
            format!("cannot be given its name: {e}; what was to have it is whole in {}", self.part.display());
        Error::file(self.target, Why { text, source: Some(e) })
    }

    /// Refuses what somebody has put under the temporary name.
    fn own(&self) -> Result<()> {
        match is_at(self.held, self.part) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let why = format!(
                    "is no longer what this run wrote: it was moved or replaced; {} is left as it is",
                    self.target.display()
                );
                Err(Error::file(self.part, why))
            }
            Err(e) => Err(self.failed(e)),
        }
    }
}

/// Where a thing steps aside.
pub(crate) fn aside(target: &Path) -> PathBuf {
    suffixed(target, ".part.old")
}

/// Gives the values their name, and the coverage if there is any.
///
/// # Errors
/// If names cannot be given: then the old ones are as they were. If only what they replaced cannot be removed, it is said that
/// the output is in place.
pub(crate) fn give(data: &Whole<'_>, coverage: Option<&Whole<'_>>) -> Result<()> {
    data.own()?;
    coverage.map_or(Ok(()), Whole::own)?;
    let mut old = Vec::new();
    if let Some(coverage) = coverage
        && there(coverage.target)
    {
        let away = aside(coverage.target);
        step_aside(coverage.target, &away).map_err(|e| coverage.failed(e))?;
        old.push(away);
    }
    let back = |old: &[PathBuf]| {
        old.first().map_or(Ok(()), |away| fs::rename(away, coverage.unwrap_or(data).target))
    };
    let replaced = match replace(data.part, data.target) {
        Ok(replaced) => replaced,
        Err(e) => {
            // The error to report is the first.
            let _ = back(&old);
            return Err(data.failed(e));
        }
    };
    if let Some(coverage) = coverage
        && let Err(e) = fs::rename(coverage.part, coverage.target)
    {
        // Old values come back; where there were none, or a file has taken their place, the new ones stay.
        let undone = match &replaced {
            Some(away) if away == data.part => replace(data.part, data.target).map(|_| ()),
            Some(away) => fs::rename(data.target, data.part).and_then(|()| fs::rename(away, data.target)),
            None => Err(ErrorKind::Unsupported.into()),
        };
        if undone.and_then(|()| back(&old)).is_ok() {
            return Err(coverage.failed(e));
        }
        let text = format!(
            "is in place, but its coverage cannot be given the name {}: {e}; it is whole in {}",
            coverage.target.display(),
            coverage.part.display()
        );
        return Err(Error::file(data.target, Why { text, source: Some(e) }));
    }
    old.extend(replaced);
    let folders = [Some(data.target), coverage.map(|c| c.target)].into_iter().flatten().map(sync_folder);
    let removed = old.iter().map(|away| remove(away));
    let done: io::Result<()> = folders.chain(removed).collect();
    done.map_err(|e| in_place(data.target, &old, e))
}

/// The error of an output that has its name when something fails.
pub(crate) fn in_place(target: &Path, left: &[PathBuf], e: io::Error) -> Error {
    let left: Vec<_> =
        left.iter().filter(|path| there(path)).map(|path| path.display().to_string()).collect();
    let text = match left.is_empty() {
        true => {
            format!("is whole and has its name; whether that outlasts a failure of power is not known: {e}")
        }
        false => format!(
            "is whole and has its name; what is left of its making cannot be removed ({e}): {}",
            left.join(", ")
        ),
    };
    Error::file(target, Why { text, source: Some(e) })
}

/// Leads what a killed run left between the names to an end, and says what was done. `whole` tells whether a path leads to the
/// values of that run.
pub(crate) fn settle(
    target: &Path,
    coverage: Option<&Path>,
    whole: impl Fn(&Path) -> bool,
) -> Result<Option<String>> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |e: io::Error| Error::io(path, "cannot be brought in order after an interrupted run", e)
    };
    let (new, old) = (whole(target), aside(target));
    let mut done = None;
    // Where names cannot be exchanged, the old values step aside for a moment.
    if !there(target) && there(&old) {
        fs::rename(&old, target).map_err(failed(target))?;
        done = Some(format!("{} was set aside by an interrupted run, and is back", target.display()));
    }
    if let Some(coverage) = coverage.filter(|path| !there(path)) {
        let from = if new { suffixed(coverage, ".part") } else { aside(coverage) };
        if there(&from) {
            fs::rename(&from, coverage).map_err(failed(coverage))?;
            done = Some(format!(
                "{} was left without its name by an interrupted run, and has it again",
                coverage.display()
            ));
        }
    }
    if new {
        done = Some(format!(
            "{} is whole: an earlier run was stopped when it had just given it its name",
            target.display()
        ));
    }
    Ok(done)
}

/// Whether a name is taken, by whatever.
pub(crate) fn there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn step_aside(from: &Path, to: &Path) -> io::Result<()> {
    if there(to) {
        return Err(io::Error::new(
            ErrorKind::AlreadyExists,
            format!("{} is in the way; move it", to.display()),
        ));
    }
    fs::rename(from, to)
}

/// Puts one thing in the place of another; says where the other is now, if it still is.
fn replace(part: &Path, target: &Path) -> io::Result<Option<PathBuf>> {
    let new = fs::symlink_metadata(part)?;
    if !new.is_dir() || !there(target) {
        return fs::rename(part, target).map(|()| None);
    }
    match exchange(part, target) {
        Err(e) if matches!(e.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput) => {}
        done => return done.map(|()| Some(part.to_owned())),
    }
    let away = aside(target);
    step_aside(target, &away)?;
    if let Err(e) = fs::rename(part, target) {
        fs::rename(&away, target)?;
        return Err(e);
    }
    Ok(Some(away))
}

#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// A name is safe once its folder is; where folders cannot be opened, the system sees to it.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).map_or(Ok(()), |folder| folder.sync_all())
}

/// Removes a file, a link or a folder; links are not followed.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}
