//! Pixels to pixels over all axes of two headers: the cubes of the corpus, which `astropy.wcs.utils.pixel_to_pixel` (8.0.2)
//! took from one spectral convention to another, and laws that groups of axes obey.

use super::support::{columns, keywords, records};
use reproject_core::{Points, Transform};
use reproject_wcs::{Keywords, Value, Wcs, WcsMap};

fn run(map: &WcsMap, columns: &mut [Vec<f64>]) {
    map.run(&mut columns.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>()).unwrap();
}

#[test]
fn cubes_go_where_astropy_puts_them() {
    let (mut seen, mut worst) = (0, 0.0f64);
    for record in records("p2p") {
        let tagged = |tag: &str| record["tags"].as_array().is_some_and(|tags| tags.iter().any(|t| t == tag));
        if !tagged("cube") {
            continue;
        }
        let id = record["id"].as_str().unwrap_or_default();
        let wcs = |which: &str| Wcs::parse(&keywords(&record[which]), ' ', &()).unwrap();
        let (from, to) = (wcs("header_in"), wcs("header_out"));
        let map = WcsMap::new(&from, &to).unwrap_or_else(|e| panic!("{id}: {e}"));
        assert_eq!(map.groups().len(), 2, "{id}: sky and spectrum are separable");
        let mut found = columns(&record["pixel_in"], from.naxis());
        run(&map, &mut found);
        for (axis, truth) in columns(&record["pixel_out"], to.naxis()).iter().enumerate() {
            for (k, (a, b)) in found[axis].iter().zip(truth).enumerate() {
                worst = worst.max((a - b).abs() / (b.abs() / 1000.0).max(1.0));
                let close = (a - b).abs() <= 1e-7 || a.is_nan() && b.is_nan();
                assert!(close, "{id} point {k}, axis {}: {a} instead of {b}", axis + 1);
            }
        }
        seen += 1;
    }
    println!("largest difference {worst:e} px");
    assert_eq!(seen, 14);
}

fn header(cards: &[(&str, Value)]) -> Wcs {
    let cards: Keywords = cards.iter().cloned().collect();
    Wcs::parse(&cards, ' ', &()).unwrap()
}

fn slit(ctype: &str, lean: f64) -> Vec<(&'static str, Value)> {
    let spectral: Vec<(&'static str, Value)> = match ctype {
        "FREQ" => vec![("CTYPE3", "FREQ".into()), ("CRVAL3", 1.4e9.into()), ("CDELT3", 1e5.into())],
        _ => vec![
            ("CTYPE3", ctype.into()),
            ("CRVAL3", 4e3.into()),
            ("CDELT3", 20.0.into()),
            ("CUNIT3", "km/s".into()),
        ],
    };
    let sky = [
        ("CTYPE1", "RA---TAN".into()),
        ("CTYPE2", "DEC--TAN".into()),
        ("CRVAL1", 150.0.into()),
        ("CRVAL2", 2.0.into()),
        ("CDELT1", (-1e-3).into()),
        ("CDELT2", 1e-3.into()),
        ("PC1_3", lean.into()),
        ("RESTFRQ", 1420405752.0.into()),
        ("RADESYS", "FK5".into()),
    ];
    sky.into_iter().chain(spectral).collect()
}

/// Coupled axes are one group; it comes back, and agrees with world values in between.
#[test]
fn coupled_axes_are_one_group_that_comes_back() {
    let from = header(&slit("VOPT-F2W", 0.3));
    let mut galactic = slit("FREQ", 0.0);
    galactic[0].1 = "GLON-CAR".into();
    galactic[1].1 = "GLAT-CAR".into();
    galactic[2].1 = 236.0.into();
    galactic[3].1 = 42.0.into();
    let to = header(&galactic);
    let map = WcsMap::new(&from, &to).unwrap();
    let [group] = map.groups() else { panic!("{} groups", map.groups().len()) };
    assert_eq!((group.from(), group.to()), (&[0, 1, 2][..], &[0, 1, 2][..]));
    let start = [[0.0, 31.5, -4.0], [2.0, 7.25, 100.0], [0.5, 3.0, 40.0]];
    let [mut x, mut y, mut z] = start;
    group.forward(&mut Points::new([&mut x, &mut y, &mut z]));
    assert!((x[0] - start[0][0]).abs() > 1.0, "the frames differ");
    group.inverse(&mut Points::new([&mut x, &mut y, &mut z]));
    for (a, b) in [x, y, z].as_flattened().iter().zip(start.as_flattened()) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

/// The same pixels, whether the axes are mapped together or group by group; a group of the wrong width has no point.
#[test]
fn separable_groups_agree_with_the_whole() {
    let (from, to) = (header(&slit("VRAD", 0.0)), header(&slit("FREQ", 0.0)));
    let map = WcsMap::new(&from, &to).unwrap();
    let mut whole = vec![vec![3.0, -8.0], vec![5.0, 12.0], vec![1.0, 30.5]];
    let start = whole.clone();
    run(&map, &mut whole);
    for group in map.groups() {
        match *group.from() {
            [axis] => {
                let mut column = start[axis].clone();
                group.forward(&mut Points::new([&mut column]));
                assert_eq!(column, whole[group.to()[0]]);
                let (mut x, mut y) = ([1.0], [1.0]);
                group.forward(&mut Points::new([&mut x, &mut y]));
                assert!(x[0].is_nan() && y[0].is_nan());
            }
            [a, b] => {
                assert!(group.sky().is_some());
                let (mut x, mut y) = (start[a].clone(), start[b].clone());
                group.forward(&mut Points::new([&mut x, &mut y]));
                assert_eq!((&x, &y), (&whole[group.to()[0]], &whole[group.to()[1]]));
            }
            _ => panic!("{:?}", group.from()),
        }
    }
}

#[test]
fn headers_that_share_too_little_are_refused() {
    let cube = header(&slit("FREQ", 0.0));
    let plane = header(&slit("FREQ", 0.0)[..2]);
    let no_spectrum = header(&[slit("FREQ", 0.0), vec![("CTYPE3", "STOKES".into())]].concat());
    let no_rest = header(&[slit("VRAD", 0.0), vec![("RESTFRQ", 0.0.into())]].concat());
    let no_sky = header(&[slit("FREQ", 0.0), vec![("CTYPE1", "X".into()), ("CTYPE2", "Y".into())]].concat());
    let length = header(&[("CTYPE1", "DIST".into()), ("CUNIT1", "kpc".into())]);
    let time = header(&[("CTYPE1", "TIME".into()), ("CUNIT1", "s".into())]);
    for (a, b, parts) in [
        (&cube, &plane, ["CTYPE", "numbers of axes"]),
        (&cube, &no_spectrum, ["spectral axis", "STOKES"]),
        (&cube, &no_sky, ["celestial pair", "'X'"]),
        (&no_rest, &cube, ["VRAD", "RESTFRQ"]),
        (&length, &time, ["CUNIT", "kpc"]),
    ] {
        let error = WcsMap::new(a, b).unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
    let near = header(&[("CTYPE1", "DIST".into()), ("CUNIT1", "pc".into())]);
    let mut x = vec![vec![2.0]];
    run(&WcsMap::new(&length, &near).unwrap(), &mut x);
    assert_eq!(x[0][0], 2999.0, "pixel 2 lies at 3 kpc, and pixel 0 of the other at 1 pc");
}
