"""Coordinate systems that are not FITS: by directions where the frames are rotations, by astropy otherwise."""

import numpy as np
import pytest
from astropy.coordinates import FK4, FK5, Galactic, ICRS, SkyCoord
from astropy.wcs import WCS
from astropy.wcs.wcsapi import BaseLowLevelWCS, HighLevelWCSWrapper, SlicedLowLevelWCS
from helpers import agree, image, tan

from reproject_rs import _frames, reproject_adaptive, reproject_exact, reproject_interp


class Foreign(BaseLowLevelWCS):
    """A FITS coordinate system that does not say so; its world axes are latitude and longitude, in arcseconds."""

    pixel_n_dim = world_n_dim = 2
    world_axis_physical_types = "pos.eq.dec", "pos.eq.ra"
    world_axis_units = "arcsec", "arcsec"
    world_axis_object_components = ("sky", 1, "spherical.lat.arcsec"), ("sky", 0, "spherical.lon.arcsec")

    def __init__(self, header, frame=None, broken=False):
        self.wcs, self.frame, self.broken = WCS(header), ICRS() if frame is None else frame, broken

    @property
    def world_axis_object_classes(self):
        return {"sky": (SkyCoord, (), {"frame": self.frame, "unit": ("arcsec", "arcsec")})}

    def pixel_to_world_values(self, *pixels):
        if self.broken:
            raise ZeroDivisionError("no world today")
        lon, lat = self.wcs.pixel_to_world_values(*pixels)
        return lat * 3600, lon * 3600

    def world_to_pixel_values(self, lat, lon):
        return self.wcs.world_to_pixel_values(lon / 3600, lat / 3600)


TARGET = tan((70, 75), (150.005, 29.99), 0.9e-3, 30.0)
FUNCTIONS = [reproject_interp, reproject_adaptive, reproject_exact]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("threads", [None, 2])
def test_a_foreign_system_gives_what_its_fits_header_gives(function, threads):
    data = image((60, 80))
    expected = function((data, tan()), TARGET)
    options = {"shape_out": (70, 75), "threads": threads}
    for given, target in [
        (Foreign(tan()), TARGET), (HighLevelWCSWrapper(Foreign(tan())), WCS(TARGET)), (tan(), Foreign(TARGET)),
        (Foreign(tan()), Foreign(TARGET)),
    ]:
        for ours, theirs in zip(function((data, given), target, **options), expected, strict=True):
            agree(ours, theirs, tolerance=1e-7)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_frames_that_are_no_rotation_go_through_astropy(function):
    data, frame = image((60, 80)), FK4(equinox="B1950")
    header = tan(crval=(149.26, 30.24), RADESYS="FK4", EQUINOX=1950.0)
    expected, _ = function((data, header), TARGET)
    ours, _ = function((data, Foreign(header, frame)), TARGET)
    assert _frames.rotation(frame, ICRS()) is None and np.isfinite(expected).mean() > 0.3
    agree(ours, expected, tolerance=1e-6)


def test_rotations_are_found_and_verified():
    galactic = _frames.rotation(ICRS(), Galactic())
    pole = SkyCoord(0, 90, unit="deg", frame="galactic").icrs.cartesian.xyz.value
    np.testing.assert_allclose(galactic @ pole, [0, 0, 1], atol=1e-14)
    np.testing.assert_array_equal(_frames.rotation(FK5(), FK5()), np.eye(3))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_exceptions_of_a_coordinate_system_are_raised_as_they_are(function):
    with pytest.raises(ZeroDivisionError, match="no world today"):
        function((image((60, 80)), tan()), Foreign(TARGET, broken=True), shape_out=(70, 75), threads=2)


def test_slices_of_fits_are_fits():
    data, wcs = image((60, 80)), WCS(tan())
    expected, _ = reproject_interp((data, wcs), TARGET, order=0)
    part = SlicedLowLevelWCS(wcs, [slice(5, None), slice(7, None)])
    cut, _ = reproject_interp((data[5:, 7:], part), TARGET, order=0)
    both = np.isfinite(cut)
    assert both.mean() > 0.5
    np.testing.assert_array_equal(cut[both], expected[both])


@pytest.mark.parametrize("function", [reproject_interp, reproject_adaptive])
@pytest.mark.parametrize("drift", [0.0, 0.6])
def test_planes_keep_their_place(function, drift):
    """A cube whose celestial axes move with time (as in upstream's own test) plane by plane."""
    wcs = [WCS(naxis=3), WCS(naxis=3)]
    for w, moving in zip(wcs, (drift, 0.0), strict=True):
        w.wcs.ctype, w.wcs.crpix, w.wcs.crval = ["RA---TAN", "DEC--TAN", "TIME"], [15, 15, 1], [40.0, 0.0, 0.0]
        w.wcs.cdelt, w.wcs.pc = [-0.01, 0.01, 1.0], [[1.0, 0.0, moving], [0.0, 1.0, moving], [0.0, 0.0, 1.0]]
    data = image((4, 30, 30))
    result, _ = function((data, wcs[0]), wcs[1], shape_out=(4, 30, 30), non_reprojected_dims=(0,))
    for i in range(4):
        plane, _ = function((data[i], wcs[0][i]), wcs[1][i], shape_out=(30, 30))
        np.testing.assert_allclose(result[i], plane, rtol=1e-9, atol=1e-9)
    for dims, words in [((1,), "increasing sequentially"), ((0, 1, 2), "at least one dimension")]:
        with pytest.raises(ValueError, match=words):
            function((data, wcs[0]), wcs[1], shape_out=(4, 30, 30), non_reprojected_dims=dims)


def test_what_does_not_exist_says_what_to_use():
    for name in ("mosaicking", "healpix", "hips"):
        with pytest.raises(ImportError, match=f"reproject_rs.{name} does not exist yet: use reproject.{name}"):
            __import__(f"reproject_rs.{name}")
