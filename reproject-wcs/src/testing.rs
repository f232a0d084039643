//! Random headers for property-based tests: valid celestial ones of every projection, and mutants of any.

use crate::math::trig;
use crate::native::Native;
use crate::read::{Keywords, Value};
use proptest::prelude::*;

/// Parameters of the latitude axis that suit a projection, as (m, value).
fn parameters(code: &str) -> &'static [(usize, f64)] {
    match code {
        "AZP" => &[(1, 2.0), (2, 30.0)],
        "SZP" => &[(1, 2.0), (2, 180.0), (3, 60.0)],
        "SIN" => &[(1, 0.1), (2, -0.2)],
        "ZPN" => &[(1, 1.0), (3, 0.05)],
        "AIR" => &[(1, 45.0)],
        "CYP" => &[(1, 1.0), (2, 0.7)],
        "CEA" => &[(1, 0.8)],
        "COP" | "COE" | "COD" | "COO" => &[(1, 45.0), (2, 20.0)],
        "BON" => &[(1, 40.0)],
        "HPX" => &[(1, 4.0), (2, 3.0)],
        _ => &[],
    }
}

/// Headers of 200 × 160 pixels in projection `code`: any reference point, any orientation, pixels of 0.4″ to 40″, equatorial or
/// galactic, latitude first or last, as CD, PC or CROTA.
pub fn celestial_header(code: &'static str) -> impl Strategy<Value = Keywords> {
    let place = (0.0..360.0f64, -85.0..85.0f64);
    let form = (-180.0..180.0f64, -4.0..-2.0f64, 0..3u8, any::<bool>(), any::<bool>());
    (place, form, prop_oneof![Just("ICRS"), Just("FK5"), Just("G")], any::<bool>()).prop_map(
        move |((lon, lat), (turn, decades, form, flip, lat_first), frame, pv)| {
            let names = if frame == "G" { ["GLON", "GLAT"] } else { ["RA", "DEC"] };
            let (lng, lat_axis) = if lat_first { (2, 1) } else { (1, 2) };
            let mut cards: Keywords = [("NAXIS", 2), ("NAXIS1", 200), ("NAXIS2", 160)].into_iter().collect();
            for (axis, name, value) in [(lng, names[0], lon), (lat_axis, names[1], lat)] {
                cards.push(format!("CTYPE{axis}"), format!("{name:-<4}-{code}"));
                cards.push(format!("CRVAL{axis}"), value);
            }
            cards.push("CRPIX1", 93.5);
            cards.push("CRPIX2", 81.25);
            let scale = 10f64.powf(decades); // libm: a test's random header
            let sign = if flip { 1.0 } else { -1.0 };
            let (s, c) = trig::sin_cos_deg(turn);
            if form == 0 {
                for (keyword, v) in [("CD1_1", sign * c), ("CD1_2", -s), ("CD2_1", sign * s), ("CD2_2", c)] {
                    cards.push(keyword, v * scale);
                }
            } else {
                cards.push("CDELT1", sign * scale);
                cards.push("CDELT2", 1.1 * scale);
                if form == 1 {
                    for (keyword, v) in [("PC1_1", c), ("PC1_2", -s), ("PC2_1", s), ("PC2_2", c)] {
                        cards.push(keyword, v);
                    }
                } else {
                    cards.push(format!("CROTA{lat_axis}"), turn);
                }
            }
            let needed = matches!(code, "COP" | "COE" | "COD" | "COO" | "BON" | "ZPN");
            for (m, v) in parameters(code).iter().filter(|_| pv || needed) {
                cards.push(format!("PV{lat_axis}_{m}"), *v);
            }
            if frame != "G" {
                cards.push("RADESYS", frame);
            }
            cards
        },
    )
}

/// Headers of any projection there is.
pub fn any_celestial_header() -> impl Strategy<Value = Keywords> {
    proptest::sample::select(Native::CODES).prop_flat_map(celestial_header)
}

/// Keywords and values that a mutant may get.
const NAMES: [&str; 40] = [
    "NAXIS", "WCSAXES", "CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2", "CRVAL3", "CDELT1", "CDELT2", "CDELT3",
    "CD1_1", "CD1_2", "CD2_1", "CD2_2", "PC1_1", "PC1_2", "PC3_3", "CROTA1", "CROTA2", "CTYPE1", "CTYPE2",
    "CTYPE3", "CUNIT1", "CUNIT2", "LONPOLE", "LATPOLE", "PV1_0", "PV1_1", "PV1_2", "PV2_0", "PV2_1", "PV2_2",
    "PV2_3", "PV2_5", "A_ORDER", "B_ORDER", "A_2_0", "B_0_2", "EQUINOX", "RADESYS",
];
const TEXTS: [&str; 24] = [
    "RA---TAN", "DEC--TAN", "RA---TPV", "DEC--TPV", "GLON-CAR", "GLAT-CAR", "HPLN-HPX", "HPLT-HPX",
    "RA---ZPN", "DEC--ZPN", "RA---NCP", "DEC--GLS", "FREQ", "VOPT-F2W", "WAVE-TAB", "deg", "arcsec", "m/s",
    "M/S", "FK4", "ICRS", "RA---COP", "", "µ",
];

/// A header with `changes` of its cards changed, dropped, doubled or made up; the same from the same seed.
pub fn mutant(cards: &Keywords, seed: u64, changes: usize) -> Keywords {
    let mut random = Random(seed ^ 0x9e37_79b9_7f4a_7c15);
    let mut all: Vec<(String, Value)> = cards.iter().map(|(k, v)| (k.to_owned(), v.clone())).collect();
    for _ in 0..changes {
        let at = random.below(all.len().max(1));
        match random.below(6) {
            _ if all.is_empty() => all.push(("NAXIS".to_owned(), Value::Integer(2))),
            0 => drop(all.remove(at)),
            1 => all.push(all[at].clone()),
            2 => all.push((NAMES[random.below(NAMES.len())].to_owned(), random.value())),
            3 => {
                let other = random.below(all.len());
                let value = all[other].1.clone();
                all[at].1 = value;
            }
            4 => {
                if let Some(v) = all[at].1.number() {
                    all[at].1 = Value::Float(v * (2.0 * random.unit() - 1.0));
                }
            }
            _ => all[at].1 = random.value(),
        }
    }
    all.into_iter().collect()
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn value(&mut self) -> Value {
        const ODD: [f64; 14] = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            90.0,
            -90.0,
            180.0,
            999.0,
            1e-300,
            1e300,
            -1e308,
            f64::NAN,
            f64::INFINITY,
            5e-324,
        ];
        match self.below(6) {
            0 => Value::Float(ODD[self.below(ODD.len())]),
            1 => Value::Float(360.0 * (2.0 * self.unit() - 1.0)),
            2 => Value::Float(1e-3 * (2.0 * self.unit() - 1.0)),
            3 => Value::Integer([0, 1, 2, 3, 99, 100, -1, i64::MAX, i64::MIN][self.below(9)]),
            4 => Value::Logical(self.below(2) == 0),
            _ => Value::Text(TEXTS[self.below(TEXTS.len())].to_owned()),
        }
    }
}
