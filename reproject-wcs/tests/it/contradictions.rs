//! Where WCSLIB contradicts itself: its way forward does not lead where its way back starts. The numbers are those of `astropy.wcs`
//! 8.0.2; each test says what its `wcs_pix2world` makes of the pixels, and why that cannot be the position.

use reproject_wcs::{Keywords, Wcs};

fn wcs(code: &str, numbers: &[(&str, f64)]) -> Wcs {
    let mut cards = Keywords::new();
    cards.push("CTYPE1", format!("RA---{code}"));
    cards.push("CTYPE2", format!("DEC--{code}"));
    numbers.iter().for_each(|&(keyword, value)| cards.push(keyword, value));
    Wcs::parse(&cards, ' ', &()).unwrap()
}

/// 0-based pixels and positions in degrees that have to be each other's image.
fn both_ways(wcs: &Wcs, pairs: &[([f64; 2], [f64; 2])]) {
    for &(pixel, sky) in pairs {
        let (mut x, mut y) = ([pixel[0]], [pixel[1]]);
        wcs.pixel_to_world(&mut [&mut x, &mut y]).unwrap();
        let off = [(x[0] - sky[0] + 540.0) % 360.0 - 180.0, y[0] - sky[1]];
        assert!(off.iter().all(|d| d.abs() < 1e-9), "{pixel:?}: {x:?} {y:?} instead of {sky:?}");
        let (mut lon, mut lat) = ([sky[0]], [sky[1]]);
        wcs.world_to_pixel(&mut [&mut lon, &mut lat]).unwrap();
        let off = [lon[0] - pixel[0], lat[0] - pixel[1]];
        assert!(off.iter().all(|d| d.abs() < 1e-7), "{sky:?}: {lon:?} {lat:?} instead of {pixel:?}");
    }
}

/// PVi_0 = 1 shifts the plane by (100°, 23.09°). `wcs_pix2world` takes the middle of a polar facet from x before the shift: it gives
/// (249.99318294, 58.39892491), (47.50340853, 58.39892491), (115.01363413, 58.39892491) and (158.20176177, -53.97340227) for the first
/// four pixels, and `wcs_world2pix` leads from those to x = -219.33, -54.33, 20.67 and 51.57. From the positions here it leads to the
/// pixels, to 1e-13. In the belt, where there are no facets, both agree.
#[test]
fn shifted_facets_of_hpx_are_where_the_way_back_has_them() {
    let numbers = [
        ("CRVAL1", 100.0),
        ("CRVAL2", 20.0),
        ("CDELT1", 1.0),
        ("CDELT2", 1.0),
        ("LONPOLE", 180.0),
        ("PV1_0", 1.0),
        ("PV1_1", 100.0),
        ("PV1_2", 20.0),
    ];
    both_ways(
        &wcs("HPX", &numbers),
        &[
            ([-216.0, 35.9], [254.98636587361338, 58.398924906258166]),
            ([-51.0, 35.9], [52.496591468403345, 58.398924906258166]),
            ([24.0, 35.9], [120.00681706319332, 58.398924906258166]),
            ([54.0, -80.0], [161.40352353829525, -53.97340227296244]),
            ([-51.0, 10.0], [50.0, 30.33023092760027]),
            ([0.0, 0.0], [101.0, 20.9059467081083]),
        ],
    );
}

/// `wcs_pix2world` gives NaN where x = 0 and y ≠ 0 (the first two pixels), and the pole wherever y = ±90 (the next two), though at
/// (-0.999, 44) it gives (40.00141421, 44.99999999), at (4, 89.001) (130.20821487, 85.01262128) and at (-41, -91.001)
/// (298.97496012, -54.85513444). `wcs_world2pix` leads from the positions here to the pixels, and from the pole to (-1, 89).
#[test]
fn pco_has_positions_on_its_axis_and_beside_its_poles() {
    let numbers = [("CRVAL1", 40.0), ("CDELT1", 1.0), ("CDELT2", 1.0)];
    both_ways(
        &wcs("PCO", &numbers),
        &[
            ([-1.0, 44.0], [40.0, 45.0]),
            ([-1.0, -21.0], [40.0, -20.0]),
            ([4.0, 89.0], [130.19671235206232, 85.01261886802617]),
            ([-41.0, -91.0], [298.97664803932577, -54.85504458178902]),
            ([-0.999, 44.0], [40.00141421356223, 44.999999991273356]),
        ],
    );
}
