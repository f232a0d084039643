//! The same bits from every executor, for every source, every resampler and every shape of block.
//!
//! The environment variable `REPROJECT_MATRIX_SIDE` runs the matrix once more, on images of so many pixels a side: every source
//! and resampler, on two threads, by two workers and lazily.

use super::support::{
    Any, Bits, Camera, How, IN, OUT, Pixels, any, camera, cameras, count, image, processes, run,
};
use ndarray::{ArrayD, IxDyn};
use reproject_chunk::{FitsFile, FitsOptions, FitsSink, Format, HduSelect, NpyOptions, NpySink, RawHandle};
use reproject_core::{
    Adaptive, ArraySink, ArraySource, Axes, Between, Exact, Executor, Grid, Identity, Job, Nearest, Opened,
    Region, Reproject, Tile,
};
use reproject_exec::{Lazy, Serial, Threads, share};
use std::path::Path;

fn fill(sink: &dyn ArraySink<f32>, array: &ArrayD<f32>) {
    let mut tile = Tile::blank(Region::whole(array.shape()), 0.0);
    tile.data.assign(array);
    sink.write(&tile).unwrap();
}

/// Every resampler.
fn ways(output: Camera, input: Camera) -> [(&'static str, How); 5] {
    [
        ("nearest", How::Nearest),
        ("bilinear", How::Bilinear),
        ("bicubic", How::Bicubic),
        ("adaptive", How::Adaptive(Adaptive::default())),
        ("exact", How::Exact(Exact { input, output })),
    ]
}

/// The same pixels in every kind of source.
fn sources(dir: &Path, shape: [usize; 2], block: [usize; 2]) -> Vec<(&'static str, Pixels)> {
    let array = image(&shape);
    let shared = share(&array).unwrap();
    let fits = FitsSink::create(dir.join("a.fits"), &FitsOptions::new(&shape, Format::F32)).unwrap();
    fill(&fits, &array);
    fits.finish().unwrap();
    let fits = FitsFile::open(dir.join("a.fits")).unwrap().image(&HduSelect::FirstImage).unwrap();
    let npy = NpySink::create(dir.join("a.npy"), &NpyOptions::new(&shape, Format::F32)).unwrap();
    fill(&npy, &array);
    npy.finish().unwrap();
    let npy = RawHandle::npy(dir.join("a.npy")).unwrap();
    let copied = Reproject::new(&shape, Axes::new(Identity), Nearest, shared.clone()).unwrap();
    let lazy = Lazy::new(copied).with_blocks(&block).unwrap().with_cache(12 * block[0] * block[1]);
    vec![
        ("memory", Pixels::Memory(shared)),
        ("FITS", Pixels::Fits(Opened::with(fits.handle(), fits))),
        ("npy", Pixels::Npy(Opened::new(npy).unwrap())),
        ("Zarr", zarr(dir, &array, block)),
        ("lazy", Pixels::Lazy(Box::new(lazy))),
    ]
}
fn zarr(dir: &Path, array: &ArrayD<f32>, chunk: [usize; 2]) -> Pixels {
    use reproject_chunk::{ZarrArray, ZarrOptions, ZarrSink};
    let options = ZarrOptions::new(array.shape(), Format::F32, &chunk);
    let sink = ZarrSink::create(dir.join("a.zarr"), &options).unwrap();
    fill(&sink, array);
    sink.finish().unwrap();
    let zarr = ZarrArray::open(dir.join("a.zarr"), 20 * chunk[0] * chunk[1]).unwrap();
    Pixels::Zarr(Box::new(Opened::with(zarr.handle(), zarr)))
}

#[test]
fn every_executor_gives_the_same_bits_for_every_source_resampler_and_block() {
    let dir = tempfile::tempdir().unwrap();
    let (output, input) = cameras();
    let mut executors: Vec<(String, Box<dyn Executor<Any>>)> = vec![("serial".into(), Box::new(Serial))];
    for n in [1, 2, 8] {
        executors.push((format!("threads {n}"), Box::new(Threads::new(count(n)).unwrap())));
    }
    for n in [1, 2, 4] {
        executors.push((format!("processes {n}"), Box::new(processes(n, &crate::jobs()))));
    }
    for (way, how) in ways(output, input) {
        let mut expected: Option<Bits> = None;
        for (source, pixels) in sources(dir.path(), IN, [10, 16]) {
            let mut job = any(how, pixels);
            for block in [[7, 11], [1, OUT[1]], [100, 100]] {
                for (executor, by) in &executors {
                    let found = run(&**by, &job, &block, &()).unwrap();
                    let known = found.1.iter().filter(|w| f64::from_bits(**w) > 0.0).count();
                    assert!(4 * known >= OUT[0] * OUT[1], "{way}: only {known} pixels see the input");
                    let expected = expected.get_or_insert_with(|| found.clone());
                    assert!(found == *expected, "{way} of {source} by {executor} in blocks of {block:?}");
                }
                let lazy = Lazy::new(job).with_blocks(&block).unwrap();
                let mut data = ArrayD::zeros(IxDyn(&OUT));
                for window in Grid::new(&OUT, &[13, 20]).unwrap().iter() {
                    lazy.read(&window, data.slice_mut(&window.slices()[..])).unwrap();
                }
                let data: Vec<u32> = data.iter().map(|v| v.to_bits()).collect();
                assert!(Some(&data) == expected.as_ref().map(|e| &e.0), "{way} of {source}, lazy, {block:?}");
                job = lazy.into_job();
            }
        }
        clear(dir.path());
    }
}

fn clear(dir: &Path) {
    for name in ["a.fits", "a.npy"] {
        std::fs::remove_file(dir.join(name)).unwrap();
    }
    let _ = std::fs::remove_dir_all(dir.join("a.zarr"));
}

#[test]
fn the_same_bits_from_large_images() {
    let Some(side) = std::env::var("REPROJECT_MATRIX_SIDE").ok().and_then(|side| side.parse::<usize>().ok())
    else {
        println!("REPROJECT_MATRIX_SIDE is not set: no large images");
        return;
    };
    let (dir, shape) = (tempfile::tempdir().unwrap(), [side, side]);
    let scale = 0.5 / side as f64;
    let (from, to) = (camera(shape, 0.75 * scale, 0.4), camera(shape, scale, 0.0));
    let by: [(&str, Box<dyn Executor<Any>>); 2] = [
        ("threads", Box::new(Threads::new(count(2)).unwrap())),
        ("processes", Box::new(processes(2, &crate::jobs()))),
    ];
    for (way, how) in ways(from, to) {
        let mut expected: Option<Bits> = None;
        for (source, pixels) in sources(dir.path(), shape, [200, 320]) {
            let job = Any::new(&shape, Axes::new(Between { output: from, input: to }), how, pixels).unwrap();
            for ((executor, by), block) in by.iter().zip([[211, 517], [side + 1, 97]]) {
                let found = run(&**by, &job, &block, &()).unwrap();
                let expected = expected.get_or_insert_with(|| found.clone());
                assert!(found == *expected, "{way} of {source} by {executor}");
            }
            let lazy = Lazy::new(job).with_blocks(&[509, 509]).unwrap();
            let mut data = ArrayD::zeros(IxDyn(&shape));
            lazy.read(&Region::whole(&shape), data.view_mut()).unwrap();
            let data: Vec<u32> = data.iter().map(|v| v.to_bits()).collect();
            assert!(Some(&data) == expected.as_ref().map(|e| &e.0), "{way} of {source}, lazy");
        }
        clear(dir.path());
        println!("{way}: {side}², the same bits");
    }
}

#[test]
fn workers_write_files_in_place_as_the_sink_itself_does() {
    let dir = tempfile::tempdir().unwrap();
    let job = any(How::Bicubic, Pixels::Memory(share(&image(&IN)).unwrap()));
    let blocks: Vec<Region> = Grid::new(job.shape(), &[7, 11]).unwrap().iter().collect();
    let write = |name: &str, by: &dyn Executor<Any>| {
        let path = |end: &str| dir.path().join(format!("{name}.{end}"));
        let footprint = Some(Format::F32);
        let options = FitsOptions { footprint, ..FitsOptions::new(&OUT, Format::F32) };
        let fits = FitsSink::create(path("fits"), &options).unwrap();
        assert!(ArraySink::<f32>::map(&fits).is_some() && ArraySink::<f64>::map(&fits).is_none());
        by.execute(&job, &blocks, &fits, &()).unwrap();
        fits.finish().unwrap();
        let footprint = Some((path("weight.npy"), Format::F64));
        let options = NpyOptions { footprint, ..NpyOptions::new(&OUT, Format::F32) };
        let npy = NpySink::create(path("npy"), &options).unwrap();
        assert!(ArraySink::<f32>::map(&npy).is_some());
        by.execute(&job, &blocks, &npy, &()).unwrap();
        npy.finish().unwrap();
        // Another type than the job's goes through the sink.
        let wide = FitsSink::create(path("wide.fits"), &FitsOptions::new(&OUT, Format::F64)).unwrap();
        assert!(ArraySink::<f32>::map(&wide).is_none());
        by.execute(&job, &blocks, &wide, &()).unwrap();
        wide.finish().unwrap();
        ["fits", "npy", "weight.npy", "wide.fits"].map(|end| std::fs::read(path(end)).unwrap())
    };
    let expected = write("serial", &Serial);
    assert!(expected.iter().all(|bytes| bytes.len() > 4 * OUT[0] * OUT[1]));
    assert!(expected == write("processes", &processes(2, &crate::jobs())));
}
