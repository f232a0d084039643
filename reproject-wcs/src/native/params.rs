//! Projection parameters as they stand in a header, and the errors that name them.

use reproject_core::{Error, Result};

/// PVi_m of the latitude axis for one projection code.
pub(crate) struct Pv<'a> {
    code: &'static str,
    values: &'a [Option<f64>],
}

impl<'a> Pv<'a> {
    pub(crate) fn new(code: &'static str, values: &'a [Option<f64>]) -> Self {
        Self { code, values }
    }

    /// PVi_m, or `default` where it is absent.
    pub(crate) fn or(&self, m: usize, default: f64) -> Result<f64> {
        let value = self.values.get(m).copied().flatten().unwrap_or(default);
        if value.is_finite() { Ok(value) } else { Err(broken(self.code, m, value, "it must be finite")) }
    }

    /// Whether PVi_m is there.
    pub(crate) fn given(&self, m: usize) -> bool {
        self.values.get(m).copied().flatten().is_some()
    }

    /// PVi_m, which must be there.
    pub(crate) fn need(&self, m: usize, meaning: &str) -> Result<f64> {
        if !self.given(m) {
            return Err(Error::invalid(
                format!("PVi_{m}"),
                format!("{} needs it on the latitude axis ({meaning}); the header gives none", self.code),
            ));
        }
        self.or(m, 0.0)
    }
}

/// The error for a parameter that breaks a rule.
pub(crate) fn broken(code: &str, m: usize, value: f64, rule: &str) -> Error {
    Error::invalid(format!("PVi_{m}"), format!("{value} on the latitude axis of {code}: {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_parameters_have_defaults_and_bad_ones_are_named() {
        let values = [None, Some(f64::NAN), Some(3.0)];
        let pv = Pv::new("AZP", &values);
        assert_eq!(pv.or(0, 7.0).unwrap(), 7.0);
        assert_eq!(pv.or(2, 7.0).unwrap(), 3.0);
        assert_eq!(pv.or(9, 7.0).unwrap(), 7.0);
        assert!(pv.or(1, 7.0).unwrap_err().to_string().contains("PVi_1"));
        assert!(pv.need(0, "mu").unwrap_err().to_string().contains("AZP needs it"));
        assert_eq!(pv.need(2, "mu").unwrap(), 3.0);
    }
}
