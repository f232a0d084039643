//! The ellipse of every output pixel on the input (its padded footprint), and the box of input pixels it samples.
//!
//! DeForest (2004) pads the singular values of the Jacobian to at least one. For 2×2 matrices that needs no angle: every
//! matrix is a multiple of a rotation plus a multiple of a reflection, (s₁ + s₂)/2 and (s₁ − s₂)/2 of them, and changing
//! or inverting singular values changes only those two factors.

use super::window::Window;
use super::{AdaptiveOptions, jacobian::Jacobians};
use crate::{Coords, Kernel, Pixel, Topology, View, dispatch};

/// Borders of the sampled box closer than this to a pixel centre (in pixels) include it: rounding noise decides nothing.
const TIE: f64 = 1e-9;

/// One axis of the input, as a sampled box meets it.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    /// Pixels of the whole input.
    pub size: f64,
    /// Where the window starts; it may go on beyond the last pixel with the first ones.
    first: usize,
    pub stride: usize,
    /// Whether its two ends are joined by the options.
    cyclic: bool,
    /// Whether the input ends at the first pixel, and at the last.
    ends: [bool; 2],
}

impl Axis {
    /// The offset of a pixel of the input within the window.
    #[inline(always)]
    pub(super) fn offset(&self, index: usize) -> usize {
        let inside = if index >= self.first { index } else { index + self.size as usize };
        (inside - self.first) * self.stride
    }

    /// Whether a range of pixels reaches beyond an end.
    pub(super) fn beyond(&self, first: f64, last: f64) -> bool {
        self.ends[0] && first < 0.0 || self.ends[1] && last >= self.size
    }

    /// Whether a range of pixels lies wholly beyond an end.
    pub(super) fn apart(&self, first: f64, last: f64) -> bool {
        self.ends[0] && last < 0.0 || self.ends[1] && first >= self.size
    }

    /// The nearest pixel that does not lie beyond an end.
    pub(super) fn clamp(&self, index: i64) -> i64 {
        let index = if self.ends[0] { index.max(0) } else { index };
        if self.ends[1] { index.min(self.size as i64 - 1) } else { index }
    }
}

/// The input, x axis first.
pub(super) struct Geometry<'a> {
    pub axes: [Axis; 2],
    pub conserve_flux: bool,
    topology: Topology,
    /// The array axis of y.
    rows: usize,
    /// For every array axis, where pixels lie in the window.
    tap: Box<dyn Fn(usize, usize) -> Option<usize> + 'a>,
}

impl<'a> Geometry<'a> {
    pub(super) fn new<I: Pixel>(options: &AdaptiveOptions, at: &Coords, src: &'a View<'_, I>) -> Self {
        let topology = Topology::new(at, src.full);
        let rows = at.groups[0].axis;
        let axes = std::array::from_fn(|k| {
            let (axis, ends) = (rows + 1 - k, &topology.axes()[1 - k]);
            let open = |end: usize| !options.cyclic[k] && !ends.joined && ends.poles[end].is_none();
            Axis {
                size: src.full[axis] as f64,
                first: src.window.start[axis],
                stride: src.strides[axis],
                cyclic: options.cyclic[k],
                ends: [open(0), open(1)],
            }
        });
        let tap = Box::new(|axis, index| src.tap(axis, index));
        Geometry { axes, conserve_flux: options.conserve_flux, topology, rows, tap }
    }

    /// The offset of a pixel within its plane of the window, across seams and poles; `None` beyond the ends of the input.
    pub(super) fn locate(&self, x: i64, y: i64) -> Option<usize> {
        let turn = |axis: &Axis, i: i64| if axis.cyclic { i.rem_euclid(axis.size as i64) } else { i };
        let mut index = [turn(&self.axes[1], y), turn(&self.axes[0], x)];
        if !self.topology.locate(&mut index) {
            return None;
        }
        let [y, x] = index.map(|i| usize::try_from(i).ok());
        Some((self.tap)(self.rows, y?)? + (self.tap)(self.rows + 1, x?)?)
    }
}

/// The ellipses of one output row, a column each.
pub(super) struct Ellipses {
    /// Positions x and y.
    pub at: [Vec<f64>; 2],
    /// Input offset → output offset, row by row.
    pub inverse: [Vec<f64>; 4],
    /// The first and last pixel of the sampled box: along x, then along y. NaN where there is no footprint.
    pub first: [Vec<f64>; 2],
    pub last: [Vec<f64>; 2],
    /// The area of the output pixel in input pixels.
    pub area: Vec<f64>,
}

/// One output pixel's ellipse.
#[derive(Clone, Copy)]
pub(super) struct Ellipse {
    pub at: [f64; 2],
    pub inverse: [f64; 4],
    pub first: [f64; 2],
    pub last: [f64; 2],
    pub area: f64,
}

impl Ellipses {
    pub(super) fn new(width: usize) -> Self {
        let two = || std::array::from_fn(|_| vec![0.0; width]);
        let inverse = std::array::from_fn(|_| vec![0.0; width]);
        Ellipses { at: two(), inverse, first: two(), last: two(), area: vec![0.0; width] }
    }

    pub(super) fn len(&self) -> usize {
        self.area.len()
    }

    #[inline(always)]
    pub(super) fn get(&self, i: usize) -> Ellipse {
        Ellipse {
            at: [self.at[0][i], self.at[1][i]],
            inverse: std::array::from_fn(|k| self.inverse[k][i]),
            first: [self.first[0][i], self.first[1][i]],
            last: [self.last[0][i], self.last[1][i]],
            area: self.area[i],
        }
    }

    /// Computes the ellipses of one output row.
    pub(super) fn fill<W: Window>(&mut self, window: &W, jacobians: &Jacobians, row: usize) {
        dispatch(Fill { window, row: jacobians.row(row), to: self });
    }
}

struct Fill<'a, W> {
    window: &'a W,
    row: [&'a [f64]; 6],
    to: &'a mut Ellipses,
}

impl<W: Window> Kernel for Fill<'_, W> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        const LANES: usize = 8;
        let Fill { window, row, to } = self;
        let n = to.len();
        for start in (0..n).step_by(LANES) {
            let len = LANES.min(n - start);
            let mut lanes = [[0.0; LANES]; 6];
            for (lane, column) in lanes.iter_mut().zip(&row) {
                lane[..len].copy_from_slice(&column[start..start + len]);
            }
            let mut out = [[0.0; LANES]; 9];
            for l in 0..LANES {
                let (inverse, reach, area) =
                    pad(window, [lanes[2][l], lanes[3][l], lanes[4][l], lanes[5][l]]);
                for k in 0..4 {
                    out[k][l] = inverse[k];
                }
                for k in 0..2 {
                    out[4 + k][l] = (lanes[k][l] - (reach[k] + TIE)).ceil();
                    out[6 + k][l] = (lanes[k][l] + (reach[k] + TIE)).floor();
                }
                out[8][l] = area;
            }
            let here = start..start + len;
            for k in 0..4 {
                to.inverse[k][here.clone()].copy_from_slice(&out[k][..len]);
            }
            for k in 0..2 {
                to.at[k][here.clone()].copy_from_slice(&lanes[k][..len]);
                to.first[k][here.clone()].copy_from_slice(&out[4 + k][..len]);
                to.last[k][here.clone()].copy_from_slice(&out[6 + k][..len]);
            }
            to.area[here].copy_from_slice(&out[8][..len]);
        }
    }
}

/// The inverse of the padded Jacobian, how far the window reaches along x and y, and |det| of the Jacobian itself.
#[inline(always)]
fn pad<W: Window>(window: &W, [a, b, c, d]: [f64; 4]) -> ([f64; 4], [f64; 2], f64) {
    // The rotation [e −h; h e] and the reflection [f g; g −f].
    let (e, h, f, g) = (0.5 * (a + d), 0.5 * (c - b), 0.5 * (a - d), 0.5 * (c + b));
    let (q, r) = (e.mul_add(e, h * h).sqrt(), f.mul_add(f, g * g).sqrt());
    // Without a rotation (or reflection) its factor below is zero, unless the matrix is: then it counts as a rotation.
    let (e, h) = if q > 0.0 { (e / q, h / q) } else { (1.0, 0.0) };
    let (f, g) = if r > 0.0 { (f / r, g / r) } else { (0.0, 0.0) };
    let (major, minor) = (q + r, q - r);
    let major = if major < 1.0 { 1.0 } else { major };
    // The minor singular value carries the sign of the determinant.
    let minor = if minor < 0.0 {
        if minor > -1.0 { -1.0 } else { minor }
    } else if minor < 1.0 {
        1.0
    } else {
        minor
    };
    let (p, m) = (0.5 * (major + minor), 0.5 * (major - minor));
    let padded = [p * e + m * f, m * g - p * h, m * g + p * h, p * e - m * f];
    let (p, m) = (0.5 * (1.0 / major + 1.0 / minor), 0.5 * (1.0 / major - 1.0 / minor));
    let inverse = [p * e + m * f, m * g + p * h, m * g - p * h, p * e - m * f];
    (inverse, window.reach(padded, major), (a * d - b * c).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resample::adaptive::window::Hann;

    /// Matrices by their singular value decomposition: padding must find exactly the padded ones.
    #[test]
    fn singular_values_are_padded_and_inverted() {
        for (major, minor) in
            [(3.0, 2.0), (3.0, 0.2), (0.5, 0.1), (1.0, 1.0), (2.0, -1.5), (2.0, -0.5), (0.3, -0.3)]
        {
            for (u, v) in [(0.3f64, 1.1f64), (-2.0, 0.4), (0.0, 0.0)] {
                let of = |s1: f64, s2: f64| {
                    let ((su, cu), (sv, cv)) = (u.sin_cos(), v.sin_cos());
                    [
                        cu * s1 * cv + su * s2 * sv,
                        cu * s1 * sv - su * s2 * cv,
                        su * s1 * cv - cu * s2 * sv,
                        su * s1 * sv + cu * s2 * cv,
                    ]
                };
                let (inverse, reach, area) = pad(&Hann, of(major, minor));
                assert!((area - (major * minor).abs()).abs() < 1e-14);
                let p = of(major.max(1.0), minor.abs().max(1.0).copysign(minor));
                let product = [
                    inverse[0] * p[0] + inverse[1] * p[2],
                    inverse[0] * p[1] + inverse[1] * p[3],
                    inverse[2] * p[0] + inverse[3] * p[2],
                    inverse[2] * p[1] + inverse[3] * p[3],
                ];
                // Where both values become one and the sign is negative, the reflection's axis is lost with them.
                for (x, y) in product.iter().zip([1.0, 0.0, 0.0, 1.0]) {
                    assert!((x - y).abs() < 1e-14, "{major} {minor} {u} {v}: {product:?}");
                }
                assert!((reach[0] - p[0].abs() - p[1].abs()).abs() < 1e-14);
            }
        }
        let (inverse, _, area) = pad(&Hann, [0.0; 4]);
        assert_eq!((inverse, area), ([1.0, 0.0, 0.0, 1.0], 0.0));
    }
}
