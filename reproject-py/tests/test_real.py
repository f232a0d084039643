"""Real images of archives, reprojected as ``reproject`` does: values to 1e-6 of the data range, the same NaN mask.

Excused are pixels whose position lies within 1e-6 pixel of an edge of the input, of a tie (nearest neighbour), or of a
pixel column or row beside a NaN (a tap of weight below 1e-6): rounding decides those.
"""

import warnings

import numpy as np
import pytest
import reproject
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import pixel_to_pixel
from helpers import SHARED, agree, header

from reproject_rs import reproject_interp

FILES = {
    "rosat": "astropy-data__allsky_rosat.fits",
    "wise": "wcs-rs__cutout-CDS_P_allWISE_W3.fits",
    "2mass": "astropy-data__gc_2mass_k.fits",
    "spitzer": "astropy-data__spitzer_example_image.fits",
}


def targets(name, h, wcs):
    """All-sky grids for the all-sky image; for the others the input's field turned by 30°, in SIN, and in Galactic CAR."""
    if name == "rosat":
        yield header(("GLON-CAR", "GLAT-CAR"), (0, 0), (360.5, 180.5), (-0.5, 0.5), (360, 720))
        yield header(("RA---MOL", "DEC--MOL"), (0, 0), (360.5, 180.5), (-0.45, 0.45), (360, 720))
        return
    shape = h["NAXIS2"], h["NAXIS1"]
    scale = float(np.sqrt(abs(np.linalg.det(wcs.pixel_scale_matrix))))
    centre = wcs.pixel_to_world(shape[1] / 2, shape[0] / 2)
    icrs, galactic = centre.icrs, centre.galactic
    crpix = (shape[1] / 2 + 0.37, shape[0] / 2 + 0.21)
    for code, turn in (("TAN", 30.0), ("SIN", 0.0)):
        yield header((f"RA---{code}", f"DEC--{code}"), (icrs.ra.deg, icrs.dec.deg), crpix, (-scale, scale), shape, turn)
    yield header(
        ("GLON-CAR", "GLAT-CAR"), (galactic.l.deg, 0.0), (crpix[0], crpix[1] - galactic.b.deg / scale),
        (-scale, scale), shape,
    )


def excused(data, wcs, target, order):
    """Output pixels that rounding noise decides."""
    y, x = np.mgrid[: target["NAXIS2"], : target["NAXIS1"]]
    px, py = pixel_to_pixel(WCS(target), wcs, x, y)
    near = np.zeros(px.shape, bool)
    for p, size in ((px, data.shape[1]), (py, data.shape[0])):
        near |= (np.abs(p + 0.5) < 1e-6) | (np.abs(p - size + 0.5) < 1e-6)
        fraction = p % 1.0
        # Beside a tie the nearest pixel, beside a whole pixel the taps that count, hang on the last digits.
        near |= np.abs(fraction - 0.5) < 1e-6 if order == 0 else np.minimum(fraction, 1 - fraction) < 1e-6
    return near


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("name", FILES)
def test_real_images_equal_reproject(name, order):
    path = SHARED / FILES[name]
    if not path.exists():
        pytest.skip(f"{path.name} is not here: real images are kept outside the repository")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(path) as hdus:
            data, h = np.array(hdus[0].data), hdus[0].header
        wcs = WCS(h)
        for target in targets(name, h, wcs):
            ours, footprint = reproject_interp(path, target, order=order)
            theirs, expected = reproject.reproject_interp((data, wcs), target, order=order)
            assert np.isfinite(theirs).mean() >= 0.5
            skip = excused(data, wcs, target, order)
            assert skip.mean() < 0.01
            agree(ours, theirs, skip)
            np.testing.assert_array_equal(footprint[~skip], expected[~skip])
