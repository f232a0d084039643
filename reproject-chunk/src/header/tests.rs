//! Tests of headers as a whole: reading, looking up, editing and writing.
use super::*;
use proptest::prelude::*;

fn header(rows: &[&str]) -> Header {
    Header::from_text(rows.join("\n").as_bytes()).unwrap()
}

#[test]
fn look_ups_are_typed_and_say_where_they_fail() {
    let h = header(&[
        "SIMPLE  =                    T / conforms",
        "NAXIS   =                    2",
        "CRVAL1  =         1.234D+02 / [deg]",
        "OBJECT  = 'M 31    '           / name",
        "BROKEN  = 1.2.3",
        "NAXIS1  = 'ten'",
        "EMPTY   =",
    ]);
    assert_eq!(h.logical("simple").unwrap(), Some(true));
    assert_eq!(h.integer("NAXIS").unwrap(), Some(2));
    assert_eq!(h.float("CRVAL1").unwrap(), Some(123.4));
    assert_eq!(h.text("OBJECT").unwrap(), Some("M 31"));
    assert_eq!(h.float("EMPTY").unwrap(), None);
    assert_eq!(h.float("ABSENT").unwrap(), None);
    let e = h.float("BROKEN").unwrap_err().to_string();
    assert!(e.contains("card 5") && e.contains("1.2.3") && e.contains("a number"), "{e}");
    assert!(h.integer("NAXIS1").unwrap_err().to_string().contains("card 6"));
}

#[test]
fn conventions_are_understood() {
    let h = header(&[
        "HIERARCH ESO TEL AIRM = 1.25 / airmass",
        "DP1     = 'EXTVER: 1.0'       / record",
        "DP1     = 'AXIS.2: 2'",
        "OBSERVER= 'DATE: 5'",
        "LONG    = 'one &'",
        "CONTINUE  'two &'",
        "CONTINUE  'it''s three' / done",
        "ALONE   = 'and &'",
        "HISTORY first",
        "HISTORY second",
        "SHORT= 5",
        "NOBLANK =7",
    ]);
    assert_eq!(h.float("ESO TEL AIRM").unwrap(), Some(1.25));
    assert_eq!(h.float("HIERARCH ESO TEL AIRM").unwrap(), Some(1.25));
    assert_eq!(h.field("DP1.AXIS.2"), Some(2.0));
    assert_eq!(h.text("OBSERVER").unwrap(), Some("DATE: 5"));
    assert_eq!(h.text("LONG").unwrap(), Some("one two it's three"));
    assert_eq!(h.get("LONG").unwrap().comment(), "done");
    assert_eq!(h.text("ALONE").unwrap(), Some("and &"));
    let history: Vec<_> = h.get_all("HISTORY").map(|r| r.value().to_string()).collect();
    assert_eq!(history, ["first", "second"]);
    assert_eq!((h.integer("SHORT").unwrap(), h.integer("NOBLANK").unwrap()), (Some(5), Some(7)));
    assert!(h.values().any(|(k, v)| k == "DP1" && *v == Value::from("AXIS.2: 2")));
}

/// What Montage, AIPS and people write; and bytes that no card may hold.
#[test]
fn the_value_indicator_is_found_where_it_stands() {
    let h = header(&[
        "NAXIS1=20",
        "NAXIS2 =10",
        "CDELT1 =-1.0e-05",
        "CDELT2    = 1.5D-05",
        "crval1  = 150.0",
        "CRVAL2\t=\t30.0",
        "WORD ONE= 5",
        "NOTE    the value a = b is none",
    ]);
    assert_eq!((h.integer("NAXIS1").unwrap(), h.integer("NAXIS2").unwrap()), (Some(20), Some(10)));
    assert_eq!((h.float("CDELT1").unwrap(), h.float("CDELT2").unwrap()), (Some(-1e-5), Some(1.5e-5)));
    assert_eq!((h.float("CRVAL1").unwrap(), h.float("CRVAL2").unwrap()), (Some(150.0), Some(30.0)));
    assert_eq!(h.get("NOTE").unwrap().value(), &Value::Commentary("the value a = b is none".into()));
    let mut line = [b' '; 80];
    line[..9].copy_from_slice(b"ABCDE\xe9 =1");
    line[6] = b'=';
    assert_eq!(Header::from_lines(&[line]).lines().next(), Some(&line));
    line[6..9].copy_from_slice(b" =1");
    assert_eq!(Header::from_lines(&[line]).lines().next(), Some(&line));
}

#[test]
fn texts_may_be_indented() {
    let plain = header(&["NAXIS   = 2", "COMMENT it is", "        a = b", "NAXIS1  = 5"]);
    let indented = header(&[
        "",
        "    NAXIS   = 2",
        "    COMMENT it is",
        "            a = b",
        "      NAXIS1  = 5",
        "    END",
        "X = 1",
    ]);
    assert_eq!(indented.records()[1..], plain.records()[..]);
    let old = Header::from_text(b"NAXIS   = 2\rCOMMENT it is\r        a = b\rNAXIS1  = 5\rEND\r").unwrap();
    assert_eq!(old, plain);
}

#[test]
fn duplicates_are_kept_and_the_first_counts() {
    let h = header(&["A       = 1", "A       = 2", "A       = 3"]);
    assert_eq!(h.get("A").unwrap().value(), &Value::Integer(1));
    assert_eq!(h.get_last("a").unwrap().value(), &Value::Integer(3));
    assert_eq!(h.get_all("A").count(), 3);
}

#[test]
fn cards_are_written_in_fixed_format() {
    let mut h = Header::new();
    h.set("SIMPLE", true, "file does conform to FITS standard").unwrap();
    h.set("BITPIX", -32, "").unwrap();
    h.set("CRVAL1", 266.4, "[deg]").unwrap();
    h.set("TINY", 1e-300, "").unwrap();
    h.set("OBJECT", "O'Neil", "who").unwrap();
    h.set("ESO DET ID", "x", "").unwrap();
    h.comment("HISTORY", &"a".repeat(100)).unwrap();
    let text = h.to_text();
    let want = [
        "SIMPLE  =                    T / file does conform to FITS standard",
        "BITPIX  =                  -32",
        "CRVAL1  =                266.4 / [deg]",
        "TINY    =             1.0E-300",
        "OBJECT  = 'O''Neil '           / who",
        "HIERARCH ESO DET ID = 'x       '",
        &format!("HISTORY {}", "a".repeat(72)),
        &format!("HISTORY {}", "a".repeat(28)),
        "END",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), want);
    h.set("BITPIX", 16, "").unwrap();
    assert_eq!(h.records()[1].value(), &Value::Integer(16));
    let bytes = h.to_bytes();
    assert_eq!(bytes.len(), 2880);
    let (back, used) = Header::parse(&bytes).unwrap();
    assert_eq!((back, used), (h.clone(), 2880));
    assert!(h.set("BAD", f64::NAN, "").is_err() && h.set("BAD", "é", "").is_err());
}

#[test]
fn text_files_of_both_kinds_are_read() {
    let rows = ["SIMPLE  =                    T", "CTYPE1  = 'RA---TAN'", "END"];
    let lined = Header::from_text(rows.join("\r\n").as_bytes()).unwrap();
    let packed: String = rows.iter().map(|r| format!("{r:<80}")).collect();
    assert_eq!(lined, Header::from_text(packed.as_bytes()).unwrap());
    assert_eq!(lined.text("CTYPE1").unwrap(), Some("RA---TAN"));
    let long = format!("A = '{}'\nB = 1\n", "x".repeat(90));
    assert!(Header::from_text(long.as_bytes()).unwrap_err().to_string().contains("line 1"));
    assert!(Header::parse(b"SIMPLE").unwrap_err().to_string().contains("END"));
    let mut zeros = [0u8; 160];
    zeros[..80].fill(b' ');
    zeros[..9].copy_from_slice(b"SIMPLE  =");
    zeros[80..83].copy_from_slice(b"END");
    assert_eq!(Header::parse(&zeros).unwrap().0.records().len(), 1);
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_given_back(bytes in proptest::collection::vec(any::<u8>(), 0..800)) {
        let (lines, _) = bytes.as_chunks::<80>();
        let h = Header::from_lines(lines);
        prop_assert_eq!(h.lines().flatten().copied().collect::<Vec<_>>(), lines.as_flattened());
        let _ = Header::from_text(&bytes);
        let _ = h.values().count();
    }

    #[test]
    fn mutated_cards_are_read(at in 0usize..80, byte in any::<u8>(), which in 0usize..4) {
        let cards = ["CRVAL1  =        1.5D+02 / x", "DP1     = 'AXIS.1: 2'", "HIERARCH A B = 'c''d' / e", "CONTINUE  'x&'"];
        let mut line = [b' '; 80];
        line[..cards[which].len()].copy_from_slice(cards[which].as_bytes());
        line[at] = byte;
        prop_assert_eq!(Header::from_lines(&[line, line]).lines().count(), 2);
    }

    #[test]
    fn values_survive_writing(
        x in proptest::num::f64::NORMAL | proptest::num::f64::ZERO | proptest::num::f64::SUBNORMAL,
        i in any::<i64>(), text in "[ -~]{0,300}", comment in "[a-z]{0,90}",
    ) {
        let mut h = Header::new();
        h.set("X", x, &comment).unwrap();
        h.set("I", i, &comment).unwrap();
        h.set("S", text.as_str(), &comment).unwrap();
        h.set("A LONGER KEYWORD", text.as_str(), &comment).unwrap();
        let (back, _) = Header::parse(&h.to_bytes()).unwrap();
        prop_assert_eq!(back.float("X").unwrap().unwrap().to_bits(), x.to_bits());
        prop_assert_eq!(back.integer("I").unwrap(), Some(i));
        prop_assert_eq!(back.text("S").unwrap().unwrap(), text.trim_end_matches(' '));
        prop_assert_eq!(back.text("A LONGER KEYWORD").unwrap().unwrap(), text.trim_end_matches(' '));
    }
}
