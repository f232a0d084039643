//! Writing cards (FITS 4.0, sections 4.1 to 4.2.1): fixed format where it fits, CONTINUE and HIERARCH where it must.

use super::record::Line;
use super::value::Value;
use reproject_core::{Error, Result};

/// The lines of a keyword, its value and its comment.
pub(super) fn lines(keyword: &str, value: &Value, comment: &str) -> Result<Vec<Line>> {
    let bad = |why: String| Error::invalid(format!("FITS card {keyword:?}"), why);
    if let Some(c) = keyword.chars().chain(comment.chars()).find(|c| !(' '..='~').contains(c)) {
        return Err(bad(format!("holds {c:?}; cards hold printable ASCII only")));
    }
    if let Value::Commentary(text) = value {
        return commentary(keyword, text).map_err(bad);
    }
    if matches!(keyword, "" | "COMMENT" | "HISTORY" | "END" | "CONTINUE") {
        return Err(bad("takes no value; give text as Value::Commentary".into()));
    }
    let plain =
        keyword.len() <= 8 && keyword.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-'));
    if !plain && keyword.contains('=') {
        return Err(bad("holds '='; a keyword cannot".into()));
    }
    let head = if plain { format!("{keyword:<8}= ") } else { format!("HIERARCH {keyword} = ") };
    let field = match value {
        Value::Logical(b) => right(if *b { "T" } else { "F" }),
        Value::Integer(i) => right(&i.to_string()),
        Value::Float(x) => {
            right(&float(*x).ok_or_else(|| bad(format!("is {x}; a card holds finite numbers only")))?)
        }
        Value::Complex(re, im) => match (float(*re), float(*im)) {
            (Some(re), Some(im)) => format!("({re}, {im})"),
            _ => return Err(bad(format!("is ({re}, {im}); a card holds finite numbers only"))),
        },
        Value::Undefined => right(""),
        Value::Text(text) => {
            if let Some(c) = text.chars().find(|c| !(' '..='~').contains(c)) {
                return Err(bad(format!("holds {c:?}; cards hold printable ASCII only")));
            }
            let quoted = text.replace('\'', "''");
            if head.len() + quoted.len() + 2 > 80 {
                return long(&head, &quoted, comment)
                    .ok_or_else(|| bad("is too long a keyword for a card".into()));
            }
            format!("{:<20}", format!("'{quoted:<8}'"))
        }
        Value::Commentary(_) | Value::Unreadable(_) => {
            return Err(bad(format!("cannot hold the value {value}")));
        }
    };
    let field = if plain { field } else { field.trim().to_owned() };
    if head.len() + field.trim_end().len() > 80 {
        return Err(bad(format!(
            "and its value {} need more than 80 columns; shorten the keyword",
            field.trim()
        )));
    }
    let mut text = head + &field;
    if !comment.trim().is_empty() {
        text = format!("{text} / {}", comment.trim());
    }
    text.truncate(80);
    Ok(vec![line(&text)])
}

/// The shortest decimal that reads back as the same number, with a point and a capital E.
fn float(x: f64) -> Option<String> {
    if !x.is_finite() {
        return None;
    }
    let text = format!("{x:?}").to_ascii_uppercase();
    Some(match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => text,
    })
}

fn right(text: &str) -> String {
    format!("{text:>20}")
}

fn line(text: &str) -> Line {
    let mut line = [b' '; 80];
    line[..text.len()].copy_from_slice(text.as_bytes());
    line
}

/// A string in pieces, all but the last ending in `&`; no piece splits a doubled quote.
fn long(head: &str, quoted: &str, comment: &str) -> Option<Vec<Line>> {
    let mut out = Vec::new();
    let mut head = head.to_owned();
    let mut rest = quoted;
    loop {
        let room = 80usize.checked_sub(head.len() + 2)?;
        if rest.len() <= room {
            let mut text = format!("{head}'{rest}'");
            if !comment.trim().is_empty() {
                text = format!("{text} / {}", comment.trim());
            }
            text.truncate(80);
            out.push(line(&text));
            return Some(out);
        }
        let mut cut = room.checked_sub(1).filter(|&c| c > 1)?;
        let quotes = rest[..cut].bytes().rev().take_while(|&b| b == b'\'').count();
        cut -= quotes % 2;
        out.push(line(&format!("{head}'{}&'", &rest[..cut])));
        rest = &rest[cut..];
        head = "CONTINUE  ".into();
    }
}

fn commentary(keyword: &str, text: &str) -> std::result::Result<Vec<Line>, String> {
    if keyword.len() > 8 || keyword == "END" {
        return Err("cannot hold commentary; use COMMENT, HISTORY or a blank keyword".into());
    }
    if let Some(c) = text.chars().find(|c| !(' '..='~').contains(c)) {
        return Err(format!("holds {c:?}; cards hold printable ASCII only"));
    }
    Ok(vec![line(&format!("{keyword:<8}{}", &text[..text.len().min(72)]))])
}
