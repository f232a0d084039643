//! Smooth maps of the plane, several points abreast, and their inversion by Newton's method.

use super::{pair::Pair, series::Series};
use crate::math::lanes::{LANES, Lanes, Step, ZERO, abreast};
use reproject_core::Points;

/// Newton steps before a point is given up; convergence is quadratic, two or three are usual.
const STEPS: usize = 24;
/// Newton steps of a point that comes nearer with each: next to a fold, and from far out on a high power, by half or a third.
const LONG_STEPS: usize = 64;
/// Steps of the second search, for points that the first does not find.
const SHORT_STEPS: usize = 40;
/// Places between the reference point and a root that are searched for a fold.
const PLACES: usize = 16;

/// A differentiable map of the plane.
pub(crate) trait Smooth {
    /// The images of all lanes.
    fn value(&self, x: &Lanes, y: &Lanes) -> [Lanes; 2];
    /// The images and the Jacobian matrices, row by row.
    fn jacobian(&self, x: &Lanes, y: &Lanes) -> ([Lanes; 2], [Lanes; 4]);
}

/// The map linearised about its reference point, and the disk around it on which the map cannot fold: what a root is
/// sought from and checked against.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Anchor {
    /// The reference point.
    pub(crate) at: [f64; 2],
    /// Its image.
    pub(crate) image: [f64; 2],
    /// The inverse of the Jacobian there, row by row; NaN where it is singular.
    pub(crate) inverse: [f64; 4],
    /// The sign of the determinant there.
    pub(crate) sign: f64,
    /// The square of the radius within which the determinant keeps its sign.
    pub(crate) safe2: f64,
    /// The size of a step, squared, that ends the iteration: its square is far below rounding.
    pub(crate) small2: f64,
    /// The size, squared, below which the *next* step need not be taken, as foreseen from the last two by quadratic convergence;
    /// zero for a map with kinks.
    pub(crate) tiny2: f64,
    /// The inverse as a series, where the map is a polynomial, and the size of a step, squared, that ends the iteration where
    /// the series holds.
    series: Option<(Series, f64)>,
}

impl Anchor {
    /// The anchor of `map` at `at`; the map is known not to fold within `safe` of it. `small` is the step that ends
    /// the iteration.
    pub(crate) fn new(map: &impl Smooth, at: [f64; 2], safe: f64, small: f64) -> Anchor {
        let ([fx, fy], j) = map.jacobian(&[at[0]; LANES], &[at[1]; LANES]);
        let [a, b, c, d] = j.map(|l| l[0]);
        let det = a * d - b * c;
        let k = if det != 0.0 && det.is_finite() { 1.0 / det } else { f64::NAN };
        Anchor {
            at,
            image: [fx[0], fy[0]],
            inverse: [d * k, -b * k, -c * k, a * k],
            sign: det.signum(),
            safe2: safe * safe,
            small2: small * small,
            tiny2: 1e-8 * small * small,
            series: None,
        }
    }

    /// The same for a map with kinks, where convergence cannot be foreseen.
    pub(crate) fn with_kinks(self) -> Anchor {
        Anchor { tiny2: 0.0, ..self }
    }

    /// The same with a series to start from; `map` is the nonlinear part, from the reference point, and `exact` the error that a
    /// root may have. Within half of the safe radius the derivatives change by less than their own size over that radius, so
    /// that a step leaves about its square over it.
    pub(crate) fn with_series(self, map: &Pair, exact: f64) -> Anchor {
        let safe = self.safe2.sqrt();
        let series = Series::new(map, self.inverse, safe);
        Anchor { series: Some((series, (0.5 * exact * safe).max(self.small2))), ..self }
    }
}

/// Replaces every point by its image.
pub(crate) fn forward(map: &impl Smooth, points: &mut Points<'_>) {
    abreast(points, Forward(map));
}

/// Replaces every point by the point that maps to it and lies on the sheet of the reference point; NaN where there
/// is none, or none that the iteration finds.
pub(crate) fn inverse(map: &impl Smooth, anchor: &Anchor, points: &mut Points<'_>) {
    abreast(points, Inverse(map, anchor));
}

struct Forward<'a, M>(&'a M);

impl<M: Smooth> Step<2> for Forward<'_, M> {
    #[inline(always)]
    fn run(&self, [x, y]: [Lanes; 2]) -> [Lanes; 2] {
        self.0.value(&x, &y)
    }
}

struct Inverse<'a, M>(&'a M, &'a Anchor);

impl<M: Smooth> Step<2> for Inverse<'_, M> {
    #[inline(always)]
    fn run(&self, [x, y]: [Lanes; 2]) -> [Lanes; 2] {
        newton(self.0, self.1, &x, &y)
    }
}

/// Newton's method from the linear solution or the series, each lane frozen once its step is small.
#[inline(always)]
fn newton<M: Smooth>(map: &M, anchor: &Anchor, tx: &Lanes, ty: &Lanes) -> [Lanes; 2] {
    let [ia, ib, ic, id] = anchor.inverse;
    let mut seed = [ZERO; 2];
    for l in 0..LANES {
        let (dx, dy) = (tx[l] - anchor.image[0], ty[l] - anchor.image[1]);
        seed[0][l] = ia.mul_add(dx, ib * dy);
        seed[1][l] = ic.mul_add(dx, id * dy);
    }
    let mut small2 = [anchor.small2; LANES];
    if let Some((series, enough2)) = &anchor.series {
        let near = series.improve(&mut seed);
        for l in 0..LANES {
            small2[l] = if near[l] > 0.0 { *enough2 } else { anchor.small2 };
        }
    }
    let (mut x, mut y) = (ZERO, ZERO);
    let (mut live, mut det, mut before2) = (ZERO, ZERO, ZERO);
    for l in 0..LANES {
        x[l] = anchor.at[0] + seed[0][l];
        y[l] = anchor.at[1] + seed[1][l];
        live[l] = if x[l].is_finite() && y[l].is_finite() { 1.0 } else { 0.0 };
    }
    for n in 0..LONG_STEPS {
        let ([fx, fy], [a, b, c, d]) = map.jacobian(&x, &y);
        for l in 0..LANES {
            let (rx, ry) = (fx[l] - tx[l], fy[l] - ty[l]);
            let now = a[l].mul_add(d[l], -b[l] * c[l]);
            let k = 1.0 / now;
            let sx = d[l].mul_add(rx, -b[l] * ry) * k;
            let sy = a[l].mul_add(ry, -c[l] * rx) * k;
            let going = live[l] > 0.0;
            x[l] = if going { x[l] - sx } else { x[l] };
            y[l] = if going { y[l] - sy } else { y[l] };
            det[l] = if going { now } else { det[l] };
            let step2 = sx.mul_add(sx, sy * sy);
            // A step that is NaN or infinite ends the search, too: the determinant then tells.
            // Far from the origin rounding is all that is left of a step.
            let least = 1e-27 * x[l].mul_add(x[l], y[l] * y[l]);
            // The error of a step is the square of the last one times a constant: s₃ = s₂ (s₂/s₁)².
            let quadratic = step2 < 1e-4 * before2[l];
            let foreseen = quadratic & (step2 * step2 * step2 < anchor.tiny2 * before2[l] * before2[l]);
            let nearer = (n < STEPS) | (step2 < 0.6 * before2[l]);
            before2[l] = step2;
            let on = (step2 > small2[l]) & (step2 > least) & (step2 < f64::INFINITY) & !foreseen;
            x[l] = if going & on & !nearer { f64::NAN } else { x[l] };
            live[l] = if going & on & nearer { 1.0 } else { 0.0 };
        }
        if !any(&live) {
            break;
        }
    }
    let mut lost = ZERO;
    for l in 0..LANES {
        // Still live: no convergence. A determinant of the other sign: the root lies beyond a fold.
        let found = live[l] == 0.0 && det[l] * anchor.sign > 0.0 && (x[l] + y[l]).is_finite();
        lost[l] = if found || !(tx[l] + ty[l]).is_finite() { 0.0 } else { 1.0 };
        x[l] = if found { x[l] } else { f64::NAN };
    }
    if any(&lost) {
        short_steps(map, anchor, [tx, ty], &lost, [&mut x, &mut y]);
        if anchor.tiny2 == 0.0 {
            chords(map, anchor, [tx, ty], &lost, [&mut x, &mut y]);
        }
    }
    let mut far = ZERO;
    for l in 0..LANES {
        let found = (x[l] + y[l]).is_finite();
        x[l] = if found { x[l] } else { f64::NAN };
        y[l] = if found { y[l] } else { f64::NAN };
        let (dx, dy) = (x[l] - anchor.at[0], y[l] - anchor.at[1]);
        far[l] = if dx.mul_add(dx, dy * dy) > anchor.safe2 { 1.0 } else { 0.0 };
    }
    if any(&far) {
        reject_beyond_folds(map, anchor, &mut x, &mut y);
    }
    if any(&lost) || any(&far) {
        // Where the map is singular or has a kink at the reference point, the image of that point still comes back.
        for l in 0..LANES {
            let (ox, oy) = (tx[l] - anchor.image[0], ty[l] - anchor.image[1]);
            let home = ox.mul_add(ox, oy * oy) < 1e-20;
            if x[l].is_nan() && home {
                (x[l], y[l]) = (anchor.at[0], anchor.at[1]);
            }
        }
    }
    [x, y]
}

/// Looks for the lost points once more, from the reference point: a step that does not come nearer, or leaves the sheet, is
/// shortened.
#[inline(always)]
fn short_steps<M: Smooth>(
    map: &M,
    anchor: &Anchor,
    [tx, ty]: [&Lanes; 2],
    lost: &Lanes,
    [x, y]: [&mut Lanes; 2],
) {
    let (mut u, mut v) = ([anchor.at[0]; LANES], [anchor.at[1]; LANES]);
    let ([mut fx, mut fy], [mut a, mut b, mut c, mut d]) = map.jacobian(&u, &v);
    let (mut live, mut share) = (*lost, [1.0; LANES]);
    for _ in 0..SHORT_STEPS {
        let (mut cu, mut cv, mut full2) = (ZERO, ZERO, ZERO);
        for l in 0..LANES {
            let (rx, ry) = (fx[l] - tx[l], fy[l] - ty[l]);
            let k = 1.0 / a[l].mul_add(d[l], -b[l] * c[l]);
            let sx = d[l].mul_add(rx, -b[l] * ry) * k;
            let sy = a[l].mul_add(ry, -c[l] * rx) * k;
            full2[l] = sx.mul_add(sx, sy * sy);
            // The last step is taken as a whole: what is left after it is its square.
            let share = if full2[l] <= anchor.small2 { 1.0 } else { share[l] };
            (cu[l], cv[l]) = (u[l] - share * sx, v[l] - share * sy);
        }
        let ([gx, gy], [ga, gb, gc, gd]) = map.jacobian(&cu, &cv);
        for l in 0..LANES {
            let off2 = |px: f64, py: f64| (px - tx[l]).mul_add(px - tx[l], (py - ty[l]) * (py - ty[l]));
            let on_sheet = ga[l].mul_add(gd[l], -gb[l] * gc[l]) * anchor.sign > 0.0;
            let least = 1e-27 * cu[l].mul_add(cu[l], cv[l] * cv[l]);
            let end = full2[l] <= anchor.small2.max(least);
            let going = live[l] > 0.0;
            if going && on_sheet && (end || off2(gx[l], gy[l]) < off2(fx[l], fy[l])) {
                (u[l], v[l], fx[l], fy[l]) = (cu[l], cv[l], gx[l], gy[l]);
                (a[l], b[l], c[l], d[l]) = (ga[l], gb[l], gc[l], gd[l]);
                share[l] = (2.0 * share[l]).min(1.0);
            } else {
                share[l] *= 0.25;
            }
            if going && end {
                live[l] = 0.0;
                (x[l], y[l]) = if on_sheet { (cu[l], cv[l]) } else { (f64::NAN, f64::NAN) };
            }
            if share[l] < 1e-10 {
                live[l] = 0.0;
            }
        }
        if !any(&live) {
            break;
        }
    }
}

/// Looks a third time for the lost points of a map with kinks, over which the slopes of both sides lead back and forth: by the slope
/// at the reference point, which is that of the whole but for the tables.
#[inline(always)]
fn chords<M: Smooth>(map: &M, anchor: &Anchor, [tx, ty]: [&Lanes; 2], lost: &Lanes, [x, y]: [&mut Lanes; 2]) {
    let [ia, ib, ic, id] = anchor.inverse;
    let (mut u, mut v, mut before2) = ([anchor.at[0]; LANES], [anchor.at[1]; LANES], [f64::INFINITY; LANES]);
    let mut live = ZERO;
    for l in 0..LANES {
        live[l] = if lost[l] > 0.0 && x[l].is_nan() { 1.0 } else { 0.0 };
    }
    for _ in 0..LONG_STEPS {
        if !any(&live) {
            break;
        }
        let ([fx, fy], [a, b, c, d]) = map.jacobian(&u, &v);
        for l in 0..LANES {
            let (rx, ry) = (fx[l] - tx[l], fy[l] - ty[l]);
            let (sx, sy) = (ia.mul_add(rx, ib * ry), ic.mul_add(rx, id * ry));
            let step2 = sx.mul_add(sx, sy * sy);
            let least = 1e-27 * u[l].mul_add(u[l], v[l] * v[l]);
            let end = step2 <= anchor.small2.max(least);
            let on_sheet = a[l].mul_add(d[l], -b[l] * c[l]) * anchor.sign > 0.0;
            (u[l], v[l]) = (u[l] - sx, v[l] - sy);
            if live[l] > 0.0 && end && on_sheet {
                (x[l], y[l]) = (u[l], v[l]);
            }
            // Longer steps than before lead nowhere.
            live[l] = if live[l] > 0.0 && !end && step2 < before2[l] { 1.0 } else { 0.0 };
            before2[l] = step2;
        }
    }
}

/// Whether any lane is not zero. Over the bits: a sum of floats has an order, and would undo the vectors of the loop before.
#[inline(always)]
fn any(lanes: &Lanes) -> bool {
    lanes.iter().fold(0, |all, v| all | v.to_bits()) != 0
}

/// Forgets the roots that a fold separates from the reference point.
#[inline(always)]
fn reject_beyond_folds<M: Smooth>(map: &M, anchor: &Anchor, x: &mut Lanes, y: &mut Lanes) {
    for place in 1..PLACES {
        let s = place as f64 / PLACES as f64;
        let along = |to: f64, from: f64| s.mul_add(to - from, from);
        let u = x.map(|v| along(v, anchor.at[0]));
        let v = y.map(|v| along(v, anchor.at[1]));
        let (_, [a, b, c, d]) = map.jacobian(&u, &v);
        for l in 0..LANES {
            let folded = a[l].mul_add(d[l], -b[l] * c[l]) * anchor.sign <= 0.0;
            x[l] = if folded { f64::NAN } else { x[l] };
            y[l] = if folded { f64::NAN } else { y[l] };
        }
    }
}
