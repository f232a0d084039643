//! Ways of making values of pixels, by name: one table, from which parsing, help and choice are made.

use reproject_core::Order;
use serde::{Deserialize, Serialize};

/// How output pixels are made of input pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// The value of the pixel that the position falls on, copied.
    Nearest,
    /// Linear between the four pixels around.
    #[default]
    Bilinear,
    /// Quadratic spline through all pixels.
    Biquadratic,
    /// Cubic spline through all pixels.
    Bicubic,
    /// Mean over a Gaussian window of the output pixel's shape (DeForest 2004).
    Adaptive,
    /// Mean of the input pixels by the area on the sphere that each shares with the output pixel.
    Exact,
}

/// Name, the number that `reproject_interp` in Python gives it, if any, and what it does.
const METHODS: [(Method, &str, &str, &str); 6] = [
    (Method::Nearest, "nearest", "0", "the value of the pixel that the position falls on, copied"),
    (Method::Bilinear, "bilinear", "1", "linear between the four pixels around"),
    (Method::Biquadratic, "biquadratic", "2", "quadratic spline through all pixels"),
    (Method::Bicubic, "bicubic", "3", "cubic spline through all pixels"),
    (
        Method::Adaptive,
        "adaptive",
        "",
        "mean over a Gaussian window of the output pixel's shape (DeForest 2004)",
    ),
    (
        Method::Exact,
        "exact",
        "",
        "mean of the input pixels by the area on the sphere that each shares with the output pixel",
    ),
];

impl Method {
    /// Its name.
    pub fn name(self) -> &'static str {
        METHODS.iter().find(|(method, ..)| *method == self).map_or("", |(_, name, ..)| name)
    }

    /// Reads a name, or the number that `reproject_interp` of Python's `reproject` gives it.
    ///
    /// # Errors
    /// If there is no such method; the text says which there are.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let wanted = text.trim().to_ascii_lowercase();
        let meant = |known: &str| !known.is_empty() && wanted == known;
        let found = METHODS.iter().find(|(_, name, number, _)| meant(name) || meant(number));
        found.map(|(method, ..)| *method).ok_or_else(|| {
            let known: Vec<_> = METHODS.iter().map(|(_, name, number, _)| called(name, number)).collect();
            format!("there is {}", known.join(", "))
        })
    }

    /// The list of methods, for a person.
    pub fn help() -> String {
        let lines =
            METHODS.iter().map(|(_, name, number, what)| format!("\n- {}: {what}", called(name, number)));
        format!("How to interpolate:{}", lines.collect::<String>())
    }

    /// The order of an interpolation.
    pub fn order(self) -> Option<Order> {
        match self {
            Method::Nearest => Some(Order::Nearest),
            Method::Bilinear => Some(Order::Linear),
            Method::Biquadratic => Some(Order::Quadratic),
            Method::Bicubic => Some(Order::Cubic),
            Method::Adaptive | Method::Exact => None,
        }
    }

    /// Whether input values are copied as they are.
    pub(crate) fn copies(self) -> bool {
        self == Method::Nearest
    }

    /// Whether it works on images only, plane by plane.
    pub(crate) fn is_for_images(self) -> bool {
        self.order().is_none()
    }
}

fn called(name: &str, number: &str) -> String {
    if number.is_empty() { name.to_owned() } else { format!("{name} ({number})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_mean_the_same() {
        for (method, name, number, _) in METHODS {
            assert_eq!((Method::parse(name), method.name()), (Ok(method), name));
            if !number.is_empty() {
                assert_eq!(Method::parse(number), Ok(method));
            }
        }
        assert!(Method::parse("").is_err());
        assert_eq!(Method::parse("Bilinear"), Ok(Method::Bilinear));
        assert!(Method::parse("lanczos").unwrap_err().contains("nearest (0), bilinear (1)"));
    }
}
