//! What goes out beside the pixels: cards that stay true, the observer and time of solar frames, tables of coordinates.

use crate::cli::{cards, command, fail, header, image, read, reproject, shared, succeed, tan, write};
use ndarray::{ArrayD, IxDyn};
use reproject_chunk::{FitsFile, HduSelect, Header};
use std::fs;
use std::path::Path;

/// A helioprojective image of 0.2" pixels, seen from somewhere at some time.
fn sun(observer: &str) -> String {
    format!(
        "NAXIS   = 2\nNAXIS1  = 40\nNAXIS2  = 30\nCTYPE1  = 'HPLN-TAN'\nCTYPE2  = 'HPLT-TAN'\nCRPIX1  = 20.5\nCRPIX2  = 15.5\n\
         CUNIT1  = 'arcsec'\nCUNIT2  = 'arcsec'\nCDELT1  = 0.2\nCDELT2  = 0.2\n{observer}"
    )
}

/// The observer of sunpy's AIA test image, in both kinds of longitude, with a place in another system and its time.
const AIA: &str = "HGLN_OBS= 0.0\nHGLT_OBS= -6.820544\nCRLN_OBS= 22.814522\nCRLT_OBS= -6.820544\nDSUN_OBS= 147724815128.0\n\
                   HAEX_OBS= -122148412622.47\nRSUN_OBS= 971.812597\nRSUN_REF= 696000000.0\nDATE-OBS= '2011-02-15T00:00:00.34'\n\
                   T_OBS   = '2011-02-15T00:00:01.34Z'\nTELESCOP= 'SDO/AIA'\n";
const SAME_PLACE: &str =
    "HGLN_OBS= 0.0\nHGLT_OBS= -6.820544\nDSUN_OBS= 147724815128.0\nDATE-AVG= '2011-02-15T00:00:02'\n";

fn texts(header: &Header, keyword: &str) -> Option<String> {
    header.text(keyword).unwrap().map(str::to_owned)
}

fn history(header: &Header) -> String {
    header.get_all("HISTORY").map(|r| r.value().to_string() + "\n").collect()
}

#[test]
fn observer_and_time_are_those_of_the_target() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    write(&folder.join("aia.fits"), &image([30, 40], |r, c| (r * c) as f32), &sun(AIA), None);
    fs::write(folder.join("grid.hdr"), sun(SAME_PLACE)).unwrap();
    succeed(folder, &["run", "aia.fits", "--to", "grid.hdr", "-o", "out.fits", "-q"]);
    let out = header(&folder.join("out.fits"), 0);
    for (keyword, value) in [("HGLN_OBS", 0.0), ("HGLT_OBS", -6.820544), ("DSUN_OBS", 147724815128.0)] {
        assert_eq!(out.float(keyword).unwrap(), Some(value), "{keyword}");
    }
    assert_eq!(texts(&out, "DATE-AVG").unwrap(), "2011-02-15T00:00:02");
    for gone in ["CRLN_OBS", "CRLT_OBS", "HAEX_OBS", "RSUN_OBS", "DATE-OBS", "T_OBS"] {
        assert!(out.get(gone).is_none(), "{gone} is the input's");
    }
    assert_eq!(texts(&out, "TELESCOP").unwrap(), "SDO/AIA");
    assert!(history(&out).contains("of the input: DATE-OBS = 2011-02-15T00:00:00.34"), "{}", history(&out));
    // Its own grid is the same frame: nothing of it changes, and longitude still grows to the right.
    succeed(folder, &["run", "aia.fits", "--to", "north-up", "-o", "own.fits", "-q"]);
    let own = header(&folder.join("own.fits"), 0);
    for keyword in
        ["HGLN_OBS", "CRLN_OBS", "CRLT_OBS", "HAEX_OBS", "RSUN_OBS", "RSUN_REF", "DATE-OBS", "T_OBS"]
    {
        let lines = |h: &Header| h.get_all(keyword).map(|r| r.lines().to_vec()).collect::<Vec<_>>();
        assert_eq!(lines(&own), lines(&header(&folder.join("aia.fits"), 0)), "{keyword}");
    }
    assert!((own.float("CDELT1").unwrap().unwrap() * 3600.0 - 0.2).abs() < 1e-15);
    // Positions are whole to rounding; values reach 1131.
    let [after, before] = ["own.fits", "aia.fits"].map(|name| read(&folder.join(name), 0));
    assert_eq!(after.shape(), before.shape());
    assert!(after.iter().zip(&before).all(|(a, b)| (a - b).abs() < 1e-9), "{after:?}");
}

#[test]
fn two_observers_are_two_frames() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let plain = image([30, 40], |_, _| 1f32);
    write(&folder.join("aia.fits"), &plain, &sun(AIA), None);
    let hmi = "CRLN_OBS= 132.560135\nCRLT_OBS= -6.820544\nDSUN_OBS= 147724815128.0\n";
    for (observer, words) in [
        (hmi.to_owned(), &["the observers differ", "Carrington longitude 132.560135°", "147724815 km"][..]),
        (SAME_PLACE.replace("HGLN_OBS= 0.0", "HGLN_OBS= 60.0"), &["the observers differ", "longitude 60°"]),
        (hmi.replace("132.560135", "22.814522"), &[]),
    ] {
        fs::write(folder.join("grid.hdr"), sun(&observer)).unwrap();
        let args = ["run", "aia.fits", "--to", "grid.hdr", "-o", "out.fits", "--overwrite"];
        match words {
            [] => drop(succeed(folder, &args)),
            words => {
                let said = fail(folder, &args, 1);
                words.iter().for_each(|word| assert!(said.contains(word), "{word}: {said}"));
            }
        }
    }
    // Stonyhurst's longitude beside Carrington's.
    write(&folder.join("hgln.fits"), &plain, &sun(SAME_PLACE), None);
    fs::write(folder.join("grid.hdr"), sun(&hmi.replace("132.560135", "22.814522"))).unwrap();
    let said = fail(folder, &["run", "hgln.fits", "--to", "grid.hdr", "-o", "x.fits"], 1);
    assert!(said.contains("HGLN_OBS") && said.contains("in one kind"), "{said}");
    // An observer that nobody names is taken to be the other's, with a word.
    write(&folder.join("bare.fits"), &plain, &sun("DATE-OBS= '2020-01-01T00:00:00'\n"), None);
    let said = succeed(folder, &["run", "bare.fits", "--to", "aia.fits", "-o", "y.fits"]);
    assert!(
        said.contains("note: bare.fits, HDU 0 (PRIMARY) does not say where the Sun is seen from"),
        "{said}"
    );
    let out = header(&folder.join("y.fits"), 0);
    assert_eq!(texts(&out, "DATE-OBS").unwrap(), "2011-02-15T00:00:00.34");
    // The other way round the input's observer and time are all there is.
    succeed(folder, &["run", "aia.fits", "--to", "bare.fits", "-o", "z.fits", "-q"]);
    let out = header(&folder.join("z.fits"), 0);
    assert_eq!(texts(&out, "DATE-OBS").unwrap(), "2011-02-15T00:00:00.34");
    assert_eq!(out.float("CRLN_OBS").unwrap(), Some(22.814522));
}

#[test]
fn real_images_of_two_years_are_two_frames() {
    let names = ["sunpy__aia_171_level1.fits", "sunpy__resampled_hmi.fits"];
    let [Some(aia), Some(hmi)] = names.map(shared) else { return };
    let dir = tempfile::tempdir().unwrap();
    let said =
        fail(dir.path(), &["run", aia.to_str().unwrap(), "--to", hmi.to_str().unwrap(), "-o", "x.fits"], 1);
    assert!(said.contains("Carrington longitude 132.560135°, latitude -7.226688°, 148205512 km"), "{said}");
}

#[test]
fn what_is_true_of_the_old_grid_only_stays_behind() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let old = [
        "S_REGION", "IMAGEW", "IMAGEH", "XCEN", "YCEN", "FOVX", "FOVY", "CROTACN1", "PA_APER", "ORIENT",
        "PIXSIZE", "RA1", "COR1DEC1", "CENTRA", "R_SUN", "X0", "Y0", "X0_MP", "ROTA", "SOLAR_P0", "PIXAR_SR",
        "LTM1_1", "DTV1",
    ];
    let kept = ["RA_TARG", "PA_V3", "EXPTIME", "GAIN", "MJD-OBS", "HGLN_OBS"];
    let text: String = old.iter().chain(&kept).map(|k| format!("{k:<8}= 1.25\n")).collect();
    let file = folder.join("in.fits");
    write(
        &file,
        &image([30, 40], |_, _| 1f32),
        &(tan([30, 40], [20.5, 15.5]) + &text + "OBSERVER= 'Mxller'\n"),
        None,
    );
    // A byte that no header may hold.
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(6).position(|w| w == b"Mxller").unwrap();
    bytes[at + 1] = 0xfc;
    fs::write(&file, bytes).unwrap();
    for to in ["galactic", "in.fits"] {
        succeed(folder, &["run", "in.fits", "--to", to, "-o", "out.fits", "-q", "--overwrite"]);
        let out = header(&folder.join("out.fits"), 0);
        old.iter().for_each(|k| assert!(out.get(k).is_none(), "{k}"));
        kept.iter().for_each(|k| assert_eq!(out.float(k).unwrap(), Some(1.25), "{k}"));
        assert_eq!(texts(&out, "OBSERVER").unwrap(), "M?ller");
    }
    let bytes = fs::read(folder.join("out.fits")).unwrap();
    assert!(bytes[..2880].iter().all(|b| (b' '..=b'~').contains(b)));
}

#[test]
fn an_observer_that_cannot_be_read_is_no_other_one() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    fs::write(folder.join("grid.hdr"), sun(SAME_PLACE)).unwrap();
    for keyword in ["HGLN_OBS", "HGLT_OBS", "DSUN_OBS"] {
        let _ = fs::remove_file(folder.join("in.fits"));
        let lines = SAME_PLACE.lines().map(|line| match line.starts_with(keyword) {
            true => format!("{keyword}= 'abc'\n"),
            false => format!("{line}\n"),
        });
        write(
            &folder.join("in.fits"),
            &image([20, 20], |r, _| r as f32),
            &sun(&lines.collect::<String>()),
            None,
        );
        let said = fail(folder, &["run", "in.fits", "--to", "grid.hdr", "-o", "out.fits"], 1);
        assert!(said.contains(keyword) && said.contains("'abc' cannot be read"), "{said}");
    }
}

/// The wavelengths of a cube in micrometres, one row of a binary table (FITS paper III, section 6).
const WAVE: [f64; 5] = [5.0, 5.1, 5.3, 5.6, 6.2];

/// Writes a cube whose third axis is in a table behind it.
fn wave_tab(path: &Path) {
    let cube = ArrayD::from_shape_fn(IxDyn(&[5, 30, 40]), |i| (i[0] * 100 + i[2]) as f32);
    let text = tan([30, 40], [20.5, 15.5]).replace("NAXIS   = 2", "NAXIS   = 3")
        + "CTYPE3  = 'WAVE-TAB'\nCUNIT3  = 'um'\nCRPIX3  = 1.0\nCRVAL3  = 1.0\nCDELT3  = 1.0\nPS3_0   = 'WCS-TABLE'\n\
           PS3_1   = 'wavelength'\nPV3_1   = 1\nPV3_2   = 1\nPV3_3   = 1\n";
    write(path, &cube, &text, None);
    let table = cards(
        "XTENSION= 'BINTABLE'\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 40\nNAXIS2  = 1\nPCOUNT  = 0\nGCOUNT  = 1\nTFIELDS = 1\n\
         TTYPE1  = 'wavelength'\nTFORM1  = '5D'\nTUNIT1  = 'um'\nTDIM1   = '(1,5)'\nEXTNAME = 'WCS-TABLE'\nEXTVER  = 1\n",
    );
    let mut bytes = fs::read(path).unwrap();
    bytes.extend(table.to_bytes());
    let mut data: Vec<u8> = WAVE.iter().flat_map(|v| v.to_be_bytes()).collect();
    data.resize(2880, 0);
    bytes.extend(data);
    fs::write(path, bytes).unwrap();
}

#[test]
fn tables_of_coordinates_go_along() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    wave_tab(&folder.join("in.fits"));
    for (extra, hdu) in [(&[][..], 1), (&["--footprint"], 2)] {
        let args = ["run", "in.fits", "--to", "galactic", "-o", "out.fits", "--overwrite"];
        let said = succeed(folder, &[&args[..], extra].concat());
        assert!(!said.contains("note"), "{said}");
        let out = header(&folder.join("out.fits"), 0);
        for (keyword, value) in
            [("CTYPE3", "WAVE-TAB"), ("CUNIT3", "um"), ("PS3_0", "WCS-TABLE"), ("PS3_1", "wavelength")]
        {
            assert_eq!(texts(&out, keyword).unwrap(), value);
        }
        assert_eq!(out.float("PV3_3").unwrap(), Some(1.0));
        assert_eq!(out.logical("EXTEND").unwrap(), Some(true));
        let file = FitsFile::open(folder.join("out.fits")).unwrap();
        assert_eq!(file.damage(), None);
        let table = file.table(&HduSelect::Name("WCS-TABLE".into(), Some(1))).unwrap();
        assert_eq!(table.read("wavelength", 0).unwrap().iter().copied().collect::<Vec<_>>(), WAVE);
        assert_eq!(file.unit(hdu).unwrap(), FitsFile::open(folder.join("in.fits")).unwrap().unit(1).unwrap());
        // The output is read like the input: there and back, with the table that went along.
        succeed(folder, &["run", "out.fits", "--to", "icrs", "-o", "again.fits", "--overwrite", "-q"]);
        assert_eq!(texts(&header(&folder.join("again.fits"), 0), "CTYPE3").unwrap(), "WAVE-TAB");
    }
    // Where there is no place for tables a word says so.
    for output in ["out.zarr", "out.npy"] {
        let said = succeed(folder, &["run", "in.fits", "--to", "galactic", "-o", output]);
        assert!(said.contains("note: the coordinates of axis 3 (WAVE-TAB in table WCS-TABLE)"), "{said}");
    }
}

/// Looked at before they are read: what is claimed takes no memory.
#[test]
fn tables_beyond_the_memory_are_refused_by_their_size() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in.fits");
    wave_tab(&path);
    // Five million wavelengths, 40 MB.
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(8).position(|w| w == b"XTENSION").unwrap();
    bytes.truncate(at);
    bytes.extend(
        cards(
            "XTENSION= 'BINTABLE'\nBITPIX  = 8\nNAXIS   = 2\nNAXIS1  = 40000000\nNAXIS2  = 1\nPCOUNT  = 0\nGCOUNT  = 1\n\
             TFIELDS = 1\nTTYPE1  = 'wavelength'\nTFORM1  = '5000000D'\nTUNIT1  = 'um'\nEXTNAME = 'WCS-TABLE'\nEXTVER  = 1\n",
        )
        .to_bytes(),
    );
    bytes.resize(bytes.len() + 40_000_000usize.next_multiple_of(2880), 0);
    fs::write(&path, bytes).unwrap();
    for args in [
        &["plan", "in.fits", "--to", "galactic", "--memory", "36MB"][..],
        &["run", "in.fits", "--to", "in.fits", "-o", "out.fits", "--memory", "36MB"],
    ] {
        let said = fail(dir.path(), args, 1);
        for word in ["memory limit", "36.000 MB", "HDU 1", "40.000 MB"] {
            assert!(said.contains(word), "{word}: {said}");
        }
    }
}

/// A run that was killed while tables go along is taken up like any other.
#[test]
fn a_run_with_tables_can_be_taken_up() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    wave_tab(&folder.join("in.fits"));
    let args =
        ["run", "in.fits", "--to", "galactic", "-o", "out.fits", "-q", "--block", "4x4", "--threads", "1"];
    succeed(folder, &args);
    let want = fs::read(folder.join("out.fits")).unwrap();
    fs::remove_file(folder.join("out.fits")).unwrap();
    let mut child = command(folder, &args).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    let _ = child.kill();
    child.wait().unwrap();
    if !folder.join("out.fits").exists() {
        let resumed = reproject(folder, &[&args[..], &["--resume"]].concat());
        assert!(resumed.status.success(), "{resumed:?}");
    }
    assert!(fs::read(folder.join("out.fits")).unwrap() == want);
}

/// Cards that follow no rule (FITS 4.0, section 4) go along as comments: whoever reads the output by the standard would stop
/// at them.
#[test]
fn cards_that_follow_no_rule_become_comments() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in.fits");
    write(&path, &image([5, 5], |r, c| (r * c) as f32), &(tan([5, 5], [3.0, 3.0]) + "FILTER  = 'R'\n"), None);
    let mut bytes = fs::read(&path).unwrap();
    let odd = ["EXPTIME =  30.0 s", "SEEING  =                  nan", "obs.er  = 'x'"];
    let end = bytes.chunks(80).position(|card| card.starts_with(b"END ")).unwrap();
    for (k, card) in odd.iter().enumerate() {
        bytes[(end + k) * 80..][..80].copy_from_slice(format!("{card:<80}").as_bytes());
    }
    bytes[(end + odd.len()) * 80..][..80].copy_from_slice(format!("{:<80}", "END").as_bytes());
    fs::write(&path, bytes).unwrap();
    succeed(dir.path(), &["run", "in.fits", "--to", "icrs", "-o", "out.fits", "-q"]);
    let out = header(&dir.path().join("out.fits"), 0);
    assert_eq!(texts(&out, "FILTER").unwrap(), "R");
    let comments: Vec<String> = out.get_all("COMMENT").map(|r| r.value().to_string()).collect();
    for card in odd {
        let keyword = card.split(' ').next().unwrap();
        assert!(out.get(keyword).is_none() && comments.iter().any(|c| c == card), "{card}: {comments:?}");
    }
}
