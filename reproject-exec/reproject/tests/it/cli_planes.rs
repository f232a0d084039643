//! Cubes whose planes mean nothing that can be read, where the sky alone decides.

use crate::cli::*;
use ndarray::{ArrayD, IxDyn};
use std::path::Path;

/// Writes a cube of three planes and further cards.
fn cube(path: &Path, more: &str) {
    let cube = ArrayD::from_shape_fn(IxDyn(&[3, 9, 9]), |i| (100 * i[0] + 10 * i[1] + i[2]) as f32);
    write(path, &cube, &(tan([9, 9], [5.0, 5.0]) + more), None);
}

const UNREAD: &str = "CTYPE3  = 'FREQ'\nCRVAL3  = 'abc'\nCRPIX3  = 1.0\nCDELT3  = 1.0\n";

#[test]
fn planes_of_the_same_cards_stay_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    for (name, cards) in
        [("a", UNREAD), ("b", "CTYPE3  = 'FREQ'\nCRVAL3  = 1.4E9\nCRPIX3  = 1.0\nCDELT3  = 0.0\n")]
    {
        let (input, output) = (format!("{name}.fits"), format!("{name}.out.fits"));
        cube(&folder.join(&input), cards);
        succeed(folder, &["run", &input, "--to", &input, "--order", "nearest", "-o", &output]);
        assert!(read(&folder.join(&output), 0) == read(&folder.join(&input), 0), "{cards}");
    }
    // Of other cards nobody knows which plane is which.
    cube(&folder.join("c.fits"), &UNREAD.replace("FREQ", "VELO"));
    let said = fail(folder, &["run", "a.fits", "--to", "c.fits", "-o", "out.fits"], 1);
    assert!(said.contains("CRVAL3") && said.contains("header of one plane"), "{said}");
}

#[test]
fn an_image_goes_onto_the_plane_of_any_cube() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    write(
        &folder.join("in.fits"),
        &image([9, 9], |r, c| (10 * r + c) as f32),
        &tan([9, 9], [5.0, 5.0]),
        None,
    );
    cube(
        &folder.join("tab.fits"),
        "CTYPE3  = 'WAVE-TAB'\nCUNIT3  = 'um'\nCRPIX3  = 1.0\nCRVAL3  = 1.0\nCDELT3  = 1.0\nPS3_0   = 'WCS-TABLE'\nPS3_1   = 'wavelength'\n",
    );
    succeed(folder, &["run", "in.fits", "--to", "tab.fits", "--order", "nearest", "-o", "out.fits"]);
    assert!(read(&folder.join("out.fits"), 0) == read(&folder.join("in.fits"), 0));
    assert!(header(&folder.join("out.fits"), 0).get("CTYPE3").is_none());
}

/// Where the target turns with CROTA a matrix cannot say what an axis without a scale is.
#[test]
fn a_scale_of_zero_counts_from_one() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    cube(&folder.join("in.fits"), "CTYPE3  = 'FREQ'\nCRVAL3  = 1.4E9\nCRPIX3  = 1.0\nCDELT3  = 0.0\n");
    std::fs::write(folder.join("grid.hdr"), tan([9, 9], [5.0, 5.0]) + "CROTA2  = 30.0\n").unwrap();
    succeed(folder, &["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits"]);
    let out = header(&folder.join("out.fits"), 0);
    assert_eq!((out.float("CDELT3").unwrap(), out.get("CTYPE3")), (Some(1.0), None));
    assert_eq!(read(&folder.join("out.fits"), 0).shape(), [3, 9, 9]);
}

/// A grism without grooves leads nowhere; that the images lie apart is not what is wrong.
#[test]
fn a_grism_without_grooves_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let grism = "CTYPE3  = 'WAVE-GRI'\nCUNIT3  = 'm'\nCRVAL3  = 7.0E-7\nCRPIX3  = 1.0\nCDELT3  = 1.0E-9\n";
    cube(&folder.join("in.fits"), grism);
    cube(&folder.join("grid.fits"), &grism.replace("7.0E-7", "7.1E-7"));
    let said = fail(folder, &["run", "in.fits", "--to", "grid.fits", "-o", "out.fits"], 1);
    assert!(said.contains("PV3_0") && !said.contains("lie apart"), "{said}");
}
