//! Finding what an interrupted run left under the temporary names of an output, and beginning anew or going on with it.

use super::book::{Book, Text, file, head, part, path};
use super::{Journaled, Resumable};
use crate::files::{open_own, part_path, suffixed, taken};
use crate::naming::{remove, settle, there};
use reproject_core::{Error, Region, Result};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The journal of an output that is about to be written, locked against other runs.
#[derive(Debug)]
pub struct Journal {
    book: Book,
    text: Text,
    head: String,
    /// The temporary names of the values and of the coverage.
    parts: Vec<PathBuf>,
    /// Other temporary names, which are of no use to a run that goes on.
    further: Vec<PathBuf>,
    found: Found,
    news: Option<String>,
}

/// The state in which an interrupted run has left an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing that could be taken up.
    Nothing,
    /// All: the output has its name, and is the one of this very run.
    Whole,
    /// A part, of this very run, with so many blocks entered.
    Part(usize),
    /// A part of another run, with so many blocks entered: a line that differs, as it is there and as this run says it.
    Other(usize, [String; 2]),
}

impl Journal {
    /// Looks at what lies under the temporary names of an output (`target`), its coverage and other files that the run is to
    /// write: `NAME.part`, `NAME.part.gz`, `NAME.part.old`. `run` says in lines of text what decides the result (input,
    /// output, options): a later run takes up this one only if it says the same. What a run left that was killed while
    /// it gave names is [brought in order](Journal::news).
    ///
    /// # Errors
    /// If another run is at work, or something lies there that is not the journal's: it is named, and stays as it is.
    pub fn open(target: &Path, coverage: Option<&Path>, others: &[PathBuf], run: &str) -> Result<Self> {
        let mut parts = vec![part_path(target)?];
        let mut further = vec![suffixed(&parts[0], ".gz"), suffixed(&parts[0], ".old")];
        if let Some(coverage) = coverage {
            let part = part_path(coverage)?;
            further.extend([suffixed(&part, ".gz"), suffixed(&part, ".old")]);
            parts.push(part);
        }
        further.extend(others.iter().map(|path| part_path(path)).collect::<Result<Vec<_>>>()?);
        let mut book = Book::open(path(&parts[0]))?;
        let (text, head) = (book.read()?, head(run));
        for name in parts.iter().chain(&further).filter(|name| there(name)) {
            owned(name, &text)?;
        }
        let whole = text.is_about(target);
        let news = settle(target, coverage, |path| text.is_about(path))?;
        let differs = text.differs(&head);
        let mut journal = Self { book, text, head, parts, further, found: Found::Nothing, news };
        let blocks = || journal.text.entries().map(|(region, _)| region).collect::<HashSet<_>>().len();
        journal.found = match (whole, differs) {
            (true, None) => Found::Whole,
            (false, None) if there(&journal.parts[0]) => Found::Part(blocks()),
            (false, Some(lines)) if there(&journal.parts[0]) => Found::Other(blocks(), lines),
            _ => Found::Nothing,
        };
        if whole {
            // What it replaced, and what it was made of.
            journal.clear(true)?;
            journal.book.cut(0)?;
        }
        Ok(journal)
    }

    /// The state in which an interrupted run has left the output.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// A line about files that were brought in order, for the user to know.
    pub fn news(&self) -> Option<&str> {
        self.news.as_deref()
    }

    /// Removes temporary files of an earlier run.
    fn clear(&self, parts: bool) -> Result<()> {
        let parts = self.parts.iter().filter(|_| parts);
        for name in parts.chain(&self.further).filter(|name| there(name)) {
            remove(name).map_err(|e| Error::io(name, "is of an interrupted run and cannot be removed", e))?;
        }
        Ok(())
    }

    /// Begins the output anew, which removes what an earlier run has left; `make` creates the sink.
    ///
    /// # Errors
    /// If the journal cannot be written, and those of `make`.
    pub fn begin<S: Resumable>(mut self, make: impl FnOnce() -> Result<S>) -> Result<Journaled<S>> {
        if there(&self.parts[0]) && self.text.is_about_other(&self.parts[0]) {
            return Err(taken(&self.parts[0]));
        }
        self.clear(true)?;
        self.book.cut(0)?;
        let files: String = self.parts.iter().chain(&self.further).map(|name| file(name)).collect();
        let begun = self.book.add(&format!("{}{files}", self.head));
        let made = begun.and_then(|()| make());
        let made =
            made.and_then(|sink| self.book.add(&part(&self.parts[0]).unwrap_or_default()).map(|()| sink));
        match made {
            Ok(sink) => Ok(Journaled::of(sink, self.book)),
            Err(error) => {
                if !self.parts.iter().any(|name| there(name)) {
                    // An empty one is removed; that it cannot be is not the error to report.
                    let _ = self.book.cut(0);
                }
                Err(error)
            }
        }
    }

    /// Goes on with what an interrupted run of the same description left; `make` opens it again, and `blocks` are those of this
    /// run. Gives those that are there already: entered, and with their check sum. What else is entered is passed over.
    ///
    /// # Errors
    /// If it is of another run, naming the line that differs, and those of `make`.
    pub fn resume<S: Resumable>(
        mut self,
        make: impl FnOnce() -> Result<S>,
        blocks: &[Region],
    ) -> Result<(Journaled<S>, HashSet<Region>)> {
        if let Some([found, wanted]) = self.text.differs(&self.head) {
            return Err(other(&self.book.path, &found, &wanted));
        }
        self.clear(false)?;
        let sink = make()?;
        let planned: HashSet<&Region> = blocks.iter().collect();
        // A block may have been entered again, after what it held was found damaged: the last word counts.
        let entered: BTreeMap<_, _> = (self.text.entries())
            .filter(|(region, _)| planned.contains(region))
            .map(|(region, sum)| ((region.start, region.shape), sum))
            .collect();
        let mut held = HashSet::new();
        for ((start, shape), sum) in entered {
            let region = Region::new(start, shape);
            if sink.digest(&region).is_ok_and(|found| found == sum) {
                sink.mark(&region);
                held.insert(region);
            }
        }
        self.book.cut(self.text.whole())?;
        let files = self
            .parts
            .iter()
            .chain(&self.further)
            .filter(|name| !self.text.lists(name))
            .map(|name| file(name));
        let moved =
            Some(()).filter(|()| !self.text.is_about(&self.parts[0])).and_then(|()| part(&self.parts[0]));
        self.book.add(&files.chain(moved).collect::<String>())?;
        Ok((Journaled::of(sink, self.book), held))
    }
}

/// The error of a journal that says something else.
fn other(path: &Path, found: &str, wanted: &str) -> Error {
    Error::file(path, format!("belongs to another run: it says \"{found}\", this run says \"{wanted}\""))
}

/// Refuses what is not a journal's, or no file or array that could be.
fn owned(name: &Path, text: &Text) -> Result<()> {
    if !text.lists(name) {
        return Err(taken(name));
    }
    let failed = |e: std::io::Error| Error::io(name, "cannot be examined", e);
    if std::fs::symlink_metadata(name).map_err(failed)?.is_dir() {
        let file = File::open(name).map_err(failed)?;
        crate::files::lock(&file, name)?;
        // An array, or what is left of one that was being removed.
        let array = ["zarr.json", ".zarray", ".zgroup"].iter().any(|own| name.join(own).is_file());
        let chunks =
            |entry: std::io::Result<std::fs::DirEntry>| entry.is_ok_and(|entry| entry.file_name() == "c");
        return match array || std::fs::read_dir(name).map_err(failed)?.all(chunks) {
            true => Ok(()),
            false => Err(taken(name)),
        };
    }
    match open_own(name)? {
        Some(file) => crate::files::lock(&file, name),
        None => Ok(()),
    }
}
