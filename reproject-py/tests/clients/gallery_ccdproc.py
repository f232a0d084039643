"""What ccdproc's documentation does with reprojection: frames of one field are put onto the grid of the first and combined."""

import astropy.units as u
import ccdproc
import numpy as np
import pytest
from astropy.nddata import CCDData, StdDevUncertainty
from astropy.wcs import WCS
from reproject import reproject_adaptive, reproject_exact, reproject_interp


def frame(angle, shift, shape=(40, 50)):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [83.6, 22.0], [-2e-4, 2e-4]
    wcs.wcs.crpix = [shape[1] / 2 + shift, shape[0] / 2 - shift]
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    wcs.wcs.pc = [[c, -s], [s, c]]
    data = np.sin(np.arange(np.prod(shape)) / 13.0).reshape(shape) + 5
    mask = np.zeros(shape, bool)
    mask[10, 10:14] = True
    return CCDData(data, unit=u.adu, wcs=wcs, mask=mask, uncertainty=StdDevUncertainty(np.ones(shape)))


def test_frames_are_put_onto_one_grid_and_combined():
    frames = [frame(angle, shift) for angle, shift in ((0.0, 0.0), (3.0, 1.5), (-7.0, -2.2))]
    projected = [ccdproc.wcs_project(one, frames[0].wcs) for one in frames]
    assert all(one.mask.any() for one in projected)
    assert np.isfinite(ccdproc.combine(projected, method="average").data).any()


@pytest.mark.parametrize("order", ["nearest-neighbor", "bilinear", "biquadratic", "bicubic"])
def test_every_order(order):
    assert ccdproc.wcs_project(frame(12.0, 0.7), frame(0.0, 0.0).wcs, order=order, target_shape=(30, 30)).shape == (30, 30)


@pytest.mark.parametrize("function", [reproject_interp, reproject_adaptive, reproject_exact])
def test_an_image_with_its_uncertainty(function):
    given = frame(12.0, 0.7)
    given.mask = None
    assert np.isfinite(function(given, frame(0.0, 0.0).wcs, shape_out=(40, 50))[0]).any()
