//! What the system said reaches the caller from threads and from workers: its kind, its number, and the words.
#![cfg(unix)]

use super::support::{How, IN, Pixels, any, count, processes, run};
use ndarray::ArrayViewMutD;
use reproject_chunk::{Encoding, Format, RawHandle};
use reproject_core::{
    ArraySource, Axes, Error, ErrorKind, Executor, Identity, Nearest, Opened, Region, Reproject, Result,
};
use reproject_exec::{Processes, Serial, Threads};
use serde::{Deserialize, Serialize};
use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};

/// An image that opens its file at every read, and has nothing in it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Late(PathBuf, [usize; 2]);

impl ArraySource<f32> for Late {
    fn shape(&self) -> &[usize] {
        &self.1
    }
    fn read(&self, _: &Region, _: ArrayViewMutD<'_, f32>) -> Result<()> {
        let read = std::fs::read(&self.0).map(|_| ());
        read.map_err(|e| Error::io(&self.0, "cannot be read", e))
    }
}

pub(crate) type LateJob = Reproject<f32, f32, Axes<2, Identity>, Nearest, Late>;

fn workers() -> Processes {
    processes(2, &crate::jobs())
}

/// The kind, and the system's number of what is behind the error.
fn asked(error: &Error) -> (ErrorKind, Option<i32>) {
    let source = error.source().and_then(|said| said.downcast_ref::<io::Error>());
    (error.kind(), source.and_then(io::Error::raw_os_error))
}

fn number(call: io::Result<Vec<u8>>) -> Option<i32> {
    call.unwrap_err().raw_os_error()
}

#[test]
fn a_block_that_cannot_read_says_why_whoever_computes_it() {
    let dir = tempfile::tempdir().unwrap();
    for (path, kind) in [
        (dir.path().join("gone"), ErrorKind::NotFound),
        (dir.path().to_owned(), ErrorKind::IsADirectory),
        (PathBuf::from("/dev/null/below"), ErrorKind::Other),
    ] {
        let late = Late(path.clone(), [6, 8]);
        let job: LateJob = Reproject::new(&[6, 8], Axes::new(Identity), Nearest, late).unwrap();
        let wanted = number(std::fs::read(&path));
        let threads = Threads::new(count(2)).unwrap();
        let all: [&dyn Executor<LateJob>; 2] = [&Serial, &threads];
        for by in all {
            let error = run(by, &job, &[3, 4], &()).unwrap_err();
            assert_eq!(asked(&error), (kind, wanted), "{error}");
        }
        let error = run(&workers(), &job, &[3, 4], &()).unwrap_err();
        let known = if kind == ErrorKind::Other { ErrorKind::Block } else { kind };
        assert_eq!(asked(&error), (known, wanted), "{error}");
        let said = format!("{}: cannot be read", path.display());
        assert!(matches!(error, Error::Block { .. }) && error.to_string().contains(&said), "{error}");
    }
}

#[test]
fn an_input_that_has_gone_before_a_worker_opens_it_is_not_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in.raw");
    let opened = |path: &Path| {
        std::fs::write(path, vec![0; IN[0] * IN[1] * 4]).unwrap();
        RawHandle::raw(path, 0, &IN, None, Encoding::native(Format::F32)).and_then(Opened::new)
    };
    let job = any(How::Bilinear, Pixels::Npy(opened(&path).unwrap()));
    assert!(run(&workers(), &job, &[20, 20], &()).is_ok());
    std::fs::remove_file(&path).unwrap();
    let error = run(&workers(), &job, &[20, 20], &()).unwrap_err();
    assert_eq!(asked(&error), (ErrorKind::NotFound, number(std::fs::read(&path))), "{error}");
    let text = format!("job: cannot be set up in a worker: {}: cannot be opened", path.display());
    assert!(error.to_string().starts_with(&text), "{error}");
    // No call has failed: it has the kind, and no number.
    std::fs::create_dir(&path).unwrap();
    let error = run(&workers(), &job, &[20, 20], &()).unwrap_err();
    assert_eq!(asked(&error), (ErrorKind::IsADirectory, None), "{error}");
}
