//! The parts of a description, each read, to one coordinate system.

use super::axes::Others;
use super::cards::Raw;
use super::celestial::{PairTypes, Sky, described};
use super::ctype::translated;
use crate::distort::Distortion;
use crate::sky::Celestial;
use crate::stages::Stage;
use crate::wcs::{Axis, CelestialPair, Group, Linear, Wcs};
use reproject_core::Affine;

/// The results of the steps before this one.
pub(super) struct Parts<'a> {
    pub(super) raw: &'a Raw,
    pub(super) prior: Vec<Distortion>,
    pub(super) linear: Linear,
    /// The celestial pair and its keywords, resolved.
    pub(super) celestial: Option<(&'a PairTypes, Sky)>,
    pub(super) others: Others,
}

/// Puts the parts together. That there is no celestial image is no error, but what [`Wcs::celestial`] will say.
pub(super) fn assemble(parts: Parts<'_>) -> Wcs {
    let Parts { raw, prior, linear, celestial, others } = parts;
    let mut axes: Vec<Axis> = raw
        .axes
        .iter()
        .map(|a| Axis { ctype: a.ctype.clone(), unit: a.cunit.clone(), name: a.cname.clone() })
        .collect();
    for (i, unit) in others.units {
        axes[i].unit = unit.to_owned();
    }
    let mut groups = others.groups;
    if let Some((pair, sky)) = &celestial {
        for (k, &i) in pair.axes.iter().enumerate() {
            axes[i].unit = "deg".to_owned();
            if let Some(code) = &pair.code {
                let suffix = axes[i].ctype.get(8..).unwrap_or_default().to_owned();
                axes[i].ctype = format!("{:-<4}-{}{suffix}", sky.names[k], translated(code));
            }
        }
        if pair.projected() {
            // First, for it may look at rows that are not its own.
            groups.insert(0, Group::Celestial(Box::new(projected(pair, sky))));
        }
    }
    let sky = celestial.as_ref().map(|(_, sky)| sky);
    let mut wcs = Wcs {
        shape: raw.shape.clone(),
        axes,
        prior_back: prior.iter().rev().cloned().map(Stage::Undistort).collect(),
        prior: prior.into_iter().map(Stage::Distort).collect(),
        linear,
        groups,
        pair: celestial.as_ref().map(|(pair, _)| pair.axes),
        spectral: others.spectral,
        frame: sky.map(|s| s.frame.clone()),
        pole: sky.filter(|s| !s.code.is_empty()).map(|s| s.pole),
        celestial: None,
        without: without(raw),
        notes: Vec::new(),
        beyond: None,
    };
    if let Some((pair, sky)) = celestial {
        match image(&wcs, pair.axes, sky) {
            Ok(celestial) => wcs.celestial = Some(celestial),
            Err(why) => wcs.without = why,
        }
    }
    wcs
}

/// Why there is no sky in a description that names none.
fn without(raw: &Raw) -> String {
    match raw.axes.iter().all(|axis| axis.ctype.is_empty()) {
        true => "there is no CTYPEn, so no longitude and latitude: nothing says where the pixels lie".into(),
        false => format!("{}: no longitude and latitude among the axes", described(raw)),
    }
}

/// The pair as a group among the other axes.
fn projected(pair: &PairTypes, sky: &Sky) -> CelestialPair {
    let (plane, back) = Celestial::plane_stages(sky.plane.clone());
    CelestialPair {
        axes: pair.axes,
        plane,
        back,
        first_rows: sky.first_rows.clone().map(|stages| Celestial::plane_stages(stages).into()),
        native: sky.native,
        rotation: sky.pole.rotation(),
        positive: sky.pole.longitude >= 0.0,
    }
}

/// The celestial image: the pixels that the pair depends on. That other axes hang on them too is nothing to the sky.
fn image(wcs: &Wcs, pair: [usize; 2], sky: Sky) -> Result<Celestial, String> {
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
