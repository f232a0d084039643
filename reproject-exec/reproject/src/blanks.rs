//! Names of the ways in which blank input pixels are treated.

use reproject_core::Blanks;

/// The least share of the weight, where none is given.
const HALF: f64 = 0.5;

/// Reads `propagate`, `ignore`, `ignore:SHARE` or `fill:VALUE`.
///
/// # Errors
/// If it is none of these; the text says which there are.
pub fn parse(text: &str) -> Result<Blanks, String> {
    let (name, number) = match text.trim().split_once(':') {
        Some((name, number)) => (name, Some(number.trim())),
        None => (text.trim(), None),
    };
    let value = number.map(|n| n.parse::<f64>().map_err(|_| format!("{n:?} is no number"))).transpose()?;
    match (name.to_ascii_lowercase().as_str(), value) {
        ("propagate", None) => Ok(Blanks::Propagate),
        ("ignore", share) => match share.unwrap_or(HALF) {
            least if least > 0.0 && least <= 1.0 => Ok(Blanks::Ignore { least }),
            least => Err(format!("{least} is no share of the weight; give one above 0 and at most 1")),
        },
        ("fill", Some(value)) if value.is_finite() => Ok(Blanks::Fill(value)),
        ("fill", _) => Err("give the value, such as fill:0".into()),
        _ => Err("there is propagate, ignore, ignore:SHARE and fill:VALUE".into()),
    }
}

/// The name of a way to treat blanks, as [`parse_blanks`](crate::parse_blanks) reads it.
pub fn name(blanks: Blanks) -> String {
    match blanks {
        Blanks::Propagate => "propagate".into(),
        Blanks::Ignore { least } => format!("ignore:{least}"),
        Blanks::Fill(value) => format!("fill:{value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_their_numbers() {
        assert_eq!(parse("propagate"), Ok(Blanks::Propagate));
        assert_eq!(parse("ignore"), Ok(Blanks::Ignore { least: 0.5 }));
        assert_eq!(parse(" Ignore:0.25"), Ok(Blanks::Ignore { least: 0.25 }));
        assert_eq!(parse("fill:-1e3"), Ok(Blanks::Fill(-1000.0)));
        for text in ["propagate", "ignore:0.25", "fill:-1000.5"] {
            assert_eq!(name(parse(text).unwrap()), text);
        }
        for bad in
            ["", "fill", "fill:", "fill:nan", "ignore:0", "ignore:1.5", "ignore:nan", "propagate:1", "skip"]
        {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
