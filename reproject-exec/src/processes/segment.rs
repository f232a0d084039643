//! Memory that processes reach by a path. On Linux it has no name in any folder: it is gone with the last process that has it
//! open, however that ends. Elsewhere it is a temporary file.

use reproject_core::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Memory made by this process.
#[derive(Debug)]
pub(crate) struct Segment {
    file: File,
    path: PathBuf,
}

fn wrong(doing: &str, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Store { what: format!("shared memory cannot be {doing}"), why: why.into() }
}

impl Segment {
    /// So many bytes of zeros; memory is taken as they are written.
    pub(crate) fn new(bytes: u64) -> Result<Self> {
        let (file, path) = create().map_err(|e| wrong("made", e))?;
        let segment = Self { file, path };
        segment.resize(bytes)?;
        Ok(segment)
    }

    /// These bytes, which nobody can change any more.
    pub(crate) fn holding(bytes: &[u8]) -> Result<Self> {
        let segment = Self::new(bytes.len() as u64)?;
        (&segment.file).write_all(bytes).map_err(|e| wrong("written", e))?;
        segment.seal()?;
        Ok(segment)
    }

    /// The bytes that another process [holds](Segment::holding).
    pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Self::open_sealed(path)?.read_to_end(&mut bytes).map_err(|e| wrong("read", e))?;
        Ok(bytes)
    }

    /// Cuts the memory or adds zeros to it.
    pub(crate) fn resize(&self, bytes: u64) -> Result<()> {
        self.file.set_len(bytes).map_err(|e| wrong(&format!("made {bytes} bytes long"), e))
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// How any process of the same user opens it, as long as this one keeps it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the memory of another process for reading and writing.
    pub(crate) fn open(path: &Path) -> Result<File> {
        OpenOptions::new().read(true).write(true).open(path).map_err(|e| wrong("opened", e))
    }

    /// Opens the memory of another process for reading. It must have been [sealed](Segment::seal).
    pub(crate) fn open_sealed(path: &Path) -> Result<File> {
        let file = File::open(path).map_err(|e| wrong("opened", e))?;
        if sealed(&file) { Ok(file) } else { Err(wrong("opened", "it may still change")) }
    }

    /// From now on nobody can write or cut it; there must be no writable map of it.
    pub(crate) fn seal(&self) -> Result<()> {
        seal(&self.file).map_err(|e| wrong("sealed", e))
    }
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, memfd_create};
    use std::fs::File;
    use std::os::fd::AsRawFd;
    use std::path::PathBuf;

    pub(super) fn create() -> std::io::Result<(File, PathBuf)> {
        let memory = memfd_create("reproject", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        let path = format!("/proc/{}/fd/{}", std::process::id(), memory.as_raw_fd());
        Ok((memory.into(), path.into()))
    }

    const SEALS: SealFlags = SealFlags::WRITE.union(SealFlags::SHRINK).union(SealFlags::GROW);

    pub(super) fn seal(file: &File) -> std::io::Result<()> {
        Ok(fcntl_add_seals(file, SEALS)?)
    }

    pub(super) fn sealed(file: &File) -> bool {
        fcntl_get_seals(file).is_ok_and(|seals| seals.contains(SEALS))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::fs::File;
    use std::path::PathBuf;

    pub(super) fn create() -> std::io::Result<(File, PathBuf)> {
        Ok(tempfile::NamedTempFile::new()?.keep()?)
    }

    pub(super) fn seal(file: &File) -> std::io::Result<()> {
        let mut rights = file.metadata()?.permissions();
        rights.set_readonly(true);
        file.set_permissions(rights)
    }

    pub(super) fn sealed(file: &File) -> bool {
        file.metadata().is_ok_and(|m| m.permissions().readonly())
    }

    impl Drop for super::Segment {
        fn drop(&mut self) {
            // A file that cannot be removed is left to the system's own clearing of temporary files.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

use system::{create, seal, sealed};
