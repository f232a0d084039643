//! The pixel map that a reprojection job runs on: pixels of an output array to those of an input array, of any number of axes.

use super::{StageMap, WcsGroup, WcsMap, sky_map};
use crate::sky::Celestial;
use crate::wcs::Wcs;
use reproject_core::{BATCH, Checked, PixelMap, Points, Projection, Result, Transform, round_trip};
use serde::{Deserialize, Serialize};

/// A [`PixelMap`] from the pixels of an output array to those of an input array, both described by FITS headers.
///
/// Groups stand in array order (the last FITS axis first), the columns of a group in FITS order (x first). Axes that depend on each other share a group, the others are
/// separable; where a group's axes lie apart or change places, all axes are one group.
///
/// Celestial planes that repeat are lifted without bounds and declare period and poles, so that seams are no edges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WcsPixelMap {
    /// In array order.
    parts: Vec<Part>,
    checked: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Part {
    Sky { map: StageMap, period: Vec<Option<f64>>, poles: Vec<[Option<f64>; 2]> },
    Group(WcsGroup),
    All { forward: WcsMap, inverse: WcsMap, axes: usize },
}

impl WcsPixelMap {
    /// Maps pixels of `output` to pixels of `input`, 0-based. With `checked`, a position that does not come back to within a pixel
    /// on every axis is no position; free for maps that are injective by construction.
    ///
    /// # Errors
    /// Those of [`WcsMap::new`].
    pub fn new(output: &Wcs, input: &Wcs, checked: bool) -> Result<Self> {
        let whole = WcsMap::new(output, input)?;
        let in_place = |g: &WcsGroup| g.from() == g.to() && g.from().windows(2).all(|w| w[1] == w[0] + 1);
        if !whole.groups().iter().all(in_place) {
            let inverse = WcsMap::new(input, output)?;
            return Ok(Self {
                parts: vec![Part::All { forward: whole, inverse, axes: output.naxis() }],
                checked,
            });
        }
        let mut groups = whole.groups().to_vec();
        groups.sort_by_key(|g| std::cmp::Reverse(g.from().first().copied()));
        let parts = groups.into_iter().map(|group| match group.sky() {
            None => Ok(Part::Group(group)),
            Some(_) => Part::sky(output.celestial()?, input.celestial()?),
        });
        Ok(Self { parts: parts.collect::<Result<_>>()?, checked })
    }

    /// Maps pixels of `output` to pixels of `input` along the two axes of their skies alone, checked as by [`new`](Self::new).
    ///
    /// # Errors
    /// Those of [`sky_map`].
    pub fn of_sky(output: &Celestial, input: &Celestial, checked: bool) -> Result<Self> {
        Ok(Self { parts: vec![Part::sky(output, input)?], checked })
    }
}

impl Part {
    fn sky(output: &Celestial, input: &Celestial) -> Result<Self> {
        let map = sky_map(output, input)?;
        Ok(Part::Sky { map, period: input.period().to_vec(), poles: input.poles().to_vec() })
    }
}

impl PixelMap for WcsPixelMap {
    fn groups(&self) -> Vec<usize> {
        let size = |part: &Part| match part {
            Part::Sky { .. } => 2,
            Part::Group(group) => group.from().len(),
            Part::All { axes, .. } => *axes,
        };
        self.parts.iter().map(size).collect()
    }

    fn map(&self, group: usize, columns: &mut [&mut [f64]]) {
        match (&self.parts[group], columns) {
            (Part::Sky { map, .. }, [x, y]) if self.checked => Checked(map).forward(&mut Points::new([x, y])),
            (Part::Sky { map, .. }, [x, y]) => map.forward(&mut Points::new([x, y])),
            (Part::Sky { .. }, columns) => nowhere(columns),
            (Part::Group(group), columns) => {
                self.run(columns, |c| group.run(c, false), |c| group.run(c, true));
            }
            (Part::All { forward, inverse, .. }, columns) => {
                let run = |map: &WcsMap, c: &mut [&mut [f64]]| {
                    if map.run(c).is_err() {
                        nowhere(c);
                    }
                };
                self.run(columns, |c| run(forward, c), |c| run(inverse, c));
            }
        }
    }

    fn period(&self, group: usize) -> Vec<Option<f64>> {
        match &self.parts[group] {
            Part::Sky { period, .. } => period.clone(),
            _ => vec![None; self.groups()[group]],
        }
    }

    fn poles(&self, group: usize) -> Vec<[Option<f64>; 2]> {
        match &self.parts[group] {
            Part::Sky { poles, .. } => poles.clone(),
            _ => vec![[None; 2]; self.groups()[group]],
        }
    }
}

impl WcsPixelMap {
    /// There, and back again if the map is checked.
    fn run(
        &self,
        columns: &mut [&mut [f64]],
        go: impl Fn(&mut [&mut [f64]]),
        back: impl Fn(&mut [&mut [f64]]),
    ) {
        if !self.checked {
            return go(columns);
        }
        round_trip(columns, BATCH, go, back);
    }
}

fn nowhere(columns: &mut [&mut [f64]]) {
    columns.iter_mut().for_each(|column| column.fill(f64::NAN));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Keywords, Value};

    fn header(cards: &[(&str, Value)]) -> Wcs {
        Wcs::parse(&cards.iter().cloned().collect::<Keywords>(), ' ', &()).unwrap()
    }

    fn cube(order: [&str; 3], restfrq: f64) -> Wcs {
        let mut cards = vec![("RESTFRQ".to_owned(), Value::Float(restfrq))];
        for (i, ctype) in order.into_iter().enumerate() {
            let (value, step) = match &ctype[..2] {
                "RA" => (40.0, -0.01),
                "DE" => (10.0, 0.01),
                "FR" => (1.42e9, 1e4),
                _ => (0.0, 2e3),
            };
            for (key, value) in [("CRVAL", value), ("CDELT", step), ("CRPIX", 5.0)] {
                cards.push((format!("{key}{}", i + 1), value.into()));
            }
            cards.push((format!("CTYPE{}", i + 1), ctype.into()));
        }
        Wcs::parse(&cards.into_iter().collect::<Keywords>(), ' ', &()).unwrap()
    }

    #[test]
    fn a_cube_is_spectrum_times_sky_and_a_turned_cube_is_one_group() {
        let (frequency, velocity) =
            (cube(["RA---TAN", "DEC--TAN", "FREQ"], 1.42e9), cube(["RA---SIN", "DEC--SIN", "VRAD"], 1.42e9));
        let map = WcsPixelMap::new(&velocity, &frequency, true).unwrap();
        assert_eq!(map.groups(), [1, 2]);
        let mut channel = [4.0];
        map.map(0, &mut [&mut channel]);
        assert!(
            (channel[0] - 4.0).abs() < 1e-6,
            "zero velocity is the rest frequency, at pixel 4: {channel:?}"
        );
        let turned = cube(["FREQ", "DEC--TAN", "RA---TAN"], 1.42e9);
        let map = WcsPixelMap::new(&turned, &frequency, true).unwrap();
        assert_eq!(map.groups(), [3]);
        let (mut x, mut y, mut z) = ([1.0], [2.0], [3.0]);
        map.map(0, &mut [&mut x, &mut y, &mut z]);
        assert!((x[0] - 3.0).abs() < 1e-9 && (y[0] - 2.0).abs() < 1e-9 && (z[0] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_map_of_the_whole_sky_declares_period_and_poles() {
        let car = |crval: f64| {
            header(&[
                ("CTYPE1", "GLON-CAR".into()),
                ("CTYPE2", "GLAT-CAR".into()),
                ("CRVAL1", crval.into()),
                ("CRPIX1", 180.5.into()),
                ("CRPIX2", 90.5.into()),
                ("CDELT1", (-1.0).into()),
                ("CDELT2", 1.0.into()),
            ])
        };
        let (output, input) = (car(0.0), car(100.0));
        let map = WcsPixelMap::new(&output, &input, true).unwrap();
        let sky = WcsPixelMap::of_sky(output.celestial().unwrap(), input.celestial().unwrap(), true).unwrap();
        assert_eq!(sky, map);
        assert!((map.period(0)[0].unwrap() - 360.0).abs() < 1e-9);
        let [low, high] = map.poles(0)[1];
        assert!((low.unwrap() + 0.5).abs() < 1e-9 && (high.unwrap() - 179.5).abs() < 1e-9);
        assert_eq!(map.poles(0)[0], [None; 2]);
    }
}
