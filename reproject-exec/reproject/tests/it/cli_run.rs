//! `reproject run` from file to file: pixels, headers, types, and that nothing depends on how the work is cut.

use crate::cli::*;
use ndarray::{ArrayD, Axis, IxDyn, s};

const NEAREST: [&str; 3] = ["--order", "nearest", "--quiet"];

/// Bilinear interpolation at a position inside an image.
fn bilinear(image: &ArrayD<f64>, y: f64, x: f64) -> f64 {
    let (j, i) = (y.floor(), x.floor());
    let (v, u) = (y - j, x - i);
    let at = |dj: usize, di: usize| image[[j as usize + dj, i as usize + di]];
    let row = |dj| at(dj, 0) * (1.0 - u) + at(dj, 1) * u;
    row(0) * (1.0 - v) + row(1) * v
}

#[test]
fn a_shifted_grid_gets_interpolated_pixels() {
    let dir = tempfile::tempdir().unwrap();
    let input = image([40, 50], |r, c| noise(r, c) as f32);
    write(&dir.path().join("in.fits"), &input, &tan([40, 50], [25.0, 20.0]), None);
    // Output (x, y) is input (x + 3.25, y − 2.5).
    std::fs::write(dir.path().join("grid.hdr"), tan([44, 47], [21.75, 22.5])).unwrap();
    succeed(dir.path(), &["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits", "--footprint"]);
    let (out, footprint) = (read(&dir.path().join("out.fits"), 0), read(&dir.path().join("out.fits"), 1));
    assert_eq!(out.shape(), [44, 47]);
    assert_eq!(header(&dir.path().join("out.fits"), 0).integer("BITPIX").unwrap(), Some(-32));
    assert_eq!(header(&dir.path().join("out.fits"), 1).text("EXTNAME").unwrap(), Some("FOOTPRINT"));
    let input = input.mapv(f64::from);
    let mut inside = 0;
    for (index, value) in out.indexed_iter() {
        let (y, x) = (index[0] as f64 - 2.5, index[1] as f64 + 3.25);
        let covered = (-0.5..=39.5).contains(&y) && x <= 49.5;
        // Positions on the border may fall on either side.
        if (y + 0.5).abs() < 1e-6 || (y - 39.5).abs() < 1e-6 {
            continue;
        }
        assert_eq!(footprint[&index], f64::from(u8::from(covered)), "{index:?}");
        assert_eq!(value.is_nan(), !covered);
        if (0.0..39.0).contains(&y) && x < 49.0 {
            inside += 1;
            // Values reach 17000; float32 holds 7 digits.
            assert!((value - bilinear(&input, y, x)).abs() < 2e-3, "{index:?}: {value}");
        }
    }
    assert_eq!(inside, 39 * 46);
}

#[test]
fn cuts_and_threads_do_not_change_a_byte() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("in.fits"), &image([300, 310], noise), &tan([300, 310], [150.0, 140.0]), None);
    let run = |name: &str, more: &[&str]| {
        let args = ["run", "in.fits", "--to", "galactic", "-o", name, "--footprint", "--quiet"];
        assert_eq!(succeed(dir.path(), &[&args[..], more].concat()), "");
        std::fs::read(dir.path().join(name)).unwrap()
    };
    let first = run("a.fits", &[]);
    assert!(first == run("b.fits", &[]));
    for (k, more) in [["--threads", "1"], ["--threads", "7"], ["--block", "1x1000"], ["--block", "37x11"]]
        .iter()
        .enumerate()
    {
        assert!(first == run(&format!("{k}.fits"), more), "{more:?}");
    }
    let finite = read(&dir.path().join("a.fits"), 0).iter().filter(|v| v.is_finite()).count();
    assert!(finite > 80_000, "{finite} of the input's 93000 pixels");
}

#[test]
fn integers_are_copied_or_become_floats() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let mut input = image([20, 20], |r, c| (100 * r + c) as i16);
    input[[5, 5]] = -99;
    write(&file("in.fits"), &input, &tan([20, 20], [10.0, 10.0]), Some(-99));
    std::fs::write(file("grid.hdr"), tan([20, 20], [7.0, 10.0])).unwrap();
    let run = |out: &str, more: &[&str]| {
        succeed(dir.path(), &[&["run", "in.fits", "--to", "grid.hdr", "-o", out, "--quiet"], more].concat());
        (header(&file(out), 0), read(&file(out), 0))
    };
    let (h, copied) = run("copy.fits", &NEAREST[..2]);
    assert_eq!((h.integer("BITPIX").unwrap(), h.integer("BLANK").unwrap()), (Some(16), Some(-99)));
    for (index, v) in copied.indexed_iter() {
        let (r, c) = (index[0], index[1] + 3);
        let blank = c > 19 || (r, c) == (5, 5);
        assert!(if blank { v.is_nan() } else { *v == (100 * r + c) as f64 }, "{index:?}: {v}");
    }
    let (h, floats) = run("float.fits", &[]);
    assert_eq!((h.integer("BITPIX").unwrap(), h.get("BLANK")), (Some(-32), None));
    assert!((floats[[3, 4]] - 307.0).abs() < 1e-3 && floats[[5, 2]].is_nan());
    let (h, wide) = run("wide.fits", &["--dtype", "float64"]);
    assert_eq!((h.integer("BITPIX").unwrap(), wide[[3, 4]].round()), (Some(-64), 307.0));
    let (h, rounded) = run("round.fits", &["--dtype", "input"]);
    assert_eq!((h.integer("BITPIX").unwrap(), rounded[[3, 4]]), (Some(16), 307.0));
    assert!(rounded[[0, 19]].is_nan());
    let (h, bytes) = run("byte.fits", &[&["--dtype", "uint8"], &NEAREST[..2]].concat());
    assert_eq!((h.integer("BLANK").unwrap(), bytes[[1, 4]]), (Some(255), 107.0));
}

/// Unsigned pixels may have the highest value: it must not come to mean "no value".
#[test]
fn saturated_pixels_keep_their_value() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    write(&file("in.fits"), &image([4, 4], |r, c| 255 - (4 * r + c) as u8), &tan([4, 4], [2.0, 2.0]), None);
    std::fs::write(file("grid.hdr"), tan([4, 4], [1.0, 2.0])).unwrap();
    let run = ["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits"];
    succeed(dir.path(), &[&run[..], &NEAREST[..2]].concat());
    let (h, data) = (header(&file("out.fits"), 0), read(&file("out.fits"), 0));
    assert_eq!((h.integer("BITPIX").unwrap(), h.integer("BLANK").unwrap()), (Some(16), Some(-32768)));
    assert_eq!((data[[0, 0]], data[[1, 0]]), (254.0, 250.0));
    assert!(data[[0, 3]].is_nan());
    succeed(dir.path(), &[&["run", "in.fits", "--to", "in.fits", "-o", "same.fits"], &NEAREST[..2]].concat());
    assert_eq!(read(&file("same.fits"), 0)[[0, 0]], 255.0);
}

#[test]
fn large_integers_stay_exact() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    // 2^53 + 1 is no float64.
    let input = image([4, 4], |r, c| (1i64 << 53) + 1 + (4 * r + c) as i64);
    write(&file("in.fits"), &input, &tan([4, 4], [2.0, 2.0]), None);
    succeed(dir.path(), &[&["run", "in.fits", "--to", "in.fits", "-o", "out.fits"], &NEAREST[..]].concat());
    let (a, b) = (std::fs::read(file("in.fits")).unwrap(), std::fs::read(file("out.fits")).unwrap());
    let data = |bytes: &[u8]| bytes[bytes.len() - 2880..][..128].to_vec();
    assert_eq!(data(&a), data(&b));
    let unsigned = image([4, 4], |r, c| u64::MAX - (4 * r + c) as u64);
    write(&file("u.fits"), &unsigned, &tan([4, 4], [2.0, 2.0]), None);
    succeed(dir.path(), &[&["run", "u.fits", "--to", "u.fits", "-o", "v.fits"], &NEAREST[..]].concat());
    let (a, b) = (std::fs::read(file("u.fits")).unwrap(), std::fs::read(file("v.fits")).unwrap());
    assert_eq!(data(&a), data(&b));
}

#[test]
fn planes_of_a_cube_go_through_alike() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let cube =
        ArrayD::from_shape_fn(IxDyn(&[2, 3, 30, 30]), |i| noise(i[2], i[3]) + 1e5 * (3 * i[0] + i[1]) as f64);
    let spectral = "CTYPE3  = 'FREQ    '\nCRPIX3  = 2.0\nCRVAL3  = 1.42E9\nCDELT3  = 1.0E6\nCUNIT3  = 'Hz      '\n\
                    CTYPE4  = 'STOKES  '\nCRVAL4  = 1.0\nCRPIX4  = 1.0\nCDELT4  = 1.0\nRESTFRQ = 1.420405752E9\n";
    let sky = tan([30, 30], [15.0, 15.0]);
    write(&file("cube.fits"), &cube, &(sky.clone() + spectral), None);
    write(&file("plane.fits"), &cube.slice(s![1, 2, .., ..]).into_owned().into_dyn(), &sky, None);
    let rotated = "NAXIS   = 2\nNAXIS1  = 25\nNAXIS2  = 28\nCTYPE1  = 'RA---TAN'\nCTYPE2  = 'DEC--TAN'\nCRVAL1  = 150.0\nCRVAL2  = 30.0\n\
                   CRPIX1  = 12.0\nCRPIX2  = 14.0\nCD1_1   = -0.00025\nCD1_2   = 0.0001\nCD2_1   = 0.0001\nCD2_2   = 0.00025\n";
    std::fs::write(file("grid.hdr"), rotated).unwrap();
    for name in ["cube", "plane"] {
        let [from, to] = [format!("{name}.fits"), format!("{name}_out.fits")];
        succeed(dir.path(), &["run", &from, "--to", "grid.hdr", "-o", &to, "--quiet"]);
    }
    let (cubes, plane) = (read(&file("cube_out.fits"), 0), read(&file("plane_out.fits"), 0));
    assert_eq!(cubes.shape(), [2, 3, 28, 25]);
    assert!(plane.iter().filter(|v| v.is_finite()).count() > 600);
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
    let last = cubes.index_axis(Axis(0), 1).index_axis_move(Axis(0), 2);
    assert!(last.iter().zip(&plane).all(|(a, b)| same(*a, *b)));
    let h = header(&file("cube_out.fits"), 0);
    assert_eq!((h.integer("WCSAXES").unwrap(), h.integer("NAXIS4").unwrap()), (Some(4), Some(2)));
    assert_eq!((h.text("CTYPE3").unwrap(), h.float("CD3_3").unwrap()), (Some("FREQ"), Some(1e6)));
    assert_eq!(
        (h.text("CTYPE4").unwrap(), h.float("RESTFRQ").unwrap()),
        (Some("STOKES"), Some(1.420405752e9))
    );
    assert_eq!((h.get("CDELT3"), h.get("CDELT1")), (None, None));
}

#[test]
fn the_header_says_where_what_and_how() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let own = "OBJECT  = 'M 13    '\nBUNIT   = 'MJy/sr  '\nDATE-OBS= '2001-02-03T04:05:06'\nEXPTIME = 12.5\nDATAMAX = 9.0\n\
               CTYPE1A = 'LINEAR  '\nCRVAL1A = 3.0\nCHECKSUM= 'abcdefghijklmnop'\nA_ORDER = 2\nB_ORDER = 2\nA_2_0   = 1.0E-9\n\
               LTV1    = 5.0\nEXTNAME = 'SCI     '\nCOMMENT kept as it is\nHISTORY made by hand\nHIERARCH ESO TEL ALT = 55.5\n";
    write(&file("in.fits"), &image([30, 30], noise), &(tan([30, 30], [15.0, 15.0]) + own), None);
    let target = tan([20, 20], [10.0, 10.0])
        + "OBJECT  = 'not this'\nLONPOLE = 180.0\nPV1_1   = 0.0\nCTYPE1B = 'LINEAR  '\n";
    std::fs::write(file("grid.hdr"), target).unwrap();
    succeed(dir.path(), &["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits", "--quiet"]);
    let h = header(&file("out.fits"), 0);
    let once = [
        "OBJECT",
        "BUNIT",
        "DATE-OBS",
        "EXPTIME",
        "COMMENT",
        "ESO TEL ALT",
        "CTYPE1",
        "CRPIX1",
        "LONPOLE",
        "PV1_1",
        "RADESYS",
    ];
    for keyword in once {
        assert_eq!(h.get_all(keyword).count(), 1, "{keyword}");
    }
    assert_eq!((h.text("OBJECT").unwrap(), h.float("CRPIX1").unwrap()), (Some("M 13"), Some(10.0)));
    for keyword in [
        "DATAMAX", "CTYPE1A", "CRVAL1A", "CHECKSUM", "A_ORDER", "B_ORDER", "A_2_0", "LTV1", "EXTNAME",
        "CTYPE1B",
    ] {
        assert_eq!(h.get(keyword), None, "{keyword}");
    }
    let history: Vec<_> = h.get_all("HISTORY").map(|r| r.value().to_string()).collect();
    assert_eq!(history[0], "made by hand");
    let made = history[1..].join(" ");
    for part in [env!("CARGO_PKG_VERSION"), "in.fits, HDU 0", "grid.hdr", "bilinear"] {
        assert!(made.contains(part), "{part} in {made}");
    }
    // What changes values is said; nothing of it was said above.
    succeed(dir.path(), &["run", "in.fits", "--to", "grid.hdr", "-o", "b.fits", "--quiet", "--no-roundtrip"]);
    let other: String =
        header(&file("b.fits"), 0).get_all("HISTORY").map(|r| r.value().to_string()).collect();
    assert!(other.contains("round trip") && !made.contains("round trip"), "{other}");
}

/// Half way between pixels a plane keeps its values under every way of interpolating, away from the edges: all are exact for it, or
/// symmetric there.
#[test]
fn every_order_keeps_a_plane() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    write(
        &file("in.fits"),
        &image([60, 60], |r, c| 3.0 * r as f64 - 2.0 * c as f64),
        &tan([60, 60], [30.0, 30.0]),
        None,
    );
    // Output (x, y) is input (x + 10.5, y + 9.5).
    std::fs::write(file("grid.hdr"), tan([40, 40], [19.5, 20.5])).unwrap();
    for order in ["nearest", "bilinear", "biquadratic", "bicubic", "adaptive", "exact", "0", "1", "2", "3"] {
        let args = [
            "run",
            "in.fits",
            "--to",
            "grid.hdr",
            "-o",
            "out.fits",
            "--overwrite",
            "-q",
            "--footprint",
            "--order",
            order,
        ];
        succeed(dir.path(), &args);
        let (out, footprint) = (read(&file("out.fits"), 0), read(&file("out.fits"), 1));
        let whole = |v: f64| if matches!(order, "nearest" | "0") { (v + 1e-9 + 0.5).floor() } else { v };
        for (index, value) in out.indexed_iter() {
            let want = 3.0 * whole(index[0] as f64 + 9.5) - 2.0 * whole(index[1] as f64 + 10.5);
            // Rows within 1e-9 of half a pixel go up; everything else is good to rounding and to the splines' mirrored
            // edges, which are 9 pixels away (a cubic forgets by 0.27 a pixel).
            assert!((value - want).abs() < 2e-3, "{order} {index:?}: {value} for {want}");
            assert!((footprint[&index] - 1.0).abs() < 1e-6, "{order} {index:?}");
        }
        let history: String =
            header(&file("out.fits"), 0).get_all("HISTORY").map(|r| r.value().to_string()).collect();
        let name = ["nearest", "bilinear", "biquadratic", "bicubic"]
            .get(order.parse::<usize>().unwrap_or(9))
            .unwrap_or(&order);
        assert!(history.contains(name), "{order}: {history}");
    }
}

/// A target that is a cube itself: planes go where their frequencies are, not where they stand.
#[test]
fn a_cube_onto_a_cube_moves_along_all_axes() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let spectral = |planes: usize, value: f64| {
        let sky = tan([30, 30], [15.0, 15.0]).replace("NAXIS   = 2", "NAXIS   = 3");
        format!(
            "{sky}NAXIS3  = {planes}\nCTYPE3  = 'FREQ    '\nCRPIX3  = 1.0\nCRVAL3  = {value:?}\nCDELT3  = 1.0E6\nCUNIT3  = 'Hz      '\n"
        )
    };
    let cube = ArrayD::from_shape_fn(IxDyn(&[5, 30, 30]), |i| 1000.0 * i[0] as f64 + noise(i[1], i[2]));
    write(&file("cube.fits"), &cube, &spectral(5, 1.4e9), None);
    std::fs::write(file("grid.hdr"), spectral(4, 1.40225e9)).unwrap();
    succeed(dir.path(), &["run", "cube.fits", "--to", "grid.hdr", "-o", "out.fits", "-q"]);
    let out = read(&file("out.fits"), 0);
    assert_eq!(out.shape(), [4, 30, 30]);
    for (index, value) in out.indexed_iter() {
        // Output plane k lies at input plane k + 2.25, and the input ends at 4.5.
        let at = index[0] as f64 + 2.25;
        if at > 4.5 {
            assert!(value.is_nan());
        } else {
            let want = 1000.0 * at.min(4.0) + noise(index[1], index[2]);
            assert!((value - want).abs() < 1e-4, "{index:?}: {value} for {want}");
        }
    }
    let h = header(&file("out.fits"), 0);
    assert_eq!((h.float("CRVAL3").unwrap(), h.get_all("CTYPE3").count()), (Some(1.40225e9), 1));
    let error =
        fail(dir.path(), &["run", "cube.fits", "--to", "grid.hdr", "-o", "a.fits", "--order", "exact"], 1);
    assert!(error.contains("exact") && error.contains("grid.hdr"), "{error}");
    // Onto an image, the planes stay where they are.
    succeed(dir.path(), &["run", "cube.fits", "--to", "icrs", "-o", "planes.fits", "-q"]);
    assert_eq!(header(&file("planes.fits"), 0).float("CRVAL3").unwrap(), Some(1.4e9));
}

/// A map of the whole sky has no edge where its columns meet, nor at its poles.
#[test]
fn the_sky_has_no_seam() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let grid = |[nx, ny]: [usize; 2], code: &str, [lon, lat]: [f64; 2], scale: f64| {
        let (x, y) = (nx as f64 / 2.0 + 0.5, ny as f64 / 2.0 + 0.5);
        format!(
            "NAXIS   = 2\nNAXIS1  = {nx}\nNAXIS2  = {ny}\nCTYPE1  = 'RA---{code}'\nCTYPE2  = 'DEC--{code}'\nCRVAL1  = {lon:?}\n\
             CRVAL2  = {lat:?}\nCRPIX1  = {x:?}\nCRPIX2  = {y:?}\nCDELT1  = {:?}\nCDELT2  = {scale:?}\n",
            -scale
        )
    };
    // Smooth around the sky: the cosine of the angle from (0, 0).
    let value = |r: usize, c: usize| {
        let (ra, dec) = ((359.5 - c as f64).to_radians(), (r as f64 - 89.5).to_radians());
        dec.cos() * ra.cos()
    };
    write(&file("sky.fits"), &image([180, 360], value), &grid([360, 180], "CAR", [180.0, 0.0], 1.0), None);
    for (centre, least, most) in
        [([0.0, 0.0], 0.98, 1.0), ([0.0, 90.0], -0.2, 0.2), ([180.0, -90.0], -0.2, 0.2)]
    {
        std::fs::write(file("grid.hdr"), grid([41, 41], "TAN", centre, 0.25)).unwrap();
        for order in ["bilinear", "bicubic", "nearest"] {
            succeed(
                dir.path(),
                &[
                    "run",
                    "sky.fits",
                    "--to",
                    "grid.hdr",
                    "-o",
                    "out.fits",
                    "--overwrite",
                    "-q",
                    "--order",
                    order,
                ],
            );
            let out = read(&file("out.fits"), 0);
            assert!(out.iter().all(|v| (least..=most).contains(v)), "{centre:?} {order}");
        }
    }
}
