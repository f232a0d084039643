//! Sizes of arrays: in words, and within what can be addressed.

use crate::{Error, Result};

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

/// Bytes of an array of pixels of so many bytes each.
///
/// # Errors
/// If no machine can address them.
pub fn addressable(what: &str, shape: &[usize], pixel: usize) -> Result<usize> {
    let product = shape.iter().try_fold(pixel, |n, &side| n.checked_mul(side));
    product.filter(|&n| n <= isize::MAX as usize).ok_or_else(|| {
        let all = shape.iter().fold(pixel as f64, |n, &side| n * side as f64);
        let why = format!(
            "{} pixels of {pixel} bytes would be {}, more than can be addressed; give fewer pixels, or larger ones",
            sides(shape),
            bytes(all)
        );
        Error::invalid(what, why)
    })
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

    /// An address has 63 bits.
    #[test]
    fn what_cannot_be_addressed_is_refused_with_its_size() {
        assert_eq!(addressable("output", &[3, 0, usize::MAX], 8).unwrap(), 0);
        assert_eq!(addressable("output", &[1 << 31, 1 << 30], 2).unwrap(), 1 << 62);
        let error = addressable("output", &[1 << 31, 1 << 31], 4).unwrap_err().to_string();
        assert!(error.contains("2147483648 × 2147483648 pixels") && error.contains("18.447 EB"), "{error}");
        assert!(addressable("output", &[1 << 31, 1 << 31], 2).is_err());
        assert!(addressable("output", &[usize::MAX, 2], 1).is_err());
    }
}
