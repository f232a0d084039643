//! Reads mutated headers for as long as asked, and says what came of them: `soak_headers COUNT [SEED] FILE...`, where the
//! files hold header texts of 80-character cards. Without a file, headers of every projection are mutated.
//!
//! `cargo run --release -p reproject-wcs --features testing --example soak_headers -- 1000000`

use reproject_wcs::native::Native;
use reproject_wcs::testing::mutant;
use reproject_wcs::{Keywords, Wcs};
use std::time::{Duration, Instant};

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
    let (mut read, mut slowest) = (0u64, Duration::ZERO);
    let start = Instant::now();
    for i in 0..count {
        let cards =
            mutant(&base[(i % base.len() as u64) as usize], seed.wrapping_add(i), 1 + (i % 7) as usize);
        let begun = Instant::now();
        if let Ok(wcs) = Wcs::parse(&cards, ' ', &()) {
            read += 1;
            let mut columns = vec![vec![0.0, 1.5, -300.0, f64::NAN]; wcs.naxis()];
            let mut views: Vec<&mut [f64]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
            wcs.pixel_to_world(&mut views).map_err(|e| e.to_string())?;
            wcs.world_to_pixel(&mut views).map_err(|e| e.to_string())?;
        }
        slowest = slowest.max(begun.elapsed());
    }
    println!("{count} headers, {read} read, slowest {slowest:?}, {:?} in all", start.elapsed());
    Ok(())
}
