"""Coordinate systems that are not FITS: by directions where the frames are rotations, by astropy otherwise."""

import numpy as np
import pytest
from astropy.coordinates import FK4, FK5, ICRS, Galactic, SkyCoord
from astropy.wcs import WCS
from astropy.wcs.wcsapi import HighLevelWCSWrapper, SlicedLowLevelWCS
from helpers import Foreign, agree, header, image, tan

from reproject_rs import WCS as Ours
from reproject_rs import pixel_to_pixel, reproject_adaptive, reproject_exact, reproject_interp
from reproject_rs._coords import frames


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


class Boxed(Foreign):
    """With a bounding box beyond which nothing is defined, as gwcs has it."""

    bounding_box = (-0.5, 79.5), (-0.5, 59.5)

    def _inside(self, x, y):
        if self.bounding_box is None:
            return np.ones(np.shape(x), bool)
        (left, right), (low, high) = self.bounding_box
        return (x >= left) & (x <= right) & (y >= low) & (y <= high)

    def pixel_to_world_values(self, x, y):
        return [np.where(self._inside(x, y), v, np.nan) for v in super().pixel_to_world_values(x, y)]

    def world_to_pixel_values(self, lat, lon):
        x, y = super().world_to_pixel_values(lat, lon)
        return [np.where(self._inside(x, y), v, np.nan) for v in (x, y)]


def test_bounding_boxes_are_no_limbs():
    data, system = image((60, 80)), Boxed(tan())
    expected = reproject_exact((data, tan()), TARGET)
    for tolerance in (None, 1e-6):
        for ours, theirs in zip(reproject_exact((data, system), TARGET, tolerance=tolerance), expected, strict=True):
            agree(ours, theirs, tolerance=1e-6)
    assert system.bounding_box == Boxed.bounding_box
    inner, _ = reproject_interp((data, system), TARGET)
    np.testing.assert_allclose(inner, np.where(np.isnan(inner), np.nan, reproject_interp((data, tan()), TARGET)[0]), atol=1e-6)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_frames_that_are_no_rotation_go_through_astropy(function):
    data, frame = image((60, 80)), FK4(equinox="B1950")
    header = tan(crval=(149.26, 30.24), RADESYS="FK4", EQUINOX=1950.0)
    expected, _ = function((data, header), TARGET)
    ours, _ = function((data, Foreign(header, frame)), TARGET)
    assert frames.rotation(frame, ICRS()) is None and np.isfinite(expected).mean() > 0.3
    agree(ours, expected, tolerance=1e-6)


def test_rotations_are_found_and_verified():
    galactic = frames.rotation(ICRS(), Galactic())
    pole = SkyCoord(0, 90, unit="deg", frame="galactic").icrs.cartesian.xyz.value
    np.testing.assert_allclose(galactic @ pole, [0, 0, 1], atol=1e-14)
    np.testing.assert_array_equal(frames.rotation(FK5(), FK5()), np.eye(3))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_exceptions_of_a_coordinate_system_are_raised_as_they_are(function):
    with pytest.raises(ZeroDivisionError, match="no world today"):
        function((image((60, 80)), tan()), Foreign(TARGET, broken=True), shape_out=(70, 75), threads=2)


class Wrong(Foreign):
    """Gives another number of values than it has axes."""

    def __init__(self, header, there=None, back=None):
        super().__init__(header)
        self.there, self.back = there, back

    def pixel_to_world_values(self, *pixels):
        values = super().pixel_to_world_values(*pixels)
        return values if self.there is None else (*values, values[0])[: self.there]

    def world_to_pixel_values(self, *world):
        values = super().world_to_pixel_values(*world)
        return values if self.back is None else (*values, values[0])[: self.back]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("frame", [ICRS(), FK4(equinox="B1950")])
def test_as_many_values_as_axes_are_taken(function, count, frame):
    data = image((60, 80))
    for given, target in [
        (Wrong(tan(), back=count), TARGET), (Wrong(tan(), there=count, back=count), TARGET), (tan(), Wrong(TARGET, there=count)),
    ]:  # fmt: skip
        for system in (given, target):
            if isinstance(system, Wrong):
                system.frame = frame
        words = rf"({count} value\(s\) were given for every position, 2 are needed|Expected 2 world coordinates, got {count})"
        with pytest.raises(ValueError, match=words):
            function((data, given), target, shape_out=(70, 75))


@pytest.mark.parametrize("function", [*FUNCTIONS, pixel_to_pixel])
def test_spheres_that_share_nothing_are_told_in_words(function):
    """Which body, and what would help; without sunpy astropy says "a different number of world coordinates"."""
    planet = header(("QPLN-TAN", "QPLT-TAN"), (150.0, 30.0), (40.5, 30.5), (-1e-3, 1e-3), (60, 80))
    for start, end in [(planet, tan()), (tan(), planet), (planet, WCS(tan())), (planet, Foreign(tan())), (Foreign(tan()), planet)]:
        # Where they would meet if one were taken for the other there is no picture either.
        with pytest.raises(ValueError, match=r"(?i)frames: (QPLN .* and icrs|icrs .* and QPLN) .* share no sphere: "):
            if function is pixel_to_pixel:
                function(start, end, 1.0, 2.0)
            else:
                function((image((60, 80)), start), end, shape_out=(60, 80))


def test_positions_between_any_two_systems():
    x, y = np.meshgrid(np.arange(0.0, 75, 5), np.arange(0.0, 70, 7))
    expected = pixel_to_pixel(TARGET, tan(), x, y)
    galactic = Foreign(tan(crval=(0.0, 0.0)), Galactic())
    for start, end in [(Foreign(TARGET), tan()), (Ours(TARGET), Foreign(tan())), (HighLevelWCSWrapper(Foreign(TARGET)), WCS(tan()))]:
        for ours, theirs in zip(pixel_to_pixel(start, end, x, y), expected, strict=True):
            assert ours.shape == x.shape
            np.testing.assert_allclose(ours, theirs, atol=1e-7)
    # Half a turn away there is no tangent plane, in either frame.
    assert np.isnan(pixel_to_pixel(TARGET, galactic, x, y)).all()
    there = pixel_to_pixel(Foreign(TARGET), Foreign(tan()), 3.0, 4.0)
    assert isinstance(there[0], float) and np.isfinite(there).all()
    with pytest.raises(ZeroDivisionError, match="no world today"):
        pixel_to_pixel(Foreign(TARGET, broken=True), tan(), x, y)
    with pytest.raises(ValueError, match="wcs_in has 2 pixel axes, wcs_out 3"):
        pixel_to_pixel(Foreign(TARGET), WCS(naxis=3), x, y)
    with pytest.raises(ValueError, match="2 coordinate arrays are expected, 1 were given"):
        pixel_to_pixel(Foreign(TARGET), tan(), x)


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


def test_values_that_are_no_plain_numbers_are_not_taken_for_such():
    """APE 14: low-level methods give plain numbers; astropy refuses what does not."""
    from astropy import units as u

    class Odd(Foreign):
        make = staticmethod(lambda values: values)

        def pixel_to_world_values(self, x, y):
            return [self.make(np.asarray(v)) for v in super().pixel_to_world_values(x, y)]

    data, system = image((60, 80)), Odd(tan())
    for make, word in [(lambda v: (v * u.deg).to(u.arcsec), "arcsec"), (lambda v: v + 0j, "complex")]:
        Odd.make = staticmethod(make)
        with pytest.raises(TypeError, match=word):
            reproject_interp((data, tan()), system, shape_out=(60, 80))
    Odd.make = staticmethod(lambda v: np.ma.MaskedArray(v, np.arange(v.size).reshape(v.shape) % 2 == 1))
    result, _ = reproject_interp((data, tan()), system, shape_out=(60, 80))
    assert np.isnan(result[:, 1::2]).all() and np.isfinite(result[:, ::2]).all()
