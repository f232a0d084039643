//! From sorted cards to a coordinate system: axis types, units, the linear part, the celestial pair.

use crate::celestial::Celestial;
use crate::ctype::{Half, Kind, classify};
use crate::groups::{Group, Pair};
use crate::header::Raw;
use crate::linear::Linear;
use crate::native::Native;
use crate::pole::{Fiducial, Pole};
use crate::stages::Stage;
use crate::wcs::{Axis, Wcs};
use crate::{Frame, Keywords, Tables, axes, radesys, units};
use reproject_core::{Affine, Error, Points, Projection, Result};

/// Codes that stand for a projection with a rule of its own.
const OTHER_CODES: [&str; 2] = ["NCP", "GLS"];

/// Celestial keywords, resolved.
struct Sky {
    native: Native,
    pole: Pole,
    frame: Frame,
    /// From the two rows of the linear part, lower axis first, to the native plane in radians.
    plane: Vec<Stage>,
    names: [String; 2],
    code: String,
}

pub(crate) fn parse(mut raw: Raw, cards: &Keywords, tables: &dyn Tables) -> Result<Wcs> {
    axes::translate(&mut raw)?;
    let kinds = kinds(&raw)?;
    let pair = celestial_pair(&raw, &kinds)?;
    let axes_of = pair.as_ref().map(|p| p.axes);
    let linear = Linear::new(&raw, axes_of)?;
    let mut groups = Vec::new();
    let mut axes: Vec<Axis> = raw
        .axes
        .iter()
        .map(|a| Axis { ctype: a.ctype.clone(), unit: a.cunit.clone(), name: a.cname.clone() })
        .collect();
    let sky = pair.as_ref().map(|pair| sky(&raw, cards, pair, &linear)).transpose()?;
    for (i, kind) in kinds.iter().enumerate() {
        let in_pair = axes_of.is_some_and(|axes| axes.contains(&i));
        let linear_pair = pair.as_ref().is_some_and(|p| p.code.is_none());
        match kind {
            _ if in_pair && !linear_pair => {}
            Kind::Linear | Kind::Celestial(_) => {
                let factor = if in_pair { angle(&raw, i)? } else { 1.0 };
                let (scale, value) = (linear.scale[i] * factor, raw.axes[i].crval * factor);
                groups.push(Group::Linear { axis: i, scale, value });
            }
            Kind::Spectral | Kind::Logarithmic | Kind::Table => {}
        }
    }
    let others = axes::read(&raw, &linear.scale, tables)?;
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
            groups.push(Group::Celestial(Box::new(Pair {
                axes: p.axes,
                plane,
                back,
                native: sky.native,
                rotation: sky.pole.rotation(),
                positive: sky.pole.longitude >= 0.0,
            })));
        }
    }
    let mut wcs = Wcs {
        shape: raw.shape.clone(),
        axes,
        prior: Vec::new(),
        prior_back: Vec::new(),
        linear,
        groups,
        pair: axes_of,
        spectral: others.spectral,
        frame: sky.as_ref().map(|s| s.frame.clone()),
        pole: sky.as_ref().filter(|s| !s.code.is_empty()).map(|s| s.pole),
        celestial: None,
        without: format!("{}: no longitude and latitude among the axes", described(&raw)),
    };
    if let (Some(p), Some(sky)) = (pair, sky) {
        match image(&wcs, p.axes, sky) {
            Ok(celestial) => wcs.celestial = Some(celestial),
            Err(why) => wcs.without = why,
        }
    }
    Ok(wcs)
}

fn described(raw: &Raw) -> String {
    let types: Vec<_> = raw.axes.iter().map(|a| format!("{:?}", a.ctype)).collect();
    types.join(", ")
}

/// The code that WCSLIB reports for a code of another name.
fn translated(code: &str) -> &str {
    match code {
        "GLS" => "SFL",
        "NCP" => "SIN",
        _ => code,
    }
}

fn kinds(raw: &Raw) -> Result<Vec<Kind>> {
    let known = |code: &str| Native::CODES.contains(&code) || OTHER_CODES.contains(&code);
    let one = |(i, axis): (usize, &crate::header::RawAxis)| {
        classify(&axis.ctype, known)
            .map_err(|why| Error::invalid(raw.named("CTYPE", i), format!("{:?}: {why}", axis.ctype)))
    };
    raw.axes.iter().enumerate().map(one).collect()
}

/// World axes of longitude and latitude, what they are called and how they are projected.
struct PairTypes {
    axes: [usize; 2],
    halves: [Half; 2],
    code: Option<String>,
}

fn celestial_pair(raw: &Raw, kinds: &[Kind]) -> Result<Option<PairTypes>> {
    let mut found: [Option<(usize, Half)>; 2] = [None, None];
    for (i, kind) in kinds.iter().enumerate() {
        let Kind::Celestial(half) = kind else { continue };
        let place = &mut found[usize::from(half.latitude)];
        if let Some((other, _)) = place {
            let why = format!(
                "{:?} beside {:?}: one celestial pair can be described",
                raw.axes[i].ctype, raw.axes[*other].ctype
            );
            return Err(Error::invalid(raw.named("CTYPE", i), why));
        }
        *place = Some((i, half.clone()));
    }
    match found {
        [None, None] => Ok(None),
        [Some((lng, a)), Some((lat, b))] => {
            if a.system != b.system || a.code != b.code {
                let why = format!(
                    "{:?} does not match {} = {:?}: types and projection codes have to agree",
                    raw.axes[lat].ctype,
                    raw.named("CTYPE", lng),
                    raw.axes[lng].ctype
                );
                return Err(Error::invalid(raw.named("CTYPE", lat), why));
            }
            let code = a.code.clone();
            Ok(Some(PairTypes { axes: [lng, lat], halves: [a, b], code }))
        }
        [Some((i, half)), None] | [None, Some((i, half))] if half.code.is_some() => {
            let why = format!(
                "{:?} has no partner among {}: unmatched celestial axis",
                raw.axes[i].ctype,
                described(raw)
            );
            Err(Error::invalid(raw.named("CTYPE", i), why))
        }
        _ => Ok(None),
    }
}

/// Degrees per unit of a celestial axis.
fn angle(raw: &Raw, i: usize) -> Result<f64> {
    units::scale(&raw.axes[i].cunit, "deg", &raw.named("CUNIT", i), &raw.axes[i].ctype)
}

fn sky(raw: &Raw, cards: &Keywords, pair: &PairTypes, linear: &Linear) -> Result<Sky> {
    let [lng, lat] = pair.axes;
    let factors = [angle(raw, lng)?, angle(raw, lat)?];
    let crval = [raw.axes[lng].crval * factors[0], raw.axes[lat].crval * factors[1]];
    let frame = radesys::frame(raw, cards, &pair.halves[0].system)?;
    let code = pair.code.clone().unwrap_or_default();
    let names = [0, 1].map(|k| {
        let long = pair.halves[0].longitude_type();
        if k == 0 { long } else { long.replace("RA", "DEC").replace("LON", "LAT").replace("LN", "LT") }
    });
    // Rows in header order to (longitude, latitude) in radians of the plane.
    let radians = [0, 1].map(|k| (linear.scale[pair.axes[k]] * factors[k]).to_radians());
    let mut plane = Affine { linear: [[radians[0], 0.0], [0.0, radians[1]]], offset: [0.0; 2] };
    if lat < lng {
        plane.linear = [[0.0, radians[0]], [radians[1], 0.0]];
    }
    if pair.code.is_none() {
        // Plain RA and DEC: the plane is the sphere in degrees.
        plane.offset = crval.map(f64::to_radians);
        let pole = Pole { longitude: 0.0, latitude: 90.0, lonpole: 0.0 };
        let native = Native::new("CAR", &[])?;
        let plane = vec![Stage::Affine(plane)];
        // A native pole on the celestial one turns the longitudes by 180 degrees, so LONPOLE 180 undoes it.
        return Ok(Sky { native, pole: Pole { lonpole: 180.0, ..pole }, frame, plane, names, code });
    }
    let (native, fiducial, offset) = native(raw, pair, crval)?;
    let pole = Pole::new(&fiducial)?;
    plane.offset = offset;
    Ok(Sky { native, pole, frame, plane: vec![Stage::Affine(plane)], names, code })
}

/// The native projection, what fixes its pole, and the shift of the plane that PVi_0 of the longitude axis asks for.
fn native(raw: &Raw, pair: &PairTypes, crval: [f64; 2]) -> Result<(Native, Fiducial, [f64; 2])> {
    let [lng, lat] = pair.axes;
    let code = pair.code.as_deref().unwrap_or_default();
    let mut pv = raw.parameters(lat);
    let mut on_longitude = raw.parameters(lng);
    on_longitude.resize(5.max(on_longitude.len()), None);
    match code {
        "GLS" => {
            on_longitude.splice(0..3, [Some(1.0), Some(0.0), Some(crval[1])]);
        }
        "NCP" => {
            let (s, c) = crate::trig::sin_cos_deg(crval[1]);
            if s == 0.0 {
                let why =
                    "NCP needs a reference latitude other than 0: the projection is singular on the equator";
                return Err(Error::invalid(raw.named("CRVAL", lat), why));
            }
            pv = vec![None, Some(0.0), Some(c / s)];
        }
        _ => {}
    }
    let bad = |e: Error| Error::invalid(raw.named("CTYPE", lng), format!("{:?}: {e}", raw.axes[lng].ctype));
    let native = Native::new(translated(code), &pv).map_err(bad)?;
    let (phi0, theta0) = native.reference();
    let reference = [phi0.to_degrees(), theta0.to_degrees()];
    let given = [on_longitude[1], on_longitude[2]];
    let fiducial = Fiducial {
        native: [given[0].unwrap_or(reference[0]), given[1].unwrap_or(reference[1])],
        celestial: crval,
        lonpole: raw.lonpole.or(on_longitude[3]),
        latpole: raw.latpole.or(on_longitude[4]),
    };
    if fiducial.native[1].abs() > 90.0 {
        let why = format!("fiducial latitude {} lies beyond the pole", fiducial.native[1]);
        return Err(Error::invalid(raw.named("PV", lng) + "_2", why));
    }
    let mut offset = [0.0; 2];
    if let (true, [Some(phi), Some(theta)]) = (on_longitude[0].is_some_and(|v| v != 0.0), given) {
        let (sp, cp) = crate::trig::sin_cos_deg(phi);
        let (st, ct) = crate::trig::sin_cos_deg(theta);
        let (mut x, mut y, mut z) = ([ct * cp], [ct * sp], [st]);
        native.project(&mut Points::new([&mut x, &mut y, &mut z]));
        offset = [x[0], y[0]];
        if !(x[0].is_finite() && y[0].is_finite()) {
            let why = format!("the fiducial point ({phi}, {theta}) has no place in projection {code}");
            return Err(Error::invalid(raw.named("PV", lng) + "_1", why));
        }
    }
    Ok((native, fiducial, offset))
}

/// The celestial image: the pixels that the pair depends on, if no other axis depends on them too.
fn image(wcs: &Wcs, pair: [usize; 2], sky: Sky) -> std::result::Result<Celestial, String> {
    let linear = &wcs.linear;
    let n = linear.axes();
    let (low, high) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
    let mut pixels: Vec<usize> =
        (0..n).filter(|&j| linear.at(low, j) != 0.0 || linear.at(high, j) != 0.0).collect();
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
    let strange =
        (0..n).filter(|i| !pair.contains(i)).find(|&i| linear.at(i, x) != 0.0 || linear.at(i, y) != 0.0);
    if let Some(i) = strange {
        return Err(format!(
            "world axis {} depends on the pixels of the celestial pair; it cannot be separated",
            i + 1
        ));
    }
    let m = [[linear.at(low, x), linear.at(low, y)], [linear.at(high, x), linear.at(high, y)]];
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
