"""Pixel positions of one image as pixel positions of another."""

import numpy as np

from ._reproject_rs import pixel_to_pixel as _map
from ._wcs import native


def columns(arrays, count):
    """Fresh flat float64 copies of arrays that broadcast, and their common shape."""
    if len(arrays) != count:
        raise ValueError(f"{count} coordinate arrays are expected, {len(arrays)} were given")
    arrays = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in arrays))
    return [np.array(a, order="C").reshape(-1) for a in arrays], arrays[0].shape


def shaped(arrays, shape):
    """Flat results in the shape of the arguments; numbers for numbers."""
    return tuple(a.reshape(shape) if shape else a[0] for a in arrays)


def pixel_to_pixel(wcs_in, wcs_out, *inputs):
    """Transform pixel coordinates in a dataset with a WCS to pixel coordinates in another.

    Parameters
    ----------
    wcs_in, wcs_out : `~reproject_rs.WCS` or `~astropy.io.fits.Header` or `~astropy.wcs.WCS`
        The coordinate systems of the two images.
    *inputs : array-like
        Pixel positions in ``wcs_in``, one argument an axis, x first: 0-based, centres at integers, of shapes that
        broadcast.

    Returns
    -------
    tuple of `~numpy.ndarray`
        The positions in ``wcs_out``; NaN where there is no such point.
    """
    from_, to = native(wcs_in, "wcs_in"), native(wcs_out, "wcs_out")
    flat, shape = columns(inputs, from_.naxis)
    _map(from_, to, flat)
    return shaped(flat, shape)
