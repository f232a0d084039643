//! Ways of interpolating by name: one table, from which parsing, help and choice are made.

use reproject_core::{Bilinear, Nearest, Pixel, Resampler};

/// A way of interpolating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Nearest,
    Bilinear,
}

/// Name, the number that `reproject` in Python gives it, and what it does.
const ORDERS: [(Order, &str, &str, &str); 2] = [
    (Order::Nearest, "nearest", "0", "the value of the pixel that the position falls on, copied"),
    (Order::Bilinear, "bilinear", "1", "linear between the four pixels around"),
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

    /// The resampler.
    pub(crate) fn resampler<I: Pixel, O: Pixel>(self) -> Box<dyn Resampler<I, O>> {
        match self {
            Order::Nearest => Box::new(Nearest),
            Order::Bilinear => Box::new(Bilinear),
        }
    }
}

/// Reads a name or a number.
pub(crate) fn parse(text: &str) -> Result<Order, String> {
    let wanted = text.trim().to_ascii_lowercase();
    let found = ORDERS.iter().find(|(_, name, number, _)| wanted == *name || wanted == *number);
    found.map(|(order, ..)| *order).ok_or_else(|| {
        let known: Vec<_> = ORDERS.iter().map(|(_, name, number, _)| format!("{name} ({number})")).collect();
        format!("there is {}", known.join(", "))
    })
}

/// The list for the help text.
pub(crate) fn help() -> String {
    let lines = ORDERS.iter().map(|(_, name, number, what)| format!("\n- {name} or {number}: {what}"));
    format!("How to interpolate:{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_mean_the_same() {
        for (order, name, number, _) in ORDERS {
            assert_eq!((parse(name), parse(number), order.name()), (Ok(order), Ok(order), name));
        }
        assert_eq!(parse("Bilinear"), Ok(Order::Bilinear));
        assert!(parse("lanczos").unwrap_err().contains("nearest (0), bilinear (1)"));
    }
}
