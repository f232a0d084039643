//! Where a solar image is seen from: Thompson 2006 (A&A 449, 791), section 9.1 and table 5.

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

    pub(crate) fn has_longitude(&self) -> bool {
        self.stonyhurst.is_some() || self.carrington.is_some()
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

    /// Sunpy's test images of AIA (both longitudes) and HMI (Carrington's only).
    const AIA: Observer = Observer {
        stonyhurst: Some(0.0),
        carrington: Some(22.814522),
        latitude: Some(-6.820544),
        distance: Some(147724815128.0),
    };
    const HMI: Observer = Observer {
        stonyhurst: None,
        carrington: Some(132.560135),
        latitude: Some(-7.226688),
        distance: Some(148205511547.72),
    };

    #[test]
    fn longitudes_of_one_kind_are_compared() {
        let (aia, hmi) = (AIA, HMI);
        assert_eq!(aia.meets(&hmi), Meeting::Apart);
        assert_eq!(aia.meets(&Observer { stonyhurst: None, ..aia }), Meeting::Same);
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
