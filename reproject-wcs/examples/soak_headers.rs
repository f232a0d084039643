//! Reads mutated headers of every projection, and maps points through those that are accepted: `soak_headers COUNT [SEED]`.
//! None may panic, take 10 ms or allocate 1 MB in all; the first that does ends the run as a failure.
//!
//! `cargo run --release -p reproject-wcs --example soak_headers -- 1000000`

use reproject_wcs::native::Native;
use reproject_wcs::testing::mutant;
use reproject_wcs::{Keywords, Wcs};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const LIMIT: Duration = Duration::from_millis(10);
const BYTES: usize = 1_000_000;
/// A header that seems slow is read so often; the least time is its own, and the rest other processes'.
const TRIES: usize = 9;

fn base() -> Vec<Keywords> {
    let plain = |code: &str| -> Keywords {
        let mut cards: Keywords = [("NAXIS", 2), ("NAXIS1", 100), ("NAXIS2", 100)].into_iter().collect();
        for (axis, name, value) in [(1, "RA--", 10.0), (2, "DEC-", 20.0)] {
            cards.push(format!("CTYPE{axis}"), format!("{name}-{code}"));
            cards.push(format!("CRVAL{axis}"), value);
            cards.push(format!("CRPIX{axis}"), 50.5);
            cards.push(format!("CDELT{axis}"), 0.01);
        }
        cards.push("PV2_1", 45.0);
        cards
    };
    let codes = Native::CODES.iter().copied().chain(["TPV", "NCP", "GLS", "TNX", "ZPX", "TAB"]);
    codes.map(plain).collect()
}

fn main() -> Result<(), String> {
    let number = |text: String| text.parse::<u64>().map_err(|e| format!("{text:?}: {e}"));
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().map_or(Ok(100_000), number)?;
    let seed = arguments.next().map_or(Ok(1), number)?;
    let base = base();
    let (mut read, mut slowest, mut largest) = (0u64, Duration::ZERO, 0);
    let start = Instant::now();
    for i in 0..count {
        let seed = seed.wrapping_add(i);
        let cards = mutant(&base[(i % base.len() as u64) as usize], seed, 1 + (i % 7) as usize);
        let memory = Region::new(ALLOCATOR);
        let (mut took, accepted) = timed(&cards)?;
        let bytes = memory.change().bytes_allocated;
        for _ in 1..TRIES {
            if took >= LIMIT / 10 {
                took = took.min(timed(&cards)?.0);
            }
        }
        read += u64::from(accepted);
        slowest = slowest.max(took);
        largest = largest.max(bytes);
        if took >= LIMIT || bytes >= BYTES {
            return Err(format!("seed {seed}: {took:?}, {bytes} bytes, for {cards:?}"));
        }
    }
    println!(
        "{count} headers, {read} read, slowest {slowest:?}, most memory {largest} bytes, {:?} in all",
        start.elapsed()
    );
    Ok(())
}

/// Reads a header and maps points both ways; how long that took, and whether it was accepted.
fn timed(cards: &Keywords) -> Result<(Duration, bool), String> {
    let begun = Instant::now();
    let Ok(wcs) = Wcs::parse(cards, ' ', &()) else { return Ok((begun.elapsed(), false)) };
    let mut columns = vec![vec![0.0, 1.5, -300.0, f64::NAN]; wcs.naxis()];
    let mut views: Vec<&mut [f64]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
    wcs.pixel_to_world(&mut views).map_err(|e| e.to_string())?;
    wcs.world_to_pixel(&mut views).map_err(|e| e.to_string())?;
    Ok((begun.elapsed(), true))
}
