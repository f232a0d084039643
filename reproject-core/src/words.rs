//! Sizes in words.

/// A number of bytes in the unit that suits it (1 kB = 1000 bytes).
pub fn bytes(n: f64) -> String {
    const UNITS: [(&str, f64); 6] =
        [("EB", 1e18), ("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    match UNITS.iter().find(|(_, size)| n >= *size) {
        Some((name, size)) => format!("{:.3} {name}", n / size),
        None if n == 1.0 => "1 byte".into(),
        None => format!("{n} bytes"),
    }
}

/// The sides of an array in the order given, for people: `300 × 200`.
pub fn sides(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ")
}

/// An angle of so many degrees in the unit that suits it.
pub fn angle(degrees: f64) -> String {
    match degrees * 3600.0 {
        a if !a.is_finite() => "unknown".into(),
        a if a < 0.1 => format!("{:.4} mas", a * 1000.0),
        a if a < 60.0 => format!("{a:.4}\""),
        a if a < 3600.0 => format!("{:.4}'", a / 60.0),
        _ => format!("{degrees:.4}°"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        for (n, text) in [
            (0.0, "0 bytes"),
            (1.0, "1 byte"),
            (999.0, "999 bytes"),
            (1000.0, "1.000 kB"),
            (26.5e9, "26.500 GB"),
        ] {
            assert_eq!(bytes(n), text);
        }
        assert_eq!(bytes(2f64.powi(64)), "18.447 EB");
    }

    #[test]
    fn angles_have_units() {
        assert_eq!(angle(1e-6), "3.6000 mas");
        assert_eq!(angle(1.0 / 3600.0), "1.0000\"");
        assert_eq!(angle(0.75), "45.0000'");
        assert_eq!(angle(2.5), "2.5000°");
        assert_eq!(angle(f64::NAN), "unknown");
    }
}
