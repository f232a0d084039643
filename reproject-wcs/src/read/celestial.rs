//! The celestial pair of a header: its axes, projection, reference point and distortion (paper II §2 and §6).

use super::cards::Raw;
use super::ctype::{Half, Kind, translated};
use super::{Keywords, distortion, radesys, units};
use crate::math::trig;
use crate::native::Native;
use crate::sky::{Fiducial, Frame, Pole};
use crate::stages::Stage;
use crate::wcs::Linear;
use reproject_core::{Affine, Error, Points, Projection, Result};

/// Celestial keywords, resolved.
pub(crate) struct Sky {
    pub(crate) native: Native,
    pub(crate) pole: Pole,
    pub(crate) frame: Frame,
    /// From the longitude and latitude rows of the linear part to the native plane in radians.
    pub(crate) plane: Vec<Stage>,
    /// The same from the first two rows, where it is those that WCSLIB takes.
    pub(crate) first_rows: Option<Vec<Stage>>,
    pub(crate) names: [String; 2],
    pub(crate) code: String,
}

pub(crate) fn described(raw: &Raw) -> String {
    let types: Vec<_> = raw.axes.iter().map(|a| format!("{:?}", a.ctype)).collect();
    types.join(", ")
}

/// World axes of longitude and latitude, what they are called and how they are projected.
pub(crate) struct PairTypes {
    pub(crate) axes: [usize; 2],
    pub(crate) halves: [Half; 2],
    pub(crate) code: Option<String>,
}

impl PairTypes {
    /// Degrees per unit of longitude and latitude.
    pub(super) fn units(&self, raw: &Raw) -> Result<[f64; 2]> {
        let [lng, lat] = self.axes;
        Ok([angle(raw, lng)?, angle(raw, lat)?])
    }

    /// Whether a projection takes its rows, which are plain degrees otherwise.
    pub(super) fn projected(&self) -> bool {
        self.code.is_some()
    }
}

/// The celestial pair among axes of these kinds, where there is one.
///
/// # Errors
/// Two pairs, or half of one.
pub(super) fn pair(raw: &Raw, kinds: &[Kind]) -> Result<Option<PairTypes>> {
    let mut found: [Option<(usize, Half)>; 2] = [None, None];
    for (i, kind) in kinds.iter().enumerate() {
        let Kind::Celestial(half) = kind else { continue };
        let place = &mut found[usize::from(half.latitude)];
        if let Some((other, first)) = place {
            // Plain RA with plain RA: two linear axes.
            if half.code.is_none() && first.code.is_none() {
                continue;
            }
            let why = format!(
                "{:?} and {:?}: one celestial pair can be described",
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
pub(super) fn angle(raw: &Raw, i: usize) -> Result<f64> {
    units::scale(&raw.axes[i].cunit, "deg", &raw.named("CUNIT", i), &raw.axes[i].ctype)
}

/// Resolves the celestial keywords.
///
/// # Errors
/// A frame, projection, pole or distortion that does not exist; units that are no angles.
pub(super) fn read(raw: &Raw, cards: &Keywords, pair: &PairTypes, linear: &Linear) -> Result<Sky> {
    let [lng, lat] = pair.axes;
    let factors = pair.units(raw)?;
    let crval = [raw.axes[lng].crval * factors[0], raw.axes[lat].crval * factors[1]];
    let frame = radesys::frame(raw, cards, &pair.halves[0].system)?;
    let code = pair.code.clone().unwrap_or_default();
    let names = [0, 1].map(|k| {
        let long = pair.halves[0].longitude_type();
        if k == 0 { long } else { long.replace("RA", "DEC").replace("LON", "LAT").replace("LN", "LT") }
    });
    // (longitude, latitude) rows to radians of the plane.
    let radians = [0, 1].map(|k| (linear.scale[pair.axes[k]] * factors[k]).to_radians());
    let mut plane = Affine { linear: [[radians[0], 0.0], [0.0, radians[1]]], offset: [0.0; 2] };
    let mut stages = Vec::new();
    if pair.code.is_none() {
        // Plain RA and DEC: the plane is the sphere in degrees.
        plane.offset = crval.map(f64::to_radians);
        let pole = Pole { longitude: 0.0, latitude: 90.0, lonpole: 0.0, crval: None };
        let native = Native::new("CAR", &[])?;
        stages.push(Stage::Affine(plane));
        // A native pole on the celestial one turns the longitudes by 180 degrees, so LONPOLE 180 undoes it.
        return Ok(Sky {
            native,
            pole: Pole { lonpole: 180.0, ..pole },
            frame,
            plane: stages,
            first_rows: None,
            names,
            code,
        });
    }
    let (native, fiducial, offset) = native(raw, cards, pair, crval)?;
    let pole = Pole::new(&fiducial)?;
    plane.offset = offset;
    let sequent = distortion::sequent(raw, cards, &code, pair.axes)?;
    stages.extend(sequent.map(Stage::Distort));
    stages.push(Stage::Affine(plane));
    // WCSLIB gives the polynomials of TPV the first two rows, whichever they are: with latitude first the two are
    // exchanged, and among other axes it is not the celestial pair that they see.
    let first_two = code == "TPV" && lng.max(lat) > 1;
    let first_rows = first_two.then(|| stages.clone());
    if code == "TPV" && lat < lng {
        stages.insert(0, Stage::Affine(Affine { linear: [[0.0, 1.0], [1.0, 0.0]], offset: [0.0; 2] }));
    }
    Ok(Sky { native, pole, frame, plane: stages, first_rows, names, code })
}

/// The native projection, what fixes its pole, and the shift of the plane that PVi_0 of the longitude axis asks for.
fn native(
    raw: &Raw,
    cards: &Keywords,
    pair: &PairTypes,
    crval: [f64; 2],
) -> Result<(Native, Fiducial, [f64; 2])> {
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
            let (s, c) = trig::sin_cos_deg(crval[1]);
            if s == 0.0 {
                let why =
                    "NCP needs a reference latitude other than 0: the projection is singular on the equator";
                return Err(Error::invalid(raw.named("CRVAL", lat), why));
            }
            pv = vec![None, Some(0.0), Some(c / s)];
        }
        "ZPX" => pv = distortion::projp(raw, cards, pair.axes)?,
        "TPV" => {
            // All PV belong to the polynomial.
            pv.clear();
            on_longitude.fill(None);
        }
        _ => {}
    }
    if let Some(m) = (5..on_longitude.len()).find(|&m| on_longitude[m].is_some()).filter(|_| code != "TPV") {
        let why = format!("of the longitude axis, projection {code}: parameters of longitude end with m = 4");
        return Err(Error::invalid(raw.indexed("PV", lng, m), why));
    }
    let bad = |e: Error| Error::invalid(raw.named("CTYPE", lng), format!("{:?}: {e}", raw.axes[lng].ctype));
    let native = Native::new(translated(code), &pv).map_err(bad)?;
    let (phi0, theta0) = native.reference();
    // A cone's θ_a as it was given: CRVAL is often the same number, and with a bit less LONPOLE would have another default.
    let cone = matches!(native, Native::Cop(_) | Native::Coe(_) | Native::Cod(_) | Native::Coo(_));
    let theta_a = native.parameters().first().filter(|_| cone).map(|parameter| parameter.1);
    let reference = [phi0.to_degrees(), theta_a.unwrap_or(theta0.to_degrees())];
    let given = [on_longitude[1], on_longitude[2]];
    let fiducial = Fiducial {
        native: [given[0].unwrap_or(reference[0]), given[1].unwrap_or(reference[1])],
        celestial: crval,
        own: given == [None, None],
        // WCSLIB lets PV override the keywords.
        lonpole: on_longitude[3].or(raw.lonpole),
        latpole: on_longitude[4].or(raw.latpole),
    };
    if let Some(beyond) = given[1].filter(|theta| theta.abs() > 90.0) {
        let why = format!("fiducial latitude {beyond} lies beyond the pole");
        return Err(Error::invalid(raw.indexed("PV", lng, 2), why));
    }
    let mut offset = [0.0; 2];
    if let (true, [Some(phi), Some(theta)]) = (on_longitude[0].is_some_and(|v| v != 0.0), given) {
        let (sp, cp) = trig::sin_cos_deg(phi);
        let (st, ct) = trig::sin_cos_deg(theta);
        // A pole that is drawn as a line, or as a circle around a hole, has its place by the longitude, too.
        let ct = ct.max(1e-20);
        let (mut x, mut y, mut z) = ([ct * cp], [ct * sp], [st]);
        native.project(&mut Points::new([&mut x, &mut y, &mut z]));
        // A plane that repeats has the point where its longitude says, be it beyond 180 degrees.
        let turns = ((phi + 180.0) / 360.0).ceil() - 1.0;
        let [along, _] = native.period();
        offset = [x[0] + if phi.abs() > 180.0 { along.unwrap_or(0.0) * turns } else { 0.0 }, y[0]];
        if !(x[0].abs() < 1e9 && y[0].abs() < 1e9) {
            let why = format!("the fiducial point ({phi}, {theta}) has no place in projection {code}");
            return Err(Error::invalid(raw.indexed("PV", lng, 1), why));
        }
    }
    Ok((native, fiducial, offset))
}
