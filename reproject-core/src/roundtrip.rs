//! The round trip: a position counts only if it leads back to where it came from (`roundtrip_coords` of `reproject`).

/// Whether a coordinate has come back to within one pixel. One that has not come back at all (NaN) has not.
#[inline(always)]
pub(crate) fn comes_back(before: f64, after: f64) -> bool {
    // Written so that NaN fails.
    (after - before).abs() <= 1.0
}

/// Maps columns by `go`, and forgets (NaN in every column) every position that `back` does not bring to within one pixel of where
/// it came from on every axis; a position whose way back is NaN is forgotten, too.
///
/// `most` positions at a time are mapped. Positions that `go` brings nowhere are not brought back.
pub fn round_trip(
    columns: &mut [&mut [f64]],
    most: usize,
    go: impl Fn(&mut [&mut [f64]]),
    back: impl Fn(&mut [&mut [f64]]),
) {
    let count = columns.first().map_or(0, |column| column.len());
    for start in (0..count).step_by(most.max(1)) {
        let stop = count.min(start.saturating_add(most.max(1)));
        let mut piece: Vec<&mut [f64]> = columns.iter_mut().map(|c| &mut c[start..stop]).collect();
        let before: Vec<Vec<f64>> = piece.iter().map(|c| c.to_vec()).collect();
        go(&mut piece);
        let mut there = Vec::with_capacity(stop - start);
        for i in 0..stop - start {
            match piece.iter().all(|c| c[i].is_finite()) {
                true => there.push(i),
                false => piece.iter_mut().for_each(|c| c[i] = f64::NAN),
            }
        }
        if there.is_empty() {
            continue;
        }
        let mut again: Vec<Vec<f64>> = piece.iter().map(|c| there.iter().map(|&i| c[i]).collect()).collect();
        back(&mut again.iter_mut().map(|c| &mut c[..]).collect::<Vec<_>>());
        for (k, &i) in there.iter().enumerate() {
            if !before.iter().zip(&again).all(|(before, again)| comes_back(before[i], again[k])) {
                piece.iter_mut().for_each(|c| c[i] = f64::NAN);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_come_back_is_forgotten() {
        // There: as it is; back: 0.5 and 3 pixels off, nowhere, and never asked.
        let (mut x, mut y) = (vec![1.0, 2.0, 3.0, f64::NAN, 5.0], vec![0.0; 5]);
        let asked = std::cell::Cell::new(0);
        let back = |columns: &mut [&mut [f64]]| {
            asked.set(asked.get() + columns[0].len());
            columns[0].iter_mut().for_each(|x| match *x {
                2.0 => *x += 3.0,
                3.0 => *x = f64::NAN,
                _ => *x += 0.5,
            });
        };
        round_trip(&mut [&mut x, &mut y], 2, |_| {}, back);
        assert_eq!([x[0], x[4]], [1.0, 5.0]);
        assert!([1, 2, 3].iter().all(|&i| x[i].is_nan()) && y[1].is_nan() && y[2].is_nan());
        assert_eq!(asked.get(), 4);
    }
}
