//! Laws of [`Job`], [`Resampler`] and [`Executor`].

use super::{Violation, demand};
use crate::{
    ArraySource, DenseSink, Executor, Grid, Job, Pixel, PixelMap, Region, Reproject, Resampler, Result, Tile,
};
use ndarray::{ArrayD, ArrayViewMutD, Axis, Dimension, IxDyn};

type Images<T> = (ArrayD<T>, ArrayD<f64>);

fn equal<T: Pixel>(
    law: &'static str,
    what: &str,
    a: &Images<T>,
    b: &Images<T>,
) -> std::result::Result<(), Violation> {
    for ((i, x), y) in a.0.indexed_iter().zip(&b.0) {
        let same = x == y || x.is_blank() && y.is_blank();
        demand(same, law, || format!("{what}: pixel {:?} is {x:?} or {y:?}", i.slice()))?;
    }
    for ((i, x), y) in a.1.indexed_iter().zip(&b.1) {
        demand(x.to_bits() == y.to_bits(), law, || format!("{what}: weight {:?} is {x} or {y}", i.slice()))?;
    }
    Ok(())
}

fn run<J: Job + ?Sized>(
    law: &'static str,
    job: &J,
    block: &[usize],
) -> std::result::Result<Images<J::Pixel>, Violation> {
    let fail = |e: crate::Error| Violation { law, what: format!("blocks of {block:?}: {e}") };
    let mut data = ArrayD::from_elem(IxDyn(job.shape()), J::Pixel::default());
    let mut weight = ArrayD::from_elem(IxDyn(job.shape()), -1.0);
    for region in Grid::new(job.shape(), block).map_err(fail)?.iter() {
        let Tile { data: d, weight: w, region } = job.run(&region, &()).map_err(fail)?;
        data.slice_mut(&region.slices()[..]).assign(&d);
        weight.slice_mut(&region.slices()[..]).assign(&w);
    }
    Ok((data, weight))
}

fn known<T: Pixel>(law: &'static str, images: &Images<T>) -> std::result::Result<(), Violation> {
    let n = images.1.iter().filter(|w| **w > 0.0).count();
    demand(4 * n >= images.1.len(), law, || {
        format!("only {n} of {} output pixels see the input", images.1.len())
    })
}

/// A job gives the same bits whole and in blocks of `block`, and at least a quarter of its pixels see input.
///
/// # Errors
/// The first pixel that differs.
pub fn job_ignores_blocks<J: Job + ?Sized>(job: &J, block: &[usize]) -> std::result::Result<(), Violation> {
    const LAW: &str = "a result does not depend on its blocks";
    let whole = run(LAW, job, job.shape())?;
    known(LAW, &whole)?;
    equal(LAW, &format!("whole or in blocks of {block:?}"), &whole, &run(LAW, job, block)?)
}

/// An executor gives the bits that the job gives block by block, and tells the watch of every block.
///
/// # Errors
/// The first pixel that differs, or an error of the executor.
pub fn executor_equals_serial<J: Job>(
    executor: &impl Executor<J>,
    job: &J,
    block: &[usize],
) -> std::result::Result<(), Violation> {
    const LAW: &str = "every executor gives the same bits";
    let fail = |e: crate::Error| Violation { law: LAW, what: e.to_string() };
    let expected = run(LAW, job, block)?;
    known(LAW, &expected)?;
    let blocks: Vec<Region> = Grid::new(job.shape(), block).map_err(fail)?.iter().collect();
    let mut data = ArrayD::from_elem(IxDyn(job.shape()), J::Pixel::default());
    let mut weight = ArrayD::from_elem(IxDyn(job.shape()), -1.0);
    let watch = Count(std::sync::atomic::AtomicUsize::new(0));
    {
        let sink = DenseSink::with_weight(data.view_mut(), weight.view_mut()).map_err(fail)?;
        executor.execute(job, &blocks, &sink, &watch).map_err(fail)?;
    }
    equal(LAW, "block by block or executed", &expected, &(data, weight))?;
    let told = watch.0.into_inner();
    demand(told == blocks.len(), LAW, || format!("{} blocks, the watch heard of {told}", blocks.len()))
}

struct Count(std::sync::atomic::AtomicUsize);

impl crate::Watch for Count {
    fn done(&self, _: &Region) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
    fn cancelled(&self) -> bool {
        false
    }
}

/// A resampler turns a constant image into that constant, exactly, wherever it gives weight; at least a quarter of the
/// output gets some.
///
/// # Errors
/// The first pixel that is another value.
pub fn resampler_keeps_constants(
    how: &dyn Resampler<f64, f64>,
    map: &dyn PixelMap,
    input: &[usize],
    output: &[usize],
) -> std::result::Result<(), Violation> {
    const LAW: &str = "a constant image stays constant";
    const VALUE: f64 = 0.1;
    let source = ArrayD::from_elem(IxDyn(input), VALUE);
    let job = Reproject::<f64, f64, _, _, _>::new(output, map, how, source);
    let images = run(LAW, &job.map_err(|e| Violation { law: LAW, what: e.to_string() })?, output)?;
    known(LAW, &images)?;
    for ((i, v), w) in images.0.indexed_iter().zip(&images.1) {
        demand(*w == 0.0 || *v == VALUE, LAW, || format!("pixel {:?} is {v:?}, weight {w}", i.slice()))?;
    }
    Ok(())
}

/// A resampler reads only the window that its support promises: a source that hands out windows gives the same bits as
/// one that shows the whole image.
///
/// # Errors
/// The first pixel that differs.
pub fn resampler_stays_in_support(
    how: &dyn Resampler<f64, f64>,
    map: &dyn PixelMap,
    input: &ArrayD<f64>,
    output: &[usize],
    block: &[usize],
) -> std::result::Result<(), Violation> {
    const LAW: &str = "a resampler stays in its support";
    let fail = |e: crate::Error| Violation { law: LAW, what: e.to_string() };
    let shown = Reproject::<f64, f64, _, _, _>::new(output, map, how, input as &dyn ArraySource<f64>)
        .map_err(fail)?;
    let handed = Reproject::<f64, f64, _, _, _>::new(output, map, how, Copied(input)).map_err(fail)?;
    let images = run(LAW, &shown, output)?;
    known(LAW, &images)?;
    equal(LAW, "the whole image or windows", &images, &run(LAW, &handed, block)?)
}

/// A resampler gives every plane of a cube what it gives that plane alone, bit for bit: broadcast axes share positions and
/// nothing else. The planes are `image`, its double and its negative.
///
/// # Errors
/// The first pixel that differs.
pub fn resampler_ignores_planes(
    how: &dyn Resampler<f64, f64>,
    map: &dyn PixelMap,
    image: &ArrayD<f64>,
    output: &[usize],
) -> std::result::Result<(), Violation> {
    const LAW: &str = "a plane of a cube does not depend on the others";
    let fail = |e: crate::Error| Violation { law: LAW, what: e.to_string() };
    let planes = [1.0, 2.0, -1.0].map(|factor| image.mapv(|v| v * factor));
    let cube = ndarray::stack(Axis(0), &planes.each_ref().map(|plane| plane.view()))
        .map_err(|e| Violation { law: LAW, what: e.to_string() })?;
    let shape = [&[planes.len()], output].concat();
    let together =
        run(LAW, &Reproject::<f64, f64, _, _, _>::new(&shape, map, how, cube).map_err(fail)?, &shape)?;
    for (number, plane) in planes.into_iter().enumerate() {
        let job = Reproject::<f64, f64, _, _, _>::new(output, map, how, plane).map_err(fail)?;
        let alone = run(LAW, &job, output)?;
        known(LAW, &alone)?;
        let part = |images: &ArrayD<f64>| images.index_axis(Axis(0), number).to_owned();
        equal(
            LAW,
            &format!("plane {number} alone or in the cube"),
            &alone,
            &(part(&together.0), part(&together.1)),
        )?;
    }
    Ok(())
}

/// Pixels that are only ever copied window by window.
struct Copied<'a>(&'a ArrayD<f64>);

impl ArraySource<f64> for Copied<'_> {
    fn shape(&self) -> &[usize] {
        self.0.shape()
    }
    fn read(&self, window: &Region, out: ArrayViewMutD<'_, f64>) -> Result<()> {
        self.0.read(window, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArraySink, Axes, Bilinear, Coords, Nearest, Patch, Points, Transform, View, Watch};

    struct Turn;
    impl Transform for Turn {
        fn forward(&self, p: &mut Points<'_>) {
            p.each(|[x, y]| [0.8 * x - 0.6 * y + 8.0, 0.6 * x + 0.8 * y - 4.0]);
        }
        fn inverse(&self, _: &mut Points<'_>) {}
    }
    fn image() -> ArrayD<f64> {
        ArrayD::from_shape_fn(IxDyn(&[40, 50]), |i| (i[0] * i[0] + 3 * i[1]) as f64)
    }

    /// A bilinear that adds something which depends on the block, on the window, or on nothing.
    #[derive(Clone, Copy)]
    enum Off {
        Block,
        Window,
        Value,
        Mute,
        Plane,
    }
    struct Bad(Off);
    impl Resampler<f64, f64> for Bad {
        fn support(&self, at: &Coords) -> Vec<f64> {
            Resampler::<f64, f64>::support(&Bilinear, at)
        }
        fn resample(&self, at: &Coords, src: &View<'_, f64>, mut out: Patch<'_, f64>, watch: &dyn Watch) {
            let patch = Patch { data: out.data.view_mut(), weight: out.weight.view_mut() };
            match self.0 {
                Off::Mute => return,
                _ => Bilinear.resample(at, src, patch, watch),
            }
            let extra = match self.0 {
                Off::Block => at.block.start[0] as f64,
                Off::Window => src.data[0],
                Off::Plane => {
                    out.data.axis_iter_mut(Axis(0)).skip(1).for_each(|mut plane| plane.fill(0.0));
                    return;
                }
                _ => 1e-16,
            };
            out.data.mapv_inplace(|v| v + extra);
        }
        fn piece(&self) -> usize {
            8
        }
    }

    #[test]
    fn broken_resamplers_are_rejected() {
        let (map, image, shape) = (Axes::<2, _>::new(Turn), image(), [30, 30]);
        for how in [&Nearest as &dyn Resampler<f64, f64>, &Bilinear] {
            resampler_keeps_constants(how, &map, &[40, 50], &shape).unwrap();
            resampler_stays_in_support(how, &map, &image, &shape, &[7, 11]).unwrap();
            resampler_ignores_planes(how, &map, &image, &shape).unwrap();
            let job = Reproject::<f64, f64, _, _, _>::new(&shape, &map, how, &image as &dyn ArraySource<f64>)
                .unwrap();
            job_ignores_blocks(&job, &[7, 11]).unwrap();
        }
        assert!(resampler_keeps_constants(&Bad(Off::Value), &map, &[40, 50], &shape).is_err());
        assert!(resampler_stays_in_support(&Bad(Off::Window), &map, &image, &shape, &[7, 11]).is_err());
        assert!(resampler_ignores_planes(&Bad(Off::Plane), &map, &image, &shape).is_err());
        let mute = resampler_keeps_constants(&Bad(Off::Mute), &map, &[40, 50], &shape);
        assert!(mute.unwrap_err().what.contains("only 0 of"));
        for off in [Off::Block, Off::Mute] {
            let job =
                Reproject::<f64, f64, _, _, _>::new(&shape, &map, Bad(off), &image as &dyn ArraySource<f64>);
            assert!(job_ignores_blocks(&job.unwrap(), &[7, 11]).is_err());
        }
    }

    /// An executor that forgets a block, or forgets to tell.
    struct Sloppy {
        skip: usize,
        silent: bool,
    }
    impl<J: Job> Executor<J> for Sloppy {
        fn execute(
            &self,
            job: &J,
            blocks: &[Region],
            sink: &dyn ArraySink<J::Pixel>,
            watch: &dyn Watch,
        ) -> Result<()> {
            for block in blocks.iter().skip(self.skip) {
                sink.write(&job.run(block, watch)?)?;
                if !self.silent {
                    watch.done(block);
                }
            }
            Ok(())
        }
    }

    #[test]
    fn broken_executors_are_rejected() {
        let map = Axes::<2, _>::new(Turn);
        let job = Reproject::<f64, f64, _, _, _>::new(&[30, 30], map, Bilinear, image()).unwrap();
        executor_equals_serial(&Sloppy { skip: 0, silent: false }, &job, &[7, 11]).unwrap();
        assert!(executor_equals_serial(&Sloppy { skip: 1, silent: false }, &job, &[7, 11]).is_err());
        assert!(executor_equals_serial(&Sloppy { skip: 0, silent: true }, &job, &[7, 11]).is_err());
    }
}
