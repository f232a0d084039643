//! A file that comes into being as `OUT.part` beside the output and takes its name only when it is whole.

use reproject_core::{Error, Region, Result};
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// An output file that is being written. Dropped before it is finished, it stays behind as `OUT.part`.
#[derive(Debug)]
pub(crate) struct Part {
    file: File,
    path: PathBuf,
    target: PathBuf,
    overwrite: bool,
}

impl Part {
    /// A new file of `length` bytes, all zero, for which the disk has room.
    pub(crate) fn create(target: &Path, length: u64, overwrite: bool) -> Result<Self> {
        let part = Self::open(target, overwrite, true)?;
        if let Err(e) = part.file.set_len(0).and_then(|()| reserve(&part.file, length)) {
            // Nothing of it is of use; another error than this one will not come of a failure to remove it.
            let _ = std::fs::remove_file(&part.path);
            return Err(Error::file(target, format!("cannot be given its {length} bytes: {e}")));
        }
        Ok(part)
    }

    /// What an interrupted run left behind; it must have `length` bytes.
    pub(crate) fn reopen(target: &Path, length: u64, overwrite: bool) -> Result<Self> {
        let part = Self::open(target, overwrite, false)?;
        let found = part.file.metadata().map_err(|e| Error::file(&part.path, e))?.len();
        if found != length {
            let why =
                format!("has {found} bytes, and this run writes {length}; it cannot be resumed, start anew");
            return Err(Error::file(&part.path, why));
        }
        Ok(part)
    }

    fn open(target: &Path, overwrite: bool, create: bool) -> Result<Self> {
        refuse(target, overwrite)?;
        let path = beside(target)?;
        let failed = |e: io::Error| Error::file(&path, format!("cannot be opened for writing: {e}"));
        // Between opening and locking, another run may have given the file its final name: then it is not ours to write.
        for _ in 0..8 {
            let file = OpenOptions::new().read(true).write(true).create(create).truncate(false).open(&path);
            let file = file.map_err(failed)?;
            lock(&file, &path)?;
            if is_at(&file, &path).map_err(failed)? {
                refuse(target, overwrite)?;
                return Ok(Self { file, path, target: target.to_owned(), overwrite });
            }
        }
        Err(busy(&path))
    }

    /// The file.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Where it lies now.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where it will lie.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Writes bytes in place; `block` is what an error calls them.
    pub(crate) fn write_at(&self, bytes: &[u8], offset: u64, block: &Region) -> Result<()> {
        write_all_at(&self.file, bytes, offset).map_err(|e| self.error(block, &e))
    }

    /// The error of a block.
    pub(crate) fn error(&self, block: &Region, e: &io::Error) -> Error {
        Error::file(&self.path, format!("block {block} cannot be written: {e}"))
    }

    /// Waits until everything written so far is on the disk.
    pub(crate) fn sync(&self) -> Result<()> {
        self.file
            .sync_data()
            .map_err(|e| Error::file(&self.path, format!("cannot be brought to the disk: {e}")))
    }

    /// Brings everything to the disk and gives the file its name.
    pub(crate) fn finish(self) -> Result<()> {
        let wrong = |e: io::Error| Error::file(&self.target, format!("cannot be completed: {e}"));
        self.file.sync_all().map_err(wrong)?;
        refuse(&self.target, self.overwrite)?;
        std::fs::rename(&self.path, &self.target).map_err(wrong)?;
        // The new name is safe once the folder is; where folders cannot be opened, the system sees to it.
        let folder = self.target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let Ok(folder) = File::open(folder) {
            folder.sync_all().map_err(wrong)?;
        }
        Ok(())
    }
}

fn busy(path: &Path) -> Error {
    Error::file(path, "is being written by another run; wait for it or choose another output")
}

/// Locks an open file or folder against other runs; file systems without locks do without.
pub(crate) fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(busy(path)),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// Whether an open file or folder is still what its path names.
#[cfg(unix)]
pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let open = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

#[cfg(not(unix))]
pub(crate) fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

/// `OUT.part`.
pub(crate) fn beside(target: &Path) -> Result<PathBuf> {
    let Some(name) = target.file_name() else {
        return Err(Error::file(target, "is no file name; name the output file"));
    };
    let mut name: OsString = name.to_owned();
    name.push(".part");
    Ok(target.with_file_name(name))
}

fn refuse(target: &Path, overwrite: bool) -> Result<()> {
    match std::fs::symlink_metadata(target) {
        Ok(m) if m.is_dir() => Err(Error::file(target, "is a folder; name a file in it")),
        // A name given to the output would take the place of the device itself.
        Ok(m) if !m.is_file() && !m.is_symlink() => {
            Err(Error::file(target, "is a device or pipe, not a file; choose another name"))
        }
        Ok(_) if !overwrite => {
            Err(Error::file(target, "exists already; choose another name or allow overwriting"))
        }
        _ => Ok(()),
    }
}

/// Makes room on the disk, so that a full one is an error now and not after hours.
#[cfg(target_os = "linux")]
fn reserve(file: &File, length: u64) -> io::Result<()> {
    use rustix::{fs, io::Errno};
    if length == 0 {
        return Ok(());
    }
    loop {
        match fs::fallocate(file, fs::FallocateFlags::empty(), 0, length) {
            Err(Errno::INTR) => {}
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => return file.set_len(length),
            other => return other.map_err(io::Error::from),
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(file: &File, length: u64) -> io::Result<()> {
    file.set_len(length)
}

/// Writes at an offset without moving a cursor: safe from many threads.
#[cfg(unix)]
pub(crate) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
pub(crate) fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_write(file, bytes, offset)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => (bytes, offset) = (&bytes[n..], offset + n as u64),
        }
    }
    Ok(())
}

/// Reads at an offset without moving a cursor.
#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => (bytes, offset) = (&mut bytes[n..], offset + n as u64),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_comes_last() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out.fits");
        let block = Region::new([0], [4]);
        drop(Part::create(&out, 8, false).unwrap());
        assert!(!out.exists() && dir.path().join("out.fits.part").exists());
        let part = Part::create(&out, 4, false).unwrap();
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
                        let Ok(part) = Part::create(out, 4, true) else { continue };
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
        assert!(finished.into_inner() >= 200);
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
        assert!(e.contains("big.fits") && e.contains("bytes"), "{e}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(Part::create(&dir.path().join("no/where.fits"), 1, false).is_err());
        assert!(Part::create(dir.path(), 1, true).unwrap_err().to_string().contains("folder"));
        Part::create(&out, 10, false).unwrap();
        assert!(Part::reopen(&out, 11, false).unwrap_err().to_string().contains("10 bytes"));
        assert!(Part::reopen(&out, 10, false).is_ok());
    }
}
