//! The cost of worker processes: the time to start one, and the CPU time of a bilinear reprojection of a FITS file by threads and by
//! processes.
//!
//! ```text
//! cargo run --release --package reproject-exec --example workers -- [SIDE] [WORKERS]
//! ```

use ndarray::ArrayD;
use reproject_chunk::{FitsFile, FitsHandle, FitsOptions, FitsSink, Format, HduSelect};
use reproject_core::{
    ArraySink, Axes, Between, Bilinear, Executor, Job, Mat3, Opened, Points, Projection, Region, Reproject,
    Tile,
};
use reproject_exec::{Jobs, Processes, Serial, Threads};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

/// A gnomonic image around the direction `to_sky` × z, `scale` radians a pixel.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Tan {
    centre: f64,
    scale: f64,
    to_sky: Mat3,
}

impl Projection for Tan {
    fn lift(&self, points: &mut Points<'_, 3>) {
        points.each(|[x, y, _]| {
            let (u, v) = ((x - self.centre) * self.scale, (y - self.centre) * self.scale);
            let w = 1.0 / (1.0 + u * u + v * v).sqrt();
            self.to_sky * [u * w, v * w, w]
        });
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        let from_sky = self.to_sky.transpose();
        points.each(|p| {
            let [u, v, w] = from_sky * p;
            let w = if w > 0.0 { 1.0 / (self.scale * w) } else { f64::NAN };
            [self.centre + u * w, self.centre + v * w, 0.0]
        });
    }
}

type Work = Reproject<f32, f32, Axes<2, Between<Tan, Tan>>, Bilinear, Opened<FitsHandle>>;

/// CPU time of this process and of the children that it has waited for, in clock ticks of 10 ms (proc(5), fields 14 to 17).
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(4).filter_map(|n| n.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn main() -> reproject_core::Result<()> {
    let jobs = Jobs::new().with::<Work>("work");
    jobs.serve_if_worker();
    let mut arguments = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let (side, workers) = (arguments.next().unwrap_or(4096), arguments.next().unwrap_or(2));
    let dir = tempfile::tempdir().map_err(|e| reproject_core::Error::file("temporary folder", e))?;
    let source = input(&dir.path().join("in.fits"), side)?;
    let tan = |turn: f64| Tan { centre: side as f64 / 2.0, scale: 1e-6, to_sky: Mat3::rotation(2, turn) };
    let map = Axes::new(Between { output: tan(0.2), input: tan(0.0) });
    let job = Work::new(&[side, side], map, Bilinear, source)?;
    let blocks: Vec<Region> = job.blocks(None)?.iter().collect();
    let count = NonZeroUsize::new(workers);

    let start = |n: usize| -> reproject_core::Result<Duration> {
        let processes = Processes::new(NonZeroUsize::new(n), &jobs)?;
        let begun = Instant::now();
        processes.execute(&job, &blocks[..n], &Nowhere, &())?;
        Ok(begun.elapsed())
    };
    let mut starts = (0..20).map(|_| start(1)).collect::<reproject_core::Result<Vec<_>>>()?;
    starts.sort();
    println!("start of a worker with its first block: median {:?}, least {:?}", starts[10], starts[0]);

    let run = |name: &str, by: &dyn Executor<Work>| -> reproject_core::Result<(f64, f64)> {
        let path = dir.path().join(name);
        let options = FitsOptions { overwrite: true, ..FitsOptions::new(&[side, side], Format::F32) };
        let sink = FitsSink::create(&path, &options)?;
        let (begun, before) = (Instant::now(), cpu());
        by.execute(&job, &blocks, &sink, &())?;
        let spent = (begun.elapsed().as_secs_f64(), cpu() - before);
        sink.finish()?;
        Ok(spent)
    };
    run("out.fits", &Serial)?;
    let threads = Threads::new(count)?;
    let (mut best, mut cold) = ([f64::MAX; 3], f64::MAX);
    let warm = Processes::new(count, &jobs)?;
    run("out.fits", &warm)?;
    for _ in 0..5 {
        best[0] = best[0].min(run("out.fits", &threads)?.0);
        best[1] = best[1].min(run("out.fits", &warm)?.0);
        cold = cold.min(run("out.fits", &Processes::new(count, &jobs)?)?.0);
    }
    println!(
        "{side}² bilinear, wall time, best of 5: threads({workers}) {:.3} s, processes({workers}) warm {:.3} s ({:+.0} %), cold {cold:.3} s",
        best[0],
        best[1],
        100.0 * (best[1] / best[0] - 1.0)
    );
    // Workers count once they have been waited for: three runs by workers of their own.
    let before = cpu();
    for _ in 0..3 {
        run("out.fits", &threads)?;
    }
    let by_threads = (cpu() - before) / 3.0;
    let before = cpu();
    let fresh = Processes::new(count, &jobs)?;
    for _ in 0..3 {
        run("out.fits", &fresh)?;
    }
    drop(fresh);
    let by_processes = (cpu() - before) / 3.0;
    println!(
        "CPU time a run: threads({workers}) {by_threads:.2} s, processes({workers}) {by_processes:.2} s ({:+.0} %)",
        100.0 * (by_processes / by_threads - 1.0)
    );
    Ok(())
}

fn input(path: &Path, side: usize) -> reproject_core::Result<Opened<FitsHandle>> {
    let sink = FitsSink::create(path, &FitsOptions::new(&[side, side], Format::F32))?;
    let mut tile = Tile::blank(Region::whole(&[side, side]), 0.0f32);
    tile.data = ArrayD::from_shape_fn(vec![side, side], |i| ((i[0] * 31 + i[1] * 17) % 1009) as f32);
    sink.write(&tile)?;
    sink.finish()?;
    let image = FitsFile::open(path)?.image(&HduSelect::FirstImage)?;
    Ok(Opened::with(image.handle(), image))
}

/// Takes tiles and forgets them.
struct Nowhere;

impl ArraySink<f32> for Nowhere {
    fn shape(&self) -> &[usize] {
        &[]
    }
    fn write(&self, _: &Tile<f32>) -> reproject_core::Result<()> {
        Ok(())
    }
}
