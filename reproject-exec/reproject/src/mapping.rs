//! Which axes of a cube are reprojected: the sky alone, with all planes sharing its positions, or all axes together.

use crate::Method;
use crate::grid::Target;
use crate::header::axes::tabulated;
use crate::header::cards::{Kind, kind};
use crate::header::coordinates;
use crate::image::Input;
use reproject_chunk::{Header, Value};
use reproject_core::{Error, PixelMap, Result};
use reproject_wcs::{Celestial, Wcs, WcsPixelMap};
use std::sync::Arc;

/// How output pixels lead to input pixels, and what the output is then.
pub(crate) struct Mapping {
    pub(crate) map: Arc<dyn PixelMap>,
    /// The shape of the output, in array order.
    pub(crate) shape: Vec<usize>,
    /// The target's cards that say where its pixels lie.
    pub(crate) cards: Header,
    /// The number of axes that those cards are about; the input's own describe the ones after them.
    pub(crate) axes: usize,
}

impl Mapping {
    /// All axes, if both headers describe a cube of as many axes and one of them has planes besides the sky; otherwise the
    /// sky, for every plane of the input.
    ///
    /// # Errors
    /// If the coordinates do not meet, or lie along axes where they cannot be worked with.
    pub(crate) fn find(input: &Input, target: &Target, method: Method, checked: bool) -> Result<Self> {
        let n = input.image.shape().len();
        let cube = |celestial: &Celestial, shape: &[usize]| {
            let planes = (0..shape.len()).filter(|k| !celestial.axes().contains(k));
            shape.len() == n && planes.into_iter().any(|k| shape[shape.len() - 1 - k] > 1)
        };
        let whole = target.shape.len() == n
            && (cube(&input.celestial, input.image.shape()) || cube(&target.celestial, &target.shape));
        let mapping = match whole && !planes_are_one(input, target) {
            true => all(input, target, method, checked),
            false => sky(input, target, checked),
        }?;
        if let Some(card) = tabulated(&mapping.cards) {
            let why = format!(
                "{card} refers to a table in another HDU; a target must describe itself, so choose one without, or the header of \
                 one plane"
            );
            return Err(Error::invalid(&target.name, why));
        }
        Ok(mapping)
    }
}

/// Whether two cubes have the same planes by the same cards, of which nobody knows what they mean: each then stays what it is.
fn planes_are_one(input: &Input, target: &Target) -> bool {
    let beside = |header: &Header| -> Vec<(String, Value)> {
        let of_planes =
            |k: &str| matches!(kind(k), Kind::Wcs { axes: [i, j], primary: true } if i.max(j) > 2);
        let cards = header.records().iter().filter(|r| of_planes(r.keyword()));
        cards.map(|r| (r.keyword().to_owned(), r.value().clone())).collect()
    };
    let (own, other) = (input.image.shape(), &target.shape[..]);
    let unread = input.wcs.whole().is_err() && target.wcs.whole().is_err();
    unread
        && input.celestial.axes() == [0, 1]
        && own[..own.len() - 2] == other[..other.len() - 2]
        && beside(input.image.header()) == beside(&target.header)
}

fn sky(input: &Input, target: &Target, checked: bool) -> Result<Mapping> {
    if input.celestial.axes() != [0, 1] {
        let types: Vec<_> = input.wcs.axes().iter().map(|a| format!("{:?}", a.ctype)).collect();
        let [x, y] = input.celestial.axes().map(|k| k + 1);
        return Err(input.error(format!(
            "CTYPE {}: the sky lies along axes {x} and {y}; onto an image it can be reprojected from axes 1 and 2, with \
             other axes after them",
            types.join(", ")
        )));
    }
    if target.celestial.axes() != [0, 1] || target.wcs.celestial_pair().is_none_or(|[a, b]| a.max(b) != 1) {
        let why = format!("{}: the sky of a target must lie along axes 1 and 2", target.name);
        return Err(Error::invalid("CTYPE", why));
    }
    let map = WcsPixelMap::of_sky(&target.celestial, &input.celestial, checked);
    let map = Arc::new(map.map_err(|e| apart(input, target, &e))?);
    let own = input.image.shape();
    let shape = [&own[..own.len() - 2], &target.shape[target.shape.len() - 2..]].concat();
    Ok(Mapping { map, shape, cards: coordinates(&target.header, 2), axes: 2 })
}

fn all(input: &Input, target: &Target, method: Method, checked: bool) -> Result<Mapping> {
    if method.is_for_images() {
        let why = format!(
            "{} is for images, and {} describes a cube; give the header of one plane as target, or another `method`",
            method.name(),
            target.name
        );
        return Err(Error::invalid("`method`", why));
    }
    let n = target.shape.len();
    let cube = |what: &str, wcs: &Wcs| {
        if wcs.naxis() < n {
            let why = format!("{what} has {} for {n} array axes; a cube needs one for each", wcs.naxis());
            return Err(Error::invalid("WCSAXES", why));
        }
        // What an array has no axis for, it has one plane of.
        wcs.first(n).map_err(|e| Error::invalid("coordinates", format!("{what}: {e}")))
    };
    let (from, to) = (cube(&target.name, &target.wcs)?, cube(&input.label(), &input.wcs)?);
    let map = WcsPixelMap::new(&from, &to, checked).map_err(|e| {
        let unread = input.wcs.whole().is_err() || target.wcs.whole().is_err();
        let or = "; or give the header of one plane as target: planes then stay what they are";
        apart(input, target, &format!("{e}{}", if unread { or } else { "" }))
    })?;
    Ok(Mapping {
        map: Arc::new(map),
        shape: target.shape.clone(),
        cards: coordinates(&target.header, n),
        axes: n,
    })
}

fn apart(input: &Input, target: &Target, why: &dyn std::fmt::Display) -> Error {
    Error::invalid("coordinates", format!("{} onto {}: {why}", input.label(), target.name))
}
