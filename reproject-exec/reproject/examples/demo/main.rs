//! The demonstration: an image of the whole sky, reprojected to a Galactic map and to a picture of Orion.
//!
//! From file to file, as with real images: the sample is written as FITS, mapped into memory, reprojected on all threads
//! into FITS files that are written tile by tile, and those are read again for the pictures. All of it lands in `demo/`.

mod picture;
mod sky;

use ndarray::{Array2, Ix2, IxDyn};
use reproject_chunk::{FitsFile, FitsOptions, FitsSink, Format, HduSelect, Header, Value};
use reproject_core::{
    ArraySink, ArraySource, Axes, Bilinear, Executor, Grid, Projection, Region, Reproject, Tile,
};
use reproject_exec::Threads;
use reproject_wcs::{Keywords, Wcs, sky_map};
use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// An image to be: its projection, reference point (degrees; in the middle), shape and degrees per pixel.
struct Target {
    name: &'static str,
    what: &'static str,
    ctype: [&'static str; 2],
    crval: [f64; 2],
    shape: [usize; 2],
    scale: f64,
}

const SKY: Target = Target {
    name: "sky",
    what: "The whole sky, plate carree, ICRS",
    ctype: ["RA---CAR", "DEC--CAR"],
    crval: [180.0, 0.0],
    shape: sky::SHAPE,
    scale: 180.0 / sky::SHAPE[0] as f64,
};

const TARGETS: [Target; 2] = [
    Target {
        name: "galactic",
        what: "The whole sky, Hammer-Aitoff, Galactic",
        ctype: ["GLON-AIT", "GLAT-AIT"],
        crval: [0.0, 0.0],
        shape: [1000, 2000],
        // The ellipse is 4 sqrt(2) radians wide.
        scale: 4.0 * std::f64::consts::SQRT_2 * 180.0 / std::f64::consts::PI / 2000.0,
    },
    Target {
        name: "orion",
        what: "Orion, gnomonic, ICRS",
        ctype: ["RA---TAN", "DEC--TAN"],
        crval: [83.5, 1.5],
        shape: [900, 750],
        scale: 0.04,
    },
];

impl Target {
    /// Longitude grows to the left: the sky as it is seen from inside.
    fn header(&self) -> reproject_core::Result<Header> {
        let mut header = Header::new();
        let scale = [-self.scale, self.scale];
        for (axis, length) in [self.shape[1], self.shape[0]].into_iter().enumerate() {
            let n = axis + 1;
            header.set(&format!("CTYPE{n}"), self.ctype[axis], "")?;
            header.set(&format!("CUNIT{n}"), "deg", "")?;
            header.set(&format!("CRVAL{n}"), self.crval[axis], "")?;
            header.set(&format!("CRPIX{n}"), length as f64 / 2.0 + 0.5, "")?;
            header.set(&format!("CDELT{n}"), scale[axis], "")?;
        }
        if self.ctype[0].starts_with("RA") {
            header.set("RADESYS", "ICRS", "")?;
        }
        Ok(header)
    }

    fn sink(&self) -> Result<FitsSink, Box<dyn Error>> {
        let mut options = FitsOptions::new(&self.shape, Format::F32);
        (options.header, options.overwrite) = (self.header()?, true);
        Ok(FitsSink::create(self.path("fits"), &options)?)
    }

    fn describe(&self) -> String {
        format!("{} ({}x{} pixels)", self.what, self.shape[1], self.shape[0])
    }

    fn path(&self, extension: &str) -> PathBuf {
        Path::new("demo").join(format!("{}.{extension}", self.name))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    fs::create_dir_all("demo")?;
    let start = Instant::now();
    let stars = sky::stars();
    let mut tile = Tile::blank(Region::whole(&SKY.shape), f32::NAN);
    tile.data = sky::render(&stars).into_dyn();
    let sink = SKY.sink()?;
    sink.write(&tile)?;
    sink.finish()?;
    drop(tile);
    println!("{}: {} stars drawn in {:.1?}", SKY.describe(), stars.len(), start.elapsed());
    show(&SKY)?;

    let threads = Threads::new(None)?;
    for target in &TARGETS {
        let start = Instant::now();
        let ran = reproject(target, &threads)?;
        println!(
            "{}: reprojected in {ran:.1?} on {} threads ({:.0} ns a pixel), {:.1?} from file to file",
            target.describe(),
            threads.threads(),
            ran.as_secs_f64() * 1e9 / target.shape.iter().product::<usize>() as f64,
            start.elapsed(),
        );
        show(target)?;
    }
    for target in [&SKY].into_iter().chain(&TARGETS) {
        println!("{}  {}", target.path("fits").display(), target.path("png").display());
    }
    Ok(())
}

/// The whole of a reprojection: two headers make a map, map and resampler and source make a job, threads run its blocks.
/// Returns the time that the blocks took.
fn reproject(target: &Target, threads: &Threads) -> Result<Duration, Box<dyn Error>> {
    let image = FitsFile::open(SKY.path("fits"))?.image(&HduSelect::default())?;
    let (from, to) = (wcs(&target.header()?)?, wcs(image.header())?);
    let map = sky_map(from.celestial()?, to.celestial()?)?;
    let map = Axes::new(map).with_period(to.celestial()?.period());
    let job = Reproject::<f32, f32, _, _, _>::new(&target.shape, map, Bilinear, image)?;
    let blocks: Vec<Region> = Grid::new(&target.shape, &[256, 256])?.iter().collect();
    let sink = target.sink()?;
    let start = Instant::now();
    threads.execute(&job, &blocks, &sink, &())?;
    let took = start.elapsed();
    sink.finish()?;
    Ok(took)
}

fn wcs(header: &Header) -> reproject_core::Result<Wcs> {
    let known = header.values().filter_map(|(keyword, value)| {
        let value: reproject_wcs::Value = match value {
            Value::Integer(i) => (*i).into(),
            Value::Float(x) => (*x).into(),
            Value::Text(text) => text.as_str().into(),
            _ => return None,
        };
        Some((keyword, value))
    });
    Wcs::parse(&known.collect::<Keywords>(), ' ', &())
}

/// Makes a picture of a finished FITS file.
fn show(target: &Target) -> Result<(), Box<dyn Error>> {
    let image = FitsFile::open(target.path("fits"))?.image(&HduSelect::default())?;
    let mut pixels = ndarray::ArrayD::<f32>::zeros(IxDyn(&target.shape));
    image.read(&Region::whole(&target.shape), pixels.view_mut())?;
    let pixels: Array2<f32> = pixels.into_dimensionality::<Ix2>()?;
    picture::write(&target.path("png"), pixels.view())
}
