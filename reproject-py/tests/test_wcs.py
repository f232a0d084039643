"""``reproject_rs.WCS``: astropy's values, astropy's high-level interface, threads, pickles."""

import pickle
import threading

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS as Theirs
from astropy.wcs.wcsapi import HighLevelWCSWrapper, SlicedLowLevelWCS
from helpers import header, tan
from reproject import reproject_interp as upstream

from reproject_rs import WCS, pixel_to_pixel, reproject_interp

SIP = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2, "A_2_0": 2e-5, "B_1_1": -3e-5}


def cube():
    h = fits.Header()
    h["NAXIS"] = 3
    for i, (ctype, crval, crpix, cdelt, size) in enumerate(
        [("RA---SIN", 40.0, 20.0, -1e-3, 50), ("DEC--SIN", 10.0, 15.0, 1e-3, 40), ("FREQ", 1.42e9, 3.0, 1e5, 7)], 1
    ):
        h[f"NAXIS{i}"] = size
        h[f"CTYPE{i}"], h[f"CRVAL{i}"], h[f"CRPIX{i}"], h[f"CDELT{i}"] = ctype, crval, crpix, cdelt
    h["CUNIT3"], h["RESTFRQ"], h["SPECSYS"] = "Hz", 1.420405752e9, "LSRK"
    return h


HEADERS = {"tan": tan(), "sip": tan(**SIP), "galactic": header(("GLON-CAR", "GLAT-CAR"), (10, 0), (5, 5), (-1, 1), (90, 120)), "cube": cube()}


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("kind", ["header", "dict", "astropy", "file"])
def test_values_are_those_of_astropy(name, kind, tmp_path):
    h = HEADERS[name]
    theirs = Theirs(h)
    if kind == "file":
        path = tmp_path / "w.fits"
        fits.PrimaryHDU(np.zeros(theirs.array_shape, np.uint8), h).writeto(path)
        ours = WCS(path)
    else:
        ours = WCS({"header": h, "dict": dict(h), "astropy": theirs}[kind])
    assert (ours.pixel_n_dim, ours.world_n_dim, ours.array_shape) == (theirs.pixel_n_dim, theirs.world_n_dim, theirs.array_shape)
    pixels = np.random.default_rng(3).uniform(-5, 60, (theirs.pixel_n_dim, 4, 5))
    world = ours.pixel_to_world_values(*pixels)
    for a, b in zip(world, theirs.pixel_to_world_values(*pixels), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    for a, b in zip(ours.world_to_pixel_values(*world), pixels, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-8)
    for name in ("world_axis_physical_types", "world_axis_units"):
        assert list(getattr(ours, name)) == list(getattr(theirs, name))
    # What WCSAxes calls the axes of an astropy.wcs.WCS without CNAMEn (astropy.visualization.wcsaxes.wcsapi).
    assert ours.world_axis_names == [kind[:4].replace("-", "").lower() for kind in theirs.wcs.ctype]
    np.testing.assert_array_equal(ours.axis_correlation_matrix, theirs.axis_correlation_matrix)


def test_astropys_high_level_wrapper_works():
    high = HighLevelWCSWrapper(WCS(HEADERS["sip"]))
    sky = high.pixel_to_world(3.0, 4.0)
    assert isinstance(sky, SkyCoord)
    assert sky.separation(Theirs(HEADERS["sip"]).pixel_to_world(3.0, 4.0)).arcsec < 1e-8
    assert np.allclose(high.world_to_pixel(sky), (3.0, 4.0), atol=1e-8)
    spectrum = HighLevelWCSWrapper(WCS(cube())).pixel_to_world(1, 2, 3)[1]
    assert spectrum.to_value("Hz") == pytest.approx(1.42e9 + 1e5)


def test_ecliptic_coordinates_are_ecliptic():
    """astropy's high-level interface reads ELON and ELAT as ICRS."""
    h = header(("ELON-TAN", "ELAT-TAN"), (120.0, 30.0), (10, 10), (-0.01, 0.01), (20, 20), EQUINOX=2000.0)
    sky = HighLevelWCSWrapper(WCS(h)).pixel_to_world(9.0, 9.0)
    expected = SkyCoord(120, 30, unit="deg", frame="geocentricmeanecliptic")
    assert sky.icrs.separation(expected.icrs).arcsec < 30


def test_scalars_lists_and_shapes():
    ours = WCS(tan())
    lon, lat = ours.pixel_to_world_values(39.5, 29.5)
    assert np.ndim(lon) == 0 and lon == pytest.approx(150.0) and lat == pytest.approx(30.0)
    assert ours.pixel_to_world_values([1, 2, 3], 5)[0].shape == (3,)
    assert ours.pixel_to_world_values(np.zeros((2, 1)), np.zeros((1, 3)))[1].shape == (2, 3)
    assert ours.pixel_to_world_values(np.zeros((0, 2)), np.zeros((0, 2)))[1].shape == (0, 2)
    with pytest.raises(ValueError, match="2 coordinate arrays"):
        ours.pixel_to_world_values(1.0)


def test_pickles_lose_nothing():
    ours = WCS(Theirs(HEADERS["sip"]))
    again = pickle.loads(pickle.dumps(ours))
    pixels = np.random.default_rng(1).uniform(0, 80, (2, 100))
    for a, b in zip(ours.pixel_to_world_values(*pixels), again.pixel_to_world_values(*pixels), strict=True):
        np.testing.assert_array_equal(a, b)


def test_eight_threads_get_right_values():
    systems = [WCS(h) for h in (HEADERS["tan"], HEADERS["sip"], HEADERS["galactic"])]
    pixels = np.random.default_rng(2).uniform(0, 80, (2, 20000))
    expected = [w.pixel_to_world_values(*pixels) for w in systems]
    wrong = []

    def work(k):
        for _ in range(10):
            found = systems[k % 3].pixel_to_world_values(*pixels)
            wrong.extend(k for a, b in zip(found, expected[k % 3], strict=True) if not np.array_equal(a, b))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not wrong


def test_an_hdu_that_is_not_there(tmp_path):
    path = tmp_path / "w.fits"
    fits.PrimaryHDU(np.zeros((60, 80), "u1"), tan()).writeto(path)
    with pytest.raises(ValueError, match=r"hdu='SCI': there is no such HDU; there are 0 PRIMARY \(60 × 80 pixels\)"):
        WCS(path, hdu="SCI")


def test_alternate_descriptions():
    h = tan()
    h["WCSNAMEA"], h["CTYPE1A"], h["CTYPE2A"], h["CRPIX1A"], h["CRVAL1A"] = "detector", "DETX", "DETY", 1.0, 100.0
    assert WCS(h, key="A").pixel_to_world_values(0.0, 0.0)[0] == 100.0
    with pytest.raises(ValueError, match="key"):
        WCS(Theirs(h), key="A")


def test_what_astropy_hides_is_asked_for():
    cards = []
    for i in (1, 2):
        records = ("NAXES: 2", f"AXIS.1: {i}", f"AXIS.2: {3 - i}", "TPD.FWD.1: 1.001")
        cards += [f"CQDIS{i}  = 'TPD'", *(f"DQ{i}     = '{r}'" for r in records)]
    text = tan().tostring(endcard=False, padding=False) + "".join(card.ljust(80) for card in cards) + "END".ljust(80)
    hidden = Theirs(fits.Header.fromstring(text))
    with pytest.raises(ValueError, match="give the FITS header"):
        WCS(hidden)
    # What cannot be read can be called, as upstream does.
    data = np.arange(60.0 * 80).reshape(60, 80)
    for ours, theirs in zip(reproject_interp((data, hidden), tan()), upstream((data, hidden), tan()), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_tpv_survives_the_way_through_astropy():
    h = tan(CTYPE1="RA---TPV", CTYPE2="DEC--TPV", PV1_1=1.0, PV1_4=1 / 3, PV2_1=1.0, PV2_5=-0.2)
    for k, v in (("CD1_1", -1e-3), ("CD2_2", 1e-3)):
        h[k] = v
    for k in ("PC1_1", "PC1_2", "PC2_1", "PC2_2", "CDELT1", "CDELT2"):
        del h[k]
    x, y = np.random.default_rng(1).uniform(0, 80, (2, 50))
    for a, b in zip(WCS(Theirs(h)).pixel_to_world_values(x, y), WCS(h).pixel_to_world_values(x, y), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_pixel_to_pixel_through_cubes():
    velocity = cube()
    velocity["CTYPE3"], velocity["CUNIT3"], velocity["CRVAL3"], velocity["CDELT3"] = "VRAD", "m/s", 0.0, -2e4
    x, y, z = pixel_to_pixel(cube(), velocity, [1.0, 2.0], 3.0, 4.0)
    assert np.allclose(x, [1, 2], atol=1e-8) and np.allclose(y, 3, atol=1e-8)
    # f = 1.42 GHz + 2 × 100 kHz; v = c (1 − f / f₀), over −20 km/s, from pixel 2.
    expected = 299792458.0 * (1 - (1.42e9 + 2e5) / 1.420405752e9) / -2e4 + 2
    assert np.allclose(z, expected, atol=1e-9)


@pytest.mark.parametrize("name", HEADERS)
def test_what_plots_ask_of_a_coordinate_system(name):
    """What WCSAxes reads: classes, components, slices, and values of numbers and of lists."""
    ours, theirs = WCS(HEADERS[name]), Theirs(HEADERS[name])
    for a, b in zip(ours.world_axis_object_components, theirs.world_axis_object_components, strict=True):
        assert a[:2] == b[:2]
    assert ours.world_axis_object_classes.keys() == theirs.world_axis_object_classes.keys()
    for key, (kind, arguments, options, *_) in ours.world_axis_object_classes.items():
        other = theirs.world_axis_object_classes[key]
        assert (kind, arguments, options.get("unit")) == (other[0], other[1], other[2].get("unit"))
    planes = [0] * (ours.pixel_n_dim - 2) + [slice(2, None), slice(3, None)]
    sliced = [SlicedLowLevelWCS(w, planes) for w in (ours, theirs)]
    for method, at in [("pixel_to_world_values", (4.0, 5.0)), ("pixel_to_world_values", ([4.0, 5], [6.0, 7]))]:
        for a, b in zip(*(getattr(w, method)(*at) for w in sliced), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_plots_find_axes_by_name():
    named = tan(CNAME1="right ascension")
    assert WCS(named).world_axis_names == ["right ascension", "dec"]
    assert WCS({"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN"}).world_axis_names == ["hpln", "hplt"]
    assert WCS({"WCSAXES": 2}).world_axis_names == ["", ""]


LOOKED_UP = {**SIP, "CPDIS1": "LOOKUP", "CPDIS2": "LOOKUP"}


def looked_up():
    """A header with SIP and two look-up tables, and its file."""
    header = tan(**LOOKED_UP)
    for axis in (1, 2):
        for record in (f"EXTVER: {axis}", "NAXES: 2", "AXIS.1: 1", "AXIS.2: 2"):
            header.append(fits.Card.fromstring(f"DP{axis}     = '{record}'"))
    images = []
    for version in (1, 2):
        image = fits.ImageHDU(np.random.default_rng(version).normal(size=(4, 5)).astype("f4"), name="WCSDVARR", ver=version)
        for i in (1, 2):
            image.header[f"CRPIX{i}"], image.header[f"CRVAL{i}"], image.header[f"CDELT{i}"] = 1.0, 1.0, 25.0
        images.append(image)
    return header, fits.HDUList([fits.PrimaryHDU(), *images])


@pytest.mark.parametrize("name", [*HEADERS, "tables"])
def test_the_way_to_astropy_loses_nothing(name):
    header, hdus = looked_up() if name == "tables" else (HEADERS[name], None)
    expected = Theirs(header, fobj=hdus)
    pixels = np.random.default_rng(3).uniform(1, 60, (expected.pixel_n_dim, 50))
    for ours in (WCS(header, fobj=hdus), WCS(expected), pickle.loads(pickle.dumps(WCS(header, fobj=hdus)))):
        theirs = ours.to_astropy()
        assert isinstance(theirs, Theirs) and theirs.array_shape == expected.array_shape
        for a, b in zip(theirs.pixel_to_world_values(*pixels), expected.pixel_to_world_values(*pixels), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-13)
    if name not in ("cube", "tables"):  # Cutout2D leaves tables where they are
        from astropy.nddata import CCDData, Cutout2D

        data = np.zeros(expected.array_shape)
        assert CCDData(data, unit="adu", wcs=WCS(header, fobj=hdus).to_astropy()).wcs.array_shape == data.shape
        cut = Cutout2D(data, (20, 20), 7, wcs=WCS(header, fobj=hdus).to_astropy()).wcs
        np.testing.assert_allclose(cut.pixel_to_world_values(3, 3), expected.pixel_to_world_values(20, 20), rtol=1e-12)


def test_tables_that_are_missing_are_named():
    distorted = fits.Header({**dict(tan()), "CPDIS1": "LOOKUP", "CPDIS2": "LOOKUP"})
    for record in ("EXTVER: 7", "NAXES: 2", "AXIS.1: 1", "AXIS.2: 2"):
        for axis in (1, 2):
            distorted.append(fits.Card.fromstring(f"DP{axis}     = '{record}'"))
    table = {"CTYPE1": "WAVE-TAB", "CRPIX1": 1, "CRVAL1": 1, "CDELT1": 1, "CUNIT1": "m", "PS1_0": "LAMBDAS", "PS1_1": "wave"}
    for given, words in [(distorted, "DP1.EXTVER: .*WCSDVARR of version 7"), (fits.Header(table), "PS1_1: .*'wave'.*'LAMBDAS'")]:
        for fobj in (None, fits.HDUList([fits.PrimaryHDU()])):
            with pytest.raises(ValueError, match=f"{words}.*give the file"):
                WCS(given, fobj=fobj)
