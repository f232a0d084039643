//! Interpolation of every order against SciPy, at every kind of position, in one, two and three axes, in any blocks.

use super::support::{Table, numbered};
use ndarray::ArrayD;
use reproject_core::{
    ArraySource, Axes, Bicubic, Bilinear, Biquadratic, Job, Nearest, Region, Reproject, Resampler,
};

/// `order,shape,position,value` of `reproject` 0.21's `map_coordinates(image, position, order=order, mode='constant',
/// cval=nan)` (scipy.ndimage's, with positions in the outer half of edge pixels moved to their centres) on the image
/// `((7919 k + k² mod 1013) mod 1009) / 8 − 50`, where k counts pixels in C order. Positions: random ones up to a quarter
/// pixel beyond the input, pixels, edges, and half-integers; numbers printed with 17 digits. SciPy decides positions half-way
/// between two pixels (order 0) by rounding noise: they are left out. So is the outer border of the last pixel, n − ½, which
/// `reproject` blanks and its counterpart −½ does not.
const SCIPY: &str = include_str!("../data/interpolation.csv");

fn at<const N: usize>(
    how: &dyn Resampler<f64, f64>,
    image: &ArrayD<f64>,
    positions: &[Vec<f64>],
    block: usize,
) -> Vec<f64> {
    let mut shape = vec![1; N];
    shape[N - 1] = positions.len();
    let table = Table::<N>::new(positions);
    let source = image as &dyn ArraySource<f64>;
    let job = Reproject::<f64, f64, _, _, _>::new(&shape, Axes::<N, _>::new(table), how, source).unwrap();
    let mut values = Vec::new();
    for first in (0..positions.len()).step_by(block) {
        let (mut start, mut size) = (vec![0; N], vec![1; N]);
        (start[N - 1], size[N - 1]) = (first, block.min(positions.len() - first));
        let tile = job.run(&Region::new(start, size), &()).unwrap();
        assert!(tile.data.iter().zip(&tile.weight).all(|(v, w)| v.is_nan() == (*w == 0.0)));
        values.extend(tile.data);
    }
    values
}

#[test]
fn interpolation_equals_scipy() {
    let mut rows: Vec<(String, Vec<usize>, Vec<f64>, f64)> = Vec::new();
    for line in SCIPY.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let shape = fields[1].split('x').map(|n| n.parse().unwrap()).collect();
        let position = fields[2].split(' ').map(|p| p.parse().unwrap()).collect();
        rows.push((fields[0].into(), shape, position, fields[3].parse().unwrap()));
    }
    assert_eq!(rows.len(), 880);
    let mut worst = [0.0f64; 4];
    for group in rows.chunk_by(|a, b| (&a.0, &a.1) == (&b.0, &b.1)) {
        let (order, shape) = (&group[0].0, &group[0].1);
        let how: &dyn Resampler<f64, f64> = match order.as_str() {
            "0" => &Nearest,
            "1" => &Bilinear,
            "2" => &Biquadratic,
            _ => &Bicubic,
        };
        let image = numbered(shape);
        let positions: Vec<_> = group.iter().map(|row| row.2.clone()).collect();
        for block in [1, 5, 1000] {
            let values = match shape.len() {
                1 => at::<1>(how, &image, &positions, block),
                2 => at::<2>(how, &image, &positions, block),
                _ => at::<3>(how, &image, &positions, block),
            };
            for (row, value) in group.iter().zip(values) {
                let tie = row.2.iter().any(|p| (p - p.floor() - 0.5).abs() < 1e-6);
                if order == "0" && tie {
                    continue;
                }
                assert_eq!(value.is_nan(), row.3.is_nan(), "{order} {shape:?} at {:?}", row.2);
                let off = (value - row.3).abs();
                assert!(
                    off.is_nan() || off <= 2e-13,
                    "{order} {shape:?} at {:?}: {value} and {}",
                    row.2,
                    row.3
                );
                let worst = &mut worst[order.parse::<usize>().unwrap()];
                *worst = worst.max(off);
            }
        }
    }
    println!("largest deviations from SciPy, orders 0 to 3, of values in −50..76: {worst:?}");
}
