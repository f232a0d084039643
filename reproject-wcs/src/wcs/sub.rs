//! A header with some of its axes only: those that depend on no others.

use super::{Group, Linear, SpectralAxis, Wcs};
use reproject_core::{Error, Result};

impl Wcs {
    /// Leaves out the axes after the first `count`, such as those that an array does not have.
    ///
    /// # Errors
    /// If these and the others depend on each other.
    pub fn first(&self, count: usize) -> Result<Wcs> {
        let n = self.naxis();
        if n <= count {
            return Ok(self.clone());
        }
        let apart = |a: usize, b: usize| (a < count) == (b < count);
        let linear = (0..n).all(|i| (0..n).all(|j| apart(i, j) || self.linear.at(i, j) == 0.0));
        let groups = self.groups.iter().all(|group| group.axes().windows(2).all(|w| apart(w[0], w[1])));
        if !(linear && groups) {
            let why = format!(
                "{n} axes, of which those after {count} depend on the others: they cannot be left out"
            );
            return Err(Error::invalid("WCSAXES", why));
        }
        let axes: Vec<usize> = (0..count).collect();
        let mut part = self.part(&axes, &axes);
        part.shape = self.shape.iter().copied().take(count).collect();
        part.celestial = self.celestial.clone().filter(|c| c.axes().iter().all(|&axis| axis < count));
        (part.notes, part.beyond) = (self.notes.clone(), self.beyond.clone());
        Ok(part)
    }

    /// The header reduced to world axes `world` and pixel axes `pixel`, both ascending and of one number, on which no other
    /// axis depends and which depend on no other. `celestial` images are not carried over.
    pub(crate) fn part(&self, world: &[usize], pixel: &[usize]) -> Wcs {
        let n = self.naxis();
        if world.len() == n {
            let mut whole = self.clone();
            whole.groups.iter_mut().for_each(Group::keep_to_own_rows);
            return whole;
        }
        let pick = |matrix: &[f64], rows: &[usize], columns: &[usize]| -> Vec<f64> {
            rows.iter().flat_map(|i| columns.iter().map(move |j| matrix[i * n + j])).collect()
        };
        let linear = Linear {
            origin: pixel.iter().map(|&j| self.linear.origin[j]).collect(),
            matrix: pick(&self.linear.matrix, world, pixel),
            scale: world.iter().map(|&i| self.linear.scale[i]).collect(),
            inverse: self.linear.inverse.as_ref().map(|inverse| pick(inverse, pixel, world)),
        };
        let place = |axis: usize| world.iter().position(|&i| i == axis);
        let kept = |group: &&Group| group.axes().iter().all(|&axis| place(axis).is_some());
        let mut groups: Vec<Group> = self.groups.iter().filter(kept).cloned().collect();
        groups.iter_mut().for_each(Group::keep_to_own_rows);
        for axis in groups.iter_mut().flat_map(Group::axes_mut) {
            *axis = place(*axis).unwrap_or(*axis);
        }
        let pair = self.pair.and_then(|[lng, lat]| Some([place(lng)?, place(lat)?]));
        let spectral = self.spectral.and_then(|s| Some(SpectralAxis { axis: place(s.axis)?, ..s }));
        Wcs {
            shape: Vec::new(),
            axes: world.iter().map(|&i| self.axes[i].clone()).collect(),
            prior: Vec::new(),
            prior_back: Vec::new(),
            linear,
            groups,
            pair,
            spectral,
            frame: self.frame.clone().filter(|_| pair.is_some()),
            pole: self.pole.filter(|_| pair.is_some()),
            celestial: None,
            without: "these are some of the axes of a header".into(),
            notes: Vec::new(),
            beyond: None,
        }
    }
}
