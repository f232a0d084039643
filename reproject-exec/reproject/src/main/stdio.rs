//! `-`: the input from standard input, the output to standard output, each through a file in a temporary folder, as pixels are read
//! and written in any order.

use crate::args::{Command, Run, What};
use reproject::{Error, Result, Why};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The folder, if one was made.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Removes the folder when the command ends.
pub(crate) struct Through;

impl Drop for Through {
    fn drop(&mut self) {
        clean();
    }
}

/// Removes the folder; that it cannot be removed is never the error to report.
pub(crate) fn clean() {
    if let Some(folder) = FOLDER.get() {
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// How messages call a file.
pub(crate) fn name(path: &Path) -> String {
    match is_ours(path) {
        true => path.file_stem().unwrap_or_default().to_string_lossy().replace('-', " "),
        false => path.display().to_string(),
    }
}

/// Puts files in the place of `-`.
///
/// # Errors
/// If standard input cannot be stored, or standard output is no place for pixels.
pub(crate) fn through(command: &mut Command) -> Result<Through> {
    let through = Through;
    match command {
        Command::Run(run) => {
            inputs(&mut run.what)?;
            if is(&run.output) {
                output(run)?;
            }
        }
        Command::Plan(plan) => {
            inputs(&mut plan.what)?;
            // Nothing is written; what would be is FITS.
            if plan.output.as_deref().is_some_and(is) {
                plan.output = Some("standard-output.fits".into());
            }
        }
        Command::Info(info) if is(&info.file) => info.file = store()?,
        Command::Info(_) => {}
    }
    Ok(through)
}

/// Hands a finished output to standard output, if it is meant for it.
///
/// # Errors
/// If nobody takes all of it.
pub(crate) fn hand_on(path: &Path) -> Result<()> {
    if !is_ours(path) {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    let written =
        File::open(path).and_then(|mut file| io::copy(&mut file, &mut out)).and_then(|_| out.flush());
    written.map_err(|e| Error::io("standard output", "cannot be written", e))
}

/// Whether a file passes through the folder.
fn is_ours(path: &Path) -> bool {
    FOLDER.get().is_some_and(|folder| path.starts_with(folder))
}

fn is(path: impl AsRef<Path>) -> bool {
    path.as_ref().as_os_str() == "-"
}

fn inputs(what: &mut What) -> Result<()> {
    let others = [("--to", Some(&*what.to)), ("--header", what.header.as_deref())];
    for (option, name) in others.into_iter().chain([("--mask", what.mask.as_ref().map(|mask| mask.file()))]) {
        if name.is_some_and(is) {
            let why =
                "only the input can come from standard input; name a file (one that is called so is ./-)";
            return Err(Error::invalid(option, why));
        }
    }
    if is(&what.input) {
        what.input = store()?;
    }
    Ok(())
}

fn output(run: &mut Run) -> Result<()> {
    let wrong = |why: &str| Err(Error::file("standard output", why));
    if io::stdout().is_terminal() {
        return wrong("is a terminal, which shows no pixels; name a file, or send it into one with > or |");
    }
    if is_closed() {
        return wrong(
            "is closed, or /dev/null open for both ways as what is closed becomes; name a file, or send it into one with > or |",
        );
    }
    if run.resume {
        return wrong("keeps nothing that could be taken up by --resume; name a file");
    }
    run.output = folder()?.join("standard-output.fits");
    Ok(())
}

/// Whether standard output was closed when the program started: its runtime has then opened /dev/null, for reading too.
#[cfg(target_os = "linux")]
fn is_closed() -> bool {
    use rustix::fs;
    let out = rustix::stdio::stdout();
    let both = fs::fcntl_getfl(out).is_ok_and(|flags| flags & fs::OFlags::RWMODE == fs::OFlags::RDWR);
    let is_null = fs::fstat(out).ok().zip(fs::stat("/dev/null").ok());
    both && is_null.is_some_and(|(out, null)| (out.st_dev, out.st_ino) == (null.st_dev, null.st_ino))
}

#[cfg(not(target_os = "linux"))]
fn is_closed() -> bool {
    false
}

/// Standard input as a file.
fn store() -> Result<PathBuf> {
    let mut input = io::stdin().lock();
    if input.is_terminal() {
        return Err(Error::file(
            "standard input",
            "is a terminal, which has no pixels; send a file to it with < or |",
        ));
    }
    let failed = |e: io::Error| {
        let folder = std::env::temp_dir();
        let text = format!("cannot be stored in {}: {e}; TMPDIR names another folder", folder.display());
        Error::file("standard input", Why { text, source: Some(e) })
    };
    let mut head = Vec::new();
    input.by_ref().take(6).read_to_end(&mut head).map_err(failed)?;
    if head.is_empty() {
        return Err(Error::file("standard input", "is empty; send a FITS or .npy file to it with < or |"));
    }
    let end = if head == b"\x93NUMPY" { "npy" } else { "fits" };
    let path = folder()?.join(format!("standard-input.{end}"));
    let mut file = File::create_new(&path).map_err(failed)?;
    file.write_all(&head).and_then(|()| io::copy(&mut input, &mut file)).map_err(failed)?;
    Ok(path)
}

/// The folder, for this user alone.
fn folder() -> Result<&'static Path> {
    if FOLDER.get().is_none() {
        let random = RandomState::new().hash_one(std::process::id());
        let path = std::env::temp_dir().join(format!("reproject-{random:016x}"));
        #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has a mode to set"))]
        let mut make = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
        let failed = |e| Error::io(&path, "cannot be created for what passes through", e);
        make.create(&path).map_err(failed)?;
        let _ = FOLDER.set(path);
    }
    FOLDER.get().map(PathBuf::as_path).ok_or_else(|| Error::invalid("standard input", "has no folder"))
}
