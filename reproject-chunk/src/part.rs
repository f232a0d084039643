//! A file that comes into being as `OUT.part` in the output's folder and takes its name only when it is whole.

use crate::files::{
    busy, create_new, exists, free, is_at, lock, open_own, part_path, reserve, rights, set_rights, suffixed,
    write_all_at,
};
use crate::naming::{Whole, give, in_place, remove};
use flate2::{Compression, write::GzEncoder};
use reproject_core::{Error, Region, Result, Why, bytes};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// An output file that is being written. Dropped before it is finished, it stays behind as `OUT.part`.
///
/// `OUT.part` is always a file of its own making: what lies there already is never opened, overwritten or removed. A name that
/// ends in `.gz` gets the gzipped file.
#[derive(Debug)]
pub struct Part {
    file: File,
    path: PathBuf,
    target: PathBuf,
    overwrite: bool,
}

impl Part {
    /// A new file of `length` bytes, all zero, for which the disk has room. It has the rights of the file that it is to replace.
    ///
    /// # Errors
    /// If the output exists and may not be replaced, something lies under the temporary name, or the disk has no room.
    pub fn create(target: &Path, length: u64, overwrite: bool) -> Result<Self> {
        refuse(target, overwrite)?;
        let path = part_path(target)?;
        let file = create_new(&path, rights(target))?;
        lock(&file, &path)?;
        let part = Self { file, path, target: target.to_owned(), overwrite };
        let room = match free(&part.file).filter(|&free| free < length) {
            Some(free) => {
                let why = format!("{} are free where it would lie", bytes(free as f64));
                Err(Why::of(io::ErrorKind::StorageFull, why))
            }
            None => reserve(&part.file, length).map_err(Why::from),
        };
        if let Err(Why { text, source }) = room {
            // Nothing of it is of use; another error than this one will not come of a failure to remove it.
            let _ = std::fs::remove_file(&part.path);
            let text = format!(
                "cannot be given its {}: {text}; make room, or write elsewhere",
                bytes(length as f64)
            );
            return Err(Error::file(target, Why { text, source }));
        }
        Ok(part)
    }

    /// Opens the file that an interrupted run left behind; it must have `length` bytes.
    pub(crate) fn reopen(target: &Path, length: u64, overwrite: bool) -> Result<Self> {
        refuse(target, overwrite)?;
        let path = part_path(target)?;
        let file = open_own(&path)?.ok_or_else(|| {
            Error::file(&path, Why::of(io::ErrorKind::NotFound, "is not there any more; start anew"))
        })?;
        lock(&file, &path)?;
        let found = file.metadata().map_err(|e| Error::file(&path, e))?.len();
        if found != length {
            let why =
                format!("has {found} bytes, and this run writes {length}; it cannot be resumed, start anew");
            return Err(Error::file(&path, why));
        }
        // Another run may have given it its final name before it was locked.
        if !is_at(&file, &path).map_err(|e| Error::file(&path, e))? {
            return Err(busy(&path));
        }
        Ok(Self { file, path, target: target.to_owned(), overwrite })
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The path where it lies now, `OUT.part`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it will lie.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Writes bytes in place; `block` is what an error calls them.
    pub(crate) fn write_at(&self, bytes: &[u8], offset: u64, block: &Region) -> Result<()> {
        write_all_at(&self.file, bytes, offset).map_err(|e| self.error(block, e))
    }

    /// The error of a block.
    pub(crate) fn error(&self, block: &Region, e: io::Error) -> Error {
        Error::io(&self.path, format_args!("block {block} cannot be written"), e)
    }

    /// Waits until everything written so far is on the disk.
    pub(crate) fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|e| Error::io(&self.path, "cannot be brought to the disk", e))
    }

    /// Brings everything to the disk and gives the file its name.
    ///
    /// # Errors
    /// If the disk fails, or somebody has replaced `OUT.part`; it says where the file is then.
    pub fn finish(self) -> Result<()> {
        Self::finish_all(self, None)
    }

    /// Finishes the file together with one of coverage: both get their names at once.
    pub(crate) fn finish_all(self, coverage: Option<Self>) -> Result<()> {
        let zipped = is_gzip(&self.target);
        let plain: Vec<PathBuf> =
            [Some(&self), coverage.as_ref()].into_iter().flatten().map(|p| p.path.clone()).collect();
        let target = self.target.clone();
        let data = self.complete()?;
        let coverage = coverage.map(Self::complete).transpose()?;
        give(&data.whole(), coverage.as_ref().map(Self::whole).as_ref())?;
        match zipped {
            true => plain.iter().try_for_each(|path| remove(path)).map_err(|e| in_place(&target, &plain, e)),
            false => Ok(()),
        }
    }

    /// The file as it is to be, on the disk: itself, or gzipped.
    fn complete(self) -> Result<Self> {
        let wrong = |e: io::Error| Error::io(&self.target, "cannot be completed", e);
        self.file.sync_all().map_err(wrong)?;
        refuse(&self.target, self.overwrite)?;
        let rights = rights(&self.target);
        let done = match is_gzip(&self.target) {
            false => self,
            true => {
                let path = suffixed(&self.path, ".gz");
                let file = create_new(&path, rights)?;
                if let Err(e) = zip(&self.file, &file).and_then(|()| file.sync_all()) {
                    // That it cannot be removed is not the error to report.
                    let _ = remove(&path);
                    return Err(wrong(e));
                }
                Self { file, path, ..self }
            }
        };
        if let Some(rights) = rights {
            let failed = |e: io::Error| Error::io(&done.path, "cannot be given its rights", e);
            set_rights(&done.file, rights).map_err(failed)?;
        }
        Ok(done)
    }

    fn whole(&self) -> Whole<'_> {
        Whole { held: &self.file, part: &self.path, target: &self.target }
    }
}

/// Whether a file of this name is to be gzipped (RFC 1952).
fn is_gzip(target: &Path) -> bool {
    target.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"))
}

/// Gzips a file, whatever its cursor; without name and time, so that two runs give the same bytes.
fn zip(mut from: &File, to: &File) -> io::Result<()> {
    from.seek(SeekFrom::Start(0))?;
    let mut stream = GzEncoder::new(BufWriter::with_capacity(1 << 20, to), Compression::default());
    io::copy(&mut BufReader::with_capacity(1 << 20, from), &mut stream)?;
    stream.finish()?.flush()
}

fn refuse(target: &Path, overwrite: bool) -> Result<()> {
    match std::fs::symlink_metadata(target) {
        Ok(m) if m.is_dir() => {
            Err(Error::file(target, Why::of(io::ErrorKind::IsADirectory, "is a folder; name a file in it")))
        }
        // A name given to the output would take the place of the device itself.
        Ok(m) if !m.is_file() && !m.is_symlink() => {
            Err(Error::file(target, "is a device or pipe, not a file; choose another name"))
        }
        Ok(_) if !overwrite => Err(exists(target)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_comes_last() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out.fits");
        let block = Region::new([0], [4]);
        let part = Part::create(&out, 4, false).unwrap();
        assert!(!out.exists() && dir.path().join("out.fits.part").exists());
        let other = Part::create(&out, 4, false).unwrap_err().to_string();
        assert!(other.contains("another run"), "{other}");
        part.write_at(b"abcd", 0, &block).unwrap();
        part.sync().unwrap();
        part.finish().unwrap();
        assert_eq!(std::fs::read(&out).unwrap(), b"abcd");
        assert!(!dir.path().join("out.fits.part").exists());
        assert!(Part::create(&out, 4, false).unwrap_err().to_string().contains("exists already"));
        Part::create(&out, 2, true).unwrap().finish().unwrap();
        assert_eq!(std::fs::read(&out).unwrap(), [0, 0]);
    }

    /// What a run has not made itself stays as it is, and so does what it leads to.
    #[cfg(unix)]
    #[test]
    fn names_that_are_taken_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let (out, part, precious) =
            (dir.path().join("out.fits"), dir.path().join("out.fits.part"), dir.path().join("p"));
        std::fs::write(&precious, "precious").unwrap();
        let fails = |what: &str| {
            let create = Part::create(&out, 4, true).unwrap_err().to_string();
            assert!(create.contains("out.fits.part") && create.contains("move it away"), "{what}: {create}");
            let reopen = Part::reopen(&out, 8, true).map(|_| ()).map_err(|e| e.to_string());
            assert!(what == "file" || reopen.as_ref().is_err_and(|e| e.contains(what)), "{what}: {reopen:?}");
            assert_eq!(std::fs::read(&precious).unwrap(), b"precious", "{what}");
        };
        std::os::unix::fs::symlink(&precious, &part).unwrap();
        fails("symbolic link");
        std::fs::remove_file(&part).unwrap();
        std::fs::hard_link(&precious, &part).unwrap();
        fails("hard link");
        std::fs::remove_file(&part).unwrap();
        std::fs::create_dir(&part).unwrap();
        fails("no file");
        std::fs::remove_dir(&part).unwrap();
        std::fs::write(&part, "somebody's").unwrap();
        fails("file");
        assert_eq!(std::fs::read(&part).unwrap(), b"somebody's");
    }

    /// A file that takes the temporary name meanwhile does not get the output's.
    #[cfg(unix)]
    #[test]
    fn only_what_was_written_gets_the_name() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out.fits");
        std::fs::write(&out, "old").unwrap();
        let part = Part::create(&out, 4, true).unwrap();
        std::fs::rename(part.path(), dir.path().join("moved")).unwrap();
        std::fs::write(part.path(), "another").unwrap();
        let e = part.finish().unwrap_err().to_string();
        assert!(e.contains("no longer what this run wrote"), "{e}");
        assert_eq!(std::fs::read(&out).unwrap(), b"old");
    }

    /// A private file stays private, also while it becomes.
    #[cfg(unix)]
    #[test]
    fn rights_are_those_of_the_file_that_is_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out.fits");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for rights in [0o600, 0o640, 0o444] {
            let _ = std::fs::remove_file(&out);
            std::fs::write(&out, "old").unwrap();
            std::fs::set_permissions(&out, std::fs::Permissions::from_mode(rights)).unwrap();
            let part = Part::create(&out, 4, true).unwrap();
            assert_eq!(mode(part.path()) & !0o200, rights & !0o200);
            part.finish().unwrap();
            assert_eq!(mode(&out), rights);
        }
    }

    /// RFC 1952: two bytes that say so, and the file inside.
    #[test]
    fn a_name_in_gz_gets_gzip() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out.fits.gz");
        let part = Part::create(&out, 100_000, false).unwrap();
        part.write_at(b"abcd", 50_000, &Region::new([0], [4])).unwrap();
        part.finish().unwrap();
        let bytes = std::fs::read(&out).unwrap();
        assert!(bytes.starts_with(&[0x1f, 0x8b]) && bytes.len() < 1000, "{} bytes", bytes.len());
        let mut inside = Vec::new();
        io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut inside).unwrap();
        assert!(inside.len() == 100_000 && &inside[50_000..50_004] == b"abcd");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    /// Runs that take up and finish the same output in turns never write into a finished one.
    #[cfg(unix)]
    #[test]
    fn a_name_that_moves_on_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let (path, moved) = (dir.path().join("a.part"), dir.path().join("a"));
        let file = File::create(&path).unwrap();
        assert!(is_at(&file, &path).unwrap());
        std::fs::rename(&path, &moved).unwrap();
        assert!(!is_at(&file, &path).unwrap());
        File::create(&path).unwrap();
        assert!(!is_at(&file, &path).unwrap() && is_at(&file, &moved).unwrap());
        let out = dir.path().join("out.fits");
        let finished = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|s| {
            for k in 0..4u8 {
                let (out, finished) = (&out, &finished);
                s.spawn(move || {
                    for _ in 0..200 {
                        let Ok(part) = Part::create(out, 4, true) else {
                            std::thread::yield_now();
                            continue;
                        };
                        assert_eq!(part.file().metadata().unwrap().len(), 4);
                        part.write_at(&[k; 4], 0, &Region::new([0], [4])).unwrap();
                        std::fs::rename(&part.path, out).unwrap();
                        let whole = std::fs::read(out).unwrap();
                        assert!(whole.len() == 4 && whole.iter().all(|b| *b == whole[0]), "{whole:?}");
                        finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                });
            }
        });
        assert!(finished.into_inner() > 0);
    }

    #[cfg(unix)]
    #[test]
    fn only_files_are_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("socket.fits");
        let _socket = std::os::unix::net::UnixListener::bind(&out).unwrap();
        assert!(Part::create(&out, 4, true).unwrap_err().to_string().contains("device"));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_is_said_early() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("big.fits");
        let e = Part::create(&out, 1 << 60, false).unwrap_err().to_string();
        assert!(e.contains("big.fits") && e.contains("1.153 EB"), "{e}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let e = Part::create(&dir.path().join("no/where.fits"), 1, false).unwrap_err().to_string();
        assert!(e.contains("there is no folder") && e.contains("no") && !e.contains("os error"), "{e}");
        assert!(Part::create(dir.path(), 1, true).unwrap_err().to_string().contains("folder"));
        drop(Part::create(&out, 10, false).unwrap());
        assert!(Part::reopen(&out, 11, false).unwrap_err().to_string().contains("10 bytes"));
        assert!(Part::reopen(&out, 10, false).is_ok());
    }

    #[test]
    fn an_output_that_cannot_be_says_of_what_kind_that_is() {
        use reproject_core::ErrorKind;
        let dir = tempfile::tempdir().unwrap();
        let kind = |out: &Path, length| Part::create(out, length, false).unwrap_err().kind();
        let out = dir.path().join("out.fits");
        assert_eq!(kind(dir.path(), 4), ErrorKind::IsADirectory);
        assert_eq!(kind(&dir.path().join("no/where.fits"), 4), ErrorKind::NotFound);
        assert_eq!(kind(&out, 1 << 60), ErrorKind::StorageFull);
        let part = Part::create(&out, 4, false).unwrap();
        assert_eq!(kind(&out, 4), ErrorKind::Busy);
        part.finish().unwrap();
        assert_eq!(kind(&out, 4), ErrorKind::AlreadyExists);
        std::fs::write(dir.path().join("b.fits.part"), "somebody's").unwrap();
        assert_eq!(kind(&dir.path().join("b.fits"), 4), ErrorKind::AlreadyExists);
        let read = |path: &Path| crate::open_file(path).unwrap_err().kind();
        assert_eq!(read(&dir.path().join("gone.fits")), ErrorKind::NotFound);
        assert_eq!(read(dir.path()), ErrorKind::IsADirectory);
    }
}
