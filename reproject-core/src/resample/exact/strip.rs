//! Areas shared by two polygons, from their edges alone.
//!
//! A polygon is a signed sum of its edges: every edge stands for the points below it, and what lies below the upper
//! border but not below the lower one is inside. The overlap of two polygons is therefore a sum over pairs of edges of
//! the points below both: ∫ F(x, min(y₁, y₂)) dx over the x they share. Every term is continuous in the coordinates, so
//! edges that touch or coincide need no care, and a term that two neighbours share cancels exactly when they are added.
//!
//! F is the solid angle per x below y in a tangent (gnomonic) plane, whose density is (1 + x² + y²)^−3/2:
//! F = y / ((1 + x²) √(1 + x² + y²)). There is no difference of angles to cancel at any pixel size.

/// Edges handled together.
pub(super) const LANES: usize = 8;

/// ∫ F dx below straight pieces.
pub(super) trait Density: Copy {
    /// Whether the integral over a segment is the sum of those over its parts but for rounding, however long it is.
    const ADDS: bool;
    /// The integral below the segment from (x0, y0) to (x1, y1).
    fn below(self, x0: f64, y0: f64, x1: f64, y1: f64) -> f64;

    /// The integral below the lower of two lines, from `a[0]` and `b[0]` at `x` to `a[1]` and `b[1]` at `x + width`. The
    /// result is `[value, p, q]`, which stands for value + p / q: the sum over several needs one division only.
    #[inline(always)]
    fn below_both(self, x: f64, width: f64, a: [f64; 2], b: [f64; 2]) -> [f64; 3] {
        let (d0, d1) = (a[0] - b[0], a[1] - b[1]);
        // Where they cross, as a part of the way; one straight piece where they do not.
        let t = if d0 * d1 < 0.0 { d0 / (d0 - d1) } else { 0.0 };
        let (y0, y1) = (lower(a[0], b[0]), lower(a[1], b[1]));
        let x1 = t.mul_add(width, x);
        let y = if t > 0.0 { t.mul_add(a[1] - a[0], a[0]) } else { y0 };
        [self.below(x, y0, x1, y) + self.below(x1, y, x + width, y1), 0.0, 1.0]
    }
}

#[inline(always)]
fn lower(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Density 1: wrong by up to 1.5 r² at distance r (radians) from the point of tangency.
#[derive(Clone, Copy)]
pub(super) struct Flat;

impl Density for Flat {
    const ADDS: bool = true;

    #[inline(always)]
    fn below(self, x0: f64, y0: f64, x1: f64, y1: f64) -> f64 {
        0.5 * (y0 + y1) * (x1 - x0)
    }

    /// The trapezium below the lower ends, and the triangle above it where the lines cross.
    #[inline(always)]
    fn below_both(self, _: f64, width: f64, a: [f64; 2], b: [f64; 2]) -> [f64; 3] {
        let (d0, d1) = (a[0] - b[0], a[1] - b[1]);
        let (half, product) = (0.5 * width, d0 * d1);
        let value = half * (lower(a[0], b[0]) + lower(a[1], b[1]));
        if product < 0.0 { [value, -half * product, (d0 - d1).abs()] } else { [value, 0.0, 1.0] }
    }
}

/// Density 1 − 1.5 r²: wrong by up to 1.9 r⁴. F is then cubic, and two Gauss nodes integrate it exactly.
#[derive(Clone, Copy)]
pub(super) struct Bent;

impl Density for Bent {
    const ADDS: bool = true;

    #[inline(always)]
    fn below(self, x0: f64, y0: f64, x1: f64, y1: f64) -> f64 {
        // Half a segment times 1/√3.
        const NODE: f64 = 0.288_675_134_594_812_9;
        let (mx, my, dx, dy) = (0.5 * (x0 + x1), 0.5 * (y0 + y1), x1 - x0, y1 - y0);
        let f = |x: f64, y: f64| y * (-0.5 * y).mul_add(y, (-1.5 * x).mul_add(x, 1.0));
        let (ux, uy) = (NODE * dx, NODE * dy);
        0.5 * dx * (f(mx - ux, my - uy) + f(mx + ux, my + uy))
    }
}

/// The full density by Gauss–Legendre quadrature with two nodes for each of `N` pairs: half the distance from the middle
/// of the segment (as a part of its length), and the weight.
#[derive(Clone, Copy)]
pub(super) struct Round<const N: usize>(pub [[f64; 2]; N]);

/// Four nodes: wrong by less than 1e-13 within 0.03 radians.
pub(super) const SMALL: Round<2> = Round([
    [0.169_990_521_792_428_13, 0.326_072_577_431_273_2],
    [0.430_568_155_797_026_3, 0.173_927_422_568_726_79],
]);

/// Twelve nodes: wrong by less than 1e-12 within half a radian.
pub(super) const LARGE: Round<6> = Round([
    [0.062_616_704_255_734_46, 0.124_573_522_906_701_34],
    [0.183_915_749_499_090_1, 0.116_746_268_269_177_3],
    [0.293_658_977_143_308_74, 0.101_583_713_361_532_87],
    [0.384_951_337_097_152_35, 0.080_039_164_271_673_21],
    [0.452_058_628_185_237_4, 0.053_469_662_997_659_53],
    [0.490_780_317_123_359_6, 0.023_587_668_193_255_706],
]);

impl<const N: usize> Density for Round<N> {
    const ADDS: bool = false;

    #[inline(always)]
    fn below(self, x0: f64, y0: f64, x1: f64, y1: f64) -> f64 {
        let (mx, my, dx, dy) = (0.5 * (x0 + x1), 0.5 * (y0 + y1), x1 - x0, y1 - y0);
        let f = |x: f64, y: f64| {
            let q = x.mul_add(x, 1.0);
            y / (q * y.mul_add(y, q).sqrt())
        };
        let mut sum = 0.0;
        for [node, weight] in self.0 {
            let (ux, uy) = (node * dx, node * dy);
            sum = weight.mul_add(f(mx - ux, my - uy) + f(mx + ux, my + uy), sum);
        }
        sum * dx
    }
}

/// An edge as a function of x: y = y0 + slope (x − x0) on [low, high].
#[derive(Clone, Copy)]
pub(super) struct Edge {
    x0: f64,
    y0: f64,
    low: f64,
    high: f64,
    slope: f64,
    /// +1 where the polygon lies below the edge if it runs anticlockwise, else −1.
    sign: f64,
}

impl Edge {
    /// The edge from one corner to the next.
    #[inline(always)]
    pub(super) fn new(x0: f64, y0: f64, x1: f64, y1: f64) -> Self {
        let (dx, dy) = (x1 - x0, y1 - y0);
        // Nothing lies below an upright edge: its slope does not count.
        let slope = if dx.abs() > 1e-30 { dy / dx } else { 0.0 };
        let (low, high) = if dx < 0.0 { (x1, x0) } else { (x0, x1) };
        // Ends that are not in the plane must show: comparisons with NaN would hide them.
        let sign = if dx < 0.0 { 1.0 } else { -1.0 + 0.0 * dx };
        Edge { x0, y0, low, high, slope, sign }
    }

    #[inline(always)]
    fn at(&self, x: f64) -> f64 {
        self.slope.mul_add(x - self.x0, self.y0)
    }

    /// The part of the edge above `floor`, below which a polygon has nothing: what lies below the rest is added for the upper
    /// border and taken away for the lower one, in other parts, so that the errors of quadrature over a long edge would stay.
    #[inline(always)]
    fn above(mut self, floor: f64) -> Self {
        let x = self.x0 + (floor - self.y0) / self.slope;
        self.low = if self.slope > 0.0 && x > self.low { x } else { self.low };
        self.high = if self.slope < 0.0 && x < self.high { x } else { self.high };
        self
    }

    /// The area below the edge, signed.
    #[inline(always)]
    fn below<D: Density>(&self, density: D) -> f64 {
        self.sign * density.below(self.low, self.at(self.low), self.high, self.at(self.high))
    }

    /// The area below both edges, signed (see [`Density::below_both`]).
    #[inline(always)]
    fn below_both<D: Density>(&self, other: &Edge, density: D) -> [f64; 3] {
        let low = if self.low > other.low { self.low } else { other.low };
        let high = if self.high < other.high { self.high } else { other.high };
        let width = if high > low { high - low } else { 0.0 };
        let (a, b) = (self.at(low), other.at(low));
        let [value, p, q] = density.below_both(
            low,
            width,
            [a, self.slope.mul_add(width, a)],
            [b, other.slope.mul_add(width, b)],
        );
        [self.sign * value, self.sign * p, q]
    }

    /// The area below this edge and within a polygon.
    #[inline(always)]
    fn within<D: Density>(&self, edges: &[Edge; 4], density: D) -> f64 {
        let add = |a: [f64; 3], b: [f64; 3]| [a[0] + b[0], a[1].mul_add(b[2], b[1] * a[2]), a[2] * b[2]];
        let first = add(edges[0].below_both(self, density), edges[2].below_both(self, density));
        let second = add(edges[1].below_both(self, density), edges[3].below_both(self, density));
        let [value, p, q] = add(first, second);
        self.sign * (value + p / q)
    }
}

/// The edges of a polygon of four corners.
#[inline(always)]
pub(super) fn edges(x: [f64; 4], y: [f64; 4]) -> [Edge; 4] {
    [
        Edge::new(x[0], y[0], x[1], y[1]),
        Edge::new(x[1], y[1], x[2], y[2]),
        Edge::new(x[2], y[2], x[3], y[3]),
        Edge::new(x[3], y[3], x[0], y[0]),
    ]
}

/// The signed area of a polygon from its edges: positive if its corners run anticlockwise.
#[inline(always)]
pub(super) fn area<D: Density>(edges: &[Edge; 4], density: D) -> f64 {
    (edges[0].below(density) + edges[2].below(density)) + (edges[1].below(density) + edges[3].below(density))
}

/// For every edge from (x, y)[i] to (x, y)[i + step]: what lies below it and within the polygon of `edges`, signed by
/// the edge's direction. The number of results is a multiple of [`LANES`], and `x`, `y` are `step` longer.
#[inline(always)]
pub(super) fn below<D: Density>(
    edges: &[Edge; 4],
    density: D,
    x: &[f64],
    y: &[f64],
    step: usize,
    out: &mut [f64],
) {
    let floor = edges.iter().fold(f64::INFINITY, |floor, edge| lower(edge.y0, floor));
    for (group, out) in out.chunks_exact_mut(LANES).enumerate() {
        let i = group * LANES;
        let (x0, y0) = (&x[i..i + LANES], &y[i..i + LANES]);
        let (x1, y1) = (&x[i + step..i + step + LANES], &y[i + step..i + step + LANES]);
        let mut lanes = [[0.0; LANES]; 4];
        lanes[0].copy_from_slice(x0);
        lanes[1].copy_from_slice(y0);
        lanes[2].copy_from_slice(x1);
        lanes[3].copy_from_slice(y1);
        let mut sum = [0.0; LANES];
        for l in 0..LANES {
            let edge = Edge::new(lanes[0][l], lanes[1][l], lanes[2][l], lanes[3][l]);
            let edge = if D::ADDS { edge } else { edge.above(floor) };
            sum[l] = edge.within(edges, density);
        }
        out.copy_from_slice(&sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The area below the edge from `a` to `b` and within a polygon about the origin, of about 0.02.
    fn within<D: Density>(density: D, a: [f64; 2], b: [f64; 2]) -> f64 {
        let h = 0.01;
        let polygon = edges([-h, -0.2 * h, h, 0.4 * h], [0.0, -h, 0.1 * h, h]);
        let (mut x, mut y, mut out) = ([0.0; 2 * LANES], [0.0; 2 * LANES], [0.0; LANES]);
        [x[0], x[1]] = [a[0], b[0]];
        [y[0], y[1]] = [a[1], b[1]];
        below(&polygon, density, &x, &y, 1, &mut out);
        out[0]
    }

    /// Borders of pixels a thousand times as long as wide pass steeply below an output pixel.
    #[test]
    fn a_long_edge_that_misses_a_polygon_shares_nothing_with_it() {
        for a in [[-0.5, -3.0], [-0.2, -0.8], [0.009, -2.0]] {
            for b in [[0.0, -0.0101], [0.0099, -0.03], [0.008, -0.5]] {
                assert!(
                    within(SMALL, a, b).abs() < 1e-19 && within(SMALL, b, a).abs() < 1e-19,
                    "{a:?} {b:?}"
                );
            }
        }
    }

    #[test]
    fn a_long_edge_through_a_polygon_shares_with_it_what_a_short_one_does() {
        let at = |t: f64| [0.001 + 0.02 * t, -0.002 + t];
        let short = within(SMALL, at(-0.012), at(0.03));
        assert!(short.abs() > 1e-6);
        for t in [-0.1, -1.0, -3.0] {
            let long = within(SMALL, at(t), at(0.03));
            assert!((long - short).abs() < 1e-13 * short.abs(), "{t}: {long} {short}");
        }
    }
}
