"""What sunpy's gallery does with reprojection, on the small images that come with sunpy."""

import astropy.units as u
import numpy as np
import pytest
import sunpy.data.test
import sunpy.map
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from reproject import reproject_interp
from reproject.mosaicking import reproject_and_coadd
from sunpy.coordinates import SphericalScreen, propagate_with_solar_surface


@pytest.fixture
def aia():
    return sunpy.map.Map(sunpy.data.test.get_test_filepath("aia_171_level1.fits"))


@pytest.fixture
def hmi(aia):
    """An image of another instrument of that time: 180 degrees turned, with pixels of its own."""
    turned = sunpy.map.make_fitswcs_header(
        (100, 110), SkyCoord(20 * u.arcsec, -30 * u.arcsec, frame=aia.coordinate_frame), scale=(25, 25) * u.arcsec / u.pix,
        rotation_angle=180.0137 * u.deg,
    )  # fmt: skip
    y, x = np.mgrid[:100, :110]
    return sunpy.map.Map(np.sin(x / 7.0) + np.cos(y / 9.0), turned)


def seen_from(image, longitude, latitude=0 * u.deg, shape=(96, 96)):
    observer = SkyCoord(longitude, latitude, 0.98 * u.AU, frame="heliographic_stonyhurst", obstime=image.date)
    centre = SkyCoord(0 * u.arcsec, 0 * u.arcsec, frame="helioprojective", observer=observer, obstime=image.date)
    scale = u.Quantity(image.scale) * image.data.shape[0] / shape[0]
    return sunpy.map.make_fitswcs_header(shape, centre, scale=scale)


def test_aligning_aia_and_hmi(aia, hmi):
    with propagate_with_solar_surface():
        aligned = hmi.reproject_to(aia.wcs)
    assert np.isfinite(aligned.data).any()


@pytest.mark.parametrize("algorithm", ["interpolation", "adaptive", "exact"])
def test_another_observer(aia, algorithm):
    shape = (24, 24) if algorithm == "exact" else (96, 96)
    seen = aia.reproject_to(seen_from(aia, 60 * u.deg, shape=shape), algorithm=algorithm)
    assert np.isfinite(seen.data).any()


def test_beyond_the_limb_on_a_screen(aia):
    target = WCS(seen_from(aia, 20 * u.deg, 7 * u.deg))
    with SphericalScreen(aia.observer_coordinate, only_off_disk=True):
        assert np.isfinite(aia.reproject_to(target).data).any()


def test_carrington_map_of_the_whole_sun(aia):
    header = sunpy.map.make_heliographic_header(aia.date, aia.observer_coordinate, (90, 180), frame="carrington")
    whole, footprint = aia.reproject_to(header, return_footprint=True)
    assert 0 < footprint.mean() < 0.6 and np.isnan(whole.data).any()


def test_full_sun_map_of_two_images(aia):
    """The gallery's mosaic: `reproject`'s own coadd, with the function it is given."""
    header = seen_from(aia, 120 * u.deg)
    far = sunpy.map.Map(aia.reproject_to(header).data, header)
    carrington = WCS(sunpy.map.make_heliographic_header(aia.date, aia.observer_coordinate, (90, 180), frame="carrington"))
    array, footprint = reproject_and_coadd(
        [aia, far], carrington, shape_out=(90, 180), reproject_function=reproject_interp, match_background=True,
        background_reference=0,
    )  # fmt: skip
    assert np.isfinite(array).any() and footprint.max() == 2




def test_a_part_with_its_extent_found(aia):
    part = aia.submap([32, 32] * u.pix, top_right=[80, 90] * u.pix)
    for extent in ("corners", "edges", "all"):
        assert np.isfinite(part.reproject_to(WCS(seen_from(aia, 10 * u.deg)), auto_extent=extent).data).any()
