//! Just enough of the FITS card syntax to read the records that come as text: 80 characters a card.

use reproject_wcs::{Keywords, Value};

/// The value cards of a header text.
pub fn parse(text: &str) -> Keywords {
    let mut keywords = Keywords::new();
    let bytes: Vec<char> = text.chars().collect();
    for card in bytes.chunks(80) {
        let card: String = card.iter().collect();
        let Some((keyword, rest)) = card.split_at_checked(8) else { continue };
        if let Some(rest) = rest.strip_prefix('=') {
            keywords.push(keyword.trim_end(), value(rest));
        }
    }
    keywords
}

fn value(rest: &str) -> Value {
    let rest = rest.trim_start();
    if let Some(quoted) = rest.strip_prefix('\'') {
        let end = quoted.find('\'').unwrap_or(quoted.len());
        return Value::Text(quoted[..end].to_owned());
    }
    let bare = rest.split('/').next().unwrap_or_default().trim();
    match bare {
        "T" => Value::Logical(true),
        "F" => Value::Logical(false),
        _ => bare
            .parse()
            .map(Value::Integer)
            .unwrap_or_else(|_| Value::Float(bare.replace(['D', 'd'], "E").parse().unwrap_or(f64::NAN))),
    }
}
