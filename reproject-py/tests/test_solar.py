"""Frames of the Sun: the engine goes between them by itself where sunpy does nothing but a ray, a sphere and a motion."""

import pickle

import astropy.units as u
import dask
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import pixel_to_pixel
from helpers import equal, image

from reproject_rs import reproject_adaptive, reproject_exact, reproject_interp
from reproject_rs._coords import solar
from reproject_rs._coords.coordinates import Coordinates
from reproject_rs._coords.maps import PixelRoute
from reproject_rs._coords.packing import packed, unpacked

sunpy = pytest.importorskip("sunpy.coordinates")
frames = sunpy.frames
DATE = "2020-01-01"


def observer(longitude, latitude=5, distance=1.0, date=DATE):
    place = longitude * u.deg, latitude * u.deg, distance * u.AU
    return frames.HeliographicStonyhurst(*place, obstime=date)


def disk(longitude=0, n=96, date=DATE, roll=0, **place):
    """An image of the whole disk and what is around it."""
    from sunpy.map import make_fitswcs_header

    frame = frames.Helioprojective(observer=observer(longitude, date=date, **place), obstime=date)
    centre = SkyCoord(0, 0, unit=u.arcsec, frame=frame)
    scale = (2600 / n,) * 2 * u.arcsec / u.pix
    return WCS(make_fitswcs_header((n, n), centre, scale=scale, rotation_angle=roll * u.deg))


def smaller(image):
    """The same of a smaller sphere: each end has its own."""
    image.wcs.aux.rsun_ref = 6e8
    return image


def globe(kind, date=DATE, n=90):
    """A map of the whole Sun in heliographic coordinates, 4 degrees a pixel."""
    from sunpy.map import make_heliographic_header

    return WCS(make_heliographic_header(date, observer(20, date=date), (n, 2 * n), frame=kind, projection_code="CAR"))


PAIRS = {
    "another place": (lambda: (disk(), disk(60))),
    "nearer, rolled": (lambda: (disk(), disk(-30, latitude=-20, distance=0.3, roll=33))),
    "later": (lambda: (disk(), disk(10, date="2020-01-04"))),
    "another radius": (lambda: (disk(), smaller(disk(20)))),
    "from behind": (lambda: (disk(), disk(170))),
    "onto the globe": (lambda: (disk(), globe("stonyhurst"))),
    "onto the globe of Carrington": (lambda: (disk(), globe("carrington", "2020-01-09"))),
    "from the globe": (lambda: (globe("stonyhurst"), disk(40))),
    "from the globe of Carrington": (lambda: (globe("carrington"), disk(40, date="2020-02-01"))),
    "globe to globe": (lambda: (globe("stonyhurst"), globe("carrington", "2020-03-01"))),
}


def route(start, end):
    return PixelRoute(Coordinates(start, "input"), Coordinates(end, "output"))


@pytest.mark.parametrize("name", PAIRS)
def test_positions_are_those_of_sunpy(name):
    start, end = PAIRS[name]()
    way = route(start, end)
    assert not way.calls and way.surface is not None
    y, x = np.mgrid[: end.array_shape[0] : 3, : end.array_shape[1] : 3].reshape(2, -1).astype(float)
    here = np.empty((2, x.size))
    way.exact_map(False).positions([x, y], list(here))
    there = np.array(pixel_to_pixel(end, start, x, y))
    known = np.isfinite(here).all(axis=0)
    assert known.any() and (known == np.isfinite(there).all(axis=0)).mean() > 0.999
    both = known & np.isfinite(there).all(axis=0)
    apart = np.abs(here - there)[:, both]
    period = 2 * 90.0 if "globe" in name and start.wcs.ctype[0][:2] in ("HG", "CR") else np.inf
    apart = np.minimum(apart, np.abs(apart - period))
    # At the limb sunpy takes the difference of two squares: half the digits are left there (2 km, of 700 000).
    assert np.quantile(apart, 0.98) < 1e-8 and apart.max() < 1e-3


@pytest.mark.parametrize("function", [reproject_interp, reproject_adaptive, reproject_exact])
def test_nobody_is_asked_but_for_the_way(function):
    start, end = disk(n=40), disk(50, n=40)
    asked, step = [], frames.Helioprojective.transform_to
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames.Helioprojective, "transform_to", lambda here, *args: asked.append(here.size) or step(here, *args))
        result, footprint = function((image((40, 40)), start), end, shape_out=(40, 40))
        blocks = function((image((40, 40)), start), end, shape_out=(40, 40), block_size=(7, 11), threads=2)
    assert asked and max(asked) < 100
    assert 0.1 < np.isfinite(result).mean() < 0.9 and footprint.max() <= 1 + 1e-9
    equal(blocks[0], result)
    equal(blocks[1], footprint)


def test_what_is_around_a_call_is_heard():
    start, end = disk(), disk(20, date="2020-01-05")
    screen = sunpy.SphericalScreen(observer(0), only_off_disk=True)
    plain = route(start, end).surface
    assert plain is not None
    for around in (screen, sunpy.propagate_with_solar_surface()):
        with around:
            assert route(start, end).surface is None
            ours, _ = reproject_interp((image((96, 96)), start), end, shape_out=(96, 96))
        assert np.isfinite(ours).any()
    # At one time nothing turns; followed, the Sun does not move among the stars: both are motions.
    with sunpy.propagate_with_solar_surface():
        assert route(disk(), disk(20)).surface == route(disk(), disk(20)).surface is not None
    with sunpy.transform_with_sun_center():
        followed = route(start, end).surface
    assert followed is not None and followed != plain


def test_a_lazy_result_is_that_of_where_it_was_made():
    start, end = disk(n=40), disk(20, n=40, date="2020-01-05")
    with sunpy.transform_with_sun_center():
        expected, _ = reproject_interp((image((40, 40)), start), end, shape_out=(40, 40))
        lazy, _ = reproject_interp((image((40, 40)), start), end, shape_out=(40, 40), return_type="dask", block_size=(20, 20))
    equal(lazy.compute(scheduler="synchronous"), expected)
    with dask.config.set(scheduler="processes", num_workers=1):
        equal(lazy.compute(), expected)


def test_the_way_goes_along():
    start, end = disk(), disk(20, date="2020-01-05")
    with sunpy.transform_with_sun_center():
        way = route(start, end)
        state = pickle.dumps(packed(way))
    assert unpacked(pickle.loads(state)).surface == way.surface


def test_other_frames_are_called():
    nowhere = frames.Helioprojective(obstime=DATE)
    radial = frames.HelioprojectiveRadial(observer=observer(0), obstime=DATE)
    here = frames.Helioprojective(observer=observer(0), obstime=DATE)
    inside = frames.Helioprojective(observer=observer(0, distance=0.001), obstime=DATE)
    beside = frames.Helioprojective(observer=observer(0, distance=1 + 1e-9), obstime=DATE)  # equal to sunpy: directions stay what they are
    unheld = frames.HeliographicCarrington(observer="self", obstime=DATE)
    inertial = frames.HeliocentricInertial(obstime=DATE)
    for other in (nowhere, radial, inside, beside, unheld, inertial, SkyCoord(0 * u.deg, 0 * u.deg).frame):
        assert solar.surface(here, other) is None and solar.surface(other, here) is None, other
