//! Interrupted runs: only what is on the disk counts as done, another run's journal is refused, the result is the same file.

use reproject_chunk::{FitsOptions, FitsSink, Format, Journaled};
use reproject_core::{ArraySink, Grid, Region, Tile};
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

#[test]
fn a_resumed_run_gives_the_same_file() {
    let dir = tempfile::tempdir().unwrap();
    let want = whole(&dir.path().join("want.fits"));
    let path = dir.path().join("out.fits");
    let journal = dir.path().join("out.fits.part.journal");
    for done in 0..=blocks().len() {
        let sink = Journaled::create(FitsSink::create(&path, &options()).unwrap(), RUN).unwrap();
        blocks()[..done].iter().for_each(|b| sink.write(&tile(b)).unwrap());
        sink.checkpoint().unwrap();
        // Written but never entered, as by a run that is killed here.
        blocks().iter().skip(done).take(1).for_each(|b| sink.write(&tile(b)).unwrap());
        drop(sink);
        let (sink, held) = Journaled::resume(FitsSink::resume(&path, &options()).unwrap(), RUN).unwrap();
        assert_eq!(held, blocks()[..done]);
        blocks()[done..].iter().for_each(|b| sink.write(&tile(b)).unwrap());
        sink.finish().unwrap();
        assert!(std::fs::read(&path).unwrap() == want, "{done} blocks were done");
        assert!(!journal.exists());
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_journal_that_was_only_begun_holds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.fits");
    let journal = dir.path().join("out.fits.part.journal");
    let want = whole(&dir.path().join("want.fits"));
    drop(Journaled::create(FitsSink::create(&path, &options()).unwrap(), RUN).unwrap());
    let head = std::fs::read(&journal).unwrap();
    for length in 0..=head.len() {
        drop(FitsSink::create(&path, &options()).unwrap());
        std::fs::write(&journal, &head[..length]).unwrap();
        let (sink, held) = Journaled::resume(FitsSink::resume(&path, &options()).unwrap(), RUN).unwrap();
        assert!(held.is_empty() && std::fs::read(&journal).unwrap() == head, "{length} bytes");
        blocks().iter().for_each(|b| sink.write(&tile(b)).unwrap());
        sink.finish().unwrap();
        assert!(std::fs::read(&path).unwrap() == want, "{length} bytes");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn damage_and_other_runs_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.fits");
    let journal = dir.path().join("out.fits.part.journal");
    let sink = Journaled::create(FitsSink::create(&path, &options()).unwrap(), RUN).unwrap();
    blocks().iter().for_each(|b| sink.write(&tile(b)).unwrap());
    sink.checkpoint().unwrap();
    drop(sink);
    let resume = |run: &str| Journaled::resume(FitsSink::resume(&path, &options()).unwrap(), run);
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
    assert_eq!(held, all[1..all.len() - 1]);
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
    let sink = Journaled::create(ZarrSink::create(&path, &options).unwrap(), RUN).unwrap();
    blocks()[..4].iter().for_each(|b| sink.write(&tile(b)).unwrap());
    sink.checkpoint().unwrap();
    drop(sink);
    std::fs::write(dir.path().join("a.zarr.part/c/0/1"), b"torn").unwrap();
    let (sink, held) = Journaled::resume(ZarrSink::resume(&path, &options).unwrap(), RUN).unwrap();
    let mut want = blocks()[..4].to_vec();
    want.remove(1);
    assert_eq!(held, want);
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

/// Stopped between the names of values and coverage: both are taken up.
#[cfg(feature = "zarr")]
#[test]
fn a_zarr_with_one_of_its_names_is_taken_up() {
    use reproject_chunk::{ZarrOptions, ZarrSink};
    let dir = tempfile::tempdir().unwrap();
    let (path, foot) = (dir.path().join("a.zarr"), dir.path().join("w.zarr"));
    let mut options = ZarrOptions::new(&[12, 10], Format::F32, &[5, 4]);
    options.footprint = Some((foot.clone(), Format::F32));
    let sink = Journaled::create(ZarrSink::create(&path, &options).unwrap(), RUN).unwrap();
    blocks().iter().for_each(|b| sink.write(&tile(b)).unwrap());
    sink.checkpoint().unwrap();
    drop(sink);
    std::fs::rename(dir.path().join("w.zarr.part"), &foot).unwrap();
    let (sink, held) = Journaled::resume(ZarrSink::resume(&path, &options).unwrap(), RUN).unwrap();
    assert_eq!(held, blocks());
    sink.finish().unwrap();
    let mut names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a.zarr", "w.zarr"]);
    // An array of another kind is left alone.
    std::fs::rename(&path, dir.path().join("a.zarr.part")).unwrap();
    let other = ZarrOptions { footprint: Some((foot.clone(), Format::F64)), ..options };
    assert!(ZarrSink::resume(&path, &other).unwrap_err().to_string().contains("exists already"));
    assert!(foot.is_dir());
}
