//! Interrupted runs: only what is on the disk counts as done, another run's journal is refused, the result is the same file.

use reproject_chunk::{FitsOptions, FitsSink, Format, Found, Journal, Journaled};
use reproject_core::{ArraySink, Error, Grid, Region, Tile};
use std::collections::HashSet;
use std::path::Path;

const RUN: &str = "input: a.fits 2880\noutput: 12 x 10\norder: 1\n";

fn tile(region: &Region) -> Tile<f32> {
    let mut tile = Tile::blank(region.clone(), 0.0);
    tile.data.indexed_iter_mut().for_each(|(i, v)| {
        *v = ((region.start[0] + i[0]) * 100 + region.start[1] + i[1]) as f32;
    });
    tile.weight.fill(1.0);
    tile
}

fn options() -> FitsOptions {
    FitsOptions { footprint: Some(Format::U8), checksum: true, ..FitsOptions::new(&[12, 10], Format::F32) }
}

fn blocks() -> Vec<Region> {
    Grid::new(&[12, 10], &[5, 4]).unwrap().iter().collect()
}

fn whole(path: &Path) -> Vec<u8> {
    let sink = FitsSink::create(path, &options()).unwrap();
    blocks().iter().for_each(|b| sink.write(&tile(b)).unwrap());
    sink.finish().unwrap();
    std::fs::read(path).unwrap()
}

/// A run that begins anew.
fn begin(path: &Path) -> Journaled<FitsSink> {
    let journal = Journal::open(path, None, &[], RUN).unwrap();
    journal.begin(|| FitsSink::create(path, &options())).unwrap()
}

/// A run of a description that goes on.
fn resume(path: &Path, run: &str) -> Result<(Journaled<FitsSink>, HashSet<Region>), Error> {
    Journal::open(path, None, &[], run)?.resume(|| FitsSink::resume(path, &options()), &blocks())
}

fn set(blocks: &[Region]) -> HashSet<Region> {
    blocks.iter().cloned().collect()
}

#[test]
fn a_resumed_run_gives_the_same_file() {
    let dir = tempfile::tempdir().unwrap();
    let want = whole(&dir.path().join("want.fits"));
    let path = dir.path().join("out.fits");
    let journal = dir.path().join("out.fits.part.journal");
    for done in 0..=blocks().len() {
        let sink = begin(&path);
        blocks()[..done].iter().for_each(|b| sink.write(&tile(b)).unwrap());
        sink.checkpoint().unwrap();
        // Written but never entered, as by a run that is killed here.
        blocks().iter().skip(done).take(1).for_each(|b| sink.write(&tile(b)).unwrap());
        drop(sink);
        assert_eq!(Journal::open(&path, None, &[], RUN).unwrap().found(), &Found::Part(done));
        let (sink, held) = resume(&path, RUN).unwrap();
        assert_eq!(held, set(&blocks()[..done]));
        blocks()[done..].iter().for_each(|b| sink.write(&tile(b)).unwrap());
        sink.finish().unwrap();
        assert!(std::fs::read(&path).unwrap() == want, "{done} blocks were done");
        assert!(!journal.exists());
        std::fs::remove_file(&path).unwrap();
    }
}

/// The journal is there before any file that it lists: killed at any byte of it, a run leaves no name that the next cannot take.
#[test]
fn a_journal_that_was_only_begun_holds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.fits");
    let journal = dir.path().join("out.fits.part.journal");
    drop(begin(&path));
    let whole = std::fs::read(&journal).unwrap();
    std::fs::remove_file(dir.path().join("out.fits.part")).unwrap();
    for length in (0..=whole.len()).step_by(3) {
        for run in [RUN, "another run"] {
            std::fs::write(&journal, &whole[..length]).unwrap();
            let opened = Journal::open(&path, None, &[], run).unwrap();
            assert_eq!(opened.found(), &Found::Nothing, "{length} bytes");
            drop(opened.begin(|| FitsSink::create(&path, &options())).unwrap());
            std::fs::remove_file(dir.path().join("out.fits.part")).unwrap();
        }
    }
    // A file that the journal does not list is somebody else's.
    let listed = whole.windows(6).position(|w| w == b"file: ").unwrap();
    for length in [0, 20, listed] {
        std::fs::write(&journal, &whole[..length]).unwrap();
        std::fs::write(dir.path().join("out.fits.part"), "precious").unwrap();
        let e = Journal::open(&path, None, &[], RUN).unwrap_err().to_string();
        assert!(e.contains("out.fits.part") && e.contains("move it away"), "{length}: {e}");
        assert_eq!(std::fs::read(dir.path().join("out.fits.part")).unwrap(), b"precious");
    }
}

/// Lines that no run of ours writes are passed over: other numbers of axes, blocks beyond the array or of no pixel, numbers that
/// are none, bytes that are no text, blocks that are none of this run's, entries that come again.
#[test]
fn a_journal_that_was_edited_is_no_danger() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.fits");
    let journal = dir.path().join("out.fits.part.journal");
    let want = whole(&dir.path().join("want.fits"));
    let sink = begin(&path);
    blocks()[..2].iter().for_each(|b| sink.write(&tile(b)).unwrap());
    sink.checkpoint().unwrap();
    drop(sink);
    let good = std::fs::read(&journal).unwrap();
    let last = good[..good.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    for line in [
        &b"0 5 00000000"[..],
        b"0,0,0 5,4,1 00000000",
        b"0,0 18446744073709551615,18446744073709551615 00000000",
        b"18446744073709551615,0 5,4 00000000",
        b"7,8 5,4 00000000",
        b"0,0 0,0 00000000",
        b"0,0 12,10 00000000",
        b"0,0 18446744073709551616,1 00000000",
        b",, ,, 00000000",
        b"",
        b"\xff\xfe\xc3",
        b"part: x y",
        &good[last..good.len() - 1],
    ] {
        for end in [&b"\n"[..], b""] {
            std::fs::write(&journal, [&good[..last], line, end, &good[last..]].concat()).unwrap();
            let (_, held) = resume(&path, RUN).unwrap();
            assert!(held.iter().all(|b| blocks()[..2].contains(b)) && !held.is_empty(), "{line:?}: {held:?}");
        }
    }
    std::fs::write(&journal, [&good[..], b"0,0 5,"].concat()).unwrap();
    let (sink, held) = resume(&path, RUN).unwrap();
    assert_eq!(held, set(&blocks()[..2]));
    blocks()[2..].iter().for_each(|b| sink.write(&tile(b)).unwrap());
    sink.finish().unwrap();
    assert!(std::fs::read(&path).unwrap() == want);
    // A file that is none of ours stays what it is.
    std::fs::write(&journal, "dear diary").unwrap();
    let e = Journal::open(&path, None, &[], RUN).unwrap_err().to_string();
    assert!(e.contains("no journal") && std::fs::read(&journal).unwrap() == b"dear diary", "{e}");
}

/// Killed when the output had just got its name: it is whole, and what was left besides goes.
#[test]
fn what_was_named_before_the_journal_went_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.fits");
    for run in [RUN, "another run"] {
        let sink = begin(&path);
        blocks().iter().for_each(|b| sink.write(&tile(b)).unwrap());
        sink.checkpoint().unwrap();
        drop(sink);
        std::fs::rename(dir.path().join("out.fits.part"), &path).unwrap();
        let journal = Journal::open(&path, None, &[], run).unwrap();
        assert_eq!(journal.found(), &if run == RUN { Found::Whole } else { Found::Nothing });
        assert!(journal.news().is_some_and(|news| news.contains("out.fits is whole")));
        drop(journal);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        std::fs::remove_file(&path).unwrap();
    }
}

/// A journal and the files that it lists are files of their own.
#[cfg(unix)]
#[test]
fn links_under_temporary_names_are_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (path, precious) = (dir.path().join("out.fits"), dir.path().join("precious"));
    let content = b"reproject journal 2\n";
    std::fs::write(&precious, content).unwrap();
    for name in ["out.fits.part.journal", "out.fits.part", "pic.png.part", "out.fits.part.old"] {
        for hard in [false, true] {
            drop(begin(&path));
            let name = dir.path().join(name);
            let _ = std::fs::remove_file(&name);
            match hard {
                true => std::fs::hard_link(&precious, &name).unwrap(),
                false => std::os::unix::fs::symlink(&precious, &name).unwrap(),
            }
            let others = [dir.path().join("pic.png")];
            let e = Journal::open(&path, None, &others, RUN).unwrap_err().to_string();
            assert!(e.contains(name.to_str().unwrap()), "{e}");
            assert_eq!(std::fs::read(&precious).unwrap(), content);
            std::fs::remove_file(&name).unwrap();
            let _ = std::fs::remove_file(dir.path().join("out.fits.part"));
            let _ = std::fs::remove_file(dir.path().join("out.fits.part.journal"));
        }
    }
    // One that was exchanged for another file meanwhile is not removed either.
    drop(begin(&path));
    let part = dir.path().join("out.fits.part");
    std::fs::rename(&part, dir.path().join("moved")).unwrap();
    std::fs::write(&part, "somebody's").unwrap();
    let journal = Journal::open(&path, None, &[], RUN).unwrap();
    let e = journal.begin(|| FitsSink::create(&path, &options())).unwrap_err().to_string();
    assert!(e.contains("move it away") && std::fs::read(&part).unwrap() == b"somebody's", "{e}");
}

#[test]
fn damage_and_other_runs_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.fits");
    let journal = dir.path().join("out.fits.part.journal");
    let sink = begin(&path);
    blocks().iter().for_each(|b| sink.write(&tile(b)).unwrap());
    sink.checkpoint().unwrap();
    drop(sink);
    let resume = |run: &str| resume(&path, run);
    let e = resume(&RUN.replace("order: 1", "order: 0")).unwrap_err().to_string();
    assert!(e.contains("order: 1") && e.contains("order: 0"), "{e}");
    // The last line of the journal cut short, one byte of the first block turned over, a line of nonsense.
    let mut text = std::fs::read(&journal).unwrap();
    text.truncate(text.len() - 3);
    std::fs::write(&journal, &text).unwrap();
    let part = dir.path().join("out.fits.part");
    let mut bytes = std::fs::read(&part).unwrap();
    bytes[2880 + 2] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    let (sink, held) = resume(RUN).unwrap();
    let all = blocks();
    assert_eq!(held, set(&all[1..all.len() - 1]));
    for b in [&all[0], &all[all.len() - 1]] {
        sink.write(&tile(b)).unwrap();
    }
    sink.finish().unwrap();
    assert!(std::fs::read(&path).unwrap() == whole(&dir.path().join("want.fits")));
    assert!(FitsSink::resume(dir.path().join("other.fits"), &options()).is_err());
}

#[cfg(feature = "zarr")]
#[test]
fn a_resumed_zarr_gives_the_same_chunks() {
    use reproject_chunk::{ZarrOptions, ZarrSink};
    let dir = tempfile::tempdir().unwrap();
    let (path, other) = (dir.path().join("a.zarr"), dir.path().join("b.zarr"));
    let options = ZarrOptions::new(&[12, 10], Format::F32, &[5, 4]);
    let journal = Journal::open(&path, None, &[], RUN).unwrap();
    let sink = journal.begin(|| ZarrSink::create(&path, &options)).unwrap();
    blocks()[..4].iter().for_each(|b| sink.write(&tile(b)).unwrap());
    sink.checkpoint().unwrap();
    drop(sink);
    std::fs::write(dir.path().join("a.zarr.part/c/0/1"), b"torn").unwrap();
    let journal = Journal::open(&path, None, &[], RUN).unwrap();
    let (sink, held) = journal.resume(|| ZarrSink::resume(&path, &options), &blocks()).unwrap();
    let mut want = blocks()[..4].to_vec();
    want.remove(1);
    assert_eq!(held, set(&want));
    blocks().iter().filter(|b| !held.contains(b)).for_each(|b| sink.write(&tile(b)).unwrap());
    sink.finish().unwrap();
    let sink = ZarrSink::create(&other, &options).unwrap();
    blocks().iter().for_each(|b| sink.write(&tile(b)).unwrap());
    sink.finish().unwrap();
    for file in ["zarr.json", "c/0/0", "c/0/1", "c/2/2"] {
        assert_eq!(
            std::fs::read(path.join(file)).unwrap(),
            std::fs::read(other.join(file)).unwrap(),
            "{file}"
        );
    }
}

/// Every state that a run which replaces values and coverage can be killed in: never are both names there with arrays of different
/// runs, and the next run leads each to an end.
#[cfg(feature = "zarr")]
#[test]
fn names_are_given_together_or_brought_in_order() {
    use reproject_chunk::{ZarrArray, ZarrOptions, ZarrSink};
    use std::fs::{read_dir, rename};
    for state in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        let [path, foot] = ["a.zarr", "w.zarr"].map(|name| dir.path().join(name));
        let name = |name: &str| dir.path().join(name);
        let mut options = ZarrOptions::new(&[12, 10], Format::F32, &[5, 4]);
        options.footprint = Some((foot.clone(), Format::F32));
        options.overwrite = true;
        let write = |run: &str, weight: f64| {
            let journal = Journal::open(&path, Some(&foot), &[], run).unwrap();
            let sink = journal.begin(|| ZarrSink::create(&path, &options)).unwrap();
            for block in blocks() {
                let mut tile = tile(&block);
                tile.data.fill(weight as f32);
                tile.weight.fill(weight);
                sink.write(&tile).unwrap();
            }
            sink.checkpoint().unwrap();
            sink
        };
        write("old", 0.25).finish().unwrap();
        drop(write(RUN, 0.75));
        // The steps of `naming.rs`, one more each time.
        let exchange = || {
            rename(name("a.zarr.part"), name("x")).unwrap();
            rename(&path, name("a.zarr.part")).unwrap();
            rename(name("x"), &path).unwrap();
        };
        let steps: [&dyn Fn(); 4] = [
            &|| rename(&foot, name("w.zarr.part.old")).unwrap(),
            &exchange,
            &|| rename(name("w.zarr.part"), &foot).unwrap(),
            &|| std::fs::remove_dir_all(name("a.zarr.part")).unwrap(),
        ];
        steps[..state].iter().for_each(|step| step());
        let journal = Journal::open(&path, Some(&foot), &[], RUN).unwrap();
        let new = state >= 2;
        assert_eq!(journal.found(), &if new { Found::Whole } else { Found::Part(9) }, "state {state}");
        assert_eq!(journal.news().is_some(), state > 0, "state {state}");
        if new {
            drop(journal);
            assert_eq!(read_dir(dir.path()).unwrap().count(), 2, "state {state}");
        }
        let value = |path: &Path| {
            let array = ZarrArray::open(path, 0).unwrap();
            let mut out = ndarray::ArrayD::<f32>::zeros(vec![12, 10]);
            reproject_core::ArraySource::read(&array, &Region::whole(&[12, 10]), out.view_mut()).unwrap();
            out[[7, 7]]
        };
        let want = if new { 0.75 } else { 0.25 };
        assert_eq!([value(&path), value(&foot)], [want; 2], "state {state}");
    }
}
