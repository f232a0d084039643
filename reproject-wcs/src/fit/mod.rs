//! Grids that fit an image: the target of a reprojection when only a frame is asked for.
//!
//! An image that lies north up in that frame keeps its pixels ([`Celestial::upright`]). Of the others a field of up to 30°
//! radius becomes TAN, one of up to 90° ZEA, both centred on it with north up; what is larger becomes the whole sky in CAR.
//! Their pixels are square and as large as the smaller side of the image's own pixels at the centre of the field.
//!
//! Longitude grows to the left (CDELT1 < 0) where the sky is seen from inside: RA, GLON, ELON, HLON, SLON. On the Sun, on
//! planets and on spheres of other names it grows to the right.

mod upright;

use crate::math::trig;
use crate::read::{Keywords, radesys};
use crate::sky::{Celestial, Frame};
use crate::wcs::Wcs;
use reproject_core::{Error, Points, Projection, Result, angle, bytes};
use std::str::FromStr;

/// The frame of a grid that is made to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Galactic coordinates.
    Galactic,
    /// ICRS.
    Icrs,
    /// The image's own frame.
    NorthUp,
}

impl FromStr for Fit {
    type Err = Error;
    fn from_str(name: &str) -> Result<Fit> {
        match name {
            "galactic" => Ok(Fit::Galactic),
            "icrs" => Ok(Fit::Icrs),
            "north-up" => Ok(Fit::NorthUp),
            _ => Err(Error::invalid("grid", format!("{name:?} is none of galactic, icrs, north-up"))),
        }
    }
}

/// Points along each side of the image and across it: enough that between two of them no edge bends by a pixel.
const SIDE: usize = 257;
const LATTICE: usize = 65;
/// Field radii up to which TAN and ZEA are used, in degrees.
const TAN_RADIUS: f64 = 30.0;
const ZEA_RADIUS: f64 = 90.0;
/// Parts of a pixel by which an image may seem larger than it is.
const NOISE: f64 = 1e-6;
/// The longest side of a grid that is made up.
const LONGEST: f64 = 1e6;
/// A grid of more pixels than these, and of so many times those of the image, is nothing that anybody wants: a strip across
/// the grid holds as many if it is 128 times as long as wide; beyond that the header is wrong more often than not.
const MANY: f64 = (1u64 << 26) as f64;
const TIMES: f64 = 64.0;
/// Longitude types that grow to the left.
const LEFTWARD: [&str; 5] = ["RA", "GLON", "ELON", "HLON", "SLON"];

/// Makes the header of a grid of two axes that holds all of an image: NAXISn, CRPIX, CRVAL and CDELT in degrees, the frame.
///
/// # Errors
/// If the header of the image does not say how large it is, none of it is on the sky, the two frames share no sphere, or the
/// grid would be many times as large as the image.
pub fn fit(image: &Celestial, kind: Fit) -> Result<Keywords> {
    let frame = match kind {
        Fit::Galactic => Frame::Galactic,
        Fit::Icrs => Frame::Icrs,
        Fit::NorthUp => image.frame().clone(),
    };
    let sides = image.sized()?;
    let names = names(&frame, image);
    let sign = if LEFTWARD.contains(&names[0].as_str()) { -1.0 } else { 1.0 };
    if let Some(own) = image.upright(sign).filter(|_| frame == *image.frame()) {
        return Ok(own);
    }
    let field = Field::of(image, &frame)?;
    let radius = field.radius();
    let scale = if radius > ZEA_RADIUS { field.typical_scale(image) } else { field.scale(image) };
    if !(scale > 0.0 && scale.is_finite()) {
        return Err(Error::invalid("image", "its pixels have no size on the sky; check CDELT, CD and NAXIS"));
    }
    if radius > ZEA_RADIUS {
        let grid = whole_sky(frame, names, scale, sign);
        return grid.bounded(sides).map(|grid| grid.to_keywords());
    }
    let code = if radius > TAN_RADIUS { "ZEA" } else { "TAN" };
    let mut crval = degrees(field.centre);
    if matches!(frame, Frame::Named { .. }) && is_centred(&names[0]) && crval[0] > 180.0 {
        crval[0] -= 360.0;
    }
    let mut grid = Grid { frame, names, code, crval, scale, sign, shape: [1, 1], crpix: [1.0, 1.0] };
    let trial = Wcs::parse(&grid.to_keywords(), ' ', &())?;
    let [mut x, mut y, mut z] = field.columns();
    trial.celestial()?.project(&mut Points::new([&mut x, &mut y, &mut z]));
    for (k, column) in [x, y].iter().enumerate() {
        let low = column.iter().copied().fold(f64::INFINITY, f64::min);
        let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if !(0.0..LONGEST).contains(&(high - low)) {
            let why = format!(
                "a {code} grid with pixels of {} would be {:.0} pixels long, and {LONGEST:.0} are the most; check CDELT, CD \
                 and the distortion",
                angle(scale),
                high - low
            );
            return Err(Error::invalid("grid", why));
        }
        // A pixel more on either side of the middle: an image that lies north-up already keeps its pixels.
        let pixels = (high - low - NOISE).ceil().max(0.0) + 2.0;
        // An image of a pixel or so would lie between the centres of an even number.
        let pixels = if high - low < 2.0 { pixels + (pixels + 1.0) % 2.0 } else { pixels };
        grid.shape[k] = pixels as usize;
        grid.crpix[k] = 1.0 + (pixels - 1.0) / 2.0 - (low + high) / 2.0;
    }
    grid.bounded(sides).map(|grid| grid.to_keywords())
}

/// The whole sky in CAR.
fn whole_sky(frame: Frame, names: [String; 2], scale: f64, sign: f64) -> Grid {
    let columns = (360.0 / scale).ceil().min(LONGEST);
    let columns = columns + columns % 2.0;
    Grid {
        frame,
        code: "CAR",
        crval: [if is_centred(&names[0]) { 0.0 } else { 180.0 }, 0.0],
        names,
        scale: 360.0 / columns,
        sign,
        shape: [columns as usize, columns as usize / 2],
        crpix: [columns / 2.0 + 0.5, columns / 4.0 + 0.5],
    }
}

/// Whether longitudes of a type are told from -180° to 180°, with 0 in the middle of a map.
fn is_centred(longitude: &str) -> bool {
    matches!(longitude, "GLON" | "HPLN" | "HGLN")
}

/// Where an image lies, as unit vectors in the target's frame.
struct Field {
    points: Vec<[f64; 3]>,
    pixels: Vec<[f64; 2]>,
    centre: [f64; 3],
}

impl Field {
    fn of(image: &Celestial, frame: &Frame) -> Result<Field> {
        let route = image.frame().route(frame)?;
        let [nx, ny] = image.sized()?.map(|n| n as f64);
        let mut pixels = Vec::new();
        for i in 0..SIDE {
            let t = i as f64 / (SIDE - 1) as f64;
            let (x, y) = (-0.5 + t * nx, -0.5 + t * ny);
            pixels.extend([[x, -0.5], [x, ny - 0.5], [-0.5, y], [nx - 0.5, y]]);
        }
        let sides = pixels.len();
        let t = |k: usize| k as f64 / (LATTICE - 1) as f64;
        let lattice = |i, j| [-0.5 + t(i) * nx, -0.5 + t(j) * ny];
        pixels.extend((0..LATTICE * LATTICE).map(|k| lattice(k % LATTICE, k / LATTICE)));
        let mut all = vectors(image, &pixels);
        let limb = limb(image, &all[sides..], &pixels[sides..]);
        all.extend(vectors(image, &limb));
        pixels.extend(limb);
        route.run(&mut all);
        let outline = all[..sides].iter().filter(|v| exists(v)).count() > sides / 2;
        let chosen = if outline { &all[..sides] } else { &all[..] };
        let sum =
            chosen.iter().filter(|v| exists(v)).fold([0.0; 3], |s, v| std::array::from_fn(|k| s[k] + v[k]));
        let on_sky = all.into_iter().zip(pixels).filter(|(v, _)| exists(v));
        let (points, pixels): (Vec<[f64; 3]>, Vec<[f64; 2]>) = on_sky.unzip();
        if points.is_empty() {
            return Err(Error::invalid(
                "image",
                "none of its pixels is on the sky; check CTYPE, CRPIX and CDELT",
            ));
        }
        let length = sum.iter().map(|c| c * c).sum::<f64>().sqrt();
        let centre = if length > 1e-6 { sum.map(|c| c / length) } else { points[0] };
        Ok(Field { points, pixels, centre })
    }

    /// The largest distance from the centre, in degrees.
    fn radius(&self) -> f64 {
        let cosine = |v: &[f64; 3]| v.iter().zip(&self.centre).map(|(a, b)| a * b).sum::<f64>();
        let least = self.points.iter().map(cosine).fold(1.0, f64::min);
        trig::acos(least.clamp(-1.0, 1.0)).to_degrees()
    }

    /// The typical side of a pixel: of half of the area it is less, of half it is more.
    fn typical_scale(&self, image: &Celestial) -> f64 {
        let side = |p: &[f64; 2]| image.pixel_scale(*p).into_iter().product::<f64>().sqrt();
        let mut sides: Vec<f64> = self.pixels.iter().map(side).filter(|s| *s > 0.0).collect();
        sides.sort_by(f64::total_cmp);
        sides.get(sides.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The smaller side of a pixel where the field's centre lies.
    fn scale(&self, image: &Celestial) -> f64 {
        let distance = |v: &[f64; 3]| v.iter().zip(&self.centre).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        let scales =
            self.points.iter().zip(&self.pixels).map(|(v, p)| (distance(v), image.pixel_scale(*p)[0]));
        let nearest = scales.filter(|(_, s)| *s > 0.0).min_by(|a, b| a.0.total_cmp(&b.0));
        nearest.map_or(f64::NAN, |(_, scale)| scale)
    }

    fn columns(&self) -> [Vec<f64>; 3] {
        std::array::from_fn(|k| self.points.iter().map(|v| v[k]).collect())
    }
}

fn exists(v: &[f64; 3]) -> bool {
    v.iter().all(|c| c.is_finite())
}

/// Unit vectors of pixels, in the image's own frame.
fn vectors(image: &Celestial, pixels: &[[f64; 2]]) -> Vec<[f64; 3]> {
    let mut x: Vec<f64> = pixels.iter().map(|p| p[0]).collect();
    let mut y: Vec<f64> = pixels.iter().map(|p| p[1]).collect();
    let mut z = vec![0.0; pixels.len()];
    image.lift(&mut Points::new([&mut x, &mut y, &mut z]));
    (0..pixels.len()).map(|i| [x[i], y[i], z[i]]).collect()
}

/// Where the sky ends between neighbours of the lattice: the pixels next to its limb that still are on it.
fn limb(image: &Celestial, vectors_of: &[[f64; 3]], pixels: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut pairs = Vec::new();
    for k in 0..LATTICE * LATTICE {
        let right = (k % LATTICE + 1 < LATTICE).then_some(k + 1);
        let above = (k / LATTICE + 1 < LATTICE).then_some(k + LATTICE);
        for other in [right, above].into_iter().flatten() {
            match (exists(&vectors_of[k]), exists(&vectors_of[other])) {
                (true, false) => pairs.push((pixels[k], pixels[other])),
                (false, true) => pairs.push((pixels[other], pixels[k])),
                _ => {}
            }
        }
    }
    for _ in 0..40 {
        let middle: Vec<[f64; 2]> =
            pairs.iter().map(|(a, b)| [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0]).collect();
        for ((pair, middle), v) in pairs.iter_mut().zip(&middle).zip(vectors(image, &middle)) {
            *(if exists(&v) { &mut pair.0 } else { &mut pair.1 }) = *middle;
        }
    }
    pairs.into_iter().map(|(inside, _)| inside).collect()
}

fn degrees(v: [f64; 3]) -> [f64; 2] {
    let across = (v[0] * v[0] + v[1] * v[1]).sqrt();
    let lon = trig::atan2(v[1], v[0]).to_degrees();
    [if lon < 0.0 { lon + 360.0 } else { lon }, trig::atan2(v[2], across).to_degrees()]
}

/// Longitude and latitude types for CTYPE.
fn names(frame: &Frame, image: &Celestial) -> [String; 2] {
    let pair = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
    match frame {
        Frame::Galactic => pair("GLON", "GLAT"),
        Frame::Icrs => pair("RA", "DEC"),
        _ => image.names.clone(),
    }
}

/// A north-up grid of square pixels, to be written as a header.
struct Grid {
    frame: Frame,
    names: [String; 2],
    code: &'static str,
    /// Degrees.
    crval: [f64; 2],
    /// Degrees.
    scale: f64,
    /// Of CDELT1.
    sign: f64,
    shape: [usize; 2],
    /// 1-based.
    crpix: [f64; 2],
}

impl Grid {
    /// The grid, if it is not out of all proportion to the image.
    fn bounded(self, image: [usize; 2]) -> Result<Grid> {
        let pixels = |shape: [usize; 2]| shape[0] as f64 * shape[1] as f64;
        let (own, all) = (pixels(image), pixels(self.shape));
        if all <= MANY || all <= TIMES * own {
            return Ok(self);
        }
        let why = format!(
            "{} × {} pixels of {} would be {:.0} times as many as those of the image ({} × {}), {} in single precision; check \
             CDELT, CD and the distortion, or give a grid of a size of your own as a header",
            self.shape[0],
            self.shape[1],
            angle(self.scale),
            all / own,
            image[0],
            image[1],
            bytes(4.0 * all),
        );
        Err(Error::invalid("grid", why))
    }

    fn to_keywords(&self) -> Keywords {
        let mut cards = Keywords::new();
        cards.push("NAXIS", 2);
        cards.push("NAXIS1", self.shape[0]);
        cards.push("NAXIS2", self.shape[1]);
        cards.push("WCSAXES", 2);
        for (k, sign) in [(0, self.sign), (1, 1.0)] {
            let axis = k + 1;
            cards.push(format!("CTYPE{axis}"), format!("{:-<4}-{}", self.names[k], self.code));
            cards.push(format!("CUNIT{axis}"), "deg");
            cards.push(format!("CRPIX{axis}"), self.crpix[k]);
            cards.push(format!("CRVAL{axis}"), self.crval[k]);
            cards.push(format!("CDELT{axis}"), sign * self.scale);
        }
        if matches!(self.code, "TAN" | "ZEA") {
            // North is up at the poles too.
            cards.push("LONPOLE", 180.0);
        }
        radesys::write(&self.frame, &mut cards);
        cards
    }
}
