//! The crate's own WCS, source and kernel obey the laws, and run in every executor, worker processes of this very program
//! among them.

use fisheye::{AllSky, Lanczos3, Stars};
use ndarray::ArrayD;
use reproject_core::{Axes, Between, Mat3, Reproject, Weighted, laws};
use reproject_exec::{Jobs, Lazy, Processes, Serial, Threads};
use std::num::NonZeroUsize;
use std::process::{Command, Stdio};

/// What this program computes.
type Night = Reproject<f32, f32, Axes<2, Between<AllSky, AllSky>>, Weighted<Lanczos3, 6>, Stars>;
/// The same of what was not computed before.
type Second = Reproject<f32, f32, Axes<2, Between<AllSky, AllSky>>, Weighted<Lanczos3, 6>, Lazy<Night>>;

fn jobs() -> Jobs {
    Jobs::new().with::<Night>("night").with::<Second>("second")
}

/// Where workers start. A program of its own has this line at the top of `main`; a test program has it in a test, and starts
/// itself with that test alone.
#[test]
fn worker() {
    jobs().serve_if_worker();
}

fn processes(n: usize) -> Processes {
    Processes::new(NonZeroUsize::new(n), &jobs()).unwrap().with_command(|| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["executors::worker", "--exact", "--nocapture"]).stdout(Stdio::null());
        command
    })
}

fn map(turn: f64) -> Axes<2, Between<AllSky, AllSky>> {
    let camera = |scale: f64, turn: f64| AllSky {
        centre: [31.5, 31.5],
        scale,
        to_sky: Mat3::rotation(2, turn) * Mat3::rotation(0, 0.4),
    };
    Axes::new(Between { output: camera(0.02, 0.0), input: camera(0.04, turn) })
}

#[test]
fn source_and_kernel_obey_the_laws() {
    laws::source_reads_windows(&Stars { shape: [64, 64], seed: 7 }, &[5, 13]).unwrap();
    laws::resampler_keeps_constants(&Weighted::new(Lanczos3), &map(1.0), &[64, 64], &[50, 60]).unwrap();
    laws::pixel_map_ignores_blocks(&map(1.0), &[50, 60], &[7, 20]).unwrap();
    let image = ArrayD::from_shape_fn(vec![64, 64], |i| ((i[0] * 37 + i[1] * 11) % 101) as f64);
    laws::resampler_stays_in_support(&Weighted::new(Lanczos3), &map(1.0), &image, &[50, 60], &[7, 20])
        .unwrap();
}

#[test]
fn every_executor_runs_it() {
    let stars = Stars { shape: [64, 64], seed: 7 };
    let night = Night::new(&[64, 64], map(1.0), Weighted::new(Lanczos3), stars).unwrap();
    let lazy = Lazy::new(night.clone()).with_blocks(&[9, 16]).unwrap();
    let second = Second::new(&[64, 64], map(-1.0), Weighted::new(Lanczos3), lazy).unwrap();
    let (threads, processes) = (Threads::new(NonZeroUsize::new(2)).unwrap(), processes(2));
    laws::executor_equals_serial(&Serial, &night, &[7, 20]).unwrap();
    laws::executor_equals_serial(&threads, &night, &[7, 20]).unwrap();
    laws::executor_equals_serial(&processes, &night, &[7, 20]).unwrap();
    laws::executor_equals_serial(&threads, &second, &[11, 30]).unwrap();
    laws::executor_equals_serial(&processes, &second, &[11, 30]).unwrap();
}
