//! What tests of the executors share: one job type that holds every source and every resampler, and workers that are the test
//! program itself.
#![allow(dead_code, reason = "every test file uses its own part of it")]

#[cfg(target_os = "linux")]
pub(crate) mod faulty;

use ndarray::{ArrayD, ArrayViewMutD, IxDyn};
use reproject_chunk::{FitsHandle, RawHandle};
use reproject_core::{
    Adaptive, ArraySource, Axes, Between, Bicubic, Bilinear, Coords, DenseSink, Exact, Executor, Grid,
    Identity, Lattice, Mat3, Nearest, Opened, Patch, Points, Projection, Region, Reproject, Resampler,
    Result, Strided, View, Watch,
};
use reproject_exec::{Jobs, Lazy, Processes, Shared};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;
use std::process::{Command, Stdio};

/// A gnomonic camera: pixels of `scale` radians around `centre`, looking along the third axis of `turn`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Camera {
    pub(crate) centre: [f64; 2],
    pub(crate) scale: f64,
    pub(crate) turn: Mat3,
}

impl Projection for Camera {
    fn lift(&self, points: &mut Points<'_, 3>) {
        points.each(|[x, y, _]| {
            let (u, v) = ((x - self.centre[0]) * self.scale, (y - self.centre[1]) * self.scale);
            let w = 1.0 / (1.0 + u * u + v * v).sqrt();
            self.turn * [u * w, v * w, w]
        });
    }
    fn project(&self, points: &mut Points<'_, 3>) {
        let back = self.turn.transpose();
        points.each(|p| {
            let [u, v, w] = back * p;
            let w = if w > 0.0 { self.scale * w } else { f64::NAN };
            [self.centre[0] + u / w, self.centre[1] + v / w, 0.0]
        });
    }
}

/// Every source.
#[derive(Serialize, Deserialize)]
pub(crate) enum Pixels {
    Memory(Shared<f32>),
    Fits(Opened<FitsHandle>),
    Npy(Opened<RawHandle>),
    Zarr(Box<Opened<reproject_chunk::ZarrHandle>>),
    Lazy(Box<Lazy<Copied>>),
}

/// A job that copies its input.
pub(crate) type Copied = Reproject<f32, f32, Axes<2, Identity>, Nearest, Shared<f32>>;

impl Pixels {
    fn of(&self) -> &dyn ArraySource<f32> {
        match self {
            Pixels::Memory(s) => s,
            Pixels::Fits(s) => s,
            Pixels::Npy(s) => s,
            Pixels::Zarr(s) => s,
            Pixels::Lazy(s) => s,
        }
    }
}

impl ArraySource<f32> for Pixels {
    fn shape(&self) -> &[usize] {
        self.of().shape()
    }
    fn read(&self, window: &Region, out: ArrayViewMutD<'_, f32>) -> Result<()> {
        self.of().read(window, out)
    }
    fn resident(&self, window: &Region) -> Option<Strided<'_, f32>> {
        self.of().resident(window)
    }
    fn chunks(&self) -> Option<&[usize]> {
        self.of().chunks()
    }
}

/// Every resampler.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum How {
    Nearest,
    Bilinear,
    Bicubic,
    Adaptive(Adaptive),
    Exact(Exact<Camera, Camera>),
}

impl How {
    fn of(&self) -> &dyn Resampler<f32, f32> {
        match self {
            How::Nearest => &Nearest,
            How::Bilinear => &Bilinear,
            How::Bicubic => &Bicubic,
            How::Adaptive(how) => how,
            How::Exact(how) => how,
        }
    }
}

impl Resampler<f32, f32> for How {
    fn lattice(&self) -> Lattice {
        self.of().lattice()
    }
    fn support(&self, at: &Coords) -> Vec<f64> {
        self.of().support(at)
    }
    fn window(&self, at: &Coords, shape: &[usize]) -> Option<Region> {
        self.of().window(at, shape)
    }
    fn resample(&self, at: &Coords, src: &View<'_, f32>, out: Patch<'_, f32>, watch: &dyn Watch) {
        self.of().resample(at, src, out, watch)
    }
    fn piece(&self) -> usize {
        self.of().piece()
    }
}

/// Every source under every resampler.
pub(crate) type Any = Reproject<f32, f32, Axes<2, Between<Camera, Camera>>, How, Pixels>;

pub(crate) fn camera(shape: [usize; 2], scale: f64, turn: f64) -> Camera {
    let centre = [(shape[1] as f64 - 1.0) / 2.0, (shape[0] as f64 - 1.0) / 2.0];
    Camera { centre, scale, turn: Mat3::rotation(0, 0.3) * Mat3::rotation(2, turn) }
}

/// From an output of 41×53 pixels, turned and a third finer, onto an input of 37×45.
pub(crate) fn cameras() -> (Camera, Camera) {
    (camera(OUT, 0.009, 0.4), camera(IN, 0.012, 0.0))
}

pub(crate) const IN: [usize; 2] = [37, 45];
pub(crate) const OUT: [usize; 2] = [41, 53];

pub(crate) fn any(how: How, pixels: Pixels) -> Any {
    let (from, to) = cameras();
    Reproject::new(&OUT, Axes::new(Between { output: from, input: to }), how, pixels).unwrap()
}

/// Numbers with no pattern, and some NaN.
pub(crate) fn image(shape: &[usize]) -> ArrayD<f32> {
    let n: usize = shape.iter().product();
    let value = |i: usize| if i % 97 == 5 { f32::NAN } else { (i % 31) as f32 * 0.37 - (i % 7) as f32 };
    ArrayD::from_shape_vec(IxDyn(shape), (0..n).map(value).collect()).unwrap()
}

pub(crate) fn count(n: usize) -> Option<NonZeroUsize> {
    NonZeroUsize::new(n)
}

/// This test program as worker: its test named `worker` serves the jobs.
pub(crate) fn command() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["worker", "--exact", "--nocapture", "--quiet"]).stdout(Stdio::null());
    command
}

pub(crate) fn processes(n: usize, jobs: &Jobs) -> Processes {
    Processes::new(count(n), jobs).unwrap().with_command(command)
}

/// Values and coverage, as bits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bits(pub(crate) Vec<u32>, pub(crate) Vec<u64>);

/// Runs a job into memory.
pub(crate) fn run<J: reproject_core::Job<Pixel = f32>>(
    by: &dyn Executor<J>,
    job: &J,
    block: &[usize],
    watch: &dyn Watch,
) -> Result<Bits> {
    let mut data = ArrayD::from_elem(IxDyn(job.shape()), -1.0f32);
    let mut weight = ArrayD::from_elem(IxDyn(job.shape()), -1.0);
    {
        let blocks: Vec<Region> = Grid::new(job.shape(), block)?.iter().collect();
        let sink = DenseSink::with_weight(data.view_mut(), weight.view_mut())?;
        by.execute(job, &blocks, &sink, watch)?;
    }
    Ok(Bits(data.iter().map(|v| v.to_bits()).collect(), weight.iter().map(|v| v.to_bits()).collect()))
}
