//! Ways of interpolating by name: one table, from which parsing, help and choice are made.

use reproject_core::{
    Adaptive, AdaptiveOptions, Blanks, Error, Exact, Footprint, Interpolate, Order as Degree, Pixel,
    Resampler, Result,
};
use reproject_wcs::{Celestial, InFrame};

/// A way of interpolating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Nearest,
    Bilinear,
    Biquadratic,
    Bicubic,
    Adaptive,
    Exact,
}

/// Name, the number that `reproject_interp` in Python gives it, if any, and what it does.
const ORDERS: [(Order, &str, &str, &str); 6] = [
    (Order::Nearest, "nearest", "0", "the value of the pixel that the position falls on, copied"),
    (Order::Bilinear, "bilinear", "1", "linear between the four pixels around"),
    (Order::Biquadratic, "biquadratic", "2", "quadratic spline through all pixels"),
    (Order::Bicubic, "bicubic", "3", "cubic spline through all pixels"),
    (
        Order::Adaptive,
        "adaptive",
        "",
        "mean over a Gaussian window of the output pixel's shape (DeForest 2004)",
    ),
    (
        Order::Exact,
        "exact",
        "",
        "mean of the input pixels by the area on the sphere that each shares with the output pixel",
    ),
];

impl Order {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        ORDERS.iter().find(|(order, ..)| *order == self).map_or("", |(_, name, ..)| name)
    }

    /// Whether input values are copied as they are.
    pub(crate) fn copies(self) -> bool {
        self == Order::Nearest
    }

    /// Whether it works on images only, plane by plane.
    pub(crate) fn is_for_images(self) -> bool {
        matches!(self, Order::Adaptive | Order::Exact)
    }

    /// The resampler for pixels of `input` onto those of `target`.
    ///
    /// # Errors
    /// If the two images share no sphere, or blanks are to be treated in a way that this order does not have.
    pub(crate) fn resampler<I: Pixel, O: Pixel>(
        self,
        bad: Blanks,
        footprint: Footprint,
        input: &Celestial,
        target: &Celestial,
    ) -> Result<Box<dyn Resampler<I, O>>> {
        let interpolate =
            |degree| Interpolate::new(degree).with_footprint(footprint).with_blanks(bad).map(Box::new);
        if self.is_for_images() && bad != Blanks::Propagate {
            let why = format!("is for interpolation; {} weighs blanks by rules of its own", self.name());
            return Err(Error::invalid("--bad", why));
        }
        Ok(match self {
            Order::Nearest => interpolate(Degree::Nearest)?,
            Order::Bilinear => interpolate(Degree::Linear)?,
            Order::Biquadratic => interpolate(Degree::Quadratic)?,
            Order::Bicubic => interpolate(Degree::Cubic)?,
            Order::Adaptive => {
                Box::new(Adaptive::new(AdaptiveOptions { footprint, ..AdaptiveOptions::default() })?)
            }
            Order::Exact => {
                let sphere = |image| InFrame::new(image, target.frame());
                Box::new(Exact { input: sphere(input)?, output: sphere(target)? })
            }
        })
    }
}

fn called(name: &str, number: &str) -> String {
    if number.is_empty() { name.to_owned() } else { format!("{name} ({number})") }
}

/// Reads a name or a number.
pub(crate) fn parse(text: &str) -> std::result::Result<Order, String> {
    let wanted = text.trim().to_ascii_lowercase();
    let meant = |known: &str| !known.is_empty() && wanted == known;
    let found = ORDERS.iter().find(|(_, name, number, _)| meant(name) || meant(number));
    found.map(|(order, ..)| *order).ok_or_else(|| {
        let known: Vec<_> = ORDERS.iter().map(|(_, name, number, _)| called(name, number)).collect();
        format!("there is {}", known.join(", "))
    })
}

/// The list for the help text.
pub(crate) fn help() -> String {
    let lines = ORDERS.iter().map(|(_, name, number, what)| format!("\n- {}: {what}", called(name, number)));
    format!("How to interpolate:{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_mean_the_same() {
        for (order, name, number, _) in ORDERS {
            assert_eq!((parse(name), order.name()), (Ok(order), name));
            if !number.is_empty() {
                assert_eq!(parse(number), Ok(order));
            }
        }
        assert!(parse("").is_err());
        assert_eq!(parse("Bilinear"), Ok(Order::Bilinear));
        assert!(parse("lanczos").unwrap_err().contains("nearest (0), bilinear (1)"));
    }
}
