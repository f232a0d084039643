//! FITS world coordinate systems, and maps between the pixels of two images.
//!
//! A FITS header says where each pixel of an image lies: on the sky, in wavelength, on whatever its axes measure. This crate
//! reads such headers ([`Keywords`] become a [`Wcs`]), turns pixels into world coordinates and back, and joins two
//! headers into a map from the pixels of one image to those of the other, which is what a reprojection runs on. It knows all
//! projections of the FITS papers, the distortions that archives use (SIP, TPV, TNX, ZPX, TPD, look-up tables, plate
//! solutions), spectral and tabular axes, and the celestial frames; it opens no file.
//!
//! Positions on the sky are unit vectors: they go through one rotation and never through longitude and latitude, so that
//! TAN, SIN, STG and ZEA need no trigonometry, and TAN to TAN is one homography. Pixels are 0-based with their centres at
//! integers, and axes stand in FITS order (NAXIS1, or x, first).
//!
//! ```
//! use reproject_core::{Points, Transform};
//! use reproject_wcs::{Fit, Keywords, Wcs, fit, sky_map};
//!
//! let mut cards: Keywords = [("CTYPE1", "RA---TAN"), ("CTYPE2", "DEC--TAN")].into_iter().collect();
//! cards.push("NAXIS", 2);
//! let numbers = [("NAXIS1", 300.0), ("NAXIS2", 200.0), ("CRPIX1", 150.5), ("CRPIX2", 100.5)];
//! let degrees = [("CRVAL1", 83.8), ("CRVAL2", -5.4), ("CDELT1", -1e-3), ("CDELT2", 1e-3)];
//! for (keyword, value) in numbers.into_iter().chain(degrees) {
//!     cards.push(keyword, value);
//! }
//! let image = Wcs::parse(&cards, ' ', &())?; // the primary description; the file has no look-up tables
//! let grid = Wcs::parse(&fit(image.celestial()?, Fit::Galactic)?, ' ', &())?;
//!
//! let map = sky_map(grid.celestial()?, image.celestial()?)?; // pixels of the grid to pixels of the image
//! let [nx, ny] = grid.celestial()?.sized()?;
//! let (mut x, mut y) = ([(nx as f64 - 1.0) / 2.0], [(ny as f64 - 1.0) / 2.0]);
//! map.forward(&mut Points::new([&mut x, &mut y]));
//! assert!((x[0] - 149.5).abs() < 1.0 && (y[0] - 99.5).abs() < 1.0);
//! assert_eq!(map.stages().len(), 1);
//! # Ok::<(), reproject_core::Error>(())
//! ```
//!
//! # Names for callers
//!
//! - [`Keywords`] and [`Value`]: the cards of a header; [`Tables`], [`TableImage`], [`TableColumn`]: the other HDUs of its file.
//! - [`Wcs`] and [`Axis`]: all axes of a header; [`Celestial`]: the image of the sky in it, its corners, scale and frame.
//! - [`sky_map`] and [`StageMap`]: pixels to pixels of two images of the sky. [`WcsMap`] and [`WcsGroup`]: the same over all
//!   axes. [`WcsPixelMap`]: what a job runs on, for arrays of any number of axes, with seams and poles.
//! - [`fit`](fit()) and [`Fit`]: a grid that holds all of an image.
//! - [`Frame`] and [`Observer`]: what directions mean, and where a solar image is seen from.
//!
//! # Names for authors
//!
//! - [`native`]: the projections, one file a code; [`native::Native`] is any of them.
//! - [`distort`], [`spectral`], [`tab`]: formulas of distortions, spectral axes and coordinate tables.
//! - [`Stage`]: the steps that maps are made of. [`InFrame`]: a celestial image as a
//!   [`Projection`](reproject_core::Projection) into a frame of your choice. [`Route`]: the way between two frames.
//! - [`Surface`] and [`Viewpoint`]: images of one sphere that two observers see, such as those of the Sun.
//! - [`trig`]: trigonometry with the same bits on every machine, fit for the loops of [`each!`](reproject_core::each).
//! - [`units`]: FITS unit strings.
//!
//! # Features
//!
//! - `testing` (off by default): the module `testing`, which makes random headers for property-based tests, and the feature
//!   of that name of `reproject-core`.
//!
//! # Where results differ from WCSLIB and astropy on purpose
//!
//! Everything else is meant to agree, to the tolerances that the tests state.
//!
//! | what | here | there | why |
//! |---|---|---|---|
//! | ELON, ELAT | mean ecliptic of EQUINOX (IAU 2006) | read as ICRS by astropy's `SkyCoord` | paper II §3.1 |
//! | an incomplete set of plate keywords | the ordinary WCS counts | an error, or a plate with holes | a lone card is no plate solution |
//! | a plate card that stands twice, a mirrored plate | the plate solution | the term twice; another centre | Lasker et al. 1990 |
//! | -TAB beyond the ends of its index | closes half a cell out | the inverse is clamped or void | so that what came forward goes back |
//! | `CRVAL1 = '12.5'`, `EQUINOX = 'J2000'` | the number, with a [note](Wcs::notes) | as if the card were absent | whoever wrote it meant the number |
//! | `CRVAL1 = '16:41:41'`, `CDELT1 = 1,5` | an error, where it counts | as if the card were absent | a default is another place |
//! | `1.5D-3` | 0.0015 | 1.5 (WCSLIB 8.6) | FITS 4.0 §4.2.4 |
//! | XPH within 0.01° of its pole | exact to rounding | up to 3e-11° off | the series there loses digits |
//! | CSC | the polynomials in double precision | in single, up to 1e-5° off | nothing is gained by the loss |
//! | AZP with μ < −1 at r = 0 | the antipode, like its neighbours | the pole | continuity |
//! | HPX with PVi_0 = 1, polar caps | the facets move with the plane | from pixel to world the middle of a facet stays behind | the way back there contradicts it (`tests/it/contradictions.rs`) |
//! | VRAD-V2F, VOPT-V2W, ZOPT-V2W without a rest value | as with any, for it cancels | CRVAL everywhere | with any rest value WCSLIB agrees |
//! | PCO where x = 0 or y = ±90° | the position | NaN; the pole | its way back and the neighbouring pixels contradict it (`tests/it/contradictions.rs`) |
//! | coordinates or parameters above 1e150 | NaN | their position | squares overflow |
//! | angles above 4e6 degrees | one of many roundings | another | the last digit is worth 1e-9 degrees |
//! | inverse of SIP, TPV, TNX, TPD, tables | the root on the sheet of CRPIX, or none | another root, or the last iterate | a wrong position is worse than none |
//! | TPV not on the first two axes | to world as WCSLIB, whose polynomial takes the first two rows; back to a pixel of that position; images and maps between pixels use the pair's own rows | another pixel, or none; maps as to world | there CRPIX is not CRVAL, and a celestial pixel moves nothing |

pub mod distort;
mod fit;
mod map;
mod math;
pub mod native;
mod read;
mod sky;
pub mod spectral;
mod stages;
pub mod tab;
#[cfg(feature = "testing")]
pub mod testing;
mod wcs;

pub use fit::{Fit, fit};
pub use map::{StageMap, WcsGroup, WcsMap, WcsPixelMap, sky_map};
pub use math::trig;
pub use read::{Keywords, TableColumn, TableImage, Tables, Value, units};
pub use sky::{Celestial, Frame, InFrame, Observer, Route, Surface, Viewpoint};
pub use stages::Stage;
pub use wcs::{Axis, Wcs};
