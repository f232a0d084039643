//! The front door: an image, a grid, and what becomes of the two.

use crate::output::{Listener, WriteOptions, Written, write};
use crate::settings::Settings;
use crate::task::{Task, Typed};
use crate::{Dtype, Grid, Image, MaskFile, Method, Planned};
use ndarray::ArrayD;
use reproject_chunk::Element;
use reproject_core::{AdaptiveOptions, Blanks, DenseSink, Executor, Footprint, Job as _, Region, Result};
use reproject_exec::{Lazy, Threads};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// A reprojection of an image onto a grid, with its choices.
///
/// ```
/// # use reproject::{Grid, Image, Method, Reprojection};
/// # let folder = std::env::temp_dir().join(format!("reproject-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # let [input, output] = ["sky.fits", "galactic.fits"].map(|name| folder.join(name));
/// # let cards = "SIMPLE = T|BITPIX = -32|NAXIS = 2|NAXIS1 = 40|NAXIS2 = 30|CTYPE1 = 'RA---TAN'|CTYPE2 = 'DEC--TAN'|CRVAL1 = 250.4|CRVAL2 = 36.5|CRPIX1 = 20|CRPIX2 = 15|CDELT1 = -0.01|CDELT2 = 0.01|END";
/// # let mut bytes: Vec<u8> = cards.split('|').flat_map(|card| {
/// #     let (keyword, value) = card.split_once(" = ").unwrap_or((card, ""));
/// #     let text = if value.is_empty() { keyword.to_owned() } else { format!("{keyword:<8}= {value:>20}") };
/// #     format!("{text:<80}").into_bytes()
/// # }).collect();
/// # bytes.resize(2880, b' ');
/// # bytes.extend((0..1200).flat_map(|i| (i as f32).to_be_bytes()));
/// # bytes.resize(2880 * 3, 0);
/// # std::fs::write(&input, bytes).unwrap();
/// let sky = Image::open(&input)?; // 30 rows of 40 columns, in equatorial coordinates
/// let grid = Grid::galactic(&sky)?;
/// let reprojection = Reprojection::new(&sky, &grid).method(Method::Bicubic);
/// reprojection.write(&output)?;
/// let (values, footprint) = reprojection.run::<f32>()?;
/// assert_eq!(values.shape(), grid.shape());
/// assert_eq!(Image::open(&output)?.shape(), grid.shape());
/// assert!(footprint.iter().all(|w| *w == 0.0 || *w == 1.0));
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), reproject::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reprojection {
    image: Image,
    grid: Grid,
    settings: Settings,
}

impl Reprojection {
    /// A bilinear reprojection of `image` onto `grid`.
    ///
    /// Where both describe cubes of as many axes, all axes take part; otherwise the sky, for every plane of the image.
    pub fn new(image: &Image, grid: &Grid) -> Self {
        Self { image: image.clone(), grid: grid.clone(), settings: Settings::default() }
    }

    /// Chooses how values are made of pixels.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.settings.method = method;
        self
    }

    /// Averages adaptively, with these options; what the footprint counts, [`footprint`](Self::footprint) says.
    #[must_use]
    pub fn adaptive(mut self, options: AdaptiveOptions) -> Self {
        (self.settings.method, self.settings.adaptive) = (Method::Adaptive, options);
        self
    }

    /// Chooses what blank and infinite input pixels do when interpolating.
    #[must_use]
    pub fn blanks(mut self, blanks: Blanks) -> Self {
        self.settings.blanks = blanks;
        self
    }

    /// Masks pixels of the image: they are blank.
    #[must_use]
    pub fn mask(mut self, mask: MaskFile) -> Self {
        self.settings.mask = Some(mask);
        self
    }

    /// Computes in so many threads; without, one for every core.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        (self.settings.threads, self.settings.processes) = (Some(threads), None);
        self
    }

    /// Computes in so many worker processes, each of which opens the image for itself. The program calls
    /// [`serve_if_worker`](crate::serve_if_worker) first in its `main`.
    ///
    /// Without the feature `processes`, and on Windows, no such run begins: it is an error.
    #[must_use]
    pub fn processes(mut self, processes: NonZeroUsize) -> Self {
        (self.settings.processes, self.settings.threads) = (Some(processes), None);
        self
    }

    /// Keeps to so many bytes of memory: pixels that are worked on, decoded chunks, headers and tables, in all processes together.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.settings.memory = Some(bytes);
        self
    }

    /// Works on blocks of so many rows and columns at a time; without, they are chosen.
    #[must_use]
    pub fn block(mut self, sides: [usize; 2]) -> Self {
        self.settings.block = Some(sides);
        self
    }

    /// Writes chunks of so many rows and columns, to Zarr; without, those of the image, or 1024².
    #[must_use]
    pub fn chunks(mut self, sides: [usize; 2]) -> Self {
        self.settings.chunks = Some(sides);
        self
    }

    /// Chooses the number type of a file that is written.
    #[must_use]
    pub fn dtype(mut self, dtype: Dtype) -> Self {
        self.settings.dtype = dtype;
        self
    }

    /// Chooses what the footprint counts, and writes it along with the values.
    #[must_use]
    pub fn footprint(mut self, footprint: Footprint) -> Self {
        self.settings.footprint = Some(footprint);
        self
    }

    /// Chooses whether positions that do not come back to within a pixel are forgotten, as they are without this.
    #[must_use]
    pub fn roundtrip(mut self, checked: bool) -> Self {
        self.settings.roundtrip = checked;
        self
    }

    /// Writes the result: FITS, `.npy` or Zarr by the end of the name, which must be free. Until it is whole it is called
    /// `OUT.part`.
    ///
    /// # Errors
    /// With the file, HDU and rule, if anything is missing or wrong; no output is then left under that name. If image and
    /// grid lie apart, nothing is written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<Written> {
        self.write_with(path, &WriteOptions::default(), &(Arc::new(()) as Arc<dyn Listener>))
    }

    /// Writes the result with options, and tells a listener, who may stop it, how it goes on.
    ///
    /// # Errors
    /// Those of [`write`](Self::write).
    pub fn write_with(
        &self,
        path: impl AsRef<Path>,
        options: &WriteOptions,
        listener: &Arc<dyn Listener>,
    ) -> Result<Written> {
        write::run(self.parts(), path.as_ref(), options, listener)
    }

    /// Plans what writing it would read, write and take, without reading a pixel; `output` decides the shape of blocks.
    ///
    /// # Errors
    /// Those of [`write`](Self::write) before it begins.
    pub fn plan(&self, output: Option<&Path>, listener: &dyn Listener) -> Result<Planned> {
        crate::plan::plan(self.parts(), output, listener)
    }

    /// Computes values and footprint in memory, in threads: pixels without input are NaN.
    ///
    /// # Errors
    /// If something cannot be read, the two share no sphere, or `O` is a type of integers.
    pub fn run<O: Element>(&self) -> Result<(ArrayD<O>, ArrayD<f64>)> {
        let task = self.task()?;
        let job = task.floating::<O>()?;
        let (mut values, mut footprint) =
            (ArrayD::from_elem(job.shape(), O::default()), ArrayD::zeros(job.shape()));
        let blocks: Vec<Region> = job.blocks(self.settings.block(job.shape()).as_deref())?.iter().collect();
        let sink = DenseSink::with_weight(values.view_mut(), footprint.view_mut())?;
        Threads::new(self.settings.threads)?.execute(&job, &blocks, &sink, &())?;
        drop(sink);
        task.unchanged()?;
        Ok((values, footprint))
    }

    /// The result as an array that is computed where it is read, and kept for a while.
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    pub fn lazy<O: Element>(&self) -> Result<Lazy<Typed<O>>> {
        let lazy = Lazy::new(self.task()?.floating::<O>()?);
        match self.settings.block(lazy.job().shape()) {
            Some(block) => lazy.with_blocks(&block),
            None => Ok(lazy),
        }
    }

    fn parts(&self) -> (&Image, &Grid, &Settings) {
        (&self.image, &self.grid, &self.settings)
    }

    fn task(&self) -> Result<Task> {
        Task::new(&self.image, &self.grid, &self.settings)
    }
}
