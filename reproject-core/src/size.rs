//! Sizes that can be addressed.

use crate::{Error, Result, bytes, sides};

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
