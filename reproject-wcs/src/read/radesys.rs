//! RADESYS, EQUINOX and the CTYPE prefix to a reference frame, by paper II §3.1 with its defaults; and a frame to its cards.

use super::{Keywords, cards::Raw, observer};
use crate::sky::Frame;
use reproject_core::Result;

/// The frame of a celestial pair; `system` is RA, G, E, S, HP … as in its CTYPE.
pub(crate) fn frame(raw: &Raw, cards: &Keywords, system: &str) -> Result<Frame> {
    let equinox = raw.equinox;
    let given = raw.radesys.as_deref().map(str::trim).filter(|s| !s.is_empty());
    let named = |system: &str, observer| Frame::Named { system: system.to_owned(), observer };
    Ok(match system {
        "G" => Frame::Galactic,
        "S" => Frame::Supergalactic,
        "RA" => {
            let default = match equinox {
                Some(year) if year < 1984.0 => "FK4",
                Some(_) => "FK5",
                None => "ICRS",
            };
            match given.unwrap_or(default) {
                "ICRS" => Frame::Icrs,
                "FK5" => Frame::Fk5 { equinox: equinox.unwrap_or(2000.0) },
                "FK4" => Frame::Fk4 { equinox: equinox.unwrap_or(1950.0) },
                "FK4-NO-E" => Frame::Fk4NoE { equinox: equinox.unwrap_or(1950.0) },
                // Geocentric apparent places and what else there may be.
                other => named(&format!("RA ({other})"), None),
            }
        }
        "E" => {
            let besselian = matches!(given, Some("FK4" | "FK4-NO-E"))
                || given.is_none() && equinox.is_some_and(|y| y < 1984.0);
            let julian = |year| if besselian { Frame::julian_of_besselian(year) } else { year };
            Frame::Ecliptic { equinox: equinox.map_or(2000.0, julian) }
        }
        _ => {
            let name = format!("{system}{}", if system.len() == 1 { "LON" } else { "LN" });
            // Only helioprojective directions depend on where they are seen from.
            let observer = matches!(system, "HP" | "HR").then(|| observer::read(cards)).flatten();
            named(&name, observer)
        }
    })
}

/// Adds RADESYS and EQUINOX of a frame, or its observer.
pub(crate) fn write(frame: &Frame, cards: &mut Keywords) {
    let (system, equinox) = match *frame {
        Frame::Icrs => ("ICRS", None),
        Frame::Fk5 { equinox } => ("FK5", Some(equinox)),
        Frame::Fk4 { equinox } => ("FK4", Some(equinox)),
        Frame::Fk4NoE { equinox } => ("FK4-NO-E", Some(equinox)),
        Frame::Ecliptic { equinox } => ("ICRS", Some(equinox)),
        Frame::Galactic | Frame::Supergalactic => return,
        Frame::Named { ref system, observer } => {
            if let Some(radesys) = system.strip_prefix("RA (").and_then(|s| s.strip_suffix(')')) {
                cards.push("RADESYS", radesys);
            }
            observer.into_iter().for_each(|observer| observer::write(observer, cards));
            return;
        }
    };
    cards.push("RADESYS", system);
    equinox.into_iter().for_each(|year| cards.push("EQUINOX", year));
}
