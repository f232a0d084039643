"""What ndcube's documentation does with reprojection: cubes that bring masks and uncertainties along."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import StdDevUncertainty
from astropy.wcs import WCS
from ndcube import NDCube, NDCollection


def image(shape, angle=0.0, centre=(10.0, 40.0)):
    header = fits.Header()
    header.update({"NAXIS": 2, "NAXIS1": shape[1], "NAXIS2": shape[0], "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"})
    header.update({"CRVAL1": centre[0], "CRVAL2": centre[1], "CRPIX1": shape[1] / 2 + 0.5, "CRPIX2": shape[0] / 2 + 0.5})
    header.update({"CDELT1": -0.01, "CDELT2": 0.01, "CROTA2": angle})
    return header


def cube(shape, **extra):
    header = image(shape[1:], **extra)
    header.update({"NAXIS": 3, "NAXIS3": shape[0], "CTYPE3": "WAVE", "CUNIT3": "m", "CRVAL3": 5e-7, "CDELT3": 1e-9, "CRPIX3": 1.0})
    return header


def values(shape):
    return np.sin(np.arange(np.prod(shape)) / 11.0).reshape(shape)


@pytest.mark.parametrize("algorithm", ["interpolation", "adaptive", "exact"])
def test_uncertainties_are_no_hindrance(algorithm):
    given = NDCube(values((30, 40)), wcs=WCS(image((30, 40))), uncertainty=StdDevUncertainty(np.ones((30, 40))))
    turned = given.reproject_to(WCS(image((30, 40), angle=20.0)), algorithm=algorithm, shape_out=(30, 40))
    assert turned.uncertainty is None and np.isfinite(turned.data).any()


def test_a_cube_onto_another():
    given = NDCube(values((6, 30, 40)), wcs=WCS(cube((6, 30, 40))), uncertainty=StdDevUncertainty(np.ones((6, 30, 40))))
    turned, footprint = given.reproject_to(WCS(cube((6, 30, 40), angle=20.0)), shape_out=(6, 30, 40), return_footprint=True)
    assert turned.data.shape == footprint.shape == (6, 30, 40) and np.isfinite(turned.data).any()


def test_a_sliced_cube_onto_a_header():
    given = NDCube(values((6, 30, 40)), wcs=WCS(cube((6, 30, 40))))[2]
    assert np.isfinite(given.reproject_to(image((20, 20), angle=5.0), algorithm="interpolation", shape_out=(20, 20)).data).all()


def test_members_of_a_collection_onto_the_first():
    members = [NDCube(values((30, 40)), wcs=WCS(image((30, 40), angle=a))) for a in (0.0, 10.0, 30.0)]
    collection = NDCollection([(str(k), member) for k, member in enumerate(members)])
    for member in collection.values():
        assert np.isfinite(member.reproject_to(members[0].wcs, shape_out=(30, 40)).data).any()
