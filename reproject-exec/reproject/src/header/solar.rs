//! Cards of the observer and of the time of a solar image, which both are part of its frame: Thompson 2006 (A&A 449, 791),
//! sections 8 and 9, with the spellings of SOHO, SDO and STEREO.

/// Where the Sun is seen from, and what hangs on that alone.
const OBSERVER: [&str; 23] = [
    "HGLN_OBS", "HGLT_OBS", "CRLN_OBS", "CRLT_OBS", "DSUN_OBS", "RSUN_OBS", "RSUN_ARC", "RSUN_REF", "RSUN",
    "SOLAR_B0", "SOLAR_L0", "B0", "L0", "HGS_LON", "HGS_LAT", "DSUN", "HEC_X", "HEC_Y", "HEC_Z", "OBS_VR",
    "OBS_VN", "OBS_VW", "CAR_ROT",
];

/// The time of the frame (FITS 4.0 section 9), and what such times are counted in.
const TIME: [&str; 39] = [
    "DATE-OBS", "DATE_OBS", "TIME-OBS", "TIME_OBS", "DATE-AVG", "DATE_AVG", "DATE-BEG", "DATE_BEG",
    "DATE-END", "DATE_END", "MJD-OBS", "MJD_OBS", "MJD-AVG", "MJD-BEG", "MJD-END", "T_OBS", "T_REC",
    "JEPOCH", "BEPOCH", "TIMESYS", "TIMEUNIT", "TIMEOFFS", "DATEREF", "MJDREF", "MJDREFI", "MJDREFF",
    "JDREF", "JDREFI", "JDREFF", "TSTART", "TSTOP", "STARTOBS", "ENDOBS", "DATE-BGN", "JD-OBS", "JD_OBS",
    "OBT_TIME", "MID_DATE", "MID_TIME",
];

/// Whether a card is about the observer.
pub(crate) fn is_observer(keyword: &str) -> bool {
    // HAEX_OBS, HEEY_OBS, HCIZ_OBS, GAEX_OBS …, and their velocities.
    let place = keyword.strip_suffix("_OBS").or(keyword.strip_suffix("_VOB"));
    let cartesian = place.is_some_and(|p| p.len() == 4 && matches!(p.as_bytes()[3], b'X' | b'Y' | b'Z'));
    OBSERVER.contains(&keyword) || cartesian
}

/// Whether a card is about the time of the frame.
pub(crate) fn is_time(keyword: &str) -> bool {
    TIME.contains(&keyword)
}

/// Whether a longitude type is of the Sun.
pub(crate) fn is_sun(longitude: &str) -> bool {
    ["HP", "HG", "CR", "HR", "HC"].iter().any(|system| longitude.starts_with(system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observers_and_times_are_known() {
        for keyword in
            ["HGLN_OBS", "CRLT_OBS", "DSUN_OBS", "HAEX_OBS", "HEEZ_OBS", "HCIY_VOB", "RSUN_OBS", "SOLAR_B0"]
        {
            assert!(is_observer(keyword) && !is_time(keyword), "{keyword}");
        }
        for keyword in ["DATE-OBS", "DATE_OBS", "DATE-AVG", "MJD-OBS", "T_OBS", "TIMESYS"] {
            assert!(is_time(keyword) && !is_observer(keyword), "{keyword}");
        }
        for keyword in ["DATE", "EXPTIME", "OBSERVER", "TELESCOP", "T_STEP", "MAX_OBS", "DSUN_REF"] {
            assert!(!is_time(keyword) && !is_observer(keyword), "{keyword}");
        }
        assert!(is_sun("HPLN") && is_sun("CRLN") && !is_sun("RA") && !is_sun("HLON") && !is_sun("GLON"));
    }
}
