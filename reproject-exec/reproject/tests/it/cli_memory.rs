//! Runs keep to `--memory`: anonymous and shared memory of all processes, as the system counts them; chunks are decoded about
//! once.
//!
//! The side of the images is in the environment variable `REPROJECT_MEMORY_SIDE`; at 20000 the limit is 512 MB.
#![cfg(target_os = "linux")]

use crate::cli::{command, tan};
use ndarray::{ArrayD, Axis, IxDyn};
use reproject_chunk::{FitsFile, FitsOptions, FitsSink, Format, HduSelect};
use reproject_core::{ArraySink, ArraySource, Grid, Tile};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A FITS image of a side in float32, made strip by strip.
fn make(path: &Path, side: usize) {
    let mut options = FitsOptions::new(&[side, side], Format::F32);
    options.header = crate::cli::cards(&tan([side, side], [side as f64 / 2.0, side as f64 / 2.0]));
    let sink = FitsSink::create(path, &options).unwrap();
    for block in Grid::new(&[side, side], &[256, side]).unwrap().iter() {
        let mut tile = Tile::blank(block, 0f32);
        let first = tile.region.start[0];
        for (r, mut row) in tile.data.axis_iter_mut(Axis(0)).enumerate() {
            row.iter_mut().enumerate().for_each(|(c, v)| *v = ((first + r) * 7 % 1013 + c * 13 % 509) as f32);
        }
        sink.write(&tile).unwrap();
    }
    sink.finish().unwrap();
}

/// Bytes of anonymous and shared memory of a process and those that it started.
fn taken(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let own: u64 = ["RssAnon:", "RssShmem:"]
        .iter()
        .filter_map(|name| {
            status.lines().find_map(|l| l.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        })
        .sum();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    own * 1024 + children.split_whitespace().filter_map(|c| c.parse().ok()).map(taken).sum::<u64>()
}

/// Runs the command; the most memory it took, and what it said.
fn watched(folder: &Path, args: &[&str]) -> (u64, String) {
    let begun = Instant::now();
    let mut child = command(folder, args).stderr(Stdio::piped()).spawn().unwrap();
    let mut peak = 0;
    let status = loop {
        peak = peak.max(taken(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(3));
    };
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(status.success(), "{args:?}: {said}");
    println!("{:>7.1} MB, {:>6.1} s: {}", peak as f64 / 1e6, begun.elapsed().as_secs_f64(), args.join(" "));
    (peak, said)
}

/// Chunks decoded for every one that was needed.
fn decodes(said: &str) -> f64 {
    let line = said.lines().find(|l| l.contains("chunks were decoded")).expect(said);
    let numbers: Vec<f64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    numbers[0] / numbers[1]
}

#[test]
fn memory_stays_below_its_limit() {
    let side = std::env::var("REPROJECT_MEMORY_SIDE").ok().and_then(|n| n.parse().ok()).unwrap_or(3000);
    let (limit, chunk) = if side < 20000 { (72_000_000, 256) } else { (512_000_000, 1024) };
    // Beside the build: temporary folders may lie in memory.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let folder = dir.path();
    make(&folder.join("in.fits"), side);
    let half = side as f64 / 2.0;
    let turned = tan([side, side], [half, half]).replace("RADESYS", "CROTA2  = 30.0\nRADESYS");
    fs::write(folder.join("grid.hdr"), turned).unwrap();
    let (memory, chunks) = (format!("{limit}B"), format!("{chunk}x{chunk}"));
    let limits = ["--memory", &memory, "--threads", "2"];
    let mut wrong = Vec::new();
    let mut run = |args: &[&str]| {
        let args = [&["run"], args, &limits[..]].concat();
        let (peak, said) = watched(folder, &args);
        if peak > limit {
            wrong.push(format!("{peak} bytes: {args:?}"));
        }
        said
    };
    run(&["in.fits", "--to", "in.fits", "--order", "nearest", "-o", "in.zarr", "--chunks", &chunks]);
    run(&["in.fits", "--to", "grid.hdr", "-o", "a.fits"]);
    let said = run(&["in.zarr", "--to", "grid.hdr", "-o", "b.fits"]);
    assert!(decodes(&said) <= 1.3, "{said}");
    assert!(
        same(&folder.join("a.fits"), &folder.join("b.fits"), side),
        "chunks or not, the pixels are the same"
    );
    fs::remove_file(folder.join("b.fits")).unwrap();
    let said = run(&["in.zarr", "--to", "grid.hdr", "-o", "c.zarr"]);
    assert!(decodes(&said) <= 1.3, "{said}");
    run(&["in.fits", "--to", "grid.hdr", "-o", "d.zarr", "--chunks", &chunks]);
    // A mask in chunks, and one that is mapped.
    run(&["in.zarr", "--to", "grid.hdr", "--mask", "weight:in.zarr", "-o", "e.fits"]);
    run(&["in.zarr", "--to", "grid.hdr", "--mask", "weight:in.fits", "-o", "f.zarr"]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether two images have the same pixels.
fn same(a: &Path, b: &Path, side: usize) -> bool {
    let [a, b] = [a, b].map(|path| FitsFile::open(path).unwrap().image(&HduSelect::FirstImage).unwrap());
    Grid::new(&[side, side], &[256, side]).unwrap().iter().all(|strip| {
        let [a, b] = [&a, &b].map(|image| {
            let mut pixels = ArrayD::<f32>::zeros(IxDyn(&strip.shape));
            image.read(&strip, pixels.view_mut()).unwrap();
            pixels.mapv(f32::to_bits)
        });
        a == b
    })
}
