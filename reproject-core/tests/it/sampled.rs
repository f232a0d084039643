//! Sampled maps keep their tolerance, their domain and their bits, over random maps.

use proptest::prelude::*;
use reproject_core::testing::affine;
use reproject_core::{Axes, Between, PixelMap, Points, Projection, Sampled, Transform, laws};
use std::sync::atomic::{AtomicUsize, Ordering};

/// An affine map with waves on it, on a domain of a half plane and a disc, and the number of positions it was asked for.
#[derive(Debug)]
struct Wavy {
    linear: [[f64; 2]; 2],
    /// Height and wave vector.
    waves: Vec<(f64, [f64; 2])>,
    disc: (f64, f64, f64),
    edge: [f64; 3],
    /// The x at which the image jumps by a period.
    seam: f64,
    asked: AtomicUsize,
}

impl Wavy {
    fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let (cx, cy, r) = self.disc;
        if (x - cx).hypot(y - cy) > r || self.edge[0] * x + self.edge[1] * y > self.edge[2] {
            return [f64::NAN; 2];
        }
        let waves: f64 = self.waves.iter().map(|(h, k)| h * (k[0] * x + k[1] * y).sin()).sum();
        let [u, v] = self.linear.map(|row| row[0] * x + row[1] * y + waves);
        [if x < self.seam { u } else { u - 3600.0 }, v]
    }
}

impl Transform for Wavy {
    fn forward(&self, points: &mut Points<'_>) {
        self.asked.fetch_add(points.len(), Ordering::Relaxed);
        points.each(|p| self.at(p));
    }
    fn inverse(&self, _: &mut Points<'_>) {}
}

fn wavy() -> impl Strategy<Value = Wavy> {
    // Waves of 40 to 2000 pixels, up to 20 high.
    let wave = (0.0f64..20.0, 40.0f64..2000.0, 0.0f64..6.3);
    let waves = proptest::collection::vec(wave, 0..4);
    let disc = (0.0f64..600.0, 0.0f64..400.0, 30.0f64..1500.0);
    (affine([50, 60], [40, 30]), waves, disc, 0.0f64..6.3, 0.0f64..600.0, -100.0f64..1000.0).prop_map(
        |(map, waves, disc, turn, reach, seam)| Wavy {
            linear: map.0.linear,
            waves: waves
                .into_iter()
                .map(|(h, length, turn)| {
                    (h, [turn.cos(), turn.sin()].map(|c| c * std::f64::consts::TAU / length))
                })
                .collect(),
            disc,
            edge: [turn.cos(), turn.sin(), reach],
            seam,
            asked: AtomicUsize::new(0),
        },
    )
}

/// Every position of a block, x first.
fn sites(width: usize, height: usize, start: [f64; 2]) -> [Vec<f64>; 2] {
    let site = |k: usize| [(k % width) as f64 + start[0], (k / width) as f64 + start[1]];
    [0, 1].map(|axis| (0..width * height).map(|k| site(k)[axis]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_bound_holds_and_the_domain_is_kept(map in wavy(), digits in 1..7i32, shift in -200.0f64..300.0) {
        let tolerance = 10f64.powi(-digits);
        let map = Sampled::new(map, tolerance).unwrap();
        let [mut x, mut y] = sites(150, 140, [shift, -shift / 3.0]);
        let start: Vec<[f64; 2]> = x.iter().zip(&y).map(|(&x, &y)| [x, y]).collect();
        map.forward(&mut Points::new([&mut x, &mut y]));
        for (p, q) in start.iter().zip(x.iter().zip(&y)) {
            let truth = map.exact().at(*p);
            prop_assert_eq!(truth[0].is_nan(), q.0.is_nan(), "at {:?}", p);
            if !truth[0].is_nan() {
                let off = (truth[0] - q.0).abs().max((truth[1] - q.1).abs());
                prop_assert!(off <= tolerance, "{p:?} is {off} off");
            }
        }
    }

    #[test]
    fn values_depend_on_the_position_alone(
        map in wavy(),
        points in proptest::collection::vec([-300.0f64..500.0, -300.0f64..500.0], 1..300),
    ) {
        // Without edges, so that the law's half of the points have images.
        let map = Wavy { disc: (0.0, 0.0, f64::INFINITY), edge: [0.0; 3], ..map };
        let map = Sampled::new(map, 1e-3).unwrap();
        laws::transform_ignores_batches(&map, &points).unwrap();
    }
}

/// A smooth map without waves: a few calls for many pixels; and the same numbers as an array map and in a new object.
#[test]
fn smooth_maps_are_called_seldom() {
    let smooth = || {
        let waves = vec![(20.0, [0.001, 0.003])];
        let (disc, edge) = ((0.0, 0.0, f64::INFINITY), [0.0; 3]);
        let linear = [[0.9, 0.3], [-0.3, 0.9]];
        Sampled::new(Wavy { linear, waves, disc, edge, seam: 1e9, asked: AtomicUsize::new(0) }, 1e-3).unwrap()
    };
    let map = smooth();
    let [mut x, mut y] = sites(1024, 1024, [0.0; 2]);
    map.forward(&mut Points::new([&mut x, &mut y]));
    // 97 sites in a cell of 128² pixels.
    assert_eq!(map.exact().asked.load(Ordering::Relaxed), 64 * 97);
    let [mut u, mut v] = sites(1024, 1, [0.0, 77.0]);
    PixelMap::map(&Axes::<2, _>::new(smooth()), 0, &mut [&mut u, &mut v]);
    assert_eq!((&u[..], &v[..]), (&x[77 * 1024..][..1024], &y[77 * 1024..][..1024]));
}

/// What varies from pixel to pixel is found to be rough, and mapped as it is.
#[test]
fn rough_maps_are_exact() {
    for length in [2.0, 8.0, 16.0, 16.01] {
        let waves = vec![(5.0, [std::f64::consts::TAU / length, 0.0])];
        let (disc, edge) = ((0.0, 0.0, f64::INFINITY), [0.0; 3]);
        let linear = [[1.0, 0.0], [0.0, 1.0]];
        let wavy = Wavy { linear, waves, disc, edge, seam: 1e9, asked: AtomicUsize::new(0) };
        let map = Sampled::new(wavy, 1e-3).unwrap();
        let [mut x, mut y] = sites(200, 200, [0.3; 2]);
        let start: Vec<[f64; 2]> = x.iter().zip(&y).map(|(&x, &y)| [x, y]).collect();
        map.forward(&mut Points::new([&mut x, &mut y]));
        assert!(start.iter().zip(&x).all(|(p, x)| (map.exact().at(*p)[0] - x).abs() <= 1e-3), "{length}");
    }
}

/// The gnomonic projection of pixels of 0.1 degrees.
struct Gnomonic;
impl Projection for Gnomonic {
    fn lift(&self, p: &mut Points<'_, 3>) {
        p.each(|[x, y, _]| {
            let [x, y] = [x, y].map(|u| u * 0.1f64.to_radians());
            let w = 1.0 / (1.0 + x * x + y * y).sqrt();
            [x * w, y * w, w]
        });
    }
    fn project(&self, p: &mut Points<'_, 3>) {
        p.each(|[u, v, w]| [u / w / 0.1f64.to_radians(), v / w / 0.1f64.to_radians(), w]);
    }
}

#[test]
fn projections_are_sampled_in_pixels() {
    for tolerance in [1e-1, 1e-3, 1e-6] {
        let sky = Sampled::new(Gnomonic, tolerance).unwrap();
        let points: Vec<[f64; 2]> =
            (0..40).map(|k| [11.3 * f64::from(k) - 200.0, 7.7 * f64::from(k)]).collect();
        laws::projection_round_trip(&sky, &points, tolerance).unwrap();
        let [mut x, mut y] = sites(300, 200, [-100.0, 0.0]);
        let start = (x.clone(), y.clone());
        Between { output: &sky, input: &Gnomonic }.forward(&mut Points::new([&mut x, &mut y]));
        let off = x.iter().zip(&start.0).chain(y.iter().zip(&start.1)).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f64::max) <= tolerance);
    }
}

#[test]
fn tolerances_are_positive() {
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = Sampled::new(Gnomonic, wrong).map(drop).unwrap_err().to_string();
        assert!(error.contains("positive number of pixels"), "{error}");
    }
}
