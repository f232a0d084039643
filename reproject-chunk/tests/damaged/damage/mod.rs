//! What tests of damaged files share: memory and time that are counted, a look at every pixel, random numbers, files to damage.

pub(crate) mod change;
pub(crate) mod soak;

use ndarray::{ArrayD, IxDyn};
use reproject_chunk::{FitsFile, HduSelect};
use reproject_core::{ArraySource, Region, Result};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Memory is counted for the whole program: one test at a time.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(|e| e.into_inner())
}

/// A result, and the bytes allocated on the way to it, those given back included.
pub(crate) fn measured<T>(f: impl FnOnce() -> T) -> (T, usize) {
    let region = stats_alloc::Region::new(ALLOCATOR);
    let result = f();
    (result, region.change().bytes_allocated)
}

/// Time that this thread has had a processor, where the system says so.
pub(crate) fn busy() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|n| n.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// Every pixel of a small source, the corners of a large one.
pub(crate) fn pixels(source: &dyn ArraySource<f64>) -> Result<()> {
    let shape = source.shape();
    let all = shape.iter().try_fold(1usize, |n, &side| n.checked_mul(side));
    if all.is_some_and(|all| all <= 1 << 17) {
        return source.read(&Region::whole(shape), ArrayD::zeros(IxDyn(shape)).view_mut());
    }
    corners(source)
}

/// The corners of a source.
pub(crate) fn corners(source: &dyn ArraySource<f64>) -> Result<()> {
    let shape = source.shape();
    let first = Region::new(vec![0; shape.len()], shape.iter().map(|&n| n.min(2)).collect::<Vec<_>>());
    let last =
        Region::new(shape.iter().map(|&n| n.saturating_sub(1)).collect::<Vec<_>>(), vec![1; shape.len()]);
    for window in [first, last] {
        source.read(&window, ArrayD::zeros(IxDyn(&window.shape)).view_mut())?;
    }
    Ok(())
}

/// Opens every image and table of a file and reads of each.
pub(crate) fn look(path: &Path) -> Result<()> {
    let file = FitsFile::open(path)?;
    let mut outcome = Ok(());
    for hdu in file.hdus() {
        if !hdu.shape.is_empty() {
            let image = file.image(&HduSelect::Index(hdu.index)).and_then(|image| pixels(&image));
            outcome = outcome.and(image);
        }
        if let Ok(table) = file.table(&HduSelect::Index(hdu.index)) {
            for column in table.columns() {
                // A column without numbers is an error of this test, not of the file.
                let _ =
                    table.read(&column.name, 0).and(table.read(&column.name, table.rows().saturating_sub(1)));
            }
        }
    }
    match file.damage() {
        Some(damage) => Err(reproject_core::Error::file(path, damage)),
        None => outcome,
    }
}

/// A file among the fixtures.
pub(crate) fn fixture(name: &str) -> FitsFile {
    FitsFile::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// The bytes that an HDU of a fixture holds as its pixels.
pub(crate) fn bytes(file: &FitsFile, hdu: &HduSelect) -> Vec<u8> {
    let image = file.image(hdu).unwrap();
    let mut bytes = ArrayD::<u8>::zeros(IxDyn(image.shape()));
    image.read(&Region::whole(image.shape()), bytes.view_mut()).unwrap();
    bytes.into_raw_vec_and_offset().0
}

/// A file of the fixture of files as astropy writes them, by how it was written.
pub(crate) fn written(how: &str) -> Vec<u8> {
    let all = fixture("written.fits.gz");
    let plain = |h: &&reproject_chunk::fits::Hdu| h.header.text("OF").unwrap() == Some(how);
    let number = all.hdus().iter().find(plain).unwrap().index - 1;
    bytes(&all, &HduSelect::Index(number))
}

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n.max(1) as u64) as usize
    }

    pub(crate) fn of<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}
