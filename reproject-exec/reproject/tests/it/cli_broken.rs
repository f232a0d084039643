//! Headers that are not quite FITS, each beside the header that it means (`broken/cases.txt`): the command puts the pixels where
//! that one does, says what it made of a card, or refuses it by name. Positions are astropy's. Python reads the same list.

use crate::cli::*;
use ndarray::{ArrayD, IxDyn};
use std::fmt::Write;
use std::path::Path;

const BASE: [(&str, &str); 9] = [
    ("CTYPE1", "'RA---TAN'"),
    ("CTYPE2", "'DEC--TAN'"),
    ("CRVAL1", "150.0"),
    ("CRVAL2", "30.0"),
    ("CRPIX1", "10.5"),
    ("CRPIX2", "5.5"),
    ("CDELT1", "-0.01"),
    ("CDELT2", "0.01"),
    ("RADESYS", "'ICRS'"),
];

#[derive(Default)]
struct Case {
    name: String,
    /// Keywords of the base that are not there.
    drop: Vec<String>,
    /// Cards beside the base.
    cards: Vec<Vec<u8>>,
    /// Cards of the repaired header in place of those of the base; a keyword alone: not there.
    means: Vec<String>,
    /// Other lines: what they say by their first word.
    told: Vec<(String, String)>,
}

impl Case {
    fn told(&self, what: &str) -> Option<&str> {
        self.told.iter().find(|(k, _)| k == what).map(|(_, v)| v.as_str())
    }

    fn shape(&self) -> Vec<usize> {
        self.told("shape").unwrap_or("10 20").split(' ').map(|n| n.parse().unwrap()).collect()
    }

    /// The broken cards, without those of the array.
    fn broken(&self) -> Vec<Vec<u8>> {
        let base = BASE.iter().filter(|(k, _)| !self.drop.iter().any(|d| d == k));
        base.map(|(k, v)| format!("{k:<8}= {v:>20}").into_bytes()).chain(self.cards.iter().cloned()).collect()
    }

    /// The repaired header as text, of an image of two axes.
    fn repaired(&self) -> String {
        let named = |line: &String| line.get(..8).unwrap_or(line).trim().to_owned();
        let replaced: Vec<String> = self.means.iter().map(named).collect();
        let mut text = "NAXIS   = 2\nNAXIS1  = 20\nNAXIS2  = 10\n".to_owned();
        for (k, v) in BASE.iter().filter(|(k, _)| !replaced.iter().any(|r| r == k)) {
            let _ = writeln!(text, "{k:<8}= {v:>20}");
        }
        for line in self.means.iter().filter(|line| line.contains('=')) {
            let _ = writeln!(text, "{line}");
        }
        text
    }
}

/// `\t`, `\r`, `\n` and `\xNN` as bytes.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend(before.bytes());
        let (byte, used) = match after.as_bytes()[0] {
            b't' => (b'\t', 1),
            b'r' => (b'\r', 1),
            b'n' => (b'\n', 1),
            _ => (u8::from_str_radix(&after[1..3], 16).unwrap(), 3),
        };
        out.push(byte);
        rest = &after[used..];
    }
    out.extend(rest.bytes());
    out
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in include_str!("../broken/cases.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (first, rest) = line.split_at(1);
        match (first, cases.last_mut()) {
            ("+", Some(case)) => case.cards.push(unescaped(rest)),
            ("-", Some(case)) => case.drop.push(rest.to_owned()),
            (">", Some(case)) => case.means.push(rest.to_owned()),
            (_, last) => {
                let (word, rest) = line.split_once(' ').unwrap();
                match last {
                    Some(case) if word != "case" => case.told.push((word.to_owned(), rest.to_owned())),
                    _ => cases.push(Case { name: rest.to_owned(), ..Case::default() }),
                }
            }
        }
    }
    cases
}

/// A FITS file, byte by byte: no writer of headers would write these.
fn fits(path: &Path, cards: &[Vec<u8>], shape: &[usize], padding: Option<&str>) -> ArrayD<f64> {
    let mut lines =
        vec![b"SIMPLE  =                    T".to_vec(), b"BITPIX  =                  -32".to_vec()];
    lines.push(format!("NAXIS   = {:>20}", shape.len()).into_bytes());
    for (k, n) in shape.iter().rev().enumerate() {
        lines.push(format!("NAXIS{}  = {n:>20}", k + 1).into_bytes());
    }
    lines.extend(cards.iter().cloned());
    lines.push(b"END".to_vec());
    let mut bytes = Vec::new();
    let fill = if padding == Some("zeros") { 0 } else { b' ' };
    for line in lines {
        let end = line == b"END";
        bytes.extend(line);
        bytes.resize(bytes.len().next_multiple_of(80), if end { fill } else { b' ' });
    }
    bytes.resize(bytes.len().next_multiple_of(2880), fill);
    let pixels =
        ArrayD::from_shape_fn(IxDyn(shape), |i| noise(i[shape.len() - 2], i[shape.len() - 1]) as f32);
    bytes.extend(pixels.iter().flat_map(|v| v.to_be_bytes()));
    if padding != Some("none") {
        bytes.resize(bytes.len().next_multiple_of(2880), 0);
    }
    std::fs::write(path, bytes).unwrap();
    pixels.mapv(f64::from)
}

/// Runs a case; what is wrong with the outcome.
fn run(case: &Case, folder: &Path) -> Result<(), String> {
    let (input, output) = (folder.join("in.fits"), folder.join("out.fits"));
    let pixels = if case.told("kind") == Some("text") {
        let mut text: Vec<u8> = case.broken().join(&b'\n');
        text.push(b'\n');
        std::fs::write(folder.join("grid.hdr"), text).unwrap();
        let right: Vec<Vec<u8>> = case.repaired().lines().skip(3).map(|l| l.as_bytes().to_vec()).collect();
        fits(&input, &right, &case.shape(), None)
    } else {
        std::fs::write(folder.join("grid.hdr"), case.repaired()).unwrap();
        fits(&input, &case.broken(), &case.shape(), case.told("pad"))
    };
    let out = reproject(folder, &["run", "in.fits", "--to", "grid.hdr", "--order", "0", "-o", "out.fits"]);
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("reproject: ")).collect();
    if out.stderr.iter().any(|b| *b < b' ' && *b != b'\n') {
        return Err(format!("steers the terminal: {told:?}"));
    }
    if let Some(words) = case.told("error") {
        let named = words.split(' ').all(|word| told.contains(word));
        return match (out.status.code(), named, output.exists()) {
            (Some(1), true, false) => Ok(()),
            _ => Err(format!("{:?}, not refused for {words:?}: {told}", out.status.code())),
        };
    }
    if !out.status.success() {
        return Err(format!("refused: {told}"));
    }
    let words =
        case.told("note").map(|note| note.split(' ').collect()).or(case.told("said").map(|said| vec![said]));
    let said = words
        .as_ref()
        .is_none_or(|words: &Vec<&str>| words.iter().all(|word| lines.iter().any(|l| l.contains(word))));
    if !said || lines.is_empty() != words.is_none() {
        return Err(format!("says {lines:?} instead of {words:?}"));
    }
    if read(&output, 0) != pixels {
        return Err("pixels lie elsewhere".into());
    }
    let described = succeed(folder, &["info", "in.fits"]);
    let corner = case.told("sky").unwrap().split_once(' ').unwrap();
    let [lon, lat] = [corner.0, corner.1].map(|v| v.parse::<f64>().unwrap());
    let corner = format!("({lon:.5}, {lat:+.5})");
    if described.contains(&corner) { Ok(()) } else { Err(format!("no corner at {corner}: {described}")) }
}

#[test]
fn every_header_is_read_as_it_is_meant_or_refused_by_name() {
    let cases = cases();
    assert!(cases.len() >= 200, "{}", cases.len());
    let faults = std::sync::Mutex::new(Vec::new());
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let folder = tempfile::tempdir().unwrap();
                    if let Err(why) = run(case, folder.path()) {
                        faults.lock().unwrap().push(format!("{}: {why}", case.name));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

fn cards_of(lines: &[&str]) -> Vec<Vec<u8>> {
    let base = BASE.iter().map(|(k, v)| format!("{k:<8}= {v:>20}").into_bytes());
    base.chain(lines.iter().map(|line| unescaped(line))).collect()
}

/// CASA 4.7 writes such (astropy#5396).
#[test]
fn a_line_feed_does_not_make_a_text_of_a_target() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in.fits");
    let pixels = fits(&path, &cards_of(&["HISTORY one\\ntwo"]), &[10, 20], None);
    succeed(dir.path(), &["run", "in.fits", "--to", "in.fits", "--order", "0", "-o", "out.fits"]);
    assert_eq!(read(&dir.path().join("out.fits"), 0), pixels);
}

/// WCSLIB takes a number in quotes for absent, and the exponent of `-1.0D-2` too.
#[test]
fn what_was_read_is_written_by_the_standard() {
    let dir = tempfile::tempdir().unwrap();
    let odd = [
        "CRVAL1  = '150.0'",
        "CRVAL2  =30.0",
        "crpix1  = 10.5",
        "CDELT1 =-1.0D-2",
        "CDELT2  = 0.01 / Degrees",
    ];
    fits(&dir.path().join("in.fits"), &cards_of(&odd), &[10, 20], None);
    succeed(dir.path(), &["run", "in.fits", "--to", "in.fits", "--order", "0", "-o", "out.fits"]);
    let found = header(&dir.path().join("out.fits"), 0);
    let last = |keyword: &str| {
        let line = found.get_last(keyword).unwrap().lines()[0];
        String::from_utf8(line.to_vec()).unwrap().trim_end().to_owned()
    };
    for (keyword, value) in [("CRVAL1", "150.0"), ("CRVAL2", "30.0"), ("CRPIX1", "10.5"), ("CDELT1", "-0.01")]
    {
        assert_eq!(last(keyword), format!("{keyword}  = {value:>20}"));
    }
    assert_eq!(last("CDELT2"), "CDELT2  = 0.01 / Degrees");
}

/// A STOKES axis beside an array of three: one plane of it, as the standard has it (FITS 4.0 §8.2).
#[test]
fn an_axis_that_the_array_does_not_have_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in.fits");
    let axes = ["CTYPE3  = 'FREQ    '", "CRVAL3  = 1.4E9", "CTYPE4  = 'STOKES  '", "CRVAL4  = 1.0"];
    let pixels = fits(&path, &cards_of(&axes), &[3, 10, 20], None);
    succeed(dir.path(), &["run", "in.fits", "--to", "in.fits", "--order", "0", "-o", "out.fits"]);
    assert_eq!(read(&dir.path().join("out.fits"), 0), pixels);
    assert_eq!(header(&dir.path().join("out.fits"), 0).text("CTYPE4").unwrap(), Some("STOKES"));
    // Where it hangs on the others, it cannot be.
    fits(&path, &cards_of(&[&axes[..], &["PC4_3   = 0.5"]].concat()), &[3, 10, 20], None);
    let told = fail(dir.path(), &["run", "in.fits", "--to", "in.fits", "-o", "out2.fits"], 1);
    assert!(told.contains("cannot be left out"), "{told}");
}

#[test]
fn nothing_in_a_file_steers_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let bad = "EXTNAME = 'A\\x1b[31mB\\x9b1m'";
    let unit = "BUNIT   = 'Jy\\x07\\n'";
    fits(&dir.path().join("in.fits"), &cards_of(&[bad, unit, "CUNIT1  = '\\x1b]0;x'"]), &[10, 20], None);
    for args in [
        &["info", "in.fits"][..],
        &["run", "in.fits", "--to", "icrs", "-o", "o.fits"],
        &["run", "in.fits", "--hdu", "7", "--to", "icrs", "-o", "o.fits"],
    ] {
        let out = reproject(dir.path(), args);
        for text in [out.stdout, out.stderr] {
            let text = String::from_utf8(text).unwrap();
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        }
    }
}
