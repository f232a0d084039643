//! Real images beside the repository, if they are there: every HDU opens and its pixels are astropy's.
//!
//! The table holds, for each image HDU: shape, number of finite pixels, their sum, and their sum weighted by 1 + (index mod 1009),
//! computed with astropy 8.0 and `math.fsum` in float64 from the stored numbers.

use ndarray::{ArrayD, IxDyn};
use reproject_chunk::{FitsFile, HduSelect};
use reproject_core::{ArraySource, Region};
use std::path::Path;

const IMAGES: &[(&str, usize, &[usize], usize, f64, f64)] = &[
    ("astropy-data__allsky_rosat.fits", 0, &[240, 480], 115200, 15344581.856770337, 7630258153.733414),
    ("astropy-data__gc_2mass_k.fits", 0, &[720, 721], 519120, 295497863.91796404, 149094966115.35883),
    ("astropy-data__l1448_13co.fits", 0, &[53, 105, 105], 584325, 303203.87605782424, 153112080.11725086),
    (
        "astropy-data__spitzer_example_image.fits",
        0,
        &[513, 1025],
        525822,
        5112799.8707764745,
        2626311942.3451977,
    ),
    ("astropy__m13.fits", 0, &[300, 300], 90000, 13293397.0, 6705178433.0),
    ("astroquery__first-image.fits", 0, &[33, 33], 1089, 0.6062558546856138, 304.2486182647309),
    ("astroquery__irsa_dust-test.fits", 0, &[202, 202], 40804, 664.8192694662251, 333721.13861011015),
    ("astroquery__ukidss-image.fits", 1, &[300, 300], 90000, 687418993.6676999, 346521515021.7687),
    ("galsim__1904-66_HPX.fits", 0, &[192, 192], 27428, 804.1695328232711, 420472.71141983685),
    ("galsim__1904-66_STG.fits", 0, &[192, 192], 26088, 766.0801139145235, 394818.91084369266),
    ("galsim__region.fits", 0, &[128, 128], 16384, 328246.0, 169646569.0),
    ("galsim__sipsample.fits", 0, &[256, 256], 65511, 62788.586112442325, 31376238.370079637),
    ("galsim__tnx.fits", 0, &[400, 400], 160000, 337263192.0, 169913519847.0),
    ("galsim__tpv.fits.gz", 0, &[512, 512], 262144, 739154293.6281738, 370197775014.60547),
    ("grizli__j033216m2743_00152.beams.fits", 1, &[64, 64], 4096, 8.57246840820062, 6953.040159318705),
    ("grizli__j033216m2743_00152.beams.fits", 2, &[64, 64], 4096, 21377.0, 11486282.0),
    ("grizli__j033216m2743_00152.beams.fits", 3, &[64, 271], 17344, 54.2873059783451, 26814.305301379718),
    ("grizli__j033216m2743_00152.beams.fits", 4, &[64, 271], 17344, 507.2391092982143, 254021.44080108777),
    ("grizli__j033216m2743_00152.beams.fits", 5, &[64, 271], 17344, 231004.0, 118077688.0),
    ("grizli__j033216m2743_00152.beams.fits", 6, &[64, 271], 17344, 78.83610024311339, 38923.07979042152),
    ("grizli__j033216m2743_00152.beams.fits", 7, &[64, 64], 4096, 24.07861680654787, 13852.371876587076),
    ("grizli__j033216m2743_00152.beams.fits", 8, &[64, 64], 4096, 21689.0, 11144134.0),
    ("grizli__j033216m2743_00152.beams.fits", 9, &[64, 245], 15680, 82.22684407769702, 44651.28974155203),
    ("grizli__j033216m2743_00152.beams.fits", 10, &[64, 245], 15680, 552.9141173101962, 274849.41268705577),
    ("grizli__j033216m2743_00152.beams.fits", 11, &[64, 245], 15680, 201736.0, 99917008.0),
    ("grizli__j033216m2743_00152.beams.fits", 12, &[64, 245], 15680, 119.8781833370073, 62742.9465211218),
    ("kapteyn__example1test.fits", 0, &[500, 500], 250000, 0.3896322249586826, 9014.062337844303),
    ("mpdaf__subcub_mosaic.fits", 1, &[500, 30, 30], 450000, 84348.12505339402, 42625415.14672063),
    ("mpdaf__subcub_mosaic.fits", 2, &[500, 30, 30], 450000, 766766.2295761108, 386740369.8762216),
    ("mpdaf__subcub_mosaic.fits", 3, &[30, 30], 900, 120064.0, 29880960.0),
    ("pyregion__pspc_skyview.fits", 0, &[300, 300], 90000, 8.03400116418925, 4048.609795227957),
    ("sunpy__aia_171_level1.fits", 0, &[128, 128], 16384, 4101295.0, 2050192641.75),
    ("sunpy__efz20040301.000010_s.fits", 0, &[128, 128], 16384, 14934610.5, 7465668906.75),
    ("sunpy__resampled_hmi.fits", 0, &[100, 100], 7570, 342339805.9184, 172744183845.01477),
    ("wcs-rs__cutout-CDS_P_allWISE_W3.fits", 0, &[786, 838], 658666, 191745248.94607544, 96795883204.18774),
];

#[test]
fn real_images_hold_the_pixels_that_astropy_reads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    for (name, hdu, shape, finite, sum, weighted) in IMAGES {
        let image = FitsFile::open(folder.join(name)).unwrap().image(&HduSelect::Index(*hdu)).unwrap();
        assert_eq!(image.shape(), *shape, "{name} {hdu}");
        let mut out = ArrayD::<f64>::zeros(IxDyn(shape));
        image.read(&Region::whole(shape), out.view_mut()).unwrap();
        let good = || out.iter().enumerate().filter(|(_, v)| v.is_finite());
        assert_eq!(good().count(), *finite, "{name} {hdu}");
        let scale: f64 = good().map(|(_, v)| v.abs()).sum();
        let found: f64 = good().map(|(_, v)| v).sum();
        // Plain summation of 10⁶ numbers loses at most about 1e-10 of the sum of their sizes.
        assert!((found - sum).abs() <= 1e-10 * scale, "{name} {hdu}: {found} for {sum}");
        let found: f64 = good().map(|(i, v)| v * (1 + i % 1009) as f64).sum();
        assert!((found - weighted).abs() <= 1e-10 * scale * 1009.0, "{name} {hdu}: {found} for {weighted}");
    }
    for file in std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()) {
        if file.to_string_lossy().contains(".fits") {
            let fits = FitsFile::open(&file).unwrap();
            assert!(fits.damage().is_none(), "{}: {:?}", file.display(), fits.damage());
            for h in fits.hdus().iter().filter(|h| h.has_pixels()) {
                let text = h.header.to_text();
                let back = reproject_chunk::Header::from_text(text.as_bytes()).unwrap();
                let cards = back.records().len();
                assert_eq!(back.records(), &h.header.records()[..cards]);
                // A text file ends with its last card: blank ones behind it are not cards.
                assert!(h.header.records()[cards..].iter().all(|r| r.keyword().is_empty()));
            }
        }
    }
}

/// The compressed versions of M 13 are lossless: their pixels are those of the plain file.
#[cfg(feature = "compressed")]
#[test]
fn compressed_and_plain_files_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    let read = |name: &str| {
        let image = FitsFile::open(folder.join(name)).unwrap().image(&HduSelect::FirstImage).unwrap();
        let mut out = ArrayD::<i16>::zeros(IxDyn(image.shape()));
        image.read(&Region::whole(image.shape()), out.view_mut()).unwrap();
        out
    };
    let plain = read("astropy__m13.fits");
    assert_eq!(read("astropy__m13_rice.fits"), plain);
    assert_eq!(read("astropy__m13_gzip.fits"), plain);
}
