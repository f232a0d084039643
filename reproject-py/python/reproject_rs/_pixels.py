"""Pixel positions of one image as pixel positions of another."""

import numpy as np

from ._reproject_rs import pixel_to_pixel as _map
from ._wcs import native


def pixel_to_pixel(wcs_in, wcs_out, *inputs):
    """Transform pixel coordinates in a dataset with a WCS to pixel coordinates in another.

    Parameters
    ----------
    wcs_in, wcs_out : `~astropy.io.fits.Header` or `~astropy.wcs.WCS`
        The coordinate systems of the two images.
    *inputs : array-like
        The x and y pixel positions in ``wcs_in``: 0-based, centres at integers, of shapes that broadcast.

    Returns
    -------
    tuple of `~numpy.ndarray`
        The x and y positions in ``wcs_out``; NaN where there is no such point.
    """
    if len(inputs) != 2:
        raise ValueError(f"two pixel arrays are expected (x, y), {len(inputs)} were given")
    x, y = np.broadcast_arrays(*(np.asarray(axis, dtype=np.float64) for axis in inputs))
    u, v = (np.array(axis, dtype=np.float64, order="C").reshape(-1) for axis in (x, y))
    _map(native(wcs_in, "wcs_in"), native(wcs_out, "wcs_out"), u, v)
    if not x.shape:
        return float(u[0]), float(v[0])
    return u.reshape(x.shape), v.reshape(x.shape)
