"""Names that packages import from `reproject` beside its functions; expected values are those of `reproject` itself."""

import importlib
import logging

import numpy as np
import pytest
import reproject
from astropy.io import fits
from astropy.nddata import CCDData, NDData, StdDevUncertainty
from astropy.wcs import WCS
from astropy.wcs.wcsapi import HighLevelWCSWrapper, SlicedLowLevelWCS
from helpers import Foreign, agree, image, tan
from reproject._array_utils import map_coordinates as upstreams_map_coordinates
from reproject._wcs_utils import has_celestial as upstreams

import reproject_rs
from reproject_rs import _wcs_utils, version, wcs_utils
from reproject_rs.array_utils import map_coordinates

FUNCTIONS = ("reproject_interp", "reproject_adaptive", "reproject_exact")


def test_the_version_is_that_of_the_interface():
    assert reproject.version.version.startswith(version.version + ".") and version.version_tuple == reproject.version.version_tuple[:2]
    assert version.__version__ == version.version != reproject_rs.__version__


def cube():
    return WCS(fits.Header({**tan(), "NAXIS": 3, "NAXIS3": 5, "CTYPE3": "FREQ", "CUNIT3": "Hz", "CRVAL3": 1e9, "CDELT3": 1e6}))


def test_has_celestial_tells_what_upstream_tells():
    spectrum = WCS(fits.Header({"NAXIS": 1, "CTYPE1": "WAVE", "CUNIT1": "m", "CRVAL1": 5e-7, "CDELT1": 1e-9}))
    whole, foreign = cube(), HighLevelWCSWrapper(Foreign(tan()))
    part, slit = (HighLevelWCSWrapper(SlicedLowLevelWCS(whole, cut)) for cut in ([2], [slice(None), 3, 4]))
    told = []
    for wcs in (WCS(tan()), whole, spectrum, foreign, part, slit):
        told.append(wcs_utils.has_celestial(wcs))
        assert told[-1] is bool(upstreams(wcs)), wcs
    assert told == [True, True, False, True, True, False]
    assert wcs_utils.has_celestial(tan()) and wcs_utils.has_celestial(reproject_rs.WCS(tan()))
    assert _wcs_utils.has_celestial is wcs_utils.has_celestial
    with pytest.raises(TypeError, match="wcs should be a FITS header or a WCS object, not int"):
        wcs_utils.has_celestial(3)


@pytest.mark.parametrize("dtype", ["f8", ">f4", "i2", "f2"])
@pytest.mark.parametrize("order", [0, 1, 3])
def test_arrays_are_interpolated_up_to_their_border(dtype, order):
    data = (image((30, 40)) * 100).astype(dtype)
    rng = np.random.default_rng(3)
    at = rng.uniform(-3, 44, (2, 500))
    at[:, :6] = [[-0.5, -0.5001, 29.5, 29.5001, np.nan, 7], [3, 3, 39.5, 39.5, 2, -0.25]]
    expected = upstreams_map_coordinates(data, at, order=order, cval=-7.0, mode="constant")
    given = at.copy()
    ours = map_coordinates(data, given, order=order, cval=-7.0, mode="constant")
    upper = np.arange(500) == 2  # exactly on the upper border: a deviation on purpose
    np.testing.assert_allclose(ours[~upper], expected[~upper], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(given, at)
    assert ours[0] != -7.0 and ours[1] == -7.0 and ours[2] != -7.0 and ours[3] == -7.0
    out = np.empty(500)
    assert map_coordinates(data, at, order=order, cval=-7.0, output=out) is out
    np.testing.assert_allclose(out, ours, rtol=1e-6)  # single precision is stored as such unless there is an output


@pytest.mark.parametrize(
    "module",
    ["mosaicking.wcs_helpers", "mosaicking.subset_array", "healpix.utils", "hips.utils", "mosaicking", "healpix", "hips"],
)
def test_what_is_not_built_says_what_to_use(module):
    with pytest.raises(ImportError, match=f"does not exist yet: use reproject.{module.split('.')[0]}"):
        importlib.import_module(f"reproject_rs.{module}")


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("kind", [NDData, CCDData])
def test_uncertainties_are_dropped_as_upstream_does_with_a_word(name, kind, caplog):
    options = {"unit": "adu"} if kind is CCDData else {}
    data, target = image((60, 80)), tan((50, 50), rotation=15.0)
    given = kind(data, wcs=WCS(tan()), uncertainty=StdDevUncertainty(np.ones_like(data)), **options)
    with caplog.at_level(logging.INFO, logger="reproject_rs"):
        ours = getattr(reproject_rs, name)(given, target)
    assert [r.getMessage() for r in caplog.records if "uncertainty" in r.getMessage()] == [
        f"input_data: the uncertainty of the {kind.__name__} is dropped, as `reproject` does; only its data are reprojected"
    ]
    for a, b in zip(ours, getattr(reproject, name)(given, target), strict=True):
        agree(a, b)
    assert given.uncertainty is not None
    caplog.clear()
    given.uncertainty = None
    with caplog.at_level(logging.INFO, logger="reproject_rs"):
        getattr(reproject_rs, name)(given, target)
    assert not [r for r in caplog.records if "uncertainty" in r.getMessage()]
