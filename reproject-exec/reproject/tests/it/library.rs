//! The library: what a program does with images, grids and reprojections.

use crate::cli::{image, noise, tan, write};
use ndarray::{ArrayD, IxDyn};
use reproject::{
    AdaptiveOptions, Dtype, Filter, Grid, Header, Image, Listener, MaskFile, Method, Reprojection, Status,
    WriteOptions,
};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn header(cards: &str) -> Header {
    Header::from_text(cards.as_bytes()).unwrap()
}

const SKY: &str = "\
NAXIS   =                    2
CTYPE1  = 'RA---TAN'
CTYPE2  = 'DEC--TAN'
CRVAL1  =                 10.0
CRVAL2  =                 20.0
CRPIX1  =                 21.0
CRPIX2  =                 16.0
CDELT1  =                -0.01
CDELT2  =                 0.01
END
";

fn sky() -> (ArrayD<f32>, Image) {
    let array = ArrayD::from_shape_fn(IxDyn(&[30, 40]), |i| (i[0] * 100 + i[1]) as f32);
    (array.clone(), Image::from_array(array, &header(SKY)).unwrap())
}

#[test]
fn memory_files_blocks_and_laziness_give_the_same_pixels() {
    let dir = tempfile::tempdir().unwrap();
    let (_, sky) = sky();
    let grid = Grid::galactic(&sky).unwrap();
    for method in [Method::Nearest, Method::Bilinear, Method::Bicubic, Method::Adaptive, Method::Exact] {
        let of = Reprojection::new(&sky, &grid).method(method);
        let (values, footprint) = of.run::<f64>().unwrap();
        assert_eq!(values.shape(), grid.shape());
        assert!(values.iter().filter(|v| v.is_finite()).count() > 900, "{method:?}");
        assert!(footprint.iter().all(|w| (0.0..=1.0).contains(w)));
        let pieces = of.clone().block([7, 11]).threads(NonZeroUsize::new(3).unwrap());
        let lazy = of.clone().block([7, 11]).lazy::<f64>().unwrap();
        let mut looked_at = ArrayD::zeros(values.raw_dim());
        let whole = reproject_core::Region::whole(values.shape());
        reproject_core::ArraySource::read(&lazy, &whole, looked_at.view_mut()).unwrap();
        let path = dir.path().join(format!("{}.fits", method.name()));
        of.dtype(Dtype::As(reproject::Format::F64)).write(&path).unwrap();
        let back = Image::open(&path).unwrap();
        let again = Reprojection::new(&back, &Grid::open(path.to_str().unwrap(), &back).unwrap());
        let same = again.method(Method::Nearest).run::<f64>().unwrap().0;
        for other in [pieces.run::<f64>().unwrap().0, looked_at, same] {
            let equal = values
                .iter()
                .zip(&other)
                .all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan());
            assert!(equal, "{method:?}");
        }
    }
}

#[test]
fn adaptive_resampling_takes_its_options() {
    let (_, sky) = sky();
    let grid = Grid::galactic(&sky).unwrap();
    let of = Reprojection::new(&sky, &grid);
    let bits = |of: Reprojection| of.run::<f64>().unwrap().0.mapv(f64::to_bits);
    let plain = bits(of.clone().method(Method::Adaptive));
    assert_eq!(bits(of.clone().adaptive(AdaptiveOptions::default())), plain);
    let hann = AdaptiveOptions { filter: Filter::Hann, ..AdaptiveOptions::default() };
    assert_ne!(bits(of.clone().adaptive(hann)), plain);
    let narrow = Filter::Gaussian { width: 0.0, region: 4.0 };
    let narrow = AdaptiveOptions { filter: narrow, ..AdaptiveOptions::default() };
    let error = of.adaptive(narrow).run::<f64>().unwrap_err().to_string();
    assert!(error.contains("kernel width"), "{error}");
}

#[test]
fn an_image_onto_itself_is_itself_and_masks_are_holes() {
    let dir = tempfile::tempdir().unwrap();
    let (array, sky) = sky();
    let mut bad = ArrayD::<f32>::zeros(array.raw_dim());
    bad[[3, 4]] = 1.0;
    let path = dir.path().join("bad.fits");
    let mask = Image::from_array(bad, &header(SKY)).unwrap();
    Reprojection::new(&mask, &Grid::north_up(&mask).unwrap()).method(Method::Nearest).write(&path).unwrap();
    let grid = Grid::open(path.to_str().unwrap(), &sky).unwrap();
    let of = Reprojection::new(&sky, &grid);
    let same = of.run::<f32>().unwrap().0;
    assert!(same.iter().zip(&array).all(|(a, b)| (a - b).abs() < 1e-3));
    let masked = of.mask(MaskFile::flags(path.to_str().unwrap())).run::<f32>().unwrap().0;
    assert_eq!(masked.iter().filter(|v| v.is_nan()).count(), 1);
    assert!(masked[[3, 4]].is_nan());
}

/// Hears of a run, and stops it after some blocks.
#[derive(Default)]
struct Ear {
    blocks: AtomicUsize,
    stop: std::sync::Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
    after: usize,
}

impl Listener for Ear {
    fn begins(&self, run: &reproject::Begun) {
        assert_eq!((run.pixels, run.blocks), (1200, run.of));
        *self.stop.lock().unwrap() = Some(run.stop.clone());
    }
    fn progress(&self, status: Status) {
        self.blocks.store(status.blocks, Ordering::Relaxed);
        if status.blocks == self.after {
            self.stop.lock().unwrap().as_ref().unwrap()();
        }
    }
}

#[test]
fn a_run_is_heard_of_stopped_and_taken_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in.fits");
    write(&path, &image([30, 40], noise), &tan([30, 40], [20.0, 15.0]), None);
    let sky = Image::open(&path).unwrap();
    let grid = Grid::open(path.to_str().unwrap(), &sky).unwrap();
    let of = Reprojection::new(&sky, &grid).block([5, 40]).threads(NonZeroUsize::MIN);
    let out = dir.path().join("out.fits");
    let ear = Arc::new(Ear { after: 2, ..Ear::default() });
    let heard: Arc<dyn Listener> = ear.clone();
    let stopped = of.write_with(&out, &WriteOptions::default(), &heard);
    assert!(stopped.unwrap_err().is_cancelled() && !out.exists());
    assert_eq!(ear.blocks.load(Ordering::Relaxed), 2);
    let options = WriteOptions { resume: true, ..WriteOptions::default() };
    let done = of.write_with(&out, &options, &(Arc::new(()) as Arc<dyn Listener>)).unwrap();
    assert_eq!((done.shape, done.status.unwrap().of), (vec![30, 40], 4));
    assert_eq!(of.plan(None, &()).unwrap().plan.blocks.len(), 6);
}

#[test]
fn what_cannot_be_is_said() {
    let (array, sky) = sky();
    let grid = Grid::icrs(&sky).unwrap();
    let of = Reprojection::new(&sky, &grid);
    assert!(of.run::<i32>().unwrap_err().to_string().contains("integers have no NaN"));
    let dir = tempfile::tempdir().unwrap();
    let afar = of.clone().processes(NonZeroUsize::MIN).write(dir.path().join("a.fits"));
    assert!(afar.unwrap_err().to_string().contains("an image in memory stays in this process"));
    let taken = dir.path().join("taken.fits");
    of.write(&taken).unwrap();
    assert!(of.write(&taken).unwrap_err().to_string().contains("`overwrite`"), "a setting, not an option");
    let other = SKY.replace("END\n", "NAXIS1  =                   41\nEND\n");
    let wrong = Image::from_array(array.clone(), &header(&other)).unwrap_err().to_string();
    assert!(wrong.contains("NAXIS1 = 41") && wrong.starts_with("array"), "{wrong}");
    let nowhere = Image::from_array(array, &header("BUNIT   = 'Jy'\nEND\n")).unwrap_err().to_string();
    assert!(nowhere.contains("CTYPEn"), "{nowhere}");
    assert!(Image::open("absent.fits").unwrap_err().to_string().contains("absent.fits"));
}
