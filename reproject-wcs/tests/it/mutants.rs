//! Mutated headers never panic and never take long; what is refused is refused with a reason.

use super::support::{RecordTables, cards, key, records};
use reproject_wcs::Wcs;
use reproject_wcs::testing::mutant;
use std::time::{Duration, Instant};

#[test]
fn ten_thousand_mutants_are_read_or_refused() {
    let sources: Vec<_> =
        ["celestial", "quirks", "cubes", "distortion", "real"].iter().flat_map(|f| records(f)).collect();
    let (mut read, mut refused, mut slow) = (0, 0, Vec::new());
    for i in 0..10_000u64 {
        let record = &sources[(i as usize * 7) % sources.len()];
        let cards = mutant(&cards(record), i, 1 + (i % 6) as usize);
        let tables = RecordTables(record["tables"].clone());
        let begun = Instant::now();
        match Wcs::parse(&cards, key(record), &tables) {
            Ok(wcs) => {
                read += 1;
                let mut columns = vec![vec![0.0, 1.5, -300.0, f64::NAN, 1e9]; wcs.naxis()];
                let mut views: Vec<&mut [f64]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
                wcs.pixel_to_world(&mut views).unwrap();
                wcs.world_to_pixel(&mut views).unwrap();
            }
            Err(e) => {
                refused += 1;
                assert!(e.to_string().len() > 15, "{e}");
            }
        }
        // The machine may be busy: a header is slow if it is slow every time.
        if begun.elapsed() > Duration::from_millis(20) {
            let again = (0..5).map(|_| {
                let begun = Instant::now();
                let _ = Wcs::parse(&cards, key(record), &tables);
                begun.elapsed()
            });
            slow.extend(again.min().filter(|d| *d > Duration::from_millis(10)));
        }
    }
    println!("{read} read, {refused} refused");
    assert!(slow.is_empty(), "{slow:?}");
    // Half of the changes put values of the wrong type, which are refused.
    assert!(read > 3000 && refused > 500, "{read} read, {refused} refused");
}
