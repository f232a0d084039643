//! Cards outside the WCS that are true of one pixel grid only, by the dictionaries of the archives: they do not go along.
//!
//! The fate of the cards of an input:
//!
//! | cards | | why |
//! |---|---|---|
//! | `SIMPLE`, `BITPIX`, `NAXISn`, `BSCALE`, `BZERO`, `BLANK`, `DATAMIN`, `DATAMAX`, `CHECKSUM`, `EXTNAME` …, tile and table keywords | rewritten | they describe the array and the HDU (FITS 4.0 §4.4) |
//! | `CTYPEi`, `CRPIXj`, `CDELTi`, `CDi_j`, `PCi_j`, `CROTAi`, `PVi_m`, `PSi_m`, `RADESYS`, `EQUINOX`, `LONPOLE` … of the sky | the target's | they are the grid (papers I and II) |
//! | the same of further axes of a cube | kept, in the style of the target's matrix; a `-TAB` axis with its table in FITS outputs, else as plain numbers, with a word | planes are not touched |
//! | descriptions with a letter (`CTYPE1A` …) | dropped | they describe the old pixels |
//! | SIP, TPV, TNX, TPD, `CPDISj`, `DQi`, `D2IM…`, `IDC…`, `OCX10` …, plate solutions | dropped | the distortion of the old pixels is undone |
//! | `HGLN_OBS`, `CRLN_OBS`, `DSUN_OBS`, `RSUN_OBS`, `SOLAR_B0`, `HAEX_OBS` … and `DATE-OBS`, `DATE-AVG`, `MJD-OBS`, `T_OBS`, `TIMESYS` … on solar grids | the target's, if it gives an observer (or, on the Sun's surface, a time); HISTORY keeps the input's date | observer and time are the frame (Thompson 2006 §9, SunPy) |
//! | `S_REGION`, `IMAGEW`, `XCEN`, `FOVX`, `RA1` … `DEC4`, `COR1RA1` … | dropped | outline, size, middle and corners of the old grid (MAST, astrometry.net, SolarSoft, IRSA, NOIRLab) |
//! | `PIXSCALE`, `SECPIX`, `PIXAR_SR`, `PIXSIZE`, `XPIXSZ`, `PLTSCALE` … | dropped | sizes of old pixels (IRAF, WCSTools, STScI, MaxIm) |
//! | `ORIENTAT`, `PA_APER`, `CROTACN1`, `ROTA`, `SC_ROLL`, `INST_ROT`, `V3I_YANG`, `FLIPSTAT` … | dropped | how the old grid was turned (STScI, SolarSoft, SDO, AIPS) |
//! | `LTVi`, `LTMi_j`, `ATVi`, `DTVi`, `DATASEC`, `CCDSEC`, `CENTERA1`, `SUBSTRT1`, `R_SUN`, `X0_MP`, `NPIX1` … | dropped | places and lengths in old pixels (IRAF, STScI, SDO, SOHO, ESO) |
//! | everything else, `COMMENT` and `HISTORY` among it | kept | what was observed, when and how |

/// Keywords as they stand.
const WHOLE: [&str; 99] = [
    // Sections of the detector (IRAF, NOIRLab).
    "DATASEC", "TRIMSEC", "BIASSEC", "CCDSEC", "DETSEC", "AMPSEC", "ORIGSEC", "ROISEC", "WINSEC",
    // Sizes of pixels (IRAF, WCSTools, STScI, IRSA, UKIRT, MaxIm DL, PixInsight).
    "PIXSCALE", "PIXSCAL", "PXSCALE", "PIXELSCL", "PIXLSIZE", "PIXSIZE", "PIXELSIZ", "OLDPIXSC", "SECPIX",
    "PLTSCALE", "PLATESCL", "PLTSCL", "XPIXSZ", "YPIXSZ", "XPIXELSZ", "YPIXELSZ", "PIXAR_SR", "PIXAR_A2",
    "PIXAREA", "IMGSCALE", "ARCSECPP", "IMSCL_MP", "D001SCAL",
    // Directions of the pixel axes (STScI, SolarSoft, SDO, SOHO, AIPS, KPNO).
    "ORIENTAT", "ORIENT", "PA_APER", "PA_AVE", "POSANGLE", "POSANG", "ROTA", "ROTANGLE", "CROTA", "CROT",
    "CROTACN", "CROTATN", "SC_ROLL", "SC_ROLLA", "INST_ROT", "SAT_ROT", "RECTROTA", "V3I_YANG", "VPARITY",
    "FLIPSTAT", "RAPANGL", "DECPANGL", "SOLAR_P", "SOLAR_P0",
    // Outlines, middles and sides (MAST, astrometry.net, SolarSoft, SWarp).
    "S_REGION", "S_FOV", "IMAGEW", "IMAGEH", "IMAGESZ", "XCEN", "YCEN", "XCENTER", "YCENTER", "FOVX", "FOVY",
    "FOV", "FIELDSZ", "NPIX", "NPIXELS", "RACENTER", "DECCENTE",
    // Places and lengths in pixels (SDO, SOHO, STEREO, STScI, ESO, FIRST, DAOPHOT, SDSS).
    "R_SUN", "SOLAR_R", "X0", "Y0", "X0_MP", "Y0_MP", "X0_LF", "Y0_LF", "CENTER_X", "CENTER_Y", "CENTERX",
    "CENTERY", "FNDLMBXC", "FNDLMBYC", "XCORN", "YCORN", "ORIGINX", "ORIGINY", "XORGSUBF", "YORGSUBF",
    "IDCSCALE", "IDCTHETA", "IDCXREF", "IDCYREF", "XREF_SCI", "YREF_SCI",
];

/// Stems of keywords with an axis number.
const AXIS: [&str; 24] = [
    "LTV", "LTM", "ATV", "ATM", "DTV", "DTM", "PIXSCAL", "PIXSIZE", "SECPIX", "CROTACN", "CROTATN",
    "CENTERA", "SIZAXIS", "SUBSTRT", "SUBSIZE", "CENPIX", "REFPIX", "REF-PIX", "AMP-PIX", "DRPIX", "NPIX",
    "ORIGCD", "WCSTY", "CCDSEC",
];

/// Whether a card says something that is true of the old pixels only.
pub(crate) fn is(keyword: &str) -> bool {
    let axis = |stem: &&str| {
        // LTV1, LTM1_1 and, with the letter of a description, WCSTY1P.
        let rest = keyword
            .strip_prefix(*stem)
            .map(|r| r.strip_suffix(|c: char| c.is_ascii_uppercase()).unwrap_or(r));
        rest.is_some_and(|r| {
            r.starts_with(|c: char| c.is_ascii_digit()) && r.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        })
    };
    WHOLE.contains(&keyword) || AXIS.iter().any(axis) || is_corner(keyword) || is_linear(keyword)
}

/// A corner of an image: `RA1` … `DEC4` (Palomar, IRSA), `RA_LL`, `CORN1RA`, `COR1RA1` and `CENRA1` (NOIRLab), `RA_CEN1`.
fn is_corner(keyword: &str) -> bool {
    let digit = |text: &str| text.len() == 1 && text.bytes().all(|b: u8| b.is_ascii_digit());
    let place =
        |text: &str| digit(text) || matches!(text, "LL" | "LR" | "UL" | "UR" | "BL" | "BR" | "TL" | "TR");
    let sky = ["RA", "DEC"].iter().any(|name| {
        let rest = keyword.strip_prefix(name);
        let plain = rest.is_some_and(|rest| place(rest) || rest.strip_prefix('_').is_some_and(place));
        let centre = rest.and_then(|rest| rest.strip_prefix("_CEN").or(rest.strip_prefix("CEN")));
        plain || centre.is_some_and(|rest| rest.is_empty() || digit(rest) || rest == "T" || rest == "TR")
    });
    let corner = ["CORN", "COR", "CRN", "CEN"].iter().any(|stem| {
        let rest =
            keyword.strip_prefix(stem).map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        let name = rest.map(|rest| rest.trim_end_matches(|c: char| c.is_ascii_digit()));
        matches!(name, Some("RA" | "DEC" | "DE" | "TRA" | "TDEC"))
    });
    sky || corner
}

/// The linear part of the distortion of HST's cameras (`OCX10` … `OCY11`), which drizzling and this undo.
fn is_linear(keyword: &str) -> bool {
    ["OCX1", "OCY1"].iter().any(|stem| matches!(keyword.strip_prefix(stem), Some("0" | "1")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_true_of_the_old_pixels_only_is_known() {
        for keyword in [
            "S_REGION", "IMAGEW", "IMAGEH", "XCEN", "YCEN", "FOVX", "FOVY", "CROTACN1", "PA_APER", "ORIENT",
            "ORIENTAT", "PIXSIZE", "PIXSIZE1", "LTV1", "LTM1_1", "LTM2_2", "DATASEC", "CCDSEC1", "PIXSCALE",
            "PIXSCAL2", "SECPIX1", "PIXAR_SR", "R_SUN", "X0", "X0_MP", "ROTA", "SOLAR_P0", "CENTERA1",
            "SUBSTRT2", "ORIGCD11", "OCX10", "OCY11", "RA1", "DEC4", "RA_LL", "DEC_UR", "CORN1RA",
            "COR1DEC1", "CENRA1", "CENDEC1", "CENTRA", "CENTDEC", "RA_CENT", "IDCXREF", "XPIXSZ", "SC_ROLL",
            "DTV1", "NPIX1", "WCSTY1P",
        ] {
            assert!(is(keyword), "{keyword}");
        }
    }

    /// Pointings, targets, detectors, reference files and exposures stay what they were.
    #[test]
    fn what_was_observed_stays() {
        for keyword in [
            "RA", "DEC", "RA_TARG", "DEC_TARG", "RA_NOM", "RA_REF", "RA_V1", "PA_V3", "RA_APER", "OBJCTRA",
            "EXPTIME", "GAIN", "CCDSUM", "CCDTEMP", "NPOLFILE", "IDCTAB", "D2IMFILE", "VAFACTOR", "OBSERVER",
            "CENTURY", "FOVID", "LTMAX", "RADECEQ", "CORRECT", "DECAM", "ORIGIN", "CORNERS", "SCALENSE",
            "FILTER1", "DETECTOR", "AIRMASS", "RADIATOR", "DEC_RQST", "PIXTYPE", "RA1950", "SUBARRAY",
            "CENWAVE", "RAT", "XBINNING", "BINAXIS1", "SCALE", "RADIUS",
        ] {
            assert!(!is(keyword), "{keyword}");
        }
    }
}
