//! Targets by file and keyword, the preview, `info`, and real images where the shared test data are there.

use crate::cli::*;
use ndarray::{ArrayD, IxDyn};
use reproject_chunk::{FitsFile, HduSelect, Header};
use reproject_core::{
    ArraySource, Axes, Blanks, Checked, Footprint, Interpolate, Job, Order, Region, Reproject,
};
use reproject_wcs::{Keywords, Wcs, sky_map};
use std::fs;
use std::path::Path;

/// Grey and opacity of a PNG file, its top row first, with its width.
fn picture(path: &Path) -> (usize, Vec<[u8; 2]>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(frame.color_type, png::ColorType::GrayscaleAlpha);
    (frame.width as usize, bytes[..frame.buffer_size()].as_chunks::<2>().0.to_vec())
}

#[test]
fn a_file_and_its_header_as_text_are_the_same_target() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    write(&file("in.fits"), &image([60, 60], noise), &tan([60, 60], [30.0, 30.0]), None);
    let grid = tan([50, 40], [17.3, 22.9]).replace("CRVAL2  = 30.0", "CRVAL2  = 30.002");
    write(&file("grid.fits"), &image([50, 40], |_, _| 0u8), &grid, None);
    std::fs::write(file("grid.hdr"), &grid).unwrap();
    // The same cards without line ends, padded to 80 columns.
    let flat: String = grid.lines().map(|l| format!("{l:<80}")).collect();
    std::fs::write(file("flat.hdr"), flat).unwrap();
    let run = |to: &str| {
        succeed(dir.path(), &["run", "in.fits", "--to", to, "-o", "out.fits", "--quiet", "--overwrite"]);
        read(&file("out.fits"), 0).mapv(f64::to_bits)
    };
    let first = run("grid.fits");
    assert_eq!(first.shape(), [50, 40]);
    for to in ["grid.fits[0]", "grid.fits[PRIMARY]", "grid.hdr", "flat.hdr"] {
        assert_eq!(first, run(to), "{to}");
    }
}

#[test]
fn grids_that_fit_hold_the_input() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let turned = tan([80, 90], [45.5, 40.5])
        .replace("CDELT1  = -0.0002777777777777778\n", "CROTA2  = 25.0\nCDELT1  = -0.0002777777777777778\n");
    write(&file("in.fits"), &image([80, 90], |_, _| 1.0f32), &turned, None);
    for (to, ctype) in [("galactic", "GLON-TAN"), ("icrs", "RA---TAN"), ("north-up", "RA---TAN")] {
        succeed(dir.path(), &["run", "in.fits", "--to", to, "-o", "out.fits", "--quiet", "--overwrite"]);
        let h = header(&file("out.fits"), 0);
        assert_eq!(h.text("CTYPE1").unwrap(), Some(ctype));
        assert!(h.float("CDELT1").unwrap().unwrap() < 0.0 && h.float("CDELT2").unwrap().unwrap() > 0.0);
        // Pixels are as large as before, so as many as the input's 7200 are covered, but for those on its border.
        let finite = read(&file("out.fits"), 0).iter().filter(|v| v.is_finite()).count() as f64;
        assert!((finite - 7200.0).abs() < 170.0, "{to}: {finite}");
    }
}

#[test]
fn the_preview_is_upright_and_has_holes() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let mut input = image([40, 60], |r, _| r as f32);
    input[[39, 0]] = f32::NAN;
    write(&file("in.fits"), &input, &tan([40, 60], [30.0, 20.0]), None);
    let base = [
        "run",
        "in.fits",
        "--to",
        "in.fits",
        "-o",
        "out.fits",
        "--quiet",
        "--overwrite",
        "--preview",
        "out.png",
    ];
    succeed(dir.path(), &base);
    let (width, pixels) = picture(&file("out.png"));
    assert_eq!((width, pixels.len()), (60, 2400));
    // The last row, the brightest, is at the top; its first pixel is blank.
    assert_eq!((pixels[0], pixels[1], pixels[2399]), ([0, 0], [255, 255], [0, 255]));
    let asinh = pixels[20 * 60][0];
    succeed(dir.path(), &[&base[..], &["--stretch", "percentile"]].concat());
    let (_, pixels) = picture(&file("out.png"));
    assert!(pixels[20 * 60][0] < asinh, "the middle is darker by a straight line");
}

#[test]
fn a_large_preview_is_shrunk_by_means() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    // 3 pixels become 1: columns of 3, 6, 9, … less one apart from their middle.
    let input = image([3, 4200], |r, c| (c / 3 * 3) as f32 + r as f32 - 1.0);
    write(&file("in.fits"), &input, &tan([3, 4200], [2100.0, 2.0]), None);
    let args = [
        "run",
        "in.fits",
        "--to",
        "in.fits",
        "-o",
        "out.fits",
        "--quiet",
        "--order",
        "0",
        "--preview",
        "out.png",
    ];
    succeed(dir.path(), &[&args[..], &["--stretch", "percentile"]].concat());
    let (width, pixels) = picture(&file("out.png"));
    assert_eq!((width, pixels.len()), (1400, 1400));
    assert!(pixels.windows(2).all(|w| w[0][0] <= w[1][0]));
    assert_eq!((pixels[0][0], pixels[1399][0], pixels[699][0]), (0, 255, 127));
}

#[test]
fn info_tells_what_a_file_holds() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    write(&file("in.fits"), &image([30, 40], |r, c| (r + c) as i16), &tan([30, 40], [20.5, 15.5]), Some(-1));
    let text = succeed(dir.path(), &["info", "in.fits"]);
    for part in [
        "HDU 0 (PRIMARY)",
        "40 × 30 pixels",
        "int16 (BITPIX 16), BLANK -1",
        "TAN",
        "ICRS",
        "(150.00000, +30.00000)",
    ] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    // An arcsecond a pixel.
    assert!(text.contains("1.0000\" × 1.0000\""), "{text}");
    write(&file("plain.fits"), &image([3, 3], |_, _| 0u8), "", None);
    let text = succeed(dir.path(), &["info", "plain.fits"]);
    assert!(text.contains("no sky") && text.contains("no longitude and latitude"), "{text}");
    write(
        &file("bad.fits"),
        &image([3, 3], |_, _| 0u8),
        &tan([3, 3], [1.0, 1.0]).replace("CDELT1  = -0.0002777777777777778", "CDELT1  = 0.0"),
        None,
    );
    let text = succeed(dir.path(), &["info", "bad.fits"]);
    assert!(text.contains("no WCS") && text.contains("CDELT"), "{text}");
    // Left and right of the zero meridian, on the sky and on the Sun; longitudes of Astropy: -359.983433 and -0.0167665.
    let across =
        tan([3, 61], [31.0, 2.0]).replace("CRVAL1  = 150.0", "CRVAL1  = -0.0001").replace("= 30.0", "= 60.0");
    write(&file("zero.fits"), &image([3, 61], |_, _| 0u8), &across, None);
    let text = succeed(dir.path(), &["info", "zero.fits"]);
    assert!(text.contains("(0.01657, +59.99972)") && text.contains("(359.98323, +59.99972)"), "{text}");
    let solar = across.replace("RA---TAN", "HPLN-TAN").replace("DEC--TAN", "HPLT-TAN");
    write(&file("sun.fits"), &image([3, 61], |_, _| 0u8), &solar, None);
    let text = succeed(dir.path(), &["info", "sun.fits"]);
    assert!(text.contains("(0.01657, +59.99972)") && text.contains("(-0.01677, +59.99972)"), "{text}");
    fail(dir.path(), &["info", "absent.fits"], 1);
}

#[test]
fn real_images_go_onto_grids_that_fit() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "astropy-data__gc_2mass_k.fits",
        "astropy-data__spitzer_example_image.fits",
        "wcs-rs__cutout-CDS_P_allWISE_W3.fits",
        "astropy-data__allsky_rosat.fits",
        "astroquery__first-image.fits",
    ] {
        let Some(path) = shared(name) else { continue };
        let path = path.to_str().unwrap();
        let text = succeed(dir.path(), &["info", path]);
        assert!(text.contains("pixel scale"), "{text}");
        let out = dir.path().join("out.fits");
        let range = |a: &ArrayD<f64>| {
            let finite = a.iter().filter(|v| v.is_finite());
            finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[l, h], &v| [l.min(v), h.max(v)])
        };
        let before = range(&read(Path::new(path), 0));
        for to in ["galactic", "icrs"] {
            succeed(
                dir.path(),
                &["run", path, "--to", to, "-o", out.to_str().unwrap(), "--overwrite", "--quiet"],
            );
            let written = read(&out, 0);
            let finite = written.iter().filter(|v| v.is_finite()).count();
            // A rectangle twice as long as wide, turned by 62 degrees, fills 49 % of the grid that holds it.
            assert!(100 * finite >= 45 * written.len(), "{name} to {to}: {finite} of {}", written.len());
            // Interpolated values lie between those of the input; float32 holds 7 digits.
            let (after, slack) = (range(&written), 1e-6 * (before[1] - before[0]));
            assert!(
                after[0] >= before[0] - slack && after[1] <= before[1] + slack,
                "{name}: {before:?} {after:?}"
            );
            let again = FitsFile::open(&out).unwrap();
            assert_eq!(again.damage(), None);
        }
    }
}

/// The same image plain and compressed without loss, as their provenance says.
#[test]
fn a_compressed_image_is_read_as_the_plain_one() {
    let dir = tempfile::tempdir().unwrap();
    let Some(plain) = shared("astropy__m13.fits") else { return };
    let run = |path: &Path| {
        let out = dir.path().join("out.fits");
        let (path, out) = (path.to_str().unwrap(), out.to_str().unwrap());
        succeed(dir.path(), &["run", path, "--to", plain.to_str().unwrap(), "-o", out, "--overwrite", "-q"]);
        read(Path::new(out), 0).mapv(f64::to_bits)
    };
    let want = run(&plain);
    for name in ["astropy__m13_rice.fits", "astropy__m13_gzip.fits"] {
        let path = shared(name).unwrap();
        assert_eq!(run(&path), want, "{name}");
        assert!(
            succeed(dir.path(), &["info", path.to_str().unwrap()])
                .contains("tile-compressed image, 300 × 300")
        );
    }
}

/// A real image onto itself moved by (0.3, 0.7) pixels, masked where it is bright: as the library makes it of an array.
#[test]
fn a_real_image_is_masked_as_the_library_does() {
    let Some(path) = shared("astropy__m13.fits") else { return };
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let file = FitsFile::open(&path).unwrap();
    let source = file.image(&HduSelect::FirstImage).unwrap();
    let mut pixels = ArrayD::<f64>::zeros(IxDyn(source.shape()));
    source.read(&Region::whole(source.shape()), pixels.view_mut()).unwrap();
    let bright = {
        let mut sorted: Vec<f64> = pixels.iter().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted[sorted.len() * 9 / 10]
    };
    write(&dir.join("bright.fits"), &pixels.mapv(|v| i16::from(v > bright)), "", None);
    let mut grid = source.header().clone();
    for (keyword, step) in [("CRPIX1", 0.3), ("CRPIX2", 0.7)] {
        grid.set(keyword, grid.float(keyword).unwrap().unwrap() + step, "").unwrap();
    }
    fs::write(dir.join("grid.hdr"), grid.to_text()).unwrap();
    let run = ["run", path.to_str().unwrap(), "--to", "grid.hdr", "-o", "out.fits", "--dtype", "float64"];
    let how = ["--mask", "bright.fits", "--bad", "ignore:0.25", "--footprint=valid"];
    succeed(dir, &[&run[..], &how].concat());

    let wcs = |header: &reproject_chunk::Header| {
        let mut cards = Keywords::new();
        for record in header.records() {
            match record.value() {
                reproject_chunk::Value::Integer(v) => cards.push(record.keyword(), *v),
                reproject_chunk::Value::Float(v) => cards.push(record.keyword(), *v),
                reproject_chunk::Value::Text(v) => cards.push(record.keyword(), v.as_str()),
                _ => {}
            }
        }
        Wcs::parse(&cards, ' ', &()).unwrap().celestial().unwrap().clone()
    };
    let map = Axes::<2, _>::new(Checked(sky_map(&wcs(&grid), &wcs(source.header())).unwrap()));
    let how = Interpolate::new(Order::Linear).with_footprint(Footprint::Valid);
    let how = how.with_blanks(Blanks::Ignore { least: 0.25 }).unwrap();
    pixels.mapv_inplace(|v| if v > bright { f64::NAN } else { v });
    let job = Reproject::<f64, f64, _, _, _>::new(pixels.shape(), map, how, &pixels).unwrap();
    let tile = job.run(&Region::whole(pixels.shape()), &()).unwrap();
    let bits = |a: &ArrayD<f64>| a.mapv(f64::to_bits);
    assert_eq!(bits(&read(&dir.join("out.fits"), 0)), bits(&tile.data));
    assert_eq!(read(&dir.join("out.fits"), 1), tile.weight.mapv(|w| f64::from(w as f32)));
    // As Python prints it: d = getdata(m13), a, f = reproject_interp(m13, grid, mask=d > bright, bad=("ignore", 0.25),
    // footprint="valid"); bright, isnan(a).sum(), a[1, 44], f[1, 44], a[10, 20].
    assert_eq!((bright, tile.data.iter().filter(|v| v.is_nan()).count()), (185.0, 7534));
    assert_eq!([tile.data[[1, 44]], tile.data[[10, 20]]], [151.84810126572813, 114.60000000000008]);
    assert_eq!(tile.weight[[1, 44]], 0.7900000000080196);
}

/// A group holds other arrays, and people put files beside chunks: neither is removed for an output of that name.
#[test]
fn only_an_array_by_itself_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    write(&folder.join("in.fits"), &image([20, 30], |r, c| (r * c) as f32), &tan([20, 30], [9.0, 9.0]), None);
    let run = ["run", "in.fits", "--to", "in.fits", "-q", "-o"];
    std::fs::create_dir(folder.join("group.zarr")).unwrap();
    std::fs::write(folder.join("group.zarr/zarr.json"), r#"{"zarr_format": 3, "node_type": "group"}"#)
        .unwrap();
    succeed(folder, &[&run[..], &["group.zarr/0.zarr"]].concat());
    succeed(folder, &[&run[..], &["noted.zarr"]].concat());
    std::fs::write(folder.join("noted.zarr/notes.txt"), "mine").unwrap();
    for (output, kept) in [("group.zarr", "0.zarr"), ("noted.zarr", "notes.txt")] {
        let said = fail(folder, &[&run[..], &[output, "--overwrite"]].concat(), 1);
        assert!(said.contains(&format!("holds {kept}")) && said.contains("not replaced"), "{said}");
        assert!(folder.join(output).join(kept).exists());
    }
    std::fs::remove_file(folder.join("noted.zarr/notes.txt")).unwrap();
    // A word among the attributes makes no group, and chunks may lie side by side (Zarr 3, default chunk keys with dots).
    let text = std::fs::read_to_string(folder.join("noted.zarr/zarr.json")).unwrap();
    let text = text.replacen("\"attributes\": {", "\"attributes\": {\"kind\": \"group\",", 1);
    assert!(text.contains("\"group\""), "{text}");
    std::fs::write(folder.join("noted.zarr/zarr.json"), text).unwrap();
    std::fs::write(folder.join("noted.zarr/c.0.0"), "").unwrap();
    succeed(folder, &[&run[..], &["noted.zarr", "--overwrite"]].concat());
    let said = fail(folder, &[&run[..], &["new.fits/"]].concat(), 1);
    assert!(said.contains("ends like a folder"), "{said}");
}

/// A chunk that is written in parts is coded again for each: 90 000 blocks of a pixel took longer than anybody waits.
#[test]
fn blocks_of_a_zarr_output_are_whole_chunks() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    write(
        &folder.join("in.fits"),
        &image([300, 300], |r, c| (r * c) as f32),
        &tan([300, 300], [9.0, 9.0]),
        None,
    );
    let plan = ["plan", "in.fits", "--to", "in.fits", "-o", "out.zarr", "--chunks", "100x200", "--block"];
    for (block, blocks) in [("1x1", 6), ("101x1", 4)] {
        let said = succeed(folder, &[&plan[..], &[block, "--json"]].concat());
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["plan"]["blocks"].as_array().unwrap().len(), blocks, "{block}");
    }
}

/// Names with what separates names otherwise, and of digits alone.
#[test]
fn odd_names_of_units_go_in_quotes() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    for name in ["A[1],B", "C,2", "0"] {
        let cards = tan([20, 30], [15.0, 10.0]);
        let mut bytes = Header::new();
        bytes.set("SIMPLE", true, "").unwrap();
        bytes.set("BITPIX", 8, "").unwrap();
        bytes.set("NAXIS", 0, "").unwrap();
        let mut bytes = bytes.to_bytes();
        let mut unit = Header::from_text(
            b"XTENSION= 'IMAGE'\nBITPIX  = -32\nNAXIS   = 2\nNAXIS1  = 30\nNAXIS2  = 20\nPCOUNT  = 0\nGCOUNT  = 1\n",
        )
        .unwrap();
        unit.set("EXTNAME", name, "").unwrap();
        let further = crate::cli::cards(&cards);
        further
            .records()
            .iter()
            .filter(|r| !r.keyword().starts_with("NAXIS"))
            .for_each(|r| unit.push(r.clone()));
        bytes.extend(unit.to_bytes());
        bytes.resize(bytes.len() + 2880, 0);
        fs::write(folder.join("in.fits"), &bytes).unwrap();
        for quoted in [format!("\"{name}\""), format!("'{name}'"), format!("\"{name}\",1")] {
            let target = format!("in.fits[{quoted}]");
            succeed(
                folder,
                &["run", "in.fits", "--hdu", &quoted, "--to", &target, "-o", "out.fits", "--overwrite"],
            );
        }
    }
    let said = fail(folder, &["run", "in.fits", "--hdu", "A,B", "--to", "in.fits", "-o", "out.fits"], 2);
    assert!(said.contains("'\"A,B\"'"), "{said}");
    let said = fail(folder, &["run", "in.fits", "--hdu", "\"A,B\"", "--to", "in.fits", "-o", "out.fits"], 1);
    assert!(said.contains("has no HDU \"A,B\""), "{said}");
}
