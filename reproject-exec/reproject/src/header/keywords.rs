//! From the cards of a FITS header to the keywords that coordinates are read from.

use reproject_chunk::{Header, Value};
use reproject_wcs::Keywords;

/// The keywords and values of a header's cards, for [`Wcs::parse`](reproject_wcs::Wcs::parse): without HIERARCH cards and
/// commentary. A card that cannot be read is kept as such; whether it matters is for the coordinates to say.
pub fn keywords(header: &Header) -> Keywords {
    let mut cards = Keywords::new();
    // HIERARCH CRVAL1 is not CRVAL1.
    for record in header.records().iter().filter(|r| !r.lines()[0].starts_with(b"HIERARCH")) {
        let value = match record.value() {
            Value::Logical(v) => (*v).into(),
            Value::Integer(v) => (*v).into(),
            Value::Float(v) => (*v).into(),
            Value::Text(v) => v.as_str().into(),
            Value::Undefined => reproject_wcs::Value::Undefined,
            // Lines from elsewhere may have an END.
            Value::Commentary(_) if matches!(record.keyword(), "" | "COMMENT" | "HISTORY" | "END") => {
                continue;
            }
            Value::Commentary(text) if text.trim().is_empty() => reproject_wcs::Value::Undefined,
            other => reproject_wcs::Value::Unreadable(other.to_string().trim().to_owned()),
        };
        cards.push(record.keyword(), value);
    }
    cards
}
