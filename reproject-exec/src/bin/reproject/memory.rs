//! Sizes of memory on the command line, and what of it is for pixels.

use reproject_core::{Error, Result};

/// What the program itself takes, and every thread of it, whatever the job: code, stacks and what the allocator keeps back.
const BASE: usize = 24 << 20;
const THREAD: usize = 4 << 20;

/// Reads `512MB`, `1.5 GiB` or `1000000B`: a number without a unit could be anything.
pub(crate) fn parse(text: &str) -> std::result::Result<usize, String> {
    const UNITS: [(&str, f64); 9] = [
        ("kib", 1024.0),
        ("mib", 1048576.0),
        ("gib", 1073741824.0),
        ("tib", 1099511627776.0),
        ("kb", 1e3),
        ("mb", 1e6),
        ("gb", 1e9),
        ("tb", 1e12),
        ("b", 1.0),
    ];
    let lower = text.trim().to_ascii_lowercase();
    let unit = UNITS.iter().find_map(|(name, size)| Some((lower.strip_suffix(name)?, size)));
    let bytes = unit.and_then(|(number, size)| Some(number.trim().parse::<f64>().ok()? * size));
    match bytes {
        None if lower.parse::<f64>().is_ok() => {
            Err(format!("{lower} of what? Give a unit, such as {lower}MB"))
        }
        Some(bytes) if (1.0..=1e18).contains(&bytes) => Ok(bytes as usize),
        _ => Err("give a size such as 512MB or 2GiB".into()),
    }
}

/// What a limit leaves for pixels, with so many threads.
///
/// # Errors
/// If it is lower than what the program itself takes.
pub(crate) fn for_pixels(limit: usize, threads: usize) -> Result<usize> {
    let own = BASE.saturating_add(THREAD.saturating_mul(threads));
    limit.checked_sub(own).ok_or_else(|| {
        let why = format!(
            "{limit} bytes for a process are too few: it takes {own} before it holds a pixel (threads: {threads}); allow \
             {} more, and what the pixels take",
            own - limit
        );
        Error::invalid("memory limit", why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("512MB", 512_000_000),
            ("1.5 GiB", 1_610_612_736),
            ("64kib", 65536),
            ("2gb", 2_000_000_000),
            ("1000000 b", 1_000_000),
            ("10B", 10),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for bad in ["", "512", "1e9", "MB", "-1MB", "0", "512 XB", "nan", "1e40", "inf GB"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
