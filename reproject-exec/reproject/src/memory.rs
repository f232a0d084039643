//! Memory: sizes in words, what the system allows, and what of it is for pixels.

use reproject_chunk::{Header, Record};
use reproject_core::{Error, Result, bytes as told};
use std::path::Path;

/// Bytes that the program itself takes, and every thread of it, whatever the job: code, stacks and what the allocator keeps back.
const BASE: usize = 24 << 20;
const THREAD: usize = 4 << 20;

/// Reads `512MB`, `1.5 GiB` or `1000000B` in either case, and without the B behind a prefix, as `memory_limit` in Python: a number
/// without a unit could be anything.
///
/// # Errors
/// If it is no size, or has no unit.
pub fn parse(text: &str) -> std::result::Result<usize, String> {
    const PREFIXES: [(&str, f64); 8] = [
        ("ki", 1024.0),
        ("mi", 1048576.0),
        ("gi", 1073741824.0),
        ("ti", 1099511627776.0),
        ("k", 1e3),
        ("m", 1e6),
        ("g", 1e9),
        ("t", 1e12),
    ];
    let lower = text.trim().to_ascii_lowercase();
    let of_bytes = lower.strip_suffix('b');
    let count = of_bytes.unwrap_or(&lower);
    let prefix = PREFIXES.iter().find_map(|(name, size)| Some((count.strip_suffix(name)?, *size)));
    let bytes = prefix
        .or(of_bytes.map(|count| (count, 1.0)))
        .and_then(|(number, size)| Some(number.trim().parse::<f64>().ok()? * size));
    match bytes {
        None if lower.parse::<f64>().is_ok() => {
            Err(format!("{lower} of what? give a unit, such as {lower}MB"))
        }
        Some(bytes) if (1.0..=1e18).contains(&bytes) => Ok(bytes as usize),
        _ => Err("give a size such as 512MB or 2GiB".into()),
    }
}

/// Bytes that the limit on this process's address space (RLIMIT_AS) leaves, apart from these files, which are mapped.
#[cfg(target_os = "linux")]
fn left(files: &[&Path]) -> Option<usize> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::As).current?;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let taken = status.lines().find_map(|line| line.strip_prefix("VmSize:")?.trim().strip_suffix("kB"));
    let taken = 1024 * taken?.trim().parse::<u64>().ok()?;
    let mapped = files.iter().filter_map(|path| Some(path.metadata().ok()?.len())).sum::<u64>();
    usize::try_from(limit.saturating_sub(taken).saturating_sub(mapped)).ok()
}

#[cfg(not(target_os = "linux"))]
fn left(_: &[&Path]) -> Option<usize> {
    None
}

/// Bytes of memory that a limit on the address space of this process (`ulimit -v`) leaves to a run, apart from these files, which
/// are mapped; `None` without one. Beyond such a limit no program is told, it ends.
///
/// # Errors
/// If it is lower than what the program itself takes.
pub fn of_address_space(files: &[&Path]) -> Result<Option<usize>> {
    // A part is for what allocators and threads reserve and never use.
    let Some(left) = left(files).map(|left| left / 2) else { return Ok(None) };
    for_pixels(left, 1).map_err(|e| Error::invalid("address space (ulimit -v)", e.to_string()))?;
    Ok(Some(left))
}

/// Bytes that a limit leaves for pixels, with so many threads.
///
/// # Errors
/// If it is lower than what the program itself takes.
pub(crate) fn for_pixels(limit: usize, threads: usize) -> Result<usize> {
    let own = of_program(threads);
    limit.checked_sub(own).ok_or_else(|| {
        let why = format!(
            "{} are left for a process after headers and tables, and it takes {} before it holds a pixel (threads: {threads}); \
             allow {} more, and what the pixels take",
            told(limit as f64),
            told(own as f64),
            told((own - limit) as f64)
        );
        Error::invalid("memory limit", why)
    })
}

/// Bytes that the program itself takes, with so many threads.
pub(crate) fn of_program(threads: usize) -> usize {
    BASE.saturating_add(THREAD.saturating_mul(threads))
}

/// Bytes that a limit leaves when the headers, tables and inflated files of the input are taken off, of which each process
/// has its own.
///
/// # Errors
/// If that is more than the limit, or was while they were read.
pub(crate) fn less_input(limit: usize, held: usize, reading: usize, processes: usize) -> Result<usize> {
    // Tables are read before there are threads.
    let most = if reading > held { reading.saturating_add(BASE) } else { held }.saturating_mul(processes);
    if most > limit {
        let why = format!(
            "{} are too few: headers and tables of the input, and what is inflated of it, take {} while they are \
             read{}; allow {} more, and what the pixels take",
            told(limit as f64),
            told(most as f64),
            if processes > 1 { format!(" by {processes} processes") } else { String::new() },
            told((most - limit) as f64)
        );
        return Err(Error::invalid("memory limit", why));
    }
    Ok(limit - held.saturating_mul(processes))
}

/// Copies of the header that a run holds: as it was read, as the input's, and as the output's, which is written card by card.
const COPIES: usize = 4;

/// Bytes of memory that headers take: all those of the input as they were read, and copies of the one that counts.
pub(crate) fn of_headers<'a>(all: impl Iterator<Item = &'a Header>, own: &Header) -> usize {
    let weight = |header: &Header| header.records().iter().map(of_record).sum::<usize>();
    all.map(weight).sum::<usize>() + COPIES * weight(own)
}

/// A list of records grows by doubling; keyword, value, comment and lines each take a place of their own.
fn of_record(record: &Record) -> usize {
    const PLACE: usize = 32;
    2 * size_of::<Record>() + 4 * PLACE + 80 * record.lines().len()
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
            ("512mb", 512_000_000),
            ("2G", 2_000_000_000),
            ("1 mi", 1_048_576),
            ("2gb", 2_000_000_000),
            ("1000000 b", 1_000_000),
            ("10B", 10),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        assert!(parse("512").unwrap_err().contains("give a unit, such as 512MB"));
        for bad in ["", "1e9", "MB", "-1MB", "0", "512 XB", "nan", "1e40", "inf GB"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
