//! The journal as a file: `OUT.part.journal`, locked as long as it is open.
//!
//! It is text: a line with its version, the lines that say which run it is, a blank line, then in any order a line `file: NAME` for
//! every temporary file that the run makes, a line `part: DEVICE INODE` for the file or folder of the values, and a line per
//! block with start, shape and the CRC-32 of its stored bytes. It is there, on the disk, before any of those files is made: what
//! lies under a temporary name that it does not list is not the run's.

use crate::files::{busy, create_new, is_at, lock, open_own, suffixed};
use crate::naming::there;
use reproject_core::{Error, Region, Result};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The words that every journal begins with, and the version of its format.
const MARK: &str = "reproject journal ";
const VERSION: &str = "2";

/// Bytes of a journal that are read, at most: ten million blocks.
const LONGEST: u64 = 1 << 30;

/// A journal that is open and locked. Dropped while it is empty, it is removed.
#[derive(Debug)]
pub(super) struct Book {
    file: File,
    pub(super) path: PathBuf,
}

impl Book {
    /// Opens and locks the journal of an output; a new one if there is none.
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        // Between opening and locking, another run may have finished and removed it.
        for _ in 0..8 {
            let file = match open_own(&path)? {
                Some(file) => file,
                None => match create_new(&path, None) {
                    Err(_) if there(&path) => continue,
                    file => file?,
                },
            };
            lock(&file, &path)?;
            if is_at(&file, &path).map_err(|e| Error::io(&path, "cannot be examined", e))? {
                return Ok(Self { file, path });
            }
        }
        Err(busy(&path))
    }

    /// Reads its text.
    pub(super) fn read(&mut self) -> Result<Text> {
        let mut bytes = Vec::new();
        let read = self.file.rewind().and_then(|()| (&self.file).take(LONGEST).read_to_end(&mut bytes));
        read.map_err(|e| Error::io(&self.path, "cannot be read", e))?;
        let text = Text(bytes);
        if !text.is_ours() {
            let why = "is no journal of a run of this program, which needs the name; move it away, or choose another output";
            return Err(Error::file(&self.path, why));
        }
        Ok(text)
    }

    /// Keeps so many bytes of it.
    pub(super) fn cut(&mut self, length: usize) -> Result<()> {
        let cut =
            self.file.set_len(length as u64).and_then(|()| self.file.seek(SeekFrom::End(0)).map(|_| ()));
        cut.map_err(|e| Error::io(&self.path, "cannot be written", e))
    }

    /// Adds lines, which are on the disk then.
    pub(super) fn add(&mut self, text: &str) -> Result<()> {
        let added = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        added.map_err(|e| Error::io(&self.path, "cannot be written", e))
    }

    /// Removes it, unless somebody has put another file in its place.
    pub(super) fn remove(self) -> io::Result<()> {
        if is_at(&self.file, &self.path)? { std::fs::remove_file(&self.path) } else { Ok(()) }
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        if self.file.metadata().is_ok_and(|m| m.len() == 0) && is_at(&self.file, &self.path).unwrap_or(false)
        {
            // It says nothing, and is taken for a new one if it stays.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The text of a journal.
#[derive(Debug)]
pub(super) struct Text(Vec<u8>);

impl Text {
    /// Whether it is, or begins like, a journal.
    fn is_ours(&self) -> bool {
        let first = self.0.len().min(MARK.len());
        self.0[..first] == MARK.as_bytes()[..first]
    }

    /// The lines that say which run it is, without the blank one that ends them, and the bytes after that.
    fn parts(&self) -> Option<(&[u8], &[u8])> {
        let end = self.0.windows(2).position(|pair| pair == b"\n\n")?;
        Some((&self.0[..=end], &self.0[end + 2..]))
    }

    /// The first line in which its head differs from that of a run: what it says, and what the run says. The version comes
    /// first.
    pub(super) fn differs(&self, head: &str) -> Option<[String; 2]> {
        let found = self.parts().map_or(&self.0[..], |(head, _)| head);
        let found = String::from_utf8_lossy(found);
        let (mut found, mut wanted) = (found.lines(), head.trim_end_matches('\n').lines());
        loop {
            match (found.next(), wanted.next()) {
                (None, None) => return None,
                (a, b) if a == b => {}
                (a, b) => return Some([a, b].map(|line| line.unwrap_or("nothing more").to_owned())),
            }
        }
    }

    /// Lines after the head; one that was cut off in the middle is none.
    fn body(&self) -> impl Iterator<Item = &str> {
        let body = self.parts().map_or(&[][..], |(_, body)| body);
        let lines = body.split_inclusive(|byte| *byte == b'\n');
        lines.filter_map(|line| std::str::from_utf8(line.strip_suffix(b"\n")?).ok())
    }

    /// Bytes up to the last whole line.
    pub(super) fn whole(&self) -> usize {
        self.0.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
    }

    /// Whether it lists a temporary file.
    pub(super) fn lists(&self, path: &Path) -> bool {
        let line = file(path);
        self.body().any(|found| found == line.trim_end())
    }

    /// Whether a path leads to the values that it is about, whatever they are called now.
    pub(super) fn is_about(&self, path: &Path) -> bool {
        let found = part(path);
        found.is_some() && self.values() == found.as_deref().map(str::trim_end)
    }

    /// Whether it is about other values than those that a path leads to.
    pub(super) fn is_about_other(&self, path: &Path) -> bool {
        self.values().is_some() && !self.is_about(path)
    }

    fn values(&self) -> Option<&str> {
        self.body().filter(|line| line.starts_with(PART)).last()
    }

    /// The blocks that are entered and their check sums. Lines that say something else are passed over.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Region, u32)> {
        self.body().filter_map(parse)
    }
}

/// The head of a journal; `run` are lines of text.
pub(super) fn head(run: &str) -> String {
    let lines: String = run.lines().filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect();
    format!("{MARK}{VERSION}\n{lines}\n")
}

/// The line of a temporary file.
pub(super) fn file(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("file: {}\n", name.escape_default())
}

const PART: &str = "part: ";

/// The line that tells the values apart from everything else on this machine.
#[cfg(unix)]
pub(super) fn part(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::symlink_metadata(path).ok()?;
    Some(format!("{PART}{} {}\n", found.dev(), found.ino()))
}

#[cfg(not(unix))]
pub(super) fn part(_: &Path) -> Option<String> {
    None
}

/// The line of a block.
pub(super) fn entry(region: &Region, sum: u32) -> String {
    let list = |n: &[usize]| n.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    format!("{} {} {sum:08x}\n", list(&region.start), list(&region.shape))
}

fn parse(line: &str) -> Option<(Region, u32)> {
    let mut words = line.split(' ');
    let mut list = || words.next()?.split(',').map(|n| n.parse().ok()).collect::<Option<Vec<usize>>>();
    let (start, shape) = (list()?, list()?);
    let sum = words.next().filter(|w| w.len() == 8).and_then(|w| u32::from_str_radix(w, 16).ok())?;
    (start.len() == shape.len() && words.next().is_none()).then(|| (Region::new(start, shape), sum))
}

/// `OUT.part.journal`, for `OUT.part`.
pub(super) fn path(part: &Path) -> PathBuf {
    suffixed(part, ".journal")
}
