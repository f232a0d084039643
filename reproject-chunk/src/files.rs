//! Files that a run makes for itself: created where nothing is, locked, told from what somebody else put under their name; and
//! reading and writing at an offset.

use reproject_core::{Error, Result, Why};
#[cfg(unix)]
use rustix::fs::OFlags;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Opens a file for reading; what is no file (a pipe, a device) is not waited for.
///
/// # Errors
/// If there is none, or it may not be read.
pub fn open_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, OFlags::NONBLOCK.bits() as i32);
    let failed = |e: io::Error| match e.kind() {
        io::ErrorKind::NotFound => {
            Error::file(path, Why { text: "cannot be opened: there is no such file".into(), source: Some(e) })
        }
        _ => Error::io(path, "cannot be opened", e),
    };
    let file = options.open(path).map_err(failed)?;
    match file.metadata().map_err(failed)? {
        found if found.is_dir() => {
            Err(Error::file(path, Why::of(io::ErrorKind::IsADirectory, "is a folder; a file is needed")))
        }
        found if !found.is_file() => {
            Err(Error::file(path, "is a pipe or device, and no file, which can be read in any order"))
        }
        _ => Ok(file),
    }
}

pub(crate) fn busy(path: &Path) -> Error {
    let why = "is being written by another run; wait for it or choose another output";
    Error::file(path, Why::of(io::ErrorKind::ResourceBusy, why))
}

pub(crate) fn exists(path: &Path) -> Error {
    let why = "exists already; choose another name or allow overwriting";
    Error::file(path, Why::of(io::ErrorKind::AlreadyExists, why))
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
    match std::fs::symlink_metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

#[cfg(not(unix))]
pub(crate) fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

/// Creates a file where nothing is.
pub(crate) fn create_new(path: &Path, rights: Option<u32>) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    if let Some(rights) = rights {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(rights | 0o600);
    }
    #[cfg(not(unix))]
    let _ = rights;
    options.open(path).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => taken(path),
        _ => uncreated(path, e),
    })
}

/// The error of what cannot be created.
pub(crate) fn uncreated(path: &Path, e: io::Error) -> Error {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty() && !p.exists());
    match folder.filter(|_| e.kind() == io::ErrorKind::NotFound) {
        Some(folder) => {
            let text = format!("cannot be created: there is no folder {}", folder.display());
            Error::file(path, Why { text, source: Some(e) })
        }
        None => Error::io(path, "cannot be created", e),
    }
}

/// The error of a temporary name that is taken.
pub(crate) fn taken(path: &Path) -> Error {
    let open = match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => File::open(path).ok(),
        _ => open_own(path).ok().flatten(),
    };
    if let Some(Err(busy)) = open.map(|file| lock(&file, path)) {
        return busy;
    }
    let why = "is there already, and this run needs the name until its output is whole; nothing says that an interrupted run left \
               it, so it stays: move it away, or choose another output";
    Error::file(path, Why::of(io::ErrorKind::AlreadyExists, why))
}

/// Opens a file that a run of ours may have made: no link, no pipe, and known by no other name. `None` if there is nothing.
pub(crate) fn open_own(path: &Path) -> Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    }
    let strange = |what: &str| {
        Error::file(
            path,
            format!("is {what}, which no run of this program makes; move it away, or choose another output"),
        )
    };
    match std::fs::symlink_metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::io(path, "cannot be examined", e)),
        Ok(m) if m.is_symlink() => return Err(strange("a symbolic link")),
        Ok(m) if !m.is_file() => return Err(strange("no file")),
        Ok(_) => {}
    }
    let file = options.open(path).map_err(|e| Error::io(path, "cannot be opened for writing", e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let found = file.metadata().map_err(|e| Error::io(path, "cannot be examined", e))?;
        if found.nlink() > 1 {
            return Err(strange("a file with other names besides (a hard link)"));
        }
    }
    Ok(Some(file))
}

/// The rights of the file or folder that a name leads to.
#[cfg(unix)]
pub(crate) fn rights(target: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(target).ok().map(|m| m.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
pub(crate) fn rights(_: &Path) -> Option<u32> {
    None
}

/// Gives an open file or folder its rights.
#[cfg(unix)]
pub(crate) fn set_rights(file: &File, rights: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(rights))
}

#[cfg(not(unix))]
pub(crate) fn set_rights(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

/// The path with `end` after its name: `OUT.fits` and `.part` make `OUT.fits.part`.
pub fn suffixed(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// `OUT.part`, under which an output is written until it is whole.
pub(crate) fn part_path(target: &Path) -> Result<PathBuf> {
    match target.file_name() {
        None => Err(Error::file(target, "is no file name; name the output file")),
        Some(name) => Ok(suffixed(&target.with_file_name(name), ".part")),
    }
}

/// Bytes that are free where a file lies, where that can be known.
#[cfg(unix)]
pub(crate) fn free(file: &File) -> Option<u64> {
    let disk = rustix::fs::fstatvfs(file).ok().filter(|disk| disk.f_blocks > 0)?;
    disk.f_bfree.checked_mul(disk.f_frsize)
}

#[cfg(not(unix))]
pub(crate) fn free(_: &File) -> Option<u64> {
    None
}

/// Makes room on the disk, so that a full one is an error now and not after hours.
#[cfg(target_os = "linux")]
pub(crate) fn reserve(file: &File, length: u64) -> io::Result<()> {
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
pub(crate) fn reserve(file: &File, length: u64) -> io::Result<()> {
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
