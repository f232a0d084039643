//! Pixel to world and back for all axes of a header at once: columns of numbers in, columns of numbers out.

use super::Wcs;
use crate::stages;
use reproject_core::{BATCH, Error, Points, Result};

impl Wcs {
    /// Turns 0-based pixel coordinates (one column a pixel axis, FITS order) into world values in place: degrees on celestial
    /// axes, SI on spectral ones, CUNIT elsewhere. NaN where there is no such point, per axis group.
    ///
    /// # Errors
    /// If there is not one column per axis, or they differ in length; if the sky [alone](Wcs::parse_sky) was read.
    pub fn pixel_to_world(&self, columns: &mut [&mut [f64]]) -> Result<()> {
        self.pieces(columns, |wcs, piece, scratch| {
            wcs.prior(piece, false);
            wcs.rows(piece, scratch);
            wcs.groups.iter().for_each(|group| group.forward(piece));
        })
    }

    /// Turns world values (one column a world axis, units as in [`Axis::unit`](crate::Axis::unit)) into 0-based pixel
    /// coordinates in place.
    ///
    /// # Errors
    /// Those of [`pixel_to_world`](Wcs::pixel_to_world).
    pub fn world_to_pixel(&self, columns: &mut [&mut [f64]]) -> Result<()> {
        self.pieces(columns, |wcs, piece, scratch| {
            // The celestial pair, which may look at rows that are not its own, comes last.
            wcs.groups.iter().rev().for_each(|group| group.inverse(piece));
            wcs.columns(piece, scratch);
            wcs.prior(piece, true);
        })
    }

    /// Tells which world axis (row) depends on which pixel axis (column), in FITS order; axes of a group depend on the same.
    pub fn correlation(&self) -> Vec<Vec<bool>> {
        let n = self.naxis();
        if !self.prior.is_empty() {
            return vec![vec![true; n]; n];
        }
        let mut depends: Vec<Vec<bool>> =
            (0..n).map(|i| (0..n).map(|j| self.linear.at(i, j) != 0.0).collect()).collect();
        for axes in self.groups.iter().map(|group| group.axes()) {
            let any: Vec<bool> = (0..n).map(|j| axes.iter().any(|&i| depends[i][j])).collect();
            axes.iter().for_each(|&i| depends[i].clone_from(&any));
        }
        depends
    }

    fn pieces(
        &self,
        columns: &mut [&mut [f64]],
        f: impl Fn(&Wcs, &mut [Vec<f64>], &mut Vec<Vec<f64>>),
    ) -> Result<()> {
        self.whole()?;
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
        let mut scratch = Vec::new();
        for start in (0..n).step_by(BATCH) {
            let stop = (start + BATCH).min(n);
            for (own, column) in piece.iter_mut().zip(columns.iter()) {
                own.clear();
                own.extend_from_slice(&column[start..stop]);
            }
            f(self, &mut piece, &mut scratch);
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
    fn rows(&self, piece: &mut [Vec<f64>], scratch: &mut Vec<Vec<f64>>) {
        let linear = &self.linear;
        product(piece, scratch, &linear.matrix, |j| linear.origin[j], |_| 0.0);
    }

    /// p = inverse · q + origin.
    fn columns(&self, piece: &mut [Vec<f64>], scratch: &mut Vec<Vec<f64>>) {
        let linear = &self.linear;
        match &linear.inverse {
            Some(inverse) => product(piece, scratch, inverse, |_| 0.0, |i| linear.origin[i]),
            None => piece.iter_mut().for_each(|column| column.fill(f64::NAN)),
        }
    }
}

/// out = matrix · (p − before) + after. An axis that does not enter a row leaves it alone even where it is NaN.
fn product(
    piece: &mut [Vec<f64>],
    scratch: &mut Vec<Vec<f64>>,
    matrix: &[f64],
    before: impl Fn(usize) -> f64,
    after: impl Fn(usize) -> f64,
) {
    let n = piece.len();
    let length = piece.first().map_or(0, Vec::len);
    scratch.resize_with(n, Vec::new);
    for (i, row) in scratch.iter_mut().enumerate() {
        row.clear();
        row.resize(length, 0.0);
        for (j, column) in piece.iter().enumerate().filter(|(j, _)| matrix[i * n + j] != 0.0) {
            let (m, b) = (matrix[i * n + j], before(j));
            row.iter_mut().zip(column).for_each(|(sum, p)| *sum += m * (p - b));
        }
        let a = after(i);
        if a != 0.0 {
            row.iter_mut().for_each(|sum| *sum += a);
        }
    }
    piece.iter_mut().zip(scratch).for_each(|(column, row)| std::mem::swap(column, row));
}
