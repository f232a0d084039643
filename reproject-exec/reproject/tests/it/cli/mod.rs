//! What the tests of the command share: small FITS files, runs of the binary, pixels read back.
#![allow(dead_code, reason = "each test file uses a part of it")]

use ndarray::{ArrayD, IxDyn};
use reproject_chunk::{Element, FitsFile, FitsOptions, FitsSink, HduSelect, Header};
use reproject_core::{ArraySink, ArraySource, Region, Tile};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A gnomonic grid about (150, 30) degrees, ICRS, an arcsecond a pixel; `crpix` places it.
pub(crate) fn tan(shape: [usize; 2], crpix: [f64; 2]) -> String {
    format!(
        "NAXIS   = 2\nNAXIS1  = {}\nNAXIS2  = {}\nCTYPE1  = 'RA---TAN'\nCTYPE2  = 'DEC--TAN'\nCRVAL1  = 150.0\nCRVAL2  = 30.0\n\
         CRPIX1  = {:?}\nCRPIX2  = {:?}\nCDELT1  = -0.0002777777777777778\nCDELT2  = 0.0002777777777777778\nRADESYS = 'ICRS'\n",
        shape[1], shape[0], crpix[0], crpix[1]
    )
}

/// Cards from text.
pub(crate) fn cards(text: &str) -> Header {
    Header::from_text(text.as_bytes()).unwrap()
}

/// Writes an image with further cards; integers may have a blank value.
pub(crate) fn write<T: Element>(path: &Path, image: &ArrayD<T>, text: &str, blank: Option<i64>) {
    let mut options = FitsOptions::new(image.shape(), T::FORMAT);
    (options.header, options.blank) = (cards(text), blank.map(i128::from));
    let sink = FitsSink::create(path, &options).unwrap();
    let mut tile = Tile::blank(Region::whole(image.shape()), T::default());
    tile.data.assign(image);
    sink.write(&tile).unwrap();
    sink.finish().unwrap();
}

/// An image of a shape from its row and column.
pub(crate) fn image<T: Element>(shape: [usize; 2], value: impl Fn(usize, usize) -> T) -> ArrayD<T> {
    ArrayD::from_shape_fn(IxDyn(&shape), |i| value(i[0], i[1]))
}

/// Numbers without a pattern, the same every time (a linear congruential generator, Knuth's MMIX constants).
pub(crate) fn noise(row: usize, column: usize) -> f64 {
    let seed = (row as u64) << 32 | column as u64;
    let n = (0..3).fold(seed, |n, _| n.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407));
    (n >> 40) as f64 / 1000.0
}

/// Pixels of an HDU, scaled, blanks as NaN.
pub(crate) fn read(path: &Path, hdu: usize) -> ArrayD<f64> {
    let image = FitsFile::open(path).unwrap().image(&HduSelect::Index(hdu)).unwrap();
    let mut out = ArrayD::zeros(IxDyn(image.shape()));
    image.read(&Region::whole(image.shape()), out.view_mut()).unwrap();
    out
}

/// The header of an HDU.
pub(crate) fn header(path: &Path, hdu: usize) -> Header {
    FitsFile::open(path).unwrap().hdus()[hdu].header.clone()
}

/// The command, in a folder.
pub(crate) fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reproject"));
    command.current_dir(folder).args(args);
    command
}

/// Runs the command to its end.
pub(crate) fn reproject(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

/// Runs the command, which must succeed, and gives what it printed.
pub(crate) fn succeed(folder: &Path, args: &[&str]) -> String {
    let out = reproject(folder, args);
    let errors = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{args:?}: {errors}");
    String::from_utf8(out.stdout).unwrap() + &errors
}

/// Runs the command, which must end with a code, and gives what it said.
pub(crate) fn fail(folder: &Path, args: &[&str], code: i32) -> String {
    let out = reproject(folder, args);
    let errors = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(code), "{args:?}: {errors}");
    errors
}

/// A file of the shared test data, where there is any.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if !path.exists() {
        eprintln!("{name} is not there: nothing to compare");
        return None;
    }
    Some(path)
}
