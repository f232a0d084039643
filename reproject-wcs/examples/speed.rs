//! How fast pixel maps run: millions of points a second on one thread, for pairs of projections.
//!
//! `cargo run --release -p reproject-wcs --example speed`

use reproject_core::{Points, Result, Transform};
use reproject_wcs::{Keywords, Wcs, sky_map};
use std::time::Instant;

fn header(code: &str, frame: &str, distorted: bool) -> Keywords {
    let (lon, lat) = if frame == "G" { ("GLON", "GLAT") } else { ("RA", "DEC") };
    let (crval, whole) = match code {
        "TAN" | "SIN" | "STG" | "ZEA" | "ARC" | "TPV" => ([266.4, -28.9], false),
        _ => ([0.0, 0.0], true),
    };
    let crval = if frame == "G" && !whole { [0.1, -0.2] } else { crval };
    let scale = if whole { 360.0 / 4096.0 } else { 2e-4 };
    let mut cards = Keywords::new();
    cards.push("NAXIS", 2);
    cards.push("NAXIS1", 4096);
    cards.push("NAXIS2", 4096);
    for (axis, name, value, sign) in [(1, lon, crval[0], -1.0), (2, lat, crval[1], 1.0)] {
        let suffix = if distorted && code == "TAN" { "-SIP" } else { "" };
        cards.push(format!("CTYPE{axis}"), format!("{name:-<4}-{code}{suffix}"));
        cards.push(format!("CRPIX{axis}"), 2048.5);
        cards.push(format!("CRVAL{axis}"), value);
        cards.push(format!("CD{axis}_{axis}"), sign * scale);
    }
    if distorted {
        for (keyword, value) in
            [("A_ORDER", 3.0), ("B_ORDER", 3.0), ("A_2_0", 1e-7), ("B_1_1", -2e-7), ("A_0_3", 1e-11)]
        {
            cards.push(keyword, value);
        }
    }
    if code == "TPV" {
        for (keyword, value) in
            [("PV1_1", 1.0), ("PV2_1", 1.0), ("PV1_4", 1e-3), ("PV2_7", 2e-3), ("PV1_7", 1e-3)]
        {
            cards.push(keyword, value);
        }
    }
    cards
}

/// Seconds on the processor of this thread, or on the clock where the system does not tell.
fn seconds(start: Instant) -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = stat.and_then(|s| s.split_whitespace().next()?.parse::<f64>().ok());
    spent.map_or_else(|| start.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

fn main() -> Result<()> {
    let clock = Instant::now();
    let read =
        |code: &str, frame: &str, distorted: bool| Wcs::parse(&header(code, frame, distorted), ' ', &());
    println!("{}", reproject_core::instruction_set());
    let pairs = [
        ("TAN", "TAN"),
        ("SIN", "ZEA"),
        ("TAN", "CAR"),
        ("CAR", "CAR"),
        ("AIT", "CAR"),
        ("MOL", "AIT"),
        ("TAN-SIP", "TAN"),
        ("TAN", "TAN-SIP"),
        ("TAN", "TPV"),
    ];
    for (from, to) in pairs {
        let one = |name: &str, frame| read(&name[..3], frame, name.ends_with("SIP"));
        let map = sky_map(one(from, "C")?.celestial()?, one(to, "G")?.celestial()?)?;
        let rate = rate(clock, |x, y| map.forward(&mut Points::new([x, y])));
        println!("{from:8} -> {to:8} {rate:8.1} Mpix/s   {} stages", map.stages().len());
    }
    for name in ["TAN", "TAN-SIP", "TPV", "CAR", "AIT"] {
        let wcs = read(&name[..3], "C", name.ends_with("SIP"))?;
        let there = rate(clock, |x, y| wcs.pixel_to_world(&mut [x, y]).expect("two axes"));
        let both = rate(clock, |x, y| {
            wcs.pixel_to_world(&mut [&mut *x, &mut *y]).expect("two axes");
            wcs.world_to_pixel(&mut [x, y]).expect("two axes");
        });
        let back = 1.0 / (1.0 / both - 1.0 / there);
        println!("{name:8} to degrees {there:8.1}, back {back:8.1} Mpix/s");
    }
    Ok(())
}

/// Millions of points a second, rows of 4096 at a time.
fn rate(clock: Instant, run: impl Fn(&mut [f64], &mut [f64])) -> f64 {
    let (mut x, mut y) = (vec![0.0; 4096], vec![0.0; 4096]);
    let (mut sum, mut rows) = (0.0, 0);
    let start = seconds(clock);
    while seconds(clock) - start < 0.3 {
        for k in 0..64 {
            x.iter_mut().enumerate().for_each(|(i, x)| *x = i as f64);
            y.fill(f64::from((rows + k) % 4096));
            run(&mut x, &mut y);
            sum += x[17] + y[4000];
        }
        rows += 64;
    }
    std::hint::black_box(sum);
    f64::from(rows) * 4096.0 / (seconds(clock) - start) / 1e6
}
