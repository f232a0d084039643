//! Pixel to world and back for all axes of a header at once: columns of numbers in, columns of numbers out.

use crate::stages;
use crate::wcs::Wcs;
use reproject_core::{BATCH, Error, Points, Result};

impl Wcs {
    /// Pixel coordinates (0-based, one column a pixel axis, FITS order) to world values in place: degrees on celestial
    /// axes, SI on spectral ones, CUNIT elsewhere. NaN where there is no such point, per axis group.
    ///
    /// # Errors
    /// If there is not one column per axis, or they differ in length.
    pub fn pixel_to_world(&self, columns: &mut [&mut [f64]]) -> Result<()> {
        self.pieces(columns, |wcs, piece| {
            wcs.prior(piece, false);
            wcs.rows(piece);
            wcs.groups.iter().for_each(|group| group.forward(piece));
        })
    }

    /// World values to pixel coordinates in place; the converse of [`pixel_to_world`](Wcs::pixel_to_world).
    ///
    /// # Errors
    /// As there.
    pub fn world_to_pixel(&self, columns: &mut [&mut [f64]]) -> Result<()> {
        self.pieces(columns, |wcs, piece| {
            wcs.groups.iter().for_each(|group| group.inverse(piece));
            wcs.columns(piece);
            wcs.prior(piece, true);
        })
    }

    fn pieces(&self, columns: &mut [&mut [f64]], f: impl Fn(&Wcs, &mut [Vec<f64>])) -> Result<()> {
        let lengths: Vec<usize> = columns.iter().map(|c| c.len()).collect();
        if lengths.len() != self.naxis() || lengths.windows(2).any(|w| w[0] != w[1]) {
            let why = format!(
                "{} axes need as many columns of one length; found lengths {lengths:?}",
                self.naxis()
            );
            return Err(Error::invalid("columns", why));
        }
        let n = lengths.first().copied().unwrap_or(0);
        let mut piece: Vec<Vec<f64>> = vec![Vec::with_capacity(BATCH.min(n)); self.naxis()];
        for start in (0..n).step_by(BATCH) {
            let stop = (start + BATCH).min(n);
            for (own, column) in piece.iter_mut().zip(columns.iter()) {
                own.clear();
                own.extend_from_slice(&column[start..stop]);
            }
            f(self, &mut piece);
            for (own, column) in piece.iter().zip(columns.iter_mut()) {
                column[start..stop].copy_from_slice(own);
            }
        }
        Ok(())
    }

    fn prior(&self, piece: &mut [Vec<f64>], backwards: bool) {
        if let ([x, y], false) = (piece, self.prior.is_empty()) {
            let stages = if backwards { &self.prior_back } else { &self.prior };
            stages::run(stages, &mut Points::new([x, y]));
        }
    }

    /// q = matrix · (p − origin).
    fn rows(&self, piece: &mut [Vec<f64>]) {
        let linear = &self.linear;
        product(piece, &linear.matrix, &linear.origin, &vec![0.0; linear.axes()]);
    }

    /// p = inverse · q + origin.
    fn columns(&self, piece: &mut [Vec<f64>]) {
        let linear = &self.linear;
        match &linear.inverse {
            Some(inverse) => {
                let minus: Vec<f64> = linear.origin.iter().map(|v| -v).collect();
                product(piece, inverse, &vec![0.0; linear.axes()], &minus);
            }
            None => piece.iter_mut().for_each(|column| column.fill(f64::NAN)),
        }
    }
}

/// out = matrix · (p − before) − after. An axis that does not enter a row leaves it alone even where it is NaN.
fn product(piece: &mut [Vec<f64>], matrix: &[f64], before: &[f64], after: &[f64]) {
    let n = piece.len();
    let length = piece.first().map_or(0, Vec::len);
    let mut row = vec![0.0; n];
    for k in 0..length {
        for i in 0..n {
            let terms = (0..n).filter(|j| matrix[i * n + j] != 0.0);
            row[i] = terms.map(|j| matrix[i * n + j] * (piece[j][k] - before[j])).sum::<f64>() - after[i];
        }
        for i in 0..n {
            piece[i][k] = row[i];
        }
    }
}
