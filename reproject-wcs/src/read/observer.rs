//! The cards that say where a solar image is seen from (Thompson 2006, section 9.1), read and written.

use super::Keywords;
use crate::sky::Observer;

/// The observer of a header; `None` if it gives no part of one.
pub(crate) fn read(cards: &Keywords) -> Option<Observer> {
    let number = |keyword| cards.number(keyword).filter(|v: &f64| v.is_finite());
    let observer = Observer {
        stonyhurst: number("HGLN_OBS"),
        carrington: number("CRLN_OBS"),
        latitude: number("HGLT_OBS").or_else(|| number("CRLT_OBS")),
        distance: number("DSUN_OBS"),
    };
    (observer != Observer::default()).then_some(observer)
}

/// Adds the cards that say so.
pub(crate) fn write(observer: Observer, cards: &mut Keywords) {
    let of_kind = |longitude: Option<f64>| longitude.and(observer.latitude);
    let plain = if observer.has_longitude() { None } else { observer.latitude };
    let values = [
        ("HGLN_OBS", observer.stonyhurst),
        ("HGLT_OBS", of_kind(observer.stonyhurst).or(plain)),
        ("CRLN_OBS", observer.carrington),
        ("CRLT_OBS", of_kind(observer.carrington)),
        ("DSUN_OBS", observer.distance),
    ];
    values.into_iter().filter_map(|(k, v)| Some((k, v?))).for_each(|(k, v)| cards.push(k, v));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observer(cards: &[(&str, f64)]) -> Observer {
        read(&cards.iter().copied().collect()).unwrap()
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
            write(observer, &mut cards);
            assert_eq!(cards.iter().count(), given.len());
            given.iter().for_each(|(k, v)| assert_eq!(cards.number(k), Some(*v), "{k}"));
        }
        assert!(read(&Keywords::new()).is_none());
    }
}
