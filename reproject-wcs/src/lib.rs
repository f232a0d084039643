//! FITS world coordinate systems in direction cosines.
//!
//! A header becomes a value, [`Wcs`]; the celestial image in it, [`Celestial`], is a projection between pixels and unit
//! vectors; two of them make a pixel map, [`sky_map`], as a list of stages fused as far as the mathematics allows.
//! Positions go through one rotation and never through longitude and latitude, so that TAN, SIN, STG and ZEA need no
//! trigonometry, and TAN to TAN is one homography.
//!
//! ```
//! use reproject_core::{Points, Transform};
//! use reproject_wcs::{Keywords, Wcs, sky_map};
//!
//! let header = |lon: f64, scale: f64| -> Keywords {
//!     let mut cards: Keywords = [("CTYPE1", "RA---TAN"), ("CTYPE2", "DEC--TAN")].into_iter().collect();
//!     for (keyword, value) in [("CRVAL1", lon), ("CRVAL2", -5.4), ("CDELT1", -scale), ("CDELT2", scale)] {
//!         cards.push(keyword, value);
//!     }
//!     cards
//! };
//! let (a, b) = (Wcs::parse(&header(83.8, 1e-3), ' ', &())?, Wcs::parse(&header(83.9, 2e-3), ' ', &())?);
//! let map = sky_map(a.celestial()?, b.celestial()?)?;
//! let (mut x, mut y) = ([10.0, 20.0], [30.0, 40.0]);
//! map.forward(&mut Points::new([&mut x, &mut y]));
//! assert_eq!(map.stages().len(), 1);
//! assert!((x[1] - x[0] - 5.0).abs() < 1e-3 && (y[1] - y[0] - 5.0).abs() < 1e-3);
//! # Ok::<(), reproject_core::Error>(())
//! ```
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
//! | HPX with PVi_0 = 1, polar caps | the facets move with the plane | from pixel to world the middle of a facet stays behind | the way back there contradicts it (`tests/contradictions.rs`) |
//! | VRAD-V2F, VOPT-V2W, ZOPT-V2W without a rest value | as with any, for it cancels | CRVAL everywhere | with any rest value WCSLIB agrees |
//! | PCO where x = 0 or y = ±90° | the position | NaN; the pole | its way back and the pixels beside contradict it (`tests/contradictions.rs`) |
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
pub use sky::{Celestial, Frame, InFrame, Observer, Route};
pub use stages::Stage;
pub use wcs::{Axis, Wcs};
