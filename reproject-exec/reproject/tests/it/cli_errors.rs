//! What the command refuses, what it says then, and with which code it ends.

use crate::cli::*;
use std::path::Path;
use std::time::{Duration, Instant};

/// A folder with an image `in.fits` of 30 × 30 pixels and its own grid `grid.hdr`.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(
        &dir.path().join("in.fits"),
        &image([30, 30], |r, c| noise(r, c) as f32),
        &tan([30, 30], [15.0, 15.0]),
        None,
    );
    std::fs::write(dir.path().join("grid.hdr"), tan([30, 30], [15.0, 15.0])).unwrap();
    dir
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

#[test]
fn arguments_that_mean_nothing_are_usage_errors() {
    let dir = folder();
    let base = ["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits"];
    for (more, parts) in [
        (&["--order", "lanczos"][..], &["--order", "nearest (0)", "bilinear (1)"][..]),
        (&["--block", "0x7"], &["--block", "at least 1 row"]),
        (&["--block", "large"], &["256x1024"]),
        (&["--threads", "0"], &["--threads", "give 1 to 1024"]),
        (&["--threads", "100000"], &["--threads", "give 1 to 1024"]),
        (&["--dtype", "complex64"], &["--dtype", "float32"]),
        (&["--stretch", "asinh"], &["--preview"]),
        (&["--hdu", ""], &["--hdu", "EXTNAME"]),
        (&["--nonsense"], &["--nonsense"]),
    ] {
        says(&fail(dir.path(), &[&base[..], more].concat(), 2), parts);
    }
    fail(dir.path(), &["run", "in.fits"], 2);
    fail(dir.path(), &["run", "in.fits", "--to", "", "-o", "out.fits"], 2);
    fail(dir.path(), &["walk"], 2);
    fail(dir.path(), &[], 2);
    says(&succeed(dir.path(), &["run", "--help"]), &["Examples:", "--to", "galactic", "bilinear"]);
    assert_eq!(names(dir.path()), ["grid.hdr", "in.fits"]);
}

#[test]
fn files_are_neither_replaced_nor_eaten() {
    let dir = folder();
    let base = ["run", "in.fits", "--to", "grid.hdr", "--quiet", "-o"];
    let run = |more: &[&'static str]| [&base[..], more].concat();
    succeed(dir.path(), &run(&["out.fits"]));
    let first = std::fs::read(dir.path().join("out.fits")).unwrap();
    says(&fail(dir.path(), &run(&["out.fits", "--order", "0"]), 1), &["out.fits", "exists", "--overwrite"]);
    assert!(std::fs::read(dir.path().join("out.fits")).unwrap() == first);
    succeed(dir.path(), &run(&["out.fits", "--dtype", "float64", "--overwrite"]));
    assert!(std::fs::read(dir.path().join("out.fits")).unwrap() != first);
    let input = std::fs::read(dir.path().join("in.fits")).unwrap();
    says(&fail(dir.path(), &run(&["in.fits", "--overwrite"]), 1), &["in.fits", "is the input"]);
    assert!(std::fs::read(dir.path().join("in.fits")).unwrap() == input);
    says(&fail(dir.path(), &run(&["a.fits", "--preview", "a.fits"]), 1), &["a.fits", "PNG"]);
    says(&fail(dir.path(), &run(&["a.zarr", "--preview", "a.zarr/a.png"]), 1), &["two files"]);
    // The output is whole; only the picture is not.
    says(&fail(dir.path(), &run(&["p.fits", "--preview", "no/where.png"]), 1), &["no/where.png", "preview"]);
    succeed(dir.path(), &run(&["q.fits"]));
    let [p, q] = ["p.fits", "q.fits"].map(|name| dir.path().join(name));
    assert!(std::fs::read(&p).unwrap() == std::fs::read(&q).unwrap());
    [p, q].iter().for_each(|path| std::fs::remove_file(path).unwrap());
    says(&fail(dir.path(), &run(&["."]), 1), &["is a folder"]);
    // The coverage has a file of its own beside an .npy output.
    let npy = std::path::Path::new("in.footprint.npy");
    succeed(dir.path(), &["run", "in.fits", "--to", "in.fits", "-o", "in.footprint.npy", "--quiet"]);
    let own = ["run", "in.footprint.npy", "--header", "in.fits", "--to", "in.fits", "-o", "in.npy"];
    let before = std::fs::read(dir.path().join(npy)).unwrap();
    says(&fail(dir.path(), &[&own[..], &["--footprint", "--overwrite"]].concat(), 1), &["is the input"]);
    assert!(std::fs::read(dir.path().join(npy)).unwrap() == before);
    std::fs::remove_file(dir.path().join(npy)).unwrap();
    // A header that is none of an image of the sky.
    std::fs::write(dir.path().join("bare.hdr"), "OBJECT  = 'M 13    '\n").unwrap();
    let bare = ["run", "in.footprint.npy", "--header", "bare.hdr", "--to", "icrs", "-o", "a.fits"];
    succeed(dir.path(), &["run", "in.fits", "--to", "in.fits", "-o", "in.footprint.npy", "--quiet"]);
    says(&fail(dir.path(), &bare, 1), &["in.footprint.npy", "CTYPEn", "sky"]);
    for name in ["bare.hdr", "in.footprint.npy"] {
        std::fs::remove_file(dir.path().join(name)).unwrap();
    }
    // Targets are called so; inputs have an option.
    let named = ["run", "in.fits[0]", "--to", "icrs", "-o", "a.fits"];
    says(&fail(dir.path(), &named, 1), &["in.fits[0]", "--hdu 0"]);
    // What would be written to until it is whole.
    std::fs::rename(dir.path().join("in.fits"), dir.path().join("b.fits.part")).unwrap();
    let own = ["run", "b.fits.part", "--to", "icrs", "-o", "b.fits"];
    says(&fail(dir.path(), &own, 1), &["b.fits.part", "is the input"]);
    std::fs::rename(dir.path().join("b.fits.part"), dir.path().join("in.fits")).unwrap();
    assert!(std::fs::read(dir.path().join("in.fits")).unwrap() == input);
    assert_eq!(names(dir.path()), ["grid.hdr", "in.fits", "out.fits"]);
}

#[test]
fn images_that_lie_apart_are_an_error_with_both_footprints() {
    let dir = folder();
    let far = tan([20, 20], [10.0, 10.0]).replace("CRVAL1  = 150.0", "CRVAL1  = 200.0");
    std::fs::write(dir.path().join("far.hdr"), far).unwrap();
    let error = fail(dir.path(), &["run", "in.fits", "--to", "far.hdr", "-o", "out.fits"], 1);
    says(&error, &["lie apart", "in.fits, HDU 0", "far.hdr", "30 × 30", "20 × 20", "ICRS"]);
    // Corner pixels: 14 arcseconds from (150, 30), 9 from (200, 30).
    says(&error, &["(150.00449, +29.99611)", "(200.00289, +29.99750)"]);
    assert_eq!(names(dir.path()), ["far.hdr", "grid.hdr", "in.fits"]);
}

#[test]
fn inputs_that_cannot_be_read_are_named() {
    let dir = folder();
    let run = |input: &str, more: &[&str]| {
        fail(dir.path(), &[&["run", input, "--to", "grid.hdr", "-o", "out.fits"], more].concat(), 1)
    };
    says(&run("absent.fits", &[]), &["absent.fits", "cannot be opened"]);
    says(&run("grid.hdr", &[]), &["grid.hdr", "not FITS"]);
    says(&run("in.fits", &["--hdu", "3"]), &["in.fits", "no HDU 3", "HDU 0"]);
    says(&run("in.fits", &["--hdu", "SCI,2"]), &["in.fits", "SCI,2"]);
    let whole = std::fs::read(dir.path().join("in.fits")).unwrap();
    std::fs::write(dir.path().join("cut.fits"), &whole[..whole.len() - 2881]).unwrap();
    says(&run("cut.fits", &[]), &["cut.fits", "HDU 0", "cut short"]);
    let wrong = |name: &str, text: &str| {
        write(&dir.path().join(name), &image([8, 8], |r, c| (r + c) as f32), text, None);
        run(name, &[])
    };
    says(
        &wrong("plain.fits", "OBJECT  = 'none    '\n"),
        &["plain.fits", "HDU 0", "no longitude and latitude"],
    );
    let unknown = tan([8, 8], [4.0, 4.0]).replace("TAN", "XYZ");
    says(&wrong("xyz.fits", &unknown), &["xyz.fits", "HDU 0", "CTYPE1", "XYZ"]);
    let solar = tan([8, 8], [4.0, 4.0]).replace("RA---TAN", "HPLN-TAN").replace("DEC--TAN", "HPLT-TAN");
    says(&wrong("sun.fits", &solar), &["sun.fits", "grid.hdr", "no sphere"]);
    assert!(!dir.path().join("out.fits").exists() && !dir.path().join("out.fits.part").exists());
}

#[test]
fn targets_that_are_no_grids_are_named() {
    let dir = folder();
    let run = |to: &str| fail(dir.path(), &["run", "in.fits", "--to", to, "-o", "out.fits"], 1);
    says(&run("orion"), &["orion", "no such file", "galactic", "north-up"]);
    says(&run("in.fits[4]"), &["in.fits", "no HDU 4"]);
    says(&run("in.fits[]"), &["in.fits[]", "EXTNAME"]);
    std::fs::write(dir.path().join("picture.png"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap();
    says(&run("picture.png"), &["picture.png", "is a PNG image"]);
    let sizeless: String = tan([9, 9], [4.0, 4.0])
        .lines()
        .filter(|l| !l.starts_with("NAXIS"))
        .map(|l| format!("{l}\n"))
        .collect();
    std::fs::write(dir.path().join("sizeless.hdr"), sizeless).unwrap();
    says(&run("sizeless.hdr"), &["sizeless.hdr", "NAXIS"]);
    std::fs::write(dir.path().join("zero.hdr"), tan([0, 9], [4.0, 4.0])).unwrap();
    says(&run("zero.hdr"), &["zero.hdr", "NAXIS"]);
    std::fs::write(dir.path().join("long.hdr"), "X".repeat(81) + "\n").unwrap();
    says(&run("long.hdr"), &["long.hdr", "line 1", "80"]);
}

/// The sky has to lie along the last two array axes.
#[test]
fn a_cube_with_the_sky_elsewhere_names_its_axes() {
    let dir = folder();
    let text = "CTYPE1  = 'FREQ    '\nCTYPE2  = 'RA---TAN'\nCTYPE3  = 'DEC--TAN'\nCRVAL2  = 150.0\nCRVAL3  = 30.0\n\
                CDELT2  = -0.001\nCDELT3  = 0.001\n";
    let cube = ndarray::ArrayD::<f32>::zeros(ndarray::IxDyn(&[5, 5, 3]));
    write(&dir.path().join("cube.fits"), &cube, text, None);
    let error = fail(dir.path(), &["run", "cube.fits", "--to", "grid.hdr", "-o", "out.fits"], 1);
    says(&error, &["cube.fits", "FREQ", "RA---TAN", "axes 2 and 3"]);
}

#[test]
fn a_folder_without_an_array_is_told() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("empty.zarr")).unwrap();
    let error = fail(dir.path(), &["plan", "empty.zarr", "--to", "galactic"], 1);
    says(&error, &["empty.zarr", "zarr.json", ".zarray"]);
}

/// A device that has the name of an output stays what it is.
#[cfg(unix)]
#[test]
fn only_files_are_replaced() {
    let dir = folder();
    let _sockets = ["socket", "socket.png"]
        .map(|name| std::os::unix::net::UnixListener::bind(dir.path().join(name)).unwrap());
    let base = ["run", "in.fits", "--to", "grid.hdr", "--overwrite", "-o"];
    for more in [&["socket"][..], &["out.fits", "--preview", "socket.png"]] {
        says(&fail(dir.path(), &[&base[..], more].concat(), 1), &["socket", "device"]);
    }
    assert_eq!(names(dir.path()), ["grid.hdr", "in.fits", "socket", "socket.png"]);
    succeed(dir.path(), &[&base[..], &["out.fits", "--preview", "out.png"]].concat());
    assert_eq!(names(dir.path()), ["grid.hdr", "in.fits", "out.fits", "out.png", "socket", "socket.png"]);
}

/// A pipe whose reader has gone takes neither the result nor the code.
#[cfg(unix)]
#[test]
fn nobody_has_to_listen() {
    let dir = folder();
    let run = |to: &str| {
        let args = ["run", "in.fits", "--to", to, "-o", "out.fits"];
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command(dir.path(), &args).stderr(writer).status().unwrap().code()
    };
    assert_eq!(run("orion"), Some(1));
    assert_eq!(run("grid.hdr"), Some(0));
    assert!(dir.path().join("out.fits").exists());
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_no_finished_file() {
    let dir = folder();
    // Ten thousand pixels a side of one input pixel: seconds of work in a debug build, on one thread.
    let text =
        tan([10_000, 10_000], [5000.0, 5000.0]).replace("0.0002777777777777778", "0.0000000277777777778");
    std::fs::write(dir.path().join("large.hdr"), text).unwrap();
    let args = ["run", "in.fits", "--to", "large.hdr", "-o", "out.fits", "--threads", "1"];
    let mut run = command(dir.path(), &args).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let part = dir.path().join("out.fits.part");
    let start = Instant::now();
    while !part.exists() && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(100));
    let kill = std::process::Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let asked = Instant::now();
    let status = run.wait().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(status.code(), Some(130));
    assert!(!dir.path().join("out.fits").exists() && part.exists());
    let mut said = String::new();
    std::io::Read::read_to_string(&mut run.stderr.take().unwrap(), &mut said).unwrap();
    says(&said, &["interrupted", "out.fits.part"]);
}
