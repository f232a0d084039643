//! Options of resamplers by name, with the number that belongs to some of them.

use reproject_core::{BadValues, Blanks, Boundary, Filter, Footprint};

/// The least share of the weight, where none is given.
const HALF: f64 = 0.5;

/// The treatment of blank pixels called `propagate`, `ignore` (with the least share of the weight; without, a half) or `fill`
/// (with the value); `None` for other names, and where a number is missing or means nothing.
pub fn blanks(name: &str, number: Option<f64>) -> Option<Blanks> {
    match (name, number) {
        ("propagate", None) => Some(Blanks::Propagate),
        ("ignore", share) => Some(Blanks::Ignore { least: share.unwrap_or(HALF) }),
        ("fill", Some(value)) => Some(Blanks::Fill(value)),
        _ => None,
    }
}

/// Reads `propagate`, `ignore`, `ignore:SHARE` or `fill:VALUE`.
///
/// # Errors
/// If it is none of these; the text says which there are.
pub fn parse_blanks(text: &str) -> Result<Blanks, String> {
    let (name, number) = match text.trim().split_once(':') {
        Some((name, number)) => (name, Some(number.trim())),
        None => (text.trim(), None),
    };
    let value = number.map(|n| n.parse::<f64>().map_err(|_| format!("{n:?} is no number"))).transpose()?;
    let name = name.to_ascii_lowercase();
    match blanks(&name, value) {
        Some(Blanks::Ignore { least }) if !(least > 0.0 && least <= 1.0) => {
            Err(format!("{least} is no share of the weight; give one above 0 and at most 1"))
        }
        Some(blanks) if !matches!(blanks, Blanks::Fill(value) if !value.is_finite()) => Ok(blanks),
        _ if name == "fill" => Err("give the value, such as fill:0".into()),
        _ => Err("there is propagate, ignore, ignore:SHARE and fill:VALUE".into()),
    }
}

/// The name of a treatment of blanks, as [`parse_blanks`] reads it.
pub fn blanks_name(blanks: Blanks) -> String {
    match blanks {
        Blanks::Propagate => "propagate".into(),
        Blanks::Ignore { least } => format!("ignore:{least}"),
        Blanks::Fill(value) => format!("fill:{value}"),
    }
}

const FOOTPRINTS: [(Footprint, &str); 3] =
    [(Footprint::Coverage, "coverage"), (Footprint::Valid, "valid"), (Footprint::Known, "known")];

/// The name of what a footprint counts.
pub fn footprint_name(footprint: Footprint) -> &'static str {
    FOOTPRINTS.iter().find(|(known, _)| *known == footprint).map_or("", |(_, name)| name)
}

/// Reads `coverage` or `valid`, in either case.
///
/// # Errors
/// If it is neither; the text says which there are.
pub fn parse_footprint(text: &str) -> Result<Footprint, String> {
    let wanted = text.trim().to_ascii_lowercase();
    // Whether a value is known, it says itself.
    let offered = FOOTPRINTS.iter().filter(|(footprint, _)| *footprint != Footprint::Known);
    let found = offered.clone().find(|(_, name)| *name == wanted).map(|(footprint, _)| *footprint);
    found.ok_or_else(|| {
        format!("there is {}", offered.map(|(_, name)| *name).collect::<Vec<_>>().join(" and "))
    })
}

/// The window of adaptive resampling called `hann` or `gaussian`; the latter has a width and a sampled region, in output pixels.
pub fn filter(name: &str, width: f64, region: f64) -> Option<Filter> {
    match name {
        "hann" => Some(Filter::Hann),
        "gaussian" => Some(Filter::Gaussian { width, region }),
        _ => None,
    }
}

/// The boundary mode of adaptive resampling that `reproject_adaptive` calls so in lower case; `fill` and `threshold` are the numbers
/// of those that have one.
pub fn boundary(name: &str, fill: f64, threshold: f64) -> Option<Boundary> {
    match name {
        "strict" => Some(Boundary::Strict),
        "constant" => Some(Boundary::Constant(fill)),
        "grid-constant" => Some(Boundary::GridConstant(fill)),
        "ignore" => Some(Boundary::Ignore),
        "ignore_threshold" => Some(Boundary::IgnoreThreshold(threshold)),
        "nearest" => Some(Boundary::Nearest),
        _ => None,
    }
}

/// The bad-value mode of adaptive resampling that `reproject_adaptive` calls so in lower case; `fill` is the number of `constant`.
pub fn bad_values(name: &str, fill: f64) -> Option<BadValues> {
    match name {
        "strict" => Some(BadValues::Strict),
        "ignore" => Some(BadValues::Ignore),
        "constant" => Some(BadValues::Constant(fill)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_their_numbers() {
        assert_eq!(parse_blanks("propagate"), Ok(Blanks::Propagate));
        assert_eq!(parse_blanks("ignore"), Ok(Blanks::Ignore { least: 0.5 }));
        assert_eq!(parse_blanks(" Ignore:0.25"), Ok(Blanks::Ignore { least: 0.25 }));
        assert_eq!(parse_blanks("fill:-1e3"), Ok(Blanks::Fill(-1000.0)));
        for text in ["propagate", "ignore:0.25", "fill:-1000.5"] {
            assert_eq!(blanks_name(parse_blanks(text).unwrap()), text);
        }
        for bad in
            ["", "fill", "fill:", "fill:nan", "ignore:0", "ignore:1.5", "ignore:nan", "propagate:1", "skip"]
        {
            assert!(parse_blanks(bad).is_err(), "{bad:?}");
        }
        for bad in ["fill", "fill:nan", "fill:inf"] {
            assert!(parse_blanks(bad).unwrap_err().contains("fill:0"), "{bad:?}");
        }
    }

    #[test]
    fn footprints_are_called_by_what_they_count() {
        for footprint in [Footprint::Coverage, Footprint::Valid] {
            assert_eq!(parse_footprint(footprint_name(footprint)), Ok(footprint));
        }
        assert_eq!(parse_footprint("known"), Err("there is coverage and valid".into()));
        assert_eq!(footprint_name(Footprint::Known), "known");
    }
}
