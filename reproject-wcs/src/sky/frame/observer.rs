//! Where a solar image is seen from: Thompson 2006 (A&A 449, 791), section 9.1 and table 5.

use crate::Keywords;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The place of an observer, as far as a header gives it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observer {
    /// Stonyhurst longitude in degrees, counted from the Earth's meridian (HGLN_OBS).
    pub stonyhurst: Option<f64>,
    /// Carrington longitude in degrees, counted on the rotating Sun (CRLN_OBS).
    pub carrington: Option<f64>,
    /// Heliographic latitude in degrees (HGLT_OBS, or CRLT_OBS, which is the same).
    pub latitude: Option<f64>,
    /// Distance from the centre of the Sun in metres (DSUN_OBS).
    pub distance: Option<f64>,
}

/// How two observers lie to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meeting {
    /// One place, as far as both are known.
    Same,
    /// Two places.
    Apart,
    /// Longitudes that only a date connects.
    Unlike,
}

impl Observer {
    /// That of a header; `None` if it gives no part of it.
    pub(crate) fn read(cards: &Keywords) -> Option<Self> {
        let number = |keyword| cards.number(keyword).filter(|v: &f64| v.is_finite());
        let observer = Self {
            stonyhurst: number("HGLN_OBS"),
            carrington: number("CRLN_OBS"),
            latitude: number("HGLT_OBS").or_else(|| number("CRLT_OBS")),
            distance: number("DSUN_OBS"),
        };
        (observer != Self::default()).then_some(observer)
    }

    /// Whether two are one place: latitudes and distances, then longitudes of one kind. What one of them leaves out is not
    /// compared.
    pub(super) fn meets(&self, other: &Self) -> Meeting {
        let near = |x: f64, y: f64| (x - y).abs() <= 1e-6 * (1.0 + x.abs());
        let apart = |a: Option<f64>, b: Option<f64>| matches!((a, b), (Some(a), Some(b)) if !near(a, b));
        let turned = |a: f64, b: f64| !near(0.0, (a - b + 180.0).rem_euclid(360.0) - 180.0);
        if apart(self.latitude, other.latitude) || apart(self.distance, other.distance) {
            return Meeting::Apart;
        }
        match (self.stonyhurst.zip(other.stonyhurst), self.carrington.zip(other.carrington)) {
            (Some((a, b)), _) | (None, Some((a, b))) if turned(a, b) => Meeting::Apart,
            (Some(_), _) | (_, Some(_)) => Meeting::Same,
            _ if self.has_longitude() && other.has_longitude() => Meeting::Unlike,
            _ => Meeting::Same,
        }
    }

    fn has_longitude(&self) -> bool {
        self.stonyhurst.is_some() || self.carrington.is_some()
    }

    /// The cards that say so.
    pub(super) fn to_keywords(self, cards: &mut Keywords) {
        let of_kind = |longitude: Option<f64>| longitude.and(self.latitude);
        let plain = if self.has_longitude() { None } else { self.latitude };
        let values = [
            ("HGLN_OBS", self.stonyhurst),
            ("HGLT_OBS", of_kind(self.stonyhurst).or(plain)),
            ("CRLN_OBS", self.carrington),
            ("CRLT_OBS", of_kind(self.carrington)),
            ("DSUN_OBS", self.distance),
        ];
        values.into_iter().filter_map(|(k, v)| Some((k, v?))).for_each(|(k, v)| cards.push(k, v));
    }
}

impl fmt::Display for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let angle = |name: &str, v: Option<f64>| v.map(|v| format!("{name} {}°", rounded(v, 1e6)));
        let parts = [
            angle("Stonyhurst longitude", self.stonyhurst),
            angle("Carrington longitude", self.carrington),
            angle("latitude", self.latitude),
            self.distance.map(|d| format!("{} km from the Sun", rounded(d / 1000.0, 1.0))),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// A number to some part of one, without a minus before zero.
fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observer(cards: &[(&str, f64)]) -> Observer {
        Observer::read(&cards.iter().copied().collect()).unwrap()
    }

    /// The cards of sunpy's test images of AIA (both longitudes) and HMI (Carrington's only).
    const AIA: [(&str, f64); 5] = [
        ("HGLN_OBS", 0.0),
        ("HGLT_OBS", -6.820544),
        ("CRLN_OBS", 22.814522),
        ("CRLT_OBS", -6.820544),
        ("DSUN_OBS", 147724815128.0),
    ];
    const HMI: [(&str, f64); 3] =
        [("CRLN_OBS", 132.560135), ("CRLT_OBS", -7.226688), ("DSUN_OBS", 148205511547.72)];

    #[test]
    fn either_longitude_is_read_and_said() {
        let (aia, hmi) = (observer(&AIA), observer(&HMI));
        assert_eq!(
            hmi.to_string(),
            "Carrington longitude 132.560135°, latitude -7.226688°, 148205512 km from the Sun"
        );
        assert!(aia.to_string().starts_with("Stonyhurst longitude 0°, Carrington longitude 22.814522°, lat"));
        for (observer, given) in [(aia, &AIA[..]), (hmi, &HMI[..])] {
            let mut cards = Keywords::new();
            observer.to_keywords(&mut cards);
            assert_eq!(cards.iter().count(), given.len());
            given.iter().for_each(|(k, v)| assert_eq!(cards.number(k), Some(*v), "{k}"));
        }
        assert!(Observer::read(&Keywords::new()).is_none());
    }

    #[test]
    fn longitudes_of_one_kind_are_compared() {
        let (aia, hmi) = (observer(&AIA), observer(&HMI));
        assert_eq!(aia.meets(&hmi), Meeting::Apart);
        assert_eq!(aia.meets(&observer(&AIA[2..])), Meeting::Same);
        assert_eq!(aia.meets(&Observer { carrington: Some(23.9), stonyhurst: None, ..aia }), Meeting::Apart);
        let stonyhurst = Observer { carrington: None, ..aia };
        let carrington = Observer { stonyhurst: None, ..aia };
        assert_eq!(stonyhurst.meets(&carrington), Meeting::Unlike);
        assert_eq!(stonyhurst.meets(&Observer { stonyhurst: Some(360.0), ..stonyhurst }), Meeting::Same);
        assert_eq!(stonyhurst.meets(&Observer { stonyhurst: Some(60.0), ..stonyhurst }), Meeting::Apart);
        assert_eq!(stonyhurst.meets(&Observer { distance: Some(1.49e11), ..stonyhurst }), Meeting::Apart);
        assert_eq!(stonyhurst.meets(&Observer { stonyhurst: None, ..stonyhurst }), Meeting::Same);
    }
}
