//! From sorted cards to a coordinate system: axis types, units, the linear part, the celestial pair.

mod accepted;
mod axes;
mod cards;
mod celestial;
mod ctype;
mod distortion;
mod extensions;
mod keywords;
mod linear;
mod observer;
pub(crate) mod radesys;
pub mod units;

pub(crate) use celestial::OTHER_CODES;
pub use extensions::{TableColumn, TableImage, Tables};
pub use keywords::{Keywords, Value};

use crate::distort::Distortion;
use crate::native::Native;
use crate::sky::Celestial;
use crate::stages::Stage;
use crate::wcs::{Axis, Group, Linear, Pair, Wcs};
use accepted::{Odd, Used};
use cards::Raw;
use celestial::{Sky, angle, celestial_pair, described, sky, translated};
use ctype::{Kind, classify};
use reproject_core::{Affine, Error, Result};

impl Wcs {
    /// Reads description `key` (`' '` for the primary one) of a header. `tables` holds look-up arrays and coordinate
    /// tables of the same file; `&()` where there are none.
    ///
    /// # Errors
    /// What WCSLIB refuses: codes that nobody knows, axes that do not match, units of the wrong kind, singular matrices,
    /// poles that do not exist; and cards that cannot be read though they say something about the coordinates, for which
    /// WCSLIB takes the default. The message names keyword, value and rule.
    pub fn parse(cards: &Keywords, key: char, tables: &dyn Tables) -> Result<Wcs> {
        parse(cards, key, tables, false)
    }

    /// As [`parse`](Wcs::parse), but where something is wrong with other axes, the sky alone is read. Then what is said of the
    /// other axes is their types only, and what needs them is [an error](Wcs::whole).
    ///
    /// # Errors
    /// As there, if it concerns the sky, or there is none.
    pub fn parse_sky(cards: &Keywords, key: char, tables: &dyn Tables) -> Result<Wcs> {
        let whole = Wcs::parse(cards, key, tables);
        let why = match &whole {
            Ok(wcs) if wcs.celestial.is_some() => return whole,
            Ok(wcs) => wcs.without.clone(),
            Err(e) => e.to_string(),
        };
        match parse(cards, key, tables, true) {
            Ok(mut sky) if sky.celestial.is_some() => {
                sky.beyond = Some(why);
                Ok(sky)
            }
            _ => whole,
        }
    }
}

/// Reads description `key` of a header. With `only_sky`, axes beside the celestial pair are passed over, whatever they are.
fn parse(cards: &Keywords, key: char, tables: &dyn Tables, only_sky: bool) -> Result<Wcs> {
    let (settled, odd) = accepted::check(cards, key);
    let mut raw = Raw::read(&settled, key)?;
    let told: Vec<_> = raw.axes.iter().map(|a| a.ctype.clone()).collect();
    if only_sky {
        raw.only(|ctype| matches!(classify(ctype, is_known), Ok(Kind::Celestial(_))));
    }
    // What cannot be read may be what something else needs.
    let mut hidden = odd.iter().filter(|o| o.may_mislead()).filter_map(Odd::error);
    let mut wcs = read(&mut raw, &settled, tables, only_sky).map_err(|e| hidden.next().unwrap_or(e))?;
    if !odd.is_empty() {
        let all: Vec<usize> = (0..wcs.naxis()).collect();
        let used = Used {
            raw: &raw,
            cards: &settled,
            world: wcs.pair.filter(|_| only_sky).map_or(all.clone(), Vec::from),
            pixel: wcs.celestial.as_ref().filter(|_| only_sky).map_or(all, |c| c.axes().to_vec()),
            pair: celestial_pair(&raw, &kinds(&raw)?)?,
            plate: key == ' ' && distortion::is_plate(cards),
        };
        wcs.notes = accepted::notes(&odd, &used)?;
    }
    wcs.axes.iter_mut().zip(told).filter(|_| only_sky).for_each(|(axis, ctype)| {
        if axis.ctype.is_empty() {
            axis.ctype = ctype;
        }
    });
    Ok(wcs)
}

fn read(raw: &mut Raw, cards: &Keywords, tables: &dyn Tables, only_sky: bool) -> Result<Wcs> {
    axes::translate(raw)?;
    texts(cards)?;
    if !only_sky {
        axes::named_tables(cards)?;
    }
    let scamp = distortion::scamp(raw, cards);
    // Of a sky alone the pixels that distortions act on are the first two.
    let count = if only_sky { raw.axes.len().min(2) } else { raw.axes.len() };
    let (mut prior, sip) = distortion::prior(raw, cards, tables, scamp, count)?;
    distortion::forget_scamp(raw, sip || !prior.is_empty());
    let plate = distortion::plate(raw, cards)?;
    prior.extend(plate.map(|plate| Distortion::Dss(Box::new(plate))));
    let kinds = kinds(raw)?;
    let pair = celestial_pair(raw, &kinds)?;
    let axes_of = pair.as_ref().map(|p| p.axes);
    let tpv = pair.as_ref().is_some_and(|p| p.code.as_deref() == Some("TPV"));
    raw.name_latitude(axes_of.filter(|_| !tpv).map(|[_, lat]| lat));
    let units = axes_of.map(|[lng, lat]| Ok::<_, Error>([angle(raw, lng)?, angle(raw, lat)?])).transpose()?;
    let mut linear = Linear::new(raw, axes_of.zip(units))?;
    if raw.cd_form() {
        let mut factors: Vec<f64> = (0..raw.axes.len()).map(|i| axes::spectral_unit(raw, i)).collect();
        axes_of.into_iter().flatten().zip(units.into_iter().flatten()).for_each(|(i, f)| factors[i] = f);
        linear.absorb(&factors);
    }
    let mut groups = Vec::new();
    let mut axes: Vec<Axis> = raw
        .axes
        .iter()
        .map(|a| Axis { ctype: a.ctype.clone(), unit: a.cunit.clone(), name: a.cname.clone() })
        .collect();
    let sky = pair.as_ref().map(|pair| sky(raw, cards, pair, &linear)).transpose()?;
    for (i, kind) in kinds.iter().enumerate() {
        let in_pair = axes_of.is_some_and(|axes| axes.contains(&i));
        let linear_pair = pair.as_ref().is_some_and(|p| p.code.is_none());
        match kind {
            _ if in_pair && !linear_pair => {}
            Kind::Linear | Kind::Celestial(_) => {
                let factor = if in_pair { angle(raw, i)? } else { 1.0 };
                let (scale, value) = (linear.scale[i] * factor, raw.axes[i].crval * factor);
                groups.push(Group::Linear { axis: i, scale, value });
            }
            Kind::Spectral | Kind::Logarithmic | Kind::Table => {}
        }
    }
    let others = axes::read(raw, &linear.scale, tables)?;
    groups.extend(others.alone.into_iter().map(Group::Alone));
    groups.extend(others.tabular.into_iter().map(|t| Group::Tabular(Box::new(t))));
    for (i, unit) in others.units {
        axes[i].unit = unit.to_owned();
    }
    if let (Some(p), Some(sky)) = (&pair, &sky) {
        for (k, &i) in p.axes.iter().enumerate() {
            axes[i].unit = "deg".to_owned();
            if let Some(code) = &p.code {
                let suffix = axes[i].ctype.get(8..).unwrap_or_default().to_owned();
                axes[i].ctype = format!("{:-<4}-{}{suffix}", sky.names[k], translated(code));
            }
        }
        if p.code.is_some() {
            let (plane, back) = Celestial::plane_stages(sky.plane.clone());
            // First, for it may look at rows that are not its own.
            let pair = Group::Celestial(Box::new(Pair {
                axes: p.axes,
                plane,
                back,
                misled: sky.misled.clone().map(|stages| Celestial::plane_stages(stages).into()),
                native: sky.native,
                rotation: sky.pole.rotation(),
                positive: sky.pole.longitude >= 0.0,
            }));
            groups.insert(0, pair);
        }
    }
    let mut wcs = Wcs {
        shape: raw.shape.clone(),
        axes,
        prior_back: prior.iter().rev().cloned().map(Stage::Undistort).collect(),
        prior: prior.into_iter().map(Stage::Distort).collect(),
        linear,
        groups,
        pair: axes_of,
        spectral: others.spectral,
        frame: sky.as_ref().map(|s| s.frame.clone()),
        pole: sky.as_ref().filter(|s| !s.code.is_empty()).map(|s| s.pole),
        celestial: None,
        without: match raw.axes.iter().all(|axis| axis.ctype.is_empty()) {
            true => {
                "there is no CTYPEn, so no longitude and latitude: nothing says where the pixels lie".into()
            }
            false => format!("{}: no longitude and latitude among the axes", described(raw)),
        },
        notes: Vec::new(),
        beyond: None,
    };
    if let (Some(p), Some(sky)) = (pair, sky) {
        match image(&wcs, p.axes, sky) {
            Ok(celestial) => wcs.celestial = Some(celestial),
            Err(why) => wcs.without = why,
        }
    }
    Ok(wcs)
}

/// One of the first two axis types is no text: whoever wrote the header meant something else than a linear axis. The first
/// card counts, as in astropy, and that of the primary description.
fn texts(cards: &Keywords) -> Result<()> {
    for keyword in ["CTYPE1", "CTYPE2"] {
        if let Some(value) = cards.first(keyword).filter(|v| v.text().is_none() && **v != Value::Undefined) {
            let why = format!("{value} is no text; the type of an axis has to be one, such as 'RA---TAN'");
            return Err(Error::invalid(keyword, why));
        }
    }
    Ok(())
}

fn kinds(raw: &Raw) -> Result<Vec<Kind>> {
    let one = |(i, axis): (usize, &cards::RawAxis)| {
        classify(&axis.ctype, is_known)
            .map_err(|why| Error::invalid(raw.named("CTYPE", i), format!("{:?}: {why}", axis.ctype)))
    };
    raw.axes.iter().enumerate().map(one).collect()
}

fn is_known(code: &str) -> bool {
    Native::CODES.contains(&code) || OTHER_CODES.contains(&code)
}

/// The celestial image: the pixels that the pair depends on. That other axes hang on them too is nothing to the sky.
fn image(wcs: &Wcs, pair: [usize; 2], sky: Sky) -> std::result::Result<Celestial, String> {
    let linear = &wcs.linear;
    let n = linear.axes();
    let (low, high) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
    let mut pixels: Vec<usize> =
        (0..n).filter(|&j| linear.at(pair[0], j) != 0.0 || linear.at(pair[1], j) != 0.0).collect();
    for fallback in [low, high] {
        if pixels.len() < 2 && !pixels.contains(&fallback) {
            pixels.push(fallback);
        }
    }
    pixels.sort_unstable();
    let &[x, y] = &pixels[..] else {
        return Err(format!(
            "the celestial pair depends on {} pixel axes, so there is no image of two",
            pixels.len()
        ));
    };
    if !wcs.prior.is_empty() && [x, y] != [0, 1] {
        return Err(format!(
            "distorted pixels are those of axes 1 and 2, the sky lies along {} and {}",
            x + 1,
            y + 1
        ));
    }
    let m = pair.map(|row| [linear.at(row, x), linear.at(row, y)]);
    let [ox, oy] = [linear.origin[x], linear.origin[y]];
    let rows = Affine { linear: m, offset: m.map(|row| -(row[0] * ox + row[1] * oy)) };
    let stages = wcs.prior.iter().cloned().chain([Stage::Affine(rows)]).chain(sky.plane).collect();
    let (plane, back) = Celestial::plane_stages(stages);
    let length = |axis: usize| wcs.shape.get(axis).copied();
    Ok(Celestial {
        axes: [x, y],
        shape: length(x).zip(length(y)).map(|(x, y)| [x, y]),
        plane,
        back,
        rotation: sky.pole.rotation(),
        native: sky.native,
        pole: sky.pole,
        frame: sky.frame,
        names: sky.names,
        code: sky.code,
    })
}
